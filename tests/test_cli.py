"""The command line: exit codes, one-line messages, and what goes where."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import __version__, cli, live, places
from lvstui.director.errors import RollbackFailed, Unavailable
from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.store.audit import Log
from lvstui.verbs.verb import Coloured, Verb
from tests.verbs.fake import Fake

WEB = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"
NOTHING = "nothing was changed"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("LVSTUI_LOG", raising=False)
    return tmp_path / "state"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    director = Fake(WEB)
    director.loads = []  # type: ignore[attr-defined]

    def opens(*, load_module: bool = False) -> Source:
        director.loads.append(load_module)  # type: ignore[attr-defined]
        return director

    monkeypatch.setattr(live, "open_source", opens)
    return director


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "f.rules").write_text(text)
        return str(tmp_path / "f.rules")

    return write


def complaint(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[str]]:
    """Exit code and the lines of standard error, the first of which is the one-line message."""
    code = cli.main(argv)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("lvstui: ")
    assert "Traceback" not in "".join(lines)
    return code, lines


def test_save_and_list_go_to_standard_output(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--save", "-"], ["--list", "--format", "ipvsadm"]):
        assert cli.main(argv) == 0
        assert capsys.readouterr() == (WEB, "")
    assert cli.main(["--list", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["snapshot"]["host"] == "lvs1"


def test_version_where_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"lvstui {__version__}\n"
    assert cli.main(["--where"]) == 0
    assert str(places.snapshots()) in capsys.readouterr().out
    assert cli.main(["--help"]) == 0
    assert "--restore FILE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--lst"], ["unrecognized arguments: --lst", "did you mean --list?"]),
        (["--restor=x"], ["--restor", "did you mean --restore?"]),
        (["--yes", "stray"], ["--yes works only with"]),
        (["--list", "stray"], ["'stray' is not an option", "lvstui --on stray --list"]),
        (["--fresh", "lvs1", "lvs2", "lvs3"], ["one director, or a pair"]),
        (["--fresh", "—sudo"], ["typographic dash"]),
        (["list"], ["'list' is not an option", "lvstui --list"]),
        (["lvs2", "--list"], ["'lvs2' is not an option", "lvstui --on lvs2 --list"]),
        (["lvs1", "lvs2", "lvs3"], ["one director, or a pair"]),
        (["--on", "-oProxyCommand=x", "--list"], ["--on"]),
        (["--on", "a,b"], ["console: standard input is not a terminal"]),
        (["--on", "a,b", "--watch"], ["takes one director at a time"]),
        (["--on", "a,b", "--metrics", "x"], ["--metrics FILE takes one director at a time"]),
        (["--on", "a b", "--list"], ["a b is not the name of a host"]),
        (["--on", "lvs2", "--demo", "--list"], ["--on and --demo cannot be used together"]),
        (["--on", "lvs2", "--install-unit"], ["--on works only with"]),
        (["--sudo", "--list"], ["--sudo works only with a director elsewhere"]),
        (["--save"], ["--save", "expected one argument"]),
        (["--list", "--save", "x"], ["--list and --save cannot be used together"]),
        (["--list", "--dry-run"], ["--dry-run works only with --restore, --resume, --rollback, --do"]),
        (["--yes"], ["--yes works only with --restore, --resume, --rollback, --install-unit, --do"]),
        (["--format", "toml"], ["--format"]),
        (["--list", "--format", "yaml"], ["invalid choice: 'yaml'"]),
        (["--save", "x", "--format", "table"], ["--format table does not fit --save"]),
        (["--diff", "a", "b", "c"], ["--diff takes one or two files"]),
        (["--interval", "0"], ["--interval: must be a number from 0.1 to 3600, and is '0'"]),
        (["--interval", "nan"], ["--interval: must be a number from 0.1 to 3600, and is 'nan'"]),
        (["--demo", "nosuchworld", "--list"], ["--demo nosuchworld: no such file or world", "seed-cluster"]),
        (["--netns", "no-such-netns", "--list"], ["--netns no-such-netns: no such network namespace"]),
        (["--netns", "bücher", "--list"], ["--netns bücher: no such network namespace"]),
        ([], ["console: standard input is not a terminal", "--list"]),
    ],
)
def test_bad_arguments(argv: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = complaint(capsys, *argv)
    assert code == 2
    assert len(lines) <= 2
    for word in words:
        assert word in " ".join(lines)


def test_a_pipe_is_not_a_network_namespace_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    words = [sys.executable, "-m", "lvstui", "--netns", str(pipe), "--list"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, "is not a network namespace" in done.stderr) == (2, True), done


def test_a_dumb_terminal_gets_no_console(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, lines = complaint(capsys)
    assert (code, "dumb" in lines[0]) == (2, True)


def test_no_ip_vs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]
) -> None:
    def opens(*, load_module: bool = False) -> Source:
        raise Unavailable("IPVS", "this kernel has no ip_vs loaded", "modprobe ip_vs")

    monkeypatch.setattr(live, "open_source", opens)
    path = rules(WEB)
    for argv in (["--list"], ["--save", "-"], ["--diff", path], ["--restore", path, "--yes"]):
        code, lines = complaint(capsys, *argv)
        assert code == 3
        assert lines == ["lvstui: IPVS: this kernel has no ip_vs loaded", "        modprobe ip_vs"]


def test_no_permission(fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]) -> None:
    fake.unknown, fake.read_only = frozenset({"flags"}), "no permission to read IPVS over netlink"
    path = rules(WEB)
    for argv in (["--save", "-"], ["--diff", path], ["--restore", path, "--yes"], ["--list", "--format", "toml"]):
        code, lines = complaint(capsys, *argv)
        assert code == 3
        assert "no permission" in lines[0]


def test_an_unreadable_file_and_a_bad_line_open_nothing(
    fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]
) -> None:
    for path, words in (
        ("/no/such/file", "cannot be read: No such file"),
        (rules(WEB + "bad\x1b[2J line\n"), "line 3"),
    ):
        for argv in (["--restore", path], ["--diff", path], ["--convert", path, "-"]):
            code, lines = complaint(capsys, *argv)
            assert (code, words in lines[0], "\x1b" in "".join(lines)) == (2, True, False)
    assert fake.loads == []  # type: ignore[attr-defined]


def test_restore(fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str], kept: Path) -> None:
    path = rules("  # odd\n" + WEB.replace("-w 3", "-w 5"))
    assert cli.main(["--restore", path, "--dry-run"]) == 1
    assert fake.sent == []
    assert cli.main(["--restore", path, "--yes"]) == 0
    out, err = capsys.readouterr()
    assert "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 5\n" in out
    assert "line 1: an indented comment" in err
    assert len(fake.sent) == 1
    assert len(list(kept.rglob("before-restore-*.toml"))) == 1
    assert fake.loads == [False, True]  # type: ignore[attr-defined]


def test_restore_asks_first(
    fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rules(WEB.replace("-w 3", "-w 5"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    code, lines = complaint(capsys, "--restore", path)
    assert (code, "nobody can confirm" in lines[0], "--yes" in lines[1]) == (1, True, True)
    for answer in ("n\n", "", "\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        code, lines = complaint(capsys, "--restore", path)
        assert (code, NOTHING in lines[0]) == (1, True)
    assert fake.sent == []
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert cli.main(["--restore", path]) == 0
    assert "apply 1 change? [y/N] " in capsys.readouterr().out


def test_a_restore_that_is_declined(
    fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]
) -> None:
    code, lines = complaint(capsys, "--restore", rules(""), "--yes")
    assert (code, "the table is emptied" in lines[0], "--allow-outage" in lines[1]) == (1, True, True)
    code, lines = complaint(capsys, "--restore", rules(WEB.replace("-w 3", "-w 5")), "--yes", "--read-only")
    assert (code, "--read-only" in lines[0], fake.sent) == (1, True, [])


def test_a_missing_scheduler_is_rolled_back(
    fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]
) -> None:
    fake.refuses = lambda number: number == 1
    code, lines = complaint(capsys, "--restore", rules(WEB + "-A -f 1 -s rr\n-A -f 2 -s wrr\n"), "--yes")
    assert (code, "scheduler foo is not available" in lines[0], lines[1]) == (4, True, "        modprobe")
    assert fake.text == WEB


def test_a_rollback_that_fails(
    fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str], kept: Path
) -> None:
    fake.refuses = lambda number: number > 0
    code, lines = complaint(capsys, "--restore", rules(WEB + "-A -f 1 -s rr\n-A -f 2 -s wrr\n"), "--yes")
    assert (code, str(kept) in lines[1]) == (RollbackFailed.exit_code, True)


def test_diff(fake: Fake, capsys: pytest.CaptureFixture[str], rules: Callable[[str], str], tmp_path: Path) -> None:
    path = rules(WEB)
    assert cli.main(["--diff", path]) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "g.rules").write_text(WEB.replace("-w 3", "-w 5") + "  # odd\n")
    assert cli.main(["--diff", path, str(tmp_path / "g.rules")]) == 1
    out, err = capsys.readouterr()
    assert "    ~ 10.0.0.1:80  weight 3 -> 5\n" in out
    assert "g.rules line 3: an indented comment" in err
    assert cli.main(["--diff", str(tmp_path / "g.rules"), "--format", "ipvsadm"]) == 1
    assert capsys.readouterr().out == "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 5\n"


def test_many_warnings_are_summed_up(capsys: pytest.CaptureFixture[str], rules: Callable[[str], str]) -> None:
    assert cli.main(["--convert", rules("  # odd\n" * 50), "-"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (21, "lvstui: and 30 more warnings")


def test_cleaning_of_both_output_streams(capsys: pytest.CaptureFixture[str]) -> None:
    def verb() -> Verb:
        yield "a\x1b[2Jb\tc\n\u202ed\n"
        yield Coloured("one\x1b[0m\ntwo", "31")
        yield Remark("f\ng", 1, "\x9b2J\u200b")
        return 0

    assert cli._show(verb()) == 0
    told = capsys.readouterr()
    assert told.out == "a?[2Jb\tc\n?d\n\x1b[31mone?[0m\x1b[0m\n\x1b[31mtwo\x1b[0m\n"
    assert told.err == "lvstui: f?g line 1: ?2J?\n"


def test_an_unexpected_error(
    fake: Fake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rules: Callable[[str], str]
) -> None:
    def fails(*args: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(fake, "read", fails)
    code, lines = complaint(capsys, "--save", "-")
    assert (code, lines[0]) == (1, "lvstui: unexpected: RuntimeError: two?lines")
    assert "LVSTUI_LOG=FILE" in lines[1]


def test_an_interrupt(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupts(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fake, "read", interrupts)
    assert cli.main(["--save", "-"]) == 130


def test_a_reader_that_leaves_early(tmp_path: Path) -> None:
    path = tmp_path / "many.rules"
    path.write_text("".join(f"-A -t 192.0.2.{n >> 8}:{(n & 255) + 1} -s rr\n" for n in range(60_000)))
    command = f"{sys.executable} -m lvstui --convert {path} - --format ipvsadm | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("-A -t 192.0.2.0:1 -s rr\n", "")


def test_a_full_standard_output(rules: Callable[[str], str]) -> None:
    command = [sys.executable, "-m", "lvstui", "--convert", rules(WEB), "-"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (
        1,
        "lvstui: standard output cannot be written: No space left on device\n",
    )


def test_a_terminal_with_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[snapshot]\nformat = 1\nhost = "\u2603"\n')
    command = [sys.executable, "-m", "lvstui", "--convert", str(path), "-", "--format", "toml"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=300)
    assert b'host = "\\u2603"' in done.stdout


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LVSTUI_STATE", "LVSTUI_RUN", "LVSTUI_SYSLOG"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert (str(places.state()), str(places.run())) == ("/var/lib/lvstui", "/run/lvstui")
    assert str(places.syslog()) == "/dev/log"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert places.state() == tmp_path / "lvstui"
    # One lock for one table: only what concerns nobody else is somewhere of one's own.
    assert str(places.run()) == "/run/lvstui"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert places.table_paths(demo=True).run == tmp_path / "run" / "lvstui" / "demo"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert places.table_paths(demo=True).run == tmp_path / "lvstui" / "run" / "demo"
    assert places.table_paths().folder == tmp_path / "lvstui" / places.table()
    # A wheel carries the folders inside the package.
    (tmp_path / "lvstui" / "themes").mkdir(parents=True)
    monkeypatch.setattr(places, "__file__", str(tmp_path / "lvstui" / "places.py"))
    assert (places.themes(), places.snapshots()) == (tmp_path / "lvstui" / "themes", tmp_path / "snapshots")
    monkeypatch.setenv("LVSTUI_SNAPSHOTS", "/elsewhere")
    assert str(places.snapshots()) == "/elsewhere"


def test_standard_input_may_be_the_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lvstui", "--convert", "-", "-"],
        input="-A -f 7 -s rr\nfoo\n",
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "LVSTUI_STATE": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lvstui: standard input line 2: 'foo' is not a command of ipvsadm\n")


def test_the_simulated_director_takes_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    twin = (places.snapshots() / "seed-cluster.rules").read_text()
    assert cli.main(["--demo", "--save", "-"]) == 0
    assert capsys.readouterr().out == twin
    assert cli.main(["--demo", "nat", "--diff", str(places.snapshots() / "nat.rules")]) == 0
    assert cli.main(["--demo", str(places.snapshots() / "sip.toml"), "--list"]) == 0
    assert "198.51.100.50:5060" in capsys.readouterr().out


def test_a_restore_on_the_simulated_director(capsys: pytest.CaptureFixture[str], kept: Path) -> None:
    assert cli.main(["--demo", "--restore", str(places.snapshots() / "nat.toml"), "--yes", "--allow-outage"]) == 0
    assert "2 services added, 5 servers added, 1 service deleted" in capsys.readouterr().out
    assert len(list((kept / "demo" / "snapshots").glob("before-restore-*"))) == 1
    done = Log(kept / "demo", system=False).latest()
    assert len(done) == 8
    assert {(record.source, record.result) for record in done} == {("restore", "done")}
    assert all(record.title.startswith("restore ") and record.inverse for record in done)


def test_reading_alone_writes_no_log(kept: Path) -> None:
    nat = str(places.snapshots() / "nat.toml")
    assert cli.main(["--demo", "--restore", nat, "--dry-run"]) == 1
    assert cli.main(["--demo", "--diff", nat]) == 1
    assert not (kept / "demo").exists()

"""--completion in the shells: each script is loaded by its shell, and Tab is pressed."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import cli, places
from lvstui.argparser import arguments_parser
from lvstui.flags import SHELLS
from lvstui.verbs.completion import FILES

Complete = Callable[[str, Path], set[str]]

THEMES = {path.stem for path in places.themes().glob("*.toml")}
WORLDS = {path.stem for folder in places.worlds() for path in folder.glob("*.toml")}

BIN = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
"""The scripts ask the lvstui in PATH."""

ZSHRC = """\
PS1='ready> '
LISTMAX=0
unsetopt promptsp
unset zle_bracketed_paste
fpath=({} $fpath)
autoload -U compinit
compinit -u -D
"""


BASHRC = """\
PS1='ready> '
bind 'set enable-bracketed-paste off'
source {}
lvstui() {{ if [ "$1" = --complete ]; then command lvstui "$@"; else printf '[%s]' "$@"; echo; fi; }}
"""
"""A bash in which lvstui shows the words that it gets."""


def script(shell: str) -> Path:
    return places.completions() / FILES[shell]


def in_bash(line: str, folder: Path) -> set[str]:
    words = re.findall(r"\S+|(?<=\s)$", line)
    program = (
        f'source {script("bash")}\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\nCOMP_LINE="$*"\n'
        '_shtab_lvstui\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program, "bash", *words],
        cwd=folder,
        env={**os.environ, "PATH": BIN},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def in_fish(line: str, folder: Path) -> set[str]:
    program = f"source {script('fish')}; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", program],
        cwd=folder,
        env={**os.environ, "PATH": BIN, "HOME": str(folder), "XDG_DATA_HOME": str(folder / ".local")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {candidate.partition("\t")[0] for candidate in done.stdout.splitlines()}


def in_zsh(line: str, folder: Path) -> set[str]:
    """zsh completes only on a terminal: it gets one, and two Tabs, of which the second lists what there is."""
    home = folder / ".zsh"
    home.mkdir(exist_ok=True)
    (home / ".zshrc").write_text(ZSHRC.format(places.completions()))
    terminal, its = pty.openpty()
    shell = subprocess.Popen(
        ["setsid", "--ctty", "zsh", "-d", "-i"],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=folder,
        env={**os.environ, "PATH": BIN, "ZDOTDIR": str(home), "TERM": "dumb", "COLUMNS": "200"},
    )
    try:
        read(terminal, "ready> ")
        os.write(terminal, f"{line}\t\t".encode())
        # What is listed is followed by the prompt, and the first of it on the line.
        shown = read(terminal, "ready> ")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
        os.close(its)
    listed = shown.replace("\r", "").partition("ready> ")[0].split("\n")[1:]
    return {word for row in listed for word in ([row.split()[0]] if " -- " in row else row.split()) if row.strip()}


def read(terminal: int, until: str) -> str:
    text = ""
    while until not in text:
        ready, _, _ = select.select([terminal], [], [], 120)
        assert ready, f"waited for {until!r} after {text!r}"
        text += os.read(terminal, 65536).decode()
    return text


SHELL: dict[str, Complete] = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


@pytest.fixture(params=SHELLS)
def complete(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], set[str]]:
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here: make packages")
    for name in ("a.toml", "b.rules"):
        (tmp_path / name).touch()
    return lambda line: SHELL[shell](line, tmp_path)


def test_options_complete(complete: Callable[[str], set[str]]) -> None:
    found = complete("lvstui --re")
    assert {"--restore", "--read-only"} <= found
    assert all(option.startswith("--re") for option in found)


def test_files_complete_where_a_file_is_expected(complete: Callable[[str], set[str]]) -> None:
    for line in ("--restore ", "--save ", "--diff a.toml ", "--convert a.toml ", "--config "):
        assert {"a.toml", "b.rules"} <= complete(f"lvstui {line}"), line


def test_known_names_complete(complete: Callable[[str], set[str]]) -> None:
    kinds = next(set(action.choices or ()) for action in arguments_parser()._actions if action.dest == "format")
    assert {"ipvsadm", "toml"} < kinds
    assert complete("lvstui --theme ") >= THEMES
    assert complete("lvstui --list --format ") == kinds
    assert complete("lvstui --completion ") == set(SHELLS)
    assert complete("lvstui --demo ") == WORLDS


def test_names_known_to_lvstui_complete(
    complete: Callable[[str], set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snapshots by name, and a theme of one's own."""
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LVSTUI_CONFIG", str(tmp_path / "conf/config.toml"))
    places.table_paths().snapshots.mkdir(parents=True)
    for path in (places.table_paths().snapshots / "friday.toml", tmp_path / "conf/themes/mine.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert {"@boot", "@friday"} <= complete("lvstui --restore @")
    assert {"mine", "dark"} <= complete("lvstui --theme ")


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts in the settings, in ssh's configuration, in a file that it includes, and in its known_hosts."""
    (tmp_path / ".ssh/more").mkdir(parents=True)
    (tmp_path / "config.toml").write_text('[hosts]\nlvs4 = { sudo = true }\n"ops@lvs5" = { sudo = true }\n')
    (tmp_path / ".ssh/config").write_text(
        "Include more/* config\nHost lvs1 lvs2.example *.lvs !lvs3\n  Port 22\nhost=lvs6\n"
        "Host lvs$(id) lvs`id` lvs;id -lvs7\n"
    )
    (tmp_path / ".ssh/more/site").write_text('Host "lvs8"\n')
    (tmp_path / ".ssh/known_hosts").write_text(
        "lvs9,192.0.2.9 ssh-ed25519 AAAA\n[lvs10]:2222 ssh-ed25519 AAAA\n|1|lvs= ssh-ed25519 AAAA\n"
        "@revoked lvs11 ssh-ed25519 AAAA\n# lvs12\n\nlvs\x1b[2J ssh-ed25519 AAAA\nlvs\u202e13 ssh-ed25519 AAAA\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LVSTUI_CONFIG", str(tmp_path / "config.toml"))


HOSTS = {"lvs1", "lvs10", "lvs2.example", "lvs4", "lvs6", "lvs8", "lvs9"}


@pytest.mark.usefixtures("hosts")
def test_hosts_complete(complete: Callable[[str], set[str]]) -> None:
    """For --on, after a comma too, and where `lvstui lvs1` opens the console."""
    assert complete("lvstui --on lvs") == HOSTS
    assert complete("lvstui lvs") == HOSTS
    assert complete("lvstui --on lvs1,lvs") == {f"lvs1,{host}" for host in HOSTS - {"lvs1"}}


@pytest.mark.usefixtures("hosts")
def test_a_host_that_a_shell_or_terminal_would_obey_is_not_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    def asked(begun: str) -> set[str]:
        assert cli.main(["--complete", "host", begun]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return set(printed.out.splitlines())

    assert {name for name in asked("") if "lvs" in name} == HOSTS | {"ops@lvs5"}
    assert "192.0.2.9" in asked("192.")
    assert {f"root@{host}" for host in HOSTS} <= asked("root@")
    assert asked("lvs1,root@lvs2") == {"lvs1,root@lvs2.example"}
    assert asked("@") == set()


@pytest.mark.usefixtures("hosts")
def test_unreadable_settings_and_configurations_propose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("[hosts\n")
    (tmp_path / ".ssh/config").write_bytes(b"\xff\xfe\x00 Host\nInclude\n")
    assert cli.main(["--complete", "host", "lvs"]) == 0
    assert capsys.readouterr() == ("lvs10\nlvs9\n", "")


def test_bash_completes_words_with_special_characters(tmp_path: Path) -> None:
    """bash splits words at @ : and =, and only on a terminal. What follows such a sign it does not quote: the name of a
    file that would run something is not offered there."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not here")
    (tmp_path / "state").mkdir(mode=0o700)
    for name in ("a.toml", "one:two.toml", "run:`id`", "run=$(id)"):
        (tmp_path / name).touch()
    (tmp_path / "rc").write_text(BASHRC.format(script("bash")))
    terminal, its = pty.openpty()
    shell = subprocess.Popen(
        ["setsid", "--ctty", "bash", "--rcfile", str(tmp_path / "rc"), "-i"],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=tmp_path,
        env={**os.environ, "PATH": BIN, "TERM": "dumb", "COLUMNS": "200", "LVSTUI_STATE": str(tmp_path / "state")},
    )
    try:
        read(terminal, "ready> ")
        for typed, more, words in (
            ("lvstui --restore @bo", "", "[--restore][@boot]"),
            ("lvstui --convert a.toml @bo", "", "[--convert][a.toml][@boot]"),
            ("lvstui --restore one:", "", "[--restore][one:two.toml]"),
            ("lvstui --restore run:", "x", "[--restore][run:x]"),
            ("lvstui --restore run=", "x", "[--restore][run=x]"),
            ("lvstui --format=to", "", "[--format=toml]"),
            ("lvstui --theme=no", "", "[--theme=nord]"),
            ("lvstui --on lvs1:", "", "[--on][lvs1:]"),
            ("lvstui --diff lvs1:", "", "[--diff][lvs1:]"),
            ("lvstui --do 'weig", "5'", "[--do][weight 5]"),
        ):
            os.write(terminal, f"{typed}\t{more}\n".encode())
            shown = ""
            while "ready> " not in shown.partition(words)[2]:
                shown += read(terminal, "ready> ")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
        os.close(its)


TABLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 wlc
  -> 0A000005:0050      Route   1      0          0
"""


def test_a_command_of_do_completes_word_by_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lvstui.kernel import proc

    table = tmp_path / "ip_vs"
    table.write_text(TABLE)
    monkeypatch.setattr(proc, "TABLE", str(table))

    def asked(begun: str) -> set[str]:
        assert cli.main(["--complete", "do", begun]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        return set(printed.out.splitlines())

    assert asked("dra") == {"drain "}
    assert {"drain ", "weight ", "replace host "} <= asked("") and "theme " not in asked("")
    assert "drain host 10.0.0.5" in asked("drain host ")
    assert "drain 10.0.0.5:80" in asked("drain 10")
    assert "sched 192.0.2.10:80" in asked("sched 192") or "sched tcp 192.0.2.10:80" in asked("sched t")
    table.unlink()
    assert asked("drain 10") == set()


def test_an_invalid_request_completes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["nonesuch", "a"], ["name", "b"], ["do", "nonesuch x"], ["do", "drain 'x"]):
        assert cli.main(["--complete", *words]) == 0
        assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_verb_prints_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--completion", shell]) == 0
    assert capsys.readouterr() == (script(shell).read_text(encoding="utf-8"), "")


def test_another_shell_is_a_bad_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--completion", "csh"]) == 2
    assert "invalid choice: 'csh'" in capsys.readouterr().err


def test_an_installation_without_the_scripts_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(places, "completions", lambda: tmp_path)
    assert cli.main(["--completion", "bash"]) == 1
    assert "lvstui.bash cannot be read: No such file" in capsys.readouterr().err

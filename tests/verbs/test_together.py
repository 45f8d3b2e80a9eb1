"""A change of both directors of a pair: shown and confirmed once, the backup first, its table read back, and the master
left alone if anything is wrong. A script plays ssh and the far lvstui."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lvstui import __version__, cli
from lvstui.director.change import Change
from lvstui.director.errors import LvsError, NotDone, Unavailable
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import State, Vrrp
from lvstui.verbs import remote_change, together
from lvstui.verbs.runner import Clock
from lvstui.verbs.together import Task, TogetherOptions
from lvstui.verbs.verb import Verb
from tests.verbs.fake import printed

# The table of each host is a file; `lies` makes it another one than was sent, `cut` cuts the link in the middle.
FAR = r"""#!/bin/sh
while [ "$1" != -- ]; do shift; done
far=$(dirname "$0")/$2
echo "$2: $3" >>"$far/../log"
cat >"$far/in"
[ ! -e "$far/mute" ] || exit 0
[ ! -e "$far/hangs" ] || { touch "$far/hanging"; exec sleep 600; }
[ ! -e "$far/gone" ] || { echo "ssh: connect to host $2 port 22: Connection refused" >&2; exit 255; }
[ ! -e "$far/older" ] || {
    echo "lvstui: arguments: unrecognized arguments: --as web.toml
        did you mean --yes?" >&2
    exit 2
}
case "$3" in
*--dry-run*)
    [ ! -e "$far/refuses" ] || { echo "lvstui: --restore: a guard says no" >&2; exit 1; }
    cmp -s "$far/in" "$far/table" && { echo "web.toml: nothing differs"; exit 0; }
    echo "web.toml: 1 change"
    echo "ipvsadm -e"
    exit 1 ;;
*)
    [ ! -e "$far/cut" ] || { echo "Timeout, server $2 not responding." >&2; exit 255; }
    if [ -e "$far/lies" ]; then echo other >"$far/table"; else cp "$far/in" "$far/table"; fi
    echo "web.toml: 1 change"
    echo "done: 1 change in 0.01 s; the table as it was: /var/lib/lvstui/before.toml" ;;
esac
"""


class Director:
    """A director that tells its role and nothing else."""

    def __init__(self, role: str, keepalived: bool | None = True, notes: tuple[str, ...] = ()) -> None:
        self.state = State(1.0, 1.0, "far", vrrp=Vrrp(role, keepalived=keepalived), notes=notes)

    def read(self, scope: Scope) -> State:
        return self.state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        raise AssertionError("it is only looked at")

    def close(self) -> None:
        pass


class Site:
    """Hosts below a folder, and what is asked of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roles: dict[str, Director | LvsError] = {"lvs1": Director("MASTER"), "lvs2": Director("BACKUP")}
        self.questions: list[str] = []
        self.says = True
        self.now = 0.0
        for host in ("lvs1", "lvs2"):
            (folder / host).mkdir(parents=True)
            (folder / host / "table").write_text("as it was")
        ssh = folder / "ssh"
        ssh.write_text(FAR)
        ssh.chmod(0o755)

    def opened(self, host: str) -> Director:
        found = self.roles[host]
        if isinstance(found, LvsError):
            raise found
        return found

    def ask(self, question: str) -> bool:
        self.questions.append(question)
        return self.says

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def told(self) -> list[str]:
        """What was started on which host, and whether it was only a plan."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.partition(":")[0] + (" plan" if "--dry-run" in line else "") for line in lines]

    def tables(self) -> tuple[str, str]:
        return tuple((self.folder / host / "table").read_text() for host in ("lvs1", "lvs2"))  # type: ignore[return-value]

    def mark(self, host: str, what: str) -> None:
        (self.folder / host / what).touch()

    def restore(self, *, dry_run: bool = False, yes: bool = False) -> tuple[int, list[str], list[str]]:
        words = ("--restore", "-", "--format", "toml", "--as", "web.toml")
        line = partial("lvstui --on {} --restore web.toml".format)
        task = Task("restore", words, "web.toml", line, b"the rules", together.AGAIN, pair=True)
        options = TogetherOptions(lambda host: False, dry_run, yes)
        clock = Clock(lambda: self.now, self.sleep)
        return collect(together.run(["lvs1", "lvs2"], task, options, self.opened, self.ask, clock))


def collect(verb: Verb) -> tuple[int, list[str], list[str]]:
    code, text, remarks = printed(verb)
    return code, text.splitlines(), remarks


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    yield Site(tmp_path / "bin")


def test_the_backup_comes_first_and_both_are_read_back(site: Site) -> None:
    code, text, remarks = site.restore()
    assert (code, remarks) == (0, [])
    assert text == [
        "lvs2,lvs1:",
        "web.toml: 1 change",
        "ipvsadm -e",
        "lvs2: done: 1 change in 0.01 s; the table as it was: /var/lib/lvstui/before.toml",
        "lvs2: read back: the table is as asked",
        "lvs1: done: 1 change in 0.01 s; the table as it was: /var/lib/lvstui/before.toml",
        "lvs1: read back: the table is as asked",
    ]
    assert site.questions == ["do this on lvs2 (BACKUP), then on lvs1 (MASTER)?"]
    assert sorted(site.told()[:2]) == ["lvs1 plan", "lvs2 plan"]
    assert site.told()[2:] == ["lvs2", "lvs2 plan", "lvs1", "lvs1 plan"]
    assert site.tables() == ("the rules", "the rules")


def test_a_table_that_differs_when_it_is_read_back_leaves_the_master_alone(site: Site) -> None:
    site.mark("lvs2", "lies")
    code, text, remarks = site.restore(yes=True)
    assert code == 1 and site.questions == []
    assert text[-3:] == ["lvs2:", "web.toml: 1 change", "ipvsadm -e"]
    assert remarks == [
        "lvs2: done, but the table read back is not as asked: the changes above are still missing",
        "lvs2: stopped: nothing was done on lvs1",
    ]
    assert site.tables()[0] == "as it was" and "lvs1" not in site.told()


def test_a_link_that_is_cut_in_the_middle_leaves_the_master_alone(site: Site) -> None:
    site.mark("lvs2", "cut")
    code, _, remarks = site.restore(yes=True)
    assert code == 3 and "lvs1" not in site.told()
    assert "it may be done or not: lvstui --on lvs2 --restore web.toml --dry-run shows what is left" in remarks[0]
    assert remarks[1:] == ["lvs2: stopped: nothing was done on lvs1"]


def test_an_interrupt_in_the_middle_says_what_is_not_known(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "web.rules"
    file.write_text("-A -t 192.0.2.1:80 -s rr\n")
    real = remote_change._lines

    def lines(host: str, ssh: subprocess.Popen[bytes], *others: Any) -> Iterator[bytes]:
        if "--dry-run" not in str(ssh.args):
            assert ssh.stdout is not None
            ssh.stdout.close()
            raise KeyboardInterrupt
        return real(host, ssh, *others)

    monkeypatch.setattr(remote_change, "_lines", lines)
    assert cli.main(["--on", "lvs2", "--restore", str(file), "--yes"]) == cli.INTERRUPTED
    told = "lvs2: interrupted; it may be done or not: lvstui --on lvs2 --restore"
    assert told in capsys.readouterr().err


def test_a_far_side_without_output_is_not_a_plan(site: Site) -> None:
    site.mark("lvs1", "mute")
    code, _, remarks = site.restore(yes=True)
    assert code == 1 and sorted(site.told()) == ["lvs1 plan", "lvs2 plan"]
    assert remarks[-2:] == [
        "lvs1: what answers there says nothing and is no lvstui: ssh lvs1 lvstui --version",
        "--restore: nothing was done on lvs2, lvs1",
    ]


def test_an_interrupt_does_not_wait_for_a_director_that_hangs(site: Site) -> None:
    site.mark("lvs1", "hangs")
    operator = threading.get_ident()

    def interrupt() -> None:
        while not (site.folder / "lvs1" / "hanging").exists():
            time.sleep(0.02)
        signal.pthread_kill(operator, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            threading.Thread(target=interrupt, daemon=True).start()
            site.restore(yes=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 300  # of ten minutes that it hangs
    assert site.tables() == ("as it was", "as it was")


@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_command_on_one_director_says_what_is_not_known_of_it(
    site: Site, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    site.mark("lvs2", how)
    assert cli.main(["--on", "lvs2", "--do", "zero all"]) == 3
    told = capsys.readouterr().err
    line = "it may be done or not: lvstui --on lvs2 --do 'zero all' --dry-run shows what is left"
    assert (line in told) == (how == "cut")


def test_an_unfinished_restore_comes_first(site: Site) -> None:
    note = (
        "the restore of a.toml by root, begun at 03:12:07, was cut off: "
        "lvstui --on lvs2 --resume finishes it, lvstui --on lvs2 --rollback takes it back"
    )
    site.roles["lvs2"] = Director("BACKUP", notes=(note,))
    code, text, remarks = site.restore(yes=True)
    assert (code, text, site.told()) == (1, [], [])
    assert remarks == [f"lvs2: {note}; end it first", "--restore: nothing was done on lvs1, lvs2"]


@pytest.mark.parametrize(
    ("roles", "why"),
    [
        (("MASTER", "MASTER"), "lvs1 and lvs2 are both MASTER"),
        (("MASTER", ""), "the role of lvs2 is not known"),
        (("", ""), "the role of lvs1 and lvs2 is not known"),
        (("BACKUP", "BACKUP"), "neither of lvs1 and lvs2 is MASTER"),
        (("PARTIAL", "BACKUP"), "the role of lvs1 is PARTIAL"),
    ],
)
def test_the_role_of_each_director_must_be_known(site: Site, roles: tuple[str, str], why: str) -> None:
    site.roles = dict(zip(("lvs1", "lvs2"), map(Director, roles), strict=True))
    with pytest.raises(NotDone) as refused:
        site.restore(yes=True)
    assert refused.value.why == f"{why}; nothing was changed"
    assert refused.value.mend == "change one by itself: lvstui --on lvs2 --restore web.toml"
    assert site.told() == []


def test_if_one_director_is_unreachable_nothing_is_done(site: Site) -> None:
    site.roles["lvs1"] = Unavailable("lvs1", "connection: its sshd does not listen", "is it up?")
    code, _, remarks = site.restore(yes=True)
    assert (code, site.told()) == (3, [])
    assert remarks == [
        "lvs1: not reached: connection: its sshd does not listen; is it up?",
        "--restore: nothing was done on lvs1, lvs2",
    ]
    site.roles["lvs1"] = Director("MASTER")
    site.mark("lvs1", "gone")
    code, _, remarks = site.restore(yes=True)
    assert code == 3 and "lvs2" not in site.told() and remarks[-1] == "--restore: nothing was done on lvs2, lvs1"


def test_a_refusal_by_one_stops_both_before_the_question(site: Site) -> None:
    site.mark("lvs1", "refuses")
    code, text, remarks = site.restore()
    assert (code, site.questions) == (1, []) and "lvs2" not in site.told()
    assert text == ["lvs2:", "web.toml: 1 change", "ipvsadm -e"]
    assert remarks == ["lvs1: --restore: a guard says no", "--restore: nothing was done on lvs2, lvs1"]


def test_an_older_lvstui_on_the_far_side_is_reported_in_a_sentence(site: Site) -> None:
    site.mark("lvs2", "older")
    code, _, remarks = site.restore(yes=True)
    assert code == 2 and "lvs1" not in site.told()
    assert remarks == [
        "lvs2: the lvstui installed there is older than this one, and does not know --as: "
        f"install lvstui {__version__} there too",
        "--restore: nothing was done on lvs2, lvs1",
    ]


def test_answering_no_and_a_dry_run_change_nothing(site: Site) -> None:
    site.says = False
    with pytest.raises(NotDone, match="not confirmed; nothing was changed"):
        site.restore()
    assert site.restore(dry_run=True)[0] == 1
    assert site.tables() == ("as it was", "as it was") and len(site.questions) == 1


def test_a_director_that_is_right_already_is_left_alone(site: Site) -> None:
    (site.folder / "lvs2/table").write_text("the rules")
    code, text, _ = site.restore()
    assert code == 0 and "lvs2" not in site.told()
    assert site.questions == ["do this on lvs1 (MASTER)?"]
    assert text[:2] == ["lvs2: web.toml: nothing differs", "lvs1:"]
    assert site.restore()[0] == 0 and len(site.questions) == 1


def test_a_file_goes_to_one_director_as_it_is_read_here(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "it's web.rules"
    file.write_text("-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 3\n")
    assert cli.main(["--on", "lvs2", "--restore", str(file), "--yes", "--keep-weights"]) == 0
    sent = (site.folder / "lvs2/table").read_text()
    assert 'scheduler = "rr"' in sent and "weight = 3" in sent
    line = (site.folder / "log").read_text().splitlines()[1]
    assert line.startswith("lvs2: exec lvstui --restore - --format toml --as ") and "--keep-weights --yes" in line
    capsys.readouterr()
    file.write_text("nonsense\n")
    assert cli.main(["--on", "lvs1,lvs2", "--restore", str(file), "--yes"]) == 2
    assert cli.main(["--on", "lvs1,lvs2,lvs3", "--restore", str(file), "--yes"]) == 2
    assert "goes to one director or to the two of a pair" in capsys.readouterr().err
    assert cli.main(["--on", "lvs1,lvs2", "--restore", "@1", "--yes"]) == 2
    assert cli.main(["--on", "lvs1,lvs2", "--resume"]) == 2
    assert "takes one director at a time" in capsys.readouterr().err


def test_output_of_a_far_side_is_cleaned_before_it_reaches_the_terminal(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in the plan, not in what is done, not beside it."""
    hostile = r"printf '\033[2J\033]0;owned\007\n\302\233 1 change\n'; printf 'lvstui: \033[8mhidden\033[0m\n' >&2"
    site.folder.joinpath("ssh").write_text(f"#!/bin/sh\n{hostile}\ncase $* in *--dry-run*) exit 1; esac\n")
    assert cli.main(["--on", "lvs2", "--rollback", "--yes"]) == 0
    assert cli.main(["--on", "lvs2", "--do", "weight tcp 192.0.2.1:80 10.0.0.1:80 5"]) == 0
    told = capsys.readouterr()
    assert "owned" in told.out and "hidden" in told.err
    assert not any(not letter.isprintable() and letter != "\n" for letter in told.out + told.err)


def test_an_unfinished_restore_there_is_finished_from_here(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--on", "lvs2", "--rollback", "--yes"]) == 0
    lines = (site.folder / "log").read_text().splitlines()
    assert lines == ["lvs2: exec lvstui --rollback --dry-run", "lvs2: exec lvstui --rollback --yes"]


def test_a_command_for_several_directors_is_confirmed_once(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lvstui import sources

    monkeypatch.setattr(sources, "seen_from_here", lambda arguments, host: site.opened(host))
    # A script has no table that could be read: test_read_back.py.
    monkeypatch.setattr(together, "way_back", lambda command: together.AGAIN)
    command = "weight tcp 192.0.2.1:80 10.0.0.1:80 5"
    assert cli.main(["--on", "lvs1,lvs2", "--do", command]) == 1
    told = capsys.readouterr()
    assert "web.toml: 1 change" in told.out  # the plan is shown
    assert "--do: standard input is not a terminal, so nobody can confirm; nothing was changed" in told.err
    assert site.tables() == ("as it was", "as it was")
    assert cli.main(["--on", "lvs1,lvs2", "--do", command, "--yes"]) == 0
    assert site.told()[-4:] == ["lvs2", "lvs2 plan", "lvs1", "lvs1 plan"]
    site.mark("lvs2", "refuses")
    assert cli.main(["--on", "lvs1,lvs2", "--do", command, "--yes"]) == 1
    assert "nothing was done on lvs2, lvs1" in capsys.readouterr().err
    # What changes no table is asked of one after the other, in the order given.
    assert cli.main(["--on", "lvs1,lvs2", "--do", "probe"]) == 0
    assert site.told()[-2:] == ["lvs1", "lvs2"]


def test_forty_directors_are_planned_eight_at_a_time_and_changed_one_after_the_other(site: Site) -> None:
    names = [f"lvs{n:02}" for n in range(1, 41)]
    begun = site.folder / "begun"
    begun.mkdir()
    count = f"touch {begun}/$$; ls {begun} | wc -l >>{site.folder}/at-once-$kind; rm {begun}/$$"
    kind = "case $* in *--dry-run*) kind=plan ;; *) kind=done ;; esac"
    does = f"[ $kind = plan ] && [ ! -e {site.folder}/done-$host ] && {{ echo ipvsadm -e; exit 1; }}"
    script = f"""#!/bin/sh
{kind}
while [ "$1" != -- ]; do shift; done
host=$2
{count}
[ $kind = done ] && touch {site.folder}/done-$host
{does}
echo done
"""
    site.folder.joinpath("ssh").write_text(script)
    site.roles = {name: Director("", keepalived=False) for name in names}
    task = Task(
        "do", ("--do", "drain host 10.0.0.5"), "drain", "lvstui --on {}".format, back=together.AGAIN, silent=True
    )
    code, text, remarks = collect(together.run(names, task, TogetherOptions(lambda host: False), site.opened, site.ask))
    assert (code, remarks) == (0, [])
    assert site.questions == ["do this on lvs[01-40], one after the other?"]
    assert text[0] == "lvs[01-40]: ipvsadm -e"
    assert [line.split(":")[0] for line in text[1:]] == [name for name in names for _ in range(2)]
    at_once = {
        kind: [int(n) for n in (site.folder / f"at-once-{kind}").read_text().split()] for kind in ("plan", "done")
    }
    assert len(at_once["plan"]) == 80 and max(at_once["plan"]) <= 8
    assert at_once["done"] == [1] * 40

"""A command on both of a pair: whatever it changes is read back on the backup, and where that is not what the plan says
the master is left as it was. The lvstui over there is the real one, on a director in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lvstui.commands.command_table import COMMANDS
from lvstui.commands.parse import parse
from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.model import RuleSet, SyncDaemon
from lvstui.director.remarks import Remark
from lvstui.places import TablePaths
from lvstui.verbs import do, remote_change, save, together
from lvstui.verbs.questions import ChangeOptions
from lvstui.verbs.read_back import expected, missing
from lvstui.verbs.runner import Clock
from lvstui.verbs.verb import Verb
from lvstui.views.operator_names import NO_NAMES
from tests.verbs.fake import Fake, done
from tests.verbs.test_do import Hours, Knocking
from tests.verbs.test_together import Director

TABLE = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3 -x 90 -y 60
-a -t 192.0.2.1:80 -r 10.0.0.3:80 -g -w 0
-A -t 192.0.2.1:443 -s wrr
-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 1
-a -t 192.0.2.1:443 -r 10.0.0.2:443 -g -w 1
-A -f 7 -s rr -p 360
"""
LINES = {
    "weight": ("weight 10.0.0.1:80 9", "weight 10.0.0.2:80 +2", "weight 10.0.0.2:80 50%"),
    "add-service": ("add service tcp 192.0.2.9:80 sh",),
    "add-server": ("add server 192.0.2.1:80 10.0.0.11-14:80 weight 4",),
    "edit-service": ("edit service 192.0.2.1:443 persist 90", "edit service fwmark 7 no persist"),
    "edit-server": ("edit server 192.0.2.1:80 10.0.0.2:80 upper 100",),
    "delete-service": ("delete service 192.0.2.1:443",),
    "delete-server": ("delete server 192.0.2.1:80 10.0.0.1:80",),
    "delete": ("delete 192.0.2.1:80",),
    "scheduler": ("sched 192.0.2.1:80 lc",),
    "drain": ("drain 10.0.0.1:80",),
    "undrain": ("undrain 10.0.0.3:80 weight 2",),
    "ramp": ("ramp 10.0.0.1:80 +2 10s",),
    "replace-host": ("replace host 10.0.0.1 10.0.0.9 wait 1m",),
    "timeouts": ("timeouts 600 0 100",),
    "sync-start": ("sync start master eth1 id 3",),
    "sync-stop": ("sync stop backup",),
    "clone": ("clone 192.0.2.1:80 as 192.0.2.7:80",),
}
COUNTERS = ("zero", "zero-all")
"""They change no rule."""
OTHERWISE = ("restore", "reload", "failover")
"""A restore is planned once more; after a reload the table is compared with keepalived's configuration; a failover is
for one director."""


class Far(Knocking):
    """A director elsewhere. `after`: what another hand does to its table once the command is done."""

    def __init__(self) -> None:
        super().__init__(TABLE)
        self.rules = self.rules._replace(sync=(SyncDaemon("backup", "eth1", 51),))
        self.rest = 0
        self.before = self.rules
        self.after: Callable[[RuleSet], RuleSet] = lambda rules: rules


class Site:
    """Both directors, and what was asked of which."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.far = {"lvs1": Far(), "lvs2": Far()}
        self.told: list[tuple[str, tuple[str, ...]]] = []

    def run(
        self, host: str, argv: Sequence[str], sudo: bool = False, given: bytes = b"", patience: float | None = None
    ) -> Verb:
        """In place of ssh and the program at its other end."""
        far, words = self.far[host], list(argv)
        self.told.append((host, tuple(words)))
        kept = TablePaths(self.folder / host, self.folder / host / "run", "this boot")
        if words[0] == "--save":
            return (yield from save.run(far, words[1], kept, words[3]))
        dry = "--dry-run" in words
        asked, options = parse(words[words.index("--do") + 1]), ChangeOptions(dry, "--allow-outage" in words)
        try:
            code = yield from do.run(far, asked, NO_NAMES, options, kept, Hours().clock)
        except LvsError as error:  # as the program there says it, on standard error
            yield Remark(host, 0, str(error))
            return error.exit_code
        if not dry:
            far.rules = far.after(far.rules)
        return code

    def do(self, line: str) -> tuple[int, str, list[str]]:
        words = ("--allow-outage", "--do", line)
        back = together.way_back(parse(line).command.id)
        task = together.Task("do", words, line, "lvstui --on {} --do ...".format, back=back, silent=True)
        hours = Hours()
        verb = together.run(
            ["lvs1", "lvs2"],
            task,
            together.TogetherOptions(lambda host: False, yes=True),
            lambda host: Director("BACKUP" if host == "lvs2" else "MASTER"),
            lambda question: True,
            Clock(lambda: hours.at, hours.sleep),
        )
        code, text, remarks = done(verb)
        return code, text, list(map(str, remarks))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    found = Site(tmp_path)
    monkeypatch.setattr(remote_change, "run", found.run)
    yield found


def test_every_command_that_changes_rules_is_tried_here() -> None:
    assert {one.id for one in COMMANDS if one.here and one.writes} == {*LINES, *COUNTERS, *OTHERWISE}


@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
def test_what_it_changes_is_read_back(site: Site, line: str) -> None:
    code, text, remarks = site.do(line)
    assert (code, remarks) == (0, [])
    assert [one for one in text.splitlines() if "read back" in one] == [
        f"{host}: read back: the table is as asked" for host in ("lvs2", "lvs1")
    ]
    assert all(far.rules != far.before for far in site.far.values())


@pytest.mark.parametrize("line", [line for lines in LINES.values() for line in lines])
def test_if_the_backup_differs_when_read_back_the_master_stays_as_it_was(site: Site, line: str) -> None:
    backup, master = site.far["lvs2"], site.far["lvs1"]
    backup.after = lambda rules: backup.before
    code, text, remarks = site.do(line)
    assert code == 1 and not master.sent and master.rules == master.before and backup.sent
    assert remarks[-2:] == [
        "lvs2: done, but the table read back is not as asked: the changes above are still missing",
        "lvs2: stopped: nothing was done on lvs1",
    ]
    assert text.splitlines()[-1].lstrip("lvs2: ").startswith("ipvsadm -")


def test_changes_by_others_to_other_services_are_not_a_difference(site: Site) -> None:
    backup = site.far["lvs2"]
    other = Fake(TABLE.replace("-r 10.0.0.2:443 -g -w 1", "-r 10.0.0.2:443 -g -w 0")).rules.rules
    backup.after = lambda rules: rules._replace(
        rules={key: entry if key.port == 80 else other[key] for key, entry in rules.rules.items()}
    )
    assert site.do("weight 10.0.0.1:80 9")[0] == 0 and site.far["lvs1"].sent


def test_a_table_that_changes_after_the_plan_is_left_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = site.far["lvs2"]

    def run(host: str, argv: Sequence[str], *others: object, **more: object) -> Verb:
        if host == "lvs2" and argv[0] == "--save":  # the first look after the plan
            backup.rules = RuleSet({}, backup.rules.timeouts, ())
        return (yield from site.run(host, argv))

    monkeypatch.setattr(remote_change, "run", run)
    code, _, remarks = site.do("weight 10.0.0.1:80 9")
    assert code == 1 and not backup.sent and not site.far["lvs1"].sent
    assert remarks[0].startswith("lvs2: nothing was done: its table changed after the plan was shown: no service")


def test_a_table_that_cannot_be_read_back_stops_it(site: Site) -> None:
    backup = site.far["lvs2"]

    def unread(rules: RuleSet) -> RuleSet:
        backup.unknown = frozenset(("flags",))
        return rules

    backup.after = unread
    code, _, remarks = site.do("weight 10.0.0.1:80 9")
    assert code == 3 and not site.far["lvs1"].sent
    assert "lvs2: done, but the table could not be read back" in remarks[-2]


def test_counters_are_not_compared(site: Site) -> None:
    code, text, remarks = site.do("zero 192.0.2.1:80")
    assert (code, remarks) == (0, []) and text.count("read back: the table is as asked") == 2


def test_after_a_reload_the_table_is_compared_with_the_configuration(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as keepalived may take to make it."""
    drifts = {"lvs2": 3, "lvs1": 0}

    def run(
        host: str, argv: Sequence[str], sudo: bool = False, given: bytes = b"", patience: float | None = None
    ) -> Verb:
        site.told.append((host, tuple(argv)))
        if argv[-1] == "drift":
            drifts[host] -= 1
            yield "1 drift\n" if drifts[host] >= 0 else "no drift\n"
            return int(drifts[host] >= 0)
        yield "systemctl reload keepalived\n"
        return int("--dry-run" in argv)

    monkeypatch.setattr(remote_change, "run", run)
    code, text, remarks = site.do("reload")
    assert (code, remarks) == (0, [])
    assert text.splitlines()[-3:-2] == ["lvs2: read back: the table is as keepalived's configuration says"]
    site.told.clear()
    drifts["lvs2"] = 10**6
    code, text, remarks = site.do("reload")
    assert code == 1 and ("lvs1", ("--allow-outage", "--do", "reload")) not in site.told
    assert "lvs2: 1 drift" in text and "not as keepalived's configuration says" in remarks[0]


def test_a_plan_that_cannot_be_understood_is_refused() -> None:
    rules = Fake(TABLE).rules
    with pytest.raises(BadInput, match="its plan cannot be understood"):
        expected("ipvsadm -e -t nonsense\n", rules, "lvs2")
    with pytest.raises(NotDone, match="changed after the plan was shown"):
        expected("ipvsadm -d -t 192.0.2.1:80 -r 10.9.9.9:80\n", rules, "lvs2")
    assert missing(expected("web.toml: nothing\n", rules, "lvs2"), RuleSet({})) == ()

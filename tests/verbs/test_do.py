"""--do: one command, its guards, its exit codes, and what it remembers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lvstui import cli, live
from lvstui.commands.draining import DrainRemainder
from lvstui.commands.parse import parse
from lvstui.director.change import Change, DeleteServer, EditServer, apply
from lvstui.director.errors import BadInput, NotDone, Refused, Unavailable
from lvstui.director.model import RuleSet, server_key, service_key
from lvstui.director.probe import ProbeResult, Probes, ProbeTarget
from lvstui.director.remarks import Remark
from lvstui.director.source import EVERYTHING, UNNAMED, Outcome, Purpose, ReadOnly, Scope, Source
from lvstui.director.state import PoolRows, State
from lvstui.places import TablePaths
from lvstui.store import drained
from lvstui.store.lock import locked
from lvstui.verbs import do
from lvstui.verbs.questions import ChangeOptions
from lvstui.verbs.runner import Clock
from lvstui.views.operator_names import NO_NAMES
from lvstui.views.place import Place
from tests.verbs.fake import Fake, done

TABLE = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3
-A -t 192.0.2.1:443 -s wrr
-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 1
"""


class Emptying(Fake):
    """The servers have fewer connections at each read, but never fewer than `rest`."""

    rest = 0

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        active = max(self.rest, 8 - 2 * len(self.scopes))
        pools = {
            key: PoolRows(1.0, [row._replace(active=active, inactive=50) for row in pool])
            for key, pool in state.pools.items()
        }
        return state._replace(pools=pools)


class Hours:
    """A clock that is set forward by sleeping."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.at = 0.0
        self.during = during

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.during()


def told(
    folder: Path,
    source: Source,
    text: str,
    clock: Hours | None = None,
    dry_run: bool = False,
    allow_outage: bool = False,
) -> tuple[int, str, list[Remark]]:
    place = TablePaths(folder, folder / "run", "this boot")
    clock = clock or Hours()
    return done(do.run(source, parse(text), NO_NAMES, ChangeOptions(dry_run, allow_outage), place, clock.clock))


def test_the_command_is_shown_as_ipvsadm_and_carried_out(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    code, text, _ = told(tmp_path, fake, "weight 10.0.0.1:80 50")
    assert code == 0
    assert text.splitlines()[0] == "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 50"
    assert fake.text == TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 50")


def test_a_dry_run_shows_and_changes_nothing(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    code, text, _ = told(tmp_path, fake, "delete 192.0.2.1:80", dry_run=True)
    assert code == 1 and "ipvsadm -D -t 192.0.2.1:80" in text and "outage: " in text
    assert fake.sent == []


def test_a_change_that_is_already_in_effect_succeeds(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    code, text, _ = told(tmp_path, fake, "weight 10.0.0.1:80 3")
    assert code == 0 and "is already at weight 3" in text and fake.sent == []


def test_an_outage_needs_to_be_allowed(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    with pytest.raises(NotDone, match="loses its last live server; nothing was changed") as found:
        told(tmp_path, fake, "drain host 10.0.0.1")
    assert "--allow-outage" in found.value.mend and fake.sent == []
    assert told(tmp_path, fake, "drain host 10.0.0.1", allow_outage=True)[0] == 0
    assert len(fake.sent) == 2


def test_the_old_weight_is_remembered_until_undrained(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    told(tmp_path, fake, 'drain 10.0.0.1:80 reason "new disk"')
    ((key, drain),) = drained.read(tmp_path).drains.items()
    assert drain.weight == 3 and drain.reason == "new disk" and key[1].port == 80
    assert (tmp_path / drained.NAME).stat().st_mode & 0o777 == 0o600
    told(tmp_path, fake, "undrain 10.0.0.1:80")
    assert fake.text == TABLE and not drained.read(tmp_path).drains


MANY = 5001
HOSTS = "".join(
    f"-A -u 192.0.2.10:{port} -s sh\n"
    + "".join(f"-a -u 192.0.2.10:{port} -r 10.0.0.{host}:{port} -m -w {port % 7 + 1}\n" for host in (12, 13))
    for port in range(50000, 50000 + MANY)
)
"""A range of RTP ports: more services than were once remembered."""


def test_no_weight_of_a_drain_is_forgotten_however_many_there_are(tmp_path: Path) -> None:
    fake = Fake(HOSTS)
    before = fake.text
    told(tmp_path, fake, "drain host 10.0.0.13")
    assert len(drained.read(tmp_path).drains) == MANY
    told(tmp_path, fake, "drain host 10.0.0.12", allow_outage=True)
    assert len(drained.read(tmp_path).drains) == 2 * MANY
    told(tmp_path, fake, "undrain host 10.0.0.13")
    told(tmp_path, fake, "undrain host 10.0.0.12")
    assert fake.text == before and not drained.read(tmp_path).drains


def test_drains_that_are_over_are_forgotten_first(tmp_path: Path) -> None:
    fake = Fake(HOSTS + TABLE)
    told(tmp_path, fake, "drain host 10.0.0.13")
    backs = HOSTS.splitlines(keepends=True)[5::3]  # the servers on 10.0.0.13, but for the first service's
    text = fake.text
    for line in backs[:2]:
        zero = line.replace(line[line.index(" -w") :], " -w 0\n")
        assert zero in text
        text = text.replace(zero, line if line is backs[0] else "")
    fake.rules = Fake(text).rules  # another hand gave one its weight back, and took one away
    told(tmp_path, fake, "drain 10.0.0.1:80")
    ports = {server.port for _, server in drained.read(tmp_path).drains}
    assert ports == {80, 50000, *range(50003, 50000 + MANY)}


def test_the_weights_are_on_disk_before_the_first_is_sent(tmp_path: Path) -> None:
    class Killed(Fake):
        def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
            super().send(changes[:1])
            raise SystemExit(137)

    with pytest.raises(SystemExit):
        told(tmp_path, Killed(TABLE), "drain host 10.0.0.1", allow_outage=True)
    assert sorted(drain.weight for drain in drained.read(tmp_path).drains.values()) == [1, 3]


def test_a_refused_drain_leaves_the_memory_unchanged(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    told(tmp_path, fake, 'drain 10.0.0.1:80 reason "first"')
    fake.rules = Fake(TABLE).rules  # another hand gave it its weight back
    fake.refuses = lambda number: number == 2
    with pytest.raises(Refused):
        told(tmp_path, fake, 'drain host 10.0.0.1 reason "second"', allow_outage=True)
    assert [drain.reason for drain in drained.read(tmp_path).drains.values()] == ["first"]


def test_a_ramp_to_nothing_remembers_the_weight_at_its_start(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    told(tmp_path, fake, "ramp 10.0.0.1:80 0 30s", Hours())
    told(tmp_path, fake, "undrain 10.0.0.1:80")
    assert fake.text == TABLE


def test_a_damaged_memory_is_reported_and_moved_aside(tmp_path: Path) -> None:
    (tmp_path / drained.NAME).write_text("{ not json")
    _, _, remarks = told(tmp_path, Fake(TABLE), "drain 10.0.0.1:80")
    assert "the file is damaged" in str(remarks[0]) and "\n" not in str(remarks[0])
    assert len(drained.read(tmp_path).drains) == 1
    assert (tmp_path / "drained.damaged").read_text() == "{ not json"


def test_wait_ends_when_nothing_is_left(tmp_path: Path) -> None:
    fake, hours = Emptying(TABLE), Hours()
    code, text, _ = told(tmp_path, fake, "drain 10.0.0.1:80 wait 60s", hours)
    assert code == 0 and text.splitlines()[-1] == "no connections left: safe to remove"
    assert hours.at < 10


def test_wait_ends_when_its_time_is_over_and_the_drain_stays(tmp_path: Path) -> None:
    fake, hours = Emptying(TABLE), Hours()
    fake.rest = 2
    with pytest.raises(NotDone, match="2 connections left after 60 s; it stays drained"):
        told(tmp_path, fake, "drain 10.0.0.1:80 wait 60s", hours)
    assert hours.at == 60 and "10.0.0.1:80 -g -w 0" in fake.text


def test_wait_works_for_a_server_that_is_drained_already(tmp_path: Path) -> None:
    fake = Emptying(TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 0"))
    code, text, _ = told(tmp_path, fake, "drain 10.0.0.1:80 wait 60s")
    assert code == 0 and "safe to remove" in text and fake.sent == []


def test_wait_does_not_call_a_server_safe_that_someone_else_removed(tmp_path: Path) -> None:
    """keepalived deletes a server whose check fails; its connections stay in the kernel and nothing counts them."""
    fake, web, server = Emptying(TABLE), service_key(6, "192.0.2.1", 80), server_key("10.0.0.1", 80)
    fake.rest = 1

    def removed() -> None:
        fake.rules = apply(DeleteServer(web, server), fake.rules)

    with pytest.raises(NotDone, match="someone else removed it while it was drained, and whether it has connections"):
        told(tmp_path, fake, "drain 10.0.0.1:80 wait 60s", Hours(removed))
    assert "not known" in DrainRemainder([Place(web, server)], fake.read(EVERYTHING)).text


@pytest.mark.parametrize("line", ["drain 10.0.0.1:80 wait 60s", "ramp 10.0.0.1:80 9 30s"])
def test_an_interrupt_during_a_send_ends_the_wait_after_it(tmp_path: Path, line: str) -> None:
    fake, hours = Emptying(TABLE), Hours()
    fake.rest = 1

    def interrupts(number: int) -> bool:
        signal.raise_signal(signal.SIGINT)
        return False

    fake.refuses = interrupts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            told(tmp_path, fake, line, hours)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(fake.sent) == 1 and hours.at < 30


def test_wait_ends_when_someone_else_gives_the_server_a_weight(tmp_path: Path) -> None:
    fake = Emptying(TABLE)
    fake.rest = 1
    again = Fake(TABLE).rules

    def restored() -> None:
        fake.rules = again

    with pytest.raises(NotDone, match="someone else gave it a weight"):
        told(tmp_path, fake, "drain 10.0.0.1:80 wait 60s", Hours(restored))


def test_a_ramp_has_equal_steps_over_its_time(tmp_path: Path) -> None:
    fake, hours = Fake(TABLE), Hours()
    code, text, _ = told(tmp_path, fake, "ramp 10.0.0.1:80 6 30s", hours)
    assert code == 0 and hours.at == 30
    weights = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("ipvsadm")]
    assert weights == ["4", "5", "6"]


def test_a_ramp_ends_when_someone_else_changes_the_weight(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    other = Fake(TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 9")).rules

    def meddle() -> None:
        if fake.sent:
            fake.rules = other

    with pytest.raises(NotDone, match="is at 9, but the ramp left it at 4: someone else changed it"):
        told(tmp_path, fake, "ramp 10.0.0.1:80 6 30s", Hours(meddle))
    assert len(fake.sent) == 1


def test_a_ramp_to_an_outage_is_refused_before_its_first_step(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    with pytest.raises(NotDone, match="loses its last live server"):
        told(tmp_path, fake, "ramp 10.0.0.1:443 0 10s")
    assert fake.sent == []


def test_a_change_by_someone_else_meanwhile_stops_the_command(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    other = Fake(TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 9")).rules

    def meanwhile(rules: RuleSet) -> RuleSet:
        return other

    fake.meanwhile = meanwhile
    with pytest.raises(NotDone, match="someone else changed this meanwhile"):
        told(tmp_path, fake, "weight 10.0.0.1:80 5")
    assert fake.sent == []


def test_a_command_is_refused_during_a_restore(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    with locked(TablePaths(tmp_path, tmp_path / "run", "").lock, "restore"), pytest.raises(NotDone):
        told(tmp_path, fake, "weight 10.0.0.1:80 5")
    assert fake.sent == []


def test_refused_changes_are_taken_back(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    fake.refuses = lambda number: number == 1
    with pytest.raises(Refused):
        told(tmp_path, fake, "drain host 10.0.0.1", allow_outage=True)
    assert fake.text == TABLE and not drained.read(tmp_path).drains


def test_read_only_and_a_poor_read(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    with pytest.raises(NotDone, match="read-only"):
        told(tmp_path, ReadOnly(fake, "--read-only"), "weight 10.0.0.1:80 5")
    fake.unknown = frozenset({"flags"})
    with pytest.raises(Unavailable):
        told(tmp_path, fake, "weight 10.0.0.1:80 5")
    assert fake.sent == []


@pytest.mark.parametrize("text", ["theme dark", "netns x", "undo", "ramp stop", "filter x", "save", "restore"])
def test_commands_that_only_the_console_has(text: str) -> None:
    with pytest.raises(BadInput):
        do.refuse_looks(parse(text))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("weight 10.0.0.1:80 5", 0),
        ("weight 10.0.0.1:80 3", 0),
        ("drain host 10.0.0.1", 1),
        ("weight 10.0.0.9:80 5", 2),
        ("weigth 10.0.0.1:80 5", 2),
        ("theme dark", 2),
    ],
)
def test_exit_codes(
    command: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "open_source", lambda **_: Fake(TABLE))
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path))
    monkeypatch.setenv("LVSTUI_RUN", str(tmp_path / "run"))
    assert cli.main(["--do", command]) == code
    assert ("lvstui: " in capsys.readouterr().err) is (code != 0)


def test_save_and_restore_are_the_verbs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = Fake(TABLE)
    monkeypatch.setattr(live, "open_source", lambda **_: fake)
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path))
    monkeypatch.setenv("LVSTUI_RUN", str(tmp_path / "run"))
    path = str(tmp_path / "table.toml")
    assert cli.main(["--do", f"save {path}"]) == 0
    assert cli.main(["--do", "weight 10.0.0.1:80 5"]) == 0
    assert cli.main(["--do", f"restore {path}"]) == 0
    assert fake.text == TABLE


class Knocking(Fake):
    """A director from which another host can be tried, which is `closed` there, or not. Its servers have fewer
    connections at each read, but never fewer than `rest`."""

    closed = False
    rest = 0

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        active = max(self.rest, 8 - 2 * len(self.scopes))
        pools = {
            key: PoolRows(1.0, [row._replace(active=active, inactive=0) for row in pool])
            for key, pool in state.pools.items()
        }
        return state._replace(pools=pools)

    def probes(self) -> Probes:
        return self  # type: ignore[return-value]

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        return (ProbeResult(one, 0.001, "refused" if self.closed else "") for one in knocks)


REPLACED = TABLE.replace("10.0.0.1", "10.0.0.9")


def test_replace_host__the_new_host_gets_all_rules_of_the_old_one_which_is_deleted_when_empty(tmp_path: Path) -> None:
    fake = Knocking(TABLE)
    code, text, _ = told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 1m")
    assert code == 0 and sorted(fake.text.splitlines()) == sorted(REPLACED.splitlines())
    assert text.splitlines()[:6] == [
        "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.9:80 -g -w 3",
        "ipvsadm -a -t 192.0.2.1:443 -r 10.0.0.9:443 -g -w 1",
        "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0",
        "ipvsadm -e -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 0",
        "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:80",
        "ipvsadm -d -t 192.0.2.1:443 -r 10.0.0.1:443",
    ]
    assert text.splitlines()[-1] == "done: replace host 10.0.0.1 by 10.0.0.9 in 2 services"
    with pytest.raises(BadInput, match=r"10\.0\.0\.1 is not a real server of any service"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9")


def test_replace_host__when_the_time_is_over_both_hosts_stay(tmp_path: Path) -> None:
    fake = Knocking(TABLE)
    fake.rest = 3
    with pytest.raises(NotDone, match="after 10 s; both hosts stay, nothing was deleted"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 10s")
    both = {*REPLACED.splitlines(), *TABLE.replace("0.1:80 -g -w 3", "0.1:80 -g -w 0").splitlines()}
    both = {line for line in both if line != "-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 1"}
    assert set(fake.text.splitlines()) == both | {"-a -t 192.0.2.1:443 -r 10.0.0.1:443 -g -w 0"}
    fake.rest = 0  # the same again continues where it was left
    fake.scopes.clear()
    told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 1m")
    assert sorted(fake.text.splitlines()) == sorted(REPLACED.splitlines())


def test_replace_host__a_host_with_a_closed_port_needs_confirmation(tmp_path: Path) -> None:
    fake = Knocking(TABLE)
    fake.closed = True
    with pytest.raises(NotDone, match=r"10\.0\.0\.9:80 refused"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9")
    assert fake.sent == []
    code, text, _ = told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9", dry_run=True)
    assert code == 1 and fake.sent == [] and "-r 10.0.0.9:443" in text
    assert told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 1m", allow_outage=True)[0] == 0


def test_replace_host__a_drained_host_gives_its_weight_from_before_to_the_new_one(tmp_path: Path) -> None:
    fake = Knocking(TABLE)
    told(tmp_path, fake, "drain 10.0.0.2:80")
    told(tmp_path, fake, "replace host 10.0.0.2 10.0.0.9 wait 1m")
    assert fake.text == TABLE.replace("10.0.0.2", "10.0.0.9")


def test_replace_host__a_drained_new_host_is_refused(tmp_path: Path) -> None:
    """Nothing would serve in place of the old one: it is refused before anything is sent, and before anything is
    deleted."""
    there = TABLE + "-a -t 192.0.2.1:80 -r 10.0.0.9:80 -g -w 0\n"
    fake = Knocking(there)
    with pytest.raises(NotDone, match="has weight 0: nothing would serve in place of"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9")
    assert fake.sent == [] and fake.text.count("10.0.0.1:") == TABLE.count("10.0.0.1:")
    fake = Knocking(TABLE)
    fake.rest = 3

    def drained() -> None:
        (key,) = (key for key in fake.rules.rules if key.port == 80)
        new = fake.rules.rules[key].servers[server_key("10.0.0.9", 80)]
        fake.rules = apply(EditServer(key, new._replace(weight=0)), fake.rules)
        fake.rest = 0

    with pytest.raises(NotDone, match="it has weight 0 now; the old host was not deleted"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 60s", Hours(drained))
    assert "10.0.0.1:80 -g -w 0" in fake.text and "10.0.0.1:443" in fake.text


def test_replace_host__stops_if_somebody_gives_the_old_host_a_weight_again(tmp_path: Path) -> None:
    fake = Knocking(TABLE)
    fake.rest = 3

    def back() -> None:
        (key,) = (key for key in fake.rules.rules if key.port == 80)
        old = fake.rules.rules[key].servers[server_key("10.0.0.1", 80)]
        fake.rules = apply(EditServer(key, old._replace(weight=5)), fake.rules)

    with pytest.raises(NotDone, match="someone else gave it a weight again"):
        told(tmp_path, fake, "replace host 10.0.0.1 10.0.0.9 wait 60s", Hours(back))
    assert "10.0.0.1:80 -g -w 5" in fake.text and "10.0.0.9:80 -g -w 3" in fake.text

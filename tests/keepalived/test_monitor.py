"""The sources for VRRP, best first: the best one that answers counts, and a missing one says why."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui.director.errors import NotDone
from lvstui.director.vrrp.instance_status import VrrpReport
from lvstui.director.vrrp.instances import Instance
from lvstui.keepalived import bus as dbus
from lvstui.keepalived import monitor, process
from lvstui.keepalived.bus import Bus, BusReport, ours
from lvstui.keepalived.dump import ask
from lvstui.keepalived.dump.ask import KeepalivedReport as Dumped
from lvstui.keepalived.dump.dump_files import DumpFolders
from lvstui.keepalived.monitor import KeepalivedMonitor
from lvstui.keepalived.process import Parent

KNOWN = Instance("VI_1", "BACKUP", 50.0, "eth0", 51, priority=100, master="192.0.2.2", master_priority=150)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Speaking:
    """A bus on which that was said."""

    service = "org.keepalived.Vrrp1"
    trouble = "the bus went"
    failed = False

    def __init__(self, spoken: BusReport | None) -> None:
        self.spoken = spoken


def teller(told: VrrpReport, spoken: BusReport | None = None) -> KeepalivedMonitor:
    made = KeepalivedMonitor(lambda: None)
    made._report = told
    made._bus = Speaking(spoken)  # type: ignore[assignment]
    return made


def test_the_bus_has_the_latest_states_and_a_dump_the_rest() -> None:
    now = BusReport((Instance("VI_1", "MASTER", 90.0, "eth0", 51), Instance("VI_2", "FAULT", None, "eth1", 52)), 95.0)
    found = teller(VrrpReport((KNOWN,), "dump", 60.0), now)
    one, two = found.report.instances
    assert (found.report.source, found.report.at, found.trouble) == ("D-Bus", 95.0, "")
    # Who was heard as master is not any more, now that this director is.
    assert one == KNOWN._replace(state="MASTER", since=90.0, master="", master_priority=0)
    assert (two.name, two.state, two.interface) == ("VI_2", "FAULT", "eth1")


def test_a_repeated_report_changes_nothing() -> None:
    again = BusReport((Instance("VI_1", "BACKUP", None, "eth0", 51),), 95.0)
    assert teller(VrrpReport((KNOWN,), "dump", 60.0), again).report.instances == (KNOWN,)


def test_without_the_bus_the_next_source_is_used_with_the_reason() -> None:
    found = teller(VrrpReport((KNOWN,), "dump", 60.0))
    assert (found.report.source, found.report.instances, found.trouble) == ("dump", (KNOWN,), "the bus went")


def test_an_old_answer_is_stale_only_after_another_request() -> None:
    found = teller(VrrpReport((KNOWN,), "dump", time.time() - 60))
    for asked, stale in ((False, False), (True, True)):
        found.ask = asked
        assert found.stale is stale
    found._report = found._report._replace(at=time.time())
    assert not found.stale


def test_the_answer_of_another_keepalived_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them, in two network namespaces, write into one folder."""
    found = teller(VrrpReport((KNOWN._replace(state=""),), "configuration"))
    found._receives = {"VI_1": None}
    parent = Parent(1, Path("/etc/keepalived/keepalived.conf"))
    for name, source in (("VI_OTHER", "configuration"), ("VI_1", "dump")):
        answer = Dumped(9.0, (KNOWN._replace(name=name),), ())
        monkeypatch.setattr(ask, "report", lambda pid, answers, wanted, answer=answer: answer)
        found._ask_it(parent)
        assert found.report.source == source
        assert ("data_use_instance" in found.trouble) == (source == "configuration")


def test_keepalived_is_asked_again_after_a_change_as_soon_as_that_is_allowed() -> None:
    found = teller(VrrpReport())
    now = found._asked = time.monotonic()
    found._soonest, found._watched = now + 4.0, ({}, time.time())
    assert found._due_to_ask() == now + monitor._ASK
    found.changed(now - 60)  # what was told is younger
    assert found._due_to_ask() == now + monitor._ASK
    found.changed(time.monotonic() + 1)
    assert found._due_to_ask() == now + 4.0


def test_a_new_keepalived_is_asked_after_the_next_sweep() -> None:
    """Before its first check a server is up for it, put in and taken out again, perhaps between two sweeps."""
    found = teller(VrrpReport())
    found._settled = time.monotonic() + 3.0
    assert found._due_to_ask() == found._settled + monitor._SWEPT


def test_it_is_known_when_no_keepalived_was_found_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changed the table is decided by that, and a search before the change says nothing about it."""
    monkeypatch.setattr(process, "look", lambda: process.KeepalivedProcesses(False))
    found = teller(VrrpReport((KNOWN,)))
    found._bus = None
    found._look()
    changed = time.monotonic()
    assert found.running is False and found.searched_at is not None and found.searched_at < changed
    found.changed(changed)
    found._look()
    after = found.searched_at
    assert after >= changed
    found._look()
    assert found.searched_at == after, "a search without a change is no news"


DUMPS = Path(__file__).parent / "dumps"


def test_changes_by_an_ending_keepalived_are_not_called_by_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However long it takes after it has removed its services."""
    file = tmp_path / "keepalived.conf"
    file.write_text("virtual_server 192.0.2.1 80 {\n real_server 10.0.0.1 80 {\n }\n}\n")
    made = KeepalivedMonitor(lambda: None)
    for told in (False, True):
        monkeypatch.setattr(process, "ends", lambda pid, told=told: told)
        made._keep(Parent(os.getpid(), file))
        keeping = made.keeping
        assert keeping is not None and keeping.misses(())
        assert keeping.explains(keeping.read_at - 60.0, gone=True) is not told


def test_the_report_of_the_checkers_has_the_age_of_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another process of keepalived writes it, at another moment than the rest; an older one is not dated by it."""
    now, signals = time.time(), []
    monkeypatch.setattr(time, "time", lambda: now)  # a busy machine may take seconds for what follows
    for name in ("keepalived.data", "keepalived_check.data"):
        (tmp_path / name).write_text((DUMPS / name).read_text())
    monkeypatch.setattr(ask, "place", lambda pid: DumpFolders((tmp_path,), Path("/")))

    def send(pid: int, name: str) -> str:
        signals.append(name)
        return ""

    monkeypatch.setattr(ask, "send", send)
    monkeypatch.setattr(ask, "_BESIDE", 0.1)
    monkeypatch.setattr(ask, "PATIENCE", 0.5)
    ages = {"keepalived.data": 1.0, "keepalived_check.data": 8.0}
    for name, age in ages.items():
        os.utime(tmp_path / name, (now - age, now - age))
    found = ask.report(1)
    assert [round(now - at) for at in (found.at, found.checked or 0)] == [1, 8] and found.services
    # Younger is wanted, and it was asked a second ago: not again so soon.
    assert "DATA" not in signals and ask.report(1, newer_than=now) is not None and "DATA" not in signals
    os.utime(tmp_path / "keepalived.data", (now - 6, now - 6))
    ask.report(1, newer_than=now - 7)
    assert "DATA" not in signals
    with pytest.raises(NotDone):  # it is asked, and nobody answers here
        ask.report(1, newer_than=now)
    assert "DATA" in signals


def test_instances_stay_known_while_only_the_checkers_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process for VRRP is late, or dead: a role is not made up of the addresses of services then."""
    before = VrrpReport((KNOWN,), "dump", 60.0)
    found = teller(before)
    found._receives = {"VI_1": None}
    monkeypatch.setattr(ask, "report", lambda pid, answers, wanted: Dumped(90.0, (), (), checked=90.0))
    found._ask_it(Parent(1, Path("/etc/keepalived/keepalived.conf")))
    assert (found.report, found._watched[1]) == (before, 90.0)
    assert found.trouble.endswith("reports its checks, but not its VRRP instances")
    found._receives = {}  # one that only checks has none
    found._ask_it(Parent(1, Path("/etc/keepalived/keepalived.conf")))
    assert found.report == VrrpReport((), "dump", 90.0)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dbus_fast", None)
    listening = Bus()
    until(lambda: bool(listening.trouble))
    assert "pip install dbus-fast" in listening.trouble and listening.spoken is None


def test_without_a_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/socket")
    listening = Bus()
    until(lambda: bool(listening.trouble))
    assert listening.trouble == "D-Bus: No such file or directory"
    listening.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/org/keepalived/Vrrp1/Instance/eth1_7/51/IPv4", ("eth1_7", 51, 4)),
        ("/org/keepalived/Vrrp1/blue/one/Instance/none/255/IPv6", ("none", 255, 6)),
        ("/org/keepalived/Vrrp1/Instance/eth0/51", None),
        ("/org/keepalived/Vrrp1/Instance", None),
        ("/org/keepalived/Vrrp1/Vrrp", None),
        ("/", None),
    ],
)
def test_an_instance_is_identified_by_its_path(path: str, parts: tuple[str, int, int] | None) -> None:
    assert dbus._parts(path) == parts


def test_a_process_that_has_ended_is_not_ours() -> None:
    assert ours(os.getpid()) and not ours(2**22 + 1)

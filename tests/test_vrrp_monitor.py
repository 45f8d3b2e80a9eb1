"""Threads beside the read: one that fails says so, is shown as stale with its reason, and is started again. Each gets
an error injected."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lvstui.director import retry
from lvstui.director.errors import Unavailable
from lvstui.director.model import service_key
from lvstui.director.retry import Retry
from lvstui.director.state import Vrrp
from lvstui.director.vrrp.instance_status import InterfaceTable, VrrpReport
from lvstui.director.vrrp.instances import Instance
from lvstui.keepalived import bus as dbus
from lvstui.keepalived import monitor, process
from lvstui.keepalived.dump import ask
from lvstui.kernel import hearing, interfaces
from lvstui.kernel.interfaces import Address, Interfaces, NetworkLink
from lvstui.views.head import ScreenStatus, head
from lvstui.views.vrrp import told_by
from lvstui.vrrp_monitor import VrrpMonitor, _Scene
from tests.views.test_words import full

NO_BUFFER = OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
ETH1 = Interfaces(
    {"eth1": NetworkLink("eth1", True, False, "")}, frozenset({Address(bytes((192, 0, 2, 1)), 24, "eth1")})
)


class Pipe:
    """Something with a file descriptor that becomes readable when it is told to."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._event

    def ring(self) -> None:
        os.eventfd_write(self._event, 1)

    def close(self) -> None:
        os.close(self._event)


class Fails:
    """Raises while it is told to; counts how often it was started."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.started = 0
        self.live: list[Pipe] = []

    def check(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Fails:
    fails = Fails()

    class Watch(Pipe):
        def __init__(self) -> None:
            fails.started += 1
            super().__init__()
            fails.live.append(self)

        def interfaces(self) -> Interfaces:
            fails.check()
            return ETH1

        def close(self) -> None:
            fails.live.remove(self)
            super().close()

    monkeypatch.setattr(interfaces, "Watch", Watch)
    return fails


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Fails:
    fails = Fails()

    class Hearing(Pipe):
        def __init__(self) -> None:
            fails.started += 1
            fails.check()
            super().__init__()
            fails.live.append(self)

        def adverts(self) -> Iterator[Any]:
            fails.check()
            return iter(())

        def close(self) -> None:
            fails.live.remove(self)
            super().close()

    monkeypatch.setattr(hearing, "AdvertSocket", Hearing)
    return fails


@pytest.fixture
def failover(watch: Fails, ears: Fails, monkeypatch: pytest.MonkeyPatch) -> Iterator[VrrpMonitor]:
    """With interfaces and ears that can be made to fail, and without a keepalived."""
    monkeypatch.setattr(retry, "FIRST", 0.05)
    monkeypatch.setattr(process, "look", lambda: process.KeepalivedProcesses(False))
    made = VrrpMonitor()
    yield made
    made.close()


def until(holds: Callable[[], bool], story: Callable[[], object] = str) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, story()
        time.sleep(0.01)


def shows(failover: VrrpMonitor, words: str) -> Vrrp:
    """Waits until it is stale for this reason, and until that is over once the cause is gone."""
    until(lambda: failover.read(()).stale and words in failover.read(()).trouble, lambda: failover.read(()))
    return failover.read(())


def well(failover: VrrpMonitor) -> None:
    until(lambda: not failover.read(()).stale and not failover.read(()).trouble, lambda: failover.read(()))


def hears(failover: VrrpMonitor) -> bool:
    return failover._ears is not None


@pytest.mark.parametrize("error", [NO_BUFFER, KeyError("IFLA_IFNAME")], ids=["enobufs", "defect"])
def test_unreadable_interfaces_are_reported(failover: VrrpMonitor, watch: Fails, error: Exception) -> None:
    until(lambda: failover.read(()).keepalived is False)
    well(failover)
    watch.error = error
    reason = "No buffer space available" if error is NO_BUFFER else "KeyError: 'IFLA_IFNAME'"
    found = shows(failover, f"interfaces are not read: {reason}")
    # What was known before stays on the screen, and is said to be old.
    assert found.keepalived is False
    assert told_by(found, 0.0).startswith(f"stale (interfaces are not read: {reason})")
    line, _ = head(full()._replace(vrrp=found), ScreenStatus(), 200)
    assert any("VRRP STALE" in piece.text and piece.role == "stale" for piece in line)
    until(lambda: watch.started > 3)  # started again, and again
    watch.error = None
    well(failover)
    assert len(watch.live) == 1  # what failed was closed


def test_interfaces_unreadable_from_the_start_are_reported(failover: VrrpMonitor, watch: Fails) -> None:
    watch.error = NO_BUFFER
    shows(failover, "interfaces are not read: No buffer space available")
    watch.error = None
    well(failover)


def test_adverts_that_cannot_be_received_are_reported(failover: VrrpMonitor, watch: Fails, ears: Fails) -> None:
    """The interfaces are read meanwhile; what was heard is not known any more."""
    until(lambda: failover.read(()).keepalived is False and bool(ears.live))
    well(failover)
    assert hears(failover)
    ears.error = NO_BUFFER
    ears.live[0].ring()
    shows(failover, "adverts are not heard: No buffer space available")
    assert not hears(failover)
    until(lambda: ears.started > 2)
    ears.error = None
    well(failover)
    assert hears(failover) and len(ears.live) == 1 and watch.started == 1


def test_a_missing_privilege_to_receive_adverts_is_not_a_failure(failover: VrrpMonitor, ears: Fails) -> None:
    ears.error = Unavailable("VRRP adverts", "hearing them needs CAP_NET_RAW")
    until(lambda: failover.read(()).keepalived is False)
    well(failover)
    assert ears.started == 1


def test_a_keepalived_that_cannot_be_inspected_is_reported(
    failover: VrrpMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: failover.read(()).keepalived is False)
    looks = 0

    def look() -> process.KeepalivedProcesses:
        nonlocal looks
        looks += 1
        raise ValueError("a process of another shape")

    monkeypatch.setattr(process, "look", look)
    monkeypatch.setattr(monitor, "_AGAIN", 300.0)
    began = time.monotonic()
    failover.again()
    assert time.monotonic() - began < monitor._AGAIN  # whoever waits for a look that fails is let go
    shows(failover, "keepalived cannot be inspected: ValueError: a process of another shape")
    until(lambda: looks > 3)
    monkeypatch.setattr(process, "look", lambda: process.KeepalivedProcesses(False))
    well(failover)


def test_a_dump_of_another_shape_is_reported(
    failover: VrrpMonitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What else is known of keepalived is told all the same."""
    config = tmp_path / "keepalived.conf"
    config.write_text(
        "vrrp_instance VI_1 {\n interface eth1\n virtual_router_id 51\n virtual_ipaddress { 192.0.2.1 }\n}\n"
    )
    parent = process.Parent(os.getpid(), config)
    monkeypatch.setattr(process, "look", lambda: process.KeepalivedProcesses(True, parent))
    monkeypatch.setattr(monitor, "_ASK", 0.1)
    monkeypatch.setattr(monitor, "_LOOK", 0.1)

    def told(pid: int, answers: object, wanted: float) -> ask.KeepalivedReport:
        raise IndexError("list index out of range")

    monkeypatch.setattr(ask, "report", told)

    def unread() -> bool:
        found = failover.read((), ask=True)  # one look: while it is asked again, nothing is amiss for an instant
        return found.stale and "keepalived's answer is not read: IndexError: list index out of range" in found.trouble

    until(unread, lambda: failover.read((), ask=True))
    until(lambda: [one.instance.name for one in failover.read((), ask=True).instances] == ["VI_1"])
    assert failover.read((), ask=True).source == "configuration"
    until(lambda: not failover.read((), ask=False).stale)  # who does not ask misses nothing
    monkeypatch.setattr(ask, "report", lambda pid, answers, wanted: ask.KeepalivedReport(time.time(), (), ()))
    until(lambda: not failover.read((), ask=True).stale)


def test_a_broken_bus_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dbus_fast")
    monkeypatch.setattr(retry, "FIRST", 0.05)
    monkeypatch.setattr(dbus, "_RETRY", 0.05)
    tries = 0
    error: Exception = KeyError("body")

    async def attend(self: dbus.Bus) -> None:
        nonlocal tries
        tries += 1
        raise error

    monkeypatch.setattr(dbus.Bus, "_attend", attend)
    listening = dbus.Bus()
    try:
        until(lambda: tries > 2)
        assert listening.failed and listening.trouble == "lvstui does not listen on D-Bus: KeyError: 'body'"
        made = monitor.KeepalivedMonitor(lambda: None)
        made._bus = listening
        assert made.stale and "lvstui does not listen on D-Bus" in made.trouble
        error = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")  # a bus that is not there is no defect
        until(
            lambda: not listening.failed and listening.trouble == "D-Bus: Connection refused", lambda: listening.trouble
        )
        assert not made.stale
    finally:
        listening.close()


def test_a_signal_that_is_not_understood_leads_to_a_query() -> None:
    pytest.importorskip("dbus_fast")

    kind = SimpleNamespace(name="SIGNAL")
    odd = SimpleNamespace(message_type=kind, path="/x", sender=":1.7", member="VrrpStatusChange", body=())

    class Listening(dbus.Bus):
        def _run(self) -> None:
            pass

    listening = Listening()
    listening._owner = ":1.7"
    listening._objects = {"/x": Instance("VI_1", "MASTER")}
    listening.spoken = dbus.BusReport((), 1.0)
    listening._heard(odd)
    assert listening._stale.is_set() and "a signal was not understood: IndexError" in listening.trouble


def test_a_retry_waits_longer_each_time() -> None:
    after, waits = Retry(), []
    for _ in range(8):
        after = after.failed("it", ValueError("x"), 100.0)
        waits.append(after.due - 100.0)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30] and after.why == "it: ValueError: x"


@pytest.mark.parametrize(("unread", "role"), [("lvstui has not looked for keepalived yet", ""), ("", "BACKUP")])
def test_no_role_follows_from_services_before_the_instances_are_known(unread: str, role: str) -> None:
    """keepalived may be master of another address than those of the services."""
    failover = VrrpMonitor()
    failover._thread = threading.current_thread()  # nobody looks: what is known is given
    failover._scene = _Scene(VrrpReport(), True, ETH1, InterfaceTable({}, {}), {}, unread, None)
    found = failover.read((service_key(6, "192.0.2.77", 80),))
    assert (found.role, found.unread) == (role, unread)


def test_keepalived_is_not_known_while_the_interfaces_are_read_slowly(
    ears: Fails, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told was taken before the read, so it does not have what the look found meanwhile."""
    looking, reading = threading.Event(), threading.Event()
    made: list[VrrpMonitor] = []

    class Watch(Pipe):
        def interfaces(self) -> Interfaces:
            looking.set()
            until(lambda: not made[0]._teller.unread)
            reading.wait(120)
            return ETH1

    def look() -> process.KeepalivedProcesses:
        looking.wait(120)
        return process.KeepalivedProcesses(False)

    monkeypatch.setattr(interfaces, "Watch", Watch)
    monkeypatch.setattr(process, "look", look)
    seen: list[tuple[str, bool | None]] = []

    def news() -> None:
        told = made[0].read(())
        seen.append((told.unread, told.keepalived))

    made.append(VrrpMonitor(news))
    try:
        made[0].read(())
        reading.set()
        until(lambda: ("", False) in seen, lambda: seen)
        assert ("", None) not in seen
    finally:
        made[0].close()

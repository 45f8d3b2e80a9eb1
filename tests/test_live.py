"""The Source of this machine against every failure of IPVS: the next read starts again and succeeds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lvstui import live
from lvstui.director.errors import LvsError, Stale, Unavailable
from lvstui.director.model import SyncDaemon, Timeouts
from lvstui.director.source import Scope
from lvstui.kernel import proc

FAULTS = {
    "gone": Unavailable("IPVS", proc.MISSING, "modprobe ip_vs"),
    "denied": Unavailable("IPVS", "no permission", "run as root"),
    "late": Stale("IPVS", "the kernel did not answer: no answer within 1 s", "it is tried again"),
    "lost": Stale("IPVS", "the kernel did not answer: No buffer space available", "it is tried again"),
}


class Kernel:
    """Stands for every Ipvs that is opened; `faults` are raised one after the other, at whatever is asked next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.faults: list[LvsError] = []
        self.at = "services"
        self.loaded = True
        self.opened: list[Ipvs] = []
        monkeypatch.setattr(proc, "present", lambda: self.loaded)
        monkeypatch.setattr(live, "Ipvs", lambda deadline=1.0: Ipvs(self))

    def ipvs(self) -> Any:
        return Ipvs(self)

    @property
    def open(self) -> int:
        return sum(not one.closed for one in self.opened)


class Ipvs:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.closed = False
        self.sweeps = 0
        kernel.opened.append(self)

    def _asked(self, what: str) -> None:
        assert not self.closed
        if self.kernel.at == what and self.kernel.faults:
            raise self.kernel.faults.pop(0)

    def services(self, before: object) -> Any:
        self._asked("services")
        return SimpleNamespace(keys=(), index={})

    def sweep(self, services: object, counted: bool) -> Any:
        self._asked("sweep")
        self.sweeps += 1
        return SimpleNamespace(at=1.0, load=None, counted=counted)

    def pools(self, keys: object) -> dict[Any, Any]:
        self._asked("pools")
        return {}

    def timeouts(self) -> Timeouts:
        self._asked("timeouts")
        return Timeouts(900, 120, 300)

    def daemons(self) -> tuple[SyncDaemon, ...]:
        self._asked("daemons")
        return ()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


@pytest.mark.parametrize("at", ["services", "sweep", "timeouts", "daemons"])
@pytest.mark.parametrize("fault", FAULTS)
def test_after_every_fault_the_next_read_succeeds(kernel: Kernel, fault: str, at: str) -> None:
    kernel.at = at
    source = live.LiveSource(kernel.ipvs())
    scope = Scope(sweep=True, settings=True)
    assert source.read(scope).swept == 1.0
    kernel.faults = [FAULTS[fault]] * 2
    with pytest.raises(Unavailable, match=FAULTS[fault].why):
        source.read(scope)
    kernel.faults = []
    assert source.read(scope).swept == 1.0
    assert kernel.open == 1, "the old sockets are closed"
    source.close()
    assert kernel.open == 0


def test_a_module_reloaded_between_two_reads_goes_unnoticed(kernel: Kernel) -> None:
    source = live.LiveSource(kernel.ipvs())
    source.read(Scope(sweep=True))
    kernel.faults = [FAULTS["gone"]]
    state = source.read(Scope())
    assert state.swept == 1.0, "what was swept over the old sockets is swept again, though nobody asked"
    assert len(kernel.opened) == 2 and kernel.open == 1


def test_reading_does_not_load_a_missing_module(kernel: Kernel) -> None:
    source = live.LiveSource(kernel.ipvs())
    kernel.faults, kernel.loaded = [FAULTS["gone"]], False
    for _ in range(3):
        with pytest.raises(Unavailable, match="no ip_vs loaded"):
            source.read(Scope())
    assert len(kernel.opened) == 1 and kernel.open == 0
    kernel.loaded = True
    assert source.read(Scope()).swept == 1.0

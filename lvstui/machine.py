"""The machine around a table: who else writes the table, keepalived's configuration, and the VRRP state."""

from __future__ import annotations

import os
import time
from _collections_abc import Callable, Mapping, Sequence

from lvstui.director.errors import NotDone
from lvstui.director.model import ServiceKey
from lvstui.director.source import Scope
from lvstui.director.state import Pool, Vrrp
from lvstui.kernel import proc
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
    from lvstui.director.facts import Facts
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.director.probe import Probes
    from lvstui.director.vrrp.passwords import Comparisons, PasswordQuestion
    from lvstui.keepalived.process import KeepalivedProcesses
    from lvstui.kernel.host_facts import HostFacts
    from lvstui.vrrp_monitor import VrrpMonitor

_MODULES_PACE = 30.0
"""Seconds after which the kernel's modules are searched again."""
_LOOKS = 5.0
"""Seconds between two searches through the processes, which take milliseconds on a large machine."""


class Machine:
    """The machine around the table: its name and its VRRP state."""

    def __init__(self) -> None:
        machine = os.uname()
        self.name = machine.nodename
        self.kernel = machine.release
        self.news: Callable[[], None] = lambda: None
        self._vrrp_monitor: VrrpMonitor | None = None
        self._keepers: KeepalivedProcesses | None = None
        self._looked = 0.0
        self._judged: tuple[object, tuple[str, ...]] = (None, ())
        self._modules = proc.Schedulers()
        self._schedulers: tuple[str, ...] | None = None
        self._searched = 0.0
        self._facts: HostFacts | None = None
        self._comparisons: Comparisons | None = None

    def facts(
        self, scope: Scope, keys: Sequence[ServiceKey], pools: Mapping[ServiceKey, Pool], vrrp: Vrrp
    ) -> Facts | None:
        """The facts of this machine, at most a few seconds old; None where the scope does not ask for them."""
        if not scope.facts:
            return None
        if self._facts is None:
            from lvstui.kernel.host_facts import HostFacts

            self._facts = HostFacts()
        devices = {status.instance.interface for status in vrrp.instances if status.instance.family == 4}
        return self._facts.facts(keys, pools, scope.examine, devices - {""})

    def keepers(self) -> KeepalivedProcesses:
        """Who else writes the table, at most a few seconds old."""
        if self._vrrp_monitor is not None and (processes := self._vrrp_monitor.processes) is not None:
            return processes  # another thread searches, so this read need not wait
        if self._keepers is None or time.monotonic() - self._looked >= _LOOKS:
            from lvstui.keepalived.process import look

            self._keepers, self._looked = look(), time.monotonic()
        return self._keepers

    def keeping(self) -> KeepalivedState | None:
        """keepalived's configuration and check results, where it programs the table and VRRP was asked for."""
        if self._vrrp_monitor is None or self.keepers().owner != "keepalived":
            return None
        return self._vrrp_monitor.keeping

    def notes(self) -> tuple[str, ...]:
        """Notes for the operator: several keepaliveds program the table; an ordinary user can write a file that
        keepalived reads; a process only has the name of a known program."""
        from lvstui.keepalived.exposed import exposed, ignored, together

        processes = self.keepers()
        keeping = self._vrrp_monitor.keeping if self._vrrp_monitor is not None else None
        if self._judged[0] is not processes:
            self._judged = (
                processes,
                (*together(processes), *exposed(processes.parent, keeping), *ignored(processes.strangers)),
            )
        return self._judged[1]

    def order(self, order: KeepalivedOrder) -> OrderAnswer:
        """Sends an order to the keepalived of this network namespace, and inspects it again. Raises NotDone."""
        from lvstui.director.daemon import KeepalivedOrder
        from lvstui.keepalived import control, process

        processes = process.look()
        if processes.parent is None:
            why, mend = {
                False: ("none runs in this network namespace", ""),
                None: ("one may run that is hidden from here", "run as root on the machine itself, not in a container"),
                True: ("its parent process is in another network namespace", "go there: --netns"),
            }[processes.running]
            raise NotDone("keepalived", why, mend)
        _one_of_several(processes, order)
        was = self._vrrp_monitor.mastered() if self._vrrp_monitor is not None else None
        answer = control.order(processes.parent, order)
        if self._vrrp_monitor is None:
            return answer
        if order is KeepalivedOrder.STOP and was is not None:
            answer = answer._replace(successors=self._vrrp_monitor.successors(was))
        self._vrrp_monitor.again()
        return answer

    def probes(self) -> Probes:
        """Probes from this network namespace."""
        from lvstui.probing import Probing

        return Probing()

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        """Elements and proofs of the passwords that were read in keepalived's configuration."""
        if self._comparisons is None:
            from lvstui.director.vrrp.passwords import Comparisons

            self._comparisons = Comparisons()
        return [self._comparisons.answer(question) for question in questions]

    def presence(self, scope: Scope) -> Vrrp:
        """What is known of VRRP where the scope did not ask for it."""
        return Vrrp(keepalived=self.keepers().running) if scope.owner else Vrrp()

    def forget(self) -> None:
        """Forgets the modules, because IPVS was opened again and others may be loaded now."""
        self._schedulers = None

    def schedulers(self) -> tuple[str, ...]:
        """The schedulers of this kernel, at most half a minute old: modules rarely change."""
        now = time.monotonic()
        if self._schedulers is None or now - self._searched >= _MODULES_PACE:
            self._schedulers, self._searched = self._modules.read(), now
        return self._schedulers

    def vrrp(self, keys: Sequence[ServiceKey], ask: bool) -> Vrrp:
        """The VRRP state as far as it is known. The first call returns nothing, because loading the libraries would
        hold up the table."""
        if self._vrrp_monitor is None:
            from lvstui.vrrp_monitor import VrrpMonitor

            self._vrrp_monitor = VrrpMonitor(lambda: self.news())
        return self._vrrp_monitor.read(keys, ask)

    def changed(self, at: float) -> None:
        """Reports that the table has changed. `at`: when it was read, monotonic seconds."""
        if self._vrrp_monitor is not None:
            self._vrrp_monitor.changed(at)

    def close(self) -> None:
        if self._vrrp_monitor is not None:
            self._vrrp_monitor.close()


def _one_of_several(processes: KeepalivedProcesses, order: KeepalivedOrder) -> None:
    """Raises NotDone where several keepaliveds run here and it is not clear which one to use: several program the
    table, or one is to be stopped and another may hold its addresses."""
    from lvstui.director.daemon import KeepalivedOrder

    stops = order is KeepalivedOrder.STOP and bool(processes.others)
    if processes.parent is None or not (processes.rivals or stops):
        return
    from lvstui.keepalived.exposed import named

    both = named(processes.parent, *(processes.others if stops else processes.rivals))
    tell = {KeepalivedOrder.STOP: "kill -TERM PID", KeepalivedOrder.RELOAD: "kill -HUP PID"}.get(
        order, "kill -TERM PID"
    )
    why = f"several run in this network namespace: {both}; it is not known which one to use"
    raise NotDone("keepalived", why, f"stop the one that should not run, or signal one yourself: {tell}")

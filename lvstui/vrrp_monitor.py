"""VRRP state of this director as one value: keepalived's report, the addresses on the interfaces, and the adverts
heard.

One thread watches interfaces and adverts, so that reading the table never waits for them. Another thread queries
keepalived (keepalived/monitor.py), so that an address that moves meanwhile is noticed at once.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from lvstui import log
from lvstui.director.errors import Unavailable
from lvstui.director.model import ServiceKey, address_text
from lvstui.director.retry import Retry
from lvstui.director.state import Vrrp
from lvstui.director.vrrp.adverts import heard, masters
from lvstui.director.vrrp.instance_status import (
    HeardAdverts,
    InstanceStatus,
    InterfaceTable,
    LinkStatus,
    VrrpEvidence,
    VrrpReport,
    instance_statuses,
    link_status,
    role,
)
from lvstui.director.vrrp.instances import virtual_addresses
from lvstui.director.vrrp.role import role as role_by_addresses
from lvstui.keepalived.monitor import KeepalivedMonitor
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.keepalived.process import KeepalivedProcesses
    from lvstui.kernel.hearing import AdvertSocket
    from lvstui.kernel.interfaces import Interfaces, Watch


class _Scene(NamedTuple):
    """A consistent snapshot of everything known at one moment."""

    report: VrrpReport
    running: bool | None
    interfaces: Interfaces
    wire: InterfaceTable
    seen: Mapping[str, LinkStatus]
    unread: str
    searched_at: float | None


class VrrpMonitor:
    """Watches VRRP from its first read on. It calls `news`, in another thread, when something changed that should be
    read now."""

    def __init__(self, news: Callable[[], None] = lambda: None) -> None:
        self._news = news
        self._teller = KeepalivedMonitor(self._report_changed)
        self._thread: threading.Thread | None = None
        self._waker = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._closed = False
        self._scene: _Scene | None = None
        self._ears: HeardAdverts | None = None
        self._clock = 0.0
        self._said: object = None
        self._hearing: AdvertSocket | None = None
        self._blind = Retry()
        self._deaf = Retry()
        self._virtual: tuple[object, tuple[bytes, ...]] = (None, ())

    @property
    def keeping(self) -> KeepalivedState | None:
        """keepalived's configuration and check results, as far as they are known."""
        return self._teller.keeping

    @property
    def processes(self) -> KeepalivedProcesses | None:
        """Who programs the table, as of the last search through the processes; None before the first."""
        return self._teller.processes

    @property
    def trouble(self) -> str:
        """Why no better source is available, and what has failed and is being restarted."""
        return "; ".join(word for word in (self._blind.why, self._deaf.why, self._teller.trouble) if word)

    @property
    def stale(self) -> bool:
        """Whether a source has failed, so that the known state may be old."""
        return bool(self._blind.why or self._deaf.why) or self._teller.stale

    def read(self, keys: Sequence[ServiceKey], ask: bool = False) -> Vrrp:
        """The VRRP state as far as it is known now. `ask`: query keepalived too, at long intervals. Never blocks."""
        self._teller.asks(ask)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="interfaces and adverts", daemon=True)
            self._thread.start()
            self._teller.start()
        scene = self._scene
        if scene is None:
            unread = "" if self._blind.why else "the network interfaces have not been read yet"
            return Vrrp(trouble=self.trouble, stale=self.stale, unread=unread)
        if self._virtual[0] is not keys:
            self._virtual = (keys, virtual_addresses(keys))
        plain = role_by_addresses(self._virtual[1], scene.interfaces.held, scene.running)
        statuses = self._standings(scene)
        if not statuses:
            if scene.unread and plain.role == "BACKUP":
                plain = plain._replace(role="")  # its instances may have addresses other than those of services
            return plain._replace(
                trouble=self.trouble, stale=self.stale, unread=scene.unread, searched_at=scene.searched_at
            )
        held = tuple(
            address_text(address.address)
            for item in statuses
            for address, there in zip(item.instance.carried, item.present, strict=True)
            if there
        )
        return Vrrp(
            role(statuses) or plain.role,
            held or plain.held or (),
            scene.running,
            statuses,
            scene.report.source,
            scene.report.at,
            self.trouble,
            self.stale,
            scene.unread,
            scene.searched_at,
        )

    def again(self) -> None:
        """Inspects keepalived and its configuration again now. Returns when that is done, or takes too long."""
        if self._thread is not None:
            self._teller.again()

    def changed(self, at: float) -> None:
        """Reports that the table has changed, whoever did it. `at`: when it was read, monotonic seconds."""
        self._teller.changed(at)

    def mastered(self) -> VrrpReport:
        """The instances that this director is master of, as reported."""
        if (scene := self._scene) is None:
            return VrrpReport()
        instances = [
            standing.instance for standing in self._standings(scene) if standing.state in ("MASTER", "PARTIAL")
        ]
        return scene.report._replace(instances=tuple(instances))

    def successors(self, report: VrrpReport) -> tuple[tuple[str, str], ...]:
        """The director heard as master of each of these instances after this one has resigned. A backup that hears the
        resignation takes over within a fraction of its advert interval."""
        until = time.monotonic() + max((4 * instance.advert for instance in report.instances), default=0) + 1
        while (scene := self._scene) is not None:
            ours = {address.address for address in scene.interfaces.addresses}
            successors = tuple(
                (standing.instance.name, f"{address_text(advert.source)} (priority {advert.priority})")
                for standing in self._standings(scene._replace(report=report))
                for advert in standing.masters or ()
                if advert.source not in ours
            )
            if len(successors) >= len(report.instances) or self._ears is None or time.monotonic() > until:
                return successors
            time.sleep(0.1)
        return ()

    def _standings(self, scene: _Scene) -> tuple[InstanceStatus, ...]:
        ours = {address.address for address in scene.interfaces.addresses}
        # Silence counts from the last time this thread listened.
        clock = self._clock if self._ears is not None else time.monotonic()
        known = VrrpEvidence(scene.report, scene.wire, self._ears, ours, scene.running, time.time(), clock)
        return instance_statuses(known, scene.seen)

    def _run(self) -> None:
        """The thread: runs until it is closed. A failure is reported, and the work is started again."""
        while not self._closed:
            try:
                self._attend()
            except Exception as error:
                log.failure("interfaces are not read")
                self._blind = self._blind.failed("interfaces are not read", error, time.monotonic())
                self._news()
                self._rest(self._blind.wait)
        self._stop_hearing()

    def _attend(self) -> None:
        """Watches and listens until it is closed. Raises any exception of the sources."""
        from lvstui.kernel.interfaces import Watch

        watch = Watch()
        try:
            while not self._closed:
                self._start_hearing()
                # The report comes first: interfaces that were read before it would lack what it tells of. And before
                # that, which searches are done: else an answer from before a search would be taken for its result.
                unread, searched_at = self._teller.unread, self._teller.searched_at
                report, running = self._teller.report, self._teller.running
                self._see(watch.interfaces(), report, running, unread, searched_at)
                if self._blind.why:
                    self._blind = Retry()
                    self._news()
                self._listen(watch)
        finally:
            watch.close()

    def _start_hearing(self) -> None:
        """Starts listening for adverts, where that is allowed and did not fail a moment ago."""
        from lvstui.kernel.hearing import AdvertSocket

        if self._hearing is not None or time.monotonic() < self._deaf.due:
            return
        try:
            self._hearing = AdvertSocket()
        except Unavailable:  # without the privilege, which is not an error
            self._deaf = Retry(due=float("inf"))
            return
        except Exception as error:
            log.failure("adverts are not heard")
            self._cannot_hear(error)
            return
        self._clock = time.monotonic()
        self._ears = HeardAdverts({}, self._clock)

    def _stop_hearing(self) -> None:
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.close()

    def _cannot_hear(self, error: Exception) -> None:
        """Stops listening: what was heard before is no longer known to be true."""
        self._stop_hearing()
        self._ears = None
        self._deaf = self._deaf.failed("adverts are not heard", error, time.monotonic())
        self._news()

    def _rest(self, seconds: float) -> None:
        """Waits this many seconds, or until it is closed."""
        until = time.monotonic() + seconds
        while not self._closed and (left := until - time.monotonic()) > 0:
            if select.select([self._waker], [], [], left)[0]:
                os.eventfd_read(self._waker)

    def _see(
        self,
        interfaces: Interfaces,
        report: VrrpReport,
        running: bool | None,
        unread: str,
        searched_at: float | None,
    ) -> None:
        """Updates the state, and reports news where an instance differs from the last report."""
        before = self._scene
        if before is None or interfaces != before.interfaces:
            wire = _wire(interfaces)
            self._teller.stir()
        else:
            wire = before.wire
        now, clock = time.time(), time.monotonic()
        known = before.seen if before is not None else {}
        seen = {
            instance.name: link_status(instance, wire, known.get(instance.name), clock, now)
            for instance in report.instances
        }
        scene = self._scene = _Scene(report, running, interfaces, wire, seen, unread, searched_at)
        standing = [
            (status.state, status.present, status.findings, status.masters) for status in self._standings(scene)
        ]
        said = (running, interfaces.held, standing, unread, searched_at)
        if said != self._said:
            self._said = said
            self._news()

    def _listen(self, watch: Watch) -> None:
        """Listens until something changes, another master is heard, or a second has passed."""
        until = time.monotonic() + 1.0
        while not self._closed and (left := until - time.monotonic()) > 0:
            hearing = self._hearing
            files = [watch.fileno(), self._waker, *([hearing.fileno()] if hearing is not None else [])]
            ready, _, _ = select.select(files, [], [], left)
            if self._waker in ready:
                os.eventfd_read(self._waker)
            other = hearing is not None and self._hear(hearing)
            if other or watch.fileno() in ready or self._waker in ready:
                return

    def _hear(self, hearing: AdvertSocket) -> bool:
        """Handles the adverts heard. Returns whether they are news: another master, or nothing can be heard."""
        ears = self._ears or HeardAdverts({}, time.monotonic())
        before = after = ears.heard
        clock, routers = time.monotonic(), set()
        try:
            for router, advert, _ in hearing.adverts():
                after = heard(after, router, advert, clock)
                routers.add(router)
        except Exception as error:
            log.failure("adverts are not heard")
            self._cannot_hear(error)
            return True
        self._ears, self._clock = HeardAdverts(after, ears.since), clock
        if self._deaf.why:
            self._deaf = Retry()
            self._news()
        return any(
            {advert.source for advert in masters(before.get(router, {}), clock)}
            != {advert.source for advert in masters(after[router], clock)}
            for router in routers
        )

    def _report_changed(self) -> None:
        """Called in the thread that queries keepalived when it has something new."""
        self._wake()
        self._news()

    def _wake(self) -> None:
        with suppress(OSError):
            os.eventfd_write(self._waker, 1)

    def close(self) -> None:
        self._closed = True
        self._teller.close()
        self._wake()


def _wire(interfaces: Interfaces) -> InterfaceTable:
    on: dict[str, set[bytes]] = {}
    for address in interfaces.addresses:
        on.setdefault(address.device, set()).add(address.address)
    above: dict[str, tuple[str, ...]] = {}
    for name, link in interfaces.links.items():
        if link.below:
            above[link.below] = (*above.get(link.below, ()), name)
    return InterfaceTable(
        {device: frozenset(addresses) for device, addresses in on.items()},
        {name: link.up for name, link in interfaces.links.items()},
        above,
        interfaces.gone,
    )

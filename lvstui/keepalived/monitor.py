"""keepalived's report about itself, queried in its own thread, because an answer can take seconds.

The sources for the instances, best first: keepalived on D-Bus, where it is available; its dumps, when they are wanted
(keepalived writes files to answer); its configuration, which has no states.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from lvstui import log
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import ServiceKey
from lvstui.director.retry import Retry, reason
from lvstui.director.vrrp.instance_status import DBUS, VrrpReport
from lvstui.director.vrrp.instances import joined
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.checks.check_report import CheckedService
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.director.vrrp.instances import Receiving
    from lvstui.keepalived.bus import Bus
    from lvstui.keepalived.conf.globals import ReportFiles
    from lvstui.keepalived.loaded import ReadConfiguration
    from lvstui.keepalived.process import Ending, KeepalivedProcesses, Parent

_LOOK = 5.0
"""Seconds between two searches through the processes, which take milliseconds on a large machine."""
_ASK = 10.2
"""Seconds between two queries of keepalived; a file less than ten seconds old would be read again."""
_LATER = 0.2
"""Seconds added to the earliest next query, so that its last answer does not count as recent enough."""
_STALE = 30.0
"""Seconds after which an answer is stale, when keepalived is asked."""
_AGAIN = 3.0
"""Seconds to wait for a requested read."""
_SETTLES = 0.2
"""The least number of seconds between two reads."""
_SWEPT = 2.0
"""Seconds within which the table is swept again."""
_HUSHED = "keepalived reports its checks, but not its VRRP instances"
_OTHERS = "another keepalived answers into the same files: data_use_instance gives each its own"


class KeepalivedMonitor:
    """`processes`: the result of the last search through the processes, None before the first. `running`: whether
    keepalived runs, None when that is not known; `keeping`: its configuration and check results. `searched_at`: when
    the last search for it began, of the first one and those after a change of the table, that found none; in monotonic
    seconds, None before. `news` is called, in another thread, when the report changes. `ask`: whether keepalived itself
    is queried, at intervals."""

    def __init__(self, news: Callable[[], None]) -> None:
        self.processes: KeepalivedProcesses | None = None
        self.running: bool | None = None
        self.keeping: KeepalivedState | None = None
        self.searched_at: float | None = None
        self.ask = False
        self._news = news
        self._waker = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._closed = self._stirred = self._again = self._inquired = self._changed = False
        self._done = threading.Event()
        self._report = VrrpReport()
        self._trouble = ""
        self._failure = Retry()
        self._unasked = self._mute = ""
        self._bus: Bus | None = None
        self._answers: ReportFiles | None = None
        self._receives: Mapping[str, Receiving | None] = {}
        self._unequal = False
        self._version: tuple[int, ...] = ()
        self._together: set[int] = set()  # keepaliveds that were seen to program the table beside each other
        self._parent: Ending | None = None
        self._looked = self._asked = -_ASK
        self._soonest = 0.0  # when it may be asked again, monotonic seconds
        self._moved = 0.0  # when the table, or what it has loaded, was last seen to be another, seconds of the epoch
        self._read: tuple[ReadConfiguration, ReadConfiguration] | None = None
        self._settled = 0.0  # when what keepalived has loaded is programmed, monotonic seconds
        self._ended = 0.0  # when one that took its services out of the table has ended
        self._watched: tuple[Mapping[ServiceKey, CheckedService], float | None] = ({}, None)

    @property
    def report(self) -> VrrpReport:
        """The instances as reported by the best source."""
        bus, report = self._bus, self._wanting()
        spoken = bus.spoken if bus is not None else None
        return report if spoken is None else VrrpReport(joined(report.instances, spoken.instances), DBUS, spoken.at)

    def _wanting(self) -> VrrpReport:
        """The report of a dump, completed from the configuration: which adverts an instance accepts."""
        report, receives = self._report, self._receives
        return report._replace(
            instances=tuple(
                instance if instance.receives is not None else instance._replace(receives=receives.get(instance.name))
                for instance in report.instances
            )
        )

    @property
    def trouble(self) -> str:
        """Why there is no better source, and what has failed and is being restarted."""
        bus = self._bus
        unheard = bus.trouble if bus is not None and bus.spoken is None else ""
        unasked = self._unasked if self.ask else ""
        return "; ".join(word for word in (self._failure.why, unheard, unasked, self._trouble) if word)

    @property
    def unread(self) -> str:
        """What has not been read so far, in words; "" when everything has, or has failed and is in `trouble`."""
        if not self._inquired:
            return "" if self._failure.why else "lvstui has not looked for keepalived yet"
        bus = self._bus
        waits = bus is not None and bus.spoken is None and not bus.trouble
        return "keepalived has not answered on D-Bus yet" if waits else ""

    @property
    def stale(self) -> bool:
        """Whether the report is an old answer of a keepalived that is still queried, or querying itself has failed."""
        bus, report = self._bus, self.report
        if self._failure.why or (bus is not None and bus.failed):
            return True
        if self.ask and self._unasked:
            return True
        return self.ask and report.source == "dump" and report.at is not None and time.time() - report.at > _STALE

    def start(self) -> None:
        threading.Thread(target=self._run, name="keepalived", daemon=True).start()

    def stir(self) -> None:
        """Something moved: keepalived is queried about it soon."""
        self._stirred = True
        if (bus := self._bus) is not None:
            bus.again()
        self._wake()

    def asks(self, ask: bool) -> None:
        """Sets whether keepalived is queried from now on."""
        begins, self.ask = ask and not self.ask, ask
        if begins:
            self._wake()

    def changed(self, at: float) -> None:
        """The table has changed; `at` is when it was read, in monotonic seconds. A read checks soon whether keepalived
        has loaded another configuration, and later whether one that removed its services has exited. The earlier check
        results no longer explain the table, so keepalived is queried again as soon as allowed."""
        from lvstui.director.keepalived_state import ENDS

        self._moved = max(self._moved, time.time() - time.monotonic() + at)
        self._changed, self._ended = True, time.monotonic() + ENDS
        self._wake()

    def again(self) -> None:
        """Reads again now. Returns when that is done, or takes too long."""
        self._done.clear()
        self._again = True
        self._wake()
        self._done.wait(_AGAIN)

    def close(self) -> None:
        self._closed = True
        self._wake()
        if self._bus is not None:
            self._bus.close()

    def _wake(self) -> None:
        with suppress(OSError):
            os.eventfd_write(self._waker, 1)

    def _run(self) -> None:
        """The thread: runs until it is closed. A failure is reported, and the work is started again."""
        while not self._closed:
            try:
                if time.monotonic() >= self._due():
                    self._look()
                self._wait(max(0.0, self._due() - time.monotonic()))
            except Exception as error:
                log.failure("keepalived cannot be inspected")
                self._failure = self._failure.failed("keepalived cannot be inspected", error, time.monotonic())
                self._forget_parent()
                self._news()
                time.sleep(_SETTLES)  # in case waiting itself fails

    def _look(self) -> None:
        """Reads, and reports news where something changed; callers that wait are released, whatever the result."""
        before_it, self._looked, self._stirred = self._looked, time.monotonic(), False
        before = (self.report, self.running, self.trouble, self.keeping, self.unread)
        again, self._again = self._again, False
        changed, self._changed = self._changed or before_it < self._ended <= self._looked, False
        try:
            self._inquire()
        finally:
            if again:
                self._done.set()
        self._failure, self._inquired = Retry(), True
        if changed and not self.running:
            self.searched_at = self._looked
        now = (self.report, self.running, self.trouble, self.keeping, self.unread)
        if changed or before[:3] != now[:3] or before[4] != now[4] or _differ(before[3], now[3]):
            self._news()

    def _wait(self, seconds: float) -> None:
        """Waits this long, or until it is woken or keepalived's parent process exits."""
        files = [self._waker, *([self._parent.fileno()] if self._parent is not None else [])]
        ready, _, _ = select.select(files, [], [], seconds)
        if self._waker in ready:
            os.eventfd_read(self._waker)
        elif ready:
            self._looked = -_LOOK  # the parent process has exited

    def _forget_parent(self) -> None:
        parent, self._parent = self._parent, None
        if parent is not None:
            with suppress(OSError):
                parent.close()

    def _due(self) -> float:
        """When to search the processes again: soon where that explains a change; later and later while it fails."""
        if self._failure.why and not self._again:
            return self._failure.due
        due = 0.0 if self._again else self._looked if self._changed else self._looked + _LOOK
        for moment in (self._settled, self._ended):
            if self._looked < moment:
                due = min(due, moment)
        if self.ask and self.running:
            due = min(due, self._due_to_ask())
        elif self._stirred and not self.running:
            due = self._looked
        return max(due, self._looked + _SETTLES) if not self._again else due

    def _due_to_ask(self) -> float:
        """When to query keepalived again: as soon as allowed where the table has changed since its answer."""
        reported_at = self._watched[1]
        due = self._soonest if reported_at is None or reported_at < self._moved else self._asked + _ASK
        # Before its first check a server is up for it, put in and taken out again, perhaps between two sweeps.
        return max(due, self._settled + _SWEPT)

    def _inquire(self) -> None:
        """Finds keepalived, and reads its instances from it or its configuration."""
        from lvstui.director.vrrp.discards import TAKES_UNEQUAL
        from lvstui.keepalived.binary import version_of
        from lvstui.keepalived.process import Ending, look

        self.processes = look()
        running, parent = self.processes[:2]
        if parent is not None and self.processes.rivals:
            self._together |= {parent.pid, *(rival.pid for rival in self.processes.rivals)}
        if self._parent is not None and (parent is None or parent.pid != self._parent.pid):
            self._parent.close()
            self._parent = None
            self._report, self._answers, self._watched = _stateless(self.report), None, ({}, None)
            self._trouble = self._mute = ""
            self._listen(None)
        if parent is None:
            if running is None:  # one that we may not inspect may be on the bus
                self._listen("")
                running = True if self._bus is not None and self._bus.spoken is not None else None
            self.running, self._trouble, self._unasked = running, "", ""
            self._read, self._watched, self.keeping = None, ({}, None), None
            if running is False and not self.report.instances:
                self._read_left()
            return
        self.running = running
        if self._parent is None:
            with suppress(OSError):  # it has ended again: the next look will tell
                self._parent = Ending(parent.pid)
            self._version = version_of(parent.pid)
            self._unequal = self._version >= TAKES_UNEQUAL
        self._keep(parent)
        if self.ask and time.monotonic() >= self._due_to_ask():
            self._ask_it(parent)
            self._asked = time.monotonic()
            self._keep(parent)

    def _keep(self, parent: Parent) -> None:
        """Reads its configuration, again where it was written since."""
        from lvstui.director.keepalived_state import KeepalivedState
        from lvstui.keepalived.loaded import NOTHING, configured, loaded
        from lvstui.keepalived.process import began, ends
        from lvstui.plain import plain

        looked, before = time.monotonic(), self._read or (NOTHING, NOTHING)
        file = configured(parent, before[0])
        copy = loaded(parent, file, before[1])
        self._read = file, copy
        if self._read != before or self._answers is None:
            self._read_config(copy.name or file.name, parent)
        if copy.mark != before[1].mark:
            self._settled = looked + copy.settles
            self._watched, self._moved = ({}, None), time.time()  # what was told before is not of this configuration
        rivals = tuple(sorted(self._together - {parent.pid}))
        settles = looked < self._settled or ends(parent.pid)
        self.keeping = KeepalivedState(
            plain(file.name),
            file.configured,
            copy.configured,
            *self._watched,
            file.trouble,
            rivals,
            looked,
            settles,
            self._mute,
        )._replace(began=began(parent.pid), version=".".join(map(str, self._version)))

    def _ask_it(self, parent: Parent) -> None:
        """Queries it, and reports why where it does not answer."""
        from lvstui.keepalived.dump.ask import SOONEST, report

        self._soonest = time.monotonic() + SOONEST
        self._mute, self._unasked = "", ""
        try:
            answer = report(parent.pid, self._answers, self._moved)
            log.note("keepalived %d reported %d instances and %d services", parent.pid, *map(len, answer[1:3]))
        except NotDone as error:
            log.note("keepalived %d did not report: %s", parent.pid, error.sentence)
            self._trouble = self._mute = error.sentence
            return
        except Exception as error:  # the table and the addresses do not depend on this; it is queried again later
            log.failure("keepalived's answer is not read")
            self._unasked = self._mute = f"keepalived's answer is not read: {reason(error)}"
            return
        dumped = {instance.name for instance in answer.instances}
        if self._receives and dumped and not self._receives.keys() & dumped:
            self._trouble = self._mute = _OTHERS
            return
        if answer.instances or not self._receives:
            self._report, self._trouble = VrrpReport(answer.instances, "dump", answer.at), answer.remark
        else:  # its process for VRRP writes a file of its own: what is known of the instances stands
            self._trouble = _HUSHED
        self._watched = {service.key: service for service in answer.services}, answer.checked
        young = SOONEST - (time.time() - (answer.checked or answer.at)) + _LATER
        self._soonest = time.monotonic() + min(max(young, 0.0), SOONEST)

    def _read_config(self, name: str, parent: Parent) -> None:
        from lvstui.keepalived.conf.globals import ReportFiles, read_answers
        from lvstui.keepalived.conf.instances import read_instances

        self._answers = ReportFiles()
        if not name:
            self._trouble = parent.trouble
            self._listen(None)
            return
        try:
            instances = read_instances(name, parent.config_id)
            instances = tuple(
                instance._replace(receives=instance.receives and instance.receives._replace(unequal=self._unequal))
                for instance in instances
            )
            self._receives = {instance.name: instance.receives for instance in instances}
            if self._report.at is None or not self.ask:  # an old answer knows nothing of a new configuration
                self._report = VrrpReport(instances, "configuration")
            self._answers = read_answers(name, parent.config_id)
        except BadInput as error:
            self._trouble = error.sentence
        self._listen(self._answers.service if self._answers.dbus else None)

    def _listen(self, service: str | None) -> None:
        """Listens to this name on D-Bus ("": the default); None: stops listening."""
        from lvstui.keepalived.bus import SERVICE, Bus

        if self._bus is not None and (service is None or self._bus.service != (service or SERVICE)):
            self._bus.close()
            self._bus = None
        if service is not None and self._bus is None:
            self._bus = Bus(service, self._news)

    def _read_left(self) -> None:
        """Reads the instances of a keepalived that does not run: its addresses may have been left here."""
        from lvstui.keepalived.conf.instances import read_instances
        from lvstui.keepalived.process import DEFAULT

        with suppress(BadInput):
            self._report = VrrpReport(read_instances(DEFAULT), "configuration")


def _differ(before: KeepalivedState | None, now: KeepalivedState | None) -> bool:
    """Whether the configuration or check results differ, whenever they were read."""
    if before is None or now is None:
        return before is not now
    return before._replace(read_at=now.read_at) != now


def _stateless(report: VrrpReport) -> VrrpReport:
    """What remains of the report after this thread has ended: names without states."""
    return VrrpReport(
        tuple(instance._replace(state="", since=None, faults=0) for instance in report.instances), "configuration"
    )

"""Failover: the VRRP of this director, as one value: what keepalived tells, what is on the interfaces, what is heard.

A thread of its own listens and asks, so that a read of the table waits for none of it. The ladder of who tells of the
instances, best first: keepalived's own dumps (when they are wanted: it writes files to answer), its configuration
(which tells no states). Addresses and adverts are there without asking.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lvstui.director.adverts import heard, masters
from lvstui.director.errors import BadInput, NotDone, Unavailable
from lvstui.director.model import ServiceKey, address_text
from lvstui.director.standing import Ears, Known, Noticed, Standing, Told, Wire, noticed, role, standings
from lvstui.director.state import Vrrp
from lvstui.director.vrrp import role as role_by_addresses
from lvstui.director.vrrp import virtual_addresses

if TYPE_CHECKING:
    from lvstui.director.keeping import Keeping
    from lvstui.director.watched import Watched
    from lvstui.keepalived.loaded import Read
    from lvstui.keepalived.process import Ending, Parent
    from lvstui.kernel.hearing import Hearing
    from lvstui.kernel.interfaces import Interfaces, Watch

_LOOK = 5.0
"""Seconds between two looks through the processes, which cost milliseconds on a large machine."""
_ASK = 10.2
"""Seconds between two askings of keepalived; what it wrote less than ten seconds ago would be read again."""
_AGAIN = 3.0
"""Seconds for which a look that was asked for is waited for."""
_SETTLES = 0.2
"""Seconds after something moved until processes are looked at and keepalived is asked about it."""


class Failover:
    """Tells of VRRP from its first read on, as more becomes known. `news` is called, in another thread, when something
    changed that somebody should look at now."""

    def __init__(self, news: Callable[[], None] = lambda: None) -> None:
        self._news = news
        self._thread: threading.Thread | None = None
        self._waker = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._closed = False
        self._looked_again = threading.Event()
        self._interfaces: Interfaces | None = None
        self._wire = Wire({}, {})
        self._noticed: dict[str, Noticed] = {}
        self._ears: Ears | None = None
        self._told = Told()
        self._present: bool | None = None
        self._parent: Ending | None = None
        self._ask = False
        self._looked = self._asked = -_ASK
        self._stirred = False
        self._trouble = ""
        self._said: object = None
        self._read: tuple[Read, Read] | None = None
        self._watched: tuple[Mapping[ServiceKey, Watched], float | None] = ({}, None)
        self.keeping: Keeping | None = None
        self._virtual: tuple[object, tuple[bytes, ...]] = (None, ())

    def read(self, keys: Sequence[ServiceKey], ask: bool = False) -> Vrrp:
        """As far as it is known now; `ask`: keepalived itself is asked too, seldom. Never blocks."""
        self._ask = ask
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        interfaces = self._interfaces
        if interfaces is None:
            return Vrrp()
        if self._virtual[0] is not keys:
            self._virtual = (keys, virtual_addresses(keys))
        plain = role_by_addresses(self._virtual[1], interfaces.held, self._present)
        found = self._standings()
        if not found:
            return plain
        held = tuple(
            address_text(one.address)
            for item in found
            for one, there in zip(item.instance.carried, item.present, strict=True)
            if there
        )
        told = self._told
        return Vrrp(
            role(found) or plain.role,
            held or plain.held,
            self._present,
            found,
            told.source,
            told.at,
            self._trouble,
        )

    def again(self) -> None:
        """Looks at keepalived and its configuration once more, now; comes back when that is done, or takes long."""
        if self._thread is not None:
            self._looked_again.clear()
            self._looked = -_LOOK
            os.eventfd_write(self._waker, 1)
            self._looked_again.wait(_AGAIN)

    def mastered(self) -> Told:
        """The instances that this director is master of, as they were told of."""
        found = [one.instance for one in self._standings() if one.state in ("MASTER", "PARTIAL")]
        return self._told._replace(instances=tuple(found))

    def successors(self, told: Told) -> tuple[tuple[str, str], ...]:
        """Who is heard as master of each of these instances now that this director has resigned: a backup that hears
        that takes over in a fraction of its advert interval."""
        until = time.monotonic() + max((4 * one.advert for one in told.instances), default=0) + 1
        while True:
            ours = {one.address for one in self._interfaces.addresses} if self._interfaces is not None else set()
            found = tuple(
                (one.instance.name, f"{address_text(advert.source)} (priority {advert.priority})")
                for one in self._standings(told)
                for advert in one.masters or ()
                if advert.source not in ours
            )
            if len(found) >= len(told.instances) or self._ears is None or time.monotonic() > until:
                return found
            time.sleep(0.1)

    def _standings(self, told: Told | None = None) -> tuple[Standing, ...]:
        interfaces, told, seen = self._interfaces, told or self._told, self._noticed
        ours = {one.address for one in interfaces.addresses} if interfaces is not None else set()
        known = Known(told, self._wire, self._ears, ours, self._present, time.time(), time.monotonic())
        return standings(known, seen)

    def _run(self) -> None:
        from lvstui.kernel.hearing import Hearing
        from lvstui.kernel.interfaces import Watch

        watch = Watch()
        hearing: Hearing | None = None
        with suppress(Unavailable):
            hearing = Hearing()
            self._ears = Ears({}, time.monotonic())
        try:
            while not self._closed:
                self._see(watch.interfaces())
                if time.monotonic() >= self._due():
                    self._looked, self._stirred = time.monotonic(), False
                    self._inquire()
                    self._looked_again.set()
                self._tell()
                self._listen(watch, hearing)
        finally:
            watch.close()
            if hearing is not None:
                hearing.close()

    def _due(self) -> float:
        """When processes are to be looked at again: soon, where it would tell something new of what moved."""
        due = self._looked + _LOOK
        if self._stirred and (self._ask or not self._present):
            due = min(due, max(self._looked + _SETTLES, self._asked + _ASK if self._present else 0.0))
        return due

    def _see(self, interfaces: Interfaces) -> None:
        """Takes in how the interfaces are now."""
        if interfaces != self._interfaces:
            self._interfaces, self._stirred = interfaces, True
            on: dict[str, set[bytes]] = {}
            for one in interfaces.addresses:
                on.setdefault(one.device, set()).add(one.address)
            self._wire = Wire(
                {device: frozenset(found) for device, found in on.items()},
                {name: link.up for name, link in interfaces.links.items()},
            )
        now, clock, before = time.time(), time.monotonic(), self._noticed
        self._noticed = {
            one.name: noticed(one, self._wire, before.get(one.name), clock, now) for one in self._told.instances
        }

    def _tell(self) -> None:
        """Says that there is news where an instance stands otherwise than it was last said."""
        said = (self._present, [(one.state, one.present, one.findings, one.masters) for one in self._standings()])
        if said != self._said:
            self._said = said
            self._news()

    def _listen(self, watch: Watch, hearing: Hearing | None) -> None:
        """Until something changes, another master is heard, or a second has passed."""
        until = time.monotonic() + 1.0
        files = [watch.fileno(), self._waker]
        files += [one.fileno() for one in (hearing, self._parent) if one is not None]
        while not self._closed and (left := min(until, self._due()) - time.monotonic()) > 0:
            ready, _, _ = select.select(files, [], [], left)
            if self._waker in ready:
                with suppress(BlockingIOError):
                    os.eventfd_read(self._waker)
            if self._parent is not None and self._parent.fileno() in ready:
                self._looked = -_LOOK
            if hearing is None or ready != [hearing.fileno()]:
                return
            if self._hear(hearing):
                return

    def _hear(self, hearing: Hearing) -> bool:
        """Takes in what was heard; whether others are masters now."""
        ears = self._ears or Ears({}, time.monotonic())
        before = after = ears.heard
        clock, routers = time.monotonic(), set()
        for router, advert, _ in hearing.adverts():
            after = heard(after, router, advert, clock)
            routers.add(router)
        self._ears = Ears(after, ears.since)
        return any(
            {one.source for one in masters(before.get(router, {}), clock)}
            != {one.source for one in masters(after[router], clock)}
            for router in routers
        )

    def _inquire(self) -> None:
        """Looks for keepalived, and lets it, or its configuration, tell of its instances."""
        from lvstui.keepalived.process import Ending, look

        self._present, found, _ = look()
        if self._parent is not None and (found is None or found.pid != self._parent.pid):
            self._parent.close()
            self._parent = None
            self._told = _stateless(self._told)
        if found is None:
            self._trouble = ""
            self._read, self._watched, self.keeping = None, ({}, None), None
            if self._present is False and not self._told.instances:
                self._read_left()
        else:
            if self._parent is None:
                with suppress(OSError):  # it has ended again: the next look will tell
                    self._parent = Ending(found.pid)
            if self._ask and time.monotonic() - self._asked >= _ASK:
                self._ask_it(found)
                self._asked = time.monotonic()
            self._keep(found)
        if self._interfaces is not None:
            self._see(self._interfaces)

    def _keep(self, found: Parent) -> None:
        """Reads what its configuration means, again where it was written since."""
        from lvstui.director.keeping import Keeping
        from lvstui.keepalived.loaded import NOTHING, configured, loaded

        before = self._read or (NOTHING, NOTHING)
        file = configured(found, before[0])
        copy = loaded(found, file, before[1])
        self._read = file, copy
        if self._read != before and self._told.at is None:
            self._read_config(copy.name or file.name, found.config_id)
        keeping = Keeping(str(found.config), file.meant, copy.meant, *self._watched, file.trouble)
        if keeping != self.keeping:
            self.keeping = keeping
            self._news()

    def _ask_it(self, found: Parent) -> None:
        from lvstui.keepalived.dump.ask import told

        try:
            answer = told(found.pid)
        except NotDone as error:
            self._trouble = f"{error.what} {error.why}"
            return
        self._told, self._trouble = Told(answer.instances, "dump", answer.at), ""
        self._watched = {one.key: one for one in answer.watched}, answer.at

    def _read_config(self, name: str, config_id: str) -> None:
        from lvstui.keepalived.conf.instances import read_instances

        try:
            self._told = Told(read_instances(name, config_id), "configuration")
        except BadInput as error:
            self._trouble = f"{error.what}: {error.why}"

    def _read_left(self) -> None:
        """What a keepalived that does not run would have: its addresses may have been left here."""
        from lvstui.keepalived.conf.instances import read_instances
        from lvstui.keepalived.process import DEFAULT

        with suppress(BadInput):
            self._told = Told(read_instances(DEFAULT), "configuration")

    def close(self) -> None:
        self._closed = True
        with suppress(OSError):
            os.eventfd_write(self._waker, 1)


def _stateless(told: Told) -> Told:
    """What remains of what was told when the teller has ended: names, not states."""
    return Told(tuple(one._replace(state="", since=None, faults=0) for one in told.instances), "configuration")

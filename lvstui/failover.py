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

from lvstui.director.adverts import Heard, Router, heard, masters
from lvstui.director.errors import BadInput, NotDone, Unavailable
from lvstui.director.model import ServiceKey, address_text
from lvstui.director.standing import Standing, Told, Wire, role, standing
from lvstui.director.state import Vrrp
from lvstui.director.vrrp import role as role_by_addresses
from lvstui.director.vrrp import virtual_addresses

if TYPE_CHECKING:
    from lvstui.director.keeping import Keeping
    from lvstui.director.watched import Watched
    from lvstui.keepalived.loaded import Read
    from lvstui.keepalived.process import Parent
    from lvstui.kernel.hearing import Hearing
    from lvstui.kernel.interfaces import Interfaces, Watch

_LOOK = 5.0
"""Seconds between two looks through the processes, which cost milliseconds on a large machine."""
_ASK = 10.0
"""Seconds between two askings of keepalived."""


class Failover:
    """Tells of VRRP from its first read on, as more becomes known. `news` is called, in another thread, when something
    changed that somebody should look at now."""

    def __init__(self, news: Callable[[], None] = lambda: None) -> None:
        self._news = news
        self._thread: threading.Thread | None = None
        self._waker = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._closed = False
        self._interfaces: Interfaces | None = None
        self._heard: Heard | None = None
        self._told = Told()
        self._present: bool | None = None
        self._ask = False
        self._asked = -_ASK
        self._trouble = ""
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
        standings = self._standings(interfaces)
        if not standings:
            return plain
        held = tuple(
            address_text(one.address)
            for item in standings
            for one, there in zip(item.instance.addresses, item.present, strict=True)
            if there
        )
        told = self._told
        return Vrrp(
            role(standings) or plain.role,
            held or plain.held,
            self._present,
            standings,
            told.source,
            told.at,
            self._trouble,
        )

    def _standings(self, interfaces: Interfaces) -> tuple[Standing, ...]:
        on: dict[str, set[bytes]] = {}
        for one in interfaces.addresses:
            on.setdefault(one.device, set()).add(one.address)
        wire = Wire(
            {device: frozenset(found) for device, found in on.items()},
            {name: link.up for name, link in interfaces.links.items()},
        )
        ours = {one.address for one in interfaces.addresses}
        now, clock = time.time(), time.monotonic()
        told, voices = self._told, self._heard
        return tuple(standing(one, told, wire, voices, ours, now, clock) for one in told.instances)

    def _run(self) -> None:
        from lvstui.kernel.hearing import Hearing
        from lvstui.kernel.interfaces import Watch

        watch = Watch()
        hearing: Hearing | None = None
        with suppress(Unavailable):
            hearing = Hearing()
            self._heard = {}
        looked = -_LOOK
        try:
            while not self._closed:
                self._interfaces = watch.interfaces()
                if time.monotonic() - looked >= _LOOK:
                    looked = time.monotonic()
                    self._inquire()
                self._listen(watch, hearing, max(0.1, looked + _LOOK - time.monotonic()))
        finally:
            watch.close()
            if hearing is not None:
                hearing.close()

    def _listen(self, watch: Watch, hearing: Hearing | None, seconds: float) -> None:
        """Until something is heard or changes, or a second has passed."""
        files = [watch.fileno(), self._waker, *([hearing.fileno()] if hearing is not None else [])]
        ready, _, _ = select.select(files, [], [], min(1.0, seconds))
        if watch.fileno() in ready:
            known, self._interfaces = self._interfaces, watch.interfaces()
            if known != self._interfaces:
                self._news()
        if hearing is not None and hearing.fileno() in ready:
            before = self._heard or {}
            after = before
            for router, advert, _ in hearing.adverts():
                after = heard(after, router, advert, time.monotonic())
            self._heard = after
            if _speakers(before) != _speakers(after):
                self._news()

    def _inquire(self) -> None:
        """Looks for keepalived, and lets it, or its configuration, tell of its instances."""
        from lvstui.keepalived.process import look

        self._present, found = look()
        if found is None:
            self._told, self._trouble = Told(), ""
            self._read, self._watched, self.keeping = None, ({}, None), None
            return
        if self._ask and time.monotonic() - self._asked >= _ASK:
            self._asked = time.monotonic()
            self._ask_it(found)
        self._keep(found)

    def _keep(self, found: Parent) -> None:
        """Reads what its configuration means, again where it was written since."""
        from lvstui.director.keeping import Keeping
        from lvstui.keepalived.loaded import NOTHING, configured, loaded

        before = self._read or (NOTHING, NOTHING)
        file, copy = self._read = configured(found, before[0]), loaded(found, before[1])
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
        changed = [(one.name, one.state) for one in answer.instances] != [
            (one.name, one.state) for one in self._told.instances
        ]
        self._told, self._trouble = Told(answer.instances, "dump", answer.at), ""
        self._watched = {one.key: one for one in answer.watched}, answer.at
        if changed:
            self._news()

    def _read_config(self, name: str, config_id: str) -> None:
        from lvstui.keepalived.conf.instances import read_instances

        try:
            self._told = Told(read_instances(name, config_id), "configuration")
        except BadInput as error:
            self._trouble = f"{error.what}: {error.why}"

    def close(self) -> None:
        self._closed = True
        with suppress(OSError):
            os.eventfd_write(self._waker, 1)


def _speakers(voices: Heard) -> dict[Router, tuple[bytes, ...]]:
    now = time.monotonic()
    return {router: tuple(advert.source for advert in masters(found, now)) for router, found in voices.items()}

"""keepalived on D-Bus: its VRRP instances, and each change of state as it happens.

It is on the system bus where `enable_dbus` is set; reading writes nothing and needs no privilege. Each instance is an
object ROOT[/NETNS][/NAME]/Instance/INTERFACE/VRID/IPv4|IPv6 with its Name, its State and a signal for each change
(vrrp/vrrp_dbus.c, 1.3 to 2.4). dbus-fast, an optional package, speaks the protocol. Without it, without a bus, or
without keepalived on the bus (2.2.7 does not return to a restarted bus) there is no report, and `trouble` says why.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvstui.director.retry import Retry, reason
from lvstui.director.vrrp.instances import Instance
from lvstui.values import NamedTuple

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

SERVICE = "org.keepalived.Vrrp1"
"""Its name on the bus, unless dbus_service_name sets another."""
ROOT = "/org/keepalived/Vrrp1"
STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT", 97: "DELETED", 98: "STOP"}
"""include/vrrp.h, VRRP_STATE_*."""
_INSTANCE = "org.keepalived.Vrrp1.Instance"
_DAEMON = "org.freedesktop.DBus"
_PATIENCE = 3.0
"""Seconds for one answer."""
_AGAIN = 8.0
"""Seconds after which everything is read again, because a keepalived that hangs sends no signals."""
_RETRY = 5.0


class BusReport(NamedTuple):
    """The instances on the bus (name, state, interface, VRID, family, and since when, where the change was received),
    and when they were last confirmed, in seconds of the epoch."""

    instances: tuple[Instance, ...]
    at: float


class Bus:
    """Listens in a separate thread. `spoken` is None while nothing is received. `failed`: listening itself has failed
    and is being restarted; `trouble` says why. `news` is called in that thread when a state changed."""

    def __init__(self, service: str = "", news: Callable[[], None] = lambda: None) -> None:
        self.service = service or SERVICE
        self.spoken: BusReport | None = None
        self.trouble = ""
        self._news = news
        self._objects: dict[str, Instance] = {}
        self._owner = ""
        self._stale = asyncio.Event()
        self._closed = False
        self._failure = Retry()
        self._loop: asyncio.AbstractEventLoop | None = None
        threading.Thread(target=self._run, name="D-Bus", daemon=True).start()

    @property
    def failed(self) -> bool:
        return bool(self._failure.why)

    def again(self) -> None:
        """Reads everything again soon."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has already ended
                loop.call_soon_threadsafe(self._stale.set)

    def close(self) -> None:
        self._closed = True
        self.again()

    def _run(self) -> None:
        try:
            import dbus_fast
        except ImportError:
            self.trouble = "lvstui does not listen on D-Bus: pip install dbus-fast"
            return
        import logging

        # Without a handler, asyncio would write its complaints across the screen.
        logging.getLogger(dbus_fast.__name__).addHandler(logging.NullHandler())
        while not self._closed:
            try:
                asyncio.run(self._stay())
            except Exception as error:
                self._failed(error)
                time.sleep(self._failure.wait)

    async def _stay(self) -> None:
        """Connects, and reconnects after the bus or keepalived was gone."""
        from dbus_fast import DBusFastError

        self._loop = asyncio.get_running_loop()
        while not self._closed:
            try:
                await self._attend()
            except (OSError, EOFError, TimeoutError, DBusFastError) as error:
                self._failure = Retry()
                self.trouble = f"D-Bus: {getattr(error, 'strerror', None) or str(error) or 'no answer'}"
            except Exception as error:
                self._failed(error)
            if self.spoken is not None:
                self.spoken = None
                self._news()
            await self._pause(max(_RETRY, self._failure.wait))

    def _failed(self, error: Exception) -> None:
        """Handles an unexpected error: reports it, and starts again later."""
        self._failure = self._failure.failed("lvstui does not listen on D-Bus", error, time.monotonic())
        self.spoken, self.trouble = None, self._failure.why
        self._news()

    async def _pause(self, seconds: float) -> None:
        """Waits until something must be read again, or this long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stale.wait(), seconds)
        if not self._closed:
            self._stale.clear()

    async def _attend(self) -> None:
        """Serves one connection until it, or keepalived's name on it, is gone."""
        from dbus_fast import BusType
        from dbus_fast.aio import MessageBus

        bus = await asyncio.wait_for(MessageBus(bus_type=BusType.SYSTEM).connect(), _PATIENCE)
        try:
            bus.add_message_handler(self._heard)
            for rule in (
                f"type='signal',sender='{_DAEMON}',member='NameOwnerChanged',arg0='{self.service}'",
                f"type='signal',sender='{self.service}',path_namespace='{ROOT}'",
            ):
                await _call(bus, _DAEMON, "/org/freedesktop/DBus", _DAEMON, "AddMatch", "s", [rule])
            while bus.connected and not self._closed:
                await self._read(bus)
                await self._pause(_AGAIN)
        finally:
            bus.disconnect()

    async def _read(self, bus: MessageBus) -> None:
        """Reads everything again. Raises the errors of the calls when keepalived does not answer; without keepalived
        there is no report."""
        from dbus_fast import DBusError

        try:
            (self._owner,) = await _call(
                bus, _DAEMON, "/org/freedesktop/DBus", _DAEMON, "GetNameOwner", "s", [self.service]
            )
        except DBusError:
            self._silent("keepalived is not on D-Bus")
            return
        pid, user = [
            (await _call(bus, _DAEMON, "/org/freedesktop/DBus", _DAEMON, member, "s", [self._owner]))[0]
            for member in ("GetConnectionUnixProcessID", "GetConnectionUnixUser")
        ]
        if user != 0:
            self._silent(f"user {user} calls itself keepalived on D-Bus: ignored")
            return
        if not ours(pid):
            self._silent("the keepalived on D-Bus is not that of this network namespace")
            return
        instances = {}
        for path in await _paths(bus, self._owner, ROOT):
            instance = await _instance(bus, self._owner, path)
            if instance is not None:
                before = self._objects.get(path)
                same = before is not None and (before.name, before.state) == (instance.name, instance.state)
                instances[path] = before if before is not None and same else instance
        self._speak(instances)

    def _heard(self, message: Any) -> None:
        """Handles a signal: a state is taken over at once; any other or unknown signal causes everything to be read
        again."""
        try:
            self._take(message)
        except Exception as error:
            self._stale.set()
            self.trouble = f"D-Bus: a signal was not understood: {reason(error)}"

    def _take(self, message: Any) -> None:
        if message.message_type.name != "SIGNAL":
            return
        before = self._objects.get(message.path)
        if message.sender == _DAEMON:
            if message.member == "NameOwnerChanged":
                self._stale.set()
        elif message.sender == self._owner:
            if message.member == "VrrpStatusChange" and before is not None and self.spoken is not None:
                state = STATES.get(message.body[0], before.state)
                self._speak({**self._objects, message.path: before._replace(state=state, since=time.time())})
            else:
                self._stale.set()

    def _speak(self, instances: dict[str, Instance]) -> None:
        changed = self.spoken is None or instances != self._objects
        self._objects, self.trouble, self._failure = instances, "", Retry()
        self.spoken = BusReport(tuple(instances.values()), time.time())
        if changed:
            self._news()

    def _silent(self, why: str) -> None:
        known, self.spoken, self._objects, self.trouble = self.spoken, None, {}, why
        self._failure = Retry()
        if known is not None:
            self._news()


async def _call(
    bus: MessageBus, to: str, path: str, interface: str, member: str, signature: str = "", body: Sequence[Any] = ()
) -> list[Any]:
    """Calls a method and returns the body of the answer. Raises DBusError for a complaint, TimeoutError, or an error of
    the connection."""
    from dbus_fast import DBusError, Message, MessageType

    message = Message(
        destination=to, path=path, interface=interface, member=member, signature=signature, body=list(body)
    )
    answer = await asyncio.wait_for(bus.call(message), _PATIENCE)
    if answer.message_type is MessageType.ERROR:
        raise DBusError(answer.error_name or "", str(answer.body[0] if answer.body else answer.error_name))
    return list(answer.body)


async def _paths(bus: MessageBus, owner: str, root: str) -> list[str]:
    """The paths of all instances: the names below a folder `Instance` belong to them."""
    paths = []
    ahead = [root]
    while ahead:
        path = ahead.pop()
        if _parts(path) is not None:
            paths.append(path)
        elif path.count("/") < ROOT.count("/") + 6:
            node = await bus.introspect(owner, path, timeout=_PATIENCE)
            ahead += [f"{path}/{child.name}" for child in reversed(node.nodes) if child.name]
    return paths


def _parts(path: str) -> tuple[str, int, int] | None:
    """Interface (with _ for characters that a path cannot contain), VRID and family, from the path of an instance; None
    for another path."""
    *_, folder, interface, vrid, family = ["", "", "", *path.split("/")]
    if folder != "Instance" or not vrid.isdigit() or family not in ("IPv4", "IPv6"):
        return None
    return interface, int(vrid), int(family[-1])


async def _instance(bus: MessageBus, owner: str, path: str) -> Instance | None:
    """One instance; None when it has just been removed, or has no interface."""
    from dbus_fast import DBusError

    try:
        (values,) = await _call(bus, owner, path, f"{_DAEMON}.Properties", "GetAll", "s", [_INSTANCE])
    except DBusError:
        return None
    parts = _parts(path)
    if parts is None or "Name" not in values or "State" not in values:
        return None
    # Its interface description says s and (us), but it sends (s) and (us).
    name, state = (
        value if isinstance(value, (str, int)) else value[0] for value in (values["Name"].value, values["State"].value)
    )
    interface, vrid, family = parts
    return Instance(str(name), STATES.get(int(state), "INIT"), None, _device(interface), vrid, family)


def _device(word: str) -> str:
    """The interface whose name a path encodes: letters and digits, and _ for all others."""
    spelt = {re.sub("[^A-Za-z0-9]", "_", name): name for _, name in socket.if_nameindex()}
    return spelt.get(word, word)


def ours(pid: int) -> bool:
    """Whether a process is in our network namespace. Only root may read the namespace itself, but anybody the numbers
    of the files that describe it."""
    for name in ("ns/net", "net/dev"):
        with suppress(OSError):
            return Path(f"/proc/{pid}/{name}").stat().st_ino == Path(f"/proc/self/{name}").stat().st_ino
    return False

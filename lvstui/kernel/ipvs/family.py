"""Ipvs: the IPVS family over a persistent socket. Reads services, pools and settings; carries out Changes."""

from __future__ import annotations

import errno
import mmap
import time
from _collections_abc import Callable, Iterable, Sequence
from itertools import accumulate
from sys import byteorder

from lvstui import log
from lvstui.director.errors import Stale, Unavailable
from lvstui.director.model import IPV4, ServerKey, ServiceKey, SyncDaemon, Timeouts
from lvstui.director.remembered import Memo
from lvstui.director.source import AllDone, Outcome
from lvstui.director.state import Pool, PoolRows
from lvstui.kernel.ipvs.attributes import COMMAND, INFO, Cmd, Values, decode
from lvstui.kernel.ipvs.keys import ADDRESS_AT, key_nest
from lvstui.kernel.ipvs.layout import HEADERS
from lvstui.kernel.ipvs.pools import DestLayout, EmptyPool, PackedPool, PoolSweep, general_pool
from lvstui.kernel.ipvs.rules import daemon_from, server_reading, timeouts_from
from lvstui.kernel.ipvs.services import PackedServices, ServiceLayouts
from lvstui.kernel.netlink import NLM_F_DUMP, RECEIVE, Netlink, NetlinkError, NoTimelyAnswer
from lvstui.kernel.proc import MISSING
from lvstui.values import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lvstui.director.change import Change
    from lvstui.kernel.ipvs.socket_options import SocketOptions

MANY = 100
"""Virtual services from which on a sweep without counters uses socket options: for fewer, loading what they need costs
more than they save (counted on Debian's kernel: as much at 100 services of 10 real servers)."""

POOL_RECEIVE = 8192
"""Bytes offered for the answers about pools: about twenty real servers; larger pools come in several answers."""

RESERVE = 16 << 20
"""Bytes first reserved for the services and for all pools. They take no memory until an answer fills them."""


class Ipvs:
    """The IPVS of one director, in the network namespace where this object was created. Not thread safe: one read at a
    time, and a separate object for writing."""

    def __init__(self, deadline: float = 1.0) -> None:
        """Raises Unavailable when the kernel has no IPVS or denies access, Stale when it does not answer. Resolving the
        family loads ip_vs, so check /proc/net/ip_vs first (proc.present)."""
        opened: list[Netlink] = []
        try:
            opened.append(Netlink("IPVS", deadline=deadline))
            # The kernel makes its answers as large as the largest buffer a socket ever offered, and small ones are
            # cheaper to make: so the many small pools have a socket of their own.
            opened.append(Netlink("IPVS", deadline=deadline, receive=POOL_RECEIVE))
            self._netlink, self._pools = opened
            (info,) = self._netlink.ask(Cmd.GET_INFO, flags=0)
        except BaseException as error:
            for netlink in opened:
                netlink.close()
            if isinstance(error, OSError):
                raise _unavailable(error) from None
            if isinstance(error, NoTimelyAnswer):
                raise _stale(error) from None
            raise
        values = decode(INFO, info)
        self.version = cast(int, values.get("version", 0))
        self._services_request = self._netlink.message(Cmd.GET_SERVICE, flags=NLM_F_DUMP)
        self._shapes = ServiceLayouts()
        self._dest: DestLayout | None = None
        self._requests: tuple[object, list[bytes]] = (None, [])
        self._services_size = self._sweep_size = RESERVE
        self._scratch = memoryview(bytearray(4 * POOL_RECEIVE))
        self._options: SocketOptions | None = None
        self._optional = True

    def close(self) -> None:
        self._netlink.close()
        self._pools.close()
        if self._options is not None:
            self._options.close()

    def there(self) -> bool:
        """Whether the socket still leads to the kernel's IPVS. A module that was unloaded and loaded again has another
        number and does not answer requests to the old one. Raises Stale."""
        try:
            self._netlink.ask(Cmd.GET_INFO, flags=0)
        except NetlinkError:
            return False
        except NoTimelyAnswer as late:
            raise _stale(late) from None
        return True

    def services(self, before: PackedServices | None = None) -> PackedServices:
        """All virtual services. The order of `before` is reused when the set has not changed. Raises Stale,
        Unavailable."""
        while True:
            buffer = _buffer(self._services_size + RECEIVE)
            end = _dump(self._netlink, self._services_request, buffer, 0)
            if end >= 0:
                self._services_size = end + (end >> 4) + RECEIVE
                return PackedServices(buffer[:end], self._shapes, before)
            self._services_size *= 2

    def pools(self, keys: Iterable[ServiceKey]) -> dict[ServiceKey, Pool]:
        """The real servers of these services; none for a service that is gone."""
        pools: dict[ServiceKey, Pool] = {}
        for key in keys:
            while True:
                end = _dump(self._pools, self._pool_request(key), self._scratch, 0)
                if end >= 0:
                    break
                self._scratch = memoryview(bytearray(2 * len(self._scratch)))
            # The scratch buffer is reused for the next pool, so a State gets its own copy.
            pools[key] = self._pool(memoryview(bytes(self._scratch[:end])), key.family)
        return pools

    def order(self, key: ServiceKey) -> tuple[ServerKey, ...]:
        """The real servers of a service in the kernel's own order, in which hashing schedulers fill their tables
        (ip_vs_sh.c, ip_vs_ctl.c: ip_vs_genl_dump_dests). Empty where there is no such service. Raises Stale,
        Unavailable."""
        answers = self._ask(Cmd.GET_DEST, NLM_F_DUMP, key_nest(key))
        return tuple(
            server_reading(cast(Values, decode(COMMAND, answer)["dest"]), key.family).server.key for answer in answers
        )

    def sweep(self, services: PackedServices, counted: bool = True) -> PoolSweep:
        """The real servers of all these services, in one buffer. Unless `counted`, they need no counters and rates."""
        swept = None if counted else self._swept_by_options(services)
        if swept is None:
            data, bounds = self._dumped(self._sweep_requests(services))
            self._sweep_size = len(data) + (len(data) >> 4) + RECEIVE
            layout, counted = self._learn(data), True
            odd: dict[int, Pool] = {}
            if layout is None or not layout.layout.fit_all(data):
                data, bounds, odd = self._sort_out(data, bounds, services.keys, layout)
        else:
            data, bounds, odd = swept
        return PoolSweep(time.monotonic(), services.index, data, bounds, self._dest, odd, counted)

    def _dumped(self, requests: Sequence[bytes]) -> tuple[memoryview, list[int]]:
        """The answers to these requests, and where that to each begins; at the end, where the last one ends."""
        buffer = _buffer(self._sweep_size + POOL_RECEIVE)
        bounds = [0]
        position, pools = 0, self._pools
        for i, message in enumerate(requests):
            end = _dump(pools, message, buffer, position)
            while end < 0:
                # The size of the first pools predicts the size of all.
                expected = position * len(requests) // max(i, 1)
                larger = _buffer(max(2 * len(buffer), expected + (expected >> 3)))
                larger[:position] = buffer[:position]
                buffer = larger
                end = _dump(pools, message, buffer, position)
            bounds.append(end)
            position = end
        return buffer[:position], bounds

    def _swept_by_options(self, services: PackedServices) -> tuple[memoryview, list[int], dict[int, Pool]] | None:
        """The same by socket options, and by netlink what they do not tell: the bytes, the bounds and the odd pools of
        a PoolSweep. None where they are not worth while, or the kernel does not take them."""
        keys = services.keys
        if not self._optional or len(keys) < MANY:
            return None
        from lvstui.kernel.ipvs.socket_options import as_messages, read

        try:
            if self._options is None:
                self._options = self._open_options()
            answer = read(self._options, keys)
        except (OSError, ImportError) as error:
            log.note("IPVS is read by netlink alone, not by socket options: %s", error)
            self._optional = False
            return None
        requests, places = self._sweep_requests(services), answer.places
        if self._dest is None:
            full = next((at for at, (first, last) in places.items() if first < last), None)
            self._learn(self._dumped([] if full is None else [requests[full]])[0])
            if self._dest is None:  # a kernel of another layout, or there are no servers
                return None
        layout = self._dest
        data, size = as_messages(answer.entries, layout), layout.size
        rest = [number for number in range(len(keys)) if number not in places]
        if not rest:
            return data, [0, *(last * size for _, last in places.values())], {}
        dumped, ends = self._dumped([requests[number] for number in rest])
        parts = {number: data[first * size : last * size] for number, (first, last) in places.items()}
        parts |= {number: dumped[ends[i] : ends[i + 1]] for i, number in enumerate(rest)}
        bounds = [0, *accumulate(len(parts[number]) for number in range(len(keys)))]
        data = memoryview(b"".join(parts[number] for number in range(len(keys))))
        return (data, bounds, {}) if layout.layout.fit_all(dumped) else self._sort_out(data, bounds, keys, layout)

    def _open_options(self) -> SocketOptions:
        from lvstui.kernel.ipvs.socket_options import OptionSocket  # a small table needs neither

        return OptionSocket()

    def timeouts(self) -> Timeouts:
        """Idle timeouts, seconds."""
        (answer,) = self._ask(Cmd.GET_CONFIG, 0)
        return timeouts_from(decode(COMMAND, answer))

    def daemons(self) -> tuple[SyncDaemon, ...]:
        """The running sync daemons, master first."""
        answers = self._ask(Cmd.GET_DAEMON, NLM_F_DUMP)
        return tuple(daemon_from(cast(Values, decode(COMMAND, answer)["daemon"])) for answer in answers)

    def send(
        self, changes: Sequence[Change], answered: Callable[[int], None] = lambda count: None
    ) -> Sequence[Outcome]:
        """Carries out the changes in order; a refused one does not stop those after it. `answered` is called now and
        then with the number of further answers. Raises Stale when the kernel does not answer in time; the outcome is
        then unknown until the table is read."""
        from lvstui.kernel.ipvs.refusals import refusal  # whoever only reads need have neither
        from lvstui.kernel.ipvs.writer import requests

        try:
            errors = self._netlink.send(requests(changes), answered)
        except NoTimelyAnswer as late:
            raise Stale("change", f"the kernel did not answer: {late}; its outcome is unknown", "look again") from None
        if not errors:
            return AllDone(changes)
        return tuple(
            Outcome(change, refusal(change, errors[i]) if i in errors else None) for i, change in enumerate(changes)
        )

    def _ask(self, command: int, flags: int, payload: bytes = b"") -> list[bytes]:
        try:
            return self._netlink.ask(command, payload, flags)
        except NetlinkError as error:
            raise _unavailable(error) from None
        except NoTimelyAnswer as late:
            raise _stale(late) from None

    def _pool_request(self, key: ServiceKey) -> bytes:
        return self._netlink.message(Cmd.GET_DEST, key_nest(key), NLM_F_DUMP)

    def _sweep_requests(self, services: PackedServices) -> list[bytes]:
        """One request for each service, rebuilt only when the set of services has changed."""
        keys = services.keys
        if self._requests[0] is not keys:
            around = Memo(self._around)  # nearly all are the same but for the address
            requests = []
            for key in keys:
                fwmark, family, protocol, address, port = key
                before, after = around[fwmark, family, protocol, port]
                requests.append(before + address + after)
            self._requests = (keys, requests)
        return self._requests[1]

    def _around(self, key: tuple[int, int, int, int]) -> tuple[bytes, bytes]:
        """The request for the pool of a service, before its address and after it."""
        fwmark, family, protocol, port = key
        if fwmark:
            return self._pool_request(ServiceKey(fwmark, family, protocol, b"", port)), b""
        length = 4 if family == IPV4 else 16
        whole = self._pool_request(ServiceKey(fwmark, family, protocol, bytes(length), port))
        place = HEADERS + ADDRESS_AT
        return whole[:place], whole[place + length :]

    def _learn(self, data: memoryview) -> DestLayout | None:
        """The layout of real servers, learned from the first one ever seen."""
        if self._dest is None and len(data):
            self._dest = DestLayout.learn(bytes(data[: int.from_bytes(data[:4], byteorder)]))
        return self._dest

    def _pool(self, data: memoryview, family: int) -> Pool:
        at = time.monotonic()
        if not len(data):
            return EmptyPool(at)
        layout = self._learn(data)
        if layout is not None and layout.layout.fit_all(data):
            return PackedPool(at, data, layout)
        return PoolRows(at, general_pool(bytes(data), family))

    def _sort_out(
        self, data: memoryview, bounds: list[int], keys: Sequence[ServiceKey], layout: DestLayout | None
    ) -> tuple[memoryview, list[int], dict[int, Pool]]:
        """Moves pools that do not have the learned layout out of the packed rows."""
        odd: dict[int, Pool] = {}
        messages: list[memoryview] = []
        new = [0]
        for i, key in enumerate(keys):
            part = data[bounds[i] : bounds[i + 1]]
            if layout is not None and layout.layout.fit_all(part):
                messages.append(part)
                new.append(new[-1] + len(part))
            else:
                odd[i] = self._pool(part, key.family)
                new.append(new[-1])
        return memoryview(b"".join(messages)), new, odd


def _buffer(size: int) -> memoryview:
    """New memory for answers. It is mapped and not allocated, so an unfilled page costs nothing."""
    return memoryview(mmap.mmap(-1, size))


def _dump(netlink: Netlink, message: bytes, buffer: memoryview, position: int) -> int:
    try:
        return netlink.dump_into(message, buffer, position)
    except NetlinkError as error:
        raise _unavailable(error) from None
    except NoTimelyAnswer as late:
        raise _stale(late) from None


def _unavailable(error: OSError) -> Unavailable:
    if error.errno == errno.EPERM:
        from lvstui.kernel.privilege import lacking

        return Unavailable("IPVS", *lacking())
    if error.errno == errno.ENOENT:
        return Unavailable("IPVS", MISSING, "modprobe ip_vs")
    if not isinstance(error, NetlinkError):
        return Unavailable("IPVS", f"no netlink socket: {error.strerror}", "see ulimit -n")
    return Unavailable("IPVS", f"the kernel answered: {error.strerror}", "see dmesg")


def _stale(late: NoTimelyAnswer) -> Stale:
    return Stale("IPVS", f"the kernel did not answer: {late}", "it is tried again")

"""The older interface to IPVS: socket options that return all real servers of an IPv4 service in one call, without a
frame around each value, many times cheaper than a netlink dump.

It has less than netlink: no IPv6, no tunnels, and counters of 32 bits. So it serves only sweeps that need no counters
(Scope.uncounted), and of those only services that it describes completely: `read` leaves out every other, and family.py
asks netlink for them. Its entries are put into netlink's own messages (`as_messages`), so nothing above sees a
difference.

Sources: include/uapi/linux/ip_vs.h; ip_vs_ctl.c, do_ip_vs_get_ctl. The kernel refuses a request that has not exactly
the size of its own structures, so an answer shows that the sizes below are right.
"""

from __future__ import annotations

import errno
import os
from _collections_abc import Callable, Mapping, Sequence
from _socket import AF_INET, IPPROTO_IP, SOCK_CLOEXEC, SOCK_DGRAM, ntohs, socket
from mmap import mmap
from struct import Struct, calcsize
from sys import byteorder

from lvstui.director.model import IPV4, Forward, ServiceKey
from lvstui.values import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from lvstui.kernel.ipvs.pools import DestLayout

GET_SERVICES: Final = 64 + 1024 + 64 + 2
GET_DESTS: Final = 64 + 1024 + 64 + 4

_STATS: Final = "3I4x2Q5I4x"
"""struct ip_vs_stats_user where a pointer has 8 bytes. It is not read here, but it takes room."""
SERVICE: Final = Struct(f"=H2x4s2s2xI16sIIII{_STATS}")
"""struct ip_vs_service_entry: protocol, address, port, fwmark, scheduler, flags, timeout, netmask, number of real
servers."""
DEST: Final = Struct(f"=4s2s2xIiIIIII4x{_STATS}")
"""struct ip_vs_dest_entry: address, port, forwarding method with other flags, weight, upper, lower, active, inactive
and persistent connections."""
SERVICES_HEAD: Final = Struct("=I4x")
"""struct ip_vs_get_services before its table: the number of services."""
DESTS_HEAD: Final = Struct("=16sI4x")
"""struct ip_vs_get_dests before its table: the first bytes of the service's entry, which name it, and the number of
real servers."""

_NUMBERED: Final = Struct(f"=16s28xI{SERVICE.size - 48}x")
"""Of a service, the bytes that name it, and its number of real servers."""
_NAME: Final = Struct("=H2x4sH2xI")
_NAMING_WORDS: Final = (0, 1, 2, 3, 11)
"""The words of a service that say the same."""
_WORDS: Final = (
    *(("address", 0), ("port", 4), ("weight", 12), ("upper", 16), ("lower", 20)),
    *(("active", 24), ("inactive", 28), ("persistent", 32)),
)
"""Where netlink's values of a real server stand here, each in 4 bytes."""
_METHOD_AT: Final = 8 if byteorder == "little" else 11
_METHODS: Final = bytes(byte & 7 for byte in range(256))
"""The forwarding method is in the last three bits."""


class SocketOptions(Protocol):
    """The kernel's end."""

    def over(self, buffer: memoryview) -> Callable[[int, int, int], int]:
        """A function of an option, a position and a length: that part of the buffer is the request, and the answer is
        written over it. It returns an errno, 0 for none."""

    def close(self) -> None: ...


class OptionPools(NamedTuple):
    """`places`: the number of each service of which all is known, and the first of its entries and the one after its
    last. `entries` has them in the order of the services, and those of others in between."""

    places: dict[int, tuple[int, int]]
    entries: memoryview


class OptionSocket:
    """A socket, and the C library's own getsockopt: Python's passes no request, and no more than 1,024 bytes."""

    def __init__(self) -> None:
        """Raises OSError, ImportError."""
        if calcsize("P") != 8:
            raise OSError(errno.ENOTSUP, "a pointer has not 8 bytes")
        # Not ctypes, which takes as many instructions to load as half an interpreter takes to start.
        from _ctypes import FUNCFLAG_CDECL, FUNCFLAG_USE_ERRNO, CFuncPtr, _SimpleCData, dlopen, dlsym

        class Number(_SimpleCData):  # type: ignore[type-arg]
            _type_ = "i"

        class Pointer(_SimpleCData):  # type: ignore[type-arg]
            _type_ = "P"

        class Byte(_SimpleCData):  # type: ignore[type-arg]
            _type_ = "c"

        class Function(CFuncPtr):
            _flags_ = FUNCFLAG_CDECL | FUNCFLAG_USE_ERRNO
            _restype_ = Number
            _argtypes_ = (Number, Number, Number, Pointer, Pointer)

        self._byte, self._length = Byte, Number()
        this_process: Any = None
        self._call = Function(dlsym(dlopen(this_process, 0), "getsockopt"))
        self._socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC)

    def over(self, buffer: memoryview) -> Callable[[int, int, int], int]:
        from _ctypes import addressof, get_errno

        first = self._byte.from_buffer(buffer)  # keeps the buffer where it is
        start, length, handle, call = addressof(first), self._length, self._socket.fileno(), self._call
        place = addressof(length)

        def ask(option: int, position: int, size: int, _alive: object = first) -> int:
            length.value = size
            return get_errno() if call(handle, IPPROTO_IP, option, start + position, place) else 0

        return ask

    def close(self) -> None:
        self._socket.close()


def read(kernel: SocketOptions, keys: Sequence[ServiceKey]) -> OptionPools:
    """The real servers of these services, of each in the kernel's own order. Raises OSError where the kernel does not
    answer so.

    Between two tables of the services, which say how many real servers each has: a service counts only where both say
    so many as there are. Others have been changed meanwhile, or have a server of the other family, which is not shown.
    Only what comes and goes again between the two is not noticed, as in a netlink dump of several parts.
    """
    many = sum(key.family == IPV4 for key in keys)
    before = _services(kernel, many)
    numbered = _numbers(before)
    buffer = memoryview(mmap(-1, DESTS_HEAD.size + (sum(n for _, n in numbered.values()) + 1) * DEST.size))
    places = _pools(kernel.over(buffer), buffer, keys, numbered)
    rows = max((last for _, last in places.values()), default=0)
    entries = buffer[DESTS_HEAD.size : DESTS_HEAD.size + rows * DEST.size]
    after = _services(kernel, many)
    if _names(before) != _names(after):
        again = _numbers(after)
        places = {at: place for at, place in places.items() if again.get(keys[at]) == numbered[keys[at]]}
    methods = entries[_METHOD_AT :: DEST.size].tobytes().translate(_METHODS)
    if Forward.TUNNEL in methods:
        places = {at: place for at, place in places.items() if Forward.TUNNEL not in methods[slice(*place)]}
    return OptionPools(places, entries)


def _pools(
    ask: Callable[[int, int, int], int],
    buffer: memoryview,
    keys: Sequence[ServiceKey],
    numbered: Mapping[tuple[int, int, int, bytes, int], tuple[bytes, int]],
) -> dict[int, tuple[int, int]]:
    """Fills the buffer with the entries of one pool after the other. Each is asked for one more than it should have,
    whose place must stay empty. A request is written over the end of the entry before it: over its rates, which nobody
    reads."""
    words, head, size, pack = buffer.cast("I"), DESTS_HEAD.size, DEST.size, DESTS_HEAD.pack
    last, spare = (head - size) // 4, head // 4  # from the end of the entries, the words that are addresses
    places: dict[int, tuple[int, int]] = {}
    row = 0
    for at, key in enumerate(keys):
        number = numbered.get(key)
        if number is None:
            continue
        name, count = number
        if count:
            start, end = row * size, (row + count) * size
            buffer[start : start + head] = pack(name, count + 1)
            code = ask(GET_DESTS, start, head + end - start + size)
            if code or not words[last + end // 4] or words[spare + end // 4]:
                if code not in (0, errno.ESRCH):
                    raise OSError(code, os.strerror(code))
                buffer[start : head + end + size] = bytes(head + end - start + size)
                continue
        places[at] = row, row + count
        row += count
    return places


def _services(kernel: SocketOptions, many: int) -> memoryview:
    """The table of the IPv4 services, this many at most."""
    buffer = memoryview(bytearray(SERVICES_HEAD.pack(many)) + bytearray(many * SERVICE.size))
    code = kernel.over(buffer)(GET_SERVICES, 0, len(buffer))
    if code:
        raise OSError(code, os.strerror(code))
    return buffer[SERVICES_HEAD.size :]


def _names(table: memoryview) -> list[bytes]:
    """What tells one table from another: all but the counters."""
    words, step = table.cast("I"), SERVICE.size // 4
    return [words[at::step].tobytes() for at in _NAMING_WORDS]


def _numbers(table: memoryview) -> dict[tuple[int, int, int, bytes, int], tuple[bytes, int]]:
    """The bytes that name a service and its number of real servers, by the service's key."""
    numbers: dict[tuple[int, int, int, bytes, int], tuple[bytes, int]] = {}
    for row in _NUMBERED.iter_unpack(table):
        protocol, address, port, mark = _NAME.unpack(row[0])
        numbers[(mark, IPV4, 0, b"", 0) if mark else (0, IPV4, protocol, address, ntohs(port))] = row
    numbers.pop((0, IPV4, 0, bytes(4), 0), None)  # a place that stayed empty, as a service was deleted meanwhile
    return numbers


def as_messages(entries: memoryview, layout: DestLayout) -> memoryview:
    """These real servers as netlink would send them, but for the counters and rates, which are 0."""
    where, size = layout.layout.positions, layout.size
    blank = bytearray(layout.layout.blank)
    start, _, length = where["family"]
    blank[start : start + length] = AF_INET.to_bytes(length, byteorder)
    data = memoryview(blank * (len(entries) // DEST.size))
    there, here = data.cast("I"), entries.cast("I")
    for name, place in _WORDS:
        there[where[name][0] // 4 :: size // 4] = here[place // 4 :: DEST.size // 4]
    start, _, length = where["forward"]
    methods = entries[_METHOD_AT :: DEST.size].tobytes().translate(_METHODS)
    data[start + (length - 1 if byteorder == "big" else 0) :: size] = methods
    return data

"""A kernel with recorded answers, inside the process, so that a verb's cost can be counted without a real kernel.

    python tests/bench/canned.py make FILE SERVICES SERVERS   the answers of such a table (0 0: an empty one)
    python tests/bench/canned.py FILE ARGUMENTS...            lvstui's command line on that kernel

It takes whatever it is told to change and goes on answering the same. Imports little, for what it imports is counted.
"""

from __future__ import annotations

import errno
import marshal
import sys
from _collections_abc import Callable
from struct import Struct, pack

_REQUEST = Struct("=IHHIIBB")
FAMILY, _SHOWN = 28, 32768


class Canned:
    """The kernel's end of every netlink socket: `services` is the services' dump, and `dests` that of each service's
    real servers by the payload of its request. `table` and `entries` are the same as socket options tell it; entries
    by the bytes that name a service. Counts calls of sockets, messages by command, and socket options by number."""

    def __init__(
        self, services: bytes, dests: dict[bytes, bytes], table: bytes = b"", entries: dict[bytes, bytes] | None = None
    ) -> None:
        self.services = services
        self.dests = dests
        self.table = table
        self.entries = entries or {}
        self.calls = 0
        self.messages: dict[int, int] = {}
        self.options: dict[int, int] = {}
        self._waiting: list[bytes] = []

    def send(self, data: bytes) -> int:
        self.calls += 1
        position = 0
        while position < len(data):
            length, family, flags, number, _, command, _ = _REQUEST.unpack_from(data, position)
            payload = data[position + 20 : position + length]
            self.messages[command] = self.messages.get(command, 0) + (family == FAMILY)
            self._answer(family, command, flags, number, payload)
            position += length
        return len(data)

    def _answer(self, family: int, command: int, flags: int, number: int, payload: bytes) -> None:
        done = pack("=IHHII", 20, 3, 2, number, 0) + bytes(4)
        if family != FAMILY:
            body = pack("=HHHH", 6, 1, FAMILY, 0)
            self._waiting = [_message(number, 1, body), _acknowledged(number)]
        elif command == 15:
            self._waiting = [_message(number, 15, pack("=HHIHHI", 8, 1, 0x10201, 8, 2, 4096))]
        elif command == 13:
            self._waiting = [_message(number, 13, pack("=HHIHHIHHI", 8, 4, 900, 8, 5, 120, 8, 6, 300))]
        elif command == 11:
            self._waiting = [done]
        elif command == 4:
            self._waiting = [*_datagrams(self.services), done]
        elif command == 8:
            self._waiting = [*_datagrams(self.dests[payload]), done]
        elif flags & 4:
            self._waiting = [_acknowledged(number)]

    def over(self, buffer: memoryview) -> Callable[[int, int, int], int]:
        from lvstui.kernel.ipvs.socket_options import DESTS_HEAD, GET_SERVICES, SERVICES_HEAD

        def ask(option: int, position: int, length: int) -> int:
            self.options[option] = self.options.get(option, 0) + 1
            head, answer = SERVICES_HEAD.size, self.table
            if option != GET_SERVICES:
                name = bytes(buffer[position : position + 16])
                if name not in self.entries:
                    return errno.ESRCH
                head, answer = DESTS_HEAD.size, self.entries[name]
            answer = answer[: length - head]
            buffer[position + head : position + head + len(answer)] = answer
            return 0

        return ask

    def recv(self, size: int) -> bytes:
        self.calls += 1
        if not self._waiting:
            raise BlockingIOError(errno.EAGAIN, "nothing")
        return self._waiting.pop(0)

    def recv_into(self, buffer: memoryview, size: int = 0) -> int:
        data = self.recv(size)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        pass


def _message(number: int, command: int, body: bytes) -> bytes:
    return _REQUEST.pack(20 + len(body), FAMILY, 0, number, 0, command, 1) + bytes(2) + body


def _acknowledged(number: int) -> bytes:
    return pack("=IHHIIi", 20, 2, 0, number, 0, 0)


def _datagrams(data: bytes) -> list[bytes]:
    """Parts as large as the kernel makes them, each of whole messages."""
    if len(data) <= _SHOWN:
        return [data] if data else []
    size = int.from_bytes(data[:4], sys.byteorder)
    step = _SHOWN // size * size
    return [data[start : start + step] for start in range(0, len(data), step)]


def install(canned: Canned) -> None:
    """From now on every netlink socket of this process talks to it, and every socket option."""
    from lvstui.kernel import proc
    from lvstui.kernel.ipvs.family import Ipvs
    from lvstui.kernel.netlink import Netlink

    Netlink._open = lambda link: canned  # type: ignore[method-assign, assignment, return-value]
    Ipvs._open_options = lambda ipvs: canned  # type: ignore[method-assign, assignment]
    proc.present = lambda: True


_ORDER = (
    *("address", "port", "forward", "weight", "tunnel_kind", "tunnel_port", "tunnel_flags", "upper", "lower"),
    *("active", "inactive", "persistent", "family", "stats32", "stats"),
)
"""In which the kernel fills a destination (ip_vs_genl_fill_dest)."""


def make(services: int, servers: int) -> Canned:
    """The answers of Debian's kernel for the bench's table."""
    from lvstui.kernel.ipvs.attributes import COUNTERS, DEST, RATES, SERVICE, Values, encode
    from lvstui.kernel.ipvs.keys import key_nest
    from lvstui.kernel.ipvs.rules import server_values, service_values
    from lvstui.kernel.ipvs.socket_options import DEST as ENTRY
    from lvstui.kernel.ipvs.socket_options import SERVICE as TABLED
    from tests.bench.table import table

    stats: Values = dict.fromkeys((*COUNTERS, *RATES), 0)
    both: dict[str, int | str | bytes | Values] = {
        "stats32": stats,
        "stats": stats,
        "active": 0,
        "inactive": 0,
        "persistent": 0,
    }
    rows = {row.name: row for row in DEST}
    dest = tuple(rows[name] for name in _ORDER)
    found, dests, tabled, entries = [], {}, [], {}
    for key, entry in table(services, servers).items():
        found.append(_nested(4, 1, encode(SERVICE, {**service_values(entry.service), **both})))
        pool = [_nested(8, 2, encode(dest, {**server_values(server), **both})) for server in entry.servers.values()]
        dests[key_nest(key)] = b"".join(reversed(pool))  # newest first
        name = (key.protocol, key.address, key.port.to_bytes(2, "big"), key.fwmark)
        tabled.append(TABLED.pack(*name, b"wlc", 2, 0, 0xFFFFFFFF, len(pool), *bytes(10)))
        there = [
            ENTRY.pack(server[0][1], server[0][2].to_bytes(2, "big"), 256 + server.forward, server.weight, *bytes(15))
            for server in reversed([*entry.servers.values()])
        ]
        entries[tabled[-1][:16]] = b"".join(there)
    return Canned(b"".join(found), dests, b"".join(tabled), entries)


def _nested(command: int, number: int, nest: bytes) -> bytes:
    return _message(0, command, pack("=HH", 4 + len(nest), number) + nest)


def load(path: str) -> Canned:
    with open(path, "rb") as file:
        return Canned(*marshal.load(file))


def main(words: list[str]) -> int:
    if words[0] == "make":
        canned = make(int(words[2]), int(words[3]))
        with open(words[1], "wb") as file:
            marshal.dump((canned.services, canned.dests, canned.table, canned.entries), file)
        return 0
    install(load(words[0]))
    from lvstui import cli

    return cli.main(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

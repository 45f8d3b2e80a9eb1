"""Reads the connection table of this network namespace, within limits.

Before Linux 6.14, each read(2) of these files walks the table from its beginning and returns a page of 62 rows, so the
time grows with the square of the rows: ten thousand rows take a tenth of a second whatever the table's size, a million
take an hour. So rows and seconds are limited, and the caller can stop between two reads.

In ip_vs_conn_sync the word after a row's state says where the connection came from; in ip_vs_conn the last words are
the persistence engine of a template (ip_vs_conn.c). The second file is read only where a service has an engine.
"""

from __future__ import annotations

import os
import time
from binascii import unhexlify
from collections.abc import Callable
from socket import AF_INET6, inet_pton

from lvstui.director.connections import Connection, ConnectionSample, ReadLimits
from lvstui.director.errors import Unavailable
from lvstui.director.model import SCTP, TCP, UDP, ServerKey, family_of
from lvstui.plain import plain

TOLD, ENGINES = "/proc/net/ip_vs_conn_sync", "/proc/net/ip_vs_conn"
_PROTOCOLS = {b"IP": 0, b"TCP": TCP, b"UDP": UDP, b"SCTP": SCTP, b"ICMP": 1, b"ICMPv6": 58}
_ORIGINS = {b"LOCAL": False, b"SYNC": True}
_CHUNK = 65536
_STATE, _DATA = 16, 200
"""The most letters kept of a state, and of the data of a persistence engine, which comes from the client."""


def read(
    limits: ReadLimits, going: Callable[[], bool] = lambda: True, path: str = TOLD, engines: str = ENGINES
) -> ConnectionSample:
    """Reads the first rows of the table while `going` returns True. Raises Unavailable where they cannot be read."""
    began = time.monotonic()
    if not limits.engines:
        rows, seen, mangled, whole = _read(path, True, limits, began + limits.seconds, going)
    else:
        rows, seen, mangled, whole = _read(engines, False, limits, began + limits.seconds / 2, going)
        same = limits._replace(rows=seen) if not whole else limits
        origins, *_ = _read(path, True, same, began + limits.seconds, going)
        of = {_identity(row): row.synced for row in origins}
        rows = [row._replace(synced=of.get(_identity(row))) for row in rows]
    return ConnectionSample(tuple(rows), seen, mangled, whole, time.time(), time.monotonic() - began)


def _read(
    name: str, with_origin: bool, limits: ReadLimits, until: float, going: Callable[[], bool]
) -> tuple[list[Connection], int, int, bool]:
    parsed = Rows(with_origin)
    rows: list[Connection] = []
    seen = mangled = 0
    rest = b""
    try:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(name, error.strerror or str(error), "run as root") from None
    try:
        while going() and time.monotonic() < until:
            chunk = os.read(file, _CHUNK)
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            if len(rest) > _CHUNK or (rest and not chunk):
                mangled, rest = mangled + 1, b""
            for line in lines:
                if line.startswith(b"Pro ") or not line:
                    continue
                row = parsed.row(line)
                if row is None:
                    mangled += 1
                    continue
                if seen == limits.rows:
                    return rows, seen, mangled, False
                seen += 1
                if limits.clients is None or row.client in limits.clients:
                    rows.append(row)
            if not chunk:
                return rows, seen, mangled, True
    except OSError as error:
        raise Unavailable(name, error.strerror or str(error)) from None
    finally:
        os.close(file)
    return rows, seen, mangled, False


def _identity(row: Connection) -> tuple[object, ...]:
    return row[:6]


class Rows:
    """Parses lines into rows. Repeated addresses, servers and states share one object, so a sample takes less
    memory."""

    def __init__(self, with_origin: bool) -> None:
        """`with_origin`: each row says where the connection came from."""
        self._with_origin = with_origin
        self._addresses: dict[bytes, bytes] = {}
        self._servers: dict[tuple[bytes, bytes], ServerKey] = {}
        self._states: dict[bytes, str] = {}

    def row(self, line: bytes) -> Connection | None:
        """Parses a line, None where it cannot be parsed. The words may have any width: a protocol of four letters moves
        the columns."""
        words = line.split(None, 10)
        try:
            name, client, client_port, virtual, virtual_port, server, server_port, state = words[:8]
            left = words[9 if self._with_origin else 8]
            synced = _ORIGINS[words[8]] if self._with_origin else None
            protocol = _PROTOCOLS[name] if name in _PROTOCOLS else _number(name.removeprefix(b"IP_"))
            engine = data = ""
            if not self._with_origin and len(words) > 9:
                engine = plain(words[9][:_STATE].decode("ascii", "replace"))
                data = plain(b" ".join(words[10:])[:_DATA].decode("utf-8", "replace"))
            return Connection(
                protocol,
                self._address(client),
                _port(client_port),
                self._address(virtual),
                _port(virtual_port),
                self._server(server, server_port),
                self._state(state),
                _number(left),
                synced,
                engine,
                data,
            )
        except (ValueError, IndexError, KeyError, OSError):
            return None

    def _address(self, word: bytes) -> bytes:
        known = self._addresses.get(word)
        if known is None:
            known = self._addresses[word] = _address(word)
        return known

    def _server(self, address: bytes, port: bytes) -> ServerKey:
        known = self._servers.get((address, port))
        if known is None:
            packed = self._address(address)
            known = self._servers[address, port] = ServerKey(family_of(packed), packed, _port(port))
        return known

    def _state(self, word: bytes) -> str:
        known = self._states.get(word)
        if known is None:
            known = self._states[word] = plain(word[:_STATE].decode("ascii", "replace"))
        return known


def _address(word: bytes) -> bytes:
    """`C0A8500A`, or IPv6 with all its digits or as it is written. Raises ValueError, OSError."""
    if b":" in word:
        return inet_pton(AF_INET6, word.decode("ascii"))
    if len(word) != 8:
        raise ValueError(word)
    return unhexlify(word)


def _port(word: bytes) -> int:
    if len(word) != 4:
        raise ValueError(word)
    return int(word, 16)


def _number(word: bytes) -> int:
    """Raises ValueError."""
    if len(word) > 10 or not word.isdigit():
        raise ValueError(word)
    return int(word)

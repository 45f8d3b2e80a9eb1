"""What both sides say to each other. The near side asks, one request at a time; the far side answers with frames.

    near -> far    one line of JSON a request: {"read": {...}, "whole": true}, {"prove": [...]}, {"ping": true}
    far  -> near   \\n LVSTUI1 NONCE \\n, a hello, and then an answer to each request

A frame is `kind (1 byte)  taken (8, seconds of the epoch)  length (4)  crc32 (4)  payload`, as on a tape. What comes
before the line with the nonce is whatever the login said there, and is dropped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from math import isfinite
from struct import Struct
from typing import Any
from zlib import crc32

from lvstui.director.errors import BadInput, LvsError, NotDone, Stale, Unavailable
from lvstui.director.model import ServiceKey
from lvstui.director.source import Scope
from lvstui.director.vrrp.passwords import SIZE, PasswordQuestion
from lvstui.plain import plain
from lvstui.values import NamedTuple

PROTOCOL = 1
"""The version of the protocol; it changes when the two sides would no longer understand each other."""

HELLO, WHOLE, DIFFERENCE, NEWS, ERROR, PONG, PROVED = b"H", b"K", b"D", b"N", b"E", b"P", b"V"
_LARGEST = 1 << 24
LIMITS: Mapping[bytes, int] = {
    HELLO: 4096,
    WHOLE: _LARGEST,
    DIFFERENCE: _LARGEST,
    NEWS: 0,
    ERROR: 4096,
    PONG: 0,
    PROVED: 1 << 16,
}
"""The most bytes in the payload of each kind."""
UNPACKED = 1 << 23
"""The most bytes in the rules and fields of a frame, unpacked."""
NOISE = 1 << 16
"""The most bytes that a login may print before the reader starts."""
REQUEST = 1 << 16
"""The most bytes in a request."""
SILENCE = 60
"""Seconds without a request after which the far side ends itself."""
CALLS = 20.0
"""Seconds without a request after which the near side checks that the far side is still there."""
_LAST = 2.0**36
_WORDS = 2000

_HEAD = Struct(">cdII")
_ERRORS: Mapping[str, type[LvsError]] = {
    kind.__name__: kind for kind in (Unavailable, Stale, NotDone, BadInput, LvsError)
}


class Broken(Exception):
    """The other side did not follow the protocol."""


class WireFrame(NamedTuple):
    kind: bytes
    taken: float
    payload: bytes


class Hello(NamedTuple):
    """Who answers. `sent`: it is the reader that was sent, and not an installed lvstui. `user`: the user id that it
    runs as."""

    protocol: int
    lvstui: str = ""
    python: str = ""
    user: int = -1
    host: str = ""
    clock: float = 0.0
    sent: bool = True


class Request(NamedTuple):
    """`scope`: what to read, None for nothing. `whole`: answer with a complete frame. `prove`: questions about
    passwords. With neither it is a ping."""

    scope: Scope | None
    whole: bool = False
    prove: tuple[PasswordQuestion, ...] = ()


def mark(nonce: bytes) -> bytes:
    """The line after which the frames begin."""
    return b"\nLVSTUI1 " + nonce + b"\n"


def packed(kind: bytes, payload: bytes = b"") -> bytes:
    return _HEAD.pack(kind, time.time(), len(payload), crc32(payload)) + payload


class Frames:
    """Turns arriving bytes into frames."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def begun(self, nonce: bytes) -> bytes | None:
        """The bytes before the first frame, which are dropped; None while there is no frame. Raises Broken."""
        line = mark(nonce)
        at = self.buffer.find(line)
        if at < 0:
            if len(self.buffer) > NOISE:
                raise Broken("it prints too much before the protocol starts")
            return None
        before = bytes(self.buffer[:at])
        del self.buffer[: at + len(line)]
        return before

    def next(self) -> WireFrame | None:
        """The next frame, None while it is incomplete. Raises Broken."""
        if len(self.buffer) < _HEAD.size:
            return None
        kind, taken, size, checksum = _HEAD.unpack_from(self.buffer)
        if size > LIMITS.get(kind, -1):
            raise Broken(f"no frame of ours: {kind!r} of {size} bytes")
        if not -_LAST < taken < _LAST:
            raise Broken("a frame has an impossible time")
        if len(self.buffer) < _HEAD.size + size:
            return None
        payload = bytes(self.buffer[_HEAD.size : _HEAD.size + size])
        del self.buffer[: _HEAD.size + size]
        if crc32(payload) != checksum:
            raise Broken("a frame is damaged")
        return WireFrame(kind, taken, payload)


def request_line(scope: Scope, whole: bool) -> bytes:
    """A request to read. Where it names too many services, all are read instead. Its answer always has counters."""
    flags = {name: True for name in Scope._fields[1:] if getattr(scope, name) and name != "uncounted"}
    keys = [[key.fwmark, key.family, key.protocol, key.address.hex(), key.port] for key in sorted(scope.services)]
    line = _line({"read": {**flags, "services": keys}, "whole": whole})
    if len(line) <= REQUEST:
        return line
    return _line({"read": {**flags, "sweep": True}, "whole": whole})


def to_prove(questions: Sequence[PasswordQuestion]) -> bytes:
    """A request for elements or proofs. A far side that is too old to know it answers as to a ping."""
    return _line({"prove": [[part.hex() for part in question] for question in questions]})


def ping() -> bytes:
    return _line({"ping": True})


def _line(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request, separators=(",", ":")).encode() + b"\n"


def request(line: bytes) -> Request:
    """Parses a request. Raises Broken."""
    try:
        message = json.loads(line)
        if "prove" in message:
            return Request(None, prove=tuple(PasswordQuestion(*map(_part, parts)) for parts in message["prove"]))
        if "read" not in message:
            return Request(None)
        read = message["read"]
        flags = {name: read[name] is True for name in Scope._fields[1:] if name in read and name != "uncounted"}
        keys = frozenset(
            ServiceKey(fwmark, family, protocol, bytes.fromhex(address), port)
            for fwmark, family, protocol, address, port in read.get("services", ())
        )
        return Request(Scope(keys, **flags), message.get("whole") is True)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Broken(f"no request of ours: {error}") from None


def _part(text: str) -> bytes:
    """A stand-in, an element or a proof. Raises ValueError, TypeError."""
    part = bytes.fromhex(text)
    if len(part) > SIZE:
        raise ValueError("a part is too long")
    return part


def proved(answers: Sequence[bytes]) -> bytes:
    """Elements or proofs as a frame."""
    return packed(PROVED, json.dumps([answer.hex() for answer in answers]).encode())


def proved_of(payload: bytes, count: int) -> tuple[bytes, ...]:
    """So many elements or proofs. Raises Broken."""
    try:
        answers = json.loads(payload)
        if type(answers) is not list or len(answers) != count:
            raise ValueError
        return tuple(map(_part, answers))
    except (ValueError, TypeError, RecursionError):
        raise Broken("its proof cannot be read") from None


def hello(greeting: Hello) -> bytes:
    return packed(HELLO, json.dumps(greeting._asdict()).encode()[: LIMITS[HELLO]])


def hello_of(payload: bytes) -> Hello:
    """Raises Broken."""
    values = _table(payload)
    kinds = {"protocol": int, "lvstui": str, "python": str, "user": int, "host": str, "clock": float, "sent": bool}
    fields = {name: values[name] for name, kind in kinds.items() if type(values.get(name)) is kind}
    if "protocol" not in fields:
        raise Broken("its hello cannot be read")
    said: Any = {name: plain(value[:256]) if isinstance(value, str) else value for name, value in fields.items()}
    if not isfinite(said.get("clock", 0.0)):
        raise Broken("its clock cannot be read")
    return Hello(**said)


def complaint(error: LvsError) -> bytes:
    """An error as a frame."""
    words = [error.what[:_WORDS], error.why[:_WORDS], error.mend[:_WORDS]]
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _ERRORS), "LvsError")
    payload = json.dumps({"error": name, "words": words}, ensure_ascii=False).encode("utf-8", "replace")
    if len(payload) > LIMITS[ERROR]:
        short = [word[:200] for word in words]
        payload = json.dumps({"error": name, "words": short}, ensure_ascii=False).encode("utf-8", "replace")
    return packed(ERROR, payload)


def error_of(payload: bytes) -> LvsError:
    """Turns a frame back into an error. Raises Broken."""
    values = _table(payload)
    words = values.get("words")
    if type(words) is not list or len(words) != 3 or not all(type(word) is str for word in words):
        raise Broken("its complaint cannot be read")
    kind = _ERRORS.get(str(values.get("error")), Unavailable)
    return kind(*(plain(word[:_WORDS]) for word in words))


def _table(payload: bytes) -> dict[str, Any]:
    try:
        values = json.loads(payload)
    except (ValueError, RecursionError):
        raise Broken("its message cannot be read") from None
    if type(values) is not dict:
        raise Broken("its message cannot be read")
    return values

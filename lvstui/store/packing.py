"""The bytes of a frame: its head as JSON, its numbers as columns of differences, all of it compressed."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Mapping, Sequence
from operator import add, sub
from struct import Struct
from typing import Any

from lvstui.store.pictures import SERVER, SERVICE

GAUGES = (0, 1, 2)
"""The columns of a server's numbers that fall as often as they rise."""
_LENGTHS = Struct(">III")
_MASK = 2**64 - 1
_CONTAINERS = 2**20
"""The most lists and objects in a head."""


def columns(now: Sequence[int], before: Sequence[int], width: int, gauges: Sequence[int] = ()) -> bytes:
    """Encodes differences column by column, the lowest bytes of all values first, then the next: zeros take no room
    once compressed."""
    parts = []
    for column in range(width):
        old = before[column::width]
        grown = list(map(sub, now[column::width], old)) if old else list(now[column::width])
        if column in gauges:
            grown = [(value << 1) ^ (value >> 63) for value in grown]
        elif grown and min(grown) < 0:
            grown = [value & _MASK for value in grown]
        data = array("Q", grown).tobytes()
        parts += [data[plane::8] for plane in range(8)]
    return b"".join(parts)


def summed(data: bytes, before: Sequence[int], width: int, gauges: Sequence[int] = ()) -> list[int]:
    """Decodes the numbers. Raises ValueError when their count does not match the rules."""
    rows, odd = divmod(len(data), width * 8)
    if odd or rows * width != len(before):
        raise ValueError(f"{len(data)} bytes for {len(before)} numbers")
    numbers = [0] * len(before)
    for column in range(width):
        raw = bytearray(rows * 8)
        for plane in range(8):
            raw[plane::8] = data[(column * 8 + plane) * rows :][:rows]
        grown = array("Q", bytes(raw)).tolist()
        if column in gauges:
            grown = [(value >> 1) ^ -(value & 1) for value in grown]
        values = list(map(add, before[column::width], grown))
        if values and max(values) > _MASK:
            values = [value & _MASK for value in values]
        numbers[column::width] = values
    return numbers


def packed(head: Mapping[str, Any], *columns: bytes) -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    lengths = _LENGTHS.pack(len(text), *map(len, columns))
    return zlib.compress(b"".join((lengths, text, *columns)), 3)


class Unpacked:
    """A payload that is unpacked only as far as its content has proved possible."""

    def __init__(self, payload: bytes, largest: int) -> None:
        """Raises ValueError, zlib.error."""
        self._unpacker = zlib.decompressobj()
        self._packed = payload
        text, self.services, self.servers = _LENGTHS.unpack(self.take(_LENGTHS.size))
        if text > largest:
            raise ValueError(f"its rules and fields are larger than {largest >> 20} MB")
        data = self.take(text)
        if data.count(b"[") + data.count(b"{") > _CONTAINERS:
            raise ValueError("it has too many parts")
        self.head = json.loads(data)
        if type(self.head) is not dict:
            raise ValueError("it has no head")

    def take(self, size: int) -> bytes:
        """The next bytes, just so many."""
        if not size:
            return b""
        data = self._unpacker.decompress(self._packed, size)
        self._packed = self._unpacker.unconsumed_tail
        if len(data) != size:
            raise ValueError("the payload is not whole")
        return data

    def expect(self, services: int, servers: int) -> None:
        """Checks that there are as many numbers as rows. Raises ValueError."""
        if (self.services, self.servers) != (services * SERVICE * 8, servers * SERVER * 8):
            raise ValueError("the payload is not as long as it says")

    def last(self, size: int) -> bytes:
        """The last bytes."""
        data = self.take(size)
        if self._unpacker.decompress(self._packed, 1) or not self._unpacker.eof:
            raise ValueError("the payload is not as long as it says")
        return data

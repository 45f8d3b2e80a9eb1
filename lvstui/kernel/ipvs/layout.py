"""The fast decoder: a layout is learned from one message and verified on every other.

All messages of one kind from one kernel have the same layout: the same attributes in the same order with the same
lengths; only their values differ. So one message is walked attribute by attribute. The positions of the wanted values
become one struct format, and all other bytes (lengths, attribute numbers) become a mask and its expected value. A
message, or a thousand at once, has this layout when `bytes & mask == expected`, computed on one big integer. Any other
message is decoded the general way (attributes.decode), so a kernel with another layout is slower, never wrong.
"""

from __future__ import annotations

from _collections_abc import Iterator, Mapping
from struct import Struct
from sys import byteorder

from lvstui.kernel.ipvs.attributes import COMMAND, HEAD, NEST, TEXT, TYPE_MASK, Attribute, AttributeKind, Values, decode

HEADERS = 20
"""Bytes of nlmsghdr and genlmsghdr before the first attribute."""

_LENGTH = Struct("=I")

_FIXED_HEADER = bytes([255] * 6 + [0] * 10 + [255] + [0] * 3)
"""In the headers, length, type and command must be equal; flags, sequence and port may differ."""


class MessageLayout:
    """The layout of one kind of message. `size`: its bytes, aligned. `positions`: the position of each value, by path
    name."""

    def __init__(self, message: bytes) -> None:
        """Learns from one message with its headers. Raises ValueError when it is malformed."""
        self.size = len(message)
        mask = bytearray(self.size)
        mask[:HEADERS] = _FIXED_HEADER
        self.positions: dict[str, tuple[int, AttributeKind, int]] = {}
        for header, path, start, end, row in _walk(COMMAND, message, HEADERS, self.size, ""):
            mask[header : header + 4] = b"\xff\xff\xff\xff"
            if row is not None and row.kind is not NEST:
                self.positions[path] = (start, row.kind, end - start)
        self._mask = bytes(mask)
        self._expected = bytes(m & b for m, b in zip(mask, message, strict=True))
        self._ints = int.from_bytes(self._mask, byteorder), int.from_bytes(self._expected, byteorder)
        words = {at for at in range(0, self.size - self.size % 4, 4) if self._mask[at : at + 4] == b"\xff\xff\xff\xff"}
        single = [at for at in range(self.size) if self._mask[at] and at & ~3 not in words]
        self._words = [(at // 4, self._expected[at : at + 4]) for at in sorted(words)]
        self._single = [(at, self._expected[at : at + 1]) for at in single]

    def fits(self, data: bytes | memoryview) -> bool:
        """Whether `data` is a message that lies so."""
        if len(data) != self.size:
            return False
        return int.from_bytes(data, byteorder) & self._ints[0] == self._ints[1]

    def fit_all(self, data: memoryview) -> bool:
        """The same for any number of messages: it compares word by word over all of them, which is ten times faster for
        many."""
        size = self.size
        count, rest = divmod(len(data), size)
        if rest or size % 4:
            return False
        words, step = data.cast("I"), size // 4
        # Compared where they lie: to copy them out first takes twice as many instructions.
        return all(words[at::step] == memoryview(word * count).cast("I") for at, word in self._words) and all(
            data[at::size] == byte * count for at, byte in self._single
        )

    def struct(self, names: tuple[str | tuple[str, str], ...]) -> Struct | None:
        """A format that reads these values, in this order, from the start of a message, with the message's length. None
        where the kernel does not send one of them, or sends them in another order."""
        code, position = "=", 0
        for name in names:
            first, last = (name, name) if isinstance(name, str) else name
            if first not in self.positions or last not in self.positions:
                return None
            (start, kind, _), end = self.positions[first], self._end(last)
            if start < position or end < start:
                return None
            whole = kind is TEXT or first is not last
            code += f"{start - position}x{f'{end - start}s' if whole else kind.code}"
            position = end
        return Struct(f"{code}{self.size - position}x")

    def inner(self, names: tuple[str, ...]) -> Struct | None:
        """A format that reads these values from the bytes from the first of them through the last."""
        outer = self.struct(names)
        if outer is None:
            return None
        before, after = self.positions[names[0]][0], self.size - self._end(names[-1])
        return Struct("=" + outer.format.removeprefix(f"={before}x").removesuffix(f"{after}x"))

    def _end(self, name: str) -> int:
        start, kind, length = self.positions[name]
        return start + (length if kind is TEXT else Struct("=" + kind.code).size)

    def has(self, name: str) -> bool:
        return name in self.positions

    @property
    def blank(self) -> bytes:
        """A message that lies so, whose values are all 0."""
        return self._expected


def _walk(
    table: tuple[Attribute, ...], data: bytes, position: int, end: int, prefix: str
) -> Iterator[tuple[int, str, int, int, Attribute | None]]:
    """(header, path, start, end, row) of every attribute, nests first; row is None for the unknown."""
    rows = {row.number: row for row in table}
    while position + 4 <= end:
        length, kind = HEAD.unpack_from(data, position)
        stop = position + length
        if length < 4 or stop > end:
            raise ValueError("an attribute does not fit its frame")
        row = rows.get(kind & TYPE_MASK)
        path = prefix + row.name if row is not None else ""
        yield position, path, position + 4, stop, row
        if row is not None and row.nest:
            inner = "" if not prefix and row.name in ("service", "dest") else f"{path}."
            yield from _walk(row.nest, data, position + 4, stop, inner)
        position = stop + 3 & ~3


def offsets(data: memoryview) -> list[int]:
    """Where each message starts."""
    positions = []
    position, end, unpack = 0, len(data), _LENGTH.unpack_from
    while position < end:
        positions.append(position)
        position += unpack(data, position)[0] + 3 & ~3
    return positions


def values_at(data: memoryview, offset: int, name: str) -> Values:
    """The nest of this name in the message at `offset`, decoded the general way."""
    (size,) = _LENGTH.unpack_from(data, offset)
    values = decode(COMMAND, bytes(data[offset + HEADERS : offset + size]))[name]
    assert isinstance(values, Mapping)
    return values

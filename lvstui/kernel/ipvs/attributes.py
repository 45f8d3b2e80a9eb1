"""The attribute table of the IPVS family, and the codec that uses it in both directions.

One row for each attribute of include/uapi/linux/ip_vs.h: its name here, its number, and the layout of its value.
Integers are in host order, except the be16/be32 kinds. Addresses are 16 bytes, an IPv4 address in the first four. A
netmask is the host-order word of the kernel's value: an IPv4 mask in network order, an IPv6 prefix length in host
order; rules.py distinguishes them.
"""

from __future__ import annotations

from _collections_abc import Iterator, Mapping
from struct import Struct
from sys import byteorder

from lvstui.values import Final, NamedTuple

Values = Mapping[str, "int | str | bytes | Values"]
"""Decoded attributes by name. A nest is Values again; flags and their mask are one number."""


class Cmd:
    """Commands (enum in ip_vs.h)."""

    NEW_SERVICE = 1
    SET_SERVICE = 2
    DEL_SERVICE = 3
    GET_SERVICE = 4
    NEW_DEST = 5
    SET_DEST = 6
    DEL_DEST = 7
    GET_DEST = 8
    NEW_DAEMON = 9
    DEL_DAEMON = 10
    GET_DAEMON = 11
    SET_CONFIG = 12
    GET_CONFIG = 13
    SET_INFO = 14
    GET_INFO = 15
    ZERO = 16
    FLUSH = 17


class AttributeKind(NamedTuple):
    """The layout of a value: `code` is its struct letter, "" for text, bytes and nests."""

    name: str
    code: str = ""
    size: int = 0
    big: bool = False


U8: Final = AttributeKind("u8", "B", 1)
U16: Final = AttributeKind("u16", "H", 2)
U32: Final = AttributeKind("u32", "I", 4)
U64: Final = AttributeKind("u64", "Q", 8)
BE16: Final = AttributeKind("be16", "H", 2, big=True)
ADDRESS: Final = AttributeKind("address", "16s", 16)
IPV4_ADDRESS: Final = AttributeKind("ipv4 address", "4s", 4)
TEXT: Final = AttributeKind("text")
FLAGS: Final = AttributeKind("flags and mask", "I", 8)
NEST: Final = AttributeKind("nest")


class Attribute(NamedTuple):
    name: str
    number: int
    kind: AttributeKind
    nest: tuple[Attribute, ...] = ()


COUNTERS: Final = ("connections", "in_packets", "out_packets", "in_bytes", "out_bytes")
TUNNEL: Final = ("tunnel_kind", "tunnel_port", "tunnel_flags")
RATES: Final = ("cps", "in_pps", "out_pps", "in_bps", "out_bps")
"""The values of a statistics nest, in its order; byte rates are bytes, not bits."""


def _stats(integer: AttributeKind) -> tuple[Attribute, ...]:
    names = (*COUNTERS, *RATES)
    always_wide = ("in_bytes", "out_bytes")
    return tuple(
        Attribute(name, number, U64 if name in always_wide else integer) for number, name in enumerate(names, 1)
    )


STATS32: Final = _stats(U32)
STATS64: Final = _stats(U64)

SERVICE: Final = (
    Attribute("family", 1, U16),
    Attribute("protocol", 2, U16),
    Attribute("address", 3, ADDRESS),
    Attribute("port", 4, BE16),
    Attribute("fwmark", 5, U32),
    Attribute("scheduler", 6, TEXT),
    Attribute("flags", 7, FLAGS),
    Attribute("timeout", 8, U32),
    Attribute("netmask", 9, U32),
    Attribute("stats32", 10, NEST, STATS32),
    Attribute("engine", 11, TEXT),
    Attribute("stats", 12, NEST, STATS64),
)

DEST: Final = (
    Attribute("address", 1, ADDRESS),
    Attribute("port", 2, BE16),
    Attribute("forward", 3, U32),
    Attribute("weight", 4, U32),
    Attribute("upper", 5, U32),
    Attribute("lower", 6, U32),
    Attribute("active", 7, U32),
    Attribute("inactive", 8, U32),
    Attribute("persistent", 9, U32),
    Attribute("stats32", 10, NEST, STATS32),
    Attribute("family", 11, U16),
    Attribute("stats", 12, NEST, STATS64),
    Attribute("tunnel_kind", 13, U8),
    Attribute("tunnel_port", 14, BE16),
    Attribute("tunnel_flags", 15, U16),
)

DAEMON: Final = (
    Attribute("state", 1, U32),
    Attribute("interface", 2, TEXT),
    Attribute("id", 3, U32),
    Attribute("max_length", 4, U16),
    Attribute("group", 5, IPV4_ADDRESS),
    Attribute("group6", 6, ADDRESS),
    Attribute("port", 7, U16),
    Attribute("ttl", 8, U8),
)

COMMAND: Final = (
    Attribute("service", 1, NEST, SERVICE),
    Attribute("dest", 2, NEST, DEST),
    Attribute("daemon", 3, NEST, DAEMON),
    Attribute("tcp", 4, U32),
    Attribute("tcp_fin", 5, U32),
    Attribute("udp", 6, U32),
)

INFO: Final = (Attribute("version", 1, U32), Attribute("table_size", 2, U32))

HEAD: Final = Struct("=HH")
_FLAGS_AND_MASK = Struct("=II")
TYPE_MASK = 0x3FFF
"""Masks out the NESTED and byte-order bits, which some kernels set."""


def encode(table: tuple[Attribute, ...], values: Values) -> bytes:
    """Attributes in the table's order, for the names in `values`."""
    parts = []
    for name, number, kind, nest in table:
        if name not in values:
            continue
        value = values[name]
        if isinstance(value, str):
            data = value.encode() + b"\0"
        elif isinstance(value, bytes):
            data = value.ljust(kind.size, b"\0")
        elif kind is FLAGS and isinstance(value, int):
            data = _FLAGS_AND_MASK.pack(value, 0xFFFFFFFF)
        elif isinstance(value, int):
            data = value.to_bytes(kind.size, "big" if kind.big else byteorder)
        else:
            data = encode(nest, value)
        parts.append(HEAD.pack(4 + len(data), number) + data + bytes(-len(data) % 4))
    return b"".join(parts)


def decode(table: tuple[Attribute, ...], data: bytes) -> Values:
    """The known attributes of `data` by name; unknown ones, such as padding, are skipped. Raises ValueError on an
    attribute that does not fit its frame."""
    rows = {row.number: row for row in table}
    values: dict[str, int | str | bytes | Values] = {}
    for number, start, end in walk(data, 0, len(data)):
        row = rows.get(number)
        if row is None:
            continue
        body = data[start:end]
        if row.kind is NEST:
            values[row.name] = decode(row.nest, body)
        elif row.kind is TEXT:
            values[row.name] = body.rstrip(b"\0").decode("utf-8", "replace")
        elif row.kind.code.endswith("s"):
            values[row.name] = body[: row.kind.size]
        elif row.kind is FLAGS:
            values[row.name] = int.from_bytes(body[:4], byteorder)
        else:
            values[row.name] = int.from_bytes(body[: row.kind.size], "big" if row.kind.big else byteorder)
    return values


def walk(data: bytes | memoryview, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, start of value, end of value) of each attribute between two positions. Raises ValueError."""
    while position + 4 <= end:
        length, kind = HEAD.unpack_from(data, position)
        if length < 4 or position + length > end:
            raise ValueError(f"attribute {kind & TYPE_MASK} of {length} bytes does not fit its frame")
        yield kind & TYPE_MASK, position + 4, position + length
        position += (length + 3) & ~3

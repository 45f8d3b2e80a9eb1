"""Encodes a ServiceKey into the bytes that name a service to the kernel, for reading and writing."""

from __future__ import annotations

from _socket import htons
from struct import Struct

from lvstui.director.model import ServiceKey
from lvstui.kernel.ipvs.attributes import COMMAND, HEAD, SERVICE, encode
from lvstui.kernel.ipvs.rules import AF, key_values
from lvstui.values import Final

_KEYS: Final = [row for name in ("family", "protocol", "address", "port") for row in SERVICE if row.name == name]
_KEY: Final = Struct("=4s" + "".join(f"4s{row.kind.code}{-row.kind.size % 4}x" for row in _KEYS))
(_KEY_FAMILY, _KEY_PROTOCOL, _KEY_ADDRESS, _KEY_PORT) = [HEAD.pack(4 + row.kind.size, row.number) for row in _KEYS]
_SERVICE: Final = next(row for row in COMMAND if row.name == "service")
_KEY_NEST: Final = HEAD.pack(_KEY.size, _SERVICE.number)


ADDRESS_AT: Final = Struct("=4s" + "".join(f"4s{row.kind.code}{-row.kind.size % 4}x" for row in _KEYS[:2]) + "4s").size
"""Where the address lies in the bytes of a key."""


def key_nest(key: ServiceKey) -> bytes:
    """The same bytes as encode(COMMAND, {"service": key_values(key)})."""
    if key.fwmark:
        return encode(COMMAND, {"service": key_values(key)})
    return _KEY.pack(
        _KEY_NEST,
        _KEY_FAMILY,
        AF[key.family],
        _KEY_PROTOCOL,
        key.protocol,
        _KEY_ADDRESS,
        key.address,
        _KEY_PORT,
        htons(key.port),
    )

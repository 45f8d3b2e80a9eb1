"""Checks rules that were read back from a file of ours. Code that shows, spells or sends them relies on that; the file
may be damaged, or written by a newer version."""

from __future__ import annotations

from lvstui.director.model import IPV4, IPV6, Server, ServerKey, Service, ServiceKey, Tunnel
from lvstui.values import Any

_LENGTHS = {IPV4: 4, IPV6: 16}
_WORD = 2**32
_LARGEST = 2**64


def sound(value: Any, *, texts: bool = True) -> None:
    """Checks a rule, a key, or any nest of them. Raises ValueError with the fault. `texts`: refuse a text that cannot
    be printed; callers that only show texts pass them through lvstui.plain instead."""
    if isinstance(value, ServiceKey):
        address = value.address if not value.fwmark else bytes(_LENGTHS.get(value.family, 0))
        _within("fwmark", value.fwmark, _WORD)
        _within("protocol", value.protocol, 256)
        _endpoint(value.family, address, value.port)
    elif isinstance(value, ServerKey):
        _endpoint(value.family, value.address, value.port)
    elif isinstance(value, Service):
        sound(value.key, texts=texts)
        _within("flags", value.flags, _WORD)
        _within("persistence", value.persistence or 0, _WORD)
        _within("netmask", value.netmask or 0, 129 if value.key.family == IPV6 else _WORD)
        sound(value[1:], texts=texts)
    elif isinstance(value, Server):
        sound(value.key, texts=texts)
        _within("forwarding", value.forward, 8)
        for name in ("weight", "upper", "lower"):
            _within(name, getattr(value, name) or 0, _WORD)
        sound(value.tunnel, texts=texts)
    elif isinstance(value, Tunnel):
        for name, number in value._asdict().items():
            _within(f"tunnel's {name}", number, 2**16)
    elif isinstance(value, tuple):
        for part in value:
            sound(part, texts=texts)
    elif isinstance(value, str):
        if texts and not value.isprintable():
            raise ValueError(f"{value[:40]!r} has characters that cannot be printed")
    elif isinstance(value, int):
        _within("number", value, _LARGEST)


def _endpoint(family: Any, address: Any, port: Any) -> None:
    if family not in _LENGTHS or not isinstance(address, bytes) or len(address) != _LENGTHS[family]:
        raise ValueError("an address is not as long as its family has it")
    _within("port", port, 2**16)


def _within(name: str, value: Any, end: int) -> None:
    if not isinstance(value, int):
        raise ValueError(f"{name} is not a number")
    if not 0 <= value < end:
        raise ValueError(f"there is no {name} {value if abs(value) < _LARGEST else 'of so many digits'}")

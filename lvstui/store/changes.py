"""Changes as plain data and back, for JSON: a list of the change's name and its fields, nested as they are."""

from __future__ import annotations

from _collections_abc import Mapping
from functools import cache
from types import NoneType, UnionType

from lvstui.director.change import KINDS, Change
from lvstui.director.model import address_packed, address_text
from lvstui.store.sound import sound
from lvstui.values import Any

_KINDS = {kind.__name__: kind for kind in KINDS}


def to_data(change: Change) -> list[object]:
    """`["DeleteServer", [[0, 4, 6, "192.0.2.1", 80], [4, "10.0.0.5", 80]]]`"""
    return [type(change).__name__, _plain(change)]


def from_data(data: object) -> Change:
    """A Change from plain data. Raises ValueError when it is not one."""
    match data:
        case [str(name), list(fields)] if name in _KINDS:
            change: Change = _made(_KINDS[name], fields)
            sound(change)
            return change
    raise ValueError("no change")


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return address_text(value) if value else ""
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _made(kind: Any, value: object) -> Any:
    """A value of this type. Raises ValueError."""
    if isinstance(kind, UnionType):
        if value is None and NoneType in kind.__args__:
            return None
        return _made(next(arg for arg in kind.__args__ if arg is not NoneType), value)
    if hasattr(kind, "_fields") and isinstance(value, list) and len(value) == len(kind._fields):
        hints = _hints(kind)
        return kind(*(_made(hints[name], part) for name, part in zip(kind._fields, value, strict=True)))
    if kind is bytes and isinstance(value, str):
        return address_packed(value) if value else b""
    if isinstance(kind, type) and type(value) is kind:
        return value
    raise ValueError(f"a {type(value).__name__} is no {kind}")


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """The types of a kind's fields. Computing them takes longer than everything else here, and they never change."""
    from typing import get_type_hints  # whoever only writes needs it not

    return get_type_hints(kind)

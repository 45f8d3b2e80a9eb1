"""Checks values from outside against the annotation of their field.

A recording may be damaged, and a director elsewhere may be hostile. The code that shows a State relies on its types, so
each value is checked once, where it comes in: numbers are finite and have a range, addresses have 4 or 16 bytes, texts
have no terminal controls.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from lvstui.plain import plain

LONGEST = 4096
"""The most letters of a text; the rest is cut off."""
_LOWEST, _HIGHEST = -(2**63), 2**64
_LAST = 2.0**36
"""Seconds of the epoch that are believed: the year 4147."""
_TIMES = frozenset(("at", "taken", "reported_at", "since"))
"""Fields with seconds that are shown as a time of day."""
_ADDRESSES = (4, 16)
_RANGES: Mapping[str, tuple[int, int]] = {
    "port": (0, 2**16),
    "prefix": (0, 129),
    "vrid": (0, 256),
    "protocol": (0, 256),
    "ttl": (0, 256),
}
"""Fields whose numbers have a range: the smallest, and the first that is too large."""
_CHOICES: Mapping[tuple[str, str], frozenset[object]] = {
    ("ServiceKey", "family"): frozenset((4, 6)),
    ("ServerKey", "family"): frozenset((4, 6)),
    ("Instance", "family"): frozenset((4, 6)),
}
"""Fields with one of a few values, by kind and name."""
_ALIASES = {"ServerInService": "tuple[ServiceKey, ServerKey]", "Rules": "Mapping[ServiceKey, Entry]"}

Fit = Callable[[Any], Any]
"""Turns a value into one that is safe to show. Raises ValueError where it is not of the kind."""


def text(value: Any) -> str:
    """A text, made harmless."""
    if type(value) is not str:
        raise ValueError(f"expected text, found {type(value).__name__}")
    return plain(value[:LONGEST])


def number(value: Any) -> int:
    if type(value) is not int or not _LOWEST <= value < _HIGHEST:
        raise ValueError("not a whole number, or too large")
    return value


def real(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not isfinite(value) or abs(value) >= _HIGHEST:
        raise ValueError("not a number, or not finite")
    return float(value)


def moment(value: Any) -> float:
    """Seconds, of a clock or of the epoch."""
    seconds = real(value)
    if not -_LAST < seconds < _LAST:
        raise ValueError("there is no such time")
    return seconds


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"expected true or false, found {type(value).__name__}")
    return value


def _nothing(value: Any) -> None:
    if value is not None:
        raise ValueError("expected nothing")


def _packed(empty: bool, lengths: Sequence[int] = _ADDRESSES) -> Fit:
    """Fits an address, or nothing where `empty`."""

    def fit(value: Any) -> bytes:
        if type(value) is not bytes or (len(value) not in lengths and not (empty and not value)):
            raise ValueError("an address has another length")
        return value

    return fit


_SIMPLE: Mapping[str, Fit] = {
    "str": text,
    "int": number,
    "float": real,
    "bool": _truth,
    "None": _nothing,
    "bytes": _packed(False),
    "object": lambda value: value,
}


def fields(kind: Any, kinds: Mapping[str, Any]) -> Mapping[str, Fit]:
    """The fits for the fields of a kind; `kinds` are the kinds that it may contain, by name."""
    fits = _known.get(kind)
    if fits is None:
        fits = _known[kind] = {name: field_of(kind, name, kinds) for name in kind._fields}
    return fits


_known: dict[Any, Mapping[str, Fit]] = {}


def field_of(kind: Any, name: str, kinds: Mapping[str, Any]) -> Fit:
    """The fit for one field of a kind."""
    annotation = kind.__annotations__[name]
    written = str(getattr(annotation, "__forward_arg__", annotation))
    if name in _RANGES and written == "int":
        return _within(name, *_RANGES[name])
    if name in _TIMES and written == "float":
        return moment
    if name in _TIMES and written == "float | None":
        return _either((_nothing, moment))
    if written == "bytes":
        lengths = (4, 8, 16) if name == "secret" else _ADDRESSES
        return _packed(
            kind._field_defaults.get(name) == b"" or (name == "address" and "fwmark" in kind._fields), lengths
        )
    fit = fitting(written, kinds)
    return _one_of(fit, _CHOICES[kind.__name__, name]) if (kind.__name__, name) in _CHOICES else fit


def fitting(written: str, kinds: Mapping[str, Any]) -> Fit:
    """The fit for an annotation. Raises TypeError for an unknown one."""
    return _made(ast.parse(_ALIASES.get(written, written), mode="eval").body, kinds)


def _made(node: ast.expr, kinds: Mapping[str, Any]) -> Fit:
    if isinstance(node, ast.Constant) and node.value is None:
        return _nothing
    if isinstance(node, ast.Name):
        return _named(node.id, kinds)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either((_made(node.left, kinds), _made(node.right, kinds)))
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        whole = node.value.id
        if whole == "tuple" and isinstance(parts[-1], ast.Constant) and parts[-1].value is Ellipsis:
            return _many(tuple, _made(parts[0], kinds))
        if whole == "tuple":
            return _row(tuple(_made(part, kinds) for part in parts))
        if whole in ("list", "frozenset"):
            return _many(list if whole == "list" else frozenset, _made(parts[0], kinds))
        if whole == "Mapping":
            return _map(*(_made(part, kinds) for part in parts))
    raise TypeError(f"{ast.unparse(node)} is not understood")


def _named(name: str, kinds: Mapping[str, Any]) -> Fit:
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name in _ALIASES:
        return fitting(_ALIASES[name], kinds)
    if name not in kinds:
        raise TypeError(f"{name} is not understood")
    kind = kinds[name]

    def fit(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"expected {name}, found {type(value).__name__}")
        return value

    return fit


def _either(fits: Sequence[Fit]) -> Fit:
    def fit(value: Any) -> Any:
        why = ValueError("nothing fits")
        for fits_kind in fits:
            try:
                return fits_kind(value)
            except ValueError as error:
                why = error
        raise why

    return fit


def _many(whole: Callable[[Any], Any], fit_part: Fit) -> Fit:
    def fit(value: Any) -> Any:
        if type(value) not in (tuple, frozenset):
            raise ValueError(f"expected a list, found {type(value).__name__}")
        return whole([fit_part(part) for part in value])

    return fit


def _row(fits: Sequence[Fit]) -> Fit:
    def fit(value: Any) -> Any:
        if type(value) is not tuple or len(value) != len(fits):
            raise ValueError("it has a wrong number of parts")
        return tuple([fit_part(part) for fit_part, part in zip(fits, value, strict=True)])

    return fit


def _map(key: Fit, fit_value: Fit) -> Fit:
    def fit(value: Any) -> Any:
        if type(value) is not dict:
            raise ValueError(f"expected a table, found {type(value).__name__}")
        return {key(name): fit_value(part) for name, part in value.items()}

    return fit


def _within(name: str, least: int, end: int) -> Fit:
    def fit(value: Any) -> int:
        if not least <= number(value) < end:
            raise ValueError(f"there is no {name} {value}")
        return int(value)

    return fit


def _one_of(fit: Fit, choices: frozenset[object]) -> Fit:
    def chosen(value: Any) -> Any:
        if fit(value) not in choices:
            raise ValueError("it is not one of the known values")
        return value

    return chosen

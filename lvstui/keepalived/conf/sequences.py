"""`~SEQ(NAME, START, STEP, END) text` and `~LST(NAME, VALUE, ...) text`: a text once for each value, as keepalived 2.2
repeats it (lib/parser.c)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lvstui.values import NamedTuple

Values = Iterator[tuple[tuple[str, str], ...]]
"""The names and values of each repetition."""


class Repeated(NamedTuple):
    """A text that is repeated `times`, each time with other values."""

    times: int
    values: Values
    text: str


_SEQ = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,[ \t]*([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LST = re.compile(r"~LST[ \t]*\([ \t]*(\{[^{}()]*\}|[^ \t,(){}]*)[ \t]*,[ \t]*([^()]*)\)[ \t]*(.*)", re.DOTALL)
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+)")


def repeated(line: str, replace: Callable[[str], str]) -> Repeated | None:
    """Parses a repetition into its values and text; None where the line is neither form. `replace` inserts
    definitions."""
    return _sequence(line, replace) if line.startswith("~SEQ") else _list(line)


def _sequence(line: str, replace: Callable[[str], str]) -> Repeated | None:
    found = _SEQ.fullmatch(line)
    if found is None:
        return None
    words = [_integer(word.strip(" \t")) for word in replace(found[3]).split(",")]
    given = [number for number in words if number is not None]
    if len(given) != len(words) or not 1 <= len(given) <= 3:
        return None
    if len(given) == 1:
        end = given[0]
        start, step = (-1 if end < 0 else 1), (-1 if end < 1 else 1)
    elif len(given) == 2:
        start, end = given
        step = 1 if start <= end else -1
    else:
        start, step, end = given
        if not step or (start < end and step < 0) or (start > end and step > 0):
            return None
    if found[1] and (start < 0 or end < 0):
        return None
    # The first value is used even where it is beyond the last one (~SEQ(x, 0) gives 1).
    numbers = range(start, end + (1 if step > 0 else -1), step) or range(start, start + 1)
    times = 1 + (numbers[-1] - start) // step
    return Repeated(times, _counted(found[2], numbers, bool(found[1])), found[4])


def _counted(name: str, numbers: range, hexadecimal: bool) -> Values:
    for number in numbers:
        yield ((name, f"{number:x}" if hexadecimal else str(number)),)


def _integer(word: str) -> int | None:
    """As strtol reads it with base 0: 0x starts a hexadecimal number and 0 an octal one."""
    if not word:
        return 0
    if _INTEGER.fullmatch(word) is None or len(word) > 20:
        return None
    digits = word.lstrip("+-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        return int(word, base)
    except ValueError:
        return None


def _list(line: str) -> Repeated | None:
    found = _LST.fullmatch(line)
    if found is None:
        return None
    names = _items(found[1])
    sets: list[list[str]] = []
    for piece in re.findall(r"\{[^{}]*\}|[^,{}]+", found[2]):
        if piece.strip(" \t") or not sets:
            values = _items(piece)
            if len(values) > len(names):
                return None
            sets.append(values + [""] * (len(names) - len(values)))
    return Repeated(len(sets), (tuple(zip(names, values, strict=True)) for values in sets), found[3])


def _items(text: str) -> list[str]:
    return [item.strip(" \t") for item in text.strip(" \t").strip("{}").split(",")]

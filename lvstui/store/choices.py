"""What was chosen on the screen, kept between two starts of the console for its user: a small TOML file.

What could hide trouble from the next one who looks is not kept: filters in force, marks, a pause, muted findings.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lvstui.plain import plain
from lvstui.store import private
from lvstui.values import NamedTuple

FILTERS = 10
"""Filters that are kept, the latest ones."""
_LARGEST = 65_536
_TABLES = 40
_NAME = re.compile(r"[A-Za-z0-9_ -]{1,60}\Z")
_LONGEST = 200
"""Characters of a filter."""


class TableChoice(NamedTuple):
    """How a table is looked at: the set of columns, what it is sorted by, and whether numbers have all their digits."""

    columns: str = ""
    sort: str = ""
    reverse: bool = False
    exact: bool = False


_NO_TABLES: Mapping[str, TableChoice] = MappingProxyType({})


class Choices(NamedTuple):
    """The view that was open, the theme, the latest filters (latest last), and the orders of tables by name. "" is
    nothing chosen."""

    view: str = ""
    theme: str = ""
    filters: tuple[str, ...] = ()
    tables: Mapping[str, TableChoice] = _NO_TABLES


NOTHING = Choices()


def read(path: Path) -> tuple[Choices, str]:
    """What is kept, and what is wrong with it in one line, "" where nothing is. A file that is not ours alone, or that
    cannot be understood, counts as none."""
    try:
        with open(private.open_file(path, os.O_RDONLY), "rb") as file:
            raw = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return NOTHING, ""
    except OSError as error:
        return NOTHING, f"{path}: {error.strerror or error}; the console starts with its defaults"
    try:
        if len(raw) > _LARGEST:
            raise ValueError("it is too large")
        return _choices(tomllib.loads(raw.decode("utf-8"))), ""
    except (ValueError, RecursionError) as error:
        why = "this is nested too deeply" if isinstance(error, RecursionError) else plain(str(error))[:_LONGEST]
        return NOTHING, f"{path}: {why}; the console starts with its defaults, and :forget removes the file"


def write(path: Path, choices: Choices) -> None:
    """Keeps choices instead of those that were kept. Raises NotDone."""
    private.write(path, _lines(choices))


def with_filter(filters: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The latest filters and one more, which is among them once."""
    if not text or len(text) > _LONGEST:
        return filters
    return (*(earlier for earlier in filters if earlier != text), text)[-FILTERS:]


def _lines(choices: Choices) -> Iterator[str]:
    yield "# What was chosen in the console. :forget removes this file, --fresh ignores it, config.toml overrides it.\n"
    for key in ("view", "theme"):
        if value := getattr(choices, key):
            yield f"{key} = {_quoted(value)}\n"
    if choices.filters:
        yield f"filters = [{', '.join(map(_quoted, choices.filters))}]\n"
    for name, order in choices.tables.items():
        yield f"\n[tables.{_quoted(name)}]\n"
        for key, value in order._asdict().items():
            if value:
                yield f"{key} = {'true' if value is True else _quoted(value)}\n"


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes of quotes and backslashes are TOML's too."""
    return json.dumps(plain(text), ensure_ascii=False)


def _choices(data: Mapping[str, Any]) -> Choices:
    """Raises ValueError."""
    if unknown := set(data) - set(Choices._fields):
        raise ValueError(f"{plain(min(unknown))[:40]!r} is not known")
    filters, tables = data.get("filters", []), data.get("tables", {})
    if not isinstance(filters, list) or not all(map(_is_filter, filters)):
        raise ValueError("filters is not a list of filters")
    if not isinstance(tables, dict) or len(tables) > _TABLES:
        raise ValueError("tables is not a table of tables")
    view, theme = (_name(key, data.get(key, "")) for key in ("view", "theme"))
    orders = {_name("tables", name): _order(name, of) for name, of in tables.items()}
    return Choices(view, theme, tuple(filters)[-FILTERS:], orders)


def _order(name: str, of: object) -> TableChoice:
    if not isinstance(of, dict) or set(of) - set(TableChoice._fields):
        raise ValueError(f"tables.{plain(name)[:40]} is not an order of rows")
    columns, sort = (_name(key, of.get(key, "")) for key in ("columns", "sort"))
    reverse, exact = (of.get(key, False) for key in ("reverse", "exact"))
    if not isinstance(reverse, bool) or not isinstance(exact, bool):
        raise ValueError(f"tables.{plain(name)[:40]}: reverse and exact are true or false")
    return TableChoice(columns, sort, reverse, exact)


def _name(key: str, value: object) -> str:
    if value == "" or (isinstance(value, str) and _NAME.match(value)):
        return str(value)
    raise ValueError(f"{key} is not a name")


def _is_filter(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and plain(value) == value

"""The settings in effect, as a commented settings file that means the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lvstui.config.gathering import OptionOrigins
from lvstui.config.option_kinds import FreeTable
from lvstui.config.options import OPTIONS, TABLES
from lvstui.config.settings import NumberEntry, Settings, WordsEntry
from lvstui.director.subject import subject_text
from lvstui.plain import plain
from lvstui.values import NamedTuple


class DefaultEntry(NamedTuple):
    """An entry that a table has by default: `name`, its `words` (or a number), and what it is."""

    name: str
    words: tuple[str, ...] | float
    help: str


def sample(
    settings: Settings, origins: OptionOrigins, files: Sequence[str], defaults: Mapping[str, Sequence[DefaultEntry]]
) -> Iterator[str]:
    """The text, line by line. What is as by default stands behind a #; what was set stands as it is in effect, below
    where it came from. `defaults`: by table, the entries that there are by default, with what is in effect for them."""
    yield "# The settings of lvstui in effect here; this is a settings file itself.\n"
    yield "# A setting that was set says where; a # without a space marks a default.\n#\n"
    yield f"# Read: {plain(', '.join(files))}. Later files override earlier ones; flags override all.\n"
    for option in OPTIONS:
        yield f"\n# {option.help}: {option.kind.wants}\n"
        origin = origins.get((option.name,))
        if origin:
            yield f"# set by {plain(origin)}\n"
        yield f"{'' if origin else '#'}{option.name} = {toml(getattr(settings, option.name))}\n"
    for table in TABLES:
        yield f"\n# {table.help}\n# to the left {table.key},\n# to the right {table.value}\n[{table.name}]\n"
        yield from _entries(table, getattr(settings, table.name), origins, defaults.get(table.name, ()))


def _entries(
    table: FreeTable, values: Mapping[Any, Any], origins: OptionOrigins, defaults: Iterable[DefaultEntry]
) -> Iterator[str]:
    written: dict[str, Any] = {
        key if isinstance(key, str) else subject_text(key): value for key, value in values.items()
    }
    entries = list(defaults)
    for name, words, text in entries:
        origin = origins.get((table.name, name))
        line = f"{_key(name)} = {toml(words)}"
        yield f"{line:<30}  # {text}; set by {plain(origin)}\n" if origin else f"#{line:<29}  # {text}\n"
    names = {entry.name for entry in entries}
    for name, value in written.items():
        # One that nobody knows was complained of, and has no effect.
        origin = origins.get((table.name, name))
        if not names and origin:
            words = (
                value.words if isinstance(value, WordsEntry) else value[0] if isinstance(value, NumberEntry) else value
            )
            yield f"{_key(name)} = {toml(words)}  # set by {plain(origin)}\n"
    if not entries and not written:
        yield f"#{table.example}\n"


def toml(value: object) -> str:
    """A switch, number, text or list of texts as TOML; a list of one is its text."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple | list):
        return toml(value[0]) if len(value) == 1 else f"[{', '.join(map(toml, value))}]"
    # The escapes of JSON are those of TOML, and numbers and switches are the same.
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml(name)

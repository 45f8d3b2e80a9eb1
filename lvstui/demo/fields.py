"""Reads the fields of a world's file. An error is refused in one line that says where it is and how to fix it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lvstui.director.errors import BadInput
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.subject import Subject, subject
from lvstui.plain import plain
from lvstui.values import NamedTuple

YEAR = 366 * 86400


class WorldFields(NamedTuple):
    """One table of a world's file: its keys and values, its name, and its file."""

    table: Mapping[str, Any]
    name: str
    file: str

    def wrong(self, why: str, mend: str = "") -> BadInput:
        return BadInput(f"{self.file} {self.name}", why, mend)

    def text(self, key: str, default: str | None = None) -> str:
        """A text. Raises BadInput if the value is not one, or is missing and has no default."""
        if default is not None and key not in self.table:
            return default
        text = self.table.get(key)
        if not isinstance(text, str) or not text:
            raise self.wrong(f"{plain(key)} is not text")
        return plain(text)

    def number(self, key: str, default: int | None, least: int, most: int) -> int:
        """A whole number. Raises BadInput if the value is not one, or is missing and has no default."""
        number = self.table.get(key, default)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            what = "a weight" if key == "weight" else "a number"
            raise self.wrong(f"{key} is not {what}", f"{least} to {most}")
        return number

    def seconds(self, key: str, default: float | None = 0.0) -> float:
        """A time span. Raises BadInput if the value is not one, or is missing and has no default."""
        seconds = self.table.get(key, default)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= YEAR:
            raise self.wrong(f"{key} is not a number of seconds", f"0 to {YEAR}")
        return float(seconds)

    def inner(self, key: str, keys: Sequence[str] | None) -> WorldFields:
        """A table in this one, empty if it is missing."""
        return fields(self.table.get(key, {}), f"{self.name[:-1]}.{key}]", keys, self.file)

    def several(self, key: str, keys: Sequence[str]) -> Iterator[WorldFields]:
        """The tables of a list, [[demo.key]]."""
        tables = self.table.get(key, [])
        for number, table in enumerate(tables if isinstance(tables, list) else [tables], 1):
            yield fields(table, f"[{self.name[:-1]}.{key}]] {number}", keys, self.file)

    def listed(self, key: str) -> Sequence[Any]:
        """A list; a single value is a list of one."""
        value = self.table.get(key, [])
        return value if isinstance(value, list) else [value]

    def subject(self, words: Any) -> Subject:
        """What a text names: a host, a server, or a service."""
        try:
            return subject(str(words))
        except ValueError:
            mend = 'as in "10.0.0.11", "10.0.0.11:80", "tcp 192.0.2.1:443", "fwmark 7"'
            raise self.wrong(f"{plain(str(words))} is not a host, server or service", mend) from None

    def service(self, key: str) -> ServiceKey | None:
        """The service that a key names; None if it names something else."""
        named = self.subject(self.text(key))
        return named if isinstance(named, ServiceKey) else None

    def server(self, key: str) -> ServerKey | None:
        """The real server that a key names; None if it names something else."""
        named = self.subject(self.text(key))
        return named if isinstance(named, ServerKey) else None

    def texts(self) -> dict[Subject, str]:
        """A table of texts by host, server or service."""
        return {self.subject(words): self.text(words) for words in self.table}


def fields(stated: Any, name: str, keys: Sequence[str] | None, file: str) -> WorldFields:
    """A table with no other keys than these (None: any keys). Raises BadInput."""
    if not isinstance(stated, Mapping):
        raise BadInput(f"{file} {name}", "is not a table")
    unknown = next((key for key in stated if keys is not None and key not in keys), None)
    if unknown is not None:
        raise BadInput(
            f"{file} {name}", f"{plain(str(unknown))} is not one of its keys", "one of " + ", ".join(keys or ())
        )
    return WorldFields(stated, name, file)

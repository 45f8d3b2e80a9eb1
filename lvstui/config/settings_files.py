"""Reads settings files into values. Each key is checked by itself: a bad one gets a complaint, and the others are
used."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from lvstui.config.option_kinds import FreeTable
from lvstui.config.options import OPTIONS, TABLES, Option
from lvstui.director.remarks import nearest, shown

_MEANT = {"servers": "names", "services": "names"}
"""Wrong names that people use for a table, and its name."""


class Reader:
    """What was read so far: `values` by setting, `origins` by path, `complaints`."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins: dict[tuple[str, ...], str] = {}
        self.complaints: list[str] = []

    def file(self, name: str, raw: bytes) -> None:
        """Takes what a file holds; what it says counts before what was read earlier."""
        import tomllib

        text = raw.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")
        try:
            raw.decode("utf-8")
            data = tomllib.loads(text)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._unread(name, line, "this is not UTF-8 text", text)
            return
        except tomllib.TOMLDecodeError as error:
            why, _, place = str(error).partition(" (at ")
            at = re.match(r"line (\d+)", place)
            line = int(at[1]) if at else text.rstrip().count("\n") + 1
            self._unread(name, line, f"this is not TOML: {why[:1].lower()}{why[1:]}", text)
            return
        except ValueError:
            # Python reads no number of more than 4,300 digits.
            longest = max(range(1, text.count("\n") + 2), key=lambda at: len(text.split("\n")[at - 1]))
            self._unread(name, longest, "a number is too long to read", text)
            return
        except RecursionError:
            self._unread(name, 1, "this is nested too deeply", text)
            return
        if data:
            self._judge(_Lines(name, text), data)

    def _put(self, name: str, value: Any, origin: str) -> None:
        self.values[name] = value
        self.origins[name,] = origin

    def _unread(self, name: str, line: int, why: str, text: str) -> None:
        self.complaints.append(f"{name} line {line}: {why}; nothing in this file counts")
        # A slip of the pen elsewhere in the file must not open what was closed.
        if re.search(r"^[ \t]*read_only[ \t]*=[ \t]*true\b", text, re.MULTILINE):
            self._put("read_only", True, name)
            self.complaints[-1] += " but read_only"

    def _judge(self, lines: _Lines, data: dict[str, Any]) -> None:
        options = {option.name: option for option in OPTIONS}
        tables = {table.name: table for table in TABLES}
        for key, value in data.items():
            where = lines.where(key)
            if key in options:
                self._option(options[key], value, where)
            elif key not in tables:
                kind = "table" if isinstance(value, dict) else "key"
                self._unknown(f"{where}: unknown {kind} {_quoted(key)}", key, [*options, *tables])
            elif not isinstance(value, dict):
                self.complaints.append(f"{where}: {key} must be a table: [{key}], and its entries below")
            else:
                self._table(tables[key], value, lines)

    def _option(self, option: Option, value: object, where: str) -> None:
        try:
            self._put(option.name, option.kind.take(value), where)
        except ValueError:
            complaint = f"{where}: {option.name} must be {option.kind.wants}, and is {_toml(value)}"
            if option.unsure is not None:
                self._put(option.name, option.unsure, where)
                complaint += f"; taken as {_toml(option.unsure)}"
            self.complaints.append(complaint)

    def _table(self, table: FreeTable, entries: dict[str, Any], lines: _Lines) -> None:
        from lvstui.director.subject import subject_text

        name = table.name
        taken = dict(self.values.get(name, {}))
        for key, value in entries.items():
            where = lines.where(name, key)
            try:
                known, made = table.entry(key, value, where)
            except KeyError:
                self.complaints.append(f"{where}: {_quoted(key)} in [{name}] must be {table.key}")
            except ValueError:
                self.complaints.append(f"{where}: {_quoted(key)} must be {table.value}, and is {_toml(value)}")
            else:
                taken[known] = made
                self.origins[name, known if isinstance(known, str) else subject_text(known)] = where
        self.values[name] = taken

    def _unknown(self, complaint: str, key: str, valid: Collection[str]) -> None:
        hint = _MEANT.get(key)
        mend = f"did you mean {hint}?" if hint in valid else nearest(key, valid)
        self.complaints.append(f"{complaint}: {mend}" if mend else f"{complaint}; lvstui --print-config shows all")


class _Lines:
    """Where the keys of a file stand, looked up when somebody asks."""

    def __init__(self, name: str, text: str) -> None:
        from lvstui.config.key_lines import lines_of

        self._name = name
        self._numbers = lines_of(text)

    def where(self, *path: str) -> str:
        while path:
            if path in self._numbers:
                return f"{self._name} line {self._numbers[path]}"
            path = path[:-1]
        return self._name


def _quoted(word: str) -> str:
    return f'"{shown(word)[1:-1]}"'


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) else "a table" if isinstance(value, dict) else shown(value)[1:-1]

"""The tables of options and actions -> the tables of docs/configuration.md."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lvstui.config.options import OPTIONS, TABLES
from lvstui.config.sample import toml
from lvstui.console.keys.actions import ACTIONS
from lvstui.console.keys.key_names import written_key
from lvstui.doctor.thresholds import LIMITS, USUAL
from lvstui.views import chooser, figures
from tests.lab.doctor_faults import FAULTS

_MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """A document with new parts between `<!-- made: NAME -->` and `<!-- end -->`. Raises KeyError for an unknown
    name."""
    parts = {
        "options": _options(),
        "tables": _tables(),
        "thresholds": _thresholds(),
        "actions": _actions(),
        "columns": _columns(),
        "faults": _faults(),
        "figures": _figures(),
        "masthead": _masthead(),
    }
    return _MADE.sub(lambda match: f"{match[1]}\n{parts[match[2]]}\n{match[3]}", text)


_FIGURE = ("means", "from", "unit", "beware")


def _figures() -> str:
    """Each column by its name, and the tables that have it."""
    called = figures.titles()
    where: dict[str, list[str]] = {}
    for table, columns in figures.tables().items():
        for key in dict.fromkeys(column.key for column in columns):
            own = f"{table} {key}"
            where.setdefault(own if own in figures.COLUMNS else key, []).append(table)
    rows = [
        (
            ", ".join(f"`{_cell(title)}`" for title in called[key] if title),
            ", ".join(where[key]),
            *map(_cell, _told(one)),
        )
        for key, one in figures.COLUMNS.items()
    ]
    return _table(("column", "in", *_FIGURE), rows)


def _masthead() -> str:
    rows = [(f"`{name}`", *map(_cell, _told(one))) for name, one in figures.HEAD.items()]
    return _table(("word", *_FIGURE), rows)


def _told(one: figures.Figure) -> tuple[str, str, str, str]:
    return one.meaning, one.source, one.unit, one.but


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("*", "\\*").replace("<", "&lt;")


def _faults() -> str:
    """The faults that the lab creates, and what the doctor finds."""
    rows = [
        (
            fault.fault,
            f"`{fault.finding}`",
            fault.subject,
            f"`{fault.seen}`",
            "<br>".join(f"`{_plain(line)}`" for line in fault.mend),
        )
        for fault in FAULTS
    ]
    return _table(("fault", "finding", "of", "evidence", "mended by"), rows)


def _plain(line: str) -> str:
    place, _, command = line.partition(": ")
    words = {"release:": "the connections end", "stopped:": "clients stop asking"}
    return words.get(line) or (f"on {place}: {command}" if place in _PLACES else line)


_PLACES = ("A", "B", "outside")


def _options() -> str:
    titles = ("key", "flag", "takes", "default", "what it is")
    rows = []
    for option in OPTIONS:
        flags = _flags(option.switch, option.metavar) if option.flag else ""
        rows.append((f"`{option.name}`", flags, option.kind.wants, f"`{toml(option.default)}`", option.help))
    return _table(titles, rows)


def _flags(switch: str, metavar: str) -> str:
    return f"`{switch} {metavar}`" if metavar else f"`{switch}`, `{switch.replace('--', '--no-', 1)}`"


def _tables() -> str:
    rows = [(f"`[{table.name}]`", table.key, table.value, table.help) for table in TABLES]
    return _table(("table", "to the left", "to the right", "what it is"), rows)


def _thresholds() -> str:
    """More than how much is a finding."""
    rows = [(f"`{one.name}`", one.wants, f"`{toml(getattr(USUAL, one.field))}`", one.unit, one.help) for one in LIMITS]
    return _table(("threshold", "takes", "default", "unit", "what is a finding"), rows)


def _actions() -> str:
    rows = [
        (f"`{action.id}`", " ".join(f"`{written_key(key)}`" for key in action.keys), action.help) for action in ACTIONS
    ]
    return _table(("action", "keys", "what it does"), rows)


def _columns() -> str:
    """Each set with its columns in order, then each column with what it says."""
    sets = []
    for name, (table, one) in chooser.names().items():
        columns = next(each for each in chooser.AS_THEY_ARE[table] if each.name == one).columns
        sets.append((f"`{name}`", " ".join(f"`{column.key}`" for column in columns)))
    told: dict[tuple[str, str], list[str]] = {}
    for table, (known, _) in chooser.TABLES.items():
        for key, field in known.items():
            told.setdefault((key, field.column.help or field.column.title), []).append(table)
    every = len(chooser.TABLES)
    rows = [
        (f"`{key}`", text, "all" if len(tables) == every else ", ".join(tables)) for (key, text), tables in told.items()
    ]
    return _table(("set", "its columns"), sets) + "\n" + _table(("column", "what it says", "in"), sorted(rows))


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)

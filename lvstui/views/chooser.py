"""The operator's own columns: `[columns]` in config.toml -> the sets of each table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lvstui.config.settings import WordsEntry
from lvstui.director.remarks import nearest, shown
from lvstui.values import NamedTuple
from lvstui.views import every_server, host, host_fields, server_fields, service_fields
from lvstui.views.column import ColumnSet, in_set
from lvstui.views.field import Fields, chosen

TABLES: Mapping[str, tuple[Fields[Any, Any], Sequence[ColumnSet]]] = {
    "services": (service_fields.FIELDS, service_fields.SETS),
    "servers": (server_fields.FIELDS, server_fields.SETS),
    "hosts": (host_fields.FIELDS, host_fields.SETS),
    "host": (host.FIELDS, host.SETS),
    "every": (every_server.FIELDS, every_server.SETS),
}
"""Tables whose columns can be chosen. `services` is its first set, `services-traffic` the set of that name."""

Sets = Mapping[str, Sequence[ColumnSet]]
AS_THEY_ARE: Sets = {name: sets for name, (_, sets) in TABLES.items()}


class Choice(NamedTuple):
    """The columns of one set that can be chosen: its `name` in the settings, the columns that are `shown` after those
    that name the row, and all that are `available`, each with its title and its meaning."""

    name: str
    shown: Sequence[str]
    available: Mapping[str, tuple[str, str]]


def choice(table: str, sets: Sequence[ColumnSet], chosen_set: str) -> Choice:
    """The columns that can be chosen for one set of a table."""
    lead = ("name", "called")
    here = in_set(sets, chosen_set)
    first = TABLES[table][1][0].name
    name = table if here.name == first else f"{table}-{here.name}"
    known = {key: (field.column.title, field.column.help) for key, field in TABLES[table][0].items() if key not in lead}
    return Choice(name, [column.key for column in here.columns if column.key in known], known)


def names() -> dict[str, tuple[str, str]]:
    """All that can be chosen: the table and the set, by the name in the settings."""
    return {
        table if not number else f"{table}-{column_set.name}": (table, column_set.name)
        for table, (_, sets) in TABLES.items()
        for number, column_set in enumerate(sets)
    }


def chosen_sets(wanted: Mapping[str, WordsEntry]) -> tuple[Sets, tuple[str, ...]]:
    """The sets of each table with the chosen columns, and a complaint for each choice that is wrong; a wrong choice
    changes nothing."""
    sets = {name: list(every) for name, every in AS_THEY_ARE.items()}
    known, complaints = names(), []
    for name, choice in wanted.items():
        if name not in known:
            mend = nearest(name, known) or "one of " + ", ".join(known)
            complaints.append(f'{choice.where}: no table "{shown(name)[1:-1]}" with columns to choose; {mend}')
            continue
        table, set_name = known[name]
        place = next(n for n, each in enumerate(sets[table]) if each.name == set_name)
        sets[table][place], wrong = chosen(TABLES[table][0], sets[table][place], choice.words)
        if wrong:
            complaints.append(f"{choice.where}: {name}: {wrong}")
    return sets, tuple(complaints)

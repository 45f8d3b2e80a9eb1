"""Field: a column and the function that fills it. A new column is one Field, and its key in a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from lvstui.director.remarks import nearest
from lvstui.views.column import NUMBER, TEXT, Column, ColumnSet
from lvstui.views.dropping import ranked
from lvstui.views.filter import Value, Vocabulary

Cells = TypeVar("Cells")
Table = TypeVar("Table")


class Field(NamedTuple, Generic[Cells, Table]):
    """`cell` makes the text of one row; `values` makes the whole column for sorting and comparing, by row number, None
    for a column that cannot be sorted or compared."""

    column: Column
    cell: Callable[[Cells], str]
    values: Callable[[Table], Sequence[Value]] | None = None


Fields = Mapping[str, Field[Cells, Table]]


def fields(*every: Field[Cells, Table]) -> Fields[Cells, Table]:
    """Fields by their column's key."""
    return {field.column.key: field for field in every}


def column_set(fields: Fields[Cells, Table], table: str, name: str, words: str) -> ColumnSet:
    """A set of a table from the keys of its columns."""
    return ColumnSet(name, ranked([fields[key].column for key in words.split()], f"{table} {name}"))


def chosen(fields: Fields[Cells, Table], first: ColumnSet, words: Sequence[str]) -> tuple[ColumnSet, str]:
    """The set with the columns that the operator chose, in this order, after those that name the row; and a complaint,
    "" if there is none. A wrong choice leaves the set unchanged."""
    lead = tuple(column for column in first.columns if column.key in ("name", "called"))
    wanted = [word for word in dict.fromkeys(words) if word not in [column.key for column in lead]]
    wrong = next((word for word in wanted if word not in fields), None)
    if wrong is not None:
        return first, f'no column "{wrong}"; {nearest(wrong, fields) or "one of " + ", ".join(fields)}'
    # What comes late goes first where room is scarce: the order is the operator's word on what matters.
    columns = [fields[key].column._replace(drop=n) for n, key in enumerate(wanted)]
    return ColumnSet(first.name, (*lead, *columns)), ""


def vocabulary(fields: Fields[Cells, Table], words: Sequence[str] = ()) -> Vocabulary:
    """What a filter over these fields can use: each field by its key and by its title."""
    numbers: dict[str, str] = {}
    texts: dict[str, str] = {}
    for key, (column, _, values) in fields.items():
        if values is not None and column.kind in (NUMBER, TEXT):
            names = numbers if column.kind == NUMBER else texts
            names |= {column.title: key} if " " not in column.title else {}
            names[key] = key
    return Vocabulary(numbers, texts, tuple(words))

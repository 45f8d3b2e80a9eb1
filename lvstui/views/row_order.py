"""Which rows a table shows and in what order, for every table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lvstui.values import NamedTuple
from lvstui.views.column import MOMENT, NUMBER, Column
from lvstui.views.field import Cells, Fields, Table
from lvstui.views.filter import ColumnTexts, Value, Vocabulary, matching_rows, parse
from lvstui.views.look import Look


class RowOrder(NamedTuple):
    """The row numbers in display order, and the parts of the filter that were not understood."""

    numbers: Sequence[int]
    complaint: str = ""


def ordered(
    look: Look,
    count: int,
    fields: Fields[Cells, Table],
    words: Vocabulary,
    texts: Callable[[str], ColumnTexts],
    values: Callable[[str], Sequence[Value]],
) -> RowOrder:
    """The rows of a table of so many, numbered in the stable order of their identities. `texts` and `values` give whole
    columns, and only those that the Look needs are requested. Equal rows stay in the order of their numbers; rows whose
    value is not known come last."""
    wanted = parse(look.filter, words)
    numbers = matching_rows(wanted, count, texts, values)
    field = fields.get(look.sort)
    if field is None or field.values is None:
        return RowOrder(numbers[::-1] if look.reverse else numbers, wanted.complaint)
    held = values(look.sort)
    with_value = [n for n in numbers if held[n] is not None]
    untold = [n for n in numbers if held[n] is None] if len(with_value) < len(numbers) else []
    with_value.sort(key=held.__getitem__, reverse=falls(field.column, look))  # type: ignore[arg-type]
    return RowOrder(with_value + untold, wanted.complaint)


def falls(column: Column, look: Look) -> bool:
    """Whether a sort by this column begins with the largest: for numbers and times it does, for texts it does not;
    `reverse` turns it round."""
    return (column.kind in (NUMBER, MOMENT)) is not look.reverse

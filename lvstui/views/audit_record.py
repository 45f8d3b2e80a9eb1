"""One record of the audit log: the lines about it below the table, and the page with all that it holds."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence

from lvstui.director.record import DONE, SEEN, Record
from lvstui.director.spell import spell
from lvstui.values import NamedTuple
from lvstui.views.audit import sentence, undoable, who
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.named import named
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.sheet import sentence as lines_of
from lvstui.views.times import moment

_MARGINS, _READABLE = 14, 100
"""The cells of a line that are not its text, and the most letters in a line."""
_COMMANDS = 4
"""The most commands that are shown below the table."""


class RecordLineKey(NamedTuple):
    """A line about a record."""

    epoch: float
    title: str
    number: int


class RecordView:
    """What was done, by whom, with which commands, and what undoes it, line by line. `group`: the records of one
    action; `width`: cells of a line; `now`: seconds of the epoch."""

    columns = (
        Column("label", "", 8, right=False, kind=TEXT),
        Column("value", "", 60, right=False, kind=TEXT, grows=True),
    )
    sets = (ColumnSet("record", columns),)
    complaint = ""
    empty = "this record is gone"

    def __init__(self, group: Sequence[Record], names: OperatorNames, width: int) -> None:
        self._first = group[0]
        self._lines = [
            ("" if number else label, part)
            for label, text in _group_fields(group, names)
            for number, part in enumerate(lines_of(text, min(width - _MARGINS, _READABLE)))
        ]

    def __len__(self) -> int:
        return len(self._lines)

    def key(self, index: int) -> RecordLineKey:
        return RecordLineKey(self._first.epoch, self._first.title, index)

    def place(self, key: Hashable) -> int | None:
        ours = isinstance(key, RecordLineKey) and key[:2] == (self._first.epoch, self._first.title)
        return key.number if isinstance(key, RecordLineKey) and ours and key.number < len(self._lines) else None

    def row(self, index: int) -> Row[RecordLineKey]:
        return Row(self.key(index), self._lines[index])


def heading(group: Sequence[Record], now: float) -> str:
    """`00:12:40  by kim, from 198.51.100.9, with the console`; `00:12:38 to 00:12:40  seen in the table`"""
    record = group[0]
    if record.result == SEEN:
        first, last = moment(group[-1].epoch, now), moment(record.epoch, now)
        return f"{first} to {last}  seen in the table" if first != last else f"{last}  seen in the table"
    origin = f" from {record.who.origin}" if record.who.origin else ""
    return f"{moment(record.epoch, now)}  by {who(record)}{origin}, {record.source}"


def _group_fields(group: Sequence[Record], names: OperatorNames) -> Iterator[tuple[str, str]]:
    first = group[0]
    yield "what", sentence(group, names)
    if first.result == SEEN and not first.of_role:
        yield "who", _DOUBT if first.source.endswith("?") else named(first.source, names)
    commands = [record.command for record in reversed(group) if record.command]
    for number, command in enumerate(commands[:_COMMANDS]):
        yield ("" if number else "command"), command
    if len(commands) > _COMMANDS:
        yield "", f"and {count(len(commands) - _COMMANDS, 'more command')}: Enter shows them"
    if first.result not in (DONE, SEEN):
        yield "result", first.result
    back = [spell(change) for record in group if undoable(record) for change in record.inverse]
    if back and all(map(undoable, group)):
        more = f", and {count(len(back) - 1, 'more change')}" if back[1:] else ""
        yield "undo", f"u: ipvsadm {back[0]}{more}"


_DOUBT = "keepalived, or a hand that did what keepalived does"


def fields(record: Record, group: Sequence[Record] = (), names: OperatorNames = NO_NAMES) -> Iterator[tuple[str, str]]:
    """All that a record holds, as names and values; and of its whole `group` the commands, and those that undo them."""
    every = group or (record,)
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.epoch))
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.epoch))
    login, user, sudo, origin, tty = record.who
    yield "time", f"{at}   {utc}   {record.epoch:.3f}"
    yield "what", named(record.title, names)
    for number, each_record in enumerate(every):
        yield ("" if number else "command"), each_record.command
    yield "result", f"{record.result}{f': {record.why}' if record.why else ''}"
    yield "reason", record.reason
    yield "who", who(record)
    yield "login", login
    yield "user", f"{user}{f', through sudo by {sudo}' if sudo else ''}"
    yield "from", origin
    yield "terminal", tty
    yield "where", record.source
    yield "host", record.host
    yield "namespace", record.netns
    for number, change in enumerate(change for record in every for change in record.inverse):
        yield ("undone by" if not number else "", f"ipvsadm {spell(change)}")

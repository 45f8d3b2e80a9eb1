"""The audit log, a row for each thing that was done, latest first; and one record with all that is known of it."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence

from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, SEEN, UNKNOWN, Record
from lvstui.director.spell import spell
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.events import sign
from lvstui.views.look import Look, keeps

COLUMNS = ranked(
    (
        Column("when", "when", 8, right=False, kind=TEXT),
        Column("kind", "kind", 6, right=False, kind=TEXT),
        Column("who", "who", 12, right=False, kind=TEXT),
        Column("what", "what", 40, right=False, kind=TEXT, grows=True),
        Column("result", "result", 11, right=False, kind=TEXT),
        Column("source", "where", 9, right=False, kind=TEXT),
        Column("command", "command", 60, right=False, kind=TEXT),
    ),
    "audit",
)
ALL, LVSTUI, OTHERS, VRRP = "all", "lvstui", "others", "vrrp"
"""Kinds of records: all of them, what was done with lvstui, what others did to the rules, changes of the VRRP role."""
_TOGETHER = 1.0
"""Seconds within which the records of one action were written."""


def kind(record: Record) -> str:
    """`lvstui`, `others` or `vrrp`."""
    if record.result != SEEN:
        return LVSTUI
    return VRRP if record.of_role else OTHERS


def batch(records: Sequence[Record], first: Record) -> tuple[Record, ...]:
    """The records of one action, of which `first` is the latest: an action of several commands wrote one for each."""
    if first.result == SEEN or first not in records:
        return (first,)
    found = [first]
    for record in records[records.index(first) + 1 :]:
        if not _one_action(found[-1], record):
            break
        found.append(record)
    return tuple(found)


def _one_action(later: Record, record: Record) -> bool:
    same = (later.title, later.source, later.who, later.result, later.why, later.reason)
    other = (record.title, record.source, record.who, record.result, record.why, record.reason)
    near = 0 <= later.epoch - record.epoch <= _TOGETHER
    return same == other and near and later.result != SEEN and None not in (later.change, record.change)


class AuditView:
    """Records as a Look wants them, those of one action in one row. `now`: seconds of the epoch; what is not of that
    day is shown with its date."""

    sets = tuple(ColumnSet(name, COLUMNS) for name in (ALL, LVSTUI, OTHERS, VRRP))
    columns = COLUMNS
    complaint = ""

    def __init__(self, records: Sequence[Record], look: Look, now: float, before: AuditView | None = None) -> None:
        """`before`: the view of the tick before, whose order is kept while nothing was written."""
        self._records = records
        self._now = now
        self._made_of = (look.filter, look.reverse, look.columns)
        if before is not None and before._records is records and before._made_of == self._made_of:
            self._order: Sequence[Record] = before._order
            self._sizes: dict[Record, int] = before._sizes
        else:
            wanted = look.columns or ALL
            self._sizes = _sizes(records)
            kept = [
                record
                for record in self._sizes
                if wanted in (ALL, kind(record)) and keeps(_filtered_by(record), look.filter)
            ]
            self._order = kept[::-1] if look.reverse else kept

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no record is of this kind and passes the filter" if self._records else _NOTHING

    def key(self, index: int) -> Record:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        return self._order.index(key) if isinstance(key, Record) and key in self._order else None

    def row(self, index: int) -> Row[Record]:
        record = self._order[index]
        size = self._sizes[record]
        more = f" and {size - 1} more" if size > 1 else ""
        what = f"{record.title or record.command}{f' ({size} changes)' if more else ''}"
        reason = f': "{record.reason}"' if record.reason else ""
        cells = (
            when(record.epoch, self._now),
            kind(record),
            who(record),
            f"{what}{f': {record.why}' if record.why else reason}",
            "" if record.result in (SEEN, DONE) else record.result,
            "" if record.result == SEEN else record.source,
            f"{record.command.removeprefix('ipvsadm ')}{more}",
        )
        mark = sign(record)
        tone = _TONES.get(mark, "")
        return Row(record, cells, "", "result" if record.result in _BAD else "", {"kind": tone} if tone else {}, mark)


_TONES = {"-": "down", "+": "up", "V": "warn", "!": "drained"}
"""The tone of the kind, by the sign in front of the row."""
_NOTHING = "nothing was changed here, and nothing seen changed"


def _sizes(records: Sequence[Record]) -> dict[Record, int]:
    """How many records each row stands for, by the latest of them, in the order of the log."""
    sizes: dict[Record, int] = {}
    first: Record | None = None
    last: Record | None = None
    for record in records:
        if first is not None and last is not None and _one_action(last, record):
            sizes[first] += 1
        else:
            first = record
            sizes[record] = 1
        last = record
    return sizes


_BAD = (REFUSED, UNKNOWN, ROLLED_BACK)


def when(epoch: float, now: float) -> str:
    """`09:30:12` on the same day, else `Nov 22 `, in local time; both eight cells or fewer."""
    then = time.localtime(epoch)
    return time.strftime("%H:%M:%S" if time.localtime(now)[:3] == then[:3] else "%b %d  ", then)


def who(record: Record) -> str:
    """The person, else who is thought to have done it."""
    return record.who.name or (record.source if record.result == SEEN else "?")


def fields(record: Record) -> Iterator[tuple[str, str]]:
    """All that a record holds, as names and values."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.epoch))
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.epoch))
    login, user, sudo, origin, tty = record.who
    yield "time", f"{at}   {utc}   {record.epoch:.3f}"
    yield "what", record.title
    yield "command", record.command
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
    for number, change in enumerate(record.inverse):
        yield ("undone by" if not number else "", f"ipvsadm {spell(change)}")


def undoable(record: Record) -> bool:
    """Whether there is anything to undo: it was done, and what undoes it is known."""
    return record.result in (DONE, SEEN) and record.change is not None and bool(record.inverse)


def _filtered_by(record: Record) -> str:
    return " ".join(
        (record.title, record.command, who(record), record.result, record.source, record.reason, record.why)
    )

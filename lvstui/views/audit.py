"""The audit log, a row for each record, latest first; and one record with all that is known of it."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence

from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, SEEN, UNKNOWN, Record
from lvstui.director.spell import spell
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.look import Look, keeps

COLUMNS = ranked(
    (
        Column("what", "when      what", 50, right=False, kind=TEXT),
        Column("who", "who", 12, right=False, kind=TEXT),
        Column("result", "result", 11, right=False, kind=TEXT),
        Column("source", "where", 11, right=False, kind=TEXT),
        Column("command", "command", 60, right=False, kind=TEXT),
    ),
    "audit",
)


class AuditView:
    """Records as a Look wants them. `now`: seconds of the epoch; what is not of that day is shown with its date."""

    sets = (ColumnSet("records", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(self, records: Sequence[Record], look: Look, now: float, before: AuditView | None = None) -> None:
        """`before`: the view of the tick before, whose order is kept while nothing was written."""
        self._records = records
        self._now = now
        self._made_of = (look.filter, look.reverse)
        if before is not None and before._records is records and before._made_of == self._made_of:
            self._order: Sequence[Record] = before._order
        else:
            kept = [record for record in records if keeps(_filtered_by(record), look.filter)]
            self._order = kept[::-1] if look.reverse else kept

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no record passes the filter" if self._records else "nothing was changed here, and nothing seen changed"

    def key(self, index: int) -> Record:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        return self._order.index(key) if isinstance(key, Record) and key in self._order else None

    def row(self, index: int) -> Row[Record]:
        record = self._order[index]
        what = record.title or record.command
        cells = (
            f"{when(record.epoch, self._now)}  {what}{f': {record.why}' if record.why else ''}",
            who(record),
            record.result,
            "" if record.result == SEEN else record.source,
            record.command.removeprefix("ipvsadm "),
        )
        return Row(record, cells, "", "result" if record.result in _BAD else "")


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

"""The audit log, a row for each change, latest first."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.change import AddServer, DeleteServer, EditServer
from lvstui.director.model import address_text
from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, SEEN, UNKNOWN, Record
from lvstui.views.audit_index import sign
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.filter import hides
from lvstui.views.look import Look, keeps
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames

COLUMNS = ranked(
    (
        Column("when", "when", 8, right=False, kind=TEXT),
        Column("kind", "kind", 10, right=False, kind=TEXT),
        Column("who", "who", 12, right=False, kind=TEXT),
        Column("what", "what", 40, right=False, kind=TEXT, grows=True),
        Column("result", "result", 11, right=False, kind=TEXT),
        Column("source", "where", 9, right=False, kind=TEXT),
        Column("command", "command", 60, right=False, kind=TEXT),
    ),
    "audit",
)
ALL, LVSTUI, KEEPALIVED, SOMEONE, VRRP = "all", "lvstui", "keepalived", "someone", "vrrp"
"""Kinds of records: all; changes made with lvstui; changes that keepalived made, as far as that can be known; changes
by somebody else; changes of the VRRP role."""
_FEW = 3
"""The most services that are named, and not only counted."""
_TOGETHER = 1.0
"""Seconds within which the records of one action were written."""
_CHECKS_APART = 10.0
"""Seconds within which keepalived takes a host out of its services, or puts it back, for one cause: it checks the host
for each service by itself, every few seconds."""


def kind(record: Record) -> str:
    """`lvstui`, `keepalived`, `someone` or `vrrp`."""
    if record.result != SEEN:
        return LVSTUI
    if record.of_role:
        return VRRP
    return KEEPALIVED if record.source.startswith(KEEPALIVED) else SOMEONE


def batch(records: Sequence[Record], first: Record) -> tuple[Record, ...]:
    """The records of one action, of which `first` is the latest. An action of several commands wrote one record for
    each, and a host that was removed from several services at once, or by keepalived one after the other, has one in
    each."""
    if first not in records:
        return (first,)
    together = [first]
    for record in records[records.index(first) + 1 :]:
        if not _one_action(together[-1], record):
            break
        together.append(record)
    return tuple(together)


def _one_action(later: Record, record: Record) -> bool:
    if later.result == record.result == SEEN:
        gist, apart = _gist(later), _CHECKS_APART if kind(later) == KEEPALIVED else _TOGETHER
        near = 0 <= later.epoch - record.epoch <= apart and later.source == record.source
        return near and gist is not None and gist == _gist(record)
    same = (later.title, later.source, later.who, later.result, later.why, later.reason)
    other = (record.title, record.source, record.who, record.result, record.why, record.reason)
    near = 0 <= later.epoch - record.epoch <= _TOGETHER
    return same == other and near and later.result != SEEN and None not in (later.change, record.change)


def said(group: Sequence[Record], names: OperatorNames = NO_NAMES) -> str:
    """The text for the records of one action, put together. What `names` has a name for has that in place of its
    address."""
    first, size = group[0], len(group)
    if size > 1 and first.result == SEEN:
        return _seen_words(group, names)
    what = first.title or first.command
    if names.names:
        from lvstui.views.named import named

        what = named(what, names)
    return f"{what}{f' ({size} changes)' if size > 1 else ''}"


def sentence(group: Sequence[Record], names: OperatorNames) -> str:
    """The same with the reason that was given, or why it was refused."""
    first = group[0]
    reason = f': "{first.reason}"' if first.reason else ""
    return f"{said(group, names)}{f': {first.why}' if first.why else reason}"


def _gist(record: Record) -> tuple[str, bytes] | None:
    """What happened to which host, so that it can be compared with the next record; None for a record that is not about
    a host."""
    match record.change:
        case AddServer(_, server):
            return f"added, weight {server.weight}", server.key.address
        case EditServer(_, server):
            what, colon, _ = record.title.partition(": ")
            return (what if colon else "changed"), server.key.address
        case DeleteServer(_, key):
            return "removed", key.address
        case _:
            return None


def _seen_words(group: Sequence[Record], names: OperatorNames) -> str:
    """The text for what happened to a host in several services at once."""
    what, address = _gist(group[0]) or ("changed", b"")
    host = names.host(address) or (address_text(address) if address else "?")
    changes = (record.change for record in group)
    keys = {change.service for change in changes if isinstance(change, AddServer | EditServer | DeleteServer)}
    way = {"removed": "removed from", "added": "added to"}.get(what.partition(",")[0])
    known = [name for key in sorted(keys) if (name := names.service(key))]
    where = ", ".join(known) if len(known) == len(keys) <= _FEW else count(len(keys), "service")
    return f"{host} {way} {where}" if way else f"{what}: {host} in {where}"


class AuditView:
    """The records that a Look asks for, one row for each action. `now`: seconds of the epoch; a record of another day
    is shown with its date."""

    sets = tuple(ColumnSet(name, COLUMNS) for name in (ALL, LVSTUI, KEEPALIVED, SOMEONE, VRRP))
    columns = COLUMNS
    complaint = ""

    def __init__(
        self,
        records: Sequence[Record],
        look: Look,
        now: float,
        before: AuditView | None = None,
        empty: str = "",
        names: OperatorNames = NO_NAMES,
    ) -> None:
        """`before`: the view of the last tick, whose order is kept if nothing was written since; `empty`: the text that
        is shown when there are no records."""
        self._records = records
        self._names = names
        self._nothing = empty or _NOTHING
        self._now = now
        self._made_of = (look.filter, look.reverse, look.columns)
        if before is not None and before._records is records and before._made_of == self._made_of:
            self._order: Sequence[Record] = before._order
            self._groups: Mapping[Record, Sequence[Record]] = before._groups
        else:
            wanted = look.columns or ALL
            self._groups = grouped(records)
            passing = [
                record
                for record, group in self._groups.items()
                if wanted in (ALL, kind(record)) and (not look.filter or keeps(self._filtered(group), look.filter))
            ]
            self._order = passing[::-1] if look.reverse else passing

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if not self._records:
            return self._nothing
        wanted, _, columns = self._made_of
        some = columns not in ("", ALL)
        if wanted:
            return hides(wanted, "record of this kind" if some else "record")
        return "there is no record of this kind; Tab shows the others"

    def key(self, index: int) -> Record:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        """The row of a record, also after a later one of the same action has joined it."""
        if not isinstance(key, Record):
            return None
        if key not in self._groups:
            key = next((record for record, group in self._groups.items() if key in group), key)
        return self._order.index(key) if key in self._order else None

    def row(self, index: int) -> Row[Record]:
        record = self._order[index]
        group = self._groups[record]
        size = len(group)
        more = f" and {count(size - 1, 'more command')}" if size > 1 else ""
        cells = (
            when(record.epoch, self._now),
            kind(record),
            who(record),
            sentence(group, self._names),
            "" if record.result in (SEEN, DONE) else record.result,
            "" if record.result == SEEN else record.source,
            f"{record.command.removeprefix('ipvsadm ')}{more}",
        )
        mark = sign(record)
        tone = _TONES.get(mark, "")
        return Row(record, cells, "", "result" if record.result in _BAD else "", {"kind": tone} if tone else {}, mark)

    def _filtered(self, group: Sequence[Record]) -> str:
        """The text in which a filter searches: names and addresses."""
        return " ".join((said(group, self._names), *map(_filtered_by, group)))


_TONES = {"-": "down", "+": "up", "V": "warn", "!": "drained"}
"""The tone of the kind, by the sign in front of the row."""
_NOTHING = "nothing was changed here, and nothing seen changed"


def grouped(records: Sequence[Record]) -> dict[Record, list[Record]]:
    """The records behind each row, by the latest of them, in the order of the log."""
    groups: dict[Record, list[Record]] = {}
    last: list[Record] = []
    for record in records:
        if last and _one_action(last[-1], record):
            last.append(record)
        else:
            last = groups[record] = [record]
    return groups


_BAD = (REFUSED, UNKNOWN, ROLLED_BACK)


def when(epoch: float, now: float) -> str:
    """`09:30:12` on the same day, else `Nov 22 `, in local time; both eight cells or fewer."""
    then = time.localtime(epoch)
    return time.strftime("%H:%M:%S" if time.localtime(now)[:3] == then[:3] else "%b %d  ", then)


def who(record: Record) -> str:
    """The person who made the change, or else the program that probably made it."""
    return record.who.name or (record.source if record.result == SEEN else "?")


def undoable(record: Record) -> bool:
    """Whether the record can be undone: the change was made, and it is known what undoes it."""
    return record.result in (DONE, SEEN) and record.change is not None and bool(record.inverse)


def _filtered_by(record: Record) -> str:
    return " ".join(
        (record.title, record.command, who(record), record.result, record.source, record.reason, record.why)
    )

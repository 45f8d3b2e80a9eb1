"""Records of what others did between two sweeps: for the audit log of a console that watches, and for searching a
recording."""

from __future__ import annotations

from lvstui.director.change import Change, Zero, inverse
from lvstui.director.model import RuleSet
from lvstui.director.record import SEEN, Record, Who
from lvstui.director.seen import Seen, described
from lvstui.director.spell import spell

MANY = 200
"""The largest number of changes in one sweep that get a record each; more get one record that counts them."""
ROLE = "VRRP"
_NOBODY = Who()


def recorded(found: Seen, epoch: float, host: str, netns: str, keepalived: bool | None) -> list[Record]:
    """The records of what others did. `keepalived`: whether keepalived runs; the changes are then attributed to it."""

    def record(source: str, title: str, change: Change | None = None, more: str = "") -> Record:
        command = f"ipvsadm {spell(change)}{more}" if change is not None else ""
        whole = change if not more else None
        undo = undone(whole, found.before) if whole is not None else ()
        return Record(epoch, _NOBODY, host, netns, source, title, command, SEEN, "", "", whole, undo)

    keeper = "keepalived?" if keepalived else "someone else"
    records = [record("keepalived", f"{ROLE} {found.vrrp}")] if found.vrrp else []
    number = len(found.changes)
    if number > MANY:
        return [*records, record(keeper, f"{number} rules changed", found.changes[0], f" and {number - 1} more")]
    return records + [record(keeper, described(change, found.before), change) for change in found.changes]


def undone(change: Change, before: RuleSet) -> tuple[Change, ...]:
    """The changes that undo a change; () where the rules before it are not known."""
    if isinstance(change, Zero):
        return ()
    try:
        return inverse(change, before)
    except KeyError:
        return ()

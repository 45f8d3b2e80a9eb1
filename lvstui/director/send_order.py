"""The order in which many changes are sent, so that the kernel need not search the servers that were removed.

The kernel keeps a removed server for two minutes, at the head of one list for the whole table, and searches that list
from its head at each addition (ip_vs_ctl.c: __ip_vs_del_dest, ip_vs_trash_get_dest). So what comes back is added in the
reverse of the order in which it was removed, and is found at once. Services are shrunk in the order of their keys and
grown in the reverse of it. The servers of one service are added as the plan has them, because hashing schedulers fill
their tables in that order; so they are removed in the reverse of it.

A table is emptied in an order that only the kernel knows: that of its hash table. So where much is built after it, the
services are deleted in ours first. What is deleted with its service is removed latest first.
"""

from __future__ import annotations

from _collections_abc import Iterator, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
)
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.runs import AddedServers, joined, parts
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.runs import RunPart

MANY = 1000
"""Fewer changes are sent as they are planned: the kernel's list is then short."""


def sending_order(changes: Sequence[Change], now: RuleSet) -> Sequence[Change]:
    """The same changes, which were planned on `now`, in the order in which they are sent. They touch each rule once.
    All that grows before something shrinks still does so, and the changes of one service that make it grow keep their
    order. Before the table is emptied its services are deleted."""
    if len(changes) < MANY:
        return changes
    ordered: list[RunPart] = []
    blocks: dict[ServiceKey, list[RunPart]] = {}
    grew: bool | None = None
    for change in parts(changes):
        grows, key = _way(change)
        if grows is not grew:
            ordered += _sorted(blocks, grew)
            blocks, grew = {}, grows
        if key is None:
            if type(change) is Flush:
                ordered += map(DeleteService, sorted(now.rules))
            ordered.append(change)
        else:
            blocks.setdefault(key, []).append(change)
    ordered += _sorted(blocks, grew)
    return joined(ordered)


def _way(change: RunPart) -> tuple[bool | None, ServiceKey | None]:
    """Whether a change makes its service grow (True) or shrink (False), and that service; None for any other change,
    which keeps its place."""
    if isinstance(change, (AddServer, AddedServers)):
        return True, change.service
    if isinstance(change, (AddService, EditService)):
        return True, change.service.key
    if isinstance(change, EditServer):
        return change.server.weight > 0, change.service
    if isinstance(change, DeleteServer):
        return False, change.service
    return None, None


def _sorted(blocks: dict[ServiceKey, list[RunPart]], grew: bool | None) -> Iterator[RunPart]:
    for key in sorted(blocks, reverse=grew is True):
        yield from blocks[key] if grew else reversed(blocks[key])

"""Whether a command did on a director elsewhere what its plan says: the table is read before and after it, and compared
with what the ipvsadm commands of the plan make of the first. Pure."""

from __future__ import annotations

from collections.abc import Hashable

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
)
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import RuleSet
from lvstui.director.plan import plan
from lvstui.formats import ipvsadm
from lvstui.values import NamedTuple

_COMMAND = "ipvsadm "
_COUNTERS = "ipvsadm -Z"
"""Counters are no rules."""


class Expected(NamedTuple):
    """`rules`: the table that a plan leads to. `named`: what the plan changes; all else may change meanwhile."""

    rules: RuleSet
    named: frozenset[Hashable]


def expected(text: str, before: RuleSet, what: str) -> Expected:
    """What a plan, as the lvstui over there prints it, makes of a table. Raises NotDone where the plan does not fit the
    table, because somebody changed it after the plan was shown, and BadInput where it cannot be understood."""
    lines = [line for line in map(str.strip, text.splitlines()) if line.startswith(_COMMAND)]
    try:
        after, remarks = ipvsadm.follow((line for line in lines if not line.startswith(_COUNTERS)), before, what)
    except BadInput as error:
        raise BadInput(what, f"its plan cannot be understood: {error.why}") from None
    lost = next((remark.text for remark in remarks if "no effect" in remark.text), "")
    if lost:
        raise NotDone(what, f"its table changed after the plan was shown: {lost}", "look again")
    return Expected(after, frozenset(map(_name, plan(before, after))))


def missing(expected: Expected, now: RuleSet) -> tuple[Change, ...]:
    """The changes of the plan that are not in the table now; empty when the table is as asked for."""
    return tuple(change for change in plan(now, expected.rules) if _name(change) in expected.named)


def _name(change: Change) -> Hashable:
    """What a change is about."""
    match change:
        case AddService(service) | EditService(service):
            return service.key
        case DeleteService(key):
            return key
        case AddServer(key, server) | EditServer(key, server):
            return key, server.key
        case DeleteServer(key, server_key):
            return key, server_key
        case StartSync(daemon):
            return "sync", daemon.role
        case StopSync(role):
            return "sync", role
        case SetTimeouts():
            return "timeouts"
        case _:
            return None

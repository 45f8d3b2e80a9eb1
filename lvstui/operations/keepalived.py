"""Orders to keepalived: reload its configuration (after a test), and stop, which hands its virtual addresses to the
peer. Both use the same guards, lock and audit log as a change."""

from __future__ import annotations

from lvstui.commands import handover, reloading
from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.source import UNNAMED, Purpose
from lvstui.director.state import State
from lvstui.operations import complete_reads
from lvstui.operations.complete_reads import LONG, LOOKS, SOON, WITH_KEEPALIVED, complete, informed
from lvstui.operations.steps import (
    PASSING,
    YES,
    FailoverQuestion,
    Lock,
    Operation,
    Reload,
    Say,
    SendOrder,
    ShowComplaints,
    Unlock,
    sleep,
)
from lvstui.values import NamedTuple
from lvstui.views.number import count

_MEANWHILE = "the configuration or the table changed meanwhile; nothing was sent"


class Reloaded(NamedTuple):
    """The table after a reload, and the changes that still lead from it to the configuration, None where they are not
    known. `remark`: a remark on how the order was sent, "" for none."""

    state: State
    differing: tuple[Change, ...] | None
    remark: str


class FailoverResult(NamedTuple):
    """The result of a failover, in words. `heard`: whether another director was heard taking over. `remark` as in
    Reloaded."""

    text: str
    heard: bool
    remark: str


def reload(what: str = "reload", patience: float = SOON) -> Operation[Reloaded | None]:
    """Makes keepalived test its configuration, shows what a reload would change, reloads, and waits until the table no
    longer changes. Returns None when the operator says no. `patience`: seconds to wait for keepalived's configuration.
    Raises BadInput where keepalived reports an error in it; NotDone where keepalived cannot be controlled or the lock
    is taken; Unavailable."""
    yield Say("keepalived tests its configuration", PASSING)
    answer = yield from _ordered(KeepalivedOrder.TEST)
    if answer.complaints:
        agreed = yield ShowComplaints(answer)
        if answer.refused:
            raise _refused(answer)
        if agreed != YES:
            return None
    state = yield from informed(what, patience)
    ahead = reloading.ahead(state)
    if (yield Reload(what, answer.daemon, ahead, state)) != YES:
        return None
    yield Lock()
    again = reloading.ahead((yield from complete(what, WITH_KEEPALIVED)))
    if None not in (ahead.changes, again.changes) and ahead.changes != again.changes:
        raise NotDone("reload", _MEANWHILE, "look at it again, and repeat it")
    yield Say("keepalived reads its configuration", PASSING)
    remark = (yield from _ordered(KeepalivedOrder.RELOAD, Purpose("reload keepalived"))).remark
    yield Unlock()
    wait = reloading.SettleWait((yield from sleep(0)))
    while True:
        yield from _ordered(KeepalivedOrder.LOOK)  # does it still run, and what has it loaded now?
        state = yield from complete(what, WITH_KEEPALIVED)
        if wait.over(state, (yield from sleep(0))):
            return Reloaded(state, reloading.differing(state), remark)
        yield from sleep(LOOKS)


def failover(reason: str, what: str = "failover", patience: float = LONG) -> Operation[FailoverResult | None]:
    """Shows the consequences of a failover, and stops keepalived. Returns None when the operator says no. `patience`:
    seconds to wait for the state of keepalived's instances. Raises NotDone where this director is master of nothing,
    keepalived cannot be controlled or the lock is taken; Unavailable."""
    answer = yield from _ordered(KeepalivedOrder.LOOK)
    state = yield from complete_reads.with_keepalived_report(what, lambda state: bool(state.vrrp.instances), patience)
    handover.refuse(state, answer.daemon)
    if (yield FailoverQuestion(what, tuple(handover.consequences(state, answer.daemon)), state.read_only)) != YES:
        return None
    yield Lock()
    state = yield from complete(what, WITH_KEEPALIVED)
    handover.refuse(state, answer.daemon)  # it may no longer be master
    yield Say("keepalived is being stopped", PASSING)
    answer = yield from _ordered(KeepalivedOrder.STOP, Purpose(handover.title(state), reason))
    yield Unlock()
    return FailoverResult(*handover.outcome(answer), answer.remark)


def _ordered(order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> Operation[OrderAnswer]:
    answer: OrderAnswer = yield SendOrder(order, purpose)
    return answer


def _refused(answer: OrderAnswer) -> BadInput:
    first, *more = answer.complaints
    others = f", and {count(len(more), 'more complaint')}" if more else ""
    why = f"keepalived's own test has {count(len(answer.complaints), 'complaint')}; nothing was sent: {first}{others}"
    return BadInput(answer.daemon.config, why, "correct what it names")

"""--do reload and --do failover: what keepalived is told by a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lvstui.commands import handover, reloading
from lvstui.director.daemon import Answer, Order
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import Remark
from lvstui.director.source import EVERYTHING, Purpose, Source, ordered
from lvstui.director.state import State, rules_of
from lvstui.operations.lock import alone
from lvstui.places import Kept
from lvstui.verbs.verb import Verb, complete
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.verbs.questions import Options
    from lvstui.verbs.runner import Clock

_PATIENCE = 5.0
"""Seconds for which keepalived's role and configuration are waited for."""
_STANDS = 15.0
"""The same, where all is judged by them: only a keepalived that tells nothing is waited for so long."""
_LOOKS = 0.3


def reload(source: Source, options: Options, kept: Kept, clock: Clock) -> Verb:
    """Tests, says what the reload will change, reloads, and says what differs after it. Returns 0, 1 for a dry run.
    Raises BadInput where keepalived complains of an error, NotDone where it cannot be told, or a guard says no."""
    answer = ordered(source, Order.TEST)
    config = answer.daemon.config
    yield from (Remark(one.file or config, one.line, one.words) for one in answer.complaints)
    if answer.refused:
        complaints = count(len(answer.complaints), "complaint")
        raise BadInput(config, f"keepalived's own test has {complaints}; nothing was sent", "mend what it names")
    state = informed(source, clock)
    ahead = reloading.ahead(state)
    yield f"{answer.daemon.reload}\n"
    yield f"{reloading.question(ahead, state)}\n"
    yield from (f"outage: {text}\n" for text in ahead.outages)
    if options.dry_run:
        return 1
    if ahead.outages and not options.allow_outage:
        raise NotDone("--do", f"{ahead.outages[0]}; nothing was sent", "give --allow-outage if that is meant")
    with alone(kept):
        answer = ordered(source, Order.RELOAD, Purpose("reload keepalived"))
    yield from _remarked(answer)
    wait = reloading.Wait(clock.now())
    while True:
        ordered(source, Order.LOOK)
        state = complete(source, "--do", _WHOLE)
        if wait.over(state, clock.now()):
            break
        clock.sleep(_LOOKS)
    changes = reloading.differing(state)
    yield f"{reloading.verdict(changes)}\n"
    yield from (f"  {reloading.differs(change, rules_of(state))}\n" for change in reloading.brief(changes or ()))
    return 0


def failover(source: Source, options: Options, kept: Kept, clock: Clock, reason: str) -> Verb:
    """Says what becomes of it, and stops keepalived. Returns 0, 1 for a dry run. Raises NotDone where this director is
    master of nothing, or nobody said that an outage is meant."""
    answer = ordered(source, Order.LOOK)
    state = _read(source, clock, lambda state: bool(state.vrrp.instances), _STANDS)
    handover.refuse(state, answer.daemon)
    yield from (f"{text}\n" for text in handover.told(state, answer.daemon))
    if options.dry_run:
        return 1
    if state.read_only:
        raise NotDone("--do", f"read-only: {state.read_only}")
    if not options.allow_outage:
        why = "whether a peer takes over is not known before; nothing was sent"
        raise NotDone("--do", why, "give --allow-outage if that is meant")
    with alone(kept):
        answer = ordered(source, Order.STOP, Purpose(handover.title(state), reason))
    yield from _remarked(answer)
    text, heard = handover.outcome(answer)
    if heard:
        yield f"{text}\n"
    else:
        yield Remark("failover", 0, text)
    return 0


def _remarked(answer: Answer) -> Iterator[Remark]:
    """What must be said of how keepalived was told."""
    if answer.remark:
        yield Remark("keepalived", 0, answer.remark)


_WHOLE = EVERYTHING._replace(vrrp=True, owner=True)


def informed(source: Source, clock: Clock) -> State:
    """The whole table, with what keepalived means with it, where one programs it."""
    return _read(source, clock, lambda state: state.keeping is not None or state.owner != "keepalived")


def standing(source: Source, clock: Clock) -> State:
    """The same, and with how this director stands in VRRP, where a keepalived runs."""

    def known(state: State) -> bool:
        vrrp = state.vrrp
        stands = vrrp.keepalived is False or bool(vrrp.keepalived and vrrp.role)
        return stands and (state.keeping is not None or state.owner != "keepalived")

    state = complete(source, "--do", EVERYTHING._replace(owner=True))
    return _read(source, clock, known, _STANDS) if state.vrrp.keepalived else state


def _read(source: Source, clock: Clock, known: Callable[[State], bool], patience: float = _PATIENCE) -> State:
    """The whole table, with what keepalived means and where it stands as soon as that is known."""
    until = clock.now() + patience
    while True:
        state = complete(source, "--do", _WHOLE)
        if known(state) or clock.now() > until:
            return state
        clock.sleep(_LOOKS)

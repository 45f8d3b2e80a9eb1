"""Since when services and servers have been in their state, as far as this console has watched, followed from sweep to
sweep."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import islice
from types import MappingProxyType

from lvstui.director.model import ServerInService, ServiceKey
from lvstui.director.serving import ServiceHealth, Tally
from lvstui.director.state import State
from lvstui.values import NamedTuple

RowKey = ServiceKey | ServerInService
KINDS = ("down", "out", "removed", "full")
"""Why a server does not take new connections, in the order of ServiceHealth.ill."""
WELL = "up"
_GONE = frozenset(KINDS[:3])
"""The words for a server that keepalived took out. They depend on what is known of it, so another of these words is not
a change."""
_MOST = 2000
"""The number of recoveries remembered, the latest ones."""
_FIRST = 15.0
"""Seconds that finding keepalived may take when a console starts; its first report is taken as older than the
console."""


class RowState(NamedTuple):
    """The state of a row and when it began (seconds of the epoch), None where it was so when the console started.
    `missed`: it began while the configuration was not known."""

    kind: str
    epoch: float | None
    missed: bool = False


class RowStates(NamedTuple):
    """What was seen of services and servers since `began` (seconds of the epoch): each that is not as it should be, and
    those that are again. `odd`, `taken` and `blind` (the configuration was not known) are carried to the next sweep."""

    began: float
    troubled: Mapping[Hashable, RowState] = MappingProxyType({})
    recovered: Mapping[Hashable, RowState] = MappingProxyType({})
    odd: Mapping[ServiceKey, ServiceHealth] = MappingProxyType({})
    taken: float = 0.0
    blind: bool = False

    def of(self, key: Hashable) -> RowState | None:
        """The state of a row; None for one that has been well for as long as the console has watched."""
        return self.troubled.get(key) or self.recovered.get(key)


def row_states(state: State, tally: Tally, before: RowStates | None) -> RowStates:
    """What is known after one more sweep, which follows `before`. A recording that was wound back starts again."""
    now, blind = state.taken, bool(tally.why)
    if before is None or now < before.taken or (before.blind and not blind and now - before.began < _FIRST):
        return RowStates(now, _stands(tally.odd, {}, RowState("", None)), {}, tally.odd, now, blind)
    if tally.odd == before.odd and blind == before.blind:
        return before._replace(taken=now)
    # A row whose state changes because more is known of it may have been so before.
    since = RowState("", now) if blind == before.blind else RowState("", None, missed=True)
    stands = _stands(tally.odd, before.troubled, since)
    well = {key: since._replace(kind=WELL) for key in before.troubled if key not in stands}
    recovered = {key: state_of_row for key, state_of_row in (before.recovered | well).items() if key not in stands}  # type: ignore[operator]
    surplus = len(recovered) - _MOST
    if surplus > 0:
        recovered = dict(islice(recovered.items(), surplus, None))
    return RowStates(before.began, stands, recovered, tally.odd, now, blind)


def _stands(
    odd: Mapping[ServiceKey, ServiceHealth], before: Mapping[Hashable, RowState], since: RowState
) -> Mapping[Hashable, RowState]:
    """Each service and server that is not as it should be; one whose state is unchanged keeps its time."""
    states: dict[Hashable, RowState] = {}
    for key, served in odd.items():
        _note(states, before, key, _kind(served), since)
        place = 0
        for kind in KINDS:
            number: int = getattr(served, kind)
            for server in served.ill[place : place + number]:
                _note(states, before, (key, server), kind, since)
            place += number
    return states


def _note(
    stands: dict[Hashable, RowState], before: Mapping[Hashable, RowState], key: Hashable, kind: str, since: RowState
) -> None:
    last = before.get(key)
    same = last is not None and (last.kind == kind or {last.kind, kind} <= _GONE)
    stands[key] = (last if last is not None and same else since)._replace(kind=kind)


def _kind(served: ServiceHealth) -> str:
    """The worst state of a service, without a number: one more server down does not start a new state."""
    if served.fails:
        return "DOWN"
    return next((kind for kind in (*KINDS, "drained") if getattr(served, kind)), WELL)

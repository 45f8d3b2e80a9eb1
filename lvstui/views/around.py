"""The context of a row besides its own reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, NamedTuple
from lvstui.views.column import Column
from lvstui.views.drifting import drifting
from lvstui.views.number import full, short
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.past import NOTHING_PAST, Past, RowChange
from lvstui.views.place import NOTHING_DRAINED, Place
from lvstui.views.since import NO_TIME_SOURCES, TimeSources

if TYPE_CHECKING:
    from lvstui.director.drift.all import Drifts

UP, DOWN = "▲", "▼"


class RowContext(NamedTuple):
    """`names`: the operator's names of services and servers; `past`: what changed recently; `drained`: the weights from
    before a drain; `drifts`: the differences from keepalived's own table, None where they are not known;
    `time_sources`: the sources for the time since when a row is in its state."""

    names: OperatorNames = NO_NAMES
    past: Past = NOTHING_PAST
    drained: Mapping[Place, int] = NOTHING_DRAINED
    drifts: Drifts | None = None
    time_sources: TimeSources = NO_TIME_SOURCES


ALONE = RowContext()


def arrow(way: int) -> str:
    """The sign of a change within the last minute, "" for no change."""
    return UP if way > 0 else DOWN if way < 0 else ""


def state_cell(word: str, moved: RowChange) -> str:
    """`up`, `▼drained`; a row that appeared within the last minute is `new` while it is well."""
    return "new" if moved.new and word == "up" else arrow(moved.state) + word


def number(value: float, exact: bool) -> str:
    """The number in short form, or with all its digits."""
    return full(value) if exact else short(value)


def tells_since(sources: TimeSources, service: ServiceKey | None = None) -> bool:
    """Whether a row is not well, so that its column "since" has something to show. `service`: only the servers of this
    service."""
    if sources.row_states is None:
        return False
    return bool(sources.row_states.troubled) if service is None else service in sources.row_states.troubled


def filled_columns(
    columns: Sequence[Column], around: RowContext, state: State, service: ServiceKey | None = None
) -> tuple[Column, ...]:
    """Removes the columns that would be empty: names and notes where nobody gave any, checks where no keepalived makes
    them, drift and times while there are none (for an open service: none in that service)."""
    silent = {"note"} if not around.names.notes else set()
    silent |= {"called"} if not around.names.names else set()
    silent |= {"check"} if state.keeping is None else set()
    silent |= set() if tells_since(around.time_sources, service) else {"since"}
    drifts = around.drifts
    silent |= {"drift"} if not drifting(drifts) or (service and drifts and not drifts.of(service)) else set()
    return tuple(column for column in columns if column.key not in silent)

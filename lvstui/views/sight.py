"""Sight: everything that a page is made from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.hosts import Hosts
from lvstui.director.probe import ProbeResult
from lvstui.director.rates import History
from lvstui.director.serving import Tally
from lvstui.director.since import RowStates
from lvstui.director.state import State
from lvstui.values import NamedTuple
from lvstui.views.around import ALONE, RowContext
from lvstui.views.audit_index import NO_EVENTS, Events
from lvstui.views.place import Place
from lvstui.views.since import NO_DRAINS, RememberedDrain, TimeSources


class LastProbe(NamedTuple):
    """The result of the last probe of a server from this console, and when it was made (seconds of the epoch)."""

    result: ProbeResult
    epoch: float


_NO_PROBES: Mapping[Place, LastProbe] = MappingProxyType({})


class Sight(NamedTuple):
    """`around`: names, recent changes, drift; `events`: the audit log; `row_states`: what was seen since the console
    started; `hosts`: None if hosts are not added up."""

    state: State
    history: History = ()
    around: RowContext = ALONE
    tally: Tally | None = None
    events: Events = NO_EVENTS
    row_states: RowStates | None = None
    drains: Mapping[Place, RememberedDrain] = NO_DRAINS
    last_probes: Mapping[Place, LastProbe] = _NO_PROBES
    hosts: Hosts | None = None
    blocks: bool = False
    graphs: bool = True

    @property
    def time_sources(self) -> TimeSources:
        """The sources of times."""
        return TimeSources(self.events, self.row_states, self.drains)

"""Sight: everything that a page is made from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.hosts import Hosts
from lvstui.director.probe import Knocked
from lvstui.director.rates import History
from lvstui.director.serving import Tally
from lvstui.director.since import Watched
from lvstui.director.state import State
from lvstui.values import NamedTuple
from lvstui.views.around import ALONE, Around
from lvstui.views.audit_index import NO_EVENTS, Events
from lvstui.views.place import Place
from lvstui.views.since import NO_DRAINS, Drain, Known


class Tried(NamedTuple):
    """The result of the last probe of a server from this console, and when it was made (seconds of the epoch)."""

    knocked: Knocked
    epoch: float


_NOT_TRIED: Mapping[Place, Tried] = MappingProxyType({})


class Sight(NamedTuple):
    """`around`: names, recent changes, drift; `events`: the audit log; `watched`: what was seen since the console
    started; `hosts`: None if hosts are not added up."""

    state: State
    history: History = ()
    around: Around = ALONE
    tally: Tally | None = None
    events: Events = NO_EVENTS
    watched: Watched | None = None
    drains: Mapping[Place, Drain] = NO_DRAINS
    tried: Mapping[Place, Tried] = _NOT_TRIED
    hosts: Hosts | None = None
    blocks: bool = False
    graphs: bool = True

    @property
    def known(self) -> Known:
        """The sources of times."""
        return Known(self.events, self.watched, self.drains)

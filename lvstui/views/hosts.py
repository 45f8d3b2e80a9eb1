"""Real servers by host: one row for each address, over all the services that have it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from lvstui.director.hosts import Host, HostKey, Hosts, host_rates
from lvstui.director.model import address_text
from lvstui.director.state import State
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, short
from lvstui.views.traffic import TRAFFIC, rate_cells

__all__ = ["COLUMNS", "SORTS", "HostKey", "HostsView", "state_word"]

COLUMNS = (
    Column("name", "host", 15, right=False),
    Column("state", "state", 10, right=False),
    Column("services", "svcs", 5),
    Column("persistent", "persist", 7, drop=3),
    Column("weight", "weight", 7),
    *TRAFFIC,
)

SORTS = ("active", "inactive", "services", "weight", "cps", "in", "out", "state")


class HostsView:
    """The hosts of a sweep as a Look wants them."""

    sets = (ColumnSet("state", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(self, state: State, hosts: Hosts, look: Look, before: HostsView | None = None) -> None:
        """`before`: the view of the tick before, whose order is kept while nothing was swept."""
        self._unknown = state.unknown
        self._hosts = hosts
        self._made_of = (look.sort, look.reverse, look.filter)
        self._order: Sequence[HostKey]
        self._places: Mapping[HostKey, int]
        if before is not None and before._hosts is hosts and before._made_of == self._made_of:
            self._order, self._places = before._order, before._places
        else:
            self._order = _order(hosts, look)
            self._places = {key: i for i, key in enumerate(self._order)}

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no host passes the filter" if self._hosts.found else "no real servers"

    def key(self, index: int) -> HostKey:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        return self._places.get(key) if isinstance(key, HostKey) else None

    def row(self, index: int) -> Row[HostKey]:
        key = self._order[index]
        host = self._hosts.found[key]
        poor = "counters" in self._unknown
        own = None if poor else host_rates(self._hosts, key)
        cells = (
            address_text(key.address),
            state_word(host),
            short(host.services),
            UNKNOWN if poor else short(host.persistent),
            _weight(host),
            short(host.active),
            short(host.inactive),
            # What is only routed to is not told here: a host may be reached in one way here and another there.
            *rate_cells(own, host.rates, poor, not poor and not host.counters.out_packets),
            UNKNOWN if poor else short(host.counters.connections),
        )
        return Row(key, cells, _tone(host), "state" if host.live > 0 and state_word(host) != "up" else "")


def state_word(host: Host) -> str:
    """`up`, `drained`, `gone`; where only some of its rules are: `2 drained`, `1 gone`."""
    rules = len(host.places)
    if not rules:
        return "gone"
    idle = rules - host.live
    gone = f"{host.missing} gone" if host.missing else ""
    if not host.live:
        return "drained"
    return gone or (f"{idle} drained" if idle else "up")


def _tone(host: Host) -> str:
    return "down" if not host.places else "" if host.live else "drained"


def _weight(host: Host) -> str:
    """The weight that all its rules have, or the least and the greatest."""
    if not host.places:
        return ""
    if host.lightest == host.heaviest:
        return short(host.heaviest)
    return f"{short(host.lightest)}-{short(host.heaviest)}"


def _order(hosts: Hosts, look: Look) -> Sequence[HostKey]:
    keys = list(hosts.found)
    if look.filter:
        keys = [
            key for key in keys if keeps(f"{address_text(key.address)} {state_word(hosts.found[key])}", look.filter)
        ]
    if look.sort:
        worth = {key: _worth(hosts.found[key], look.sort) for key in keys}
        keys.sort(key=worth.__getitem__, reverse=(look.sort != "state") is not look.reverse)
    elif look.reverse:
        keys.reverse()
    return keys


def _worth(host: Host, column: str) -> float:
    match column:
        case "active" | "inactive":
            return float(getattr(host, column))
        case "services":
            return host.services
        case "weight":
            return host.heaviest
        case "state":
            # What is worst first.
            return 0 if not host.places else 1 if host.missing else 2 if host.live < len(host.places) else 3
        case _:
            return host.rates[("cps", "", "", "in", "out").index(column)]

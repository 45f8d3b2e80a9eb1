"""What a sample of the connection table adds up to: by state, service, server and network of clients, beside the
kernel's own counts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from lvstui.director.connections import CLOSING, OPENING, Connection, ConnectionSample, Places, network, places, where
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.state import State
from lvstui.values import Any, NamedTuple

BEHIND = 200
"""The most groups behind a group that are kept: more than a screen has lines."""


class Figures(NamedTuple):
    """What there is to count of a group: connections that are open, half open and closing; distinct client addresses
    and real servers; the most seconds until one expires; those from a sync daemon, None where an origin is unknown."""

    open: int
    half: int
    closing: int
    clients: int
    places: int
    left: int
    synced: int | None


class RowGroup:
    """Rows with a common property: `of` is the property, `rows` are their numbers in the sample. What is counted of
    them is counted once."""

    __slots__ = ("_behind", "_figures", "of", "rows")

    def __init__(self, of: Any, rows: Sequence[int]) -> None:
        self.of, self.rows = of, rows
        self._figures: Figures | None = None
        self._behind: tuple[str, Sequence[RowGroup]] | None = None

    def figures(self, rows: Sequence[Connection], servers: Sequence[ServerKey]) -> Figures:
        """The same at each call. `rows`: those of the sample; `servers`: of each row."""
        if self._figures is None:
            mine = [rows[n] for n in self.rows]
            states = [row.state for row in mine]
            origins = [row.synced for row in mine]
            self._figures = Figures(
                states.count("ESTABLISHED"),
                sum(state in OPENING for state in states),
                sum(state in CLOSING for state in states),
                len({row.client for row in mine}),
                len({servers[n] for n in self.rows}),
                max(row.left for row in mine),
                None if None in origins else sum(map(bool, origins)),
            )
        return self._figures

    def behind(self, what: str, of: Callable[[int], Any]) -> Sequence[RowGroup]:
        """The largest groups of its rows by another property of each, by the name of which they are kept."""
        if self._behind is None or self._behind[0] != what:
            self._behind = what, grouped(self.rows, [of(n) for n in self.rows])[:BEHIND]
        return self._behind[1]


def grouped(numbers: Sequence[int], of: Sequence[Any]) -> Sequence[RowGroup]:
    """Groups rows by a property of each, the largest group first."""
    members: dict[Any, list[int]] = {}
    for n, key in zip(numbers, of, strict=True):
        if key in members:
            members[key].append(n)
        else:
            members[key] = [n]
    return [RowGroup(*member) for member in sorted(members.items(), key=lambda member: (-len(member[1]), member[0]))]


class KernelCounts(NamedTuple):
    """The kernel's own counts at the time of the sample: rows of the whole table; active, inactive and persistent ones
    in all (`parts`), of each real server and of each service (None where its servers were not read); and the weights of
    the servers."""

    total: int | None = None
    parts: tuple[int, int, int] = (0, 0, 0)
    servers: Mapping[tuple[ServiceKey, ServerKey], tuple[int, int, int]] = MappingProxyType({})
    services: Mapping[ServiceKey, tuple[int, int, int] | None] = MappingProxyType({})
    weights: Mapping[tuple[ServiceKey, ServerKey], int] = MappingProxyType({})


class ConnectionSummary(NamedTuple):
    """A summary of a sample. `connections` and `templates` are numbers of rows; groups are sorted by size, largest
    first. `synced`: the number of connections from a sync daemon, None where no row's origin is known."""

    sample: ConnectionSample
    places: Places
    kernel_counts: KernelCounts
    connections: Sequence[int]
    templates: Sequence[int]
    by_state: Sequence[RowGroup]
    by_service: Sequence[RowGroup]
    by_server: Sequence[RowGroup]
    by_network: Sequence[RowGroup]
    synced: int | None = None

    def owner(self, number: int) -> ServiceKey:
        """The service of a row, or the key that its service would have where none is known."""
        return self.places.services[number] or where(self.sample.rows[number])

    def at(self, number: int) -> tuple[ServiceKey, ServerKey]:
        """The service and the real server of a row."""
        return self.owner(number), self.places.servers[number]

    def figures(self, group: RowGroup) -> Figures:
        """What there is to count of a group."""
        return group.figures(self.sample.rows, self.places.servers)

    def clients(self, group: RowGroup) -> Sequence[RowGroup]:
        """The client addresses behind a group, those with most connections."""
        return group.behind("clients", lambda n: self.sample.rows[n].client)

    def servers(self, group: RowGroup) -> Sequence[RowGroup]:
        """The real servers behind a group, those with most connections."""
        return group.behind("servers", self.at)

    def counted(self) -> ConnectionSummary:
        """The same, after everything was counted that a key would otherwise wait for."""
        for groups, behind in (
            (self.by_server, self.clients),
            (self.by_service, self.clients),
            (self.by_network, self.servers),
            (self.by_state, self.servers),
        ):
            for group in groups:
                self.figures(group)
                for row in behind(group):
                    self.figures(row)
        return self


def summary(sample: ConnectionSample, state: State, numbers: Sequence[int] | None = None) -> ConnectionSummary:
    """The summary of a sample, or of its rows with these numbers."""
    owners = places(sample.rows, state)
    return summed(sample, owners, kernel_counts(sample, owners, state), numbers)


def summed(
    sample: ConnectionSample, places: Places, counts: KernelCounts, numbers: Sequence[int] | None = None
) -> ConnectionSummary:
    """The same, where the places of the rows and the kernel's counts are already known."""
    rows = sample.rows
    wanted: Sequence[int] = range(len(rows)) if numbers is None else numbers
    connections = [n for n in wanted if not rows[n].template]
    templates = sorted((n for n in wanted if rows[n].template), key=lambda n: -rows[n].left)
    owners = [places.services[n] or where(rows[n]) for n in connections]
    origins = [rows[n].synced for n in connections]
    return ConnectionSummary(
        sample,
        places,
        counts,
        connections,
        templates,
        grouped(connections, [rows[n].state for n in connections]),
        grouped(connections, owners),
        grouped(connections, [(owner, places.servers[n]) for n, owner in zip(connections, owners, strict=True)]),
        _networks(grouped(connections, [_neighbours(rows[n].client) for n in connections])),
        sum(map(bool, origins)) if any(origin is not None for origin in origins) else None,
    )


def _neighbours(client: bytes) -> bytes:
    return client[:3] if len(client) == 4 else client[:8]


def _networks(groups: Sequence[RowGroup]) -> Sequence[RowGroup]:
    """Turns groups of address prefixes into groups of networks."""
    return [RowGroup(network(group.of if len(group.of) == 8 else group.of + b"\0"), group.rows) for group in groups]


def kernel_counts(sample: ConnectionSample, places: Places, state: State) -> KernelCounts:
    """The kernel's counts: of the whole table, and of the services that the sample has rows of."""
    parts, unread = [0, 0, 0], False
    for key in state.services.keys:
        pool = state.servers(key)
        unread = unread or pool is None
        for flow in pool.flows() if pool is not None else ():
            parts = [parts[0] + flow[2], parts[1] + flow[3], parts[2] + flow[4]]
    total = None if unread else sum(parts)
    servers: dict[tuple[ServiceKey, ServerKey], tuple[int, int, int]] = {}
    sums: dict[ServiceKey, tuple[int, int, int] | None] = {}
    weights: dict[tuple[ServiceKey, ServerKey], int] = {}
    for key in {key for key in places.services if key is not None}:
        pool = state.servers(key)
        active = inactive = persistent = 0
        for reading in pool or ():
            place = key, reading.server.key
            servers[place] = reading.active, reading.inactive, reading.persistent
            weights[place] = reading.server.weight
            active, inactive = active + reading.active, inactive + reading.inactive
            persistent += reading.persistent
        sums[key] = (active, inactive, persistent) if pool is not None else None
    whole = sample.seen if sample.whole else total
    active, inactive, persistent = parts
    total = whole if whole is None else max(whole, sample.seen)
    return KernelCounts(total, (active, inactive, persistent), servers, sums, weights)

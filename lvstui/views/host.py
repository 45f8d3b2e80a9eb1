"""The rules of one host: a row for each of its services, with the usual columns of real servers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from functools import cached_property

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import Server, ServerKey, ServiceKey
from lvstui.director.rates import History
from lvstui.director.state import Counters, Rates, ServerReading, State
from lvstui.values import NamedTuple
from lvstui.views import server_fields
from lvstui.views.around import ALONE, RowContext
from lvstui.views.column import CALLED, Column, ColumnSet, Row, in_set
from lvstui.views.field import Field, column_set, vocabulary
from lvstui.views.filter import Value, hides
from lvstui.views.look import Look
from lvstui.views.number import WAITING
from lvstui.views.place import Place
from lvstui.views.row_order import RowOrder, ordered
from lvstui.views.rule_words import service_name
from lvstui.views.server_fields import Members, ServerCells
from lvstui.views.servers import OUT
from lvstui.views.serving import DOWN, DRAINED, sign, toned
from lvstui.views.since import TimeSources

_OWN = {"name", "called", "share"}
"""Columns of real servers that have no meaning across services."""

FIELDS = {
    "name": Field[ServerCells, Members](
        Column("name", "virtual service", 23, right=False, kind="", most=40),
        lambda row: service_name(row.of.service, "family" in row.of.unknown),
    ),
    "called": Field[ServerCells, Members](CALLED, lambda row: row.of.around.names.service(row.of.service)),
    "port": Field[ServerCells, Members](
        Column("port", "port", 5, help="the real server's port"),
        lambda row: str(row.server.key.port),
        lambda members: [row.server.key.port for row in members.rows],
    ),
    **{key: field for key, field in server_fields.FIELDS.items() if key not in _OWN},
}

SETS = (
    column_set(
        FIELDS,
        "host",
        "state",
        "name called port state since weight active inactive cps in out forward persistent in_pps conns",
    ),
    column_set(FIELDS, "host", "traffic", "name called port state weight active inactive cps in out in_pps out_pps"),
    column_set(
        FIELDS, "host", "totals", "name called port state weight active conns in_packets out_packets in_bytes out_bytes"
    ),
    column_set(FIELDS, "host", "limits", "name called port state weight active upper lower used inactive persistent"),
)

VOCABULARY = vocabulary(FIELDS, server_fields.WORDS)


_MEASURED = 256
"""The services of a host whose names are measured."""


class _Spot(NamedTuple):
    """The position of a rule: the number of its service, and the number among the host's rules in that service; -1, -2
    and so on for those that keepalived has and the table does not."""

    number: int
    turn: int


class HostRules(Members):
    """The rules of a host in all services. Its services are known by number; a pool is decoded only when a row of it is
    shown, and all of them only for sorting and filtering."""

    def __init__(
        self,
        state: State,
        hosts: Hosts,
        key: HostKey,
        history: History,
        around: RowContext,
        exact: bool,
        gone: Sequence[ServiceKey] = (),
    ) -> None:
        self.unknown = state.unknown
        self.now = state.taken
        self.history = history
        self.around = around
        self.exact = exact
        self.host = hosts.by_key.get(key, Host(key))
        self.services = hosts.keys
        self.out = frozenset()
        self.verdicts = None
        self._state = state
        self._gone = gone

    @cached_property
    def spots(self) -> Sequence[_Spot]:
        spots, turn, last = [], 0, -1
        for number in self.host.places:
            turn, last = (turn + 1 if number == last else 0), number
            spots.append(_Spot(number, turn))
        turn, last = -1, -1
        for service in self._gone:
            number = bisect_left(self.services, service)
            if number < len(self.services) and self.services[number] == service:
                turn, last = (turn - 1 if number == last else -1), number
                spots.append(_Spot(number, turn))
        return sorted(spots, key=lambda spot: (spot.number, spot.turn < 0)) if self._gone else spots

    @cached_property
    def rows(self) -> list[ServerReading]:
        """All rules, decoded; a rule that was removed since the sweep keeps an empty line."""
        gone = ServerReading(Server(ServerKey(*self.host.key, -1)), 0, 0, 0, Counters(), Rates())
        return [gone if row is None else row.reading for row in map(self.cells, self.spots)]

    def texts(self, word: str) -> list[list[str]]:
        names = self.around.names
        keys = [self.services[spot.number] for spot in self.spots]
        return [[f"{service_name(key)} {names.service(key)}".lower() for key in keys]]

    def longest_name(self) -> int:
        """The cells of the longest name of its services, as far as they are measured; 0 where none has a name."""
        names = self.around.names
        if not names.names:
            return 0
        return max((len(names.service(self.services[spot.number])) for spot in self.spots[:_MEASURED]), default=0)

    def cells(self, spot: _Spot) -> ServerCells | None:
        """The rule as it was read last, None if it is gone."""
        service = self.services[spot.number]
        turn = spot.turn
        if turn < 0:
            members = Members(self._state, service, self.history, self.around, self.exact, whole=True)
            out = [n for n, row in enumerate(members.pool) if row.server.key in members.out]
            mine = [n for n in out if members.pool[n].server.key[:2] == self.host.key]
            return ServerCells(members, mine[-1 - turn]) if len(mine) >= -turn else None
        for number, row in enumerate(self._state.servers(service) or ()):
            if row.server.key[:2] == self.host.key:
                if not turn:
                    return ServerCells(Members(self._state, service, self.history, self.around, self.exact), number)
                turn -= 1
        return None


def _troubled(host: Host, sources: TimeSources) -> bool:
    """Whether a server of a host is not well, so that the column "since" has something to show."""
    stands = sources.row_states.troubled if sources.row_states is not None else {}
    ill = (key[1] for key in stands if type(key) is tuple)
    return host.live < len(host.places) or any(HostKey(server.family, server.address) == host.key for server in ill)


class HostView:
    """The rules of one host as a Look wants them."""

    def __init__(
        self,
        state: State,
        hosts: Hosts,
        key: HostKey,
        look: Look,
        history: History,
        around: RowContext = ALONE,
        before: HostView | None = None,
        sets: Sequence[ColumnSet] = SETS,
        gone: Sequence[ServiceKey] = (),
    ) -> None:
        """`before`: the view of the last tick, whose order is kept if there was no sweep since. `gone`: the services,
        in order, in which keepalived has the host and the table does not."""
        self._rules = rules = HostRules(state, hosts, key, history, around, look.exact, gone)
        self._gone = gone
        self.sets = sets
        silent = set() if _troubled(rules.host, around.time_sources) else {"since"}
        called = rules.longest_name()
        silent |= set() if called else {"called"}
        self.columns = tuple(
            column._replace(width=max(len(column.title), min(column.width, called)))
            if column.key == "called"
            else column
            for column in in_set(sets, look.columns).columns
            if column.key not in silent
        )
        self._cells = [FIELDS[column.key].cell for column in self.columns]
        self._made_of = (look.sort, look.reverse, look.filter)
        self._order: RowOrder
        if (
            before is not None
            and before._rules.host is rules.host
            and before._gone == gone
            and before._made_of == self._made_of
        ):
            self._order = before._order
        else:
            self._order = ordered(look, len(rules.spots), FIELDS, VOCABULARY, rules.texts, self._values)

    def __len__(self) -> int:
        return len(self._order.numbers)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self._made_of[2], "service") if self._rules.spots else "no longer in any service"

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""
        return self._order.complaint

    def key(self, index: int) -> Place:
        spot = self._spot(index)
        row = self._rules.cells(spot)
        if row is not None:
            return row.place
        return Place(self._rules.services[spot.number], ServerKey(*self._rules.host.key, -1 - spot.turn))

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place):
            return None
        services = self._rules.services
        there = (n for n in range(len(self)) if services[self._spot(n).number] == key.service and self.key(n) == key)
        return next(there, None)

    def row(self, index: int) -> Row[Place]:
        spot = self._spot(index)
        row = self._rules.cells(spot)
        if row is None:
            name = service_name(self._rules.services[spot.number], "family" in self._rules.unknown)
            return Row(self.key(index), (name, *[WAITING] * (len(self.columns) - 1)))
        if row.out:
            both = zip(self.columns, self._cells, strict=True)
            return Row(
                row.place,
                tuple(cell(row) if column.key in OUT else "" for column, cell in both),
                "out",
                "",
                {},
                sign(row.word),
            )
        cells = tuple(cell(row) for cell in self._cells)
        if row.server.weight:
            return Row(row.place, cells, "", "", {"state": toned(row.word)}, sign(row.word))
        return Row(row.place, cells, DOWN if row.word == "down" else DRAINED, "", {}, sign(row.word))

    def _spot(self, index: int) -> _Spot:
        return self._rules.spots[self._order.numbers[index]]

    def _values(self, column: str) -> Sequence[Value]:
        values = FIELDS[column].values
        return values(self._rules) if values is not None else [None] * len(self._rules.spots)

"""The columns of a service's real servers, and the sets that Tab leads through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from lvstui.director.checks.verdicts import ServiceVerdicts
from lvstui.director.model import Forward, Server, ServerKey, ServiceKey, server_text
from lvstui.director.rates import History, rates
from lvstui.director.state import Counters, Pool, PoolRows, Rates, ServerReading, State
from lvstui.views.around import RowContext, arrow, number, state_cell
from lvstui.views.checks import checks, state_of
from lvstui.views.column import CALLED, TEXT, Column
from lvstui.views.draining import emptying
from lvstui.views.drifting import server_words
from lvstui.views.field import Field, column_set, fields, vocabulary
from lvstui.views.filter import Value
from lvstui.views.number import UNKNOWN, short
from lvstui.views.past import BAR, RowChange
from lvstui.views.place import Place, find
from lvstui.views.rule_words import forward
from lvstui.views.serving import UP, toned
from lvstui.views.share import bar, skewed
from lvstui.views.since import server_since
from lvstui.views.spark import spark
from lvstui.views.traffic import ACTIVE, INACTIVE, RATE_TREND, TREND, rate_cells, total_cells, traffic_fields

WORDS = ("up", "down", "drained", "full", "new", "out", "removed")
"""States that a filter may name."""
_WEIGHT = 8
"""Cells of a weight, and of the one before a drain."""
NO_POOL = PoolRows(0.0, ())


class Members:
    """The whole pool of a table and its columns, decoded when they are used."""

    def __init__(
        self, state: State, service: ServiceKey, history: History, around: RowContext, exact: bool, whole: bool = False
    ) -> None:
        """`whole`: also the servers that keepalived has and the table does not."""
        self._state = state
        self.service = service
        self.unknown = state.unknown
        self.now = state.taken
        self.history = history
        self.around = around
        self.exact = exact
        self.pool: Pool = state.servers(service) or NO_POOL
        self.load = self.pool.load
        self.out: frozenset[ServerKey] = frozenset()
        if whole and self.verdicts is not None and self.verdicts.out:
            self.out = frozenset(server.key for server in self.verdicts.out)
            # They stand in their places all the same: a row that goes is a row that is missed.
            self.pool = PoolRows(self.pool.at, [*self.pool, *map(_nothing, self.verdicts.out)])

    @cached_property
    def verdicts(self) -> ServiceVerdicts | None:
        """The states of keepalived's checks; None if they are not known."""
        if self._state.keeping is None:
            return None
        return checks(self._state, self.service, self.pool.servers(), self.around.past)

    @cached_property
    def rows(self) -> list[ServerReading]:
        return list(self.pool)

    def place(self, row: ServerReading) -> Place:
        return Place(self.service, row.server.key)

    def texts(self, word: str) -> list[list[str]]:
        """The texts in which a filter searches: addresses, the operator's names, notes, forwarding."""
        names = self.around.names
        keys = [row.server.key for row in self.rows]
        called = [f"{names.server(key)} {names.note(key)}".lower() for key in keys]
        methods = [forward(row.server).lower() for row in self.rows]
        return [[server_text(key) for key in keys], called, methods]

    def shares(self, row: ServerReading) -> tuple[float, float]:
        """A server's share of the pool's active connections, and its share of the weight."""
        return row.active / max(1, self.load.active), row.server.weight / max(1, self.load.weight)

    def state(self, row: ServerReading) -> str:
        return state_of(self.verdicts, row.server, row.server.key in self.out, self._word(row))

    def check(self, row: ServerReading) -> str:
        """The state of its check, "" if it is not known."""
        verdict = self.verdicts.verdicts.get(row.server.key) if self.verdicts is not None else None
        return verdict.words if verdict is not None else ""

    def drift(self, row: ServerReading) -> str:
        """How it differs from what keepalived programmed, "" if it does not."""
        return server_words(self.around.drifts, self.service, row.server.key)

    def _word(self, row: ServerReading) -> str:
        server, stats = row.server, row.rates
        if not server.weight:
            return "drained"
        if server.upper and row.active + row.inactive >= server.upper:
            return "full"
        # Through a director that translates, answers pass: packets in and none out is a server that is silent.
        silent = server.forward == Forward.MASQ and stats.in_packets >= 1 and not stats.out_packets
        return "down?" if silent else "up"


def _nothing(server: Server) -> ServerReading:
    """The values of a server that is not in the table, as it is configured."""
    return ServerReading(server, 0, 0, 0, Counters(), Rates())


class ServerCells:
    """The values of one real server for its cells; expensive ones are computed when a column needs them."""

    def __init__(self, members: Members, number: int) -> None:
        self.of = members
        self.number = number
        self.reading = members.pool[number]
        self.server = self.reading.server
        self.place = members.place(self.reading)
        self.known = "counters" not in members.unknown
        self.out = self.server.key in members.out

    @cached_property
    def moved(self) -> RowChange:
        return self.of.around.past.moved(self.place)

    @cached_property
    def rates(self) -> tuple[str, ...]:
        own = rates(self._series()) if self.known else None
        routed = self.server.forward != Forward.MASQ
        return rate_cells(own, self.reading.rates, not self.known, routed, self.of.exact)

    @cached_property
    def totals(self) -> tuple[str, ...]:
        routed = self.server.forward != Forward.MASQ
        return total_cells(self.reading.counters, not self.known, routed, self.of.exact)

    def name(self) -> str:
        return server_text(self.server.key)

    def called(self) -> str:
        return self.of.around.names.server(self.server.key)

    @cached_property
    def word(self) -> str:
        """Its state in a word."""
        word = self.of.state(self.reading)
        return "draining" if word == "drained" and emptying(self.of.service, self.reading) else word

    def state(self) -> str:
        return state_cell(self.word, self.moved)

    def since(self) -> str:
        """Since when it takes no new connections; "" while it does, and if its row may just have had no traffic."""
        if toned(self.word) in ("", UP) or self.word.startswith("down?"):
            return ""
        since = server_since(self.of.around.time_sources, self.place, not self.out, self.server.weight, self.word)
        return since.cell(self.of.now)

    def forward(self) -> str:
        unknown = "tunnel" in self.of.unknown and self.server.forward == Forward.TUNNEL
        return forward(self.server) + (UNKNOWN if unknown else "")

    def weight(self) -> str:
        weight, remembered = self.server.weight, self.of.around.drained.get(self.place)
        was = f"0 was {remembered}" if remembered and not weight else short(weight)
        text = arrow(self.moved.weight) + was
        return text if len(text) <= _WEIGHT else text.replace(" was ", "/")

    def share(self) -> str:
        return bar(*self.of.shares(self.reading), 7) if self.of.load.active else ""

    @property
    def skewed(self) -> bool:
        return self.server.weight > 0 and skewed(*self.of.shares(self.reading), self.of.load.active)

    def count(self, value: int) -> str:
        return number(value, self.of.exact)

    def persistent(self) -> str:
        return self.count(self.reading.persistent) if self.known else UNKNOWN

    def limit(self, value: int | None) -> str:
        return UNKNOWN if "thresholds" in self.of.unknown else self.count(value) if value else ""

    def used(self) -> str:
        upper = self.server.upper
        return f"{(self.reading.active + self.reading.inactive) / upper * 100:.0f}%" if upper else ""

    def _series(self) -> list[tuple[float, Counters]]:
        """The history of a server. Its position seldom changes, so that is tried first."""
        series = []
        key, number = self.server.key, self.number
        for sample in self.of.history:
            pool = sample.pools.get(self.of.service)
            if pool is None:
                continue
            there = number if number < len(pool) and pool[number].server.key == key else find(pool, key)
            if there is not None:
                series.append((pool.at, pool[there].counters))
        return series


def _each(value: Callable[[ServerReading], Value]) -> Callable[[Members], Sequence[Value]]:
    return lambda members: [value(row) for row in members.rows]


def _used(row: ServerReading) -> Value:
    return (row.active + row.inactive) / row.server.upper * 100 if row.server.upper else None


def _rows(table: Members) -> Sequence[ServerReading]:
    return table.rows


FIELDS = fields(
    Field(Column("name", "real server", 23, right=False, kind="", most=40), ServerCells.name),
    Field(CALLED, ServerCells.called),
    Field(
        Column(
            "state", "state", 9, right=False, kind=TEXT, help="up, draining, drained, full, down? (silent), out, new"
        ),
        ServerCells.state,
        lambda members: [members.state(row) for row in members.rows],
    ),
    Field(
        Column("since", "since", 6, right=False, kind="", help="since when it is in this state; <02:30: from before"),
        ServerCells.since,
    ),
    Field(
        Column("check", "check", 25, right=False, kind=TEXT, help="by keepalived's check, by hand, or unknown"),
        lambda row: row.of.check(row.reading),
        lambda members: [members.check(row) for row in members.rows],
    ),
    Field(
        Column("drift", "drift", 17, right=False, kind=TEXT, help="what differs from what keepalived programmed"),
        lambda row: row.of.drift(row.reading),
        lambda members: [members.drift(row) for row in members.rows],
    ),
    Field(
        Column("forward", "forward", 7, right=False, kind=TEXT, help="how packets reach it"),
        ServerCells.forward,
        _each(lambda row: forward(row.server)),
    ),
    Field(
        Column("share", "share | due", 12, right=False, help="its share of the active; | is its share by weight"),
        ServerCells.share,
        lambda members: [members.shares(row)[0] * 100 for row in members.rows],
    ),
    Field(
        Column("weight", "weight", _WEIGHT, help="its part of new connections; what it was before a drain"),
        ServerCells.weight,
        _each(lambda row: row.server.weight),
    ),
    Field(ACTIVE, lambda row: row.count(row.reading.active), _each(lambda row: row.active)),
    Field(INACTIVE, lambda row: row.count(row.reading.inactive), _each(lambda row: row.inactive)),
    *traffic_fields(ServerCells, _rows),
    Field(TREND, lambda row: spark(row.of.around.past.trend(row.place, 12, seconds=BAR))),
    Field(RATE_TREND, lambda row: spark(row.of.around.past.trend(row.place, 12, rate=True, seconds=BAR))),
    Field(
        Column("persistent", "persist", 7, exact=9, help="clients bound to it by persistence"),
        ServerCells.persistent,
        _each(lambda row: row.persistent),
    ),
    Field(
        Column("upper", "upper", 7, exact=11, help="connections at which it gets no more"),
        lambda row: row.limit(row.server.upper),
        _each(lambda row: row.server.upper or None),
    ),
    Field(
        Column("lower", "lower", 7, exact=11, help="connections below which it gets some again"),
        lambda row: row.limit(row.server.lower),
        _each(lambda row: row.server.lower or None),
    ),
    Field(Column("used", "used", 5, help="connections as a share of the upper limit"), ServerCells.used, _each(_used)),
    Field(
        Column("note", "note", 20, right=False, kind=TEXT, help="note from config.toml"),
        lambda row: row.of.around.names.note(row.server.key),
        lambda members: [members.around.names.note(row.server.key) for row in members.rows],
    ),
)

SETS = (
    column_set(
        FIELDS,
        "servers",
        "state",
        "name called state since weight active cps share inactive in out forward trend persistent check drift conns"
        " note in_pps out_pps",
    ),
    column_set(
        FIELDS, "servers", "traffic", "name called state since weight active cps in out in_pps out_pps cps_trend"
    ),
    column_set(
        FIELDS, "servers", "totals", "name called state weight active conns in_packets out_packets in_bytes out_bytes"
    ),
    column_set(FIELDS, "servers", "checks", "name called state since weight active check drift inactive"),
    column_set(
        FIELDS, "servers", "limits", "name called state weight active inactive persistent upper lower used forward"
    ),
)

VOCABULARY = vocabulary(FIELDS, WORDS)

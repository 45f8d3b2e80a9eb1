"""The columns of the virtual services, and the sets that Tab leads through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from lvstui.director.rates import History, service_rates
from lvstui.director.serving import ServiceHealth
from lvstui.director.state import Load, Pool, ServiceReading, State
from lvstui.views.around import RowContext, arrow, number, state_cell
from lvstui.views.checks import amiss, amiss_words
from lvstui.views.column import CALLED, TEXT, Column
from lvstui.views.drifting import service_words
from lvstui.views.field import Field, column_set, fields, vocabulary
from lvstui.views.filter import Value
from lvstui.views.number import UNKNOWN, WAITING, short
from lvstui.views.past import BAR, NOTHING_PAST, RowChange
from lvstui.views.rule_words import options, service_name
from lvstui.views.service_table import ServiceTable
from lvstui.views.serving import UP, live, state_word, toned
from lvstui.views.since import service_since
from lvstui.views.spark import spark
from lvstui.views.traffic import ACTIVE, INACTIVE, RATE_TREND, TREND, rate_cells, total_cells, traffic_fields

WORDS = ("up", "down", "out", "removed", "full", "drained", "empty", "sorry", "new")
"""States that a filter may name."""


class ServiceCells:
    """The values of one service for its cells; expensive ones are computed when a column needs them."""

    def __init__(
        self,
        state: State,
        reading: ServiceReading,
        history: History,
        table: ServiceTable,
        around: RowContext,
        exact: bool,
    ) -> None:
        self.reading = reading
        self.key = reading.service.key
        self.unknown = state.unknown
        self.now = state.taken
        self.exact = exact
        self.around = around
        self.pool: Pool | None = state.servers(self.key)
        self._history = history
        self._table = table

    @cached_property
    def load(self) -> Load | None:
        return self.pool.load if self.pool is not None else None

    @cached_property
    def moved(self) -> RowChange:
        return self.around.past.moved(self.key)

    @cached_property
    def rates(self) -> tuple[str, ...]:
        poor = "counters" in self.unknown
        own = None if poor else service_rates(self._history, self.key)
        return rate_cells(own, self.reading.rates, poor, self._table.routed(self.key), self.exact)

    @cached_property
    def totals(self) -> tuple[str, ...]:
        poor = "counters" in self.unknown
        return total_cells(self.reading.counters, poor, self._table.routed(self.key), self.exact)

    def name(self) -> str:
        return service_name(self.key, "family" in self.unknown)

    def called(self) -> str:
        return self.around.names.service(self.key)

    @cached_property
    def served(self) -> ServiceHealth | None:
        return self._table.served(self.key, self.around.past)

    @cached_property
    def word(self) -> str:
        """Its state in a word."""
        return WAITING if self.served is None else state_word(self.served, self._table.skew(self.key))

    def state(self) -> str:
        return state_cell(self.word, self.moved)

    def since(self) -> str:
        """Since when it is not well; "" while it is."""
        tone = toned(self.word)
        if self.served is None or tone in ("", UP) or self.word.startswith("skew"):
            return ""
        servers = self.pool.servers() if self.pool is not None else ()
        return service_since(self.around.time_sources, self.key, self.served, servers).cell(self.now)

    def live(self) -> str:
        return WAITING if self.served is None else live(self.served)

    def check(self) -> str:
        return amiss_words(self._table.verdicts(self.key, self.around.past))

    def drift(self) -> str:
        return service_words(self.around.drifts, self.key)

    def weight(self) -> str:
        return WAITING if self.load is None else arrow(self.moved.weight) + short(self.load.weight)

    def of_load(self, field: str) -> str:
        return WAITING if self.load is None else number(getattr(self.load, field), self.exact)

    def skew(self) -> str:
        share = self._table.skew(self.key)
        return "" if share is None else f"{share * 100:.0f}%"

    def limits(self) -> tuple[str, str, str]:
        if "thresholds" in self.unknown:
            return (UNKNOWN,) * 3
        limited, full, upper = self._table.limits(self.key)
        return str(limited or ""), str(full or ""), number(upper, self.exact) if upper else ""

    def options(self) -> str:
        return options(self.reading.service) + (UNKNOWN if "flags" in self.unknown else "")

    def persistence(self) -> str:
        seconds = self.reading.service.persistence
        return "" if seconds is None else f"{seconds}s"


def _states(table: ServiceTable) -> Sequence[Value]:
    """The words of whole columns, except those that must be added up server by server."""
    served = (table.served(key, NOTHING_PAST) for key in table.keys)
    return [None if health is None else state_word(health).lower() for health in served]


def _live(table: ServiceTable) -> Sequence[Value]:
    served = (table.served(key, NOTHING_PAST) for key in table.keys)
    return [None if health is None else health.live for health in served]


def _of_loads(field: str) -> Callable[[ServiceTable], Sequence[Value]]:
    return lambda table: [None if load is None else getattr(load, field) for load in table.loads]


def _limits(index: int) -> Callable[[ServiceTable], Sequence[Value]]:
    return lambda table: [table.limits(key)[index] for key in table.keys]


def _rows(table: ServiceTable) -> Sequence[ServiceReading]:
    return table.readings


FIELDS = fields(
    Field(Column("name", "virtual service", 23, right=False, kind="", most=40), ServiceCells.name),
    Field(CALLED, ServiceCells.called),
    Field(
        Column(
            "state",
            "state",
            10,
            right=False,
            kind=TEXT,
            help="up, DOWN (no live server), 1 down, 1 out, 1 full, skew 28%, 2 drained, empty, new",
        ),
        ServiceCells.state,
        _states,
    ),
    Field(
        Column("since", "since", 6, right=False, kind="", help="since when it is in this state; <02:30: from before"),
        ServiceCells.since,
    ),
    Field(
        Column("scheduler", "sched", 5, right=False, kind=TEXT, help="how a server is chosen"),
        lambda row: row.reading.service.scheduler,
        lambda table: table.schedulers,
    ),
    Field(
        Column("options", "options", 16, right=False, kind="", help="persistence, mask, engine, one-packet, flags"),
        ServiceCells.options,
    ),
    Field(
        Column("live", "live", 7, help="servers that take new connections / that should"),
        ServiceCells.live,
        _live,
    ),
    Field(
        Column("check", "check", 18, right=False, help="servers that are down by their check, or out"),
        ServiceCells.check,
        lambda table: [amiss(table.verdicts(key, NOTHING_PAST)) for key in table.keys],
    ),
    Field(
        Column(
            "drift",
            "drift",
            10,
            right=False,
            kind="",
            help="what differs from what keepalived programmed; :drift lists all",
        ),
        ServiceCells.drift,
    ),
    Field(Column("weight", "weight", 7, help="of all its servers"), ServiceCells.weight, _of_loads("weight")),
    Field(
        Column("skew", "skew", 4, help="load imbalance against the weights"),
        ServiceCells.skew,
        lambda table: [None if (skew := table.skew(key)) is None else skew * 100 for key in table.keys],
    ),
    Field(ACTIVE, lambda row: row.of_load("active"), _of_loads("active")),
    Field(INACTIVE, lambda row: row.of_load("inactive"), _of_loads("inactive")),
    *traffic_fields(ServiceCells, _rows),
    Field(TREND, lambda row: spark(row.around.past.trend(row.key, 12, seconds=BAR))),
    Field(RATE_TREND, lambda row: spark(row.around.past.trend(row.key, 12, rate=True, seconds=BAR))),
    Field(
        Column("persistence", "persist", 7, help="seconds for which a client stays with its server"),
        ServiceCells.persistence,
        lambda table: [service.persistence for service in table.services],
    ),
    Field(
        Column("limited", "limited", 7, help="servers with a connection limit"),
        lambda row: row.limits()[0],
        _limits(0),
    ),
    Field(
        Column("full", "full", 5, help="servers at their limit: they get no more"),
        lambda row: row.limits()[1],
        _limits(1),
    ),
    Field(
        Column("upper", "upper", 7, exact=11, help="their limits added up, where all have one"),
        lambda row: row.limits()[2],
        _limits(2),
    ),
    Field(
        Column("note", "note", 20, right=False, kind=TEXT, help="note from config.toml"),
        lambda row: row.around.names.note(row.key),
        lambda table: table.notes,
    ),
)

SETS = (
    column_set(
        FIELDS,
        "services",
        "state",
        "name called state since live active inactive cps in out skew scheduler options weight trend check drift conns"
        " note in_pps out_pps",
    ),
    column_set(
        FIELDS, "services", "traffic", "name called state since live active cps in out in_pps out_pps cps_trend"
    ),
    column_set(
        FIELDS, "services", "totals", "name called state live active conns in_packets out_packets in_bytes out_bytes"
    ),
    column_set(
        FIELDS,
        "services",
        "limits",
        "name called state since live active inactive scheduler options persistence limited full upper",
    ),
)

VOCABULARY = vocabulary(FIELDS, WORDS)

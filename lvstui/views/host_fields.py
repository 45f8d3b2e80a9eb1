"""The columns of the hosts: what fills each, and the sets that Tab leads through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from lvstui.director.hosts import Host, HostKey, Hosts, host_rates
from lvstui.director.model import address_text
from lvstui.views.around import number
from lvstui.views.column import TEXT, Column
from lvstui.views.field import Field, column_set, fields, vocabulary
from lvstui.views.filter import Value
from lvstui.views.names import Names
from lvstui.views.number import UNKNOWN, short
from lvstui.views.service_fields import RATE_ORDER
from lvstui.views.traffic import ACTIVE, INACTIVE, RATES, TOTALS, rate_cells, total_cells

WORDS = ("up", "drained", "gone")
"""States that a filter may name."""


class HostTable:
    """The hosts of one sweep by number, in the order of their addresses."""

    def __init__(self, hosts: Hosts, names: Names, poor: bool) -> None:
        """`poor`: this source knows no counters."""
        self.hosts = hosts
        self.names = names
        self.poor = poor
        self.rows = list(hosts.found.values())

    @cached_property
    def numbers(self) -> dict[HostKey, int]:
        """Where each host stands."""
        return {host.key: n for n, host in enumerate(self.rows)}

    @cached_property
    def texts(self) -> list[list[str]]:
        """What a text is looked for in: address and the operator's name."""
        return [[f"{address_text(row.key.address)} {self.names.host(row.key.address)}".lower() for row in self.rows]]


class HostCells:
    """One host as its cells need it."""

    def __init__(self, table: HostTable, number: int, exact: bool) -> None:
        self.host = table.rows[number]
        self._table = table
        self._exact = exact

    @cached_property
    def rates(self) -> tuple[str, ...]:
        poor = self._table.poor
        own = None if poor else host_rates(self._table.hosts, self.host.key)
        return rate_cells(own, self.host.rates, poor, self._routed, self._exact)

    @cached_property
    def totals(self) -> tuple[str, ...]:
        return total_cells(self.host.counters, self._table.poor, self._routed, self._exact)

    @property
    def _routed(self) -> bool:
        # A host may be reached in one way here and another there, so what comes back is judged by what came.
        return not self._table.poor and not self.host.counters.out_packets

    def name(self) -> str:
        text, called = address_text(self.host.key.address), self._table.names.host(self.host.key.address)
        return f"{text} {called}" if called else text

    def weight(self) -> str:
        """The weight that all its rules have, or the least and the greatest."""
        if not self.host.places:
            return ""
        if self.host.lightest == self.host.heaviest:
            return short(self.host.heaviest)
        return f"{short(self.host.lightest)}-{short(self.host.heaviest)}"

    def count(self, value: int) -> str:
        return number(value, self._exact)

    def persistent(self) -> str:
        return UNKNOWN if self._table.poor else self.count(self.host.persistent)


def state_word(host: Host) -> str:
    """`up`, `drained`, `gone`; where only some of its rules are: `2 drained`, `1 gone`."""
    rules = len(host.places)
    if not rules:
        return "gone"
    if not host.live:
        return "drained"
    idle = rules - host.live
    return f"{host.missing} gone" if host.missing else f"{idle} drained" if idle else "up"


def _each(value: Callable[[Host], Value]) -> Callable[[HostTable], Sequence[Value]]:
    return lambda table: [value(row) for row in table.rows]


def _rate_field(column: Column, place: int, index: int) -> Field[HostCells, HostTable]:
    return Field(column, lambda row: row.rates[place], _each(lambda row: row.rates[index]))


def _total_field(column: Column, place: int) -> Field[HostCells, HostTable]:
    return Field(column, lambda row: row.totals[place], _each(lambda row: row.counters[place]))


FIELDS = fields(
    Field(
        Column("name", "host", 15, right=False, kind=""),
        HostCells.name,
    ),
    Field(
        Column("state", "state", 10, right=False, kind=TEXT, help="up, drained, gone; 2 drained: of its rules"),
        lambda row: state_word(row.host),
        _each(state_word),
    ),
    Field(
        Column("services", "svcs", 5, help="services that have it"),
        lambda row: row.count(row.host.services),
        _each(lambda row: row.services),
    ),
    Field(
        Column("rules", "rules", 5, help="its real servers: more than services where it has several ports in one"),
        lambda row: row.count(len(row.host.places)),
        _each(lambda row: len(row.places)),
    ),
    Field(
        Column("weight", "weight", 7, help="of all its rules; 1-3: the least and the greatest"),
        HostCells.weight,
        _each(lambda row: row.heaviest if row.places else None),
    ),
    Field(ACTIVE, lambda row: row.count(row.host.active), _each(lambda row: row.active)),
    Field(INACTIVE, lambda row: row.count(row.host.inactive), _each(lambda row: row.inactive)),
    *(_rate_field(column, n, RATE_ORDER[n]) for n, column in enumerate(RATES)),
    *(_total_field(column, n) for n, column in enumerate(TOTALS)),
    Field(
        Column("persistent", "persist", 7, exact=9, help="clients bound to it by persistence"),
        HostCells.persistent,
        _each(lambda row: row.persistent),
    ),
)

SETS = (
    column_set(
        FIELDS,
        "state",
        "name state services weight persistent:3 active inactive cps in:1 out:1 in_pps:4 out_pps:5 conns:2",
    ),
    column_set(FIELDS, "traffic", "name state:6 active inactive:5 cps in out in_pps:2 out_pps:2"),
    column_set(FIELDS, "totals", "name rules:3 conns in_packets:1 out_packets:1 in_bytes out_bytes"),
)

VOCABULARY = vocabulary(FIELDS, WORDS)

"""The columns of the hosts, and the sets that Tab leads through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from lvstui.director.hosts import Host, HostKey, Hosts, host_rates
from lvstui.director.model import address_text
from lvstui.director.serving import WELL, HostProblems, Tally
from lvstui.director.state import State
from lvstui.views.around import number
from lvstui.views.column import CALLED, MOMENT, TEXT, Column
from lvstui.views.field import Field, column_set, fields, vocabulary
from lvstui.views.filter import Value
from lvstui.views.host_trouble import Troubles
from lvstui.views.number import NOTHING, UNKNOWN, short
from lvstui.views.operator_names import OperatorNames
from lvstui.views.sight import Sight
from lvstui.views.traffic import ACTIVE, INACTIVE, rate_cells, total_cells, traffic_fields

_FEW = 256
"""The largest number of hosts for which the width of the names is measured."""
WORDS = ("up", "down", "out", "removed", "full", "drained", "gone")
"""States that a filter may name."""


class HostTable:
    """The hosts of one sweep by number, in the order of their addresses."""

    def __init__(
        self,
        hosts: Hosts,
        names: OperatorNames,
        poor: bool,
        tally: Tally | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        """`poor`: this source has no counters. `tally`: what serves; a host that keepalived has and the table does not
        gets a row too. `troubles`: the problems of hosts."""
        self.troubles = troubles or Troubles(Sight(State(0.0, 0.0, "")), hosts)
        self.hosts = hosts
        self.names = names
        self.poor = poor
        self.tally = tally
        self.ill = tally.ill if tally is not None else {}
        absent = [key for key in self.ill if key not in hosts.by_key] if hosts.swept is not None else []
        rows = [*hosts.by_key.values(), *map(Host, absent)]
        self.rows = sorted(rows, key=lambda host: host.key) if absent else rows

    def state(self, host: Host) -> str:
        return state_word(host, self.ill.get(host.key, WELL))

    def live(self, host: Host) -> int:
        """How many of the host's servers take new connections."""
        return host.live - self.ill.get(host.key, WELL).full

    def configured(self, host: Host) -> str:
        """How many of them should, as far as that is known."""
        unknown = self.tally is None or self.tally.why
        return UNKNOWN if unknown else str(len(host.places) + self.ill.get(host.key, WELL).gone)

    @cached_property
    def troubled(self) -> dict[HostKey, str]:
        """The states of the hosts that are not well."""
        ill = self.ill
        return {
            host.key: self.state(host)
            for host in self.rows
            if host.key in ill or host.missing or host.live < len(host.places) or not host.places
        }

    @cached_property
    def longest(self) -> dict[str, int]:
        """The width of addresses and names, if there are few enough hosts to measure them all."""
        if not 0 < len(self.rows) <= _FEW:
            return {}
        addresses = [row.key.address for row in self.rows]
        return {
            "name": max(map(len, map(address_text, addresses))),
            "live": 2 * len(str(max(len(row.places) for row in self.rows))) + 1,
            "called": max(map(len, map(self.names.host, addresses))),
        }

    @cached_property
    def numbers(self) -> dict[HostKey, int]:
        """The position of each host."""
        return {host.key: n for n, host in enumerate(self.rows)}

    @cached_property
    def texts(self) -> list[list[str]]:
        """The texts in which a filter searches: address and the operator's name."""
        return [[f"{address_text(row.key.address)} {self.names.host(row.key.address)}".lower() for row in self.rows]]


class HostCells:
    """The values of one host for its cells."""

    def __init__(self, table: HostTable, number: int, exact: bool) -> None:
        self.host = table.rows[number]
        self._table = table
        self._exact = exact

    @cached_property
    def rates(self) -> tuple[str, ...]:
        if not self.host.places:  # it is in no service: no rate will ever come
            return (NOTHING,) * 5
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
        return address_text(self.host.key.address)

    def called(self) -> str:
        return self._table.names.host(self.host.key.address)

    def state(self) -> str:
        return self._table.state(self.host)

    def since(self) -> str:
        """Since when the host is not well; "" while it is."""
        return self._table.troubles.since(self.host)

    def why(self) -> str:
        return self._table.troubles.why(self.host)

    def live(self) -> str:
        return f"{self._table.live(self.host)}/{self._table.configured(self.host)}"

    def weight(self) -> str:
        """The weight that all its rules have, or the smallest and the largest."""
        if not self.host.places:
            return ""
        if self.host.lightest == self.host.heaviest:
            return short(self.host.heaviest)
        return f"{short(self.host.lightest)}-{short(self.host.heaviest)}"

    def count(self, value: int) -> str:
        return number(value, self._exact)

    def persistent(self) -> str:
        return UNKNOWN if self._table.poor else self.count(self.host.persistent)


def state_word(host: Host, ill: HostProblems = WELL) -> str:
    """`up`, or what all its servers are: `down`, `out`, `removed`, `full`, `drained`, `gone`; `1 down`, `2 drained`:
    that many are, of the worst kind. A host that is `gone` had servers within the last quarter of an hour, and no
    configuration has it."""
    parts = [(number, word) for number, word in zip(ill, ("down", "out", "removed", "full"), strict=False) if number]
    if not host.live - ill.full:
        if parts:
            return parts[0][1]
        return "drained" if host.places else "gone"
    if parts:
        return f"{parts[0][0]} {parts[0][1]}"
    idle = len(host.places) - host.live
    return f"{host.missing} gone" if host.missing else f"{idle} drained" if idle else "up"


def _each(value: Callable[[Host], Value]) -> Callable[[HostTable], Sequence[Value]]:
    return lambda table: [value(row) for row in table.rows]


def _rows(table: HostTable) -> Sequence[Host]:
    return table.rows


FIELDS = fields(
    Field(
        Column("name", "host", 15, right=False, kind="", most=39),
        HostCells.name,
    ),
    Field(CALLED, HostCells.called),
    Field(
        Column(
            "state",
            "state",
            10,
            right=False,
            kind=TEXT,
            help="up, down, full, drained, gone; 2 down: two of its servers",
        ),
        HostCells.state,
        lambda table: [table.state(row) for row in table.rows],
    ),
    Field(
        Column(
            "since", "since", 6, right=False, kind=MOMENT, help="since when it is in this state; <02:30: from before"
        ),
        HostCells.since,
        lambda table: [table.troubles.epoch(row) for row in table.rows],
    ),
    Field(
        Column("why", "why", 18, right=False, kind="", grows=True, wide=32, help="why it is not well, in a few words"),
        HostCells.why,
    ),
    Field(
        Column("live", "live", 7, help="its servers that take new connections / that should"),
        HostCells.live,
        lambda table: [table.live(row) for row in table.rows],
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
    *traffic_fields(HostCells, _rows),
    Field(
        Column("persistent", "persist", 7, exact=9, help="clients bound to it by persistence"),
        HostCells.persistent,
        _each(lambda row: row.persistent),
    ),
)

SETS = (
    column_set(
        FIELDS,
        "hosts",
        "state",
        "name called state since live active cps why inactive in out services weight persistent conns in_pps out_pps",
    ),
    column_set(FIELDS, "hosts", "traffic", "name called state live active inactive cps in out in_pps out_pps"),
    column_set(
        FIELDS, "hosts", "totals", "name called state live active rules conns in_packets out_packets in_bytes out_bytes"
    ),
)

VOCABULARY = vocabulary(FIELDS, WORDS)

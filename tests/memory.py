"""A director in memory, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from lvstui.demo.table import DEFAULT_TIMEOUTS, RuleTable
from lvstui.director.change import (
    Change,
)
from lvstui.director.errors import Refused
from lvstui.director.model import (
    Entry,
    RuleSet,
)
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    total,
)


class MemoryDirector:
    """A director in memory. `sent` holds every change that was tried, in order; set `refuse` to refuse more than a
    kernel would. It has no traffic: counters and connections stay at zero. Another thread finds a send whole or not at
    all: a test that waits for what was sent may look at the rules, or change them, right after it."""

    def __init__(self, rules: RuleSet, host: str = "memory") -> None:
        self._sending = threading.RLock()  # whoever refuses may look at what was sent so far
        self._rules = _settled(rules)
        self._host = host
        self._services: ServiceRows | None = None
        self._sent: list[Change] = []
        self.refuse: Callable[[Change], Refused | None] = lambda change: None

    @property
    def sent(self) -> list[Change]:
        with self._sending:
            return self._sent

    @property
    def rules(self) -> RuleSet:
        with self._sending:
            return self._rules

    def replace(self, rules: RuleSet) -> None:
        """Changes the table as somebody else would, without telling a Source."""
        with self._sending:
            self._rules = _settled(rules)

    def read(self, scope: Scope) -> State:
        at, rules = time.monotonic(), self.rules
        readings = [ServiceReading(entry.service, Counters(), Rates()) for entry in rules.rules.values()]
        services = self._services = ServiceRows(readings, self._services)
        pools = {key: _pool(at, entry) for key, entry in rules.rules.items()}
        return State(
            at=at,
            taken=time.time(),
            host=self._host,
            owner="",
            services=services,
            pools=pools,
            swept=at,
            load=total(pool.load for pool in pools.values()),
            traffic=Rates(),
            timeouts=rules.timeouts,
            sync=rules.sync,
            kernel="memory",
        )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        with self._sending:
            table = RuleTable(self._rules)
            outcomes = [Outcome(change, self._refused(table, change)) for change in changes]
            self._rules = table.rule_set()
        return tuple(outcomes)

    def _refused(self, table: RuleTable, change: Change) -> Refused | None:
        """Carries the change out; the refusal where there is one."""
        self._sent.append(change)
        try:
            refused = self.refuse(change)
            if refused is None:
                table.carry_out(change)
        except Refused as error:
            return error
        return refused

    def close(self) -> None:
        pass


def _settled(rules: RuleSet) -> RuleSet:
    # A kernel always has timeouts and knows which daemons run, whatever a snapshot leaves out.
    sync = rules.sync if rules.sync is not None else ()
    return RuleSet(dict(rules.rules), rules.timeouts or DEFAULT_TIMEOUTS, sync)


def _pool(at: float, entry: Entry) -> PoolRows:
    return PoolRows(at, [ServerReading(server, 0, 0, 0, Counters(), Rates()) for server in entry.servers.values()])

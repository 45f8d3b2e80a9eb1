"""Whole columns of the virtual services of one sweep: what sorting and filtering look through. Each is made when it is
first asked for, and kept until the next sweep: ten thousand services are not decoded for every key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lvstui.director.checks.verdicts import ServiceVerdicts
from lvstui.director.model import Service, ServiceKey
from lvstui.director.serving import ServiceHealth, service_health, why_unknown
from lvstui.director.state import Load, ServiceReading, State
from lvstui.views.checks import checks
from lvstui.views.filter import ColumnTexts, Value
from lvstui.views.operator_names import OperatorNames
from lvstui.views.past import Past
from lvstui.views.rule_words import service_name
from lvstui.views.share import skew

_ROUTED = 8
"""The number of servers that are checked to see whether a service is only routed to: in practice a pool has one
forwarding method."""


class ServiceTable:
    """The services of a State by number, in the order of their keys."""

    def __init__(self, state: State, names: OperatorNames, before: ServiceTable | None = None) -> None:
        """`before`: the table of the last sweep; what depends only on the set of services is taken from it."""
        self._state = state
        self._names = names
        self.keys = state.services.keys
        self._routed: dict[ServiceKey, bool] = {}
        self._limits: dict[ServiceKey, tuple[int, int, int]] = {}
        self._skew: dict[ServiceKey, float | None] = {}
        self._verdicts: dict[ServiceKey, ServiceVerdicts | None] = {}
        self._served: dict[ServiceKey, ServiceHealth | None] = {}
        self.made: dict[str, Sequence[Value]] = {}
        if before is not None and before.keys is self.keys and before._names is names and "titles" in before.__dict__:
            self.titles = before.titles

    def holds(self, state: State) -> bool:
        """Whether a State is of the same sweep."""
        return self._state.swept == state.swept and self.keys is state.services.keys

    @cached_property
    def titles(self) -> list[str]:
        """Names, the operator's names and notes, in lower case."""
        names = self._names
        if not names.names and not names.notes:
            return [service_name(key).lower() for key in self.keys]
        return [f"{service_name(key)} {names.service(key)} {names.note(key)}".lower() for key in self.keys]

    @cached_property
    def notes(self) -> list[str]:
        return [self._names.note(key) for key in self.keys]

    @cached_property
    def services(self) -> Sequence[Service]:
        return self._state.services.services()

    @cached_property
    def schedulers(self) -> list[str]:
        return [service.scheduler for service in self.services]

    @cached_property
    def readings(self) -> list[ServiceReading]:
        return list(self._state.services)

    @cached_property
    def loads(self) -> list[Load | None]:
        pools = self._state.pools
        return [pool.load if (pool := pools.get(key)) is not None else None for key in self.keys]

    def texts(self, word: str) -> ColumnTexts:
        """The texts in which a filter searches. Schedulers must be decoded, so they are included only if the text could
        be one."""
        return (self.titles, self.schedulers) if word.isalpha() else (self.titles,)

    def routed(self, key: ServiceKey) -> bool:
        """Whether no reply of its servers passes through this director."""
        if key not in self._routed:
            pool = self._state.servers(key)
            few = range(min(_ROUTED, len(pool))) if pool is not None else ()
            self._routed[key] = bool(few) and all(pool[i].server.forward for i in few) if pool is not None else False
        return self._routed[key]

    def skew(self, key: ServiceKey) -> float | None:
        """The share of its load that is not where its weights would put it."""
        if key not in self._skew:
            pool = self._state.servers(key)
            self._skew[key] = skew((flow[1], flow[2]) for flow in pool.flows()) if pool is not None else None
        return self._skew[key]

    def verdicts(self, key: ServiceKey, past: Past) -> ServiceVerdicts | None:
        """The states of keepalived's checks of its servers; None if they are not known."""
        if self._state.keeping is None:
            return None
        if key not in self._verdicts:
            pool = self._state.servers(key)
            self._verdicts[key] = checks(self._state, key, pool.servers(), past) if pool is not None else None
        return self._verdicts[key]

    def served(self, key: ServiceKey, past: Past) -> ServiceHealth | None:
        """How it is served; None until its servers have been read."""
        if key not in self._served:
            pool = self._state.servers(key)
            self._served[key] = (
                service_health(pool, self.verdicts(key, past), self._configuration_known) if pool is not None else None
            )
        return self._served[key]

    @cached_property
    def _configuration_known(self) -> bool:
        return not why_unknown(self._state)

    def limits(self, key: ServiceKey) -> tuple[int, int, int]:
        """How many of its servers have a limit, how many are at it, and the sum of the limits, 0 if one has none."""
        if key not in self._limits:
            pool = self._state.servers(key)
            rows = list(pool) if pool is not None else []
            uppers = [row.server.upper or 0 for row in rows]
            full = sum(bool(up) and row.active + row.inactive >= up for up, row in zip(uppers, rows, strict=True))
            self._limits[key] = sum(map(bool, uppers)), full, sum(uppers) if all(uppers) else 0
        return self._limits[key]

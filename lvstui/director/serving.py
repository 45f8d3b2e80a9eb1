"""How many servers should serve and how many do: counted once, for the masthead, the rows, --watch and JSON.

A server is live when it takes new connections now; a server that is down, full or drained does not. It is configured
when it is in the table, or when keepalived has it and the table does not. A sorry server is neither, because it
replaces others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from lvstui.director.checks.sorry import real
from lvstui.director.checks.verdicts import BY_HAND, DOWN, LOST, OPEN, SORRY, ServiceVerdicts, service_verdicts
from lvstui.director.configured import Configured
from lvstui.director.hosts import HostKey
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import TCP, Server, ServerKey, ServiceKey
from lvstui.director.state import Pool, State
from lvstui.director.sweeps import Sweep, other_rules, swept, unreported
from lvstui.values import NamedTuple

KEEPALIVED = "keepalived"


class ServiceHealth(NamedTuple):
    """How one service is served. `live` of `configured` servers take new connections; `configured` is None where it is
    not known which servers should be there. The others are counted by reason: `down` by their check; `out` of the table
    for another or an unknown reason; `removed` by hand; `full`, at their limit; `drained`, at weight 0 (`unsure`: some
    of these perhaps by a check). `sorry`: the sorry server answers. `ill`: the servers that are down, out, removed and
    full, in this order; `gone`: those that are not in the table."""

    live: int
    configured: int | None
    down: int = 0
    out: int = 0
    removed: int = 0
    full: int = 0
    drained: int = 0
    unsure: bool = False
    sorry: bool = False
    ill: tuple[ServerKey, ...] = ()
    gone: tuple[ServerKey, ...] = ()

    @property
    def total(self) -> int:
        """The number of servers known."""
        return self.live + self.down + self.out + self.removed + self.full + self.drained

    @property
    def fails(self) -> bool:
        """Whether it has servers, but none takes new connections."""
        return not self.live and self.total > 0

    @property
    def degraded(self) -> bool:
        """Whether it serves with fewer servers than it should. A drain is intended and does not count."""
        return self.live > 0 and self.total > self.live + self.drained

    @property
    def plain(self) -> bool:
        """Whether there is nothing to report."""
        return self.live == self.total > 0 and not self.sorry


class HostProblems(NamedTuple):
    """The number of servers of a host that are down, out of the table, removed by hand or full; `gone`: not in the
    table."""

    down: int = 0
    out: int = 0
    removed: int = 0
    full: int = 0
    gone: int = 0


WELL = HostProblems()


class _Counts(NamedTuple):
    """The counts of all services of a sweep. `live` and `configured`: of the whole table; `why` configured is not
    known, "" where it is. `odd`: the services with something to report, in the order of their keys. `changed`: of the
    services that are not as keepalived's report found them, the servers that have changed since, where that is known.
    The rest is carried to the next sweep."""

    live: int
    configured: int | None
    why: str
    odd: Mapping[ServiceKey, ServiceHealth]
    sweep: Sweep
    limited: Mapping[ServiceKey, int]
    since: float
    stood: Mapping[ServiceKey, float] = MappingProxyType({})
    reported_at: float | None = None
    changed: Mapping[ServiceKey, frozenset[ServerKey]] = MappingProxyType({})


class Tally(_Counts):
    """The counts of a sweep and what follows from them; each is computed when first used."""

    @cached_property
    def down(self) -> list[ServiceKey]:
        """The services that have servers but no live one."""
        return [key for key, health in self.odd.items() if health.fails]

    @cached_property
    def degraded(self) -> list[ServiceKey]:
        """The services that serve with fewer servers than they should."""
        return [key for key, health in self.odd.items() if health.degraded]

    @cached_property
    def drained(self) -> int:
        """The number of drained servers."""
        return sum(health.drained for health in self.odd.values())

    @cached_property
    def ill(self) -> Mapping[HostKey, HostProblems]:
        """What is wrong with the servers of each host, over all services."""
        by_host: dict[HostKey, HostProblems] = {}
        for health in self.odd.values():
            place = 0
            for field in ("down", "out", "removed", "full"):
                for server in health.ill[place : place + getattr(health, field)]:
                    key = HostKey(server.family, server.address)
                    before = by_host.get(key, WELL)
                    gone = before.gone + (server in health.gone)
                    by_host[key] = before._replace(gone=gone, **{field: getattr(before, field) + 1})
                place += getattr(health, field)
        return by_host

    @cached_property
    def hosts(self) -> frozenset[HostKey]:
        """The hosts of servers that are down, out, removed or full."""
        return frozenset(
            HostKey(server.family, server.address) for health in self.odd.values() for server in health.ill
        )

    def settled(self, key: ServiceKey) -> bool:
        """Whether keepalived's report on a service is newer than the service's last change."""
        return self.reported_at is not None and self.reported_at > self.stood.get(key, self.since)

    def of(self, key: ServiceKey) -> ServiceHealth | None:
        """A service with something to report; None for one that is as it should be."""
        return self.odd.get(key)


def refused(key: ServiceKey, persistent: bool = False) -> str:
    """What clients feel of a service without a live server: the kernel answers with an ICMP error, which TCP takes for
    a refusal. `persistent`: those that it remembers may still be sent to a server of weight 0."""
    who = "new clients" if persistent else "clients"
    if key.fwmark:
        return f'{who} get "connection refused" at once by TCP, else an ICMP error or no answer'
    if key.protocol == TCP:
        return f'{who} get "connection refused" at once'
    return f"{who} get an ICMP error, or no answer"


def why_unknown(state: State) -> str:
    """Why it is not known which servers should be in the table, "" where it is known."""
    if state.owner == "":
        return ""
    if state.owner is None:
        return "it is not known whether a program writes this table"
    if state.owner != KEEPALIVED:
        return f"{state.owner} writes this table, and lvstui cannot ask it which servers it took out"
    if state.keeping is None:
        return "keepalived's configuration has not been read"
    return "" if state.keeping.effective is not None else state.keeping.trouble or "its configuration is not known"


def service_health(pool: Pool, judged: ServiceVerdicts | None, reported: bool) -> ServiceHealth:
    """How a service is served by the servers in the table and, according to keepalived's report, by those that are not.
    `reported`: whether it is known which servers should be there."""
    servers = pool.servers()
    verdicts = judged.verdicts if judged is not None else {}
    states = {key: verdict.state for key, verdict in verdicts.items()}
    standing_in = {server.key for server in servers if states.get(server.key) == SORRY}
    sorry = any(server.weight for server in servers if server.key in standing_in)
    full = set(_full(pool, servers)) - standing_in
    live = drained = 0
    unsure = False
    down: list[ServerKey] = []
    out: list[ServerKey] = []
    removed: list[ServerKey] = []
    for server in servers:
        if server.key in standing_in or server.key in full:
            continue
        state = states.get(server.key)
        if server.weight:
            live += 1
        elif state == DOWN:
            down.append(server.key)
        elif state == LOST:
            out.append(server.key)
        else:
            drained, unsure = drained + 1, unsure or state == OPEN
    for server in judged.out if judged is not None else ():
        state = states[server.key]
        (down if state == DOWN else removed if state == BY_HAND else out).append(server.key)
    ill = (*down, *out, *removed, *sorted(full))
    counts = len(down), len(out), len(removed), len(full), drained
    gone = tuple(server.key for server in judged.out) if judged is not None else ()
    return ServiceHealth(live, live + sum(counts) if reported else None, *counts, unsure, sorry, ill, gone)


def tallied(
    state: State,
    before: Tally | None = None,
    settled: Callable[[ServiceKey], bool] | None = None,
    sure: bool | None = None,
) -> Tally:
    """The tally of a sweep. `before`: the tally of the sweep before; most services do not change and are examined once.
    `settled`: whether keepalived's report is newer than a service's servers; `sure`: whether its loaded configuration
    was read since then. Both follow from the sweeps where they are not given."""
    now, keeping = swept(state), state.keeping
    reported_at = _reported_at(state, before)
    if before is not None and (state.at < before.sweep.state.at or not _alike(before.sweep.state, state)):
        before = None
    if before is None:
        base = Tally(0, None, "", {}, now, {}, state.rules_read, reported_at=reported_at)
        keys = set(state.services.keys)
    else:
        changed = other_rules(before.sweep, now)
        base = before._replace(
            sweep=now,
            reported_at=reported_at,
            stood={**before.stood, **dict.fromkeys(changed, state.rules_read)},
            changed=unreported(
                before.sweep, now, changed, before.changed, before._replace(reported_at=reported_at).settled
            ),
        )
        keys = changed | (before.odd.keys() if keeping is not before.sweep.state.keeping else frozenset())
        keys |= {key for key, least in before.limited.items() if key in before.odd or _busy(state, key, least)}
    why = why_unknown(state)
    odd = {key: health for key, health in base.odd.items() if key not in keys}
    limited = {key: least for key, least in base.limited.items() if key not in keys}
    for key in keys:
        pool = state.pools.get(key)
        if pool is None:
            continue
        servers = pool.servers()
        if least := min((server.upper for server in servers if server.upper), default=0):
            limited[key] = least
        verdicts = None
        if keeping is not None and not _as_meant(key, servers, keeping.effective):
            since = base.stood.get(key, base.since)
            younger = settled(key) if settled is not None else base.settled(key)
            known = keeping.explains(since) if sure is None else sure
            verdicts = service_verdicts(key, servers, keeping, younger, known, base.changed.get(key))
        health = service_health(pool, verdicts, not why)
        if not health.plain:
            odd[key] = health
    return _summed(base._replace(why=why, odd={key: odd[key] for key in sorted(odd)}, limited=limited), state)


def _summed(tally: Tally, state: State) -> Tally:
    """Adds up a tally. Few services are odd; all others are as the table has them."""
    load = state.load
    pools = [pool for key in tally.odd if (pool := state.pools.get(key)) is not None]
    loads = [pool.load for pool in pools]
    if load is None:
        others = [pool.load for pool in state.pools.values()]
        servers, live = sum(part.servers for part in others), sum(part.live for part in others)
    else:
        servers, live = load.servers, load.live
    servers += sum(part.total for part in tally.odd.values()) - sum(part.servers for part in loads)
    live += sum(part.live for part in tally.odd.values()) - sum(part.live for part in loads)
    return tally._replace(live=live, configured=None if tally.why else servers)


def _alike(before: State, now: State) -> bool:
    """Whether the counts of an unchanged service still hold: they depend on who writes the table and on the
    configuration."""
    old, new = before.keeping, now.keeping
    if before.owner != now.owner or (old is None) is not (new is None):
        return False
    return old is None or new is None or (old.on_disk is new.on_disk and old.loaded is new.loaded)


def _as_meant(key: ServiceKey, servers: Sequence[Server], configuration: Configured | None) -> bool:
    """Whether every configured server is there and serves, and no sorry server is among them. This holds for most
    services, which then need no verdict."""
    if configuration is None:
        return True
    if not all(server.weight for server in servers):
        return False
    there = {server.key for server in servers}
    sorry = configuration.sorry.get(key)
    return there >= real(key, configuration).keys() and (sorry is None or sorry.key not in there)


def _full(pool: Pool, servers: Iterable[Server]) -> list[ServerKey]:
    """The servers that get no more connections: they have reached their limit, by the kernel's own rule."""
    if not any(server.upper and server.weight for server in servers):
        return []
    return [
        row.server.key
        for row in pool
        if row.server.weight and row.server.upper and row.active + row.inactive >= row.server.upper
    ]


def _busy(state: State, key: ServiceKey, least: int) -> bool:
    """Whether a service has at least as many connections as one of its servers may have."""
    pool = state.pools.get(key)
    return pool is not None and (load := pool.load).active + load.inactive >= least


def _reported_at(state: State, before: Tally | None) -> float | None:
    """When keepalived reported its check results, on the clock of the sweeps."""
    keeping: KeepalivedState | None = state.keeping
    if keeping is None or keeping.reported_at is None:
        return None
    known = before.sweep.state.keeping if before is not None else None
    if before is not None and known is not None and known.reported_at == keeping.reported_at:
        return before.reported_at  # the difference is only drift between the two clocks
    return keeping.reported_at - state.taken + state.at

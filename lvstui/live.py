"""The composition root: joins the kernel, keepalived and the host into the one Source of this director."""

from __future__ import annotations

import os
import time
from _collections_abc import Callable, Collection, Iterator, Mapping, Sequence

from lvstui.director.errors import NotDone, Stale, Unavailable
from lvstui.director.model import ServiceKey
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope, Source
from lvstui.director.state import NO_LINKS, Pool, ServiceRows, State, Vrrp, total
from lvstui.kernel import proc
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.kernel.ipvs.pools import PoolSweep
from lvstui.kernel.ipvs.services import PackedServices
from lvstui.kernel.syncing import Syncing
from lvstui.machine import Machine
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.causes import Causes
    from lvstui.director.change import Change
    from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
    from lvstui.director.lazy_servers import Columns
    from lvstui.director.probe import Probes
    from lvstui.director.remembered import Written
    from lvstui.director.state import Listed
    from lvstui.director.sweeps import Sweep as Rules
    from lvstui.director.vrrp.passwords import PasswordQuestion

_FROZEN = "run_estimation=0: counters and rates stand still"


def open_source(*, load_module: bool = False) -> Source:
    """Opens this director: over netlink with the privilege to change it, else read-only from /proc. `load_module`: load
    ip_vs when it is missing, which only a restore does. Raises Unavailable when there is no IPVS."""
    if not proc.present():
        if not load_module or not proc.mounted():
            raise proc.absent()
        _load_module()
    try:
        return LiveSource(Ipvs())
    except Unavailable as error:
        if os.geteuid() == 0 and "permission" not in error.why:
            raise
        return ProcSource(error.why, error.mend)


class LiveSource:
    """The kernel's IPVS over netlink, and the VRRP state when a console asks. After a failed read, whatever the cause,
    the next one opens new sockets and remembers nothing of the old ones."""

    def __init__(self, ipvs: Ipvs) -> None:
        self._table: _Table | None = _Table(ipvs)
        self._writer: Ipvs | None = None
        self._seen: Rules | None = None
        self._causes: Causes | None = None
        self._answered: Callable[[int], None] = lambda count: None
        self._machine = Machine()

    def read(self, scope: Scope) -> State:
        known = self._table
        if known is not None:
            try:
                return self._read(known, scope)
            except Stale:
                self._drop()
                raise
            except Unavailable:
                self._drop()  # then read again: ip_vs may have been unloaded and loaded again
        table = self._table = _Table(_opened())
        self._machine.forget()
        try:
            return self._read(table, scope._replace(sweep=True))  # the last sweep was dropped too
        except Unavailable:
            self._drop()
            raise

    def _drop(self) -> None:
        """Drops the sockets and everything learned from them."""
        if self._table is not None:
            self._table.ipvs.close()
            self._table = None

    def _read(self, table: _Table, scope: Scope) -> State:
        ipvs = table.ipvs
        # First, because the report applies to rules that are read after it.
        keeping = self._machine.keeping() if scope.owner else None
        services = table.services = ipvs.services(table.services)
        at, taken = time.monotonic(), time.time()
        version, table_size = proc.about() if scope.owner else ("", 0)
        if scope.sweep:
            table.sweep = ipvs.sweep(services, not scope.uncounted)
        # Whoever may ask for counters gets no pool that has none.
        sweep = table.sweep if scope.uncounted or table.sweep is None or table.sweep.counted else None
        fresh = ipvs.pools(key for key in scope.services if key in services.index) if not scope.sweep else {}
        vrrp = self._machine.vrrp(services.keys, scope.ask) if scope.vrrp else self._machine.presence(scope)
        asked = scope.settings or scope.owner
        sync, links = table.syncing.running(scope.settings, vrrp.role) if asked else (None, NO_LINKS)
        pools = Pools(fresh, sweep) if sweep is not None else fresh
        state = State(
            at=at,
            taken=taken,
            host=self._machine.name,
            kernel=self._machine.kernel,
            services=services,
            pools=pools,
            swept=sweep.at if sweep is not None else None,
            load=sweep.load if sweep is not None and scope.vrrp else None,
            traffic=proc.traffic() if scope.vrrp else None,
            timeouts=ipvs.timeouts() if asked else None,
            sync=sync,
            vrrp=vrrp,
            notes=(*(() if proc.estimating() else (_FROZEN,)), *(self._machine.notes() if scope.owner else ())),
            owner=self._machine.keepers().owner if scope.owner else None,
            keeping=keeping.beside(services.keys) if keeping is not None else None,
            schedulers=self._machine.schedulers() if scope.owner else (),
            sysctls=proc.switches() if scope.owner or scope.settings else {},
            version=version,
            table_size=table_size,
            links=links,
            facts=self._machine.facts(scope, services.keys, pools, vrrp),
        )
        if scope.sweep and (scope.vrrp or state.keeping is not None):
            self._compare(state)
        return self._explained(state)

    def _explained(self, state: State) -> State:
        """The same with the causes of differences that the table does not show."""
        if state.keeping is None or self._causes is None:
            return state
        if self._causes.checks is not state.keeping.checks:  # it reported between two sweeps
            from lvstui.director.causes import reported

            self._causes = reported(self._causes, state.keeping)
        if not self._causes.of:
            return state
        return state._replace(keeping=state.keeping._replace(causes=self._causes.of))

    def _compare(self, state: State) -> None:
        """Tells the keepalived thread where a sweep finds other rules than the one before: keepalived may have loaded
        another configuration."""
        from lvstui.director.causes import Causes, caused
        from lvstui.director.sweeps import other_rules, swept

        now, before = swept(state), self._seen
        self._seen = now
        if before is None or other_rules(before, now):
            self._machine.changed(state.rules_read)
        self._causes = caused(state, self._causes or Causes())

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        # A separate socket, so that a change need not wait for a sweep in another thread. First it is checked
        # that the socket still leads to IPVS, so that a later refusal is about the change.
        if self._writer is not None and not self._writer.there():
            self._writer.close()
            self._writer = None
        if self._writer is None:
            self._writer = _opened(deadline=10.0)
        try:
            return self._writer.send(changes, self._answered)
        finally:
            if self._table is not None:
                self._table.syncing.forget()

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        return self._machine.order(order)

    def probes(self) -> Probes:
        return self._machine.probes()

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        return self._machine.prove(questions)

    def on_news(self, call: Callable[[], None]) -> None:
        self._machine.news = call

    def on_sent(self, call: Callable[[int], None]) -> None:
        self._answered = call

    def close(self) -> None:
        self._drop()
        self._machine.close()
        if self._writer is not None:
            self._writer.close()


class _Table:
    """The sockets to a table, and what is kept from one read to the next."""

    def __init__(self, ipvs: Ipvs) -> None:
        self.ipvs = ipvs
        self.services: PackedServices | None = None
        self.sweep: PoolSweep | None = None
        self.syncing = Syncing(ipvs)


def _opened(deadline: float = 1.0) -> Ipvs:
    """Opens new sockets to IPVS; does not load it where it is missing. Raises Unavailable, Stale."""
    if not proc.present():
        raise proc.absent()
    return Ipvs(deadline)


class ProcSource:
    """The table as /proc shows it to any user: read-only, with less information (proc.UNKNOWN)."""

    def __init__(self, reason: str, mend: str) -> None:
        self._reason = reason
        self._mend = mend
        self._machine = Machine()
        self._before: ServiceRows | None = None

    def read(self, scope: Scope) -> State:
        keeping = self._machine.keeping() if scope.owner else None
        at, taken = time.monotonic(), time.time()
        readings, pools = proc.table(at)
        version, table_size = proc.about()
        services = self._before = ServiceRows(readings, self._before)
        vrrp = self._machine.vrrp(services.keys, scope.ask) if scope.vrrp else Vrrp()
        return State(
            at=at,
            taken=taken,
            host=self._machine.name,
            kernel=self._machine.kernel,
            services=services,
            pools=pools,
            swept=at,
            load=total(pool.load for pool in pools.values()),
            traffic=proc.traffic(),
            vrrp=vrrp,
            read_only=self._reason,
            notes=self._machine.notes() if scope.owner else (),
            unknown=proc.UNKNOWN,
            owner=self._machine.keepers().owner if scope.owner else None,
            keeping=keeping.beside(services.keys) if keeping is not None else None,
            sysctls=proc.switches() if scope.owner or scope.settings else {},
            version=version,
            table_size=table_size,
            facts=self._machine.facts(scope, services.keys, pools, vrrp),
        )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        raise NotDone("read-only", self._reason, self._mend)

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        raise NotDone("keepalived", f"cannot be controlled: {self._reason}", self._mend)

    def probes(self) -> Probes:
        return self._machine.probes()

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        return self._machine.prove(questions)

    def on_news(self, call: Callable[[], None]) -> None:
        self._machine.news = call

    def close(self) -> None:
        self._machine.close()


class Pools(Mapping[ServiceKey, Pool]):
    """The fresh pools of a scope, in front of those of the last sweep."""

    def __init__(self, fresh: Mapping[ServiceKey, Pool], sweep: PoolSweep) -> None:
        self._fresh = fresh
        self._sweep = sweep

    def __getitem__(self, key: ServiceKey) -> Pool:
        fresh = self._fresh.get(key)
        return fresh if fresh is not None else self._sweep[key]

    def __contains__(self, key: object) -> bool:
        return key in self._fresh or key in self._sweep

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._fresh.keys() | self._sweep.keys())

    def __len__(self) -> int:
        return len(self._fresh.keys() | self._sweep.keys())

    def all_lines(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[list[str]] | None:
        return None if self._fresh else self._sweep.all_lines(keys, written)

    def all_columns(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Columns] | None:
        return None if self._fresh else self._sweep.all_columns(keys, written)

    def all_listed(self, keys: Sequence[ServiceKey], written: Written) -> Iterator[Sequence[Listed]] | None:
        return None if self._fresh else self._sweep.all_listed(keys, written)

    def differing(self, before: Mapping[ServiceKey, Pool]) -> Collection[ServiceKey] | None:
        """The services whose real servers have different rules than in an earlier sweep; None where this cannot be
        compared, because pools were read apart from one of the two."""
        if not isinstance(before, Pools) or self._fresh or before._fresh:
            return None
        return self._sweep.differing(before._sweep)


def _load_module() -> None:
    if os.geteuid() != 0:
        raise Unavailable("IPVS", f"{proc.MISSING}, and only root can load it", "sudo modprobe ip_vs")
    import subprocess

    try:
        subprocess.run(["modprobe", "ip_vs"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        raise Unavailable("IPVS", f"ip_vs cannot be loaded: {reason}", "is it built for this kernel?") from None

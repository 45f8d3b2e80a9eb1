"""All drifts of a table, followed from sweep to sweep. Most services never drift, so each is examined once, and again
when its rules, the configuration or its checks have changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from lvstui.director.checks.verdicts import reported
from lvstui.director.configured import Configured
from lvstui.director.drift.drift import DELETED, WAITING, Drift, service_drifts, setting_drifts
from lvstui.director.drift.outcomes import OutcomePredictor
from lvstui.director.drift.unread import waiting
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, ServerKey, Service, ServiceKey
from lvstui.director.state import State
from lvstui.director.sweeps import Sweep, other_rules, swept, unreported
from lvstui.values import NamedTuple


class Drifts(NamedTuple):
    """The drifts of a State, by service in the order of their keys. `stood`: since when (monotonic seconds) each
    service that changed during the watch has been as it is; all others since `since`. `sweep`: carried to the next
    sweep. `changed`: where keepalived's report is older, the servers that have changed since, as far as that is known.
    `open`: services about which nothing new is claimed, because keepalived may have changed them from a configuration
    that it loaded since the last read."""

    by_service: Mapping[ServiceKey, tuple[Drift, ...]]
    keeping: KeepalivedState
    sweep: Sweep
    since: float
    stood: Mapping[ServiceKey, float] = MappingProxyType({})
    reported_at: float | None = None
    open: frozenset[ServiceKey] = frozenset()
    changed: Mapping[ServiceKey, frozenset[ServerKey]] = MappingProxyType({})

    @property
    def number(self) -> int:
        """The number of drifts."""
        return sum(map(len, self.by_service.values()))

    def of(self, key: ServiceKey, server: ServerKey | None = None) -> tuple[Drift, ...]:
        """The drifts of one real server, or of a service and all its servers where no server is named."""
        drifts = self.by_service.get(key, ())
        return drifts if server is None else tuple(drift for drift in drifts if drift.server == server)


def drifts(
    now: RuleSet, keeping: KeepalivedState, settled: Callable[[ServiceKey], bool] = lambda key: False
) -> tuple[Drift, ...]:
    """All drifts of a table: settings first, then service by service in the order of their keys. `settled`: whether the
    check report on a service is newer than its last change."""
    every = [*setting_drifts(now, keeping)]
    for key in sorted({*now.rules, *_configured(keeping)}):
        every += of_service(key, now.rules.get(key), keeping, settled(key))
    return tuple(every)


def of_service(
    key: ServiceKey,
    live: Entry | None,
    keeping: KeepalivedState,
    settled: bool,
    changed: frozenset[ServerKey] | None = None,
) -> tuple[Drift, ...]:
    """The drifts of one service; `live` is its entry in the table. `settled` and `changed`: whether the check report is
    newer than its last change, and if not, which servers have changed since (service_verdicts)."""
    if not _suspect(key, live, keeping, settled or changed is not None):
        return ()
    fated = OutcomePredictor(key, live, keeping, reported(key, keeping, settled, changed))
    drifts = [*service_drifts(key, live, keeping, settled, changed, fated)]
    if _unread(keeping):
        drifts += waiting(key, keeping, fated)
    drifts = [_blamed(drift, keeping, key) for drift in drifts]
    return tuple(sorted(drifts, key=lambda drift: (drift.server is not None, drift.server)))


def _blamed(drift: Drift, keeping: KeepalivedState, key: ServiceKey) -> Drift:
    # A deleted service is reported by itself; its group does not explain it.
    whose = None if drift.kind == DELETED else key
    words, brief = (
        keeping.blamed(keeping.caused(text, key, drift.server), whose) for text in (drift.words, drift.brief)
    )
    return drift._replace(words=words, brief=brief)


def followed(state: State, before: Drifts | None = None, since: float | None = None) -> Drifts | None:
    """The drifts of a sweep; None where no keepalived configuration is known, or the table cannot be read completely.
    `before`: the drifts of the sweep before, returned unchanged when nothing has changed since."""
    keeping = state.keeping
    if keeping is None or keeping.effective is None or state.unknown:
        return None
    reported_at = keeping.reported_at - state.taken + state.at if keeping.reported_at is not None else None
    now = swept(state)
    if before is None or state.at < before.sweep.state.at:
        first = Drifts({}, keeping, now, state.rules_read if since is None else since, reported_at=reported_at)
        return _claimed(first, [*state.services.keys, *_configured(keeping)])
    changed = other_rules(before.sweep, now)
    if not changed and keeping is before.keeping:
        return before._replace(sweep=now)
    stood = {**before.stood, **dict.fromkeys(changed, state.rules_read)}
    # The clocks of dumps and of sweeps drift apart by less than this.
    reported_at = before.reported_at if keeping.reported_at == before.keeping.reported_at else reported_at
    standing = before._replace(reported_at=reported_at)
    since_report = unreported(before.sweep, now, changed, before.changed, lambda key: _settled(standing, key))
    later = Drifts({}, keeping, now, before.since, stood, reported_at, changed=since_report)
    if keeping.on_disk is not before.keeping.on_disk or keeping.loaded is not before.keeping.loaded:
        return _claimed(later, [*state.services.keys, *_configured(keeping)], before.by_service)
    again = changed | _told_otherwise(before, later) | before.open | _explained_otherwise(before.keeping, keeping)
    by_service = {key: drifts for key, drifts in before.by_service.items() if key not in again}
    claimed = _claimed(later, again, before.by_service)
    by_service |= claimed.by_service
    return claimed._replace(by_service={key: by_service[key] for key in sorted(by_service)})


def _claimed(
    drifts: Drifts, keys: Iterable[ServiceKey], before: Mapping[ServiceKey, tuple[Drift, ...]] = MappingProxyType({})
) -> Drifts:
    """Adds the drifts of these services. Where keepalived may have made them itself, only those of `before` that still
    exist are claimed."""
    keys = set(keys)
    now = _drifts_of(drifts, keys)
    there = {service.key for service in drifts.sweep.services}
    unsure = {
        key for key in keys if not drifts.keeping.explains(drifts.stood.get(key, drifts.since), gone=key not in there)
    }
    for key in unsure & now.keys():
        known = {(drift.kind, drift.server, drift.words) for drift in before.get(key, ())}
        now[key] = tuple(
            drift for drift in now[key] if drift.kind == WAITING or (drift.kind, drift.server, drift.words) in known
        )
    return drifts._replace(by_service={key: of for key, of in now.items() if of}, open=frozenset(unsure))


def _drifts_of(drifts: Drifts, keys: Iterable[ServiceKey]) -> dict[ServiceKey, tuple[Drift, ...]]:
    state, services = drifts.sweep.state, drifts.sweep.services
    rules: dict[ServiceKey, Service] = {service.key: service for service in services}
    by_service = {}
    for key in sorted(set(keys)):
        service, pool = rules.get(key), state.pools.get(key)
        if service is not None and pool is None:
            continue  # its servers have not been read
        servers: dict[ServerKey, Server] = {server.key: server for server in pool.servers()} if pool is not None else {}
        live = Entry(service, servers) if service is not None else None
        if of := of_service(key, live, drifts.keeping, _settled(drifts, key), drifts.changed.get(key)):
            by_service[key] = of
    return by_service


def _settled(drifts: Drifts, key: ServiceKey) -> bool:
    return drifts.reported_at is not None and drifts.reported_at > drifts.stood.get(key, drifts.since)


def _told_otherwise(before: Drifts, later: Drifts) -> set[ServiceKey]:
    """The services whose check results differ from before, or have become credible."""
    if later.keeping.checks is before.keeping.checks and later.reported_at == before.reported_at:
        return set()
    old, new = before.keeping.checks, later.keeping.checks
    keys = {*old, *new}
    return {key for key in keys if old.get(key) != new.get(key) or _settled(before, key) != _settled(later, key)}


def _explained_otherwise(before: KeepalivedState, now: KeepalivedState) -> set[ServiceKey]:
    """The services whose differences may have other causes than before."""
    other = before.causes.items() ^ now.causes.items()
    return {*(before.parted ^ now.parted), *(place[0] for place, _ in other)}


def _suspect(key: ServiceKey, live: Entry | None, keeping: KeepalivedState, counts: bool) -> bool:
    """Whether a service may drift: a quick check, because most never do. `counts`: whether the check report counts."""
    configuration = keeping.effective
    if configuration is None:
        return False
    if live != configuration.rules.rules.get(key) or (
        _unread(keeping) and _differs(key, keeping.on_disk, keeping.loaded)
    ):
        return True
    watched = keeping.checks.get(key) if counts else None
    if watched is None:
        return False
    return not watched.has_quorum or any(
        not check_report.alive or check_report.effective != check_report.weight for check_report in watched.servers
    )


def _unread(keeping: KeepalivedState) -> bool:
    """Whether the file may have changes that keepalived has not loaded."""
    return keeping.on_disk is not None and keeping.loaded is not None and keeping.on_disk is not keeping.loaded


def _differs(key: ServiceKey, configuration: Configured | None, other: Configured | None) -> bool:
    if configuration is None or other is None:
        return False
    return configuration.rules.rules.get(key) != other.rules.rules.get(key) or configuration.waiting.get(
        key
    ) != other.waiting.get(key)


def _configured(keeping: KeepalivedState) -> Collection[ServiceKey]:
    """Every configured service, in the loaded configuration or in the file."""
    return {
        key
        for configuration in (keeping.loaded, keeping.on_disk)
        if configuration is not None
        for key in configuration.rules.rules
    }

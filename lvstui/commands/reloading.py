"""What a reload of keepalived will change in the table, as far as it can be predicted, and what differs afterwards.
Pure.

keepalived never reads the table back. At a reload it compares its loaded configuration with the present file, and
programs only the differences between those two (check/ipwrapper.c, clear_diff_services): a change by hand stays unless
the file changed the same rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    apply_all,
    check,
    stated,
)
from lvstui.director.checks.judged import judge
from lvstui.director.configured import Configured
from lvstui.director.drift.prediction import Trigger, after, regrouped
from lvstui.director.errors import NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Server, Service, ServiceKey, server_text, service_text
from lvstui.director.plan import plan
from lvstui.director.state import State, rules_of
from lvstui.director.transaction import touched as services_of
from lvstui.values import NamedTuple
from lvstui.views import summary
from lvstui.views.number import count

_SHOWN = 3


class ReloadForecast(NamedTuple):
    """`changes` that a reload makes in the table, () for none, None where they are not known (`unknown` says why);
    `by_hand`: the number of differences between the table and the loaded configuration that a reload leaves; `outages`:
    what the changes take out of service."""

    changes: tuple[Change, ...] | None
    by_hand: int = 0
    outages: tuple[str, ...] = ()
    unknown: str = ""


def ahead(state: State) -> ReloadForecast:
    """What a reload would do now."""
    keeping = state.keeping
    if keeping is None or keeping.on_disk is None:
        return ReloadForecast(
            None, unknown=(keeping.trouble if keeping is not None else "") or "its configuration has not been read"
        )
    if keeping.loaded is None:
        return ReloadForecast(None, unknown="it is not known which configuration it has loaded")
    now = rules_of(state)
    wanted = plan(_settled(now, keeping.loaded), _settled(now, keeping.on_disk))
    keys = regrouped(keeping.loaded, keeping.on_disk)
    others = [change for change in wanted if keys.isdisjoint(services_of([change]))]
    changes = (*_possible(others, now), *_regrouped(now, keeping, keys))
    touched = {_rule(change) for change in wanted}
    hand = [change for change in brief(plan(now, _settled(now, keeping.loaded))) if _rule(change) not in touched]
    return ReloadForecast(changes, len(hand), tuple(summary.outages(changes, now, state)))


def _regrouped(now: RuleSet, keeping: KeepalivedState, keys: Collection[ServiceKey]) -> Sequence[Change]:
    """What a reload does to the services whose entries come into, or go from, a group: not what the file says."""
    then = {key: after(Trigger.RELOAD, key, now.rules.get(key), keeping, {}) for key in sorted(keys)}
    live = {key: entry for key in then if (entry := now.rules.get(key)) is not None}
    return plan(RuleSet(live), RuleSet({key: entry for key, entry in then.items() if entry is not None}))


def differing(state: State) -> tuple[Change, ...] | None:
    """The changes from the table to the present configuration file, None where they are not known. A server that failed
    its check does not differ."""
    configuration = state.keeping.on_disk if state.keeping is not None else None
    if configuration is None:
        return None
    now = rules_of(state)
    return plan(now, _settled(now, configuration))


def brief(changes: Sequence[Change]) -> list[Change]:
    """The changes without the real servers of a service that comes as a whole."""
    whole = {change.service.key for change in changes if isinstance(change, AddService)}
    return [change for change in changes if not (isinstance(change, AddServer) and change.service in whole)]


def settled(state: State) -> bool:
    """Whether keepalived has loaded the present file; assumed where that is not known."""
    keeping = state.keeping
    return (
        keeping is None or keeping.loaded is None or keeping.on_disk is None or _same(keeping.loaded, keeping.on_disk)
    )


def _same(configuration: Configured, other: Configured) -> bool:
    return (
        configuration.rules == other.rules
        and configuration.waiting == other.waiting
        and configuration.sorry == other.sorry
    )


def _settled(now: RuleSet, configuration: Configured) -> RuleSet:
    return judge(now, configuration).rules


def _possible(changes: Iterable[Change], now: RuleSet) -> Iterable[Change]:
    """Those of the changes that the table takes, each after those before it: keepalived tries them all."""
    rules = now
    for change in changes:
        try:
            check(change, rules)
        except NotDone:
            continue
        rules = apply_all((change,), rules)
        yield change


def _rule(change: Change) -> object:
    """The one rule that a change is about."""
    match change:
        case AddService(Service(key)) | EditService(Service(key)) | DeleteService(key):
            return key
        case AddServer(key, Server(name)) | EditServer(key, Server(name)) | DeleteServer(key, name):
            return key, name
        case _:
            return type(change)


class SettleWait:
    """The wait after a reload: it ends when table and configuration have not changed for `SETTLES` seconds, or after
    `PATIENCE` seconds. keepalived does not report that it has finished."""

    SETTLES, PATIENCE = 1.5, 8.0

    def __init__(self, began: float) -> None:
        self._began = self._since = began
        self._last: object = None

    def over(self, state: State, now: float) -> bool:
        """`state` as read at `now`, seconds of any clock."""
        seen = differing(state), settled(state)
        if seen != self._last:
            self._last, self._since = seen, now
        quiet = settled(state) and now - self._since >= self.SETTLES
        return quiet or now - self._began >= self.PATIENCE


def question(ahead: ReloadForecast, state: State) -> str:
    """What the reload will do to the table, in words."""
    if ahead.changes is None:
        return f"it is not known what this changes in the table: {ahead.unknown}"
    changes = brief(ahead.changes)
    texts = [differs(change, rules_of(state)) for change in changes[:_SHOWN]]
    more = len(changes) - len(texts)
    text = "; ".join(texts) + (f"; and {count(more, 'more change')}" if more > 0 else "")
    stay = f"; {ahead.by_hand} made by hand stay{'s' if ahead.by_hand == 1 else ''}" if ahead.by_hand else ""
    return (f"changes {text}" if text else "changes nothing in the table") + stay


def verdict(changes: tuple[Change, ...] | None) -> str:
    """`after the reload nothing differs`, `after the reload 2 rules differ from the configuration`."""
    if changes is None:
        return "reloaded; it is not known what differs from the configuration"
    if not changes:
        return "after the reload nothing differs from the configuration"
    rules = len(brief(changes))
    return f"after the reload {count(rules, 'rule')} {'differs' if rules == 1 else 'differ'} from the configuration"


def differs(change: Change, now: RuleSet) -> str:
    """A change that leads from the table to a configuration, as a difference: `weight of 10.0.0.5:80 in tcp
    192.0.2.1:80: 5 -> 3`."""
    match change:
        case EditServer(key, server):
            entry = now.rules.get(key)
            old = entry.servers.get(server.key) if entry is not None else None
            place = f"{server_text(server.key)} in {service_text(key)}"
            if old is not None and stated(old, None)._replace(weight=server.weight) == stated(server, None):
                return f"weight of {place}: {old.weight} -> {server.weight}"
            return f"{place} gets other settings"
        case AddServer(key, server):
            return f"{server_text(server.key)} in {service_text(key)}: none -> weight {server.weight}"
        case DeleteServer(key, name):
            return f"{server_text(name)} in {service_text(key)}: in the table -> not configured"
        case EditService(service):
            entry = now.rules.get(service.key)
            old_name = entry.service.scheduler if entry is not None else service.scheduler
            if old_name != service.scheduler:
                return f"scheduler of {service_text(service.key)}: {old_name} -> {service.scheduler}"
            return f"{service_text(service.key)} gets other settings"
        case AddService(service):
            return f"{service_text(service.key)}: none -> configured"
        case DeleteService(key):
            return f"{service_text(key)}: in the table -> not configured"
        case SetTimeouts():
            return "timeouts"
        case StartSync() | StopSync():
            return "sync daemons"
        case _:
            return type(change).__name__

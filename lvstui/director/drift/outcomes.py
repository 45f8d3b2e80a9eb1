"""What will become of a difference at a reload, a restart, a check and a failover, in words."""

from __future__ import annotations

from lvstui.director.drift.prediction import CheckReport, Trigger, after, configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, Server, ServerKey, ServiceKey
from lvstui.values import NamedTuple

STAYS = "stays"
_BLIND = "not known: the file cannot be read"


class DriftOutcomes(NamedTuple):
    """What will become of a drift: `stays`, `is reverted`, `is lost`... `check`: at the next failure of its check and
    its recovery. `failover`: when the peer takes over."""

    reload: str = STAYS
    restart: str = STAYS
    check: str = STAYS
    failover: str = "stays here: the peer serves by its own table"


class OutcomePredictor:
    """What will become of a service, computed once where it has a drift."""

    def __init__(
        self, key: ServiceKey, live: Entry | None, keeping: KeepalivedState, check_report: CheckReport
    ) -> None:
        self._key = key
        self._live = live
        self._keeping = keeping
        self._check_report = check_report
        self._after: dict[Trigger, Entry | None] = {}

    def of_service(self) -> DriftOutcomes:
        return DriftOutcomes(*(self._service(event) for event in (Trigger.RELOAD, Trigger.RESTART, Trigger.CHECK)))

    def of_server(self, name: ServerKey) -> DriftOutcomes:
        return DriftOutcomes(*(self._server(event, name) for event in (Trigger.RELOAD, Trigger.RESTART, Trigger.CHECK)))

    def down(self, name: ServerKey) -> bool:
        """Whether the check report says that a server is down."""
        checked = self._check_report.get(name)
        return checked is not None and not checked.alive

    def then(self, event: Trigger) -> Entry | None:
        if event not in self._after:
            self._after[event] = after(event, self._key, self._live, self._keeping, self._check_report)
        return self._after[event]

    def _service(self, event: Trigger) -> str:
        if self._blind(event):
            return _BLIND
        now, then = self._live, self.then(event)
        if now is None or then is None:
            return STAYS if now is then else "is re-created" if now is None else "is lost"
        if now.service == then.service:
            return STAYS
        return "is reverted" if self._as_loaded(then) else "is set as in the file"

    def _blind(self, event: Trigger) -> bool:
        """Whether the effect of an event is not known, because the file that it reads cannot be read."""
        return event in (Trigger.RELOAD, Trigger.RESTART) and self._keeping.on_disk is None

    def _as_loaded(self, then: Entry) -> bool:
        configuration = self._keeping.effective
        entry = configuration.rules.rules.get(self._key) if configuration is not None else None
        return entry is not None and entry.service == then.service

    def _server(self, event: Trigger, name: ServerKey) -> str:
        if self._blind(event):
            return _BLIND
        entry, then_entry = self._live, self.then(event)
        now = entry.servers.get(name) if entry is not None else None
        then = then_entry.servers.get(name) if then_entry is not None else None
        if now == then:
            unchecked = event is Trigger.CHECK and self._unchecked(name)
            return f"{STAYS}: it has no check" if unchecked else STAYS
        if then is None:
            return "is lost"
        if now is None:
            return f"is added again, weight {then.weight}"
        if now.weight == then.weight:
            return "is reverted"
        loaded = self._loaded(name)
        back = loaded is not None and loaded.weight == then.weight
        return f"is reverted to weight {then.weight}" if back else f"is set to {then.weight}"

    def _loaded(self, name: ServerKey) -> Server | None:
        configuration = self._keeping.effective
        return configured(self._key, configuration).get(name) if configuration is not None else None

    def _unchecked(self, name: ServerKey) -> bool:
        configuration = self._keeping.effective
        return (
            self._loaded(name) is not None
            and configuration is not None
            and (self._key, name) not in configuration.checked
        )

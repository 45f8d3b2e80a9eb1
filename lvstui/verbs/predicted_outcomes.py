"""What will become of the differences that --diff shows, where the file belongs to the running keepalived."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.change import AddServer, AddService, Change, DeleteServer, DeleteService, EditServer, EditService
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.drift.drift import Drift


class PredictedOutcomes:
    """What keepalived will do by itself to each difference."""

    def __init__(self, drifts: Sequence[Drift]) -> None:
        # A change by hand takes precedence over a waiting change of the file in the same place.
        if not drifts:
            self._drifts: dict[tuple[ServiceKey | None, ServerKey | None], Drift] = {}
            return
        from lvstui.director.drift.drift import WAITING

        self._drifts = {(drift.service, drift.server): drift for drift in drifts if drift.kind == WAITING}
        self._drifts |= {(drift.service, drift.server): drift for drift in drifts if drift.kind != WAITING}

    def of(self, change: Change) -> Drift | None:
        match change:
            case AddService(service) | EditService(service):
                return self._drifts.get((service.key, None))
            case DeleteService(key):
                return self._drifts.get((key, None))
            case AddServer(key, server) | EditServer(key, server):
                return self._drifts.get((key, server.key))
            case DeleteServer(key, server_key):
                return self._drifts.get((key, server_key))
            case _:
                return None

    def words(self, change: Change) -> str:
        """`reload: stays  restart, next check: is reverted`; "" where nothing is known."""
        drift = self.of(change)
        if drift is None:
            return ""
        from lvstui.views.drifting import fate_words

        return fate_words(drift)

"""What the simulated keepalived reports about itself: the same values as a real one, made when they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Rules, RuleSet, ServerInService, ServiceKey

_CONFIG = "keepalived.conf (simulated)"


def configured_of(configured: Rules, check: Callable[[ServerInService], str]) -> Configured:
    """The rules in its configuration, each server with its kind of `check`."""
    checked = {(key, server): (check((key, server)),) for key, entry in configured.items() for server in entry.servers}
    return Configured(RuleSet(configured), [], checked=checked)


def keeping(
    configuration: Configured, down: Callable[[], Collection[ServerInService]], reported_at: float
) -> KeepalivedState:
    """Its report. `down`: the servers that fail their check now. `reported_at`: seconds of the epoch."""
    return KeepalivedState(_CONFIG, configuration, configuration, _SimulatedChecks(configuration, down), reported_at)


class _SimulatedChecks(Mapping[ServiceKey, CheckedService]):
    """The services of a world; made one by one."""

    def __init__(self, configuration: Configured, down: Callable[[], Collection[ServerInService]]) -> None:
        self._configured = configuration.rules.rules
        self._kinds = configuration.checked
        self._down = down

    def __getitem__(self, key: ServiceKey) -> CheckedService:
        entry, down = self._configured[key], self._down()
        servers = tuple(
            CheckedServer(
                server.key,
                server.weight,
                server.weight,
                alive,
                alive,
                False,
                tuple(Checker(kind, alive, True) for kind in self._kinds[key, server.key]),
            )
            for server in entry.servers.values()
            for alive in ((key, server.key) not in down,)
        )
        return CheckedService(key, 1, any(server.alive for server in servers), None, servers)

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._configured)

    def __len__(self) -> int:
        return len(self._configured)

"""What is known of the keepalived that programs this table: its configuration, and the results of its checks."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from math import inf
from types import MappingProxyType

from lvstui.director.checks.check_report import CheckedService
from lvstui.director.configured import Configured
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import NamedTuple

_NOTHING: Mapping[ServiceKey, CheckedService] = MappingProxyType({})


ENDS = 2.0
"""Seconds after which a service that is missing counts as deleted by hand. A keepalived that was told to end removes
its services a moment before it exits; where that cannot be seen, this is the time it is allowed."""


class KeepalivedState(NamedTuple):
    """The configuration and check results of one running keepalived. `config`: its configuration file, as seen from
    here, "" where it is not known.

    `on_disk`: the file as it is now, None when it cannot be read (`trouble` says why). `loaded`: the configuration that
    keepalived read at its start or last reload, None when that is not known; it differs from `on_disk` while a change
    waits for a reload. `checks`: the check results of each service by its key, reported at `reported_at` (seconds of
    the epoch); empty and None when keepalived was not asked or does not answer (`silent` says why). `rivals`: process
    ids of other keepaliveds that were seen programming the same table, including those that have exited.

    `read_at`: when the last read of its configuration began, in monotonic seconds; infinity where the configuration
    cannot have changed. `parted`: services of a virtual_server_group of which another service is not in the table.
    keepalived stops a change of the group at the first missing service, so differences in the others need not be by
    hand. `settles`: it may still be changing the table, because it loaded its configuration a moment ago or has been
    told to end. `began`: when its youngest process was started, in monotonic seconds, 0 where that is not known.
    `causes`: servers, and services (None), that may be as they are for another cause than a hand (causes.py).
    `version`: of the running program, "" where it is not known.
    """

    config: str
    on_disk: Configured | None = None
    loaded: Configured | None = None
    checks: Mapping[ServiceKey, CheckedService] = _NOTHING
    reported_at: float | None = None
    trouble: str = ""
    rivals: tuple[int, ...] = ()
    read_at: float = inf
    settles: bool = False
    silent: str = ""
    parted: frozenset[ServiceKey] = frozenset()
    began: float = 0.0
    causes: Mapping[tuple[ServiceKey, ServerKey | None], str] = MappingProxyType({})
    version: str = ""

    @property
    def named(self) -> str:
        """The name of its configuration file, for use in a sentence."""
        return self.config or "its configuration"

    @property
    def effective(self) -> Configured | None:
        """The configuration it works with: the one it loaded, else its file."""
        return self.loaded or self.on_disk

    def explains(self, since: float, gone: bool = False) -> bool:
        """Whether a difference in rules that have been as they are since `since` (monotonic seconds) can be called made
        by hand. keepalived itself may have loaded another configuration after the last read and changed them. `gone`:
        services are missing, which keepalived removes a moment before its processes exit."""
        return self.read_at > since + (ENDS if gone else 0.0) and not self.settles

    def reported_by(self, taken: float, at: float) -> float | None:
        """When the check results were reported, in the monotonic seconds in which a State of the moment `taken`
        (seconds of the epoch) was read `at`; None where they were not."""
        return None if self.reported_at is None else self.reported_at - taken + at

    def misses(self, services: Container[ServiceKey]) -> bool:
        """Whether one of its services is missing from these."""
        return self.effective is not None and any(key not in services for key in self.effective.rules.rules)

    def beside(self, services: Collection[ServiceKey]) -> KeepalivedState:
        """The same for a table with these services; itself where they make no difference."""
        groups = self.effective.groups if self.effective is not None else {}
        there = frozenset(services) if groups else frozenset()
        broken = {group for key, group in groups.items() if key not in there}
        parted = frozenset(key for key, group in groups.items() if group in broken)
        return self if parted == self.parted else self._replace(parted=parted)

    def caused(self, words: str, key: ServiceKey, server: ServerKey | None) -> str:
        """The words for a difference of a server, or of the service itself, extended by a past cause."""
        cause = self.causes.get((key, server), "")
        return words.replace("by hand", f"by hand or {cause}") if cause and cause not in words else words

    def blamed(self, words: str, key: ServiceKey | None = None) -> str:
        """The words for a difference, extended by other possible causes: other keepaliveds, or a service missing from
        its group. What they did is not called made by hand."""
        if key in self.parted and PARTED not in words:
            words = words.replace("by hand", f"by hand or {PARTED}")
        if not self.rivals:
            return words
        others = " or ".join(f"pid {pid}" for pid in self.rivals)
        if others in words:
            return words
        words = words.replace("not configured", f"not configured in {self.named}")
        return words.replace(_ENDED, "").replace("by hand", f"by hand or by {others}")


PARTED = "because its group lacks a service"
"""keepalived gives up a change of a virtual_server_group at the first service that is missing, and reports the server
as it was before: one that answers again stays down. It tries again at each check (seen on 2.2.7)."""
_ENDED = ", or by another keepalived as it ended"
GONE = f"deleted by hand{_ENDED}"
"""The words for a service that is not in the table: a keepalived that exits removes every service in its configuration,
even those that others made, and leaves no trace."""

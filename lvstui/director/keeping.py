"""What the keepalived that programs this table means with it: its configuration, and what its checkers told."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from math import inf
from types import MappingProxyType

from lvstui.director.checks.watched import Watched
from lvstui.director.meant import Meant
from lvstui.director.model import ServiceKey
from lvstui.values import NamedTuple

_NOTHING: Mapping[ServiceKey, Watched] = MappingProxyType({})


ENDS = 2.0
"""Seconds that a keepalived takes at most to end once it has taken its services out of the table."""


class Keeping(NamedTuple):
    """Of one running keepalived. `config`: its configuration file, as seen from here, "" where it is not known which.

    `meant`: the file as it is now, None when it cannot be read (`trouble` says why). `loaded`: the configuration as
    the daemon read it when it started or was last reloaded, None when that is not known: it differs from `meant`
    while a change waits for a reload. `watched`: what its checkers said of each service, by its key, `told` (seconds
    of the epoch) when; nothing and None when keepalived was not asked, or does not answer (`silent` says why).
    `rivals`: the numbers of other keepaliveds that have been seen to program the same table beside this one, those
    that have ended since among them.

    `looked`: when the last look at its configuration began, monotonic seconds; for ever where it cannot be otherwise.
    `parted`: the services of a virtual_server_group of which another service is not in the table. keepalived gives up
    a change of the group at the first service that is missing, so no hand need have done what differs in the others.
    `settles`: it loaded its configuration a moment ago, and may still be changing the table.
    """

    config: str
    meant: Meant | None = None
    loaded: Meant | None = None
    watched: Mapping[ServiceKey, Watched] = _NOTHING
    told: float | None = None
    trouble: str = ""
    rivals: tuple[int, ...] = ()
    looked: float = inf
    settles: bool = False
    silent: str = ""
    parted: frozenset[ServiceKey] = frozenset()

    @property
    def named(self) -> str:
        """Its configuration file, for a sentence."""
        return self.config or "its configuration"

    @property
    def running(self) -> Meant | None:
        """What it works by: what it loaded, or else what its file says."""
        return self.loaded or self.meant

    def explains(self, since: float, gone: bool = False) -> bool:
        """Whether a hand may be blamed for what differs from it in rules that are as they are `since` then (monotonic
        seconds): keepalived itself may have loaded another configuration after the last look, and changed them. `gone`:
        services are missing, which keepalived takes away a moment before its processes end."""
        return self.looked > since + (ENDS if gone else 0.0) and not self.settles

    def misses(self, services: Container[ServiceKey]) -> bool:
        """Whether one of its services is missing among these."""
        return self.running is not None and any(key not in services for key in self.running.rules.rules)

    def beside(self, services: Collection[ServiceKey]) -> Keeping:
        """The same beside a table of these services; itself where they change nothing."""
        groups = self.running.groups if self.running is not None else {}
        there = frozenset(services) if groups else frozenset()
        broken = {group for key, group in groups.items() if key not in there}
        parted = frozenset(key for key, group in groups.items() if group in broken)
        return self if parted == self.parted else self._replace(parted=parted)

    def blamed(self, words: str, key: ServiceKey | None = None) -> str:
        """Words of a difference, with the other keepaliveds that may be behind it, or a service that its group lacks:
        no hand is blamed for what they did."""
        if key in self.parted and _PARTED not in words:
            words = words.replace("by hand", f"by hand or {_PARTED}")
        if not self.rivals:
            return words
        others = " or ".join(f"pid {pid}" for pid in self.rivals)
        if others in words:
            return words
        words = words.replace("not configured", f"not configured in {self.named}")
        return words.replace(_ENDED, "").replace("by hand", f"by hand or by {others}")


_PARTED = "because its group lacks a service"
_ENDED = ", or by another keepalived as it ended"
GONE = f"deleted by hand{_ENDED}"
"""Of a service that is not in the table: a keepalived that ends takes out what its configuration has, whoever else has
it, and leaves no trace."""

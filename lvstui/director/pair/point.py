"""Point: one compared thing of two directors, with the value on each side and the result."""

from __future__ import annotations

from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.values import NamedTuple

EQUAL, DIFFERS, AMISS, EXPECTED, UNKNOWN = "equal", "differs", "amiss", "expected", "not known"
"""Results. AMISS: wrong for a pair, even if both sides have the same value (equal priorities). EXPECTED: different on
each side, as it must be. UNKNOWN: not known on at least one side, so neither equal nor different."""

SERVICE, SERVER, CHECK, VRRP, RULE, WEIGHT = "service", "server", "check", "vrrp", "rule", "weight"
MODULE, SWITCH, SYNC, FILE, VERSION, CLOCK = "module", "switch", "sync", "file", "version", "clock"
KINDS = (SERVICE, SERVER, CHECK, VRRP, RULE, WEIGHT, MODULE, SWITCH, SYNC, FILE, VERSION, CLOCK)
"""Kinds, in the order of their effect at a failover."""

THIS, OTHER = "this", "other"
SKEW = 1.0
"""Seconds by which the clocks of a pair may differ."""
MISSING = "missing"
NOT_KNOWN = "not known"


class Point(NamedTuple):
    """One compared thing. `about`: the service, real server, address, switch...; `of`: what it belongs to, "" for
    nothing. `what`: the attribute. `this` and `other`: the values, in words. `lacks`: the side (THIS, OTHER) where it
    is missing or does not work, "" for neither."""

    kind: str
    about: str
    what: str
    this: str
    other: str
    standing: str = DIFFERS
    lacks: str = ""
    of: str = ""

    @property
    def mirrored(self) -> Point:
        """The same, seen from the other side."""
        lacks = {THIS: OTHER, OTHER: THIS}.get(self.lacks, "")
        return self._replace(this=self.other, other=self.this, lacks=lacks)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """The identity of a point from read to read."""
        return self.kind, self.of, self.about, self.what


class Side(NamedTuple):
    """One of the two directors: its State, and the counts of its sweeps, None where there are none. Only the counts
    show whether its check report is newer than the table."""

    state: State
    tally: Tally | None = None

    @property
    def keeping(self) -> KeepalivedState | None:
        return self.state.keeping

    @property
    def configured(self) -> Configured | None:
        """The configuration that its keepalived works with, None where that is not known."""
        return self.state.keeping.effective if self.state.keeping is not None else None

    def settled(self, key: ServiceKey) -> bool:
        """Whether its keepalived's report on a service is newer than the service's last change."""
        return self.tally is not None and self.tally.settled(key)

    def changed(self, key: ServiceKey) -> frozenset[ServerKey] | None:
        """Where it is not, the servers that have changed since the report; None where that is not known."""
        return self.tally.changed.get(key) if self.tally is not None else None


def standing(this: object, other: object) -> str:
    """EQUAL or DIFFERS."""
    return EQUAL if this == other else DIFFERS


def lacking(this: bool, other: bool) -> str:
    """The side that lacks what the other has, "" for neither."""
    return THIS if other and not this else OTHER if this and not other else ""

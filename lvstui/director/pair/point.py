"""What is compared of two directors: a Point each, with what either has, and how that is to be taken."""

from __future__ import annotations

from lvstui.director.keeping import Keeping
from lvstui.director.meant import Meant
from lvstui.director.model import ServiceKey
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.values import NamedTuple

EQUAL, DIFFERS, AMISS, EXPECTED, UNKNOWN = "equal", "differs", "amiss", "expected", "not known"
"""Standings. AMISS: wrong for a pair, though both may have the same (equal priorities). EXPECTED: other on each side,
as it must be. UNKNOWN: not known on one side at least, and so neither equal nor different."""

SERVICE, SERVER, CHECK, VRRP, RULE, WEIGHT = "service", "server", "check", "vrrp", "rule", "weight"
MODULE, SWITCH, SYNC, FILE, VERSION, CLOCK = "module", "switch", "sync", "file", "version", "clock"
KINDS = (SERVICE, SERVER, CHECK, VRRP, RULE, WEIGHT, MODULE, SWITCH, SYNC, FILE, VERSION, CLOCK)
"""Kinds, in the order in which they would be felt at a failover."""

THIS, OTHER = "this", "other"
MISSING = "missing"
NOT_KNOWN = "not known"


class Point(NamedTuple):
    """One thing that was compared. `about`: the service, real server, address, switch...; `of`: what it belongs to, ""
    where it stands for itself. `what`: which attribute. `this` and `other`: what each has, in words. `lacks`: the side
    (THIS, OTHER) on which it is not there, or does not work, "" for neither."""

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
        """What makes it the same from look to look."""
        return self.kind, self.of, self.about, self.what


class Side(NamedTuple):
    """One of the two: what was read of it, and what was counted of its sweeps, None where nobody counted. Only by that
    is known whether what keepalived's checks said is younger than the table."""

    state: State
    tally: Tally | None = None

    @property
    def keeping(self) -> Keeping | None:
        return self.state.keeping

    @property
    def meant(self) -> Meant | None:
        """What its keepalived works by, None where that is not known."""
        return self.state.keeping.running if self.state.keeping is not None else None

    def settled(self, key: ServiceKey) -> bool:
        """Whether what its keepalived told of a service was told after the service became as it is."""
        tally = self.tally
        return tally is not None and tally.told is not None and tally.told > tally.stood.get(key, tally.since)


def standing(this: object, other: object) -> str:
    """EQUAL or DIFFERS."""
    return EQUAL if this == other else DIFFERS


def lacking(this: bool, other: bool) -> str:
    """The side that has not got what the other has."""
    return THIS if other and not this else OTHER if this and not other else ""

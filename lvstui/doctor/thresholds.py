"""The thresholds of findings, for numbers that operators see differently."""

from __future__ import annotations

from lvstui.values import NamedTuple


class Thresholds(NamedTuple):
    """The values of LIMITS, in the units given there."""

    imbalance: float = 15
    imbalance_sample: float = 100
    last_live: float = 1
    unanswered: float = 80
    one_client: float = 50
    conntrack_full: float = 90
    table_memory: float = 10
    hash_small: float = 16
    clock_jump: float = 5


USUAL = Thresholds()


class Limit(NamedTuple):
    """`name`: the id of a finding, or the id and an attribute. `help`: when it becomes a finding. `whole`: it is a
    whole number."""

    name: str
    low: int
    high: int
    unit: str
    help: str
    whole: bool = False

    @property
    def field(self) -> str:
        return self.name.replace("-", "_")

    @property
    def wants(self) -> str:
        return f"a {'whole ' if self.whole else ''}number from {self.low} to {self.high}"

    def fits(self, number: float) -> bool:
        return self.low <= number <= self.high and (number == int(number) or not self.whole)


LIMITS = (
    Limit("imbalance", 1, 100, "%", "more of a pool's active connections is not where its weights say, beyond chance"),
    Limit("imbalance-sample", 10, 1_000_000, "active connections", "a pool with fewer is not judged", True),
    Limit("last-live", 1, 1000, "servers", "a service has this many live servers left, or fewer", True),
    Limit("unanswered", 1, 99, "%", "more of a server's sampled connections is half-open"),
    Limit("one-client", 1, 99, "%", "one address has more of a hashed or persistent service's sampled connections"),
    Limit(
        "conntrack-full", 1, 99, "%", "more of the connection tracking table is used; a full table is always critical"
    ),
    Limit("table-memory", 1, 99, "%", "connections use more of the memory"),
    Limit("hash-small", 1, 1000, "connections", "each bucket of the connection table holds more"),
    Limit("clock-jump", 1, 86400, "seconds", "the clock was set back or forward by this much or more"),
)

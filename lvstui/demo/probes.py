"""Probes in a world: they find the same as its keepalived, and nothing that is not true."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from lvstui.demo.connections import connections
from lvstui.director.connections import ConnectionSample, ReadLimits
from lvstui.director.model import Rules, ServerInService, ServerKey, ServiceKey
from lvstui.director.probe import ArpAnswer, ArpAnswers, Origins, ProbeResult, ProbeTarget
from lvstui.director.state import State
from lvstui.values import NamedTuple

_PEER = "52:54:00:00:00:02"
_DEVICE = "eth0"


class ProbedWorld(NamedTuple):
    """A world as probes find it: its rules, the servers that fail their check, whether this director is master, and
    whether a sync daemon runs."""

    rules: Rules
    down: frozenset[ServerInService]
    carrying: bool
    synced: bool


class WorldProbes:
    """Probes the present world."""

    def __init__(
        self, lock: AbstractContextManager[object], now: Callable[[], ProbedWorld], look: Callable[[], State], seed: int
    ) -> None:
        """`look` reads all of the world, and takes the lock itself."""
        self._lock = lock
        self._now = now
        self._look = look
        self._seed = seed

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        """A server whose check fails refuses; every other one is open within a millisecond."""
        for knock in knocks:
            with self._lock:
                there = self._now()
            if knock.unfit:
                yield ProbeResult(knock)
                continue
            host = {server.address for _, server in there.down}
            took = random.Random(knock.address + knock.port.to_bytes(2, "big")).uniform(0.0002, 0.0009)
            yield ProbeResult(knock, took, "refused" if knock.server.address in host else "")

    def who_has(self, address: bytes, device: str = "") -> ArpAnswers:
        """Only the master has a virtual address."""
        with self._lock:
            there = self._now()
        virtual = any(key.address == address for key in there.rules)
        held = virtual and there.carrying
        answers = (ArpAnswer(_PEER),) if virtual and not held else ()
        return ArpAnswers(address, device or _DEVICE, held, 1.0, answers)

    def origins(self) -> Origins:
        """The master knows a few of its own; the others were sent by the peer if they synchronise."""
        with self._lock:
            there = self._now()
        each = (100, 0) if there.carrying else (0, 100 if there.synced else 0)
        of = {(key.protocol, key.address, key.port): each for key in there.rules if any(each) and not key.fwmark}
        return Origins(each[0] * len(of), each[1] * len(of), of=of)

    def connections(self, limits: ReadLimits, going: Callable[[], bool] = lambda: True) -> ConnectionSample:
        """See probe.Probes."""
        return connections(self._look(), limits, going, self._seed)

    def order(self, key: ServiceKey) -> Sequence[ServerKey]:
        """See probe.Probes."""
        with self._lock:
            entry = self._now().rules.get(key)
        return tuple(entry.servers) if entry is not None else ()

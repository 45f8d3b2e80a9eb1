"""A director in memory from which things can be tried, with answers that a test gives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from lvstui.director.connections import Connection, ConnectionSample, ReadLimits
from lvstui.director.errors import Unavailable
from lvstui.director.model import RuleSet, ServerKey, ServiceKey, address_packed
from lvstui.director.probe import ArpAnswer, ArpAnswers, Origins, ProbeResult, ProbeTarget
from lvstui.director.source import Scope
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, VirtualAddress
from tests.console.stage import RULES, TWO
from tests.memory import MemoryDirector

VIP = address_packed("192.0.2.1")
MAC = "02:00:00:00:00:02"
INSTANCE = Instance("VI_1", "MASTER", interface="eth1", vrid=51, addresses=(VirtualAddress(VIP, 24, "eth1"),))


class Tried(MemoryDirector):
    """Everything but TWO is open; web's address is answered for by somebody else too."""

    def __init__(self, rules: RuleSet = RULES) -> None:
        super().__init__(rules)
        self.vrrp = Vrrp("MASTER", ("192.0.2.1",), True, (InstanceStatus(INSTANCE, "MASTER", (True,), True),))
        self.knocked: list[ProbeTarget] = []
        self.asked: list[tuple[bytes, str]] = []
        self.held: threading.Event | None = None
        self.privileged = True
        self.reads = 0
        self.rows: tuple[Connection, ...] = ()
        self.wanted: list[ReadLimits] = []
        self.unread = ""
        self.left = False
        """Whether a round of knocks is over, or a read of connections was given up."""

    def read(self, scope: Scope) -> State:
        self.reads += 1
        return super().read(scope)._replace(vrrp=self.vrrp)

    def probes(self) -> Tried:
        return self

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        try:
            for one in knocks:
                self.knocked.append(one)
                if self.held is not None:
                    self.held.wait(120)
                yield (
                    ProbeResult(one) if one.unfit else ProbeResult(one, 0.0004, "refused" if one.server == TWO else "")
                )
        finally:
            self.left = True

    def who_has(self, address: bytes, device: str = "") -> ArpAnswers:
        if not self.privileged:
            raise Unavailable("ARP", "asking who has an address needs CAP_NET_RAW", "run as root")
        self.asked.append((address, device))
        return ArpAnswers(address, device or "eth0", True, 1.0, (ArpAnswer(MAC),) if address == VIP else ())

    def origins(self) -> Origins:
        return Origins(5, 0)

    def connections(self, wanted: ReadLimits, going: Callable[[], bool] = lambda: True) -> ConnectionSample:
        """Blocks while `held`, as a slow kernel does, and looks now and then whether it is to go on."""
        self.wanted.append(wanted)
        while self.held is not None and going() and not self.held.wait(0.01):
            pass
        if not going():
            self.left = True
        if self.unread:
            raise Unavailable("/proc/net/ip_vs_conn_sync", self.unread, "run as root")
        rows = tuple(row for row in self.rows if wanted.clients is None or row.client in wanted.clients)
        return ConnectionSample(rows[: wanted.rows], len(self.rows), 0, len(self.rows) <= wanted.rows, 1000.0, 0.2)

    def order(self, key: ServiceKey) -> Sequence[ServerKey]:
        return tuple(server.key for server in RULES.rules[key].servers.values())

"""Virtual servers, real servers and groups while a configuration is being read."""

from __future__ import annotations

from lvstui.director.model import IPIP, Tunnel
from lvstui.keepalived.conf.addresses import Endpoint, Range
from lvstui.keepalived.conf.notes import Where
from lvstui.keepalived.conf.tree import Node

UNSET = -1
"""The value of a forwarding method that is not given."""


class Real:
    """A real server or a sorry server being read. None for a value that is not given."""

    def __init__(self, at: Endpoint, where: Where, forward: int, tunnel: Tunnel) -> None:
        self.at, self.where = at, where
        self.forward, self.tunnel = forward, tunnel
        self.weight: int | None = None
        self.upper = self.lower = 0
        self.inhibit: bool | None = None
        self.alpha: bool | None = None
        self.checkers: list[tuple[str, bool | None]] = []  # of each checker its kind and its own alpha
        self.connecting: Node | None = None  # the first checker that connects by TCP
        self.timeout: float | None = None


class FirewallMark:
    """A firewall mark of a group; `family` None where it is not given."""

    def __init__(self, number: int, family: int | None) -> None:
        self.number, self.family = number, family


class ServerGroup:
    """A virtual_server_group."""

    def __init__(self, name: str, where: Where) -> None:
        self.name, self.where = name, where
        self.ranges: list[Range] = []
        self.marks: list[FirewallMark] = []
        self.families: set[int] = set()

    @property
    def family_open(self) -> bool:
        """Whether a firewall mark in it has no family."""
        return any(mark.family is None for mark in self.marks)


class Virtual:
    """A virtual_server being read."""

    def __init__(self, where: Where, name: str) -> None:
        self.where, self.name = where, name
        self.at: Endpoint | None = None
        self.mark = 0
        self.group_name: str | None = None
        self.group: ServerGroup | None = None
        self.family: int | None = None
        self.protocol = 0
        self.scheduler = ""
        self.flags = 0
        self.one_packet = False
        self.persistence: int | None = None
        self.netmask: int | None = None
        self.engine = ""
        self.forward = UNSET
        self.tunnel = IPIP
        self.weight = 1
        self.timeout: float | None = None
        self.quorum, self.hysteresis = 1, 0
        self.alpha = self.inhibit = False
        self.servers: list[Real] = []
        self.sorry: Real | None = None
        self.sorry_is_real = False  # whether the sorry server is written as a real server too

"""What keepalived's checkers think of each real server, as keepalived itself tells it."""

from __future__ import annotations

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import NamedTuple


class Checker(NamedTuple):
    """One check of a real server: its kind (TCP_CHECK...), whether it is content, and whether it has run at all."""

    kind: str
    up: bool
    run: bool


class Checked(NamedTuple):
    """A real server as keepalived has it. `alive`: all its checks are content. `programmed`: keepalived believes it
    is in the kernel. `weight`: as configured; `effective`: as the checks make it."""

    key: ServerKey
    weight: int
    effective: int
    alive: bool
    programmed: bool
    inhibits: bool = False
    checkers: tuple[Checker, ...] = ()


class Watched(NamedTuple):
    """A virtual service as keepalived has it: its servers, whether it has its quorum, and the sorry server (None
    without one)."""

    key: ServiceKey
    quorum: int
    has_quorum: bool
    sorry: ServerKey | None
    servers: tuple[Checked, ...]

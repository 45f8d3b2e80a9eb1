"""The check results of each real server, as keepalived reports them."""

from __future__ import annotations

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import NamedTuple


class Checker(NamedTuple):
    """One check of a real server: its kind (TCP_CHECK...), whether it succeeds, and whether it has run at all."""

    kind: str
    up: bool
    run: bool


class CheckedServer(NamedTuple):
    """A real server in keepalived's report. `alive`: all its checks succeed. `programmed`: keepalived believes it is in
    the kernel. `weight`: as configured; `effective`: as set by the checks."""

    key: ServerKey
    weight: int
    effective: int
    alive: bool
    programmed: bool
    inhibits: bool = False
    checkers: tuple[Checker, ...] = ()


class CheckedService(NamedTuple):
    """A virtual service in keepalived's report: its servers, whether it has its quorum, and the sorry server (None for
    none)."""

    key: ServiceKey
    quorum: int
    has_quorum: bool
    sorry: ServerKey | None
    servers: tuple[CheckedServer, ...]

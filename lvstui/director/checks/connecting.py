"""How a check of keepalived's configuration connects to a real server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.values import NamedTuple

PATIENCE = 5.0
"""Seconds: keepalived's own connect_timeout where the configuration says none (check_data.c, alloc_vs)."""


class Connect(NamedTuple):
    """The connection settings of a check; "" and None where it leaves them to the real server and the kernel. `kind`:
    TCP_CHECK... `timeout`: seconds. Addresses are packed."""

    kind: str
    timeout: float = PATIENCE
    address: bytes = b""
    port: int | None = None
    bind: bytes = b""
    bind_port: int = 0
    bind_interface: str = ""


NO_CONNECTS: Mapping[tuple[ServiceKey, ServerKey], Connect] = MappingProxyType({})

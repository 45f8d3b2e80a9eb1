"""How far a real server at weight 0 is: what is left on it."""

from __future__ import annotations

from lvstui.director.model import UDP, ServiceKey
from lvstui.director.state import ServerReading


def left(service: ServiceKey, reading: ServerReading) -> tuple[int, int]:
    """The connections that would be cut if the server went now, and the persistence entries that bind clients to it.
    Inactive ones are over, but for UDP, all of whose are inactive (domain of ip_vs_proto_udp.c)."""
    connections = reading.active + (reading.inactive if service.protocol == UDP else 0)
    return connections, reading.persistent


def emptying(service: ServiceKey, reading: ServerReading) -> bool:
    """Whether a server at weight 0 still holds somebody."""
    return not reading.server.weight and any(left(service, reading))

"""How far a real server at weight 0 is: what is left on it, in numbers and in words."""

from __future__ import annotations

from lvstui.director.model import UDP, ServiceKey
from lvstui.director.state import ServerReading
from lvstui.views.number import short


def left(service: ServiceKey, reading: ServerReading) -> tuple[int, int]:
    """The connections that would be cut if the server went now, and the persistence entries that bind clients to it.
    Inactive ones are over, but for UDP, all of whose are inactive (domain of ip_vs_proto_udp.c)."""
    connections = reading.active + (reading.inactive if service.protocol == UDP else 0)
    return connections, reading.persistent


def standing(service: ServiceKey, reading: ServerReading) -> str:
    """`draining 12 left`, `draining 3 bound`, `drained, safe to remove`; "" above weight 0."""
    if reading.server.weight:
        return ""
    connections, bound = left(service, reading)
    if connections:
        return f"draining {short(connections)} left"
    return f"draining {short(bound)} bound" if bound else "drained, safe to remove"

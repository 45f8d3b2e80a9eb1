"""The progress of a drain: what is left on a real server at weight 0."""

from __future__ import annotations

from lvstui.director.model import UDP, ServiceKey
from lvstui.director.state import ServerReading
from lvstui.values import NamedTuple


class RemainingConnections(NamedTuple):
    """What is left on a drained server: open connections; UDP entries, which are never active, even while the client
    keeps sending; and persistence entries that bind clients to the server."""

    active: int
    inactive: int
    persistent: int

    @property
    def connections(self) -> int:
        return self.active + self.inactive


def left(service: ServiceKey, reading: ServerReading) -> RemainingConnections:
    """The connections that would be lost if the server were removed now. Inactive TCP connections have ended; a
    firewall mark may carry UDP, so its inactive ones count too."""
    inactive = reading.inactive if service.protocol in (UDP, 0) else 0
    return RemainingConnections(reading.active, inactive, reading.persistent)


def emptying(service: ServiceKey, reading: ServerReading) -> bool:
    """Whether a server at weight 0 still has connections or bound clients."""
    return not reading.server.weight and any(left(service, reading))

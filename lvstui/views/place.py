"""Place: the key of a row of a real server."""

from __future__ import annotations

from _collections_abc import Mapping
from types import MappingProxyType

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.state import Pool
from lvstui.values import NamedTuple


class Place(NamedTuple):
    """A real server in its service."""

    service: ServiceKey
    server: ServerKey


NOTHING_DRAINED: Mapping[Place, int] = MappingProxyType({})
"""No weights from before a drain."""


def find(pool: Pool, key: ServerKey) -> int | None:
    """The position of a real server in its pool, without decoding the others."""
    low, high = 0, len(pool)
    while low < high:
        middle = (low + high) // 2
        if pool[middle].server.key < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(pool) and pool[low].server.key == key else None

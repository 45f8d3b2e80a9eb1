"""Place: what a row of a real server is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from lvstui.director.model import ServerKey, ServiceKey


class Place(NamedTuple):
    """A real server in its service."""

    service: ServiceKey
    server: ServerKey


NOTHING_DRAINED: Mapping[Place, int] = MappingProxyType({})
"""The weights that servers had before they were drained here: none."""

"""What the keepalived that programs this table means with it: its configuration, and what its checkers told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from lvstui.director.checks.watched import Watched
from lvstui.director.meant import Meant
from lvstui.director.model import ServiceKey

_NOTHING: Mapping[ServiceKey, Watched] = MappingProxyType({})


class Keeping(NamedTuple):
    """Of one running keepalived. `config`: its configuration file, as seen from here, "" where it is not known which.

    `meant`: the file as it is now, None when it cannot be read (`trouble` says why). `loaded`: the configuration as
    the daemon read it when it started or was last reloaded, None when that is not known: it differs from `meant`
    while a change waits for a reload. `watched`: what its checkers said of each service, by its key, `told` (seconds
    of the epoch) when; nothing and None when keepalived was not asked.
    """

    config: str
    meant: Meant | None = None
    loaded: Meant | None = None
    watched: Mapping[ServiceKey, Watched] = _NOTHING
    told: float | None = None
    trouble: str = ""

    @property
    def named(self) -> str:
        """Its configuration file, for a sentence."""
        return self.config or "its configuration"

    @property
    def running(self) -> Meant | None:
        """What it works by: what it loaded, or else what its file says."""
        return self.loaded or self.meant

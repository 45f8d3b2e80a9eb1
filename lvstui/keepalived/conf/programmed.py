"""Services as they are written -> rules as keepalived programs them."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.model import Meant


def read(path: str | Path, config_id: str = "") -> Meant:
    """See read_config."""
    raise BadInput(str(path), "keepalived.conf is not read yet")

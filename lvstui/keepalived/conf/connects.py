"""How the checks of a real server connect to it (keepalived check_api.c, install_checker_common_keywords)."""

from __future__ import annotations

from lvstui.director.checks.connecting import PATIENCE, Connect
from lvstui.keepalived.conf.addresses import endpoint
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node

KINDS = ("TCP_CHECK", "HTTP_GET", "SSL_GET")
"""Checks that begin with a TCP connection to one place."""


def connect(node: Node, default: float | None) -> Connect:
    """The connection settings of a check. `default`: the connect_timeout of its real server or service, None for
    none."""
    said = {inner.words[0]: inner.words[1] for inner in node.inside if len(inner.words) > 1}
    port, _ = unsigned(said.get("connect_port", ""), 1, 65535)
    return Connect(
        node.words[0],
        seconds(said.get("connect_timeout", "")) or default or PATIENCE,
        _address(said.get("connect_ip", "")),
        port,
        _address(said.get("bindto", "")),
        unsigned(said.get("bind_port", ""), 1, 65535)[0] or 0,
        said.get("bind_if", ""),
    )


def seconds(word: str) -> float | None:
    """A connect_timeout in decimal seconds; None for a value that keepalived ignores."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if 0 < value < 86400 else None


def _address(word: str) -> bytes:
    found = endpoint(word, "")
    return found.address if found is not None else b""

"""How one keyword of a configuration is read."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.values import NamedTuple

SERVICE, ENDPOINT, NAMED = "service", "endpoint", "named"
"""The required words of a block: a virtual service, an address with a port, one name."""


class Keyword(NamedTuple):
    """How one keyword is read.

    `inside`: the keywords of its block, None where it has none. `values`: its block has plain values; with `brace`,
    keepalived's process exits where that does not begin with one. `foreign`: it belongs to another process and is
    skipped with its block. `least`: the number of words it needs, including itself; with fewer the process exits.
    `valid`: what its words must be (valid.py), otherwise the whole block is skipped; "" for anything.
    """

    inside: Mapping[str, Keyword] | None = None
    values: bool = False
    brace: bool = False
    foreign: bool = False
    least: int = 1
    valid: str = ""


Keywords = Mapping[str, Keyword]

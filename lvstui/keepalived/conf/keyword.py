"""How one keyword of a configuration is read."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.values import NamedTuple

SERVICE, ENDPOINT, NAMED = "service", "endpoint", "named"
"""What the words of a block must be: a virtual service, an address with a port, one name."""


class Keyword(NamedTuple):
    """How one keyword is read.

    `inside`: the keywords of its block, None where it has none. `values`: its block holds plain values; with `brace`
    the process ends where that does not begin with one. `foreign`: another process's, skipped with its block. `least`:
    the words it must have, itself among them; with fewer the process ends. `valid`: what its
    words must be (valid.py), or the block is skipped as a whole; "" for anything.
    """

    inside: Mapping[str, Keyword] | None = None
    values: bool = False
    brace: bool = False
    foreign: bool = False
    least: int = 1
    valid: str = ""


Keywords = Mapping[str, Keyword]

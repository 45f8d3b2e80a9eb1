"""Whether two directors have the same passwords, found out without either telling its own (vrrp/passwords.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.pair.routers import Alike, matched
from lvstui.director.source import Source, proved
from lvstui.director.state import State
from lvstui.director.vrrp.passwords import Asked

AT_ONCE = 48
"""The most passwords that are compared with one exchange."""


def alike(this: State, other: State, sources: tuple[Source, Source], known: Alike) -> Alike:
    """Whether the passwords of instances that belong together are equal. Only what is not `known` is asked for: two
    exchanges with each side when the configuration or the connection is new, and none afterwards. Raises LvsError where
    one cannot be reached."""
    wanted = set(_secrets(this, other))
    found = {pair: known[pair] for pair in wanted if pair in known}
    new = sorted(wanted - found.keys())
    for first in range(0, len(new), AT_ONCE):
        found |= _compared(new[first : first + AT_ONCE], sources)
    return found


def _secrets(this: State, other: State) -> Iterable[tuple[bytes, bytes]]:
    for ours, theirs in matched(this.vrrp.instances, other.vrrp.instances):
        if ours is None or theirs is None:
            continue
        mine, yours = ours.instance.receives, theirs.instance.receives
        if mine is not None and yours is not None and mine.auth == yours.auth and mine.secret and yours.secret:
            yield mine.secret, yours.secret


def _compared(pairs: Sequence[tuple[bytes, bytes]], sources: tuple[Source, Source]) -> Alike:
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    elements = [
        proved(source, [Asked(secret) for secret in secrets]) for source, secrets in zip(sources, sides, strict=True)
    ]
    proofs = [proved(sources[side], [*map(Asked, sides[side], elements[side], elements[1 - side])]) for side in (0, 1)]
    return {pair: _same(*told) for pair, *told in zip(pairs, *elements, *proofs, strict=True)}


def _same(*told: bytes) -> bool | None:
    """What the two elements and the two proofs say."""
    return told[2] == told[3] if all(told) else None

"""Whether two directors have the same passwords, found out without either telling its own (vrrp/passwords.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.pair.authentication import Alike, secrets
from lvstui.director.pair.routers import matched
from lvstui.director.source import Source, proved
from lvstui.director.state import State
from lvstui.director.vrrp.passwords import PasswordQuestion

AT_ONCE = 48
"""The most passwords that are compared with one exchange."""


def alike(this: State, other: State, sources: tuple[Source, Source], earlier: Alike) -> Alike:
    """Whether the passwords and keys of instances that belong together are equal. Only what is not `earlier` is asked
    for: two exchanges with each side when the configuration or the connection is new, and none afterwards. Raises
    LvsError where one cannot be reached."""
    wanted = set(_secrets(this, other))
    answers = {pair: earlier[pair] for pair in wanted if pair in earlier}
    new = sorted(wanted - answers.keys())
    for first in range(0, len(new), AT_ONCE):
        answers |= _compared(new[first : first + AT_ONCE], sources)
    return answers


def _secrets(this: State, other: State) -> Iterable[tuple[bytes, bytes]]:
    for ours, theirs in matched(this.vrrp.instances, other.vrrp.instances):
        if ours is None or theirs is None:
            continue
        mine, yours = ours.instance.receives, theirs.instance.receives
        if mine is not None and yours is not None:
            yield from secrets(mine, yours)


def _compared(pairs: Sequence[tuple[bytes, bytes]], sources: tuple[Source, Source]) -> Alike:
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    elements = [
        proved(source, [PasswordQuestion(secret) for secret in secrets])
        for source, secrets in zip(sources, sides, strict=True)
    ]
    proofs = [
        proved(sources[side], [*map(PasswordQuestion, sides[side], elements[side], elements[1 - side])])
        for side in (0, 1)
    ]
    return {pair: _same(*element_and_proof) for pair, *element_and_proof in zip(pairs, *elements, *proofs, strict=True)}


def _same(*answers: bytes) -> bool | None:
    """What the two elements and the two proofs say."""
    return answers[2] == answers[3] if all(answers) else None

"""Compares how two VRRP instances prove their adverts to each other: by the same password, or by keys of auth_hmac that
the other has too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lvstui.director.pair.point import DIFFERS, EQUAL, EXPECTED, NOT_KNOWN, UNKNOWN, VRRP, Point, standing
from lvstui.director.vrrp.instances import Instance, Receiving

Alike = Mapping[tuple[bytes, bytes], "bool | None"]
"""Whether two passwords or keys are equal, by their stand-ins on this side and on the other; None where one of the two
does not say (passwords.py)."""
NONE_COMPARED: Alike = MappingProxyType({})
_UNSIGNED, _STRICT = "receive-only", "enforce"


def points(instance: Instance, two: Instance, about: str, whole: bool, alike: Alike) -> Iterator[Point]:
    """The points about authentication."""
    mine, yours = instance.receives, two.receives
    if mine is None or yours is None:
        words = [NOT_KNOWN if each is None else each.auth or "none" for each in (mine, yours)]
        yield Point(VRRP, about, "auth_type", words[0], words[1], UNKNOWN)
        return
    kinds = mine.auth or "none", yours.auth or "none"
    if whole or kinds[0] != kinds[1]:
        yield Point(VRRP, about, "auth_type", *kinds, standing(*kinds))
    if kinds[0] != kinds[1] or kinds[0] == "none":
        return
    if mine.auth == "HMAC":
        yield from _keys(mine, yours, about, whole, alike)
    else:
        yield from _secret(about, "auth_pass", mine.secret, yours.secret, alike, whole)


def secrets(mine: Receiving, yours: Receiving) -> Iterator[tuple[bytes, bytes]]:
    """The passwords or keys that have to be equal, by their stand-ins."""
    if mine.auth != yours.auth:
        return
    if mine.auth != "HMAC":
        secrets_of_both = [(mine.secret, yours.secret)]
    else:
        ours, theirs = dict(mine.keys), dict(yours.keys)
        secrets_of_both = [
            (ours.get(number, b""), theirs.get(number, b"")) for number in sorted({mine.active, yours.active})
        ]
    yield from (pair for pair in secrets_of_both if all(pair))


def _keys(mine: Receiving, yours: Receiving, about: str, whole: bool, alike: Alike) -> Iterator[Point]:
    """Whether each has the key that the other signs with, and accepts what it sends."""
    ours, theirs = dict(mine.keys), dict(yours.keys)
    if not ours or not theirs:  # an lvstui there that does not read them
        yield Point(VRRP, about, "auth_hmac", NOT_KNOWN, NOT_KNOWN, UNKNOWN)
        return
    for number in sorted({mine.active, yours.active}):
        what = f"auth_hmac key {number}"
        if number not in ours or number not in theirs:
            words = [_use(number, side) for side in (mine, yours)]
            yield Point(VRRP, about, what, words[0], words[1], DIFFERS)
            continue
        yield from _secret(about, what, ours[number], theirs[number], alike, whole)
    modes = {mine.mode, yours.mode}
    if modes == {_UNSIGNED, _STRICT}:  # the other modes accept each other's adverts
        yield Point(VRRP, about, "mode of auth_hmac", mine.mode, yours.mode, DIFFERS)
    elif whole:
        same = EQUAL if len(modes) == 1 else EXPECTED
        yield Point(VRRP, about, "mode of auth_hmac", mine.mode, yours.mode, same)


def _use(number: int, side: Receiving) -> str:
    if number not in dict(side.keys):
        return "no such key"
    return "signs with it" if number == side.active else "has it"


def _secret(about: str, what: str, mine: bytes, yours: bytes, alike: Alike, whole: bool) -> Iterator[Point]:
    # A stand-in differs from process to process, so of two directors only equal ones mean something.
    same = True if mine and mine == yours else alike.get((mine, yours))
    if same is None:
        yield Point(VRRP, about, what, NOT_KNOWN, NOT_KNOWN, UNKNOWN)
    elif not same:
        yield Point(VRRP, about, what, "another", "another", DIFFERS)
    elif whole:
        yield Point(VRRP, about, what, "the same", "the same", EQUAL)

"""Passwords of VRRP (auth_pass) and keys of auth_hmac: stand-ins for them, and how two directors find out whether they
have the same one. Pure but for random numbers. Below, a key is a password too.

The password itself is never sent. Two directors do what two that share a password do to agree on a key, and compare the
keys: SPEKE (ISO/IEC 11770-4), in a group of 2048 bits (RFC 3526). Each draws a number, sends its element, made of the
number and the password, and from the element of the other makes a proof. The proofs are equal only if the passwords
are. Elements and proofs of directors with different passwords, or of one that nobody asked, give nothing to test a
guess with: somebody who reads everything learns whether the two are equal, and somebody who plays one of them learns
whether one guess is right, for each comparison.
"""

from __future__ import annotations

import os

from lvstui.values import NamedTuple

_LONGEST = 8
"""Bytes of a password that count: an advert has room for no more, and keepalived cuts off the rest."""
SIZE = 256
"""Bytes of an element."""
_KEPT = 1024
"""The most passwords that are kept, and the most comparisons that are not finished."""


def veiled(password: bytes) -> bytes:
    """A stand-in for a password: equal passwords have equal ones in this process, and the password cannot be derived
    from it."""
    return _veiled(_whole(password))


def stand_in_for(password: bytes) -> bytes:
    """The stand-in for a password of this director, which can be compared with another director's from now on."""
    return _remember(_whole(password))


def stand_in_for_key(key: bytes) -> bytes:
    """The same for a key of auth_hmac. It has more bytes than a password, and each counts."""
    return _remember(key)


def _remember(secret: bytes) -> bytes:
    stand_in = _veiled(secret)
    _PASSWORDS[stand_in] = secret
    _limit(_PASSWORDS)
    return stand_in


def _veiled(secret: bytes) -> bytes:
    from hashlib import blake2b

    return blake2b(secret, key=_KEY, digest_size=8).digest()


_KEY = os.urandom(16)
"""The key of this process. It is made when the module is loaded, because the thread that reads the configuration and
the one that hears adverts may need it at the same time, and each would make its own."""
_PASSWORDS: dict[bytes, bytes] = {}
"""The passwords that this process has read, by their stand-ins. None of them leaves it."""


class PasswordQuestion(NamedTuple):
    """A question to a director about the password with this `stand_in`: for a new element, or, with one that it gave
    (`own`) and the other director's (`theirs`), for the proof."""

    stand_in: bytes
    own: bytes = b""
    theirs: bytes = b""


class Comparisons:
    """The comparisons of one director that have begun. Each element is good for one proof: one guess."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def answer(self, question: PasswordQuestion) -> bytes:
        """An element, or a proof; b"" where that password, or the element, is not known (any more)."""
        password = _PASSWORDS.get(question.stand_in)
        if password is None:
            return b""
        if not question.own:
            number = int.from_bytes(os.urandom(40), "big") | 1
            element = _bytes(pow(_base(password), number, _PRIME))
            self._numbers[element] = number
            _limit(self._numbers)
            return element
        own = self._numbers.pop(question.own, None)
        theirs = int.from_bytes(question.theirs, "big")
        if own is None or question.theirs == question.own or not 1 < theirs < _PRIME - 1:
            return b""
        return _hash(b"lvstui proof", *sorted((question.own, question.theirs)), _bytes(pow(theirs, own, _PRIME)))


def _whole(password: bytes) -> bytes:
    return password[:_LONGEST].ljust(_LONGEST, b"\0")


def _base(password: bytes) -> int:
    """The generator that a password is turned into. Nobody knows how those of two passwords are related."""
    wide = b"".join(_hash(b"lvstui auth_pass", bytes((part,)), password) for part in range(SIZE // 32 + 1))
    return pow(int.from_bytes(wide, "big"), 2, _PRIME)


def _hash(*parts: bytes) -> bytes:
    from hashlib import sha256

    return sha256(b"".join(len(part).to_bytes(2, "big") + part for part in parts)).digest()


def _bytes(element: int) -> bytes:
    return element.to_bytes(SIZE, "big")


def _limit(remembered: dict[bytes, bytes] | dict[bytes, int]) -> None:
    """Forgets the oldest."""
    while len(remembered) > _KEPT:
        remembered.pop(next(iter(remembered)), None)


_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
"""Group 14 of RFC 3526. Half of one less is prime too, so squares have no small orders."""

"""Whether two directors have the same password is found out without either telling it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256

import pytest

from lvstui.director.errors import Lost
from lvstui.director.model import RuleSet
from lvstui.director.pair.compare import compared
from lvstui.director.pair.passwords import alike
from lvstui.director.pair.point import DIFFERS, EQUAL, EXPECTED, UNKNOWN, Point, Side
from lvstui.director.state import State
from lvstui.director.vrrp import passwords
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import HmacKey, Receiving
from lvstui.director.vrrp.passwords import SIZE, Comparisons, PasswordQuestion, stand_in_for, veiled
from tests.director.pair.made import BACKUP, MASTER, instance
from tests.memory import MemoryDirector


class Prover(MemoryDirector):
    """A director in memory that answers about its passwords, and remembers all that was said."""

    def __init__(self) -> None:
        super().__init__(RuleSet())
        self.comparisons = Comparisons()
        self.said: list[bytes] = []
        self.lost = False

    def prove(self, asked: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        if self.lost:
            raise Lost("lvs2", "no answer for 15 s", "", 1.0)
        answers = [self.comparisons.answer(one) for one in asked]
        self.said += [*(part for one in asked for part in one), *answers]
        return answers


# Two processes never have the same stand-in for a password; here another word makes it another.
def of(state: State, word: bytes, told: bytes, auth: str = "PASS", priority: int = 100) -> State:
    """A director with this password, whose stand-in is that of a word."""
    stand_in = veiled(word)
    passwords._PASSWORDS[stand_in] = told.ljust(8, b"\0")
    one = instance("MASTER" if state is MASTER else "BACKUP", priority, receives=Receiving(auth, stand_in))
    return state._replace(vrrp=state.vrrp._replace(instances=(one,)))


def pair(mine: bytes, yours: bytes, auth: str = "PASS") -> tuple[State, State]:
    return of(MASTER, b"this", mine, auth), of(BACKUP, b"other", yours, auth, 99)


@pytest.mark.parametrize("auth", ["PASS", "AH"])
@pytest.mark.parametrize(("mine", "yours", "same"), [(b"1111", b"1111", True), (b"1111", b"1112", False)])
def test_equal_and_unequal_passwords_are_told_apart(mine: bytes, yours: bytes, same: bool, auth: str) -> None:
    this, other = pair(mine, yours, auth)
    told = alike(this, other, (Prover(), Prover()), {})
    assert list(told.values()) == [same]
    found = compared(Side(this), Side(other), 0.0, True, told).points
    point = next(point for point in found if point.what == "auth_pass")
    words, standing = ("the same", EQUAL) if same else ("another", DIFFERS)
    assert point == Point("vrrp", "VRID 51", "auth_pass", words, words, standing)
    differences = compared(Side(this), Side(other), 0.0, False, told).differences
    assert [point.what for point in differences] == ([] if same else ["auth_pass"])


def test_what_was_compared_is_not_asked_for_again() -> None:
    this, other = pair(b"1111", b"1112")
    sides = Prover(), Prover()
    told = alike(this, other, sides, {})
    count = [len(side.said) for side in sides]
    assert alike(this, other, sides, told) == told and [len(side.said) for side in sides] == count
    changed = of(BACKUP, b"changed", b"1111", priority=99)
    assert list(alike(this, changed, sides, told).values()) == [True]


def test_no_password_and_nothing_made_of_it_alone_is_said() -> None:
    """Each element is drawn anew, so that two comparisons of the same passwords have no part in common, and the proofs
    of unequal passwords cannot be made from what was said with either of them."""
    this, other = pair(b"s3cr3t!!", b"0ther!!!")
    talks = []
    for _ in range(2):
        sides = Prover(), Prover()
        alike(this, other, sides, {})
        talks.append({part for side in sides for part in side.said if part})
    stand_ins = {veiled(b"this"), veiled(b"other")}
    assert talks[0] & talks[1] == stand_ins
    for part in talks[0] | talks[1]:
        assert b"s3cr3t" not in part and b"0ther" not in part
        assert part in stand_ins or len(part) in (SIZE, 32)
    elements = [part for part in talks[0] if len(part) == SIZE]
    proofs = [part for part in talks[0] if len(part) == 32]
    assert len(elements) == 2 and len(proofs) == 2
    for password in (b"s3cr3t!!", b"0ther!!!"):  # a reader who even knows them cannot recognise them
        base = passwords._base(password)
        keys = [base, *(int.from_bytes(one, "big") for one in elements)]
        for key in keys:
            made = passwords._hash(b"lvstui proof", *sorted(elements), key.to_bytes(SIZE, "big"))
            assert made not in proofs


def test_an_element_is_good_for_one_guess() -> None:
    stand_in = stand_in_for(b"1111")
    side, stranger = Comparisons(), Comparisons()
    own, theirs = side.answer(PasswordQuestion(stand_in)), stranger.answer(PasswordQuestion(stand_in))
    assert (
        side.answer(PasswordQuestion(stand_in, own, theirs))
        and side.answer(PasswordQuestion(stand_in, own, theirs)) == b""
    )


@pytest.mark.parametrize("theirs", [0, 1, passwords._PRIME - 1, passwords._PRIME, 2 ** (8 * SIZE) - 1, "own"])
def test_an_element_that_would_give_the_key_away_gets_no_proof(theirs: int | str) -> None:
    """With 0, 1 or -1 the key is known whatever the password is."""
    stand_in = stand_in_for(b"1111")
    side = Comparisons()
    own = side.answer(PasswordQuestion(stand_in))
    assert len(own) == SIZE
    sent = theirs.to_bytes(SIZE, "big") if isinstance(theirs, int) else own
    assert side.answer(PasswordQuestion(stand_in, own, sent)) == b""


def test_a_password_that_this_process_does_not_have_is_not_known() -> None:
    this, other = pair(b"1111", b"1111")
    told = alike(this, other, (Prover(), MemoryDirector(RuleSet())), {})  # an older lvstui there
    assert list(told.values()) == [None]
    found = compared(Side(this), Side(other), 0.0, alike=told)
    assert [(point.what, point.standing) for point in found.points] == [("auth_pass", UNKNOWN)]


def signing(state: State, active: int, mode: str = "enforce", **keys: bytes) -> State:
    """A director with these keys of auth_hmac (`k1`); b"" is one in a file."""
    stand_ins = []
    for name, key in keys.items():
        stand_in = sha256(state.host.encode() + key).digest()[:8] if key else b""
        passwords._PASSWORDS[stand_in] = key
        stand_ins.append(HmacKey(int(name[1:]), stand_in))
    receives = Receiving("HMAC", keys=tuple(stand_ins), active=active, mode=mode)
    master = state is MASTER
    one = instance("MASTER" if master else "BACKUP", 100 if master else 99, receives=receives)
    return state._replace(vrrp=state.vrrp._replace(instances=(one,)))


KEY, ELSE, LONG = b"k" * 32, b"k" * 31 + b"x", b"k" * 33
THE_SAME = Point("vrrp", "VRID 51", "auth_hmac key 1", "the same", "the same", EQUAL)
ANOTHER = Point("vrrp", "VRID 51", "auth_hmac key 1", "another", "another", DIFFERS)
NOT_COMPARED = Point("vrrp", "VRID 51", "auth_hmac key 1", "not known", "not known", UNKNOWN)


@pytest.mark.parametrize(
    ("this", "other", "found"),
    [
        (signing(MASTER, 1, k1=KEY), signing(BACKUP, 1, k1=KEY), [THE_SAME]),
        (signing(MASTER, 1, k1=KEY), signing(BACKUP, 1, k1=ELSE), [ANOTHER]),
        (signing(MASTER, 1, k1=KEY), signing(BACKUP, 1, k1=LONG), [ANOTHER]),
        (signing(MASTER, 1, k1=KEY), signing(BACKUP, 1, k1=b""), [NOT_COMPARED]),
        (signing(MASTER, 1, k1=KEY, k7=ELSE), signing(BACKUP, 1, k1=KEY, k7=LONG), [THE_SAME]),  # 7 signs nothing
        (
            signing(MASTER, 1, k1=KEY, k2=ELSE),
            signing(BACKUP, 2, k1=KEY, k2=ELSE),
            [THE_SAME, THE_SAME._replace(what="auth_hmac key 2")],
        ),
        (
            signing(MASTER, 2, k1=KEY, k2=ELSE),
            signing(BACKUP, 1, k1=KEY),
            [THE_SAME, Point("vrrp", "VRID 51", "auth_hmac key 2", "signs with it", "no such key", DIFFERS)],
        ),
    ],
)
def test_each_must_have_the_key_of_auth_hmac_that_the_other_signs_with(
    this: State, other: State, found: list[Point]
) -> None:
    told = alike(this, other, (Prover(), Prover()), {})
    points = compared(Side(this), Side(other), 0.0, whole=True, alike=told).points
    assert [point for point in points if "auth_hmac key" in point.what] == found
    back = compared(Side(other), Side(this), 0.0, alike={pair[::-1]: same for pair, same in told.items()})
    assert back.points == compared(Side(this), Side(other), 0.0, alike=told).mirrored.points


@pytest.mark.parametrize(
    ("modes", "standing"),
    [
        (("enforce", "enforce"), EQUAL),
        (("enforce", "permissive"), EXPECTED),
        (("permissive", "receive-only"), EXPECTED),
        (("enforce", "receive-only"), DIFFERS),
    ],
)
def test_one_that_signs_nothing_is_no_pair_with_one_that_wants_a_signature(
    modes: tuple[str, str], standing: str
) -> None:
    this, other = signing(MASTER, 1, modes[0], k1=KEY), signing(BACKUP, 1, modes[1], k1=KEY)
    points = compared(Side(this), Side(other), 0.0, whole=True).points
    assert [(*point[3:5], point.standing) for point in points if "mode" in point.what] == [(*modes, standing)]


def test_keys_that_an_older_lvstui_does_not_read_are_not_known() -> None:
    older = signing(BACKUP, 0, "")
    points = compared(Side(signing(MASTER, 1, k1=KEY)), Side(older), 0.0).points
    assert [(point.what, point.standing) for point in points] == [("auth_hmac", UNKNOWN)]


def test_a_link_that_is_lost_meanwhile_is_an_error() -> None:
    this, other = pair(b"1111", b"1111")
    lost = Prover()
    lost.lost = True
    with pytest.raises(Lost):
        alike(this, other, (Prover(), lost), {})


def test_many_passwords_are_compared_in_turns() -> None:
    """More than fit one request, and one of them on both sides of several comparisons."""
    ours: list[InstanceStatus] = []
    theirs: list[InstanceStatus] = []
    for vrid in range(1, 121):
        for found, state, word in ((ours, "MASTER", b"a%d"), (theirs, "BACKUP", b"b%d")):
            stand_in = veiled(word % (vrid // 2))
            passwords._PASSWORDS[stand_in] = b"%d" % (vrid // 2)
            found.append(instance(state, 100, vrid=vrid, name=f"VI_{vrid}", receives=Receiving("PASS", stand_in)))
    this = MASTER._replace(vrrp=MASTER.vrrp._replace(instances=tuple(ours)))
    other = BACKUP._replace(vrrp=BACKUP.vrrp._replace(instances=tuple(theirs)))
    told = alike(this, other, (Prover(), Prover()), {})
    assert len(told) == 61 and set(told.values()) == {True}


TWO = """
import json, sys
from lvstui.director.vrrp.passwords import PasswordQuestion, Comparisons, stand_in_for
stand_in, side = stand_in_for(sys.argv[1].encode()), Comparisons()
own = side.answer(PasswordQuestion(stand_in))
print(json.dumps([stand_in.hex(), own.hex()]), flush=True)
print(side.answer(PasswordQuestion(stand_in, own, bytes.fromhex(input()))).hex())
"""


@pytest.mark.parametrize(("words", "same"), [(("1111", "1111"), True), (("1111", "111"), False)])
def test_two_processes_make_the_same_proof_of_the_same_password(words: tuple[str, str], same: bool) -> None:
    """Their stand-ins differ."""
    sides = [
        subprocess.Popen([sys.executable, "-c", TWO, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for word in words
    ]
    firsts = []
    for side in sides:
        assert side.stdout is not None
        firsts.append(json.loads(side.stdout.readline()))
    assert firsts[0][0] != firsts[1][0]
    proofs = [side.communicate(first[1] + "\n")[0] for side, first in zip(sides, reversed(firsts), strict=True)]
    assert all(len(proof) == 65 for proof in proofs) and (proofs[0] == proofs[1]) is same

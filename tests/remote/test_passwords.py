"""A director elsewhere is asked whether its password is the same; it answers without telling it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lvstui.director.errors import Lost
from lvstui.director.pair.passwords import alike
from lvstui.director.source import Scope
from lvstui.director.vrrp.instances import HmacKey, Receiving
from lvstui.director.vrrp.passwords import SIZE, Comparisons, PasswordQuestion, stand_in_for, stand_in_for_key
from lvstui.remote import boot, link, reader, wire
from lvstui.remote.director import Remote, open_remote
from lvstui.remote.reader import GUESSES
from tests.director.pair.made import MASTER, instance
from tests.director.pair.test_passwords import Prover
from tests.remote.fake import archive, playing, ssh

__all__ = ["ssh"]
SWEEP = Scope(sweep=True, vrrp=True)
Ssh = Callable[[str], None]
# The far side reads a configuration with this password, as the reader does.
FAR = """
    import os
    from lvstui.director.vrrp.instances import HmacKey, Instance, Receiving
    from lvstui.director.vrrp.passwords import Comparisons, stand_in_for, stand_in_for_key
    from lvstui.director.vrrp.instance_status import InstanceStatus
    side, stand_in, read = Comparisons(), stand_in_for(b"S3CR3Txy"), Canned.read
    keys = HmacKey(1, stand_in_for_key(b"S3CR3Txy" * 4)), HmacKey(2)
    ways = Receiving("PASS", stand_in), Receiving("HMAC", keys=keys, active=1, mode="enforce")
    ones = [Instance("VI_%d" % way.active, "BACKUP", vrid=51 + way.active, receives=way) for way in ways]
    vrrp = Vrrp("BACKUP", instances=tuple(InstanceStatus(one, "BACKUP", (), True, (), (), 1.0, ()) for one in ones))
    Canned.read = lambda self, scope: read(self, scope)._replace(vrrp=vrrp)
    Canned.prove = lambda self, asked: [side.answer(one) for one in asked]
"""


def opened(monkeypatch: pytest.MonkeyPatch) -> Remote:
    monkeypatch.setattr(boot, "archive", lambda: archive(opening=FAR.strip()))
    return open_remote("lvs2")


@pytest.mark.parametrize(("word", "same"), [(b"S3CR3Txy", True), (b"S3CR3Txz", False)])
def test_the_password_over_there_is_compared_and_never_sent(
    ssh: Ssh, word: bytes, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is a key of auth_hmac. Everything that passes the link is looked at, unpacked too. Two requests more, and
    none at the next tick."""
    passed: list[bytes] = []
    ask = link.SshLink.ask

    def watched(self: link.SshLink, line: bytes) -> wire.WireFrame:
        frame = ask(self, line)
        passed.extend((line, frame.payload))
        return frame

    monkeypatch.setattr(link.SshLink, "ask", watched)
    remote, here = opened(monkeypatch), Prover()
    signs = Receiving("HMAC", keys=(HmacKey(1, stand_in_for_key(word * 4)), HmacKey(2)), active=1, mode="enforce")
    ways = Receiving("PASS", stand_in_for(word)), signs
    ours = tuple(instance("MASTER", 100, vrid=51 + way.active, receives=way) for way in ways)
    this = MASTER._replace(vrrp=MASTER.vrrp._replace(instances=ours))
    there = remote.read(SWEEP)
    assert [key.number for key in there.vrrp.instances[1].instance.receives.keys] == [1, 2]  # type: ignore[union-attr]
    told = alike(this, there, (here, remote), {})
    assert list(told.values()) == [same, same]
    assert [frame for frame in passed if b'"prove"' in frame] and len(passed) == 6
    assert alike(this, remote.read(SWEEP), (here, remote), told) == told and len(passed) == 8
    remote.close()
    every = b"".join([*passed, *(wire_opened(one) for one in passed)])
    for secret in (b"S3CR3T", b"S3CR3T".hex().encode(), word):
        assert secret not in every


def wire_opened(payload: bytes) -> bytes:
    import zlib

    try:
        return zlib.decompress(payload)
    except zlib.error:
        return b""


def test_a_far_side_gives_few_guesses_of_each_password(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever plays the other director learns with each proof whether one guess is right."""
    remote, guesser = opened(monkeypatch), Comparisons()
    secret = remote.read(SWEEP).vrrp.instances[0].instance.receives.secret  # type: ignore[union-attr]
    guess = stand_in_for(b"password")
    proofs: list[bytes] = []
    for _ in range(GUESSES + 5):
        (own,) = remote.prove([PasswordQuestion(secret)])
        assert len(own) == SIZE
        proofs += remote.prove([PasswordQuestion(secret, own, guesser.answer(PasswordQuestion(guess)))])
    assert [bool(proof) for proof in proofs] == [True] * GUESSES + [False] * 5
    remote.close()


def test_made_up_passwords_use_up_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_COUNTED", 50)
    proofs, known = reader._Proofs(Prover()), stand_in_for(b"1111")
    (own,) = proofs.answers([PasswordQuestion(known)])
    assert len(own) == SIZE
    for number in range(100):
        assert proofs.answers([PasswordQuestion(number.to_bytes(8, "big"), own, own)]) == [b""]
    assert len(proofs._given) == 51


@pytest.mark.parametrize("part", ["no proof", "kind", "half", "checksum", "pong", "error", "proofs"])
def test_a_far_side_that_answers_wrongly_about_passwords(ssh: Ssh, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It proves nothing."""
    patience = 120.0 if part in ("pong", "error", "proofs") else 3.0
    monkeypatch.setattr(link.SshLink.__init__, "__defaults__", (None, patience))
    ssh(playing(part))
    remote = open_remote("lvs2")
    if part == "proofs":
        assert remote.prove([PasswordQuestion(b"12345678")]) == (b"\0",)
    elif part in ("pong", "error"):  # an older lvstui knows no such question
        assert remote.prove([PasswordQuestion(b"12345678")]) == [b""]
    else:
        with pytest.raises(Lost) as caught:
            remote.prove([PasswordQuestion(b"12345678")])
        assert caught.value.why.isprintable()
    remote.close()


JUNK: tuple[Any, ...] = (None, 7, "00", {}, [None], [7], ["0"], ["zz"], [["00"]], ["00" * (SIZE + 1)], [], ["", ""])


@pytest.mark.parametrize("told", JUNK, ids=map(str, range(len(JUNK))))
def test_proofs_are_parts_of_the_right_number_and_length(told: Any) -> None:
    with pytest.raises(wire.Broken):
        wire.proved_of(json.dumps(told).encode(), 1)


@pytest.mark.parametrize("told", [7, [7], [[7]], [["0"]], [["00"] * 4], [["00" * (SIZE + 1)]]])
def test_a_request_for_proofs_that_is_not_ours_is_refused(told: Any) -> None:
    with pytest.raises(wire.Broken):
        wire.request(json.dumps({"prove": told}).encode())


def test_the_largest_request_fits_a_line() -> None:
    from lvstui.director.pair.passwords import AT_ONCE

    asked = [PasswordQuestion(b"12345678", b"x" * SIZE, b"y" * SIZE)] * AT_ONCE
    line = wire.to_prove(asked)
    assert len(line) <= wire.REQUEST and wire.request(line).prove == tuple(asked)
    assert len(wire.proved([b"x" * SIZE] * AT_ONCE)) < wire.LIMITS[wire.PROVED]

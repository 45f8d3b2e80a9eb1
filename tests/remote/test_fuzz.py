"""A far side that says anything at all: what comes of a frame is either refused in a line, or a State that can be shown
in every way. Thousands of frames each time, the same ones; `make soak` tries as many as LVSTUI_FRAMES says."""

from __future__ import annotations

import copy
import gc
import json
import os
import random
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lvstui.director.drift.all import followed
from lvstui.director.remarks import Remark
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.doctor.diagnosis import diagnosed
from lvstui.remote import wire
from lvstui.remote.director import Remote
from lvstui.store.frames import Encoder, decode
from lvstui.store.pictures import Picture
from lvstui.store.replay import shown
from lvstui.verbs import list as listing
from lvstui.verbs import metrics
from lvstui.verbs.examining import Examined
from lvstui.verbs.verb import Coloured, Verb
from lvstui.views.head import ScreenStatus, head
from lvstui.views.vrrp import InstanceKey, InstanceView
from tests.hostile import Hostile
from tests.remote.closure import ROOT

FRAMES = int(os.environ.get("LVSTUI_FRAMES", "1000"))
SHOWN = 1 if "LVSTUI_FRAMES" in os.environ else 4
"""Of those that are taken, which one is shown."""
MEMORY = 200 << 20
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 4, 6, 2**31, 2**63, 2**64, 2**70, -(2**70), 0.5, -1e308, 1e18, 1e12),
    *("", "x", "y" * 5000, "\x1b[2J\x1b]0;x\x07", "\ud800", "MASTER", "backup", "٣", "\u202e", "0a000001"),
    *([], {}, [[]], [1, 2, 3], [None] * 9, {"=": "nonesuch"}, {"=": []}, {"=": "bytes", "hex": ""}),
    *({"=": "bytes", "hex": "0a"}, {"=": "bytes", "hex": "0a000001"}, {"=": "bytes", "hex": "zz"}, {"hex": "00"}),
    *({"=": "set", "of": [1, "a"]}, {"=": "map", "of": [[1, 2], ["a", []]]}, {"=": "map", "of": 7}),
    *({"=": "Rates", "connections": 1e300}, {"=": "Vrrp", "role": "\x9b2J"}, {"=": "Load"}, {"=": "Server"}),
    {
        "=": "ServiceKey",
        "fwmark": 0,
        "family": 4,
        "protocol": 6,
        "address": {"=": "bytes", "hex": "00" * 16},
        "port": 1,
    },
)


def packed(text: bytes, services: bytes, servers: bytes) -> bytes:
    lengths = struct.pack(">III", len(text), len(services), len(servers))
    return zlib.compress(lengths + text + services + servers, 1)


def unpacked(payload: bytes) -> tuple[Any, bytes, bytes]:
    data = zlib.decompress(payload)
    text, services, _ = struct.unpack_from(">III", data)
    return json.loads(data[12 : 12 + text]), data[12 + text : 12 + text + services], data[12 + text + services :]


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a value: what holds it, and under which key."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield value, key
            yield from spots(one)
    elif isinstance(value, list):
        for key, one in enumerate(value):
            yield value, key
            yield from spots(one)


def damaged(payload: bytes, chance: random.Random) -> bytes:
    """A payload with something in it that should not be."""
    kind = chance.randrange(10)
    if kind == 0:
        data = bytearray(payload)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    if kind == 1:
        return payload[: chance.randrange(len(payload))]
    value, services, servers = unpacked(payload)
    if kind == 2:
        services = chance.randbytes(len(services))
        servers = chance.randbytes(len(servers) + chance.choice((0, 0, 0, 8, -1)))
        return packed(json.dumps(value).encode(), services, servers)
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        places = list(spots(value))
        if not places:  # all of it was taken out before
            break
        holder, key = chance.choice(places)
        what = chance.randrange(8)
        if what == 0 and isinstance(holder, dict):
            del holder[key]
        elif what == 1:
            other, at = chance.choice(places)
            holder[key] = copy.deepcopy(other[at])
        elif what == 2 and isinstance(holder, list):
            holder += copy.deepcopy(holder)
        else:
            holder[key] = copy.deepcopy(chance.choice(JUNK))
    text = json.dumps(value).encode()
    if kind == 3:
        text = text.replace(b"6.0", chance.choice((b"NaN", b"Infinity", b"-1e999", b"9" * 5000)), 1)
    return packed(text, services, servers)


class Once:
    """A source of one State."""

    def __init__(self, state: State) -> None:
        self._state = state

    def read(self, scope: Scope) -> State:
        return self._state

    def close(self) -> None:
        pass


def shows(state: State) -> None:
    """Everything that is made of a State without a screen; nothing in it is more than text."""
    source: Any = Once(state)
    verbs: tuple[Verb, ...] = (
        listing.run(source, "table", False),
        listing.run(source, "json", False),
    )
    for verb in verbs:
        for part in verb:
            text = part if isinstance(part, str) else part.text if isinstance(part, Coloured) else str(part)
            assert isinstance(part, str | Coloured | Remark)
            assert "\x1b" not in text and "\x9b" not in text
    tally, drifts = tallied(state), followed(state)
    diagnosis = diagnosed(state, tally, drifts, None, {}, 10**9)
    assert "\x1b" not in repr(diagnosis.findings).encode().decode("unicode_escape")
    for part in metrics.text(Examined(state, tally, drifts, diagnosis)):
        assert "\x1b" not in part
    for one in state.vrrp.instances:
        view = InstanceView(state, InstanceKey(one.instance.name))
        assert all("\x1b" not in text for n in range(len(view)) for text in view.row(n)[1])
    for line in head(state, ScreenStatus(host="lvs2"), 120):
        assert all(piece.text.isprintable() for piece in line)
    assert not harmful(state)


def harmful(value: Any) -> list[str]:
    """Texts in a value that a terminal would obey."""
    if isinstance(value, str):
        return [value] if "\x1b" in value or "\x9b" in value or "\x07" in value else []
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in harmful(one)]
    if isinstance(value, tuple | list | frozenset):
        return [text for one in value for text in harmful(one)]
    return []


def bases() -> list[tuple[bytes, bytes]]:
    """A frame that stands by itself and one that differs from it, of a director that tells all there is to tell."""
    found = []
    for poor in (True, False):
        director = Hostile("text", poor)
        encoder = Encoder(keeping=True)
        first, second = director.read(Scope()), director.read(Scope())
        second = second._replace(host="other", notes=("x",), keeping=None, vrrp=second.vrrp._replace(role="BACKUP"))
        found.append((encoder.encode(first)[1], encoder.encode(second)[1]))
    return found


def fuzz(count: int, seed: int = 1) -> tuple[int, int]:
    """How many frames were taken, and how many refused."""
    chance, taken, refused = random.Random(seed), 0, 0
    ready = [(whole, other, decode(whole, None, 1e9, wire.UNPACKED)) for whole, other in bases()]
    for _, _, picture in ready:
        shows(shown([picture]))
    for number in range(count):
        whole, other, known = ready[number % len(ready)]
        before: Picture | None = None if chance.randrange(3) else known
        payload = damaged(whole if before is None else other, chance)
        data = bytearray(wire.packed(wire.WHOLE if before is None else wire.DIFFERENCE, payload))
        if chance.randrange(20) == 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        frames = wire.Frames()
        frames.buffer += data
        try:
            frame = frames.next()
            if frame is None:
                refused += 1
                continue
            if frame.kind in (wire.ERROR, wire.HELLO):
                wire.error_of(frame.payload)
            picture = decode(frame.payload, before, frame.taken, wire.UNPACKED)
        except (ValueError, wire.Broken) as error:
            assert len(str(error)) < 10_000
            refused += 1
            continue
        taken += 1
        if taken % SHOWN:
            continue
        state = shown([known, picture] if before is not None else [picture])
        try:
            shows(state)
        except Exception as error:
            raise AssertionError(f"frame {number} of seed {seed} is taken and cannot be shown") from error
    return taken, refused


def test_an_error_is_no_longer_than_a_line() -> None:
    """Whatever it speaks of: a far side chooses its words."""
    for word in ("x" * 100_000, "\x1b[2J"):
        head = {"at": 1.0, "state": {"vrrp": {"=": word}}, "rules": [], "gone": []}
        with pytest.raises(ValueError, match="x") as refused:
            decode(packed(json.dumps(head).encode(), b"", b""), None, 1e9, wire.UNPACKED)
        assert len(str(refused.value)) < 300 and "\x1b" not in str(refused.value)


def peak() -> int:
    """The most memory that this process has used, in bytes."""
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) << 10


def test_frames_are_refused_or_can_be_shown() -> None:
    """In a process of their own, so that its memory is known."""
    argv = [sys.executable, "-m", "tests.remote.test_fuzz", str(FRAMES)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=300 + FRAMES / 10)
    assert done.returncode == 0, done.stderr
    taken, refused, memory = map(int, done.stdout.split())
    assert taken + refused == FRAMES
    assert taken > FRAMES / 50 and refused > FRAMES / 4  # both ways are tried
    assert memory < MEMORY


TAKES = """\
import sys
from lvstui.remote import wire
from lvstui.remote.director import Remote
from lvstui.store.frames import decode
for name in sys.argv[1:]:
    try:
        decode(open(name, "rb").read(), None, 1e9, wire.UNPACKED)
    except ValueError:
        pass
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def bombs() -> Iterator[bytes]:
    """Small frames that unpack to much."""
    head = b'{"at":1.0,"state":{},"gone":[],"rules":['
    row = '[[0,4,6,"%08x",80],["wlc",0,null,null,"",false],[]]'
    yield packed(b"[" * 8_000_000, b"", b"")
    yield packed(b"[" + b"[]," * 2_700_000 + b"1]", b"", b"")
    yield packed(b'{"at":1.0,"state":{},"x":[' + b"1e9," * 2_000_000 + b"1]}", b"", b"")
    yield packed(b'{"at":1.0,"state":{"notes":["' + b"x" * 8_000_000 + b'"]}}', b"", b"")
    yield packed(b" " * 2**27, b"", b"")
    yield packed(b'{"at":1.0,"state":{}}', bytes(2**26), bytes(2**26))
    yield packed(head + ",".join(row % n for n in range(100_000)).encode() + b"]}", bytes(4_000_000), b"")


def test_a_frame_takes_no_more_memory_than_it_may(tmp_path: Path) -> None:
    names = []
    for number, bomb in enumerate(bombs()):
        assert len(bomb) < wire.LIMITS[wire.WHOLE]
        names.append(tmp_path / f"{number}")
        names[-1].write_bytes(bomb)
    done = subprocess.run([sys.executable, "-c", TAKES, *names], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) << 10 < MEMORY


def test_one_table_after_the_other_takes_no_more_memory() -> None:
    """A far side that has other services in each sweep: rates need the numbers of some sweeps, and none of their rules.
    With as many services as fit in a frame, five tables took 390 MB."""
    rows, remote, held = 1000, Remote("lvs2"), []
    row = '[[0,4,6,"%08x",80],["wlc",0,null,null,"",false],[]]'
    tracemalloc.start()
    try:
        for number in range(6):
            rules = ",".join(row % (number << 24 | n) for n in range(rows))
            gone = json.dumps([[0, 4, 6, f"{number - 1 << 24 | n:08x}", 80] for n in range(rows)] if number else [])
            head = f'{{"at":{10 * number + 1}.0,"state":{{"notes":["{number}"]}},"gone":{gone},"rules":[{rules}]}}'
            payload = packed(head.encode(), random.Random(number).randbytes(rows * 40), b"")
            frame = wire.WireFrame(wire.DIFFERENCE if number else wire.WHOLE, 1e9, payload)
            remote._link = SimpleNamespace(ask=lambda line, frame=frame: frame)  # type: ignore[assignment]
            assert len(remote._read(Scope(sweep=True)).services) == rows
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(remote._sweeps) == 5 and held[5] < 1.5 * held[0], held


if __name__ == "__main__":
    print(*fuzz(int(sys.argv[1])), peak())

"""A far side that is not what it should be: python -m tests.remote.playing PART. It knows the nonce, as any does."""

from __future__ import annotations

import json
import os
import struct
import sys
import time
import zlib
from collections.abc import Callable

from lvstui.remote import boot, wire


def put(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def frame(kind: bytes, payload: bytes, taken: float = 1e9, size: int | None = None, crc: int | None = None) -> bytes:
    head = struct.pack(
        ">cdII", kind, taken, len(payload) if size is None else size, zlib.crc32(payload) if crc is None else crc
    )
    return head + payload


def body(state: str = "{}", rest: str = ',"rules":[],"gone":[]', columns: bytes = b"") -> bytes:
    text = f'{{"at":1.0,"state":{state}{rest}}}'.encode()
    return zlib.compress(struct.pack(">III", len(text), 0, len(columns)) + text + columns)


def hostile(until: str) -> None:
    """Every text that it says is an attack on the terminal. It answers until that file is there, and then refuses."""
    from lvstui.director.source import Scope
    from lvstui.store.frames import Encoder
    from tests.hostile import ATTACKS, Hostile

    # Every attack, also as it would come from a program that cleans nothing.
    text = "".join(ATTACKS)
    raw = text.encode("utf-8", "surrogatepass")
    director, encoder = Hostile(text, poor=False), Encoder(keeping=True)
    os.write(2, raw)
    nonce = boot.nonce_of(sys.stdin.buffer)
    put(raw + b"\n" + wire.mark(nonce) + wire.hello(wire.Hello(wire.PROTOCOL, text, text, 0, text)))
    while line := sys.stdin.buffer.readline():
        os.write(2, raw)
        if "read" not in json.loads(line):
            put(frame(wire.PONG, b""))
        elif os.path.exists(until):
            put(frame(wire.ERROR, json.dumps({"error": "Unavailable", "words": [text, text, text]}).encode()))
        else:
            whole, payload = encoder.encode(director.read(Scope()))
            put(wire.packed(wire.WHOLE if whole else wire.DIFFERENCE, payload))


REFUSAL = {"error": "Unavailable", "words": ["a\x1b[2J", "b\x07", "c"]}


def play(part: str) -> None:
    if part == "deaf":
        time.sleep(600)
    if part == "flood":
        while True:
            put(b"x" * 65536)
    if part == "nologin":
        put(b"This account is currently not available.\n")
        sys.exit(1)
    nonce = boot.nonce_of(sys.stdin.buffer)
    if part == "another nonce":
        put(b"\nLVSTUI1 0123456789abcdef\n")
        time.sleep(600)
    put(b"Welcome!\x1b[2J\n" + wire.mark(nonce))
    if part == "old":
        put(wire.hello(wire.Hello(99, "9.9.9")))
    put(wire.hello(wire.Hello(wire.PROTOCOL, "0.0", "3.10.0", 0, "evil\x1b[2J")) if part != "old" else b"")
    sys.stdin.buffer.readline()
    answers: dict[str, Callable[[], bytes]] = {  # made when it is asked for: the bomb takes a second
        "mute": lambda: b"",
        "difference first": lambda: frame(b"D", body()),
        "kind": lambda: frame(b"Z", b""),
        "huge": lambda: frame(b"K", b"", size=2**32 - 1),
        "checksum": lambda: frame(b"K", body(), crc=1),
        "time": lambda: frame(b"K", body(), taken=float("nan")),
        "types": lambda: frame(b"K", body('{"vrrp":7,"host":["x"]}')),
        "infinite": lambda: frame(b"K", body('{"traffic":{"=":"Rates","connections":1e999}}')),
        "bomb": lambda: frame(b"K", zlib.compress(struct.pack(">III", 200, 2**31, 2**31) + b" " * (2**28))),
        "pools": lambda: frame(b"K", body('{"pools":{"=":"map","of":[]},"services":7}')),
        "error": lambda: frame(
            b"E", json.dumps({"error": "Unavailable", "words": ["a\x1b[2J", "b\x07", "c"]}).encode()
        ),
        "no error": lambda: frame(b"E", b"[1]"),
        "half": lambda: frame(b"K", body())[:-3],
        "pong": lambda: frame(b"P", b""),
        "proofs": lambda: frame(b"V", b'["00"]'),
        "no proof": lambda: frame(b"V", b'[["00"]]'),
    }
    put(answers[part]())
    if part == "half":
        sys.exit(0)
    if part == "news":
        while True:
            put(frame(b"N", b""))
    time.sleep(600)


if __name__ == "__main__":
    if sys.argv[1] == "hostile":
        hostile(sys.argv[2])
    else:
        play(" ".join(sys.argv[1:]))

"""The fuzzer: valid files, damaged in every way that comes to mind, are read or refused with a reason; no other
exception, no endless reading, no control character in what is said.

The same few rounds in every run, and an hour of them in `make soak` (LVSTUI_FUZZ_SECONDS). Rounds are numbered, and the
number is the seed: a failure prints it, with the smallest file that still fails.
"""

from __future__ import annotations

import os
import time
from itertools import count

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from tests.formats.readers import READERS, corpus

SECONDS = float(os.environ.get("LVSTUI_FUZZ_SECONDS") or 0)
ROUNDS = 12
"""Of each kind of file, at least."""
_PATIENCE = 10.0
"""Seconds of the processor that one file may take; all are below a megabyte, and read in milliseconds."""

_BITS = st.sampled_from(
    [
        *(b"\0", b"\x1b[2J", b"\r", b"\x0b", b"\x0c", b"\x85", b"\xff", b"\xc2\x9b", b"\xed\xa0\x80"),
        *(text.encode() for text in ("\u2028", "\ufeff", "\u202e", "\u0130", "\u0663")),
        *(b"\\u0000", b"\\uD800", b"\\x", b"%s", b"{0}", b"#", b"\\", b'"' * 7, b"'''", b'"""', b"true"),
        *(
            b"9" * 20,
            b"9" * 5000,
            b"-1",
            b"-0",
            b"1e999",
            b"0x7f",
            b"1_0",
            b"NaN",
            b"inf",
            b"4294967296",
            b"2147483648",
        ),
        *(
            b"[" * 3000,
            b"{" * 3000,
            b'{"a":' * 2000,
            b"a." * 2000,
            b"a = {" * 500,
            b"1979-05-27T07:32:00Z",
            b"99999-01-01",
        ),
        *(b" -", b" --", b" -p", b" -b ", b"=", b" ops", b" (null)", b"ipvsadm ", b"$A=$A$A\n", b"@x "),
        *(
            b"include /dev/zero\n",
            b"include /proc/self/mem\n",
            b"~SEQ(A,1,999999999)",
            b"~LST(A,1,2)",
            b"virtual_server ",
        ),
        *(b"\n" * 200, b"x" * 20000, b"[[service]]\n", b"[timeouts]\n", b'"service": ['),
    ]
)


@st.composite
def damaged(draw: st.DrawFn, kind: str) -> bytes:
    """A valid file of this kind, cut, spliced, repeated, with bits flipped and odd pieces in it."""
    data = draw(st.sampled_from(corpus(kind)))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12) | st.integers(0, 400)))
        match draw(st.integers(0, 6)):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:start] + draw(_BITS) + data[start:]
            case 2:
                data = data[:start] + draw(_BITS) + data[end:]
            case 3 if data:
                at = min(start, len(data) - 1)
                data = data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
            case 4:
                data = data[:start] + data[start:end] * draw(st.integers(2, 60)) + data[end:]
            case 5:
                other = draw(st.sampled_from(corpus(draw(st.sampled_from(sorted(READERS))))))
                cut = draw(st.integers(0, len(other)))
                data = data[:start] + other[cut : cut + 300] + data[end:]
            case _:
                data = data[:start] + draw(st.binary(max_size=8)) + data[end:]
    return data


def fuzz(kind: str, number: int) -> None:
    """One round of files; its number is the seed."""
    read = READERS[kind][0]

    @seed(number)
    @settings(max_examples=25, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(kind))
    def read_them(data: bytes) -> None:
        note(f"round {number}")
        began = time.process_time()
        read(data)
        assert time.process_time() - began < _PATIENCE

    read_them()


@pytest.mark.parametrize("kind", READERS)
def test_any_contents_of_a_file_are_read_or_refused(kind: str) -> None:
    end = time.monotonic() + SECONDS / len(READERS)
    for number in count():
        fuzz(kind, number)
        if number + 1 >= ROUNDS and time.monotonic() > end:
            print(f"{kind}: {25 * (number + 1)} files")
            break


@pytest.mark.parametrize("kind", READERS)
def test_the_corpus_is_valid(kind: str) -> None:
    assert {READERS[kind][0](data) for data in corpus(kind)} == {""}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("toml", b"a = " + b"[" * 200_000),
        ("toml", b"a." * 100_000 + b"b = 1"),
        ("toml", b"[snapshot]\nformat = " + b"9" * 100_000),
        ("toml", b"[snapshot]\nformat = 1\n[[service]]\nport = 0x" + b"f" * 100_000),
        ("json", b"[" * 200_000),
        ("json", b'{"snapshot": {"format": ' + b"9" * 100_000 + b"}}"),
        ("json", b'{"snapshot":' * 50_000),
        ("ipvsadm", b"-A -f " + b"9" * 1_000_000),
        ("ipvsadm", b"-A " * 300_000),
        ("ipvsadm", b"-A -t " + b"1." * 300_000 + b":80"),
        ("ipvsadm", b"-A -t 192.0.2.1:80 -b " + b"flag-1," * 100_000),
        ("ipvsadm", b"-" + b"6" * 500_000),
        ("keepalived", b"$A=x\n" + b"".join(b"$%c=$%c$%c\n" % (n + 1, n, n) for n in range(65, 89))),
        ("keepalived", b"a {\n" * 20_000),
        ("keepalived", b"~SEQ(A, 1, 999999999) x $A\n"),
    ],
)
def test_files_that_expand_without_limit_are_refused(kind: str, data: bytes) -> None:
    began = time.process_time()
    READERS[kind][0](data)
    assert time.process_time() - began < _PATIENCE

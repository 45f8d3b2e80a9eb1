"""Rows of the connection table, of files as the kernel writes them, and of files as it never does."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.connections import MORE, Connection, ReadLimits
from lvstui.director.errors import Unavailable
from lvstui.director.model import address_packed as packed
from lvstui.director.model import server_key, service_key
from lvstui.kernel.connection_table import Rows, read
from lvstui.kernel.sampling import MOST, sampled
from tests.connections import HEAD, line, table

SIX = "2001:0db8:0001:0000:0000:0000:0000:0010"
READ = {
    b"TCP C000020A 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       119": Connection(
        6, packed("192.0.2.10"), 40000, packed("192.0.2.100"), 80, server_key("10.0.0.12", 80), "TIME_WAIT", 119
    ),
    f"TCP {SIX} 849A {SIX[:-2]}64 0051 0A00000B 0051 SYN_RECV         57".encode(): Connection(
        6,
        packed("2001:db8:1::10"),
        33946,
        packed("2001:db8:1::64"),
        81,
        server_key("10.0.0.11", 81),
        "SYN_RECV",
        57,
    ),
    b"SCTP C00002D1 0400 C000020A 0035 0A000002 0035 ESTABLISHED   86398": Connection(
        132, packed("192.0.2.209"), 1024, packed("192.0.2.10"), 53, server_key("10.0.0.2", 53), "ESTABLISHED", 86398
    ),
    b"UDP C000020A 0000 C0000264 13C4 0A00000B 13C4 NONE             59 sip abc@192.0.2.10  x": Connection(
        17,
        packed("192.0.2.10"),
        0,
        packed("192.0.2.100"),
        5060,
        server_key("10.0.0.11", 5060),
        "NONE",
        59,
        None,
        "sip",
        "abc@192.0.2.10  x",
    ),
    b"IP  C000020A 0000 00000007 0000 0A00000C 0000 ASSURED          56": Connection(
        0, packed("192.0.2.10"), 0, bytes((0, 0, 0, 7)), 0, server_key("10.0.0.12", 0), "ASSURED", 56
    ),
    b"IP_99 C000020A 0400 C0000264 0000 0A00000C 0000 NONE          7": Connection(
        99, packed("192.0.2.10"), 1024, packed("192.0.2.100"), 0, server_key("10.0.0.12", 0), "NONE", 7
    ),
}


@pytest.mark.parametrize("text", READ)
def test_a_row_is_read(text: bytes) -> None:
    assert Rows(with_origin=False).row(text) == READ[text]


def test_the_kind_of_a_row() -> None:
    bound, ended, marked, six = (
        Rows(with_origin=True).row(text)
        for text in (
            b"TCP C000020A 0000 C0000264 0000 0A00000C 0000 ASSURED     LOCAL       27",
            b"TCP C000020A 0000 C0000264 FFFF 0A00000C FFFF ASSURED     SYNC        59",
            b"IP  C000020A 0000 00000007 0000 0A00000C 0000 ASSURED     LOCAL       56",
            f"IP  {SIX} 0000 0000:0007:0000:0000:0000:0000:0000:0000 0000 {SIX} 0000 NONE  SYNC  86399".encode(),
        )
    )
    assert bound is not None and bound.template and not bound.ended and bound.synced is False and not bound.mark
    assert ended is not None and ended.ended and ended.template and ended.synced is True
    assert marked is not None and marked.mark == 7 and six is not None and six.mark == 7


MANGLED = (
    b"TCP C000020A 9C40 C0000264 0050 0A00000C",
    b"TCP C000020A 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT",
    b"TCP C000020 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       119",
    b"TCP C000020A 9C4 C0000264 0050 0A00000C 0050 TIME_WAIT       119",
    b"TCP C000020A 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       -1",
    b"TCP C000020A 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       99999999999",
    b"\xff\x00\x1b[2J" * 9,
    b"TCP 2001:db8::zz 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       119",
    b"NEW C000020A 9C40 C0000264 0050 0A00000C 0050 TIME_WAIT       119",
)


@pytest.mark.parametrize("text", MANGLED)
def test_an_unreadable_line_is_only_counted(text: bytes, tmp_path: Path) -> None:
    name = tmp_path / "conn"
    name.write_bytes(HEAD + line() + text + b"\n" + line())
    found = read(ReadLimits(), path=str(name))
    assert (found.seen, found.mangled, found.whole) == (2, 1, True)


@given(st.binary(max_size=300))
def test_no_line_raises_an_error(text: bytes) -> None:
    for told in (True, False):
        Rows(told).row(text)


def test_a_file_that_ends_within_a_line_and_one_without_any(tmp_path: Path) -> None:
    name = tmp_path / "conn"
    name.write_bytes(HEAD + line() + line()[:40])
    assert read(ReadLimits(), path=str(name))[1:4] == (1, 1, True)
    name.write_bytes(b"x" * 300_000)
    found = read(ReadLimits(), path=str(name))
    assert (found.seen, found.whole) == (0, True) and found.mangled
    name.write_bytes(b"")
    assert read(ReadLimits(), path=str(name))[1:4] == (0, 0, True)


def test_control_characters_of_a_call_are_not_kept() -> None:
    row = Rows(with_origin=False).row(
        b"UDP C000020A 0000 C0000264 13C4 0A00000B 13C4 NONE  59 sip a\x1b[2Jb\xe2\x80\xae\xff"
    )
    assert row is not None and row.data == "a?[2Jb?\ufffd"


def test_rows_and_seconds_have_a_limit_and_the_caller_can_end_the_read(tmp_path: Path) -> None:
    name = table(tmp_path, 5000)
    assert read(ReadLimits(rows=1000, seconds=60), path=name)[1:4] == (1000, 0, False)
    assert read(ReadLimits(rows=5000, seconds=60), path=name)[1:4] == (5000, 0, True)
    assert read(ReadLimits(seconds=0), path=name)[1:4] == (0, 0, False)
    asked = iter((True, False))
    found = read(ReadLimits(seconds=60), lambda: next(asked), path=name)
    assert 0 < found.seen < 5000 and not found.whole


def test_with_a_list_of_clients_only_their_rows_are_kept(tmp_path: Path) -> None:
    name = tmp_path / "conn"
    name.write_bytes(HEAD + line() * 3 + line(client="C6336407") + line())
    found = read(ReadLimits(clients=frozenset((packed("198.51.100.7"),))), path=str(name))
    assert (len(found.rows), found.seen) == (1, 5)


def test_engines_and_origins_come_from_two_files(tmp_path: Path) -> None:
    told, engines = tmp_path / "sync", tmp_path / "conn"
    told.write_bytes(HEAD + line(origin="SYNC") + line(client="C6336407"))
    row = b"TCP %s 8CB2 C0000264 0050 0A00000B 0050 ESTABLISHED     899%s\n"
    engines.write_bytes(HEAD + row % (b"C000020A", b" sip one") + row % (b"C6336407", b"") + row % (b"C6336408", b""))
    rows = read(ReadLimits(engines=True, seconds=60), path=str(told), engines=str(engines)).rows
    assert [(row.engine, row.data, row.synced) for row in rows] == [
        ("sip", "one", True),
        ("", "", False),
        ("", "", None),
    ]


def test_without_the_file_it_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read(ReadLimits(), path=str(tmp_path / "none"))


def test_the_largest_sample_takes_less_than_forty_megabytes(tmp_path: Path) -> None:
    name = str(tmp_path / "conn")
    lines = (line(client=f"C6{n:06X}", port=1024 + n) for n in range(60_000))  # nothing of two rows is the same
    Path(name).write_bytes(HEAD + b"".join(lines))
    tracemalloc.start()
    try:
        found = read(ReadLimits(60_000, 600.0), path=name)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
    assert len(found.rows) == len({row.client for row in found.rows}) == 60_000


def test_of_a_million_rows_only_as_many_as_requested_are_read_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read bounds the time, whatever the machine. The doctor's own sample and the search for a client too."""
    name = tmp_path / "conn"
    part = b"".join(line(client=f"C6{n:06X}", port=1024 + n) for n in range(10_000))
    with name.open("wb") as file:
        file.write(HEAD)
        for _ in range(100):
            file.write(part)
    plain_read, taken = os.read, []

    def counted(file: int, size: int) -> bytes:
        found = plain_read(file, size)
        taken.append(len(found))
        return found

    monkeypatch.setattr(os, "read", counted)
    nobody = frozenset((packed("203.0.113.7"),))
    width = len(part) // 10_000
    for wanted, kept in ((ReadLimits(rows, 3600), rows) for rows, _ in MORE):
        taken.clear()
        tracemalloc.start()
        found = read(wanted, path=str(name))
        grown = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (found.seen, len(found.rows), found.whole) == (kept, kept, False)
        assert sum(taken) <= kept * width + 2 * 65536 and grown < 40e6
    taken.clear()
    assert read(ReadLimits(60_000, 3600, clients=nobody), path=str(name))[:2] == ((), 60_000)
    assert sum(taken) <= 60_000 * width + 2 * 65536
    taken.clear()
    web = service_key(6, "192.0.2.100", 80)
    doctors = sampled({web}, {}, 3600.0, str(name))
    assert MOST <= doctors.rows <= MOST + 1000 and not doctors.whole
    assert sum(taken) <= MOST * width + 2 * 65536

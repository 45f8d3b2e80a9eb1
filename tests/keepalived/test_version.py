"""The version of a running keepalived, read from its binary, which is not run. From 2.3.3 on it takes adverts with
another address list."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from lvstui.director.vrrp.discards import TAKES_UNEQUAL
from lvstui.keepalived.binary import version_of
from lvstui.keepalived.process import words_of

pytestmark = pytest.mark.usefixtures("alone")

PIECE = 2**20
"""It is read in pieces of this size."""


def version_in(folder: Path, tail: bytes, name: str = "keepalived") -> tuple[int, ...]:
    """The version of a running program of that name that ends with these bytes."""
    program = folder / name
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with program.open("ab") as file:
        file.write(tail)
    with subprocess.Popen([program, "60"]) as process:
        try:
            until = time.monotonic() + 60
            while not words_of(process.pid) and time.monotonic() < until:
                time.sleep(0.01)
            return version_of(process.pid)
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("text", "version", "unequal"),
    [
        ("Keepalived v2.2.7 (01/16,2022)", (2, 2, 7), False),
        ("Keepalived v2.3.2 (11/03,2024)", (2, 3, 2), False),
        ("Keepalived v2.3.3 (03/30,2025)", (2, 3, 3), True),
        ("Keepalived v2.3.10", (2, 3, 10), True),
        ("Keepalived v1.3.9", (1, 3, 9), False),
        ("Keepalived vX.Y (of somebody's own)", (), False),
        ("Keepalived v2.99999.1", (), False),
    ],
)
def test_the_version_is_read_from_the_binary(
    tmp_path: Path, text: str, version: tuple[int, ...], unequal: bool
) -> None:
    found = version_in(tmp_path, b"\0" + text.encode() + b"\0")
    assert (found, found >= TAKES_UNEQUAL) == (version, unequal)


@pytest.mark.parametrize("before", range(0, 31, 3))
def test_the_version_is_found_across_two_blocks(tmp_path: Path, before: int) -> None:
    """No part of the words is lost between two reads of the binary."""
    size = Path(shutil.which("sleep") or "/bin/sleep").stat().st_size
    filler = b"\0" * (-(size + before) % PIECE)
    assert version_in(tmp_path, filler + b"Keepalived v2.3.3 (03/30,2025)\0") == (2, 3, 3)


def test_another_program_and_a_missing_one_have_no_version(tmp_path: Path) -> None:
    assert version_in(tmp_path, b"", "keepalived") == ()
    assert version_in(tmp_path, b"Keepalived v2.3.3\0", "keepalived_not") == ()
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert version_of(process.pid) == ()

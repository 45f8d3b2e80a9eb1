"""Directors that are bare Debians: the reader runs with the Python that each of them has, and leaves nothing there.
Only in `make soak`, because debootstrap fetches each of them once (build/bare)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui.director.source import Scope
from lvstui.remote import boot
from lvstui.remote.director import open_remote
from tests.remote.closure import ROOT, closure
from tests.remote.fake import ssh
from tests.remote.test_closure import IMPORTS

__all__ = ["ssh"]
SUITES = {"bullseye": "3.9.", "bookworm": "3.11.", "trixie": "3.13.", "sid": "3."}
"""Debian 11, 12, 13 and unstable, and how the version of their Python begins."""
INSIDE = 'mount -t proc none "$1/proc" && root=$1 && shift && exec chroot "$root" "$@"'

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LVSTUI_BARE"), reason="tried by make soak alone"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for chroot"),
    pytest.mark.skipif(
        shutil.which("debootstrap") is None, reason="debootstrap is not here: apt-get install debootstrap"
    ),
]


@pytest.fixture(scope="module", params=SUITES)
def debian(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """A Debian with its Python and nothing else, fetched if it is not there yet."""
    suite: str = request.param
    folder = ROOT / "build/bare" / f"{suite}-python"
    ready = folder.with_suffix(".ready")
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        words = ["debootstrap", "--variant=minbase", "--include=python3", suite, str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, done.stdout[-2000:]
        ready.touch()
    return suite, folder


def inside(folder: Path, *words: str) -> list[str]:
    """A command in a Debian, in a mount namespace that ends with it."""
    return ["unshare", "--mount", "sh", "-c", INSIDE, "sh", str(folder), *words]


def test_a_bare_debian_is_read_and_nothing_is_left_there(debian: tuple[str, Path], ssh: Callable[[str], None]) -> None:
    suite, folder = debian
    listed = ["find", f"{folder}/", "-xdev", "-printf", "%p %T@ %s\\n"]
    before = subprocess.run(listed, capture_output=True, check=True).stdout
    assert before.count(b"\n") > 1000
    ssh(f'exec {shlex.join(inside(folder, "sh", "-c"))} "$3"')
    remote = open_remote("lvs2")
    try:
        states = [remote.read(Scope(sweep=True, vrrp=True)) for _ in range(3)]
        weights = [{row.server.weight for pool in state.pools.values() for row in pool} for state in states]
        assert weights == [{1}, {2}, {3}] and states[2].vrrp.role == "MASTER"
        assert remote.hello is not None and remote.hello.sent
        assert remote.hello.python.startswith(SUITES[suite]), remote.hello
        print(suite, remote.hello.python)  # for whoever asks: pytest -s
    finally:
        remote.close()
    assert subprocess.run(listed, capture_output=True, check=True).stdout == before


def test_all_of_the_reader_is_loaded_in_a_bare_debian(debian: tuple[str, Path], tmp_path: Path) -> None:
    """Also what stands inside functions."""
    _, folder = debian
    code = (
        "import os,sys\nfile=os.memfd_create('reader')\nos.write(file,sys.stdin.buffer.read())\n"
        "sys.argv[1]='/proc/self/fd/%d'%file\n"
    )
    words = ["python3", "-I", "-S", "-c", code + IMPORTS, "", " ".join(sys.stdlib_module_names), *closure()]
    done = subprocess.run(
        inside(folder, *words), input=zlib.decompress(boot.archive()), capture_output=True, timeout=120
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"outside:\n")

"""What is sent to a director elsewhere: the standard library is enough for it, old Pythons run it, and it holds nothing
that could change a director."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zlib
from glob import glob
from pathlib import Path

import pytest

from lvstui.remote import boot
from lvstui.remote.carried import CARRIED
from tests.remote.closure import OPTIONAL, ROOT, WRITERS, closure, imported

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
IMPORTS = """\
import importlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
import lvstui.remote.reader
outside = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"lvstui", "__main__"}
print("outside:", *sorted(outside))
"""


def pythons() -> dict[str, str]:
    """The interpreters that are here, by version: the system's, pyenv's, those of GitHub's runners, and this one."""
    found = {"{}.{}".format(*sys.version_info): sys.executable}
    for version in VERSIONS:
        root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
        folders = sorted(glob(f"{root}/versions/{version}.*/bin"))  # none where we may not look
        cache = os.environ.get("RUNNER_TOOL_CACHE")
        folders += sorted(glob(f"{cache}/Python/{version}.*/*/bin")) if cache else []
        places = os.pathsep.join([*folders, "/usr/bin", "/usr/local/bin"])
        path = shutil.which(f"python{version}", path=places)
        if path is not None:
            found[version] = path
    return found


def test_everything_that_is_imported_is_sent_and_nothing_else() -> None:
    assert sorted(CARRIED) == sorted(str(path.relative_to(ROOT)) for path in closure().values())


def test_the_reader_has_nothing_that_changes_a_director() -> None:
    assert not {name.replace(".", "/") + ".py" for name in WRITERS} & set(CARRIED)
    # keepalived is asked for its dump by a signal: signalling.py is there.
    words = ("writer", "writing", "control", "restor", "journal")
    assert not [name for name in CARRIED if any(word in name for word in words)]
    needed = {name for path in closure().values() for name, loads in imported(path) if loads}
    assert not needed & WRITERS


def test_no_library_from_outside_is_needed() -> None:
    named = {name.split(".")[0] for path in closure().values() for name, _ in imported(path)}
    assert named - set(sys.stdlib_module_names) - {"lvstui"} <= OPTIONAL


def test_the_reader_has_the_syntax_of_the_oldest_python() -> None:
    for path in closure().values():
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=boot.OLDEST)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reader_is_loaded_from_the_archive_by_each_python(version: str, tmp_path: Path) -> None:
    """All of it, also what stands inside functions, with nothing installed beside."""
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"no python{version} is here")
    archive = tmp_path / "reader.zip"
    archive.write_bytes(zlib.decompress(boot.archive()))
    done = subprocess.run(
        [python, "-I", "-S", "-c", IMPORTS, str(archive), *closure()], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "outside:\n")

"""A HOME that the user may not enter, as sudo and setpriv leave it: what is in there counts as absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lvstui

NOBODY = 65534
USER = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
# What is loaded while root may come from a checkout that only root enters.
LOADS = """
import difflib, json, pwd
from lvstui import cli, places, sources
from types import SimpleNamespace
from lvstui.demo import world
from lvstui.director import remarks
from lvstui.director.errors import BadInput
from lvstui.formats import ipvsadm, json as _, rule_files, toml, toml_lines
from lvstui.store import drained, private, snapshots, command_history
from lvstui.verbs import address, disk, named_files, where
"""


def run(home: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Code of an ordinary user whose HOME is `home`."""
    script = f"{LOADS}{USER}assert not os.access({str(home)!r}, os.X_OK)\n{code}"
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(lvstui.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd="/", capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Root's, mode 0700."""
    if os.geteuid() != 0:
        pytest.skip("only root can become the user who may not look into a folder")
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print(*where.run())", "boot.toml  (not there)"),
        ("print(snapshots.Store(places.table_paths().snapshots).amiss() == '')", "True"),
        ("print(snapshots.Store(places.table_paths().snapshots).listed())", "[]"),
        ("print(drained.read(places.table_paths().folder))", "Memory(drains={}, complaint='')"),
        ("print(command_history.read(places.table_paths().folder))", "[]"),
    ],
)
def test_files_in_a_closed_home_count_as_absent(home: Path, code: str, words: str) -> None:
    done = run(home, code)
    assert done.returncode == 0 and words in done.stdout, done


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("address.DISTRIBUTIONS = (); address.to_read('@boot', places.table_paths())", "there is neither"),
        ("address.to_read('@1', places.table_paths())", "there is no such snapshot: none yet"),
        ("sources.world(SimpleNamespace(demo=os.environ['HOME'] + '/x'))", "no such file or world"),
    ],
)
def test_a_requested_file_in_a_closed_home_is_missing_in_one_line(home: Path, code: str, words: str) -> None:
    guarded = (
        f"from lvstui.director.errors import BadInput\ntry:\n    {code}\nexcept BadInput as error:\n    print(error)"
    )
    done = run(home, guarded)
    assert done.returncode == 0 and words in done.stdout, done


def test_a_folder_that_may_not_be_looked_into_has_no_worlds_and_no_examples(home: Path) -> None:
    """Before Python 3.14 a search by pattern raises an error there."""
    (home / "snapshots").mkdir()
    (home / "snapshots/a.toml").touch()
    lookups = ("sources.world(SimpleNamespace(demo='x'))", "print(disk.Disk(places.table_paths()).listed())")
    inside = f"places._shipped = places._package = lambda *_: {str(home / 'snapshots')!r}\n"
    shielded = "\n".join(f"try:\n    {line}\nexcept BadInput as error:\n    print(error)" for line in lookups)
    done = run(home, f"{inside}{shielded}")
    assert (done.stdout, done.stderr) == ("--demo x: no such file or world\n()\n", ""), done

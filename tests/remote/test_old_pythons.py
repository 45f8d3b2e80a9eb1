"""Pythons over there that are too old for the reader, real ones: the refusal names the version, and a newer one beside
is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui.director.errors import Unavailable
from lvstui.director.source import Scope
from lvstui.remote.director import open_remote
from tests.remote.fake import ssh
from tests.remote.interpreters import TOO_OLD, VERSIONS, pythons

__all__ = ["ssh"]
Ssh = Callable[[str], None]


def far(ssh: Ssh, folder: Path, **named: str) -> None:
    """A far side whose PATH has a shell and these Pythons, by the names that they have there."""
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    for name, path in named.items():
        (folder / name.replace("_", ".")).symlink_to(path)
    ssh(f'PATH={folder} exec /bin/sh -c "$3"')


def old(version: str) -> str:
    path = pythons(TOO_OLD).get(version)
    if path is None:
        pytest.skip(f"no python{version} is here")
    return path


@pytest.mark.parametrize("version", TOO_OLD)
def test_a_python_that_is_too_old_is_named(ssh: Ssh, version: str, tmp_path: Path) -> None:
    """Nothing of the reader is run by it: it is refused before that is sent."""
    far(ssh, tmp_path / "far", python3=old(version))
    with pytest.raises(Unavailable) as caught:
        open_remote("lvs2")
    words = "no Python 3.9 or later"
    assert f"Python: {words} is there (lvstui: {words} here: Python {version}." in caught.value.why
    assert caught.value.mend.startswith("install python3.9 or later there")


@pytest.mark.parametrize("version", TOO_OLD)
def test_a_newer_python_beside_an_old_one_is_found(ssh: Ssh, version: str, tmp_path: Path) -> None:
    newest = next(name for name in reversed(VERSIONS) if name in pythons())
    far(ssh, tmp_path / "far", python3=old(version), **{f"python{newest.replace('.', '_')}": pythons()[newest]})
    remote = open_remote("lvs2")
    try:
        assert remote.read(Scope(sweep=True)).host == "far"
        assert remote.hello is not None and remote.hello.python.startswith(f"{newest}.")
    finally:
        remote.close()


def test_a_far_side_without_any_python_says_so(ssh: Ssh, tmp_path: Path) -> None:
    far(ssh, tmp_path / "far")
    with pytest.raises(Unavailable) as caught:
        open_remote("lvs2")
    assert "no Python 3.9 or later here" in caught.value.why and "not found" in caught.value.why

"""The rule of trust for files: what an ordinary user could have written or put there."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lvstui import trust

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root can give a file to another user")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file below two folders that are ours alone."""
    for folder in (tmp_path / "a", tmp_path / "a/b"):
        folder.mkdir(mode=0o755)
    file = tmp_path / "a/b/file"
    file.write_text("")
    file.chmod(0o644)
    assert trust.flaw(str(file)) == ""
    return file


def test_a_file_that_anybody_may_write(place: Path) -> None:
    place.chmod(0o646)
    assert trust.flaw(str(place)) == f"{place} is writable by everybody (mode 0646)"


@pytest.mark.parametrize("above", [1, 2])
def test_a_folder_above_that_anybody_may_write(place: Path, above: int) -> None:
    folder = place.parents[above - 1]
    folder.chmod(0o757)
    assert trust.flaw(str(place)) == f"{folder} is writable by everybody (mode 0757)"
    folder.chmod(0o1777)  # nobody takes an entry of ours out of a sticky one
    assert trust.flaw(str(place)) == ""


def test_anybody_can_add_files_to_a_sticky_folder_that_is_read_itself(place: Path) -> None:
    place.parent.chmod(0o1777)
    assert "is writable by everybody" in trust.flaw(str(place.parent))


def test_a_link_is_followed_and_each_folder_on_its_way_is_checked(place: Path, tmp_path: Path) -> None:
    open_one = tmp_path / "open"
    open_one.mkdir()
    open_one.chmod(0o777)
    (open_one / "file").write_text("")
    (open_one / "file").chmod(0o644)
    for target in (str(open_one / "file"), "../../open/file", "./../../a/../open/file"):
        link = place.parent / "link"
        link.symlink_to(target)
        assert trust.flaw(str(link)) == f"{open_one} is writable by everybody (mode 0777)"
        link.unlink()
    (place.parent / "inner").symlink_to(place)
    assert trust.flaw(str(place.parent / "inner")) == ""


@pytest.mark.parametrize("name", ["-x", "+", "!", ".-", "..a"])
def test_a_folder_whose_name_sorts_beside_two_dots_is_checked_like_any_other(place: Path, name: str) -> None:
    folder = place.parent / name
    folder.mkdir()
    (folder / "file").write_text("")
    folder.chmod(0o777)
    assert trust.flaw(str(folder / "file")) == f"{folder} is writable by everybody (mode 0777)"


def test_two_dots_lead_up_to_the_root_and_no_further(place: Path) -> None:
    place.chmod(0o646)
    first = place.parts[1]
    for way in (f"/{first}/..{place}", f"/../..{place}"):
        link = place.parent / "up"
        link.symlink_to(way)
        assert trust.flaw(str(link)) == trust.flaw(way) == f"{place} is writable by everybody (mode 0646)"
        link.unlink()


def test_circular_links_are_an_error(place: Path) -> None:
    (place.parent / "one").symlink_to("two")
    (place.parent / "two").symlink_to("one")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        trust.flaw(str(place.parent / "one"))
    with pytest.raises(FileNotFoundError):
        trust.flaw(str(place.parent / "nothing"))


def test_a_group_with_an_ordinary_member(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.chmod(0o664)
    for ordinary in (False, True):
        monkeypatch.setattr(trust, "_ordinary", lambda group, root, ordinary=ordinary: ordinary)
        expected = f"{place} is writable by group {place.stat().st_gid}, which has ordinary members (mode 0664)"
        assert trust.flaw(str(place)) == (expected if ordinary else "")


def test_who_is_an_ordinary_member(tmp_path: Path) -> None:
    """By a root of its own: its users are looked at beside this machine's."""
    (tmp_path / "etc").mkdir()
    people = "root:x:0:0::/:\nops:x:987654:987654::/:\ntoor:x:0:987653::/:\n"
    (tmp_path / "etc/passwd").write_text(people)
    (tmp_path / "etc/group").write_text(
        "a:x:987650:\nb:x:987651:root,toor\nc:x:987652:root,ops\nd:x:987653:\nops:x:987654:\ne:x:987655:who\n"
    )
    found = [trust._ordinary(group, str(tmp_path)) for group in range(987650, 987656)]
    assert found == [False, False, True, False, True, True]
    assert not any(trust._ordinary(group, "/") for group in range(987650, 987656))
    # What is no number there makes nobody root, and does not stop us.
    (tmp_path / "etc/passwd").write_text(f"ops:x:\u00b2:987654::/:\nlong:x:{'1' * 5000}:0::/:\ntoor:x:0:987653::/:\n")
    assert [trust._ordinary(group, str(tmp_path)) for group in (987652, 987653)] == [True, False]


@only_root
@pytest.mark.parametrize("what", ["file", "folder", "file in a sticky folder", "link"])
def test_a_file_of_another_user(place: Path, what: str) -> None:
    if what == "link":
        place.unlink()
        place.symlink_to("/etc/passwd")
    if what == "file in a sticky folder":
        place.parent.chmod(0o1777)
    os.chown(place.parent if what == "folder" else place, 65534, 0, follow_symlinks=False)
    assert "65534" in trust.flaw(str(place))


def test_an_access_control_list_is_noticed(place: Path) -> None:
    """Its mask stands in the group's bits: a group without members says nothing then."""
    if shutil.which("setfacl") is None:
        pytest.skip("no setfacl: apt-get install acl")
    done = subprocess.run(["setfacl", "-m", "u:65534:rw", place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no access control lists here: {done.stderr.strip()}")
    assert trust.flaw(str(place)) == f"{place} is writable by those whom its access control list names (getfacl)"


def test_an_unreadable_access_control_list_is_not_taken_for_none(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.chmod(0o664)

    def refused(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "getxattr", refused)
    assert "access control list" in trust.flaw(str(place))


def test_all_four_ids_of_a_process_must_be_trusted() -> None:
    own = os.geteuid()
    assert trust.counts((0, 0, 0, 0)) and trust.counts((own,) * 4)
    other = own + 1000
    for ids in ((other, 0, 0, 0), (0, other, 0, 0), (0, 0, other, 0), (0, 0, 0, other), (other,) * 4):
        assert not trust.counts(ids)


def test_paths_of_a_process_with_another_root(place: Path, tmp_path: Path) -> None:
    """Below /proc/PID/root the links lead from there; above it nothing is looked at."""
    assert trust.flaw(f"/proc/{os.getpid()}/root{place}") == ""
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        place.chmod(0o666)
        assert trust.flaw(f"/proc/{os.getpid()}/cwd/a/b/file") == "/a/b/file is writable by everybody (mode 0666)"
    finally:
        os.chdir(here)

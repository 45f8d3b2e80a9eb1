"""Files that a user names: what another user put into a shared folder is refused, a pipe never hangs, and devices are
written into."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lvstui import opening
from lvstui.director.errors import BadInput, NotDone
from lvstui.formats.rule_files import read_rules
from lvstui.store.tape import TapeWriter, opened
from lvstui.store.whole import write_whole

STRANGER = 65534
ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can make what belongs to another user")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder as /tmp is, where nobody can take away what is another's."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def strangers_link(folder: Path, target: Path, name: str = "link") -> Path:
    link = folder / name
    link.symlink_to(target)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    return link


@as_root
@pytest.mark.parametrize("way", ["whole", "tape"])
def test_a_strangers_link_in_a_shared_folder_is_refused(tmp_path: Path, shared: Path, way: str) -> None:
    target = tmp_path / "shadow"
    target.write_text("secret")
    link = strangers_link(shared, target)
    with pytest.raises(NotDone) as caught:
        TapeWriter(link) if way == "tape" else write_whole(link, ["new"])
    assert "link that user 65534" in caught.value.why and "folder of your own" in caught.value.mend
    assert target.read_text() == "secret" and link.is_symlink()


@as_root
@pytest.mark.parametrize("way", ["whole", "tape"])
def test_a_strangers_link_on_the_way_is_refused(tmp_path: Path, shared: Path, way: str) -> None:
    (tmp_path / "etc").mkdir()
    link = strangers_link(shared, tmp_path / "etc")
    with pytest.raises(NotDone) as caught:
        TapeWriter(link / "new") if way == "tape" else write_whole(link / "new", ["new"])
    assert "link that user 65534" in caught.value.why
    assert list((tmp_path / "etc").iterdir()) == []


@as_root
def test_a_good_link_to_a_strangers_link_is_refused(tmp_path: Path, shared: Path) -> None:
    target = tmp_path / "shadow"
    target.write_text("secret")
    ours = tmp_path / "ours"
    ours.symlink_to(strangers_link(shared, target))
    with pytest.raises(NotDone, match="link that user 65534"):
        write_whole(ours, ["new"])
    assert target.read_text() == "secret"


@as_root
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_a_file_that_a_stranger_placed_in_a_shared_folder_is_not_written(shared: Path, kind: str) -> None:
    laid = shared / "laid"
    laid.write_text("theirs") if kind == "file" else os.mkfifo(laid)
    os.chown(laid, STRANGER, STRANGER)
    before = laid.lstat()
    for attempt in (lambda: write_whole(laid, ["new"]), lambda: TapeWriter(laid)):
        with pytest.raises(NotDone, match=f"is a {kind} that user 65534"):
            attempt()
    assert laid.lstat().st_ino == before.st_ino


@as_root
def test_links_that_the_kernel_follows_are_followed(tmp_path: Path, shared: Path) -> None:
    """Our own in a shared folder, those of the folder's owner, and anybody's in a folder that is not shared."""
    target = tmp_path / "target"
    (shared / "ours").symlink_to(target)
    write_whole(shared / "ours", ["1"])
    assert target.read_text() == "1"
    os.chown(shared, STRANGER, STRANGER)
    write_whole(strangers_link(shared, target), ["2"])
    assert target.read_text() == "2"
    private = tmp_path / "private"
    private.mkdir()
    write_whole(strangers_link(private, target), ["3"])
    assert target.read_text() == "3"


def test_paths_through_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "relative").symlink_to("a/../a/b")
    (tmp_path / "absolute").symlink_to(tmp_path / "relative")
    (tmp_path / "dangling").symlink_to("a/new")
    for path in ("absolute/x", "a/./b//y", "dangling"):
        write_whole(tmp_path / path, ["text"])
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {"x", "y"}
    assert (tmp_path / "a" / "new").read_text() == "text"
    monkeypatch.chdir(tmp_path / "a")
    write_whole(Path("here"), ["text"])
    write_whole(Path("../up"), ["text"])
    assert (tmp_path / "a" / "here").exists() and (tmp_path / "up").exists()
    (tmp_path / "loop").symlink_to("loop")
    for wrong, why in (
        ("loop", os.strerror(errno.ELOOP)),
        ("a", "directory"),
        ("none/x", "No such file"),
        ("up/x", "directory"),
    ):
        with pytest.raises(NotDone) as caught:
            write_whole(tmp_path / wrong, ["text"])
        assert why in caught.value.why


def test_a_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_whole(tmp_path / "a", ["text"])
        write_whole(tmp_path / "b", ["text"], 0o644)
        os.umask(0o777)
        write_whole(tmp_path / "c", ["text"])
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "abc"] == [0o600, 0o644, 0o600]


def test_a_pipe_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotDone, match="a pipe that nobody reads"):
        write_whole(tmp_path / "pipe", ["text"])
    assert (tmp_path / "pipe").is_fifo()
    with pytest.raises(BadInput, match="is not a file"):
        TapeWriter(tmp_path / "pipe")


def test_a_reader_that_does_not_read_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(NotDone, match="has taken nothing"):
        write_whole(tmp_path / "pipe", ["text" * 100_000])
    os.close(reader)


def test_a_pipe_with_a_reader_gets_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 120.0)
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "read").open("wb") as read, subprocess.Popen(["cat", tmp_path / "pipe"], stdout=read) as reader:
        writer = os.open(tmp_path / "pipe", os.O_WRONLY)  # waits until the reader is there
        write_whole(tmp_path / "pipe", ["text\n" * 100_000])
        os.close(writer)
        assert reader.wait() == 0
    assert (tmp_path / "read").read_bytes() == b"text\n" * 100_000


def test_a_device_is_written_into() -> None:
    before = os.stat("/dev/null")
    write_whole(Path("/dev/null"), ["text"])
    assert os.stat("/dev/null").st_ino == before.st_ino


SAVES = """
import sys
from pathlib import Path
from lvstui.store.whole import write_whole
write_whole(Path(sys.argv[1]), ["saved\\n"])
"""


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_file_is_written_at_its_present_position(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-c", SAVES, name]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"saved\n"
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        log.flush()
        subprocess.run(command, stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "before\nsaved\n"


def test_another_descriptor(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        subprocess.run([sys.executable, "-c", SAVES, f"/dev/fd/{log.fileno()}"], pass_fds=[log.fileno()], check=True)
    assert (tmp_path / "log").read_text() == "saved\n"


def test_a_pipe_without_a_writer_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    monkeypatch.setattr(opening, "SILENCE", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="nobody writes"):
        read_rules(str(tmp_path / "pipe"))
    with pytest.raises(BadInput, match="not a file"):
        opened(tmp_path / "pipe")
    silent = os.open(tmp_path / "pipe", os.O_RDWR)
    with pytest.raises(BadInput, match="silent"):
        read_rules(str(tmp_path / "pipe"))
    os.close(silent)


def test_a_pipe_is_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow writer that comes late is waited for; the shell's own pipes are read as ever."""
    monkeypatch.setattr(opening, "PATIENCE", 120.0)
    os.mkfifo(tmp_path / "pipe")
    lines = "".join(f"-A -f {mark} -s rr\n" for mark in range(1, 5000))

    def late() -> None:
        with (tmp_path / "pipe").open("w") as pipe:
            pipe.write(lines[:10])
            pipe.flush()
            pipe.write(lines[10:])

    writer = threading.Thread(target=late)
    writer.start()
    assert len(read_rules(str(tmp_path / "pipe")).rules.rules) == 4999
    writer.join()
    command = f"{sys.executable} -m lvstui --convert <(echo -A -f 7 -s rr) -"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "-A -f 7 -s rr\n", "")
    empty = subprocess.run(
        ["bash", "-c", command.replace("echo -A -f 7 -s rr", "true")], capture_output=True, text=True
    )
    assert (empty.returncode, empty.stdout) == (0, "")


def test_an_unreadable_folder_can_be_written_into(tmp_path: Path) -> None:
    """Writing needs no more than the right to write."""
    folder = tmp_path / "blind"
    folder.mkdir()
    folder.chmod(0o300)
    write_whole(folder / "a", ["text"])
    folder.chmod(0o700)
    assert (folder / "a").read_text() == "text"

"""Files are written whole or not at all, and the tables as they were are bounded in number."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.director.errors import NotDone
from lvstui.store.whole import write_whole


def test_a_failure_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    def fails() -> Iterator[str]:
        yield "new"
        raise RuntimeError

    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_whole(path, fails())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(tmp_path / "link", ["new"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_device_or_pipe_is_written_into(tmp_path: Path) -> None:
    write_whole(Path("/dev/null"), ["text"])
    assert not Path("/dev/null").is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, ["text"])
    assert os.read(reader, 10) == b"text"
    os.close(reader)


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(NotDone) as caught:
        write_whole(tmp_path, ["text"])
    assert "Is a directory" in caught.value.why

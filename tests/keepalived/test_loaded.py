"""The configuration of a running keepalived: read again when it was written, and as it was loaded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.keepalived.loaded import NOTHING, configured, loaded
from lvstui.keepalived.process import Parent
from tests.keepalived.conf import SERVICE


@pytest.fixture
def parent(tmp_path: Path) -> Parent:
    """This very process, taken for a keepalived."""
    config = tmp_path / "keepalived.conf"
    config.write_text(SERVICE)
    return Parent(os.getpid(), config)


@pytest.fixture
def copy() -> Iterator[int]:
    """A file in memory with the name that keepalived gives its own."""
    file = os.memfd_create("/keepalived/consolidated_configuration")
    yield file
    os.close(file)


def weights(meant: object) -> list[int]:
    rules = meant.rules.rules  # type: ignore[attr-defined]
    return [server.weight for entry in rules.values() for server in entry.servers.values()]


def test_it_is_read_again_only_when_it_was_written(parent: Parent) -> None:
    first = configured(parent)
    assert weights(first.meant) == [3]
    assert configured(parent, first) is first
    parent.config.write_text(SERVICE.replace("weight 3", "weight 14"))
    second = configured(parent, first)
    assert weights(second.meant) == [14]
    assert configured(parent, second) is second


def test_a_file_that_is_newly_included_is_noticed(parent: Parent) -> None:
    parent.config.write_text("include more/*.conf\n")
    (parent.config.parent / "more").mkdir()
    first = configured(parent)
    assert weights(first.meant) == []
    assert configured(parent, first) is first
    time.sleep(0.01)
    (parent.config.parent / "more" / "web.conf").write_text(SERVICE)
    assert weights(configured(parent, first).meant) == [3]


def test_a_broken_one_is_said_and_read_again_when_it_is_mended(parent: Parent) -> None:
    parent.config.unlink()
    gone = configured(parent)
    assert gone.meant is None
    assert "cannot be read" in gone.trouble
    parent.config.write_text(SERVICE)
    assert weights(configured(parent, gone).meant) == [3]


def test_what_was_loaded_is_told_by_the_copy_in_memory(parent: Parent, copy: int) -> None:
    os.write(copy, b"# /etc/keepalived/keepalived.conf\n" + SERVICE.encode())
    parent.config.write_text(SERVICE.replace("weight 3", "weight 14"))
    file = configured(parent)
    first = loaded(parent, file)
    assert weights(first.meant) == [3]
    assert loaded(parent, file, first) is first
    os.ftruncate(copy, 0)
    os.pwrite(copy, SERVICE.replace("weight 3", "weight 14").encode(), 0)
    assert weights(loaded(parent, file, first).meant) == [14]


def test_a_file_that_is_older_than_the_copy_is_what_was_loaded(parent: Parent, copy: int) -> None:
    """A large one is read once, then."""
    time.sleep(0.02)
    os.write(copy, b"of no interest\n")
    file = configured(parent)
    first = loaded(parent, file)
    assert first.meant is file.meant
    assert loaded(parent, file, first) is first


def test_without_a_copy_nothing_is_known_of_it(parent: Parent) -> None:
    file = configured(parent)
    assert loaded(parent, file) is NOTHING
    assert loaded(Parent(2**22 + 1, parent.config), file) is NOTHING

"""The configuration of a running keepalived: read again when it was written, and as it was loaded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.director.configured import Configured
from lvstui.keepalived import conf
from lvstui.keepalived.loaded import LOADS, NOTHING, configured, loaded, settling
from lvstui.keepalived.memory_copy import made_of
from lvstui.keepalived.process import Parent
from tests.keepalived.conf import SERVICE


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "keepalived.conf"
    path.write_text(SERVICE)
    return path


@pytest.fixture
def parent(config: Path) -> Parent:
    """This very process, taken for a keepalived."""
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


def test_the_configuration_is_read_again_only_after_a_change(parent: Parent, config: Path) -> None:
    first = configured(parent)
    assert weights(first.configured) == [3]
    assert configured(parent, first) is first
    config.write_text(SERVICE.replace("weight 3", "weight 14"))
    second = configured(parent, first)
    assert weights(second.configured) == [14]
    assert configured(parent, second) is second


def test_a_file_that_is_newly_included_is_noticed(parent: Parent, config: Path) -> None:
    config.write_text("include more/*.conf\n")
    (config.parent / "more").mkdir()
    os.utime(config.parent / "more", (1, 1))  # a clock's tick may be longer than this test
    first = configured(parent)
    assert weights(first.configured) == []
    assert configured(parent, first) is first
    (config.parent / "more" / "web.conf").write_text(SERVICE)
    assert weights(configured(parent, first).configured) == [3]


def test_a_broken_file_is_reported_and_read_again_when_it_is_fixed(parent: Parent, config: Path) -> None:
    config.unlink()
    gone = configured(parent)
    assert gone.configured is None
    assert "cannot be read" in gone.trouble
    config.write_text(SERVICE)
    assert weights(configured(parent, gone).configured) == [3]


def test_the_copy_in_memory_has_the_loaded_configuration(parent: Parent, config: Path, copy: int) -> None:
    os.write(copy, b"# /etc/keepalived/keepalived.conf\n" + SERVICE.encode())
    config.write_text(SERVICE.replace("weight 3", "weight 14"))
    file = configured(parent)
    first = loaded(parent, file)
    assert weights(first.configured) == [3]
    assert loaded(parent, file, first) is first
    os.ftruncate(copy, 0)
    os.pwrite(copy, SERVICE.replace("weight 3", "weight 14").encode(), 0)
    assert weights(loaded(parent, file, first).configured) == [14]


def test_a_file_that_changes_during_the_read_is_read_again(
    parent: Parent, config: Path, copy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keepalived that reloads empties its copy, and writes it: half of it never stands for the whole."""
    whole = b"# /etc/keepalived/keepalived.conf\n" + SERVICE.encode()
    os.write(copy, whole[:40])
    config.write_text(SERVICE)
    file = configured(parent)
    read = conf.read_config

    def late(name: str, config_id: str | None) -> Configured:
        found = read(name, config_id)
        if os.fstat(copy).st_size < len(whole):
            os.pwrite(copy, whole, 0)
        return found

    monkeypatch.setattr(conf, "read_config", late)
    first = loaded(parent, file)
    assert weights(first.configured) == [3]
    assert loaded(parent, file, first) is first
    os.ftruncate(copy, 0)
    second = loaded(parent, file, first)
    assert second.configured is first.configured and second.settles  # nothing is claimed meanwhile
    os.pwrite(copy, whole.replace(b"weight 3", b"weight 14"), 0)
    assert weights(loaded(parent, file, second).configured) == [14]


def test_a_copy_that_keeps_changing_is_read_at_the_next_look(
    parent: Parent, config: Path, copy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = conf.read_config

    def restless(name: str, config_id: str | None) -> Configured:
        os.pwrite(copy, b"#", 0)
        return read(name, config_id)

    os.write(copy, b"# /etc/keepalived/keepalived.conf\n" + SERVICE.encode())
    file = configured(parent)
    monkeypatch.setattr(conf, "read_config", restless)
    first = loaded(parent, file)
    monkeypatch.setattr(conf, "read_config", read)
    assert first.mark == () and first.settles and loaded(parent, file, first) is not first


def test_a_file_older_than_the_copy_is_the_loaded_one(parent: Parent, config: Path, copy: int) -> None:
    """A large one is read once, then."""
    os.write(copy, f"# {config}\nof no interest\n".encode())
    os.utime(copy, (time.time() + 1, time.time() + 1))  # a clock's tick may be longer than this test
    file = configured(parent)
    first = loaded(parent, file)
    assert first.configured is file.configured
    assert loaded(parent, file, first) is first


def test_without_a_copy_the_loaded_configuration_is_unknown(parent: Parent, config: Path) -> None:
    file = configured(parent)
    assert loaded(parent, file) is NOTHING
    assert loaded(Parent(2**22 + 1, config), file) is NOTHING


def test_a_file_from_which_the_copy_was_not_made_never_replaces_it(parent: Parent, copy: int, tmp_path: Path) -> None:
    """The usual file, say, where another build has another usual one."""
    other = tmp_path / "other.conf"
    other.write_text(SERVICE.replace("weight 3", "weight 14"))
    os.write(copy, f"# {other}\n{other.read_text()}".encode())
    os.utime(copy, (time.time() + 1, time.time() + 1))
    file = configured(parent)
    assert weights(file.configured) == [3]
    assert weights(loaded(parent, file).configured) == [14]


def test_without_a_known_file_only_the_copy_counts(copy: int) -> None:
    os.write(copy, SERVICE.encode())
    parent = Parent(os.getpid(), None, None, "which file it reads is not known: so it is")
    file = configured(parent)
    assert (file.name, file.configured, file.trouble) == ("", None, parent.trouble)
    assert weights(loaded(parent, file).configured) == [3]


@pytest.mark.parametrize("line", ["@left weight 9", "@^left weight 9", "weight ${_INSTANCE}"])
def test_an_id_that_is_not_known_is_not_guessed(copy: int, config: Path, line: str) -> None:
    config.write_text(SERVICE.replace("weight 3", f"weight 3\n{line}\n"))
    os.write(copy, config.read_bytes())
    parent = Parent(os.getpid(), config, None)
    file = configured(parent)
    read = loaded(parent, file)
    assert (file.configured, read.configured) == (None, None)
    assert "config-id" in file.trouble and "config-id" in read.trouble


def test_a_configuration_loaded_a_moment_ago_may_not_be_in_the_table_yet(
    parent: Parent, copy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.write(copy, SERVICE.encode())
    now = os.fstat(copy).st_mtime + 0.5
    monkeypatch.setattr(time, "time", lambda: now)  # a busy machine may take longer than LOADS for what follows
    assert 0 < settling(parent) <= LOADS
    assert 0 < loaded(parent, NOTHING).settles <= LOADS
    os.utime(copy, (time.time() - 60, time.time() - 60))
    assert settling(parent) == loaded(parent, NOTHING).settles == NOTHING.settles == 0


def test_a_pipe_is_not_a_copy_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert made_of(str(tmp_path / "pipe")) == ""
    (tmp_path / "copy").write_text("# /etc/keepalived/keepalived.conf\nglobal_defs {\n}\n")
    assert made_of(str(tmp_path / "copy")) == "/etc/keepalived/keepalived.conf"

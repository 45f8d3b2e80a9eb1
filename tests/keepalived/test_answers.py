"""keepalived's dump files: which are looked for, which are accepted, and when they are complete."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import trust
from lvstui.director.errors import NotDone
from lvstui.keepalived.conf.globals import ReportFiles, read_answers
from lvstui.keepalived.dump.dump_files import DumpFolders, lines, place, whole, written

NOW = "keepalived.data"


def there(folder: Path) -> DumpFolders:
    return DumpFolders((folder,), folder)


def taken(folder: Path, patience: float = 0.5) -> str:
    return whole(there(folder), NOW, time.time() - 600, lines, patience)[1]


def test_a_young_file_is_used(tmp_path: Path) -> None:
    (tmp_path / NOW).write_text("a\n")
    assert taken(tmp_path, 120.0) == "a\n"
    assert written(there(tmp_path), NOW) == (tmp_path / NOW).stat().st_mtime


def test_an_old_file_is_not_used(tmp_path: Path) -> None:
    (tmp_path / NOW).write_text("a\n")
    os.utime(tmp_path / NOW, (1, 1))
    with pytest.raises(TimeoutError):
        taken(tmp_path)


def test_a_file_from_the_future_says_nothing_about_the_last_request(tmp_path: Path) -> None:
    """The clock was set back since: nobody may have to wait for it to come round again."""
    (tmp_path / NOW).write_text("a\n")
    os.utime(tmp_path / NOW, (time.time() + 3600,) * 2)
    assert written(there(tmp_path), NOW) == 0.0


def test_no_link_is_followed_and_no_pipe_waited_on(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("a\n")
    plants: list[Callable[[Path], None]] = [lambda path: path.symlink_to("elsewhere"), os.mkfifo, Path.mkdir]
    for plant in plants:
        plant(tmp_path / NOW)
        with pytest.raises(TimeoutError):
            taken(tmp_path)
        assert written(there(tmp_path), NOW) == 0.0
        (tmp_path / NOW).rename(tmp_path / f"was{len(os.listdir(tmp_path))}")


def test_a_file_that_another_user_may_have_written_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another's; one that anybody may write; and a second name of a file that is another's or root's."""
    file = tmp_path / NOW
    file.write_text("a\n")

    def refused() -> None:
        with pytest.raises(TimeoutError):
            whole(there(tmp_path), NOW, 0.0, lines, 0.2)
        assert written(there(tmp_path), NOW) == 0.0

    file.chmod(0o666)
    refused()
    file.chmod(0o644)
    (tmp_path / "other").hardlink_to(file)
    refused()
    (tmp_path / "other").unlink()
    assert taken(tmp_path) == "a\n"
    monkeypatch.setattr(trust, "users", lambda: frozenset((os.geteuid() + 1,)))
    refused()


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """As keepalived does it: renamed into place, then written piece by piece."""
    pieces = [f"line {n}\n" * 50 for n in range(20)]

    def write() -> None:
        with (tmp_path / NOW).open("w") as stream:
            for piece in pieces:
                stream.write(piece[: len(piece) // 2])
                stream.flush()
                time.sleep(0.02)
                stream.write(piece[len(piece) // 2 :])

    writer = threading.Thread(target=write)
    writer.start()
    found = taken(tmp_path, 120.0)
    writer.join()
    assert found == "".join(pieces)


def test_a_file_that_stays_incomplete_is_reported(tmp_path: Path) -> None:
    (tmp_path / NOW).write_text("a\nb")
    with pytest.raises(NotDone, match="cut short"):
        taken(tmp_path)
    (tmp_path / "keepalived.json").write_text('[{"data": {')
    with pytest.raises(NotDone, match="cut short"):
        whole(there(tmp_path), "keepalived.json", 0.0, json.loads, 0.3)


def test_a_process_that_has_ended() -> None:
    with pytest.raises(NotDone, match="is gone"):
        place(2**22 + 1)


@pytest.mark.parametrize(
    ("text", "answers", "data", "check"),
    [
        ("", ReportFiles(), "keepalived.data", "keepalived_check.data"),
        ("global_defs {\n enable_dbus\n}\n", ReportFiles(dbus=True), "keepalived.data", "keepalived_check.data"),
        (
            "net_namespace blue\ninstance one\nglobal_defs {\n data_use_instance\n}\n",
            ReportFiles(suffix=".blue_one"),
            "keepalived.blue_one.data",
            "keepalived_check.blue_one.data",
        ),
        (
            "instance one\nglobal_defs {\n data_use_instance yes\n state_dump_file /var/lib/ka/\n}\n",
            ReportFiles(file="/var/lib/ka/", suffix=".one"),
            "/var/lib/ka/keepalived.one.data",
            "/var/lib/ka/keepalived_check.one.data",
        ),
        (
            "instance one\nglobal_defs {\n data_use_instance no\n state_dump_file /run/state.txt\n"
            " dbus_service_name a.b\n}\n",
            ReportFiles(service="a.b", file="/run/state.txt"),
            "/run/state.txt",
            "/run/state_check.txt",
        ),
        ("global_defs {\n state_dump_file state\n}\n", ReportFiles(file="state"), "state", "state_check"),
    ],
)
def test_the_way_of_asking_follows_from_the_configuration(
    tmp_path: Path, text: str, answers: ReportFiles, data: str, check: str
) -> None:
    (tmp_path / "keepalived.conf").write_text(text)
    found = read_answers(tmp_path / "keepalived.conf")
    assert found == answers
    assert (found.data(), found.data("_check")) == (data, check)

"""--metrics FILE: kept whole, in a folder that may be another user's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lvstui import trust
from lvstui.director.errors import NotDone, Unavailable
from lvstui.verbs import metrics
from lvstui.verbs.verb import Verb
from tests.verbs.fake import done

UP = "lvstui_up 1\n"


def keep(file: Path, text: str = UP) -> None:
    def verb() -> Verb:
        yield text
        return 0

    code, said, _ = done(metrics.into(str(file), verb()))
    assert (code, said) == (0, "")


@pytest.mark.parametrize("laid", ["nothing", "file", "link", "dangling link", "pipe", "link to a pipe"])
def test_metrics_are_written_to_a_new_file_whatever_was_there_before(laid: str, tmp_path: Path) -> None:
    """What root keeps there must not be written through a link."""
    folder, victim = tmp_path / "collector", tmp_path / "victim"
    folder.mkdir()
    file = folder / "lvstui.prom"
    victim.write_text("as it was")
    match laid:
        case "file":
            file.write_text("old")
        case "link":
            file.symlink_to(victim)
        case "dangling link":
            file.symlink_to(tmp_path / "made")
        case "pipe":
            os.mkfifo(file)
        case "link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            file.symlink_to(tmp_path / "pipe")
    keep(file)
    assert victim.read_text() == "as it was" and not (tmp_path / "made").exists()
    assert stat.S_ISREG(file.lstat().st_mode) and stat.S_IMODE(file.stat().st_mode) == 0o644
    assert file.read_text() == UP and [path.name for path in folder.iterdir()] == ["lvstui.prom"]


def test_metrics_go_through_a_link_to_the_folder_only_if_it_is_roots_or_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "collector").symlink_to("disk")
    keep(tmp_path / "collector/lvstui.prom")
    assert (tmp_path / "disk/lvstui.prom").read_text() == UP
    monkeypatch.setattr(trust, "users", lambda: frozenset((os.geteuid() + 1,)))
    with pytest.raises(NotDone, match=f"collector is a link of user {os.geteuid()}"):
        keep(tmp_path / "collector/lvstui.prom", "other")
    assert (tmp_path / "disk/lvstui.prom").read_text() == UP


def test_metrics_of_an_unreadable_table_are_written_too(tmp_path: Path) -> None:
    file = tmp_path / "lvstui.prom"
    with pytest.raises(Unavailable):
        done(metrics.into(str(file), metrics.absent(Unavailable("IPVS", "no ip_vs"))))
    assert file.read_text().endswith("\nlvstui_up 0\n")
    with pytest.raises(NotDone, match="cannot be written"):
        keep(tmp_path / "none/lvstui.prom")


def test_no_control_character_is_written(tmp_path: Path) -> None:
    keep(tmp_path / "lvstui.prom", "a\x1b[2Jb\nc\n")
    assert (tmp_path / "lvstui.prom").read_text() == "a?[2Jb\nc\n"

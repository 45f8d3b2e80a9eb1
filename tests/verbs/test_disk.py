"""What the console keeps on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import BadInput, NotDone, Unavailable
from lvstui.director.source import EVERYTHING
from lvstui.places import TablePaths
from lvstui.store.snapshots import Store
from lvstui.verbs import address
from lvstui.verbs.disk import Disk
from lvstui.views.snapshots import BEFORE, EXAMPLE, NAMED
from tests.verbs.fake import Fake


def kept_in(folder: Path) -> TablePaths:
    return TablePaths(folder, folder / "run", "this boot")


WEB = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"


def test_save_keep_list_and_load(tmp_path: Path) -> None:
    disk = Disk(kept_in(tmp_path / "state"))
    assert {one.kind for one in disk.listed()} == {EXAMPLE}
    assert all(one.path.parent.name == "snapshots" and not one.own for one in disk.listed())
    state = Fake(WEB).read(EVERYTHING)
    disk.save(state, disk.folder / "mine.toml")
    disk.save(state, tmp_path / "plain.rules")
    assert (tmp_path / "plain.rules").read_text() == WEB
    kept = Store(disk.folder).keep(BEFORE, 1.0, [])
    (tmp_path / "state" / "audit.jsonl").write_text("")  # what else is kept there is no snapshot
    found = list(disk.listed())
    assert [(one.path, one.kind, one.own) for one in found[:2]] == [
        (disk.folder / "mine.toml", NAMED, True),
        (kept, BEFORE, True),
    ]
    assert {one.kind for one in found[2:]} == {EXAMPLE}
    rules, remarks = disk.load(disk.folder / "mine.toml")
    assert (len(rules.rules), remarks) == (1, [])
    (tmp_path / "odd.rules").write_text("  # odd\n")
    assert disk.load(tmp_path / "odd.rules")[1][0].endswith("read as a comment")


def test_only_our_own_are_deleted(tmp_path: Path) -> None:
    disk = Disk(kept_in(tmp_path / "state"))
    disk.save(Fake(WEB).read(EVERYTHING), disk.folder / "mine.toml")
    disk.remove(disk.folder / "mine.toml")
    assert not (disk.folder / "mine.toml").exists()
    with pytest.raises(NotDone, match="cannot be deleted: No such file"):
        disk.remove(disk.folder / "mine.toml")
    example = disk.listed()[-1].path
    with pytest.raises(NotDone, match="not in the folder"):
        disk.remove(example)
    assert example.exists()


def test_failures_of_the_disk_are_reported(tmp_path: Path) -> None:
    fake = Fake(WEB)
    state = fake.read(EVERYTHING)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDone):
        disk = Disk(kept_in(tmp_path / "file"))
        disk.save(state, disk.folder / "a.toml")
    with pytest.raises(BadInput):
        disk.load(tmp_path / "none")
    poor = state._replace(unknown=frozenset({"flags"}))
    with pytest.raises(Unavailable):
        Disk(kept_in(tmp_path)).save(poor, tmp_path / "a")


def test_a_distributions_own_rules__the_output_says_what_the_machine_does_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, switch = tmp_path / "ipvsadm.rules", tmp_path / "ipvsadm"
    rules.write_text(WEB)
    switch.write_text('AUTO="false"\n')
    found = address.Distribution(str(rules), str(switch), "AUTO=", "Debian's ipvsadm")
    monkeypatch.setattr(address, "DISTRIBUTIONS", (found,))
    loaded, remarks = Disk(kept_in(tmp_path / "state")).load(rules)
    assert len(loaded.rules) == 1
    assert any("Debian's ipvsadm does not load it at the start" in remark for remark in remarks)

"""The snapshot store: names that say what a file is, @N and @name, and how many are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lvstui.director.errors import BadInput, NotDone
from lvstui.formats import json, toml
from lvstui.formats.contents import Header, contents_of
from lvstui.formats.rule_files import parse
from lvstui.store.snapshots import APART, AUTOMATIC, BEFORE, NAMED, SnapshotHead, Store, glance

NOW = 1795402386.0
WEB = (
    "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 3\n"
)


def test_the_name_of_a_snapshot_has_its_kind_and_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "er")
    first = store.keep(AUTOMATIC, NOW, ["text"])
    assert first.name == "auto-20261123T025306Z.toml" and first.stat().st_mode & 0o777 == 0o600
    second = store.keep(BEFORE, NOW + 60, ["text"])
    own = store.named("friday")
    own.write_text("")
    os.utime(own, (NOW + 30, NOW + 30))
    (store.folder / ".friday.toml.tmp").write_text("")
    (store.folder / "folder.toml").mkdir()
    os.utime(second, (1, 1))  # its name is what counts
    assert [(one.path, one.kind, one.taken) for one in store.listed()] == [
        (second, BEFORE, NOW + 60),
        (own, NAMED, NOW + 30),
        (first, AUTOMATIC, NOW),
    ]


def test_two_in_one_second_and_a_clock_set_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    paths = [store.keep(AUTOMATIC, NOW, [str(number)]) for number in range(3)]
    assert len(set(paths)) == 3 and [path.read_text() for path in paths] == ["0", "1", "2"]
    assert not store.due(NOW + 1) and store.due(NOW + APART)
    assert store.due(NOW - 3600)
    assert Store(tmp_path / "none").due(NOW)


def test_only_automatic_snapshots_are_deleted_automatically(tmp_path: Path) -> None:
    store = Store(tmp_path, most=5)
    store.named("mine").write_text("")
    os.utime(store.named("mine"), (1, 1))
    made = [store.keep(BEFORE if n % 2 else AUTOMATIC, NOW + n // 2, ["text"]) for n in range(12)]
    assert {path for path in made if path.exists()} == set(made[-5:])
    assert store.named("mine").exists()
    back = store.keep(AUTOMATIC, NOW - 9999, ["text"])  # the new one stays, whatever the clock says
    assert back.exists() and len(store.listed()) == 6


def test_after_the_clock_was_set_back_new_snapshots_are_not_deleted_first(tmp_path: Path) -> None:
    """Where a clock was days ahead, the table from before a restore was deleted with the next automatic snapshot."""
    store = Store(tmp_path, most=3)
    ahead = [store.keep(AUTOMATIC, NOW + 2 * 86400 + n * APART, ["text"]) for n in range(3)]
    made = [store.keep(BEFORE if n == 0 else AUTOMATIC, NOW + n * APART, ["text"]) for n in range(3)]
    assert [path.exists() for path in made] == [True, True, True]
    assert [path.exists() for path in ahead] == [False, False, False]
    slightly = [store.keep(AUTOMATIC, NOW + n, ["text"]) for n in (1990, 1980)]
    assert all(path.exists() for path in slightly) and made[2].exists() and not made[1].exists()


def test_names_that_mean_a_stored_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(BadInput, match="none yet"):
        store.address("@1")
    first, second = store.keep(AUTOMATIC, NOW, []), store.keep(BEFORE, NOW + 60, [])
    store.named("friday").write_text("")
    os.utime(store.named("friday"), (NOW - 60, NOW - 60))
    assert [store.address(f"@{n}") for n in (1, 2, 3)] == [second, first, store.named("friday")]
    assert store.address("@friday") == store.address("@friday.toml") == tmp_path / "friday.toml"
    assert store.address("@" + first.stem) == first
    for wrong, why in (
        ("@0", "@1 to @3"),
        ("@4", "@1 to @3"),
        ("@fridai", "did you mean friday?"),
        ("@", "of this name"),
    ):
        with pytest.raises(BadInput) as caught:
            store.address(wrong)
        assert why in f"{caught.value.why} {caught.value.mend}"


@pytest.mark.parametrize("name", ["", "7", "../x", "a/b", ".x", "a b", "x" * 101, "auto-20261123T025306Z.toml", "é"])
def test_impossible_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        Store(tmp_path).named(name)


def test_only_stored_snapshots_can_be_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path = store.keep(AUTOMATIC, NOW, [])
    store.remove(path)
    for other in (path, tmp_path / "x"):
        with pytest.raises(NotDone):
            store.remove(other)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDone):
        Store(tmp_path / "file").keep(AUTOMATIC, NOW, [])
    assert list(Store(tmp_path / "file").listed()) == []


def test_counting_snapshots_reads_none(tmp_path: Path) -> None:
    rules = parse(WEB, "ipvsadm").rules
    path = tmp_path / "a.toml"
    path.write_text("".join(toml.write(contents_of(rules, Header("lvs1", NOW, "6.1")))))
    assert glance(path) == SnapshotHead("lvs1", 1, 2)
    path.write_text("".join(toml.write(contents_of(rules))))
    assert glance(path) == SnapshotHead("", 1, 2)
    (tmp_path / "a.json").write_text("".join(json.write(contents_of(rules))))
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    for other in ("a.json", "b.toml", "none"):
        assert glance(tmp_path / other) is None

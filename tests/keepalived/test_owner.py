"""Who else writes the table, told from processes as /proc shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from lvstui.keepalived.process import Found, Parent, look

Processes = list[tuple[str, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is taken for /proc."""
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    psutil.process_iter.cache_clear()
    yield tmp_path
    psutil.process_iter.cache_clear()


def proc(folder: Path, processes: Processes, namespace: str = "ours") -> Path:
    """/proc with processes (number, parent, name) in one network namespace."""
    (folder / "stat").write_text("btime 0\n")
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/net").write_text("ours")
    (folder / "self/ns/uts").write_text("ours")
    other = folder / "other"
    other.write_text("")
    for number, parent, name in [("1", "0", "init"), *processes]:
        (folder / number / "ns").mkdir(parents=True)
        (folder / number / "cmdline").write_bytes(f"{name}\0-f\0/etc/{number}.conf\0".encode())
        (folder / number / "stat").write_text(f"{number} ({name}) S {parent} " + "0 " * 48)
        target = folder / "self/ns/net" if namespace == "ours" else other
        (folder / number / "ns/net").hardlink_to(target)
        (folder / number / "ns/uts").hardlink_to(folder / "self/ns/uts")
    return folder


def parent(pid: int) -> Parent:
    return Parent(pid, Path(f"/etc/{pid}.conf"))


@pytest.mark.parametrize(
    ("processes", "found"),
    [
        ([], Found(False)),
        ([("10", "1", "bash"), ("11", "1", "keepaliv")], Found(False)),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived")], Found(True, parent(10))),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived")],
         Found(True, parent(10), "keepalived")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived_lvs")], Found(True, parent(10), "keepalived")),
        ([("10", "1", "ldirectord")], Found(False, owner="ldirectord")),
        ([("10", "1", "kube-proxy")], Found(False)),
        ([("10", "1", "kube-router")], Found(False, owner="kube-router")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "1", "ldirectord")],
         Found(True, parent(10), "ldirectord")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("20", "1", "keepalived"),
          ("21", "20", "keepalived"), ("22", "20", "keepalived")], Found(True, parent(20), "keepalived")),
    ],
)  # fmt: skip
def test_who_owns_the_table(processes: Processes, found: Found, folder: Path) -> None:
    proc(folder, processes)
    assert look() == found


@pytest.mark.parametrize(("written", "status"), [("11", None), ("3", "Name:\tkeepalived\nNSpid:\t11\t3\n")])
def test_a_checker_alone_is_told_by_its_pid_file(written: str, status: str | None, folder: Path) -> None:
    """By the number that it has in its own process namespace."""
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived")])
    (folder / "10/root/run").mkdir(parents=True)
    (folder / "10/root/run/checkers.pid").write_text(f"{written}\n")
    if status is not None:
        (folder / "11/status").write_text(status)
    found = look()
    assert (found.owner, found.parent is not None and found.parent.pid) == ("keepalived", 10)


@pytest.mark.parametrize(
    ("option", "children", "owner"),
    [("-C", 1, "keepalived"), ("-nlC", 1, "keepalived"), ("--check", 1, "keepalived"), ("-P", 2, ""), ("-lPn", 2, "")],
)
def test_one_that_was_told_to_do_only_one_thing(option: str, children: int, owner: str, folder: Path) -> None:
    """-P: its second child is BFD."""
    proc(folder, [("10", "1", "keepalived"), *((str(11 + n), "10", "keepalived") for n in range(children))])
    (folder / "10/cmdline").write_bytes(f"keepalived\0{option}\0".encode())
    assert look().owner == owner


def test_a_checker_whose_parent_is_in_another_namespace(folder: Path) -> None:
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived")])
    (folder / "10/ns/net").unlink()
    (folder / "10/ns/net").hardlink_to(folder / "other")
    assert look() == Found(True, None, "keepalived")


def test_kube_proxy_in_its_ipvs_mode(folder: Path) -> None:
    proc(folder, [("10", "1", "kube-proxy")])
    (folder / "sys/net/ipv4/conf/kube-ipvs0").mkdir(parents=True)
    assert look() == Found(False, owner="kube-proxy")


def test_another_namespace_is_another_table(folder: Path) -> None:
    proc(folder, [("10", "1", "ldirectord")], "theirs")
    assert look() == Found(False)


def test_processes_that_end_while_they_are_looked_at(folder: Path) -> None:
    proc(folder, [("10", "1", "ldirectord")])
    (folder / "12").mkdir()
    assert look() == Found(False, owner="ldirectord")
    (folder / "self/ns/net").unlink()
    assert look() == Found(None, owner=None)


@pytest.mark.parametrize(("name", "running"), [("keepalived", None), ("ldirectord", False), ("bash", False)])
def test_one_that_may_not_be_looked_into(
    name: str, running: bool | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc(folder, [("10", "1", name)])
    known = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        if path == folder / "10/ns/net":
            raise PermissionError
        return known(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert look() == Found(running, None, "" if name == "bash" else None)


def test_the_config_id_of_one_with_a_host_name_of_its_own_is_not_known(folder: Path) -> None:
    """Unless it was given one. A container, say."""
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived_lvs")])
    (folder / "10/ns/uts").unlink()
    (folder / "10/ns/uts").write_text("another")
    found = look().parent
    assert found is not None and (found.config, found.config_id) == (Path("/etc/10.conf"), None)
    (folder / "10/cmdline").write_bytes(b"keepalived\0-i\0left\0")
    found = look().parent
    assert found is not None and found.config_id == "left"

"""Who else writes the table, told from processes as /proc shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.keepalived.owner import Keepers, look

Processes = list[tuple[str, str, str]]


def proc(folder: Path, processes: Processes, namespace: str = "ours") -> Path:
    """/proc with processes (number, parent, name) in one network namespace."""
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/net").write_text("ours")
    other = folder / "other"
    other.write_text("")
    for number, parent, name in processes:
        (folder / number / "ns").mkdir(parents=True)
        (folder / number / "comm").write_text(f"{name}\n")
        (folder / number / "stat").write_text(f"{number} ({name} ) x) S {parent} 1 1 0\n")
        target = folder / "self/ns/net" if namespace == "ours" else other
        (folder / number / "ns/net").hardlink_to(target)
    return folder


@pytest.mark.parametrize(
    ("processes", "found"),
    [
        ([], Keepers()),
        ([("10", "1", "bash"), ("11", "1", "keepaliv")], Keepers()),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived")], Keepers("", True)),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived")],
         Keepers("keepalived", True)),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived_lvs")], Keepers("keepalived", True)),
        ([("10", "1", "ldirectord")], Keepers("ldirectord")),
        ([("10", "1", "kube-proxy")], Keepers()),
        ([("10", "1", "kube-router")], Keepers("kube-router")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "1", "ldirectord")],
         Keepers("ldirectord", True)),
    ],
)  # fmt: skip
def test_who_owns_the_table(processes: Processes, found: Keepers, tmp_path: Path) -> None:
    assert look(proc(tmp_path, processes)) == found


def test_kube_proxy_in_its_ipvs_mode(tmp_path: Path) -> None:
    folder = proc(tmp_path, [("10", "1", "kube-proxy")])
    (folder / "sys/net/ipv4/conf/kube-ipvs0").mkdir(parents=True)
    assert look(folder) == Keepers("kube-proxy")


def test_another_namespace_is_another_table(tmp_path: Path) -> None:
    assert look(proc(tmp_path, [("10", "1", "ldirectord")], "theirs")) == Keepers()


def test_processes_that_end_while_they_are_looked_at(tmp_path: Path) -> None:
    folder = proc(tmp_path, [("10", "1", "ldirectord")])
    (folder / "12").mkdir()
    assert look(folder) == Keepers("ldirectord")
    assert look(tmp_path / "nowhere") == Keepers()

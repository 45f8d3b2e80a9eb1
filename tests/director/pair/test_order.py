"""The order in which directors are changed: the backup of a pair comes first; others keep their place."""

from __future__ import annotations

import pytest

from lvstui.director.pair.change_order import ordered
from lvstui.director.state import Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, VirtualAddress


def vrrp(role: str, vrid: int = 0, address: str = "192.0.2.1", keepalived: bool | None = True) -> Vrrp:
    packed = bytes(map(int, address.split("."))) if address else b""
    addresses = (VirtualAddress(packed, 32, "eth1"),) if packed else ()
    one = InstanceStatus(Instance("VI", role, vrid=vrid, addresses=addresses), role)
    return Vrrp(role, keepalived=keepalived, instances=(one,) if vrid else ())


def test_the_backup_comes_first_within_each_pair() -> None:
    told = {
        "a1": vrrp("MASTER", 51),
        "alone": vrrp("", keepalived=False),
        "b1": vrrp("BACKUP", 51, "192.0.2.9"),  # the same number in another network
        "a2": vrrp("BACKUP", 51),
        "b2": vrrp("MASTER", 51, "192.0.2.9"),
    }
    found = ordered(list(told), told)
    assert found.why == "" and found.hosts == ("a2", "alone", "b1", "a1", "b2")
    assert found.pairs == (("a1", "a2"), ("b1", "b2"))


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        (vrrp("MASTER", 51), vrrp("MASTER", 51), "a and b are both MASTER"),
        (vrrp("MASTER", 51), vrrp("MASTER", 51, ""), "a and b are both MASTER"),
        (vrrp("MASTER"), vrrp("MASTER"), "a and b are both MASTER"),
        (vrrp("MASTER", 51), vrrp("", 51), "the role of b is not known"),
        (vrrp("MASTER", 51), vrrp(""), "the role of b is not known"),
        (vrrp("BACKUP", 51), vrrp("FAULT", 51), "neither of a and b is MASTER"),
        (vrrp("PARTIAL", 51), vrrp("BACKUP", 51), "the role of a is PARTIAL"),
    ],
)
def test_reasons_against_an_order(one: Vrrp, two: Vrrp, why: str) -> None:
    assert ordered(["a", "b"], {"a": one, "b": two}).why == why


def test_two_directors_that_are_not_a_pair() -> None:
    told = {"a": vrrp("MASTER", 51), "b": vrrp("BACKUP", 52)}
    assert ordered(["a", "b"], told).hosts == ("a", "b") and not ordered(["a", "b"], told).why
    assert ordered(["a", "b"], told, pair=True).why == "a and b share no VRID"
    alone = {"a": vrrp("", keepalived=False), "b": vrrp("", keepalived=False)}
    assert not ordered(["a", "b"], alone).why
    assert ordered(["a", "b"], alone, pair=True).why == "the role of a and b is not known"


def test_a_director_in_fault_counts_as_backup() -> None:
    told = {"a": vrrp("MASTER", 51), "b": vrrp("FAULT", 51)}
    assert ordered(["a", "b"], told, pair=True).hosts == ("b", "a")

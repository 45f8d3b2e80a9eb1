"""The VRRP role according to the addresses."""

from __future__ import annotations

import pytest

from lvstui.director.model import address_packed, service_key
from lvstui.director.state import Vrrp
from lvstui.director.vrrp.instances import virtual_addresses
from lvstui.director.vrrp.role import role

ONE, TWO, SIX = map(address_packed, ("192.0.2.1", "192.0.2.2", "2001:db8::1"))
ELSE = address_packed("10.0.0.1")


@pytest.mark.parametrize("keepalived", [True, False, None])
def test_a_director_with_the_addresses_is_master_whatever_runs(keepalived: bool | None) -> None:
    assert role((ONE, SIX), {ONE, SIX, ELSE}, keepalived) == Vrrp("MASTER", ("192.0.2.1", "2001:db8::1"), keepalived)
    assert role((ONE, TWO), {TWO, ELSE}, keepalived) == Vrrp("PARTIAL", ("192.0.2.2",), keepalived)


def test_a_director_without_them_is_backup_only_if_keepalived_runs() -> None:
    assert role((ONE, TWO), {ELSE}, True) == Vrrp("BACKUP", (), True)
    assert role((ONE, TWO), {ELSE}, False) == Vrrp("", (), False)
    assert role((ONE, TWO), {ELSE}, None) == Vrrp("", (), None)


def test_without_virtual_addresses_there_is_no_role() -> None:
    assert role((), {ELSE}, True) == Vrrp("", (), True)


def test_virtual_addresses_are_listed_once_in_order() -> None:
    keys = [
        service_key(6, "2001:db8::1", 80),
        service_key(6, "192.0.2.2", 80),
        service_key(fwmark=7),
        service_key(17, "192.0.2.1", 53),
        service_key(6, "192.0.2.1", 80),
    ]
    assert virtual_addresses(keys) == (ONE, TWO, SIX)

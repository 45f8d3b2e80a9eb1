"""The instances of a configuration: on which interface each address is put. tests/lab/test_vmacs.py has the
daemon judge the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.model import address_text
from lvstui.keepalived.conf.instances import read_instances
from lvstui.keepalived.dump.instances import address

CASES = Path(__file__).parents[1] / "lab" / "vrrp"


def places(path: Path) -> dict[str, tuple[str, str]]:
    return {
        address_text(one.address): (one.device, one.below)
        for instance in read_instances(path, "lvs1")
        for one in instance.carried
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("vmac-dotted-name", {"10.9.0.100": ("vmac.web", "eth1")}),
        ("vmac-one-address", {"10.8.0.100": ("vrrp.51", "eth2")}),
        ("vmac-own-device", {"10.9.0.100": ("vrrp.51", "eth1")}),
    ],
)
def test_an_address_is_on_the_interface_that_keepalived_uses(name: str, found: dict[str, tuple[str, str]]) -> None:
    assert places(CASES / f"{name}.conf") == found


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("", {"192.0.2.1": "eth1", "192.0.2.2": "eth2", "2001:db8::1": "eth1"}),
        ("use_vmac", {"192.0.2.1": "vrrp.51", "192.0.2.2": "eth2", "2001:db8::1": "eth1"}),
        ("use_vmac 02:00:00:00:00:01 web.0", {"192.0.2.1": "web.0", "192.0.2.2": "eth2", "2001:db8::1": "eth1"}),
        ("use_vmac_addr", {"192.0.2.1": "eth1", "192.0.2.2": "vrrp.51", "2001:db8::1": "vrrp6.51"}),
        ("use_ipvlan private ipv.0 192.0.2.9/24", {"192.0.2.1": "eth1", "192.0.2.2": "eth2", "2001:db8::1": "eth1"}),
    ],
)
def test_excluded_addresses(tmp_path: Path, use: str, found: dict[str, str]) -> None:
    """One of the other family is not carried by the VMAC, nor is one on another interface; among those that are
    announced one of the other family is passed over."""
    path = tmp_path / "keepalived.conf"
    path.write_text(
        f"""vrrp_instance VI {{
    interface eth1
    virtual_router_id 51
    {use}
    virtual_ipaddress {{
        192.0.2.1/24
        2001:db8::9/64
    }}
    virtual_ipaddress_excluded {{
        192.0.2.2/24 dev eth2
        2001:db8::1/64
    }}
}}
"""
    )
    assert {one: device for one, (device, _) in places(path).items()} == found


def test_names_of_vmacs_are_unique(tmp_path: Path) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text(
        "".join(
            f"vrrp_instance VI_{n} {{\ninterface eth{n}\nvirtual_router_id 7\nuse_vmac {name}\n"
            f"virtual_ipaddress {{\n {found}\n }}\n}}\n"
            for n, name, found in (
                (1, "", "192.0.2.1"),
                (2, "", "2001:db8::1"),
                (3, "vrrp1.7", ""),
                (4, "", "192.0.2.4"),
            )
        )
    )
    assert [one.vmac for one in read_instances(path, "lvs1")] == ["vrrp.7", "vrrp6.7", "vrrp1.7", "vrrp2.7"]


def test_a_dump_names_the_vmac_and_the_interface_below() -> None:
    found = address("10.8.0.100/24 dev vrrp.51@eth2 use_vmac scope global set", "eth1")
    assert found is not None and found[1:] == (24, "vrrp.51", "eth2")
    plain = address("10.8.0.100/24 dev eth2 scope global", "eth1")
    assert plain is not None and plain[1:] == (24, "eth2", "")

"""Virtual addresses on VMACs and ipvlans: they are looked for where the real keepalived puts them, so a master is
shown as master and a backup as backup; by configuration and addresses alone, and by dumps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.lab.cluster import DIRECTORS, Cluster, configuration
from tests.lab.test_failover import reconfigure
from tests.lab.watching import WAYS, Record, Watching, watching
from tests.sampling import some

CASES = Path(__file__).parent / "vrrp"
STEADY = 6.0
"""Seconds for which nothing may change once it stands: longer than an advert takes to be missed, and than two reads."""

INSTANCE = """
vrrp_instance VI_1 {
  interface eth1
  virtual_router_id 51
  priority 100
  LINES
}
"""
IPVLAN = INSTANCE.replace(
    "LINES", "use_ipvlan ipv.web 192.168.80.15NUMBER/24\n  virtual_ipaddress { 192.168.80.220/24 }"
)
EXCLUDED = INSTANCE.replace(
    "LINES",
    """USE
  virtual_ipaddress {
    192.168.80.220/24
    2001:db8::78
  }
  virtual_ipaddress_excluded {
    2001:db8::77/64
    192.168.80.221/24 dev eth1
    192.168.80.222/24 dev eth2
  }""",
)


def case(name: str) -> str:
    return (CASES / f"{name}.conf").read_text()


# Each address with the interface that keepalived 2.2.7 put it on.
KINDS = {
    "a name with a dot": (case("vmac-dotted-name"), {"10.9.0.100": "vmac.web"}),
    "one address": (case("vmac-one-address"), {"10.8.0.100": "vrrp.51"}),
    "the instance's own device": (case("vmac-own-device"), {"10.9.0.100": "vrrp.51"}),
    "ipvlan": (IPVLAN, {"192.168.80.220": "eth1"}),
    "excluded, on a VMAC": (
        EXCLUDED.replace("USE", "use_vmac"),
        {"192.168.80.220": "vrrp.51", "2001:db8::77": "eth1", "192.168.80.221": "vrrp.51", "192.168.80.222": "eth2"},
    ),
    "excluded, each on a VMAC": (
        EXCLUDED.replace("USE", "use_vmac\n  use_vmac_addr"),
        {
            "192.168.80.220": "vrrp.51",
            "2001:db8::77": "vrrp6.51",
            "192.168.80.221": "vrrp.51",
            "192.168.80.222": "vrrp1.51",
        },
    ),
}


@pytest.fixture(scope="module")
def watch(_cluster: Cluster) -> Iterator[Watching]:
    """Both directors with a second interface, watched; their keepalived ends and starts with each kind."""
    cluster = _cluster
    cluster.heal()
    for name in DIRECTORS:
        cluster.lab.run(["ip", "-batch", "-"], netns=name, stdin="link add eth2 type dummy\nlink set eth2 up\n").ok()
    with watching(cluster) as found:
        yield found
    for name in DIRECTORS:
        if cluster.up(name):
            cluster.stop_keepalived(name)
        cluster.lab.run(["ip", "link", "del", "eth2"], netns=name).ok()
        reconfigure(cluster, name, configuration(name))
    cluster.heal()


def started(watch: Watching, text: str) -> None:
    """Both directors with this configuration, lvs2 with less priority."""
    for name in DIRECTORS:
        if watch.cluster.up(name):
            watch.cluster.stop_keepalived(name)
        own = text.replace("NUMBER", name[-1])
        reconfigure(watch.cluster, name, own if name == "lvs1" else own.replace("priority 100", "priority 90"))
    for name in DIRECTORS:
        watch.cluster.start_keepalived(name)


def on(watch: Watching, address: str) -> str:
    """The interface of lvs1 that has an address, as the kernel says."""
    lines = watch.cluster.lab.run(["ip", "-o", "addr"], netns="lvs1").ok().splitlines()
    return next((line.split()[1] for line in lines if f" {address}/" in line), "")


def well(state: str, source: str, known: Record) -> bool:
    stands = known["role"], known["states"], known["findings"], known["source"]
    return stands == (state, {"VI_1": state}, [], source) and len(known["masters"]["VI_1"]) == 1


@pytest.mark.parametrize("kind", some(KINDS, 2))
def test_a_master_on_a_vmac_is_called_master(watch: Watching, kind: str) -> None:
    text, places = KINDS[kind]
    started(watch, text)
    watch.steady(
        f"{kind}: a master and a backup, and nothing is wrong",
        {
            (name, way): partial(well, state, source)
            for name, state in (("lvs1", "MASTER"), ("lvs2", "BACKUP"))
            for way, source in zip(WAYS, ("configuration", "dump"), strict=True)
        },
        STEADY,
    )
    assert {address: on(watch, address) for address in places} == places
    for way in WAYS:
        assert set(watch.now("lvs1", way)["held"]) == set(places)
        facts = watch.now("lvs1", way)["facts"]["VI_1"]
        said = {
            words.partition("/")[0]: words.split(" dev ")[1]
            for what, words in facts
            if what in ("virtual address", "excluded address")
        }
        assert said == {address: f"{place}   on the interface" for address, place in places.items()}, (way, said)

"""Two directors of a healthy pair, as their States are, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lvstui.director.configured import Configured
from lvstui.director.facts import INTERFACE_SWITCHES, Facts
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    server_key,
    service_key,
)
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    Vrrp,
)
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, Receiving, VirtualAddress

WEB, SHOP = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 443)
ONE, TWO = (Server(server_key(f"10.0.0.{number}", 80), weight=3) for number in (1, 2))
VIP = VirtualAddress(bytes((192, 0, 2, 1)), 32, "eth1")
ADDRESSES = bytes((10, 0, 0, 251)), bytes((10, 0, 0, 252))

Tables = Mapping[ServiceKey, Sequence[Server]]


def meant(tables: Tables) -> Configured:
    """A keepalived.conf that has these, each server with a check by TCP."""
    entries = {key: Entry(Service(key, "wrr"), {one.key: one for one in servers}) for key, servers in tables.items()}
    checked = {(key, one.key): ("TCP_CHECK",) for key, servers in tables.items() for one in servers}
    return Configured(RuleSet(entries), [], checked=checked)


BOTH: Tables = {WEB: (ONE, TWO), SHOP: (ONE, TWO)}
MEANT = meant(BOTH)


def instance(state: str, priority: int, **others: object) -> InstanceStatus:
    """VRID 51 with one address."""
    one = Instance(
        *("VI_1", state, 1.0, "eth1", 51, 4, 2, priority, priority),
        addresses=(VIP,),
        receives=Receiving("PASS", b"veiled"),
    )
    held = state == "MASTER"
    return InstanceStatus(one._replace(**others), state, (held,), True, (), (), 1.0, ("eth1" if held else "",))  # type: ignore[arg-type]


def table(tables: Tables, services: Iterable[Service] = ()) -> dict[str, object]:
    """The fields of a State whose table this is."""
    rules = {key: Service(key, "wrr") for key in tables} | {one.key: one for one in services}
    return {
        "services": ServiceRows([ServiceReading(one, Counters(), Rates()) for one in rules.values()]),
        "pools": {
            key: PoolRows(10.0, [ServerReading(one, 0, 0, 0, Counters(), Rates()) for one in servers])
            for key, servers in tables.items()
        },
    }


def director(master: bool) -> State:
    """One of the two, of which everything is known."""
    role, priority, number = ("MASTER", 100, 0) if master else ("BACKUP", 99, 1)
    state = State(
        at=10.0,
        taken=1000.0,
        host=f"lvs{number + 1}",
        swept=10.0,
        timeouts=Timeouts(900, 120, 300),
        sync=(SyncDaemon("master" if master else "backup", "eth1", 51),),
        vrrp=Vrrp(role, ("192.0.2.1",) if master else (), True, (instance(role, priority),), "dump", 999.0),
        kernel="6.12.0",
        owner="keepalived",
        schedulers=("lc", "rr", "wlc", "wrr"),
        sysctls={"conntrack": 0, "sloppy_tcp": 0, "sync_qlen_max": 1000 + number},
        version="1.2.1",
        table_size=4096,
        keeping=KeepalivedState("/etc/keepalived/keepalived.conf", MEANT, MEANT, version="2.2.7"),
        facts=Facts(
            1000.0,
            {
                "net.ipv4.ip_forward": 1,
                "net.ipv6.conf.all.forwarding": 0,
                "net.netfilter.nf_conntrack_count": number,
                "net.netfilter.nf_conntrack_max": 65536,
                "MemTotal": 10**9 + number,
                **{f"net.ipv4.conf.{name}.{switch}": 0 for name in ("all", "eth1") for switch in INTERFACE_SWITCHES},
            },
            addresses={ADDRESSES[number]: "eth1"},
        ),
    )
    return state._replace(**table(BOTH))  # type: ignore[arg-type]


MASTER, BACKUP = director(True), director(False)

assert BACKUP.facts is not None
FAULTY = BACKUP._replace(
    **table({WEB: (ONE,)}),  # type: ignore[arg-type]
    vrrp=BACKUP.vrrp._replace(instances=(instance("BACKUP", 100, addresses=()),)),
    sysctls={**BACKUP.sysctls, "sloppy_tcp": 1},
    facts=BACKUP.facts._replace(numbers={**BACKUP.facts.numbers, "net.ipv4.ip_forward": 0}),
    sync=(SyncDaemon("backup", "eth1", 52),),
    timeouts=None,
)
"""The other with much that is wrong: a service is missing, a server is out, the address is missing, priorities are
equal, forwarding is off, another syncid, and timeouts that nobody knows."""

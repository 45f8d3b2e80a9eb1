"""Two directors compared: each possible difference is named, and a healthy pair has none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Forward, Server, Service, SyncDaemon, Timeouts, server_key
from lvstui.director.pair.compare import Compared, compared
from lvstui.director.pair.point import AMISS, DIFFERS, EQUAL, EXPECTED, UNKNOWN, Point, Side
from lvstui.director.pair.takeover import DirectorNames, takeover
from lvstui.director.serving import tallied
from lvstui.director.state import NO_POOLS, NO_SYSCTLS, State, Vrrp
from lvstui.director.vrrp.instances import Receiving, Tracked, VirtualAddress
from tests.director.pair.made import BACKUP, BOTH, MASTER, MEANT, ONE, SHOP, TWO, WEB, instance, meant, table
from tests.memory import MemoryDirector
from tests.strategies import pairs

SECOND = VirtualAddress(bytes((192, 0, 2, 2)), 32, "eth1")
NAMES = DirectorNames("lvs1", "lvs2")
ROLES = ("MASTER", "BACKUP")
WEBS = "tcp 192.0.2.1:80"


def of(other: State, this: State = MASTER, skew: float | None = 0.0) -> Compared:
    return compared(Side(this), Side(other), skew)


def tabled(*args: Any) -> State:
    return BACKUP._replace(**table(*args))  # type: ignore[arg-type]


def vrrp(state: str = "BACKUP", priority: int = 99, up: bool = True, **others: object) -> State:
    standing = instance(state, priority, **others)._replace(up=up)
    return BACKUP._replace(vrrp=BACKUP.vrrp._replace(instances=(standing,)))


def numbers(**others: int | None) -> State:
    """Some numbers are others, or (None) not known."""
    assert BACKUP.facts is not None
    given = {name.replace("__", "."): value for name, value in others.items()}
    known = {name: value for name, value in {**BACKUP.facts.numbers, **given}.items() if value is not None}
    return BACKUP._replace(facts=BACKUP.facts._replace(numbers=known))


def keeps(configuration: Configured, loaded: Configured | None = None, version: str = "2.2.7") -> State:
    keeping = KeepalivedState("keepalived.conf", configuration, loaded or configuration, version=version)
    return BACKUP._replace(keeping=keeping)


def test_a_healthy_pair_has_no_difference_and_only_the_password_is_unknown() -> None:
    found = of(BACKUP)
    assert found.points == () and found.differences == ()
    told = takeover(found, NAMES, ROLES)
    assert told.text == "if lvs2 took over now: equal" and told.equal and not told.grave


def test_expected_differences_are_shown_only_on_request() -> None:
    found = compared(Side(MASTER), Side(BACKUP), 0.0, whole=True)
    expected = {(point.about, point.what) for point in found.points if point.standing == EXPECTED}
    assert expected == {
        ("VRID 51", "priority"),
        ("VRID 51", "state"),
        ("net.ipv4.vs.sync_qlen_max", "switch"),
        ("sync daemons", "roles"),
    }
    assert not found.differences and not found.unknown
    weights = [point for point in found.points if point.kind == "weight"]
    assert [(one.of, one.about, one.this, one.other) for one in weights[:1]] == [(WEBS, "10.0.0.1:80", "3", "3")]
    assert {one.standing for one in weights} == {EQUAL} and len(weights) == 4


ROUTED = ONE._replace(forward=Forward.MASQ)
HEAVY = ONE._replace(weight=5)
SHORT = meant({WEB: (ONE, TWO), SHOP: (ONE,)})
HTTP = MEANT._replace(checked={**MEANT.checked, (WEB, ONE.key): ("HTTP_GET",)})

FAULTS: dict[str, tuple[State, Point]] = {
    "a service that is missing": (
        tabled({WEB: (ONE, TWO)})._replace(keeping=None, owner=""),
        Point("service", "tcp 192.0.2.1:443", "service", "wrr, 2 servers", "missing", DIFFERS, "other"),
    ),
    "a service that is configured and not there": (
        tabled({WEB: (ONE, TWO)}),
        Point("service", "tcp 192.0.2.1:443", "service", "wrr, 2 servers", "only configured", DIFFERS,
              "other"),
    ),
    "a server that is missing": (
        tabled({WEB: (ONE,), SHOP: (ONE, TWO)})._replace(keeping=None, owner=""),
        Point("server", "10.0.0.2:80", "server", "weight 3", "missing", DIFFERS, "other", WEBS),
    ),
    "a server that is missing, or failed its check": (
        tabled({WEB: (ONE,), SHOP: (ONE, TWO)})._replace(keeping=None),
        Point("server", "10.0.0.2:80", "server", "weight 3", "missing or failed", DIFFERS, "other", WEBS),
    ),
    "a server that fails its check on one alone": (
        tabled({WEB: (ONE,), SHOP: (ONE, TWO)}),
        Point("check", "10.0.0.2:80", "check", "weight 3", "out by check or hand", DIFFERS, "other", WEBS),
    ),
    "a server more": (
        tabled({WEB: (ONE, TWO, Server(server_key("10.0.0.3", 80))), SHOP: (ONE, TWO)}),
        Point("server", "10.0.0.3:80", "server", "missing", "weight 1", DIFFERS, "this", WEBS),
    ),
    "another way to forward": (
        tabled({WEB: (ROUTED, TWO), SHOP: (ONE, TWO)}),
        Point("rule", "10.0.0.1:80", "forward", "route", "masq", of=WEBS),
    ),
    "another scheduler": (
        tabled(BOTH, (Service(WEB, "lc"),)),
        Point("rule", WEBS, "scheduler", "wrr", "lc"),
    ),
    "another persistence": (
        tabled(BOTH, (Service(WEB, "wrr", persistence=300),)),
        Point("rule", WEBS, "persistence", "none", "300"),
    ),
    "scheduler flags": (
        tabled(BOTH, (Service(WEB, "wrr", flags=1),)),
        Point("rule", WEBS, "flags", "none", "flag-1"),
    ),
    "a weight of the table alone": (
        tabled({WEB: (HEAVY, TWO), SHOP: (ONE, TWO)}),
        Point("weight", "10.0.0.1:80", "weight", "3", "5", of=WEBS),
    ),
    "a drain on one alone": (
        tabled({WEB: (ONE._replace(weight=0), TWO), SHOP: (ONE, TWO)}),
        Point("weight", "10.0.0.1:80", "weight", "3", "0", of=WEBS),
    ),
    "a weight that is configured so": (
        tabled({WEB: (HEAVY, TWO), SHOP: (ONE, TWO)})._replace(
            keeping=keeps(meant({WEB: (HEAVY, TWO), SHOP: (ONE, TWO)})).keeping
        ),
        Point("weight", "10.0.0.1:80", "weight, configured", "3", "5", of=WEBS),
    ),
    "an address more": (
        vrrp(addresses=(instance("BACKUP", 99).instance.addresses[0], SECOND)),
        Point("vrrp", "192.0.2.2", "address", "missing", "announced /32", DIFFERS, "this", "VRID 51"),
    ),
    "no address": (
        vrrp(addresses=()),
        Point("vrrp", "192.0.2.1", "address", "announced /32", "missing", DIFFERS, "other", "VRID 51"),
    ),
    "an address that is excluded": (
        vrrp(addresses=(), excluded=(instance("BACKUP", 99).instance.addresses[0],)),
        Point("vrrp", "192.0.2.1", "address", "announced /32", "excluded /32", of="VRID 51"),
    ),
    "an interface that is down": (
        vrrp(up=False),
        Point("vrrp", "VRID 51", "interface", "eth1 up", "eth1 down", DIFFERS, "other"),
    ),
    "another VRID": (vrrp(vrid=52), Point("vrrp", "VI_1", "VRID", "51", "52")),
    "another interval": (vrrp(advert=2.0), Point("vrrp", "VRID 51", "advert_int", "1 s", "2 s")),
    "another version": (vrrp(version=3), Point("vrrp", "VRID 51", "version", "VRRP 2", "VRRP 3")),
    "no password": (vrrp(receives=Receiving()), Point("vrrp", "VRID 51", "auth_type", "PASS", "none")),
    "unicast": (
        vrrp(peers=("10.0.0.251",)),
        Point("vrrp", "VRID 51", "sent by", "multicast", "unicast"),
    ),
    "equal priorities": (
        vrrp(priority=100),
        Point("vrrp", "VRID 51", "equal priorities", "100", "100", AMISS),
    ),
    "two masters": (vrrp("MASTER"), Point("vrrp", "VRID 51", "state", "MASTER", "MASTER", AMISS)),
    "an instance that is missing": (
        BACKUP._replace(vrrp=BACKUP.vrrp._replace(instances=())),
        Point("vrrp", "VI_1", "instance", "VRID 51, 1 address", "missing", DIFFERS, "other"),
    ),
    "no keepalived": (
        BACKUP._replace(vrrp=Vrrp("", (), False)),
        Point("vrrp", "keepalived", "process", "runs", "does not run", DIFFERS, "other"),
    ),
    "a scheduler that cannot be loaded": (
        keeps(MEANT)._replace(schedulers=("rr",), **table({})),  # type: ignore[arg-type]
        Point("module", "ip_vs_wrr", "scheduler", "there", "missing", DIFFERS, "other"),
    ),
    "no forwarding": (
        numbers(net__ipv4__ip_forward=0),
        Point("switch", "net.ipv4.ip_forward", "switch", "1", "0", DIFFERS, "other"),
    ),
    "a smaller table of connection tracking": (
        numbers(net__netfilter__nf_conntrack_max=1024),
        Point("switch", "net.netfilter.nf_conntrack_max", "switch", "65536", "1024"),
    ),
    "a switch of IPVS": (
        BACKUP._replace(sysctls={**BACKUP.sysctls, "sloppy_tcp": 1}),
        Point("switch", "net.ipv4.vs.sloppy_tcp", "switch", "0", "1"),
    ),
    "a smaller table": (
        BACKUP._replace(table_size=256),
        Point("switch", "conn_tab_bits", "rows of the table", "4096", "256"),
    ),
    "no sync daemon": (
        BACKUP._replace(sync=()),
        Point("sync", "sync daemons", "daemons", "master", "none", DIFFERS, "other"),
    ),
    "another syncid": (
        BACKUP._replace(sync=(SyncDaemon("backup", "eth1", 52),)),
        Point("sync", "sync daemons", "syncid", "51", "52", AMISS),
    ),
    "a sync daemon whose interface is down": (
        BACKUP._replace(links={"eth1": False}),
        Point("sync", "sync daemons", "interface", "eth1", "eth1 down", AMISS),
    ),
    "another group": (
        BACKUP._replace(sync=(SyncDaemon("backup", "eth1", 51, group="224.0.0.82"),)),
        Point("sync", "sync daemons", "group and port", "224.0.0.81:8848", "224.0.0.82:8848", AMISS),
    ),
    "two that tell, and none that hears": (
        BACKUP._replace(sync=(SyncDaemon("master", "eth1", 51),)),
        Point("sync", "sync daemons", "roles", "master", "master", AMISS),
    ),
    "another check": (
        keeps(HTTP),
        Point("file", "10.0.0.1:80", "checks", "TCP_CHECK", "HTTP_GET", of=WEBS),
    ),
    "another quorum": (
        keeps(MEANT._replace(quorum={WEB: 2})),
        Point("file", WEBS, "quorum", "1", "2"),
    ),
    "a sorry server": (
        keeps(MEANT._replace(sorry={WEB: Server(server_key("10.0.0.9", 80))})),
        Point("file", WEBS, "sorry server", "none", "10.0.0.9:80"),
    ),
    "a file that is newer than what runs": (
        keeps(SHORT, MEANT),
        Point("file", "keepalived.conf", "file", "as it runs", "newer than what runs", AMISS),
    ),
    "an interface that answers fewer ARP requests": (
        numbers(net__ipv4__conf__eth1__arp_ignore=1),
        Point("switch", "eth1", "arp_ignore", "0", "1"),
    ),
    "a machine that answers fewer ARP requests": (
        numbers(net__ipv4__conf__all__arp_ignore=1),
        Point("switch", "net.ipv4.conf.all.arp_ignore", "switch", "0", "1"),
    ),
    "another keepalived": (
        BACKUP._replace(keeping=BACKUP.keeping._replace(version="2.3.4") if BACKUP.keeping is not None else None),
        Point("version", "keepalived", "version", "2.2.7", "2.3.4"),
    ),
    "another kernel": (BACKUP._replace(kernel="6.1.0"), Point("version", "kernel", "release", "6.12.0", "6.1.0")),
    "other timeouts": (
        BACKUP._replace(timeouts=Timeouts(300, 120, 300)),
        Point("clock", "timeouts", "tcp", "900 s", "300 s"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_only_the_fault_of_the_other_director_is_named(fault: str) -> None:
    other, wanted = FAULTS[fault]
    found = of(other)
    assert wanted in found.points, found.points
    follows = {"a scheduler that cannot be loaded": {"service"}}.get(fault, set())
    assert {point.kind for point in found.differences} <= {wanted.kind, *follows}, found.differences
    assert not takeover(found, NAMES, ROLES).equal
    mirrored = compared(Side(other), Side(MASTER), 0.0)
    assert mirrored.points == found.mirrored.points


def test_a_clock_that_is_ahead() -> None:
    assert of(BACKUP, skew=0.9).points == ()
    assert of(BACKUP, skew=3.25).points == (Point("clock", "clock", "skew", "3.2 s behind", "3.2 s ahead"),)


def test_a_server_that_failed_on_both_is_not_a_difference() -> None:
    """Nor is it one that the one takes a failed server out and the other has not looked yet whether by hand."""
    without = table({WEB: (ONE,), SHOP: (ONE, TWO)})
    both = [state._replace(**without) for state in (MASTER, BACKUP)]  # type: ignore[arg-type]
    assert of(both[1], both[0]).points == ()


def test_reported_checks_show_which_check_failed() -> None:
    checked = tuple(
        CheckedServer(one.key, 3, 3, one is ONE, one is ONE, False, (Checker("TCP_CHECK", one is ONE, True),))
        for one in (ONE, TWO)
    )
    checks = {WEB: CheckedService(WEB, 1, True, None, checked)}
    keeping = KeepalivedState("", MEANT, MEANT, checks, 1001.0, version="2.2.7")
    other = tabled({WEB: (ONE,), SHOP: (ONE, TWO)})._replace(keeping=keeping)
    found = compared(Side(MASTER), Side(other, tallied(other)), 0.0)
    assert found.points == (
        Point("check", "10.0.0.2:80", "check", "weight 3", "down by TCP_CHECK", DIFFERS, "other", WEBS),
    )
    assert takeover(found, NAMES, ROLES).text == "if lvs2 took over now: 1 server cannot be reached from lvs2"


@pytest.mark.parametrize(
    ("tracked", "crosses"),
    [
        ((), True),
        ((Tracked("script", "works", -10),), True),
        ((Tracked("script", "works", -1),), False),
        ((Tracked("script", "works", 10),), False),
        ((Tracked("script", "works", 10), Tracked("script", "more", -3)), True),
        ((Tracked("script", "one", -1), Tracked("script", "two", -1)), True),
    ],
)
def test_priorities_that_can_never_cross(tracked: tuple[Tracked, ...], crosses: bool) -> None:
    """A script's failure that leaves the master above the backup moves no role: 99 is equal to 99, and 110 less 10 is
    above it."""
    master = MASTER._replace(vrrp=MASTER.vrrp._replace(instances=(instance("MASTER", 100, tracked=tracked),)))
    said = [point.what for point in of(BACKUP, master).differences]
    assert said == ([] if crosses else ["priorities never cross"])


UNREAD: dict[str, tuple[State, set[str]]] = {
    "keepalived": (BACKUP._replace(keeping=None), {"keepalived.conf"}),
    "VRRP": (BACKUP._replace(vrrp=Vrrp(keepalived=None)), {"VRRP"}),
    "switches": (BACKUP._replace(sysctls=NO_SYSCTLS, facts=None, table_size=0), {"net.ipv4.vs", "conn_tab_bits",
                 "ip_forward and the like"}),
    "sync daemons": (BACKUP._replace(sync=None, timeouts=None), {"sync daemons", "timeouts"}),
    "pools": (BACKUP._replace(pools=NO_POOLS), {WEBS, "tcp 192.0.2.1:443"}),
    "versions": (BACKUP._replace(kernel="", version=""), {"kernel", "IPVS"}),
    "the version of keepalived": (keeps(MEANT, version=""), {"keepalived"}),
    "switches of an interface": (numbers(net__ipv4__conf__eth1__rp_filter=None), {"eth1"}),
    "a password": (vrrp(receives=Receiving("PASS", b"another")), {"VRID 51"}),
    "what an instance receives": (vrrp(receives=None), {"VRID 51"}),
    "what /proc does not tell": (BACKUP._replace(unknown=frozenset({"flags"})), {"every service"}),
    "interfaces": (BACKUP._replace(vrrp=BACKUP.vrrp._replace(held=None)), {"VRID 51"}),
    "schedulers": (keeps(meant({**BOTH, SHOP: (ONE, TWO)}))._replace(schedulers=()), set()),
}  # fmt: skip


@pytest.mark.parametrize("lacking", UNREAD)
def test_unknown_values_are_neither_equal_nor_different(lacking: str) -> None:
    other, wanted = UNREAD[lacking]
    found = of(other)
    assert {point.about for point in found.unknown} == wanted
    assert found.differences == ()
    assert all(point.standing == UNKNOWN for point in found.points)
    told = takeover(found, NAMES, ROLES).text
    assert told == "if lvs2 took over now: equal" if not wanted else "not known" in told
    # Not even where it would differ from what is known there.
    assert compared(Side(other), Side(MASTER), 0.0).points == found.mirrored.points


def test_a_scheduler_that_may_be_missing() -> None:
    """One that is in use is there, whoever cannot list them; one that is not in use may be there or not."""
    other = keeps(MEANT)._replace(schedulers=(), **table({}))  # type: ignore[arg-type]
    points = [point for point in of(other).points if point.kind == "module"]
    assert points == [Point("module", "ip_vs_wrr", "scheduler", "there", "not known", UNKNOWN)]


def test_the_summary_counts_what_would_be_missing_or_unreachable() -> None:
    other = tabled({WEB: (ONE,)})._replace(sysctls={**BACKUP.sysctls, "sloppy_tcp": 1})
    told = takeover(of(other), NAMES, ROLES)
    assert told.text == (
        "if lvs2 took over now: 1 service would be missing, 1 server cannot be reached from lvs2, 1 thing differs"
    )
    assert told.grave and not told.equal


def test_the_summary_is_about_the_director_that_is_not_master() -> None:
    found = of(MASTER, tabled({WEB: (ONE, TWO)}))
    told = takeover(found, NAMES, ("BACKUP", "MASTER"))
    assert told.text.startswith("if lvs1 took over now: 1 service would be missing")


@given(pairs())
def test_a_director_compared_with_itself_is_equal_and_mirrored_settings_are_compared_mirrored(rules: Any) -> None:
    from lvstui.director.source import EVERYTHING

    ours, theirs = (Side(MemoryDirector(one).read(EVERYTHING)) for one in rules)
    assert not [point for point in compared(ours, ours, 0.0).points if point.standing == DIFFERS]
    # Where both tell and both hear, either may be the first.
    assert sorted(compared(theirs, ours, -2.0).points) == sorted(compared(ours, theirs, 2.0).mirrored.points)
    whole = compared(ours, theirs, 0.0, whole=True)
    assert sorted(compared(theirs, ours, 0.0, whole=True).points) == sorted(whole.mirrored.points)
    assert whole.differences == compared(ours, theirs, 0.0).differences


FAULTY = [MASTER, BACKUP, *(state for state, _ in FAULTS.values()), *(state for state, _ in UNREAD.values())]


@given(st.sampled_from(FAULTY), st.sampled_from(FAULTY), st.floats(-5, 5) | st.none())
def test_any_two_faults_together_are_mirrored(this: State, other: State, skew: float | None) -> None:
    back = -skew if skew is not None else None
    found = compared(Side(this), Side(other), skew, whole=True)
    assert compared(Side(other), Side(this), back, whole=True).points == found.mirrored.points
    assert all(point.standing != DIFFERS for point in compared(Side(this), Side(this), 0.0).points)


def test_forwarding_of_an_interface_is_named_if_that_of_the_machine_is_equal() -> None:
    name, machine = "net.ipv4.conf.eth1.forwarding", "net.ipv4.ip_forward"
    assert MASTER.facts is not None
    this = Side(MASTER._replace(facts=MASTER.facts._replace(numbers={**MASTER.facts.numbers, name: 1})))
    one = numbers(net__ipv4__conf__eth1__forwarding=0)
    assert [point.about for point in compared(this, Side(one), 0.0).differences] == [name]
    both = numbers(net__ipv4__conf__eth1__forwarding=0, net__ipv4__ip_forward=0)
    assert [point.about for point in compared(this, Side(both), 0.0).differences] == [machine]


def test_switches_of_an_interface_count_as_the_kernel_takes_them() -> None:
    """The larger of its own and of the machine's; and the interface may have another name there."""
    assert MASTER.facts is not None and BACKUP.facts is not None
    both = {"net.ipv4.conf.all.rp_filter": 2}
    this = MASTER._replace(facts=MASTER.facts._replace(numbers={**MASTER.facts.numbers, **both}))
    other = numbers(net__ipv4__conf__all__rp_filter=2, net__ipv4__conf__eth1__rp_filter=1)
    assert of(other, this).points == ()
    renamed = {name.replace(".eth1.", ".ens3."): value for name, value in BACKUP.facts.numbers.items()}
    renamed["net.ipv4.conf.ens3.arp_announce"] = 2
    there = vrrp(interface="ens3")._replace(facts=BACKUP.facts._replace(numbers=renamed))
    assert of(there).points == (Point("switch", "eth1 = ens3", "arp_announce", "0", "2"),)

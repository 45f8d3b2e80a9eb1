"""Rules of the doctor that the lab cannot create or would have to wait for: what is kept between diagnoses, what is not
checked, and how a large table is gone through."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lvstui.director.facts import FAILED, Facts, Flowing, Interface, Sample, Way
from lvstui.director.model import (
    Forward,
    Server,
    Service,
    ServiceKey,
    SyncDaemon,
    address_packed,
    server_key,
    service_key,
)
from lvstui.director.probe import Probed, ProbeResult, ProbeTarget
from lvstui.director.serving import tallied
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    Vrrp,
    total,
)
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from lvstui.doctor.diagnosis import AT_MOST, MOST, Diagnosis, counted, diagnosed
from lvstui.doctor.finding import NOTICE, WARNING, Finding, silenced
from lvstui.doctor.rules import hash_refuses
from lvstui.store.json_values import plain, typed

WEB = service_key(6, "192.0.2.1", 80)
CLIENT = address_packed("203.0.113.7")
LOCAL = Facts(
    5.0,
    {
        "net.ipv4.ip_forward": 1,
        "net.ipv6.conf.all.forwarding": 1,
        "softnet dropped": 0,
        "TcpExt IPReversePathFilter": 0,
    },
    links={"eth0": Interface(True, False), "lo": Interface(True, True)},
    addresses={WEB.address: "eth0"},
    local=frozenset({WEB.address}),
)


def state(
    at: float = 1.0,
    facts: Facts | None = LOCAL,
    forward: int = Forward.ROUTE,
    counters: Counters = Counters(),  # noqa: B008
    active: int = 1,
    keys: tuple[ServiceKey, ...] = (WEB,),
    **more: object,
) -> State:
    pools, readings = {}, []
    for key in keys:
        servers = [Server(server_key(f"10.0.0.{n}", 80), forward, 1) for n in (1, 2)]
        pools[key] = PoolRows(at, [ServerReading(one, active, 0, 0, counters, Rates()) for one in servers])
        readings.append(ServiceReading(Service(key, "wrr"), counters, Rates()))
    load = total(pool.load for pool in pools.values())
    known = State(at, at + 1000.0, "lvs1", ServiceRows(readings), pools, at, load, owner="", facts=facts)
    return known._replace(**more)  # type: ignore[arg-type]


def look(now: State, before: Diagnosis | None = None, silence: Mapping[str, str] | None = None) -> Diagnosis:
    return diagnosed(now, tallied(now), None, before, silence or {})


def ids(found: Diagnosis) -> list[str]:
    return [one.id for one in found.findings]


def test_a_healthy_table_has_no_findings_and_unknown_facts_are_not_judged() -> None:
    assert ids(look(state())) == []
    blind = look(state(facts=None, forward=Forward.MASQ))
    assert ids(blind) == []
    assert {"forwarding-off", "vip-missing", "server-unreachable", "unanswered"} <= blind.unjudged.keys()
    poor = look(state(unknown=frozenset({"counters"}), read_only="no permission"))
    assert poor.unjudged["icmp-errors"] == "no permission"


def test_a_fact_that_could_not_be_read_has_a_reason() -> None:
    facts = LOCAL._replace(local=None, why={"local": "rtnetlink: Operation not permitted"})
    assert look(state(facts=facts)).unjudged["vip-missing"] == "rtnetlink: Operation not permitted"


def test_old_counts_are_not_a_finding_and_new_ones_are() -> None:
    """What came back from a server weeks ago says nothing of now."""
    old = Counters(100, 1000, 7, 9000, 4000)
    first = look(state(counters=old))
    assert ids(first) == []
    still = look(state(3.0, counters=old), first)
    assert ids(still) == []
    grown = look(state(5.0, counters=old._replace(out_packets=9, out_bytes=4148)), still)
    assert ids(grown) == ["icmp-errors", "icmp-errors"]
    assert "2 packets" in grown.findings[0].text
    zeroed = look(state(7.0, counters=Counters()), grown)
    assert ids(zeroed) == []


def test_the_counters_of_a_new_server_are_compared_since_it_was_first_seen() -> None:
    """It was not found for a minute, until the oldest counters had the server too."""
    new = service_key(6, "192.0.2.1", 8080)
    found = look(state(2.0, keys=(WEB, new)), look(state(1.5), look(state())))
    for at in (2.5, 3.0):
        found = look(state(at, keys=(WEB, new)), found)
    grown = look(state(3.5, keys=(WEB, new), counters=Counters(1, 1, 2, 60, 148)), found)
    assert [one.service for one in grown.findings if one.id == "icmp-errors"].count(new) == 2, grown.findings


def test_since_is_when_it_was_first_seen_and_not_known_at_the_first_look() -> None:
    off = LOCAL._replace(numbers={**LOCAL.numbers, "net.ipv4.ip_forward": 0})
    first = look(state(facts=off, forward=Forward.MASQ))
    assert [one.since for one in first.findings] == [None]
    well = look(state(3.0, forward=Forward.MASQ), first)
    again = look(state(5.0, facts=off, forward=Forward.MASQ), well)
    assert [one.since for one in again.findings] == [1005.0]
    later = look(state(7.0, facts=off, forward=Forward.MASQ), again)
    assert [one.since for one in later.findings] == [1005.0]


def test_a_fault_of_vrrp_is_as_old_as_the_role_only_if_it_is_the_role() -> None:
    """A master since yesterday may have a rival since a minute."""

    def fault(role: str, words: str) -> Finding:
        one = InstanceStatus(Instance("VI_1", role), role, findings=(words,), since=50.0)
        return look(state(vrrp=Vrrp(instances=(one,)))).findings[0]

    assert fault("FAULT", "eth1 is down").since == 50.0
    rivals = fault("MASTER", "split brain: 192.0.2.2 (priority 90) is master too")
    assert (rivals.id, rivals.since) == ("split-brain", None)


def test_silence_by_id_and_by_id_and_subject() -> None:
    one = Finding("full", 1, "10.0.0.1:80", "is full")
    assert silenced(one, {"full": "a"}) == "a"
    assert silenced(one, {"full": "a", "full 10.0.0.1:80": "b"}) == "b"
    assert silenced(one, {"full 10.0.0.2:80": "c", "fuller": "d"}) is None
    off = LOCAL._replace(numbers={**LOCAL.numbers, "net.ipv4.ip_forward": 0})
    found = look(state(facts=off, forward=Forward.MASQ), silence={"forwarding-off": "meant"})
    assert ids(found) == [] and [one.reason for one in found.silenced] == ["meant"] and counted(found) == 0


def test_drops_memory_hash_and_clock() -> None:
    moved = LOCAL._replace(moved={"softnet dropped": 5, "eth0 rx overruns": 2}, span=30.0)
    assert ids(look(state(facts=moved))) == ["softnet-drops", "nic-errors"]
    small = LOCAL._replace(numbers={**LOCAL.numbers, "MemTotal": 2**20})
    assert ids(look(state(facts=small, active=500))) == ["table-memory"]
    assert ids(look(state(active=500, table_size=32))) == ["hash-small"]
    first = look(state(1.0))
    set_on = look(state(3.0)._replace(taken=1103.0), first)
    assert ids(set_on) == ["clock-jump"] and set_on.findings[0].text == (
        "went forward by 100 s: it was set, or this machine was suspended"
    )
    assert look(state(3.0)._replace(taken=903.0), first).findings[0].text == "was set back by 100 s"
    assert ids(look(state(400.0)._replace(taken=1500.0), set_on)) == []


def half_open(forward: int, **more: object) -> State:
    """The first server of two has answered none of its sampled connections."""
    first = WEB, server_key("10.0.0.1", 80)
    second = WEB, server_key("10.0.0.2", 80)
    flowing = {first: Flowing(20, 20, 20, 20, CLIENT), second: Flowing(20, 0, 20, 20, CLIENT)}
    return state(facts=LOCAL._replace(sample=Sample(1.0, 40, True, 0.1, flowing), **more), forward=forward)  # type: ignore[arg-type]


def test_the_return_path_is_named_only_if_it_is_visible() -> None:
    assert ids(look(half_open(Forward.MASQ))) == ["unanswered"]
    near, far = Way("eth0"), Way("eth0", b"\xc0\0\2\xfe")
    server = address_packed("10.0.0.1")
    (one,) = look(half_open(Forward.MASQ, ways={server: near, CLIENT: near})).findings
    assert one.id == "return-path" and "203.0.113.7 is on its own network (eth0)" in one.text
    assert ids(look(half_open(Forward.MASQ, ways={server: near, CLIENT: far}))) == ["unanswered"]
    assert ids(look(half_open(Forward.MASQ, ways={server: near, CLIENT: Way("eth1")}))) == ["unanswered"]
    assert "return-path" not in ids(look(half_open(Forward.ROUTE, ways={server: near, CLIENT: near})))
    for trouble, found in (("", ["return-path"]), ("timed out", ["unanswered", "port-closed"])):
        knocked = ProbeResult(ProbeTarget(WEB, server_key("10.0.0.1", 80), server, 80), 0.001, trouble)
        now = half_open(Forward.MASQ)
        diagnosis = diagnosed(now, tallied(now), probed=Probed().with_knocked([knocked], 1000.0))
        assert sorted(ids(diagnosis)) == sorted(found)


def grown(now: State, counters: Counters) -> Diagnosis:
    """A look at a State, two seconds after one whose counters were 0."""
    moved = {key: PoolRows(3.0, [row._replace(counters=counters) for row in pool]) for key, pool in now.pools.items()}
    return look(now._replace(at=3.0, taken=1003.0, pools=moved), look(now))


def test_a_server_that_answers_is_not_called_silent() -> None:
    """Answers to SYNs of clients that do not go on; ICMP errors of a firewall; more than either."""
    now = half_open(Forward.MASQ)
    assert ids(grown(now, Counters(20, 20, 40, 800, 40 * 60))) == ["half-open"]
    assert set(ids(grown(now, Counters(20, 20, 40, 800, 40 * 88)))) == {"refused"}
    (one,) = grown(now, Counters(20, 20, 40, 800, 40 * 1000)).findings
    assert one.id == "unanswered" and one.text.startswith("answers some packets"), one
    (one,) = grown(now, Counters(20, 20, 0, 800, 0)).findings
    assert one.text == "does not answer: its connections stay half open"
    # What came back weeks ago is no answer of now.
    old = {key: PoolRows(1.0, [row._replace(counters=Counters(9, 99, 99, 999, 99 * 60)) for row in pool])
           for key, pool in now.pools.items()}  # fmt: skip
    assert ids(look(now._replace(pools=old))) == ["unanswered"]


def test_a_dead_server_on_the_network_of_its_clients_does_not_bypass_the_director() -> None:
    near, server = Way("eth0"), address_packed("10.0.0.1")
    now = half_open(Forward.MASQ, ways={server: near, CLIENT: near}, neighbours={server: FAILED})
    assert sorted(ids(look(now))) == ["server-unreachable", "unanswered"]


def test_a_table_of_tracked_connections_that_has_room_is_not_called_full() -> None:
    numbers = {"net.netfilter.nf_conntrack_max": 1000}
    for count, moved, severity, words in (
        (1000, 0, 2, "is full (1000 of 1000)"),
        (990, 5, 2, "is full (990 of 1000)"),
        (990, 0, 1, "is nearly full"),
        (100, 5, 1, "dropped 5 packets in 30 s, and has room (100 of 1000)"),
    ):
        facts = LOCAL._replace(
            numbers={**LOCAL.numbers, **numbers, "net.netfilter.nf_conntrack_count": count},
            moved={"conntrack drop": moved} if moved else {},
            span=30.0,
        )
        (one,) = look(state(facts=facts)).findings
        assert (one.id, one.severity) == ("conntrack-full", severity) and words in one.text


def test_a_virtual_address_beside_its_network_is_found_where_nobody_answers_for_it() -> None:
    facts = LOCAL._replace(networks={WEB.address: "lan0"}, links={**LOCAL.links, "lan0": Interface(True, False)})
    assert ids(look(state(facts=facts))) == []
    for name in ("all", "lan0"):
        ignoring = facts._replace(numbers={**LOCAL.numbers, f"net.ipv4.conf.{name}.arp_ignore": 1})
        (one,) = look(state(facts=ignoring)).findings
        assert (one.id, one.subject) == ("vip-wrong-side", "192.0.2.1") and "is on eth0" in one.text


def test_a_refusal_by_this_machine_is_a_notice_while_no_counter_moves() -> None:
    facts = LOCAL._replace(
        numbers={**LOCAL.numbers, "Tcp OutRsts": 0},
        moved={"Tcp OutRsts": 30, "TcpExt TCPAbortOnClose": 5, "Icmp OutDestUnreachs": 4},
        span=30.0,
    )
    (one,) = grown(state(facts=facts), Counters()).findings
    assert (one.id, one.severity) == ("refused-here", 0) and "refused 29 packets in 30 s" in one.text
    assert ids(grown(state(facts=facts), Counters(1, 1))) == []
    own = facts._replace(moved={**facts.moved, "TcpExt TCPAbortOnClose": 29})
    assert ids(grown(state(facts=own), Counters())) == []  # its own connections end so
    assert ids(grown(state(facts=facts, sysctls={"run_estimation": 0}), Counters())) == ["frozen-counters"]
    backup = state(facts=facts)
    assert ids(grown(backup._replace(vrrp=backup.vrrp._replace(role="BACKUP")), Counters())) == []


def test_servers_on_the_director_itself_need_no_forwarding() -> None:
    off = LOCAL._replace(numbers={**LOCAL.numbers, "net.ipv4.ip_forward": 0})
    assert ids(look(state(facts=off, forward=Forward.MASQ))) == ["forwarding-off"]
    own = {address_packed(f"10.0.0.{n}"): "lo" for n in (1, 2)}
    off = off._replace(addresses={**(off.addresses or {}), **own})
    assert ids(look(state(facts=off, forward=Forward.MASQ))) == []


def test_counters_are_compared_with_the_last_look_however_old_it_is() -> None:
    """--events --interval 300 found nothing that counters tell."""
    first = look(state(counters=Counters(100, 1000, 7, 9000, 4000)))
    later = look(state(301.0, counters=Counters(100, 1000, 9, 9000, 4148)), first)
    assert ids(later) == ["icmp-errors", "icmp-errors"]


def test_a_hash_without_its_fallback_says_what_share_it_refuses() -> None:
    key, flags = WEB, 0
    servers = [Server(server_key(f"10.0.0.{n}", 80), Forward.ROUTE, weight) for n, weight in ((1, 3), (2, 0))]
    (one,) = hash_refuses(Service(key, "sh", flags), servers)
    assert one.severity == 2 and "about 25% of the clients" in one.risk
    (one,) = hash_refuses(Service(key, "mh", flags), servers)
    assert one.severity == 1 and one.do[0].endswith("-b mh-fallback")
    for scheduler, set_flags in (("sh", 1), ("mh", 1), ("wlc", 0)):
        assert not list(hash_refuses(Service(key, scheduler, set_flags), servers))


def test_a_client_that_respects_the_mtu_of_a_tunnel_is_a_notice_and_any_other_a_warning() -> None:
    for errors, severity in ((3, 0), (30, 1)):
        old = Counters(100, 1000, 0, 90000, 0)
        first = look(state(counters=old, forward=Forward.TUNNEL))
        grown = Counters(105, 1100, errors, 99000, errors * 576)
        found = look(state(3.0, counters=grown, forward=Forward.TUNNEL), first).findings
        assert [(one.id, one.severity) for one in found] == [("tunnel-mtu", severity)] * 2


def test_packets_that_arrive_on_an_interface_without_forwarding() -> None:
    numbers = {**LOCAL.numbers, "net.ipv4.conf.eth0.forwarding": 0}
    facts = LOCAL._replace(numbers=numbers, ways={address_packed("10.0.0.1"): Way("eth0")})
    (one,) = look(state(facts=facts, forward=Forward.MASQ)).findings
    assert (one.id, one.subject) == ("forwarding-off", "net.ipv4.conf.eth0.forwarding")
    assert ids(look(state(facts=facts))) == []  # direct routing needs no forwarding
    off = facts._replace(numbers={**numbers, "net.ipv4.ip_forward": 0})
    assert [one.subject for one in look(state(facts=off, forward=Forward.MASQ)).findings] == ["net.ipv4.ip_forward"]


def test_vip_missing_is_not_found_on_a_backup_or_with_an_unknown_role() -> None:
    gone = LOCAL._replace(local=frozenset())
    alone = state(facts=gone)
    assert ids(look(alone._replace(vrrp=alone.vrrp._replace(keepalived=False)))) == ["vip-missing"]
    assert ids(look(alone)) == []  # whether keepalived runs is not known
    backup = alone.vrrp._replace(keepalived=True, role="BACKUP")
    assert ids(look(alone._replace(vrrp=backup))) == []
    assert ids(look(alone._replace(vrrp=backup._replace(role="MASTER")))) == ["vip-missing"]


def test_a_large_table_is_examined_in_parts_with_limited_memory() -> None:
    keys = tuple(service_key(6, f"10.{n >> 8}.{n & 255}.1", 80) for n in range(2000))
    facts = LOCAL._replace(local=frozenset(key.address for key in keys))
    now = state(1.0, facts, keys=keys, active=60)
    # One server of each carries all: every service is out of balance.
    pools = {
        key: PoolRows(1.0, [pool[0]._replace(active=119), pool[1]._replace(active=1)])
        for key, pool in now.pools.items()
    }
    now = now._replace(pools=pools)
    tally = tallied(now)
    found = diagnosed(now, tally, None, None, {}, 500)
    numbers = [found.more + len(found.findings)]
    for turn in range(1, 22):
        later = now._replace(at=1.0 + turn, taken=1001.0 + turn)
        found = diagnosed(later, tally, None, found, {}, 500)
        numbers.append(found.more + len(found.findings))
    assert numbers == [*range(AT_MOST, 2001, AT_MOST), 2000, 2000]
    assert len(found.findings) == MOST


def test_facts_are_recorded_and_come_back_the_same() -> None:
    """A console that recorded ended its recording at the first look of the doctor."""
    place = WEB, server_key("10.0.0.1", 80)
    sample = Sample(1.0, 2, True, 0.1, {place: Flowing(1, 1, 1, 1, WEB.address)}, {place: 1})
    local = frozenset({WEB.address, b"\x0a\0\0\1"})
    facts = LOCAL._replace(sample=sample, ways={WEB.address: Way("eth0")}, local=local, why={"x": "y"})
    assert typed(json.loads(json.dumps(plain(facts)))) == facts


def orphaned(server: str, age: float = 0.0, **more: object) -> Diagnosis:
    """What is found where the sample has three connections to a server that was not in the table when it was taken."""
    sample = Sample(1001.0 - age, 40, True, 0.1, {}, {(WEB, server_key(server, 80)): 3})
    return look(state(facts=LOCAL._replace(sample=sample), sysctls={"expire_nodest_conn": 0}, **more))  # type: ignore[arg-type]


def test_connections_to_a_server_that_is_not_in_the_table() -> None:
    (one,) = orphaned("10.0.0.9").findings
    assert (one.id, one.severity) == ("orphans", WARNING)
    assert one.text == "is not in the table, and 3 of its connections hang until they time out"


def test_a_server_that_is_in_the_table_again_is_not_called_missing_by_an_older_sample() -> None:
    assert ids(orphaned("10.0.0.2")) == []


def test_connections_that_a_backup_receives_are_not_called_hanging() -> None:
    """Their server may never have been in its table, and the other director serves them."""
    backup = (SyncDaemon("backup", "eth0", 1),)
    (one,) = orphaned("10.0.0.9", sync=backup, vrrp=Vrrp("BACKUP")).findings
    assert one.severity == NOTICE
    assert one.text == "is not in the table, and 3 connections to it came from the other director"
    master = orphaned("10.0.0.9", sync=backup, vrrp=Vrrp("MASTER")).findings
    assert [one.severity for one in master if one.id == "orphans"] == [WARNING]


def test_the_age_of_an_old_sample_is_shown() -> None:
    for age, told in ((5.0, "40 rows, all there are"), (300.0, "40 rows, all there are, 300 s ago")):
        (one,) = orphaned("10.0.0.9", age).findings
        assert next(seen.value for seen in one.seen if seen.name == "sample") == told


def test_counters_that_do_not_move_say_nothing_about_a_server_or_a_service() -> None:
    """The kernel counts nothing while net.ipv4.vs.run_estimation is 0: what reads as 0 may have had any traffic."""
    frozen = half_open(Forward.MASQ)._replace(sysctls={"run_estimation": 0})
    text = next(one.text for one in look(frozen).findings if one.id == "unanswered")
    assert text == "its connections stay half open; whether it answers is not known, because counters stand still"
    mark = ServiceKey(7, 4, 0, b"", 0)
    both = state(keys=(WEB, mark))
    busy = ServiceRows(
        [
            reading._replace(counters=Counters(9, 9, 9, 9, 9)) if reading.service.key == mark else reading
            for reading in both.services
        ]
    )
    assert "shadowed" in ids(look(both._replace(services=busy)))
    assert "shadowed" not in ids(look(both._replace(services=busy, sysctls={"run_estimation": 0})))

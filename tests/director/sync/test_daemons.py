"""The sync daemons, checked against VRRP, configuration and interface; and the meaning of a count of connections."""

from __future__ import annotations

import pytest

from lvstui.director.change import StartSync, StopSync
from lvstui.director.configured import Configured, ConfiguredSync
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Service, SyncDaemon, address_packed, service_key
from lvstui.director.probe import Origins
from lvstui.director.state import Counters, Rates, ServiceReading, ServiceRows, State, Vrrp
from lvstui.director.sync.connections import report, verdict
from lvstui.director.sync.daemons import SyncFinding, findings, objections, suggested
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance

MASTER = SyncDaemon("master", "eth1", 51, 1472, "224.0.0.81", 8848, 1)
BACKUP = MASTER._replace(role="backup")
WEB = service_key(6, "192.0.2.1", 80)
MAIL = service_key(6, "192.0.2.1", 25)
MARK = service_key(fwmark=7)


def state(role: str, *daemons: SyncDaemon, meant: ConfiguredSync | None = None, **links: bool | None) -> State:
    standing = InstanceStatus(Instance("VI_1", role, interface="eth1", vrid=51), role)
    keeping = KeepalivedState("keepalived.conf", Configured(RuleSet(), [], sync=meant)) if meant is not None else None
    rows = ServiceRows([ServiceReading(Service(key), Counters(), Rates()) for key in (WEB, MAIL)])
    return State(
        1.0,
        1.0,
        "lvs1",
        services=rows,
        vrrp=Vrrp(role, (), True, (standing,)),
        sync=daemons,
        keeping=keeping,
        links={"eth1": True, **links},
    )


def texts(state: State) -> list[str]:
    return [one.text for one in findings(state)]


def test_correct_daemons_get_no_remark() -> None:
    assert not findings(state("MASTER", MASTER))
    assert not findings(state("BACKUP", BACKUP))
    assert not findings(state("MASTER", MASTER, BACKUP))
    assert not findings(state("BACKUP", MASTER, BACKUP))
    assert not findings(state("MASTER")._replace(sync=None))


def test_a_role_that_contradicts_vrrp() -> None:
    assert texts(state("BACKUP", MASTER)) == ["BACKUP, but only a master daemon: nothing is received"]
    assert texts(state("MASTER", BACKUP)) == ["MASTER, but only a backup daemon: nothing is sent"]


def test_no_daemon_while_vrrp_fails_over_gets_a_remark_but_is_not_a_fault() -> None:
    assert findings(state("MASTER")) == (SyncFinding("", "none runs: a failover ends the connections", False),)
    sloppy = state("BACKUP")._replace(sysctls={"sloppy_tcp": 1})
    assert texts(sloppy) == ["none runs: a failover reschedules the connections"]
    assert not findings(state("MASTER")._replace(vrrp=Vrrp(keepalived=False)))


def test_an_interface_that_is_down_or_gone() -> None:
    assert texts(state("MASTER", MASTER, eth1=False)) == ["eth1 is down: nothing is sent"]
    assert texts(state("BACKUP", BACKUP, eth1=None)) == ["eth1 is missing: nothing is received"]
    assert not findings(state("BACKUP", BACKUP)._replace(links={}))


FOLLOWS = ConfiguredSync(SyncDaemon("", "eth1"), "VI_1")


def test_the_configured_role_follows_its_instance() -> None:
    assert not findings(state("MASTER", MASTER, meant=FOLLOWS))
    assert not findings(state("BACKUP", BACKUP, meant=FOLLOWS))
    assert not findings(state("FAULT", BACKUP, meant=FOLLOWS))
    assert texts(state("MASTER", meant=FOLLOWS)) == ["keepalived.conf wants one on eth1: VI_1 is MASTER"]
    assert texts(state("MASTER", MASTER, BACKUP, meant=FOLLOWS)) == ["keepalived.conf wants none now: VI_1 is MASTER"]
    other = MASTER._replace(interface="eth0", id=7, ttl=3)
    assert texts(state("MASTER", other, meant=FOLLOWS)) == [
        "not as in keepalived.conf: interface eth0, not eth1; id 7, not 51"
    ]
    numbered = ConfiguredSync(SyncDaemon("", "eth1", 0, 1400), "VI_1", True)
    assert texts(state("MASTER", MASTER, meant=numbered)) == [
        "not as in keepalived.conf: id 51, not 0; maxlen 1472, not 1400"
    ]
    assert not findings(state("INIT", meant=FOLLOWS))


def test_without_an_instance_both_roles_are_wanted() -> None:
    both = ConfiguredSync(SyncDaemon("", "eth1", 51), "", True)
    assert not findings(state("BACKUP", MASTER, BACKUP, meant=both))
    assert texts(state("BACKUP", BACKUP, meant=both)) == ["keepalived.conf wants one on eth1"]


def test_warnings_about_a_change() -> None:
    assert objections([StartSync(MASTER)], state("MASTER")) == []
    assert "nothing is sent" in objections([StartSync(BACKUP)], state("MASTER"))[0]
    assert "nothing is received" in objections([StartSync(MASTER)], state("BACKUP"))[0]
    assert objections([StartSync(BACKUP)], state("MASTER", MASTER)) == []
    assert objections([StopSync("master")], state("MASTER", MASTER)) == [
        "then none runs: a failover ends the connections"
    ]
    assert objections([StopSync("master"), StartSync(BACKUP)], state("BACKUP", MASTER)) == []
    owned = objections([StopSync("backup")], state("BACKUP", MASTER, BACKUP, meant=FOLLOWS))
    assert "keepalived runs the sync daemon" in owned[0]
    assert "transition of VI_1" in owned[0]


@pytest.mark.parametrize(
    ("now", "role", "line"),
    [
        (state("MASTER"), "", "sync start master eth1 id 51"),
        (state("BACKUP"), "", "sync start backup eth1 id 51"),
        (state("BACKUP", BACKUP), "backup", "sync stop backup"),
        (state("BACKUP", BACKUP), "", "sync start master eth1 id 51"),
        (state("BACKUP", MASTER, BACKUP), "", "sync stop "),
        (state("MASTER", meant=FOLLOWS), "", "sync start master eth1 id 51"),
        (state("")._replace(vrrp=Vrrp()), "", "sync start backup "),
    ],
)
def test_the_suggested_command(now: State, role: str, line: str) -> None:
    assert suggested(now, role) == line


VIP = address_packed("192.0.2.1")


def test_a_backup_that_has_the_connections_of_the_master() -> None:
    found = Origins(1, 1204, of={(6, VIP, 80): (0, 1203), (6, VIP, 25): (1, 1)})
    assert verdict(found, state("BACKUP", BACKUP)) == ("holds 1,204 synced connections", "")
    assert [one.text for one in report(found, state("BACKUP", BACKUP))][1:] == [
        "tcp 192.0.2.1:25   holds 1 synced connection, 1 of its own",
        "tcp 192.0.2.1:80   holds 1,203 synced connections",
    ]


def test_a_backup_without_connections_says_what_to_check() -> None:
    said = report(Origins(0, 0), state("BACKUP", BACKUP)._replace(sysctls={"sync_threshold": 5}))
    assert said[0] == ("holds none of the master's connections", "down")
    words = " ".join(one.text for one in said)
    for word in ("the id: 51", "master daemon", "224.0.0.81:8848", "multicast", "5 packets"):
        assert word in words
    assert "eth1 is missing" not in words
    assert "eth1 is down" in " ".join(one.text for one in report(Origins(0, 0), state("BACKUP", BACKUP, eth1=False)))
    every = report(Origins(0, 0), state("BACKUP", BACKUP._replace(id=0)))
    assert "the id" not in " ".join(one.text for one in every)


def test_a_master_says_how_many_connections_it_has() -> None:
    assert "3 connections of its own, 2 from the master before it" in verdict(Origins(3, 2), state("MASTER", MASTER))[0]
    assert verdict(Origins(3, 0), state("MASTER", BACKUP))[1] == "down"
    assert "no sync daemon runs" in verdict(Origins(3, 0), state("MASTER"))[0]


def test_a_count_that_was_cut_says_so() -> None:
    said = report(Origins(1, 19_999, False, {(6, VIP, 80): (1, 19_999)}), state("BACKUP", BACKUP))
    assert said[0].text == "holds 19,999 synced connections among the first 20,000"
    assert "not counted" in said[1].text


def test_connections_of_marks_and_of_no_service() -> None:
    mark = (0, (7).to_bytes(4, "big"), 0)
    strange = {(17, VIP, 53): (0, 4)}
    rows = ServiceRows([ServiceReading(Service(MARK), Counters(), Rates())])
    now = state("BACKUP", BACKUP)
    said = [one.text for one in report(Origins(0, 6, of={mark: (0, 2), **strange}), now._replace(services=rows))]
    assert said[1:] == [
        "fwmark 7   holds 2 synced connections",
        "udp 192.0.2.1:53   holds 4 synced connections: a firewall mark's, or of no service here",
    ]
    missing = report(Origins(0, 4, of=strange), now)[-1]
    assert missing == ("udp 192.0.2.1:53   holds 4 synced connections: of no service here", "down")

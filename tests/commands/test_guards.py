"""Guards: what a change takes out of service, and why it may not last or have no effect."""

from __future__ import annotations

import pytest

from lvstui.commands import proposals
from lvstui.commands.guards import Guards, judge
from lvstui.commands.make import propose
from lvstui.commands.parse import parse
from lvstui.commands.targets import CommandContext
from lvstui.director.change import AddServer, DeleteServer, EditServer, Flush
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State, Vrrp, rules_of
from tests.verbs.fake import Fake

TABLE = """\
-A -t 192.0.2.1:80 -s wrr -p 300
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3
-A -u 192.0.2.2:53 -s rr
-a -u 192.0.2.2:53 -r 10.0.0.3:53 -m -w 1
-A -f 7 -s wlc
"""
STATE = Fake(TABLE).read(EVERYTHING)
"""Every server has 5 active and 2 inactive connections."""


def judged(text: str, state: State = STATE) -> Guards:
    proposal = propose(parse(text), CommandContext(state), {})
    return judge(proposal.changes, proposals.near(state, proposals.touched(proposal.changes)), state)


@pytest.mark.parametrize(
    ("text", "outage"),
    [
        ("drain 10.0.0.3:53", "udp 192.0.2.2:53 loses its last live server"),
        ("weight 10.0.0.3:53 0", "udp 192.0.2.2:53 loses its last live server"),
        ("delete 10.0.0.3:53", "udp 192.0.2.2:53 loses its last live server"),
        ("weight tcp 192.0.2.1:80 10.0.0.1:80 0", ""),
        ("drain 10.0.0.1:80", ""),
        ("delete 192.0.2.1:80", "tcp 192.0.2.1:80 goes with 14 connections"),
        ("delete service fwmark 7", ""),
        ("weight 10.0.0.3:53 2", ""),
    ],
)
def test_changes_that_cause_an_outage_are_recognised(text: str, outage: str) -> None:
    assert judged(text).outages == ((outage,) if outage else ())


def test_several_changes_together_may_be_an_outage_though_none_alone_is() -> None:
    changes = [
        change for n in (1, 2) for change in propose(parse(f"drain 10.0.0.{n}:80"), CommandContext(STATE), {}).changes
    ]
    now = proposals.near(STATE, proposals.touched(changes))
    assert judge(changes, now, STATE).outages == ("tcp 192.0.2.1:80 loses its last live server",)


def test_emptying_the_table_is_an_outage_by_any_command() -> None:
    alone = Fake("-A -f 7 -s wlc").read(EVERYTHING)
    assert judged("delete service fwmark 7", alone).outages == ("the table is emptied",)
    assert judge([Flush()], rules_of(STATE), STATE).outages


def test_a_backup_says_that_traffic_is_elsewhere() -> None:
    backup = STATE._replace(vrrp=Vrrp("BACKUP", (), True))
    assert "BACKUP" in judged("weight 10.0.0.1:80 5", backup).warnings[0]
    assert judged("timeouts 800 0 0", backup).warnings == ()
    assert not judged("weight 10.0.0.1:80 5", backup).outages
    partial = STATE._replace(vrrp=Vrrp("PARTIAL", ("192.0.2.1",), True))
    assert judged("weight 10.0.0.1:80 5", partial).warnings == ()
    assert "192.0.2.2 is not on this director" in judged("weight 10.0.0.3:53 5", partial).warnings[0]


def test_a_server_that_is_added_again_as_configured_is_checked_as_before() -> None:
    """An undo of its deletion was said to be unknown to keepalived."""
    rules = rules_of(STATE)
    (key,) = (key for key in rules.rules if key.port == 80 and len(rules.rules[key].servers) > 1)
    name, server = next(iter(rules.rules[key].servers.items()))
    keeping = KeepalivedState("keepalived.conf", Configured(rules, []), Configured(rules, []))
    owned = STATE._replace(owner="keepalived", keeping=keeping)
    assert judge([AddServer(key, server)], rules, owned).warnings == ()
    other = server._replace(weight=server.weight + 1)
    assert "will not check this server" in judge([AddServer(key, other)], rules, owned).warnings[0]
    assert name == server.key


def test_keepalived_does_nothing_to_a_server_that_it_does_not_have() -> None:
    """The undo of an addition was said to come back when the server fails and recovers."""
    rules = rules_of(STATE)
    (key,) = (key for key in rules.rules if key.port == 80 and len(rules.rules[key].servers) > 1)
    servers = dict(rules.rules[key].servers)
    stranger = servers.pop(next(iter(servers)))
    meant = Configured(RuleSet({**rules.rules, key: rules.rules[key]._replace(servers=servers)}), [])
    owned = STATE._replace(owner="keepalived", keeping=KeepalivedState("keepalived.conf", meant, meant))
    assert judge([DeleteServer(key, stranger.key)], rules, owned).warnings == ()
    assert judge([EditServer(key, stranger._replace(weight=9))], rules, owned).warnings == ()
    sorry = KeepalivedState(
        "keepalived.conf", meant._replace(sorry={key: stranger}), meant._replace(sorry={key: stranger})
    )
    assert judge([DeleteServer(key, stranger.key)], rules, owned._replace(keeping=sorry)).warnings
    both = [DeleteServer(key, stranger.key), DeleteServer(key, next(iter(servers)))]
    assert any("comes back when it fails and recovers" in one for one in judge(both, rules, owned).warnings)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("weight 10.0.0.1:80 5", "overwritten when the server fails and recovers"),
        ("delete 10.0.0.1:80", "comes back when it fails and recovers"),
        ("delete 192.0.2.1:80", "only a restart"),
        ("sched 192.0.2.1:80 rr", "overwritten at a restart, or when a reload"),
        ("add server 192.0.2.1:80 10.0.0.9", "will not check this server"),
        ("add service tcp 192.0.2.9:80", "neither checks nor changes a service"),
    ],
)
def test_keepalived_overwrites_each_kind_of_change_at_its_own_time(text: str, sentence: str) -> None:
    owned = STATE._replace(owner="keepalived")
    (warning,) = judged(text, owned).warnings
    assert warning.startswith("keepalived owns this table") and sentence in warning


@pytest.mark.parametrize(("owner", "sentence"), [("ldirectord", "ldirectord.cf"), ("kube-proxy", "next sync")])
def test_warnings_about_other_programs_that_write_the_table(owner: str, sentence: str) -> None:
    (warning,) = judged("weight 10.0.0.1:80 5", STATE._replace(owner=owner)).warnings
    assert owner in warning and sentence in warning
    assert judged("zero 192.0.2.1:80", STATE._replace(owner=owner)).warnings == ()


def test_persistence_keeps_clients_coming_to_a_drained_server() -> None:
    state = STATE._replace(sysctls={"expire_quiescent_template": 0, "conn_reuse_mode": 1})
    assert "expire_quiescent_template=0" in judged("drain 10.0.0.1:80", state).warnings[0]
    (udp,) = judged("drain 10.0.0.3:53", state).warnings
    assert "stays however long you wait" in udp and "expire_nodest_conn cannot be read" in udp
    assert judged("drain 10.0.0.1:80", STATE._replace(sysctls={"expire_quiescent_template": 1})).warnings == ()
    reuse = STATE._replace(sysctls={"conn_reuse_mode": 0})
    assert "conn_reuse_mode=0" in judged("drain 10.0.0.3:53", reuse).warnings[0]
    assert "expire_quiescent_template cannot be read" in judged("drain 10.0.0.1:80", STATE).warnings[0]
    assert judged("weight 10.0.0.3:53 4", reuse).warnings == ()

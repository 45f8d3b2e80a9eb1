"""The director in memory refuses what a kernel refuses, and reports what it holds."""

from __future__ import annotations

import errno

import pytest

from lvstui.demo.table import DEFAULT_TIMEOUTS
from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.errors import NotDone, Refused
from lvstui.director.model import (
    WEIGHT_MAX,
    Forward,
    RuleSet,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    Tunnel,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.source import EVERYTHING, ReadOnly, Scope
from lvstui.director.state import Load, rules_of
from tests.memory import MemoryDirector

KEY = service_key(6, "192.0.2.1", 80)
LAST = service_key(6, "192.0.2.2", 80)
GONE = service_key(6, "192.0.2.9", 80)
RS = server_key("10.0.0.1", 80)
NEW = server_key("10.0.0.2", 80)
SIX = server_key("2001:db8::5", 80)
RULES = RuleSet(
    rules_from([(Service(LAST), []), (Service(KEY), [Server(RS, weight=3)])]), sync=(SyncDaemon("master", "eth1", 51),)
)


def error_of(change: Change) -> Refused:
    director = MemoryDirector(RULES)
    before = director.rules
    (outcome,) = director.send([change])
    assert director.rules == before
    assert director.sent == [change]
    assert isinstance(outcome.error, Refused)
    assert outcome.sent
    return outcome.error


@pytest.mark.parametrize(
    ("change", "number", "why"),
    [
        (AddService(Service(KEY)), errno.EEXIST, "exists already"),
        (AddService(Service(GONE, "best")), errno.ENOENT, "scheduler best"),
        (EditService(Service(KEY, "best")), errno.ENOENT, "scheduler best"),
        (EditService(Service(KEY, engine="ftp")), errno.ENOENT, "persistence engine ftp"),
        (EditService(Service(GONE)), errno.ESRCH, "no such service"),
        (DeleteService(GONE), errno.ESRCH, "no such service"),
        (Zero(GONE), errno.ESRCH, "no such service"),
        (AddServer(GONE, Server(RS)), errno.ESRCH, "no such service"),
        (EditServer(GONE, Server(RS)), errno.ESRCH, "no such service"),
        (DeleteServer(GONE, RS), errno.ESRCH, "no such service"),
        (AddServer(KEY, Server(RS)), errno.EEXIST, "in the service already"),
        (EditServer(KEY, Server(NEW)), errno.ENOENT, "no such real server"),
        (DeleteServer(KEY, NEW), errno.ENOENT, "no such real server"),
        (AddServer(KEY, Server(NEW, weight=WEIGHT_MAX + 1)), errno.ERANGE, "out of range"),
        (EditServer(KEY, Server(RS, upper=1, lower=2)), errno.ERANGE, "out of range"),
        (AddServer(KEY, Server(SIX)), errno.EINVAL, "another address family"),
        (AddServer(KEY, Server(NEW, Forward.TUNNEL, tunnel=Tunnel(1))), errno.EINVAL, "gue tunnel needs a port"),
        (StartSync(SyncDaemon("master", "eth2")), errno.EEXIST, "runs already"),
        (StopSync("backup"), errno.ESRCH, "no backup sync daemon"),
    ],
)
def test_what_a_kernel_refuses_is_refused(change: Change, number: int, why: str) -> None:
    error = error_of(change)
    assert (error.errno, error.exit_code) == (number, 4)
    assert why in error.why
    assert error.mend


def test_a_refusal_names_the_command_and_does_not_stop_what_follows() -> None:
    director = MemoryDirector(RULES)
    changes: list[Change] = [
        DeleteServer(KEY, NEW),
        DeleteServer(KEY, RS),
        AddServer(KEY, Server(NEW, weight=2)),
        Zero(KEY),
    ]
    outcomes = director.send(changes)
    assert [outcome.change for outcome in outcomes] == director.sent == changes
    assert [str(outcome.error) if outcome.error else "" for outcome in outcomes] == [
        "ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.2:80: no such real server in this service",
        "",
        "",
        "",
    ]
    assert list(director.rules.rules[KEY].servers) == [NEW]


def test_a_test_can_make_it_refuse_more() -> None:
    director = MemoryDirector(RULES)
    director.refuse = lambda change: Refused("ipvsadm", "busy", errno=errno.EBUSY)
    (outcome,) = director.send([Flush()])
    assert outcome.error is not None
    assert outcome.error.why == "busy"
    assert director.rules.rules == RULES.rules


def test_every_change_is_carried_out() -> None:
    director = MemoryDirector(RULES)
    backup = SyncDaemon("backup", "eth1", 51)
    changes: list[Change] = [
        AddService(Service(GONE, "rr")),
        EditService(Service(KEY, "sh", 1)),
        DeleteService(LAST),
        AddServer(KEY, Server(NEW, upper=None, lower=None)),
        EditServer(KEY, Server(RS, weight=0)),
        SetTimeouts(Timeouts(0, 60, 0)),
        StartSync(backup),
        StopSync("master"),
    ]
    assert all(outcome.error is None for outcome in director.send(changes))
    assert director.rules == RuleSet(
        rules_from([(Service(KEY, "sh", 1), [Server(RS, weight=0), Server(NEW)]), (Service(GONE, "rr"), [])]),
        DEFAULT_TIMEOUTS._replace(tcp_fin=60),
        (backup,),
    )
    director.send([Flush()])
    assert director.rules.rules == {}


def test_a_state_is_complete_and_in_order() -> None:
    state = MemoryDirector(RULES, "lvs1").read(EVERYTHING)
    assert (state.host, list(state.services.keys), state.swept) == ("lvs1", [KEY, LAST], state.at)
    assert state.load == Load(servers=1, live=1, weight=3, active=0, inactive=0)
    assert (state.timeouts, state.sync) == (DEFAULT_TIMEOUTS, RULES.sync)
    assert rules_of(state) == RULES._replace(timeouts=DEFAULT_TIMEOUTS)


def test_a_state_stays_as_it_was_read() -> None:
    director = MemoryDirector(RULES)
    state = director.read(EVERYTHING)
    director.send([DeleteServer(KEY, RS), DeleteService(LAST)])
    director.replace(RuleSet())
    assert rules_of(state).rules == RULES.rules
    assert len(director.read(EVERYTHING).services) == 0


def test_keys_stay_the_same_object_while_the_set_of_services_does() -> None:
    director = MemoryDirector(RULES)
    keys = director.read(Scope()).services.keys
    director.send([DeleteServer(KEY, RS), EditService(Service(KEY, "rr"))])
    assert director.read(Scope()).services.keys is keys
    director.send([DeleteService(LAST)])
    assert list(director.read(Scope()).services.keys) == [KEY]


def test_replacing_the_table_is_not_recorded_as_a_change() -> None:
    director = MemoryDirector(RULES)
    director.replace(RuleSet())
    assert director.sent == []
    (outcome,) = director.send([DeleteServer(KEY, RS)])
    assert isinstance(outcome.error, Refused)
    assert outcome.error.errno == errno.ESRCH


def test_read_only_refuses_every_change() -> None:
    director = MemoryDirector(RULES)
    guarded = ReadOnly(director, "--read-only")
    assert guarded.read(EVERYTHING).read_only == "--read-only"
    with pytest.raises(NotDone):
        guarded.send([Flush()])
    assert director.sent == []

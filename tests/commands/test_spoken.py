"""The command that describes a change makes that same change."""

from __future__ import annotations

import pytest

from lvstui.commands.make import propose
from lvstui.commands.parse import parse
from lvstui.commands.spoken import spoken
from lvstui.commands.targets import CommandContext
from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import (
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
from lvstui.director.source import EVERYTHING
from lvstui.views.operator_names import OperatorNames
from tests.memory import MemoryDirector

WEB, MARK = service_key(6, "192.0.2.10", 80), service_key(fwmark=7)
ONE = Server(server_key("10.0.0.1", 80), weight=3)
SIX = service_key(17, "2001:db8::10", 53)
RULES = RuleSet(
    rules_from([(Service(WEB, "wrr", persistence=60), [ONE]), (Service(MARK), []), (Service(SIX, "sh"), [])]),
    Timeouts(900, 120, 300),
    (SyncDaemon("backup", "eth1"),),
)
CHANGES: list[Change] = [
    EditServer(WEB, ONE._replace(weight=7)),
    EditServer(WEB, ONE._replace(weight=0)),
    EditServer(WEB, ONE._replace(weight=0, upper=100, lower=50)),
    EditServer(WEB, ONE._replace(forward=Forward.TUNNEL, tunnel=Tunnel(1, 6081, 1))),
    DeleteServer(WEB, ONE.key),
    AddServer(WEB, Server(server_key("10.0.0.2", 8080), Forward.MASQ, 5, 10, 0)),
    AddServer(SIX, Server(server_key("2001:db8::1", 53))),
    AddService(Service(service_key(6, "192.0.2.11", 443), "sh", flags=2, persistence=300)),
    AddService(Service(service_key(fwmark=9), "wlc", one_packet=False)),
    EditService(Service(WEB, "lc", persistence=60)),
    EditService(Service(WEB, "wrr")),
    EditService(Service(WEB, "wrr", persistence=60, netmask=0xFFFFFF00)),
    DeleteService(SIX),
    DeleteService(MARK),
    Zero(WEB),
    Zero(None),
    SetTimeouts(Timeouts(1000, 0, 0)),
    StartSync(SyncDaemon("master", "eth1", 5)),
    StopSync("backup"),
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_the_words_of_a_change_are_a_command_that_makes_it(change: Change) -> None:
    state = MemoryDirector(RULES).read(EVERYTHING)
    (command,) = spoken([change], state)
    world = CommandContext(state, names=OperatorNames())
    assert propose(parse(command), world, {}).changes == (change,), command

"""Whether a record still applies: the rules are as it left them."""

from __future__ import annotations

import pytest

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
from lvstui.director.model import (
    RuleSet,
    Server,
    Service,
    SyncDaemon,
    Timeouts,
    rules_from,
    server_key,
    service_key,
)
from lvstui.director.record import changed_since

WEB, GONE = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.9", 80)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)
NOW = RuleSet(
    rules_from([(Service(WEB, "wrr"), [Server(ONE, weight=0)])]), Timeouts(900, 120, 300), (SyncDaemon("master", "e"),)
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (EditServer(WEB, Server(ONE, weight=0)), ""),
        (EditServer(WEB, Server(ONE, weight=0, upper=None, lower=None)), ""),
        (EditServer(WEB, Server(ONE, weight=3)), "its weight is 0 now, not 3"),
        (EditServer(WEB, Server(ONE, weight=0, upper=9)), "10.0.0.1:80 was changed since"),
        (AddServer(WEB, Server(TWO)), "10.0.0.2:80 is no longer in tcp 192.0.2.1:80"),
        (AddServer(GONE, Server(TWO)), "10.0.0.2:80 is no longer in tcp 192.0.2.9:80"),
        (DeleteServer(WEB, TWO), ""),
        (DeleteServer(WEB, ONE), "10.0.0.1:80 is in tcp 192.0.2.1:80 again"),
        (DeleteServer(GONE, ONE), "tcp 192.0.2.9:80 is gone"),
        (EditService(Service(WEB, "wrr")), ""),
        (EditService(Service(WEB, "rr")), "tcp 192.0.2.1:80 was changed since"),
        (EditService(Service(GONE)), "tcp 192.0.2.9:80 is gone"),
        (AddService(Service(WEB, "wrr")), "tcp 192.0.2.1:80 has real servers now"),
        (DeleteService(GONE), ""),
        (DeleteService(WEB), "tcp 192.0.2.1:80 is there again"),
        (Flush(), "the table is no longer empty"),
        (SetTimeouts(Timeouts(900, 0, 0)), ""),
        (SetTimeouts(Timeouts(800, 0, 0)), "the timeouts were changed since"),
        (StartSync(SyncDaemon("master", "e")), ""),
        (StartSync(SyncDaemon("backup", "e")), "the daemon no longer runs"),
        (StopSync("backup"), ""),
        (StopSync("master"), "a daemon runs again"),
        (Zero(), "nothing undoes this"),
    ],
)
def test_only_a_rule_that_is_unchanged_since_can_be_undone(change: Change, why: str) -> None:
    assert changed_since(change, NOW) == why

"""What is said before a failover, and when it is refused."""

from __future__ import annotations

import pytest

from lvstui.commands.handover import consequences, outcome, refuse, title
from lvstui.director.daemon import Daemon, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.director.model import SyncDaemon
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance

DAEMON = Daemon(7, "ka.conf", "systemctl reload ka", "systemctl stop ka", "systemctl start ka", "ka.service")
ONE = InstanceStatus(Instance("VI_1", "MASTER"), "MASTER", masters=())
TWO = InstanceStatus(Instance("VI_2", "BACKUP"), "BACKUP", masters=())


def state(*instances: InstanceStatus, role: str = "MASTER", held: tuple[str, ...] = ("192.0.2.1",)) -> State:
    return State(1.0, 1.0, "lvs1", vrrp=Vrrp(role, held, True, instances), sync=(), owner="keepalived")


def test_it_says_of_what_it_is_master_and_that_a_backup_sends_no_adverts() -> None:
    assert consequences(state(ONE), DAEMON) == [
        "This director is master of VI_1 and holds 192.0.2.1.",
        "VI_1: no other director was heard. A backup is silent, so it is not known whether one is up.",
        "No sync daemon runs here: the peer has none of the connections, and they break.",
        "systemctl stop ka stops keepalived, which resigns: a peer that is up takes over in under a second.",
        "keepalived then stops here, and removes its services from this table.",
        "To start it again: systemctl start ka",
    ]


@pytest.mark.parametrize(
    ("instance", "says"),
    [
        (ONE._replace(instance=ONE.instance._replace(peers=("10.0.0.2",))), "its unicast peer is 10.0.0.2 by the conf"),
        (ONE._replace(masters=None), "adverts are not heard here"),
        (ONE._replace(findings=("split brain: 10.0.0.2 (priority 99) is master too",)), "VI_1: split brain: 10.0.0.2"),
    ],
)
def test_it_says_what_is_known_of_the_peer(instance: InstanceStatus, says: str) -> None:
    assert any(says in line for line in consequences(state(instance), DAEMON))


def test_it_says_what_else_it_does() -> None:
    lines = consequences(state(ONE, TWO), DAEMON._replace(keeps_table=True))
    assert "It is backup of VI_2, which then loses its backup." in lines
    assert any("leaves its services in the table" in line for line in lines)


def test_it_says_what_happens_to_connections() -> None:
    daemon = SyncDaemon("master", "eth1", 51)
    assert any(
        "(sync daemon on eth1, id 51)" in line for line in consequences(state(ONE)._replace(sync=(daemon,)), DAEMON)
    )
    only_backup = state(ONE)._replace(sync=(daemon._replace(role="backup"),))
    assert any(line.startswith("No sync daemon runs here") for line in consequences(only_backup, DAEMON))
    assert any("is not known" in line for line in consequences(state(ONE)._replace(sync=None), DAEMON)[2:3])


@pytest.mark.parametrize("role", ["BACKUP", "FAULT", ""])
def test_a_director_without_a_master_role_is_refused(role: str) -> None:
    with pytest.raises(NotDone, match="it is master of nothing"):
        refuse(state(TWO, role=role, held=()), DAEMON)
    refuse(state(ONE, TWO, role="PARTIAL"), DAEMON)


def test_a_keepalived_that_would_keep_its_addresses_is_not_stopped() -> None:
    with pytest.raises(NotDone, match="it leaves the addresses here"):
        refuse(state(ONE), DAEMON._replace(keeps_addresses=True))


def test_the_title_and_the_outcome() -> None:
    assert title(state(ONE, TWO)) == "fail over VI_1"
    assert title(state()) == "fail over"
    heard = OrderAnswer(DAEMON, successors=(("VI_1", "10.0.0.2 (priority 99)"),))
    assert outcome(heard) == ("handed over: 10.0.0.2 (priority 99) is master of VI_1 now", True)
    assert outcome(OrderAnswer(DAEMON))[1] is False
    assert "systemctl start ka" in outcome(OrderAnswer(DAEMON))[0]

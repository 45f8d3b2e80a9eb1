"""Who is master, since when and why, and what would move the role, in sentences."""

from __future__ import annotations

import pytest

from lvstui.director.record import DONE, SEEN, Record, Who
from lvstui.director.state import State, Vrrp
from lvstui.director.subject import subject
from lvstui.director.vrrp.adverts import Advert
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, Tracked
from lvstui.views.audit_index import Events
from lvstui.views.operator_names import OperatorNames
from lvstui.views.vrrp_story import Sentences, sentences

pytestmark = pytest.mark.usefixtures("utc")

NOW = 100_000.0
NAMES = OperatorNames({subject("198.51.100.3"): "lb2"})
OURS, PEER = bytes((198, 51, 100, 2)), bytes((198, 51, 100, 3))


def advert(source: bytes, priority: int) -> Advert:
    return Advert(51, 2, source, priority, 1.0, (), True)


def standing(
    state: str, *heard: Advert, since: float | None = None, name: str = "VI_1", **more: object
) -> InstanceStatus:
    instance = Instance(name, state, priority=100, effective=100, **more)  # type: ignore[arg-type]
    return InstanceStatus(instance, state, (), True, heard, (), since)


def told(*found: InstanceStatus, records: tuple[Record, ...] = (), began: float | None = NOW - 60) -> Sentences:
    role = found[0].state
    said = sentences(State(NOW, NOW, "lb1", vrrp=Vrrp(role, (), True, found)), Events(records), NAMES, began)
    assert said is not None
    return said


def role(words: str, age: float) -> Record:
    return Record(NOW - age, Who(), "lb1", "", "keepalived", f"VRRP {words}", "", SEEN)


def test_a_master_says_since_when_and_that_nobody_has_a_higher_priority() -> None:
    said = told(standing("MASTER", advert(OURS, 100), since=NOW - 300))
    assert said.who == "lb1 is MASTER of VI_1 since 03:41:40 (5 min)"
    assert said.why == "priority 100, none higher is heard; the peer is silent, as a backup is"
    both = told(standing("MASTER", since=NOW - 300), standing("MASTER", since=NOW - 200, name="VI_6"))
    assert both.who == "lb1 is MASTER of both instances since 03:43:20 (3 min)"


def test_with_two_masters_of_one_priority_the_other_is_named() -> None:
    both = advert(PEER, 100), advert(OURS, 100)
    said = told(standing("MASTER", *both)._replace(own=(OURS,)))
    assert said.why == "lb2 (198.51.100.3) sends adverts too, with priority 100; here priority 100"


def test_the_time_comes_from_the_audit_log_or_is_unknown() -> None:
    one = standing("MASTER", advert(OURS, 100))
    assert told(one, records=(role("BACKUP -> MASTER, now holds 192.0.2.1", 120),)).who.endswith(
        "since 03:44:40 (2 min) by the audit log"
    )
    assert "since before 03:45:40, when this console started" in told(one, records=(role("MASTER -> BACKUP", 120),)).who
    assert told(one, began=None).who.endswith("start time unknown")


def test_a_backup_names_the_master_and_when_it_would_take_over() -> None:
    said = told(standing("BACKUP", advert(PEER, 200), since=NOW - 300))
    assert said.who == "lb1 is BACKUP of VI_1 since 03:41:40 (5 min): it does not serve"
    assert said.why == "lb2 (198.51.100.3) sends adverts with priority 200, more than the 100 here"
    assert said.next == "this side takes over when no advert comes for 3.6 s" and said.tone == "backup"
    alone = told(standing("BACKUP")._replace(masters=()))
    assert alone.why == "no master is heard, and the addresses are not here" and alone.tone == "alert"
    deaf = told(standing("BACKUP")._replace(masters=None))
    assert "only root can hear adverts" in deaf.why


def test_a_backup_by_a_lower_priority_does_not_preempt() -> None:
    said = told(standing("BACKUP", advert(PEER, 50), preempt=False))
    assert (
        said.why
        == "lb2 (198.51.100.3) sends adverts with priority 50, no more than the 100 here, which does not preempt"
    )
    assert said.next.endswith("it does not take over from a live master (nopreempt)")


def test_the_problem_comes_first_and_then_what_would_move_the_role() -> None:
    script = Tracked("script", "chk_uplink", -60, True)
    said = told(standing("MASTER", advert(OURS, 100), tracked=(script,)))
    assert "chk_uplink failing costs 60 (100 -> 40)" in said.next
    split = standing("MASTER", advert(OURS, 100))._replace(findings=("split brain: lb2 is master too",))
    assert told(split).why == "VI_1: split brain: lb2 is master too"
    fault = told(standing("FAULT", tracked=(script,))._replace(findings=("eth1 is down",)))
    assert "is in FAULT" in fault.who and fault.tone == "down"
    mixed = told(standing("MASTER"), standing("BACKUP", name="VI_2"))
    assert mixed.who == "lb1 has mixed roles: 1 instance MASTER, 1 instance BACKUP"


def test_after_a_failover_this_side_says_by_whom_and_that_it_does_not_serve() -> None:
    stop = Record(
        NOW - 40, Who("kim"), "lb1", "", "console", "fail over VI_1", "systemctl stop keepalived.service", DONE
    )
    records = (role("MASTER -> BACKUP", 38), stop)
    said = told(standing("BACKUP", advert(PEER, 50), since=NOW - 38), records=records)
    assert said.who.endswith("it does not serve; handed over by kim at 03:46:00") and said.tone == "alert"
    off = told(standing("STOP", advert(PEER, 50)), records=records)
    assert off.why == "lb2 (198.51.100.3) sends adverts with priority 50, this side sends none", "nothing waits here"
    assert off.who == "keepalived does not run on lb1: it does not serve; handed over by kim at 03:46:00"
    # The role came back and went again: the hand-over explains nothing any more.
    again = (role("MASTER -> BACKUP", 5), role("BACKUP -> MASTER", 10), stop._replace(epoch=NOW - 4000))
    assert "handed over" not in told(standing("BACKUP", advert(PEER, 200)), records=again).who


def test_without_an_instance_there_are_no_sentences() -> None:
    assert sentences(State(NOW, NOW, "lb1"), Events(), NAMES) is None

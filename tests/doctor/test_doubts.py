"""Missing knowledge is not a sign of health: --check ID is UNKNOWN then, nothing counts as passed that was not
checked, and nothing is called gone that cannot be seen any more."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lvstui.director.configured import Configured
from lvstui.director.drift.all import followed
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Service, service_key
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.director.state import Counters, PoolRows, ServiceRows, State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from lvstui.doctor import diagnosis
from lvstui.doctor.diagnosis import MOST, Diagnosis, counted, diagnosed
from lvstui.verbs import check, events, metrics
from lvstui.verbs.examining import Examined
from tests.doctor.test_diagnosis import LOCAL, WEB, ids, look, state

PAIR = Instance("VI_1", "MASTER", None, "eth0", 51)


def told(now: State, before: Diagnosis | None = None, most: int = MOST) -> Examined:
    tally, drifts = tallied(now), followed(now)
    return Examined(now, tally, drifts, diagnosed(now, tally, drifts, before, {}, 10**9, most=most))


def unjudged(now: State) -> dict[str, str]:
    return dict(told(now).diagnosis.unjudged)


def code(now: State, *names: str) -> int:
    return check.status(told(now), check.chosen(names))


@pytest.mark.parametrize(
    ("name", "vrrp", "why"),
    [
        ("split-brain", Vrrp(unread="the interfaces have not been read yet"), "the interfaces have not been read yet"),
        ("vrrp", Vrrp(), "it is not known whether keepalived runs"),
        (
            "split-brain",
            Vrrp("MASTER", (), True, (InstanceStatus(PAIR, "MASTER"),), "D-Bus"),
            "adverts of other directors",
        ),
        ("vip-missing", Vrrp(unread="the interfaces have not been read yet"), "the interfaces have not been read yet"),
        ("vrrp", Vrrp("", (), True, trouble="its file cannot be read"), "its file cannot be read"),
    ],
)
def test_a_director_with_unknown_vrrp_is_not_called_well(name: str, vrrp: Vrrp, why: str) -> None:
    now = state(vrrp=vrrp, sysctls={"conntrack": 0})
    assert code(now, name) == check.UNKNOWN
    line = check.line(told(now), {name})
    assert f"{name} cannot be judged: " in line and why in line
    alone = state(vrrp=Vrrp(keepalived=False), sysctls={"conntrack": 0})
    assert code(alone, name) == check.OK


@pytest.mark.parametrize(
    ("owner", "keeping", "why"),
    [
        (None, None, "it is not known whether a program writes this table"),
        ("keepalived", None, "keepalived's configuration has not been read"),
        ("keepalived", KeepalivedState("/etc/x.conf", trouble="it is not there"), "it is not there"),
    ],
)
def test_with_an_unknown_configuration_drift_and_configured_rules_are_not_called_well(
    owner: str | None, keeping: KeepalivedState | None, why: str
) -> None:
    now = state(owner=owner, keeping=keeping, vrrp=Vrrp(keepalived=True, source="D-Bus"))
    for name in ("drift", "config-remarks", "degraded", "last-live", "scheduler-missing"):
        assert unjudged(now)[check_of(name)] == why, name
        assert code(now, name) == check.UNKNOWN or name == "config-unread"
    assert " drift=U;" in check.line(told(now), check.chosen(()))
    nobodys = state(owner="", vrrp=Vrrp(keepalived=False))
    assert code(nobodys, "drift", "degraded", "config-remarks") == check.OK
    assert " drift=0;" in check.line(told(nobodys), check.chosen(()))


def check_of(name: str) -> str:
    from lvstui.doctor.registry import FIRST

    return FIRST[name]


def test_a_service_without_servers_is_not_called_well_if_they_may_have_been_removed() -> None:
    now = state(owner="ldirectord")
    assert "no-live" not in unjudged(now)
    empty = now._replace(pools={WEB: PoolRows(now.at, ())})
    assert unjudged(empty)["no-live"].startswith("1 service without a server: ldirectord writes this table")
    assert code(empty, "no-live") == check.UNKNOWN


def test_switches_and_counters_that_were_not_read_are_not_judged() -> None:
    assert {"defence", "frozen-counters", "reuse-drained", "backup-loops"} <= unjudged(state()).keys()
    read = state(sysctls={"drop_packet": 0})
    assert unjudged(read).keys().isdisjoint({"defence", "frozen-counters", "reuse-drained", "drained-in-use"})
    assert unjudged(read)["refused"] == "counters of servers were not compared"
    second = told(state(3.0, sysctls={"drop_packet": 0}), told(read).diagnosis).diagnosis
    assert "refused" not in second.unjudged and "icmp-errors" not in second.unjudged


def test_counters_of_a_table_that_is_too_large_to_compare_are_not_called_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "AT_ONCE", 0)
    first = told(state()).diagnosis
    grown = Counters(100, 1000, 7, 9000, 4000)
    second = told(state(3.0, counters=grown), first).diagnosis
    assert second.unjudged["icmp-errors"] == "counters of servers were not compared"


def many(services: int) -> State:
    keys = tuple(service_key(6, f"10.{n // 250}.{n % 250}.1", 80) for n in range(services))
    now = state(keys=keys)
    without = [row._replace(service=row.service._replace(scheduler="none")) for row in now.services]
    return now._replace(services=ServiceRows(without))


def test_a_finding_asked_for_by_id_is_found_among_many_worse_ones() -> None:
    """The console keeps the thousand worst; --check asked for one id said OK where that was not among them."""
    moved = LOCAL._replace(moved={"softnet dropped": 5}, span=30.0)
    now = many(MOST + 5)._replace(facts=moved)
    cut = told(now).diagnosis
    assert "softnet-drops" not in ids(cut) and cut.more == 6 and counted(cut) == MOST + 6
    whole = told(now, most=10**9)
    assert check.status(whole, {"softnet-drops"}) == check.WARN
    text = "".join(map(str, metrics.text(whole)))
    assert 'lvstui_findings{id="softnet-drops",severity="warning"} 1' in text
    assert f'lvstui_findings{{id="no-scheduler",severity="critical"}} {MOST + 5}' in text
    assert 'lvstui_findings_judged{id="softnet-drops"} 1' in text
    assert 'lvstui_findings_judged{id="unanswered"} 0' in text


def test_the_verbs_ask_for_all_findings() -> None:
    now = many(MOST + 5)._replace(facts=LOCAL._replace(moved={"softnet dropped": 5}, span=30.0))
    verb = check.run(Canned(now, now._replace(at=9.0)), frozenset({"softnet-drops"}), {}, "text")
    with pytest.raises(StopIteration) as end:
        while True:
            next(verb)
    assert end.value.value == check.WARN


def test_events_of_a_large_table_begin_with_the_worst_and_count_the_rest() -> None:
    said = heard(many(MOST + 5))
    assert len(said) == MOST + 1 and said[0] == ("finding", "no-scheduler") and said[-1] == ("change", "")


class Canned:
    """A source that gives one State after the other, the last one again and again."""

    def __init__(self, *states: State) -> None:
        self._states = list(states)

    def read(self, scope: Scope) -> State:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def send(self, changes: object, purpose: object = None) -> tuple[()]:
        return ()

    def close(self) -> None:
        pass


class Stop(Exception):
    pass


def heard(*states: State) -> list[tuple[str, str]]:
    """What --events says of these looks."""
    left = len(states) - 1

    def sleep(seconds: float) -> None:
        nonlocal left
        if not left:
            raise Stop
        left -= 1

    def lines() -> Iterator[tuple[str, str]]:
        for part in events.run(Canned(*states), 1.0, {}, "json", sleep=sleep):
            one = json.loads(str(part))
            yield one["event"], one.get("id") or one.get("finding", {}).get("id", "")

    found = []
    with pytest.raises(Stop):
        for one in lines():
            found.append(one)
    return found


def test_a_finding_that_can_no_longer_be_judged_is_not_called_gone() -> None:
    off = LOCAL._replace(numbers={**LOCAL.numbers, "net.ipv4.ip_forward": 0})
    blind = LOCAL._replace(numbers={}, why={"net.ipv4.ip_forward": "no permission"})

    def at(when: float, facts: object) -> State:
        return state(when, facts=facts, forward=0, sysctls={"x": 0})  # type: ignore[arg-type]

    assert heard(at(1.0, off), at(3.0, blind), at(5.0, blind), at(7.0, off)) == [
        ("finding", "forwarding-off"),
        ("unknown", "forwarding-off"),
    ]
    assert heard(at(1.0, off), at(3.0, blind), at(5.0, LOCAL)) == [
        ("finding", "forwarding-off"),
        ("unknown", "forwarding-off"),
        ("gone", "forwarding-off"),
    ]
    first = look(at(1.0, LOCAL))
    second = look(at(3.0, off), first)
    assert [one.since for one in second.findings] == [1003.0]
    third = look(at(5.0, blind), second)
    assert ids(third) == [] and [*third.carried] == [("forwarding-off", "net.ipv4.ip_forward")]
    assert [one.since for one in look(at(7.0, off), third).findings] == [1003.0]


def test_a_finding_made_despite_a_doubt_is_gone_when_it_is_no_longer_seen() -> None:
    full = state(owner="ldirectord")
    rows = [row._replace(server=row.server._replace(upper=1)) for row in full.pools[WEB]]
    full = full._replace(pools={WEB: PoolRows(1.0, [*rows[:1], rows[1]._replace(active=0)])})
    well = state(3.0, owner="ldirectord")
    said = [one for one in heard(full, well) if one[1] == "last-live"]
    assert said == [("finding", "last-live"), ("gone", "last-live")]


def test_drift_is_not_judged_while_keepalived_may_be_changing_the_table() -> None:
    wanted = Configured(RuleSet({WEB: Entry(Service(WEB, "rr"), {})}), [])
    now = state(owner="keepalived", keeping=KeepalivedState("/etc/x.conf", wanted, read_at=0.0))
    assert unjudged(now)["drift"] == "keepalived may be changing 1 service just now"
    assert code(now, "drift") == check.UNKNOWN

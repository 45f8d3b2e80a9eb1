"""Proposals: their changes, the rules they concern, and their cost."""

from __future__ import annotations

import pytest

from lvstui.commands import proposals
from lvstui.commands.proposals import Proposal
from lvstui.commands.weights import weight_from
from lvstui.director.change import AddServer, AddService, DeleteService, EditServer, EditService, Zero
from lvstui.director.configured import Configured
from lvstui.director.errors import NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, server_key, service_key
from lvstui.director.source import EVERYTHING
from lvstui.views.servers import Place
from tests.console.stage import DNS, MARK, ONE, RULES, TWO, WEB
from tests.memory import MemoryDirector

STATE = MemoryDirector(RULES).read(EVERYTHING)


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("5", 1, 5),
        ("+3", 2, 5),
        (" -2", 2, 0),
        ("50%", 7, 4),
        ("0", 9, 0),
        ("+50%", 10, 15),
        ("+50%", 3, 5),
        ("-50%", 10, 5),
        ("-50%", 1, 1),
        ("+100%", 3, 6),
        ("-100%", 3, 0),
    ],
)
def test_weights(text: str, now: int, then: int) -> None:
    assert weight_from(text, now) == then


@pytest.mark.parametrize("text", ["", "x", "-5", "-150%", "%", "+%", "1.5", "5 6", "99999999999", "2147483648"])
def test_invalid_weights_are_refused(text: str) -> None:
    with pytest.raises(NotDone):
        weight_from(text, 3)


def test_a_drain_is_called_after_what_it_changes() -> None:
    """A host of three services that is drained in one of them was said to be drained in three."""
    web, other = RULES.rules[WEB], service_key(6, "192.0.2.7", 80)
    rules = {
        WEB: web._replace(servers={ONE: Server(ONE, weight=0)}),
        other: Entry(Service(other), {ONE: Server(ONE, weight=3)}),
    }
    state = MemoryDirector(RuleSet(rules)).read(EVERYTHING)
    proposal = proposals.drain(state, [Place(WEB, ONE), Place(other, ONE)])
    assert (proposal.title, len(proposal.changes)) == ("drain 10.0.0.1:80", 1)


def test_the_same_weight_or_scheduler_is_no_change() -> None:
    with pytest.raises(NotDone, match="already"):
        proposals.weight(STATE, [Place(WEB, ONE)], "3")
    with pytest.raises(NotDone, match="already"):
        proposals.scheduler(STATE, [WEB], "wrr")


def test_flags_go_with_their_scheduler() -> None:
    director = MemoryDirector(RuleSet({WEB: RULES.rules[WEB]._replace(service=Service(WEB, "sh", flags=3))}))
    state = director.read(EVERYTHING)
    kept = proposals.scheduler(state, [WEB], "mh")
    dropped = proposals.scheduler(state, [WEB], "rr")
    assert kept.changes == (EditService(Service(WEB, "mh", flags=3)),) and not kept.cost
    assert dropped.changes == (EditService(Service(WEB, "rr")),) and dropped.cost == "flags are dropped"


def test_only_the_services_concerned_are_read() -> None:
    assert set(proposals.near(STATE, [WEB]).rules) == {WEB}
    assert proposals.near(STATE, [WEB]).rules[WEB] == RULES.rules[WEB]
    gone = service_key(6, "192.0.2.77", 1)
    assert proposals.near(STATE, [gone]).rules == {}
    assert proposals.touched([DeleteService(DNS), EditServer(WEB, Server(ONE)), Zero(None)]) == {DNS, WEB}


def test_each_change_is_checked_after_those_before_it() -> None:
    new = Service(service_key(6, "192.0.2.9", 80))
    both = Proposal((AddService(new), AddServer(new.key, Server(ONE))), "two")
    proposals.checked(both, RULES)
    with pytest.raises(NotDone):
        proposals.checked(Proposal(both.changes[1:], "one"), RULES)
    with pytest.raises(NotDone):
        proposals.checked(Proposal((DeleteService(WEB), DeleteService(WEB)), "twice"), RULES)


def test_only_the_rules_of_the_changes_are_compared() -> None:
    web = RULES.rules[WEB]
    other = RuleSet({**RULES.rules, WEB: web._replace(servers={**web.servers, TWO: Server(TWO, weight=9)})})
    assert proposals.same([EditServer(WEB, Server(ONE, weight=1))], RULES, other)
    assert not proposals.same([EditServer(WEB, Server(TWO, weight=1))], RULES, other)
    assert proposals.same([EditService(Service(WEB, "rr"))], RULES, other)
    assert not proposals.same([DeleteService(WEB)], RULES, other)
    assert proposals.same([DeleteService(MARK)], RULES, other)


def test_a_question_names_the_command_and_the_cost() -> None:
    text = "".join(piece for piece, _ in proposals.question(proposals.delete(STATE, [WEB])))
    assert text.startswith("apply? y/N") and "ipvsadm -D -t 192.0.2.1:80" in text and "2 servers" in text


def test_a_proposal_for_a_row_that_is_gone_says_so() -> None:
    with pytest.raises(NotDone, match="no longer"):
        proposals.reading_of(STATE, Place(WEB, server_key("10.9.9.9", 80)))
    # One that keepalived took out comes back without anybody's help.
    away = Place(WEB, ONE)
    without = MemoryDirector(RuleSet({WEB: Entry(Service(WEB), {})})).read(EVERYTHING)
    keeping = KeepalivedState("", Configured(RULES, []))
    with pytest.raises(NotDone) as refused:
        proposals.reading_of(without._replace(keeping=keeping), away)
    assert "adds it again once its check passes" in refused.value.mend
    with pytest.raises(NotDone, match="gone"):
        proposals.commands(STATE, service_key(6, "192.0.2.77", 1))

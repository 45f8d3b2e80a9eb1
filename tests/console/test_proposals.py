"""What is typed becomes services, servers and weights, or a reason why not; and what changes concern."""

from __future__ import annotations

import random

import pytest

from lvstui.console import entry, proposals
from lvstui.console.entry import EntryError
from lvstui.console.proposals import Proposal, weight_from
from lvstui.console.text import clip, plain, wrapped
from lvstui.director.change import AddServer, AddService, DeleteService, EditServer, EditService, Zero
from lvstui.director.errors import NotDone
from lvstui.director.memory import MemoryDirector
from lvstui.director.model import RuleSet, Server, Service, server_key, service_key
from lvstui.director.source import EVERYTHING
from lvstui.views.servers import Place
from tests.console.stage import DNS, MARK, ONE, RULES, TWO, WEB
from tests.rulesets import random_ruleset

STATE = MemoryDirector(RULES).read(EVERYTHING)


def test_every_rule_survives_its_form() -> None:
    for seed in range(60):
        for service, servers in random_ruleset(random.Random(seed).randint(0, 10**6)).rules.values():
            shown = entry.service_values(service)
            full = service.netmask in (0xFFFFFFFF, 128)
            assert entry.service_from(shown) == (service._replace(netmask=None) if full else service)
            for server in servers.values():
                again = entry.server_from(entry.server_values(server))
                assert again == (server if server.forward == 2 else server._replace(tunnel=again.tunnel))


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("protocol", "icmp", "one of tcp, udp, sctp"),
        ("address", "10.0.0", "is no IP address"),
        ("address", "", "type one"),
        ("port", "99999", "not a number from 0 to 65535"),
        ("port", "٣", "not a number"),
        ("fwmark", "0", "a mark is 1 or more"),
        ("scheduler", " ", "name one"),
        ("flags", "sh-prt", "is no flag of wlc"),
        ("persistence", "x", "not a number"),
        ("netmask", "/24", "is no IPv4 mask"),
        ("one-packet", "maybe", "one of no, yes"),
    ],
)
def test_a_service_form_says_what_is_wrong(field: str, text: str, reason: str) -> None:
    values = entry.service_values(Service(WEB)) | {field: text}
    with pytest.raises(EntryError, match=reason) as found:
        entry.service_from(values)
    assert found.value.field == field


@pytest.mark.parametrize(
    ("field", "text"),
    [("address", "x"), ("port", ""), ("forward", "nat"), ("weight", "-1"), ("upper", "9" * 11), ("lower", "a")],
)
def test_a_server_form_says_what_is_wrong(field: str, text: str) -> None:
    with pytest.raises(EntryError) as found:
        entry.server_from(entry.server_values(Server(ONE)) | {field: text})
    assert found.value.field == field


@pytest.mark.parametrize(
    ("text", "now", "then"), [("5", 1, 5), ("+3", 2, 5), (" -2", 2, 0), ("50%", 7, 4), ("0", 9, 0)]
)
def test_weights(text: str, now: int, then: int) -> None:
    assert weight_from(text, now) == then


@pytest.mark.parametrize("text", ["", "x", "-5", "+50%", "1.5", "5 6", "99999999999", "2147483648"])
def test_weights_that_are_none(text: str) -> None:
    with pytest.raises(NotDone):
        weight_from(text, 3)


def test_the_same_weight_or_scheduler_is_no_change() -> None:
    with pytest.raises(NotDone, match="already"):
        proposals.weight(STATE, Place(WEB, ONE), "3")
    with pytest.raises(NotDone, match="already"):
        proposals.scheduler(STATE, WEB, "wrr")


def test_flags_go_with_their_scheduler() -> None:
    director = MemoryDirector(RuleSet({WEB: RULES.rules[WEB]._replace(service=Service(WEB, "sh", flags=3))}))
    state = director.read(EVERYTHING)
    kept = proposals.scheduler(state, WEB, "mh")
    dropped = proposals.scheduler(state, WEB, "rr")
    assert kept.changes == (EditService(Service(WEB, "mh", flags=3)),) and not kept.cost
    assert dropped.changes == (EditService(Service(WEB, "rr")),) and dropped.cost == "flags are dropped"


def test_only_the_services_concerned_are_looked_at() -> None:
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


def test_what_changes_speak_of_is_compared_and_nothing_else() -> None:
    web = RULES.rules[WEB]
    other = RuleSet({**RULES.rules, WEB: web._replace(servers={**web.servers, TWO: Server(TWO, weight=9)})})
    assert proposals.same([EditServer(WEB, Server(ONE, weight=1))], RULES, other)
    assert not proposals.same([EditServer(WEB, Server(TWO, weight=1))], RULES, other)
    assert proposals.same([EditService(Service(WEB, "rr"))], RULES, other)
    assert not proposals.same([DeleteService(WEB)], RULES, other)
    assert proposals.same([DeleteService(MARK)], RULES, other)


def test_a_question_names_the_command_and_the_cost() -> None:
    text = "".join(piece for piece, _ in proposals.question(proposals.delete(STATE, WEB)))
    assert text.startswith("apply? y/N") and "ipvsadm -D -t 192.0.2.1:80" in text and "2 servers" in text


def test_a_row_that_is_gone_says_so() -> None:
    with pytest.raises(NotDone, match="no longer"):
        proposals.reading_of(STATE, Place(WEB, server_key("10.9.9.9", 80)))
    with pytest.raises(NotDone, match="gone"):
        proposals.commands(STATE, service_key(6, "192.0.2.77", 1))


def test_text_from_outside_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[31mb\x00\u202e\n") == "a?[31mb???"
    assert plain("naïve 世界") == "naïve 世界"


def test_clipping() -> None:
    assert clip("abc", 5) == "abc  " and clip("abc", 5, right=True) == "  abc"
    assert clip("abcdef", 4) == "abc~"
    assert clip("世界世界", 5) == "世界~"
    assert clip("x", 0) == ""


def test_a_long_question_is_wrapped_and_loses_nothing() -> None:
    words = "apply? y/N  " + " ".join(f"word{n}" for n in range(30)) + " " + "x" * 90
    lines = wrapped([(words, "")], 40)
    texts = ["".join(piece.text for piece in line) for line in lines]
    assert all(len(text) <= 40 for text in texts)
    assert "".join(texts).replace(" ", "") == words.replace(" ", "")

"""What is listed under `:` while a line is typed."""

from __future__ import annotations

import pytest

from lvstui.commands.candidates import candidates
from lvstui.commands.complete import CompletionSources
from lvstui.commands.parse import parse
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import BadInput
from lvstui.director.model import Entry, Server, Service, service_key
from lvstui.director.source import EVERYTHING
from lvstui.views.operator_names import OperatorNames
from tests.console.stage import ONE, RULES, WEB
from tests.memory import MemoryDirector

AROUND = CompletionSources(
    CommandContext(MemoryDirector(RULES).read(EVERYTHING), OperatorNames({WEB: "shop", ONE: "web1"}))
)


def test_a_partial_command_lists_the_commands_that_begin_like_it() -> None:
    here = candidates("re", AROUND)
    assert [one.text for one in here.values][:2] == ["replace host OLD NEW", "restore"] and here.values[0].about
    assert candidates("wieght", AROUND).amiss == "'wieght' is not a command; did you mean weight?"


def test_the_current_argument_is_named_and_a_service_offers_only_its_servers() -> None:
    here = candidates("weight shop 10", AROUND)
    assert [text for text, present in here.usage if present] == ["[SERVER]"]
    assert here.wants == "a real server: 10.0.0.5:80, or host 10.0.0.5"
    assert [one.text for one in here.values] == ["10.0.0.1:80", "10.0.0.2:80"]
    assert here.values[0].about == "web1  weight 3  0 active"
    here = candidates("weight ", AROUND)
    assert here.values[0].about == "shop  wrr  2 servers"
    here = candidates("weight shop 10.0.0.1:80 ", AROUND)
    assert [one.text for one in here.values] == ["0", "+1", "-1", "50%", "+50%"] and "+50%" in here.wants
    assert here.values[0].about == "no new connections" and all(one.about for one in here.values)


def test_a_host_to_replace_is_listed_once_with_its_name_beside_its_address() -> None:
    around = AROUND._replace(world=AROUND.world._replace(names=OperatorNames({ONE.address: "web1"})))
    here = candidates("replace host ", around)
    assert [tuple(one) for one in here.values[:2]] == [("10.0.0.1", "web1"), ("10.0.0.2", "")]
    assert "web1" in [one.text for one in candidates("replace host w", around).values]


def test_an_open_quote_is_reported() -> None:
    assert "is not closed" in candidates('drain web1 reason "new', AROUND).amiss


def test_a_named_service_is_the_only_one_looked_at_and_offers_each_server_once() -> None:
    other = service_key(6, "192.0.2.7", 80)
    rules = RULES._replace(rules={**RULES.rules, other: Entry(Service(other), {ONE: Server(ONE, weight=9)})})
    around = AROUND._replace(world=AROUND.world._replace(state=MemoryDirector(rules).read(EVERYTHING)))
    here = candidates("weight shop ", around)
    assert [tuple(one) for one in here.values if ":" in one.text] == [
        ("10.0.0.1:80", "web1  weight 3  0 active"),
        ("10.0.0.2:80", "weight 3  0 active"),
    ]
    assert [tuple(one) for one in candidates("weight shop w", around).values] == [
        ("web1", "10.0.0.1:80  weight 3  0 active")
    ]


@pytest.mark.parametrize("text", ["restroe", "delet", "failovr", "reloda", "replaceh", "zreo"])
def test_a_typing_error_never_suggests_a_command_that_costs_connections(text: str) -> None:
    grave = ("delete", "failover", "reload", "replace", "restore", "zero")
    assert not any(word in candidates(text, AROUND).amiss.partition("; ")[2] for word in grave)
    with pytest.raises(BadInput) as error:
        parse(text)
    assert not any(word in error.value.mend.partition("one of ")[0] for word in grave)

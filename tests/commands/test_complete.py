"""Completions of a line that is being typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.commands.complete import CompletionSources, complete
from lvstui.commands.targets import CommandContext
from tests.commands.test_make import world

AROUND = CompletionSources(world(), lambda begun: ["a.toml", "b.toml"], {("theme", "name"): ("dark", "light")})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("wei", "weight "),
        ("add se", "add service "),
        ("sch", "sched "),
        ("sched wl", "sched wlc"),
        ("drain 10.0.0.1", "drain 10.0.0.1:80"),
        ("drain ho", "drain host 10.0.0.1"),
        ("drain host 10.0.0.2", ""),
        ("drain host 10.0.0", "drain host 10.0.0.1"),
        ("drain we", "drain web1"),
        ("drain 10.0.0.1:80 wa", "drain 10.0.0.1:80 wait "),
        ("sched tcp 192.0.2.1:4", "sched tcp 192.0.2.1:443"),
        ("delete sho", "delete shop"),
        ("add server shop 10.0.0.9:80 ma", "add server shop 10.0.0.9:80 masq"),
        ("sync start ma", "sync start master"),
        ("restore b", "restore b.toml"),
        ("theme l", "theme light"),
        ("", ""),
        ("nosuch ", ""),
        ("quit", ""),
    ],
)
def test_the_first_suggestion(text: str, line: str) -> None:
    found = complete(text, AROUND)
    assert (found[0] if found else "") == line


def test_all_possible_next_words_are_suggested() -> None:
    assert {"sync start ", "sync stop "} <= set(complete("sync ", AROUND))
    found = complete("edit server 10.0.0.1:80 ", AROUND)
    assert "edit server 10.0.0.1:80 weight " in found and "edit server 10.0.0.1:80 tunnel" in found
    assert "add service tcp 192.0.2.9:80 wrr persist " not in complete(
        "add service tcp 192.0.2.9:80 wrr persist 60 ", AROUND
    )


@given(st.text(max_size=40))
def test_a_suggestion_continues_the_typed_text(text: str) -> None:
    for line in complete(text, CompletionSources(CommandContext(AROUND.world.state))):
        assert line.lower().startswith(text.lstrip().lower()[:1])

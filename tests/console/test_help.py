"""The help: each key once, the keys of this view first; searched in all parts; laid out for every width."""

from __future__ import annotations

import pytest

from lvstui.commands.command_table import COMMANDS
from lvstui.console.context.ui import HelpPart
from lvstui.console.keys.actions import ACTIONS
from lvstui.console.keys.help import help_parts, search
from lvstui.console.keys.key_names import shown_key
from lvstui.console.pages.help import help_lines
from tests.console.stage import RULES, opened
from tests.memory import MemoryDirector

KINDS = ("service", "server", "host", "rule", "instance", "fact", "record", "snapshot", "content")


def keys(part: HelpPart) -> list[str]:
    return [row.key.split()[0] for topic in part.topics for row in topic.rows]


def text(part: HelpPart, width: int) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in help_lines(part, width)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_listed_once_and_those_of_this_view_first(kind: str) -> None:
    here, everywhere, others, *_ = help_parts(ACTIONS, kind, False)
    moves = len(here.topics[-1].rows)
    every = [*keys(here)[:-moves], *keys(everywhere), *keys(others)]
    assert sorted(every) == sorted(shown_key(action.keys[0]) for action in ACTIONS if action.keys)
    for action in ACTIONS:
        if action.keys and action.where:
            assert shown_key(action.keys[0]) in keys(here if action.fits(kind) else others)


def test_the_help_names_every_command() -> None:
    commands = next(part for part in help_parts((), "service", False) if part.name == "commands")
    shown = " ".join(" ".join(text(commands, 400)).split())
    for command in COMMANDS:
        assert " ".join(command.usage.split()) in shown and " ".join(command.help.split()) in shown


@pytest.mark.parametrize("width", [36, 76, 96, 156, 216])
def test_nothing_is_wider_than_the_screen_and_nothing_is_lost(width: int) -> None:
    for part in help_parts(ACTIONS, "server", False):
        lines = text(part, width)
        assert max(map(len, lines)) <= width
        words = {word for topic in part.topics for row in topic.rows for word in row.words.split() if len(word) < 8}
        assert words <= set(" ".join(lines).split())


def test_a_search_says_in_which_view_a_key_works() -> None:
    parts = help_parts(ACTIONS, "service", True)
    rows = [row for topic in search(parts, "DRAIN host").topics for row in topic.rows]
    (key,) = [row for row in rows if row.key == "X"]
    assert "a service, a host" in key.words and key.off
    assert any(row.key.startswith("replace host") for row in rows)
    assert not search(parts, "no such word").topics


async def test_parts_search_and_leaving() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("question_mark")
        await stage.shows("[this view]", "Change (asks first)")
        await stage.press("x", "d")  # keys of the table do nothing here, and do not close it
        await stage.shows("[this view]")
        await stage.press("tab")
        await stage.shows("[every view]", "suspend")
        await stage.press("shift+tab", "shift+tab")
        await stage.shows("[signs]", "full: at its upper")
        await stage.press("slash", *"undo")
        await stage.shows("undo the last change made here", "Esc ends the search")
        await stage.press(*"zzz")
        await stage.shows('no key, command or sign has "undozzz"')
        await stage.press("escape")
        await stage.shows("[signs]", "Esc close")
        await stage.press("escape")
        await stage.until(lambda: "virtual service" in stage.screen() and "[signs]" not in stage.screen())
        assert "y/N" not in stage.bottom

"""Forms: several servers at once, clones, errors while typing, and changes by others meanwhile."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from lvstui.console.widgets.text_lines import TextLines
from lvstui.director.change import AddServer, AddService
from lvstui.director.model import RuleSet, Server, Service, server_key, service_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from tests.console.stage import ONE, RULES, TWO, WEB, Stage, opened
from tests.memory import MemoryDirector

NEW = service_key(6, "192.0.2.8", 80)


async def test_several_servers_at_once() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 40)) as stage:
        await stage.press("enter", "a")
        await stage.type("10.0.0.11-14")
        await stage.until(lambda: "-r 10.0.0.14:80" in stage.screen())
        await stage.press("enter")
        await stage.until(lambda: "4 changes" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 4)
        wanted = [AddServer(WEB, Server(server_key(f"10.0.0.{n}", 80), weight=3)) for n in (11, 12, 13, 14)]
        assert director.sent == wanted


@pytest.mark.parametrize(("theme", "underlined"), [("mono", True), ("ansi-dark", True), ("light", False)])
async def test_an_empty_field_is_visible_without_a_background(theme: str, underlined: bool) -> None:
    """In a terminal's own colours a form was a list of words with nothing behind them."""
    async with opened(size=(80, 24), theme=theme) as stage:
        await stage.press("a")
        for name in ("address", "servers"):  # the cursor is in the first
            field = stage.app.screen.query_one(f"#in-{name}", Input)
            line = field.render_line(0)
            styles = [segment.style for segment in line if segment.style is not None]
            assert all(bool(style.underline) is underlined for style in styles), name
            assert line.cell_length >= field.content_size.width or not underlined, name
        cursor = next(segment.style for segment in stage.app.screen.query_one("#in-address", Input).render_line(0))
        assert cursor is not None and (cursor.reverse or not underlined)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0.11-9", "does not end a range"),
        ("10.0.0.1-3", "already has this server"),
    ],
)
async def test_an_impossible_range_is_refused(text: str, why: str) -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 40)) as stage:
        await stage.press("enter", "a")
        await stage.type(text)
        await stage.until(lambda: why in stage.screen())
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 2 and director.sent == []


async def test_a_clone_takes_the_servers_with_it() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 40)) as stage:
        await stage.press("c")
        await stage.type("192.0.2.8")
        await stage.until(lambda: "ipvsadm -A -t 192.0.2.8:80 -s wrr" in stage.screen())
        await stage.press("enter")
        await stage.until(lambda: "3 changes" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 3)
        assert director.sent == [
            AddService(Service(NEW, "wrr")),
            AddServer(NEW, Server(ONE, weight=3)),
            AddServer(NEW, Server(TWO, weight=3)),
        ]


async def test_the_schedulers_are_those_of_this_kernel() -> None:
    class Small(MemoryDirector):
        def read(self, scope: Scope) -> State:
            return super().read(scope)._replace(schedulers=("rr", "wrr"))

    async with opened(Small(RULES)) as stage:
        await stage.press("a")
        await stage.until(lambda: "wrr rr" in stage.screen())
        assert "sed" not in stage.screen()


async def test_a_wrong_value_is_reported_with_the_nearest_valid_one() -> None:
    async with opened() as stage:
        await stage.press("enter", "e", "tab")
        await stage.burst("home", "ctrl+k")
        await stage.type("99999999999")
        await stage.until(lambda: "the nearest is" in stage.screen())


def _someone(what: str) -> RuleSet:
    web = RULES.rules[WEB]
    changed = {
        "scheduler": web._replace(service=Service(WEB, "sh")),
        "server": web._replace(servers={**web.servers, ONE: Server(ONE, weight=9)}),
        "added": web._replace(servers={**web.servers, server_key("10.0.0.9", 80): Server(server_key("10.0.0.9", 80))}),
    }
    if what == "taken":
        return RuleSet({**RULES.rules, NEW: RULES.rules[WEB]._replace(service=Service(NEW, "rr"))})
    return RuleSet({**RULES.rules, WEB: changed[what]})


@pytest.mark.parametrize(
    ("keys", "typed", "what"),
    [
        (("a",), "192.0.2.8", "taken"),
        (("e",), "", "scheduler"),
        (("enter", "e"), "", "server"),
        (("enter", "a"), "10.0.0.9", "added"),
        (("enter", "a"), "10.0.0.9", "scheduler"),
        (("c",), "192.0.2.8", "server"),
        (("c",), "192.0.2.8", "taken"),
    ],
)
async def test_no_form_overwrites_a_change_that_someone_else_made_meanwhile(
    keys: tuple[str, ...], typed: str, what: str
) -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press(*keys)
        if typed:
            await stage.type(typed)
        elif keys == ("e",):
            await stage.burst("end", "backspace")
        director.replace(_someone(what))
        await stage.press("enter")
        said = "someone else changed this while the form was open; nothing was sent"
        told = f"{said}: scheduler wrr -> sh of tcp 192.0.2.1:80" if (keys, what) == (("e",), "scheduler") else said
        await stage.until(lambda: told in stage.bottom)
        assert director.sent == []


async def test_an_empty_form_does_not_begin_with_a_complaint_in_red_and_names_its_keys() -> None:
    def red(stage: Stage) -> bool:
        foot = stage.app.screen.query_one("#page-foot", TextLines)
        return any(piece.role == "down" for line in foot._lines for piece in line)

    async with opened() as stage:
        await stage.press("a")
        await stage.shows("address: type one", "Tab next field, Esc leaves")
        assert not red(stage)
        await stage.press("x")
        await stage.until(lambda: red(stage))

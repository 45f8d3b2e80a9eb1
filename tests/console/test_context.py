"""The context is all that actions know of the console: small protocols; a fake one needs no terminal."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from lvstui.console.actions import edit, view
from lvstui.console.context import Context, program, screen, ui
from lvstui.console.session.storage import Storage
from lvstui.director.errors import NotDone
from lvstui.director.source import EVERYTHING, ReadOnly
from lvstui.director.state import State
from lvstui.views.look import Look
from lvstui.views.operator_names import NO_NAMES
from tests.console.stage import RULES, WEB
from tests.memory import MemoryDirector

_MOST = 11
"""Members of one protocol: what is larger is two."""


def test_the_context_has_few_protocols_and_each_is_small() -> None:
    protocols = {
        name: value
        for module in (ui, screen, program)
        for name, value in vars(module).items()
        if inspect.isclass(value) and Protocol in value.__bases__ and value.__module__ == module.__name__
    }
    parts = {"Ui", "Pages", "Navigation", "Table", "Display", "Program", "Commands"}
    assert protocols.keys() - {"Stream", "KeyedAction"} == parts
    sizes = {
        name: len({member for member in (*vars(value), *value.__annotations__) if not member.startswith("_")})
        for name, value in protocols.items()
    }
    assert {name: size for name, size in sizes.items() if size > _MOST} == {}


class Part:
    """Answers for any of the protocols: what is given, and every call is noted."""

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)
        self.said: list[str] = []
        self.looks: list[Look] = []

    def status(self, text: str, role: str = "", seconds: float = 0.0) -> None:
        self.said.append(text)

    async def ask(self, title: str, *rest: Any, **more: Any) -> str | None:
        self.said.append(title)
        return None

    def look_at(self, look: Look) -> None:
        self.looks.append(look)


def made(key: object, look: Look) -> tuple[Context, Part, Part]:
    source = MemoryDirector(RULES)
    state: State = source.read(EVERYTHING)
    line, navigation = Part(), Part(look=look, inside=None, view="services", kind="service")
    storage: Any = Part(spec=Storage)
    director, table, program = Part(latest=state), Part(key=key, furthest=3), Part()
    parts: dict[str, Any] = {
        "ui": line,
        "pages": line,
        "director": director,
        "navigation": navigation,
        "table": table,
        "display": Part(state=state),
        "program": program,
    }
    ctx = Context(**parts, source=ReadOnly(source), storage=storage, names=NO_NAMES)
    return ctx, line, navigation


async def test_an_action_runs_on_a_context_without_a_terminal() -> None:
    ctx, line, navigation = made(WEB, Look(scroll=7))
    await view.scroll_left(ctx)
    assert [look.scroll for look in navigation.looks] == [2]
    await edit.scheduler(ctx)
    assert line.said == ["scheduler of tcp 192.0.2.1:80, now wrr:"]


async def test_an_action_without_a_row_says_what_is_missing() -> None:
    ctx, _, _ = made(None, Look())
    try:
        await edit.delete(ctx)
    except NotDone as error:
        assert (error.what, error.mend) == ("no row", "a adds")
    else:
        raise AssertionError("there was nothing to delete")

"""A source's news is read at once, and the bell rings when this director's role changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lvstui.director.source import ReadOnly, Scope, on_news
from lvstui.director.state import State, Vrrp
from tests.console.stage import RULES, opened
from tests.memory import MemoryDirector


class Moving(MemoryDirector):
    """A director whose role moves when it is told to, and which says so."""

    def __init__(self) -> None:
        super().__init__(RULES)
        self.role = "BACKUP"
        self.call: Callable[[], None] = lambda: None

    def read(self, scope: Scope) -> State:
        return super().read(scope)._replace(vrrp=Vrrp(self.role, (), True))

    def on_news(self, call: Callable[[], None]) -> None:
        self.call = call

    def move(self) -> None:
        self.role = "MASTER"
        teller = threading.Thread(target=self.call)
        teller.start()
        teller.join()


async def test_a_change_of_the_role_is_read_at_once_and_reported() -> None:
    director = Moving()
    async with opened(ReadOnly(director, "for a test")) as stage:
        rung: list[int] = []
        stage.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        assert " BACKUP " in stage.screen() and not rung
        director.move()  # the next read would be due in half a minute
        await stage.until(lambda: " MASTER " in stage.screen())
        assert "VRRP: BACKUP -> MASTER" in stage.bottom and rung == [1]


async def test_news_after_the_console_was_left_do_nothing() -> None:
    director = Moving()
    async with opened(director):
        pass
    director.move()


def test_listening_to_a_source_without_news_does_nothing() -> None:
    on_news(MemoryDirector(RULES), lambda: None)

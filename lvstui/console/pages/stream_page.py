"""A page whose lines arrive while a probe runs; leaving it cancels the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from lvstui.console.context.ui import Stream
from lvstui.console.pages.pages import TextPage


class StreamPage(TextPage):
    """Lines to read, shown as they arrive."""

    def __init__(self, title: str, under_way: str) -> None:
        self._lines: list[list[tuple[str, str]]] = []
        super().__init__(title, self._lines, under_way)
        self._ready = asyncio.Event()
        self.left = False
        """Whether the operator has left the page."""

    def on_mount(self) -> None:
        super().on_mount()
        self._ready.set()

    async def filled(self, fill: Callable[[Stream], Coroutine[None, None, None]]) -> None:
        """Runs `fill` as soon as the page can show lines."""
        await self._ready.wait()
        await fill(self)

    def on_unmount(self) -> None:
        self.left = True

    def add(self, text: str, role: str = "") -> None:
        """Adds a line."""
        if not self.left:
            self._lines.append([(text, role)])
            self.on_resize()

    def say(self, text: str, role: str = "key") -> None:
        """Shows this as the last line of the page from now on."""
        if not self.left:
            self.foot((text, role))

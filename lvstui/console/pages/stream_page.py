"""A page whose lines come one after the other while something is tried; leaving it gives up what is under way."""

from __future__ import annotations

import asyncio

from lvstui.console.pages.pages import TextPage


class GrowingPage(TextPage):
    """Lines to read, as they become known."""

    def __init__(self, title: str, under_way: str) -> None:
        self._lines: list[list[tuple[str, str]]] = []
        super().__init__(title, self._lines, under_way)
        self.ready = asyncio.Event()
        """Set when there is something to write on."""
        self.left = False
        """Whether nobody looks any more."""

    def on_mount(self) -> None:
        super().on_mount()
        self.ready.set()

    def on_unmount(self) -> None:
        self.left = True

    def add(self, text: str, role: str = "") -> None:
        """One more line."""
        if not self.left:
            self._lines.append([(text, role)])
            self.on_resize()

    def say(self, text: str, role: str = "key") -> None:
        """What stands at the foot from now on."""
        if not self.left:
            self.foot((text, role))

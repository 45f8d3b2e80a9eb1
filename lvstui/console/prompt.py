"""The one permanent bottom line: what was done, a question answered by a key, a field to type into."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label

_CANCEL = "escape"


class Field(Input):
    """A line to type into that can be given up."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key in (_CANCEL, "ctrl+c"):
            event.stop()
            event.prevent_default()
            self.screen.query_one(Prompt).answer(None)
            return
        if event.key == "tab" and self.cursor_at_end:
            event.prevent_default()
            event.stop()
            self.action_cursor_right()  # takes the suggestion
            return
        await super()._on_key(event)


class Prompt(Horizontal, can_focus=True):
    """Status until a question is asked; then the question, until it is answered. One question at a time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._label = Label("", id="label", markup=False)
        self._field = Field(id="field", compact=True, select_on_focus=False)
        self._field.cursor_blink = False
        self._answer: asyncio.Future[str | None] | None = None
        self._keys: Sequence[str] = ()
        self._before: Widget | None = None
        self._changed: Callable[[str], str] | None = None

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._field

    def on_mount(self) -> None:
        self._field.display = False

    @property
    def asking(self) -> bool:
        return self._answer is not None

    def status(self, text: str, role: str = "") -> None:
        """Says what was done, or what went wrong (`role` "error"). A question that stands is not overwritten."""
        if not self.asking:
            self._say(text, role)

    async def key(self, question: str, keys: Sequence[str]) -> str | None:
        """Puts a question that is answered by one of `keys` (Textual's names); None when it is declined."""
        self._begin()
        self._keys = keys
        self._say(question, "question")
        self.focus()
        return await self._end()

    async def text(
        self,
        title: str,
        value: str = "",
        suggestions: Sequence[str] = (),
        changed: Callable[[str], str] | None = None,
    ) -> str | None:
        """Asks for a line of text; None when it is given up. `changed` is told every edit and may return a remark."""
        self._begin()
        self._changed = changed
        self._title = title
        self._say(f"{title} ", "question")
        self._field.suggester = SuggestFromList(suggestions, case_sensitive=False) if suggestions else None
        self._field.value = value
        self._field.cursor_position = len(value)
        self._field.display = True
        self._field.focus()
        try:
            return await self._end()
        finally:
            self._field.display = False
            self._changed = None

    def answer(self, value: str | None) -> None:
        """Ends the question."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(value)

    def on_key(self, event: events.Key) -> None:
        """While a question stands every key is an answer or a refusal; none reaches the table."""
        if not self.asking or self._field.display:
            return
        event.stop()
        event.prevent_default()
        self.answer(event.key if event.key in self._keys else None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.answer(event.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._changed is not None and self.asking:
            remark = self._changed(event.value)
            self._say(f"{self._title} {f'({remark}) ' if remark else ''}", "question")

    def _begin(self) -> None:
        self.answer(None)
        focused = self.screen.focused
        if focused is not self and focused is not self._field:
            self._before = focused
        self._answer = asyncio.get_running_loop().create_future()

    async def _end(self) -> str | None:
        future = self._answer
        assert future is not None
        try:
            return await future
        finally:
            if self._answer is future:
                self._answer = None
                self._say("", "")
                if self._before is not None and self._before.is_attached:
                    self._before.focus()

    def _say(self, text: str, role: str) -> None:
        self._label.set_class(role == "error", "error")
        self._label.set_class(role == "question", "question")
        self._label.update("".join(char if char.isprintable() else "?" for char in text))

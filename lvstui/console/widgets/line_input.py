"""A line to type into: Tab completes, up and down go through the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from lvstui.console.context.ui import Typing
from lvstui.plain import plain

_CANCEL = "escape"
_END = "enter"


class Completing(Suggester):
    """The likeliest completion, shown behind the cursor."""

    def __init__(self, complete: Callable[[str], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return next((line for line in self._complete(value) if line.startswith(value)), None)


class PlainInput(Input):
    """A field whose text can be shown safely: characters that were hidden in a paste are visible before it is used."""

    def validate_value(self, value: str) -> str:
        return plain(value)


class LineInput(PlainInput):
    """A line to type into that can be cancelled. Tab takes the suggestion, and then the next one; up and down go
    through the history."""

    typing: Typing | None = None
    ended: Callable[[str | None], None] = staticmethod(lambda text: None)
    """Called at once with the text when Enter is pressed, with None for Escape: a message would come after the next
    key."""

    def begin(self, typing: Typing | None) -> None:
        """Begins a new line, with this help."""
        self.typing = typing
        self._cycle: list[str] = []
        self._back = 0
        self._own = ""

    def on_key(self, event: events.Key) -> None:
        if event.key not in (_CANCEL, _END, "tab", "shift+tab", "up", "down"):
            self._cycle = []
            return
        event.stop()
        event.prevent_default()
        if event.key in (_CANCEL, _END):
            self.ended(self.value if event.key == _END else None)
        elif event.key in ("up", "down"):
            self._recall(1 if event.key == "up" else -1)
        elif self.typing is not None:
            self._next(1 if event.key == "tab" else -1)
        else:
            self.action_end()
            self.action_cursor_right()

    def _next(self, step: int) -> None:
        """The next completion of what was typed; after the last one, what was typed."""
        assert self.typing is not None
        if self.value not in self._cycle:
            self._cycle = [self.value, *self.typing.complete(self.value)]
        if len(self._cycle) == 2:
            self._put(self._cycle[1])
            self._cycle = []
        elif len(self._cycle) > 2:
            self._put(self._cycle[(self._cycle.index(self.value) + step) % len(self._cycle)])

    def _recall(self, step: int) -> None:
        lines = self.typing.history if self.typing is not None else ()
        if not 0 <= self._back + step <= len(lines):
            return
        if not self._back:
            self._own = self.value
        self._back += step
        self._put(lines[-self._back] if self._back else self._own)

    def _put(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)

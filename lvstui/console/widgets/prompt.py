"""The permanent bottom line: results, a question answered by a key, a field to type into."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from lvstui.console.context.ui import LINGERS, Typing
from lvstui.console.widgets.footer import TEXT
from lvstui.console.widgets.line_input import Completing, LineInput
from lvstui.console.widgets.text import wrapped
from lvstui.console.widgets.text_lines import TextLines

_BRIEF = 4.0
"""Seconds for which a result is shown while a lasting message waits for the line."""
_HIGHEST = 5


class Prompt(Horizontal):
    """Shows results until a question is asked, then the question until it is answered. One question at a time."""

    def __init__(self, hold: Callable[[], None], release: Callable[[], None]) -> None:
        """`hold` makes keys wait, `release` handles them again: a key that comes right behind an answer is for the
        table, which has the keyboard only a moment later."""
        super().__init__(id="prompt")
        self._hold, self._release = hold, release
        self._label = TextLines("label")
        self._field = LineInput(id="field", compact=True, select_on_focus=False)
        self._field.cursor_blink = False
        self._field.ended = self.answer
        self._answer: asyncio.Future[str | None] | None = None
        self._keys: Sequence[str] = ()
        self._before: Widget | None = None
        self._title = ""
        self._changed: Callable[[str], str] | None = None
        self._status: list[tuple[str, str]] = []
        self._added = ""
        self._quiet = ""
        self._busy = ""
        self._said = 0
        self.on_asked: Callable[[Sequence[str] | None], None] = lambda keys: None
        """Called with the keys that answer when a question begins, or with those of a line when one is typed; with None
        when it ends."""
        self.typed: list[str] = []
        """Keys that were pressed before their question appeared."""

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._field

    def on_mount(self) -> None:
        self._field.display = False

    def on_resize(self) -> None:
        if not self.asking:
            self._rest()

    @property
    def asking(self) -> bool:
        return self._answer is not None

    def text_shown(self) -> str:
        """What the label says, for tests."""
        return self._label.text()

    @property
    def typed_text(self) -> str:
        """The text that was typed so far, for tests."""
        return self._field.value

    def status(self, text: str, role: str = "", seconds: float = LINGERS) -> None:
        """Shows a result for so many seconds, or an error (`role` "error") until the next message."""
        self._status = [(text, {"error": "down", "good": "up"}.get(role, role))]
        self._said += 1
        if role != "error":
            before = self._said
            self.set_timer(seconds, lambda: self._fade(before))
            self.set_timer(_BRIEF, lambda: self._fade(before) if self._quiet else None)
        if not self.asking:
            self._rest()

    def also(self, text: str) -> None:
        """Adds this to the message that is shown, in place of what was added before: a key held down says it once."""
        message = [(part, role) for part, role in self._status if part.strip() != self._added]
        self._added = text
        if message:
            self._status = [*message, (f"   {text}", "alert")]
            if not self.asking:
                self._rest()
        else:
            self.status(text, "alert")

    def busy(self, text: str) -> None:
        """The work in progress: it is shown before any other message while it lasts."""
        if text != self._busy:
            self._busy = text
            if not self.asking:
                self._rest()

    def quiet(self, text: str) -> None:
        """A lasting message, shown while there is no other."""
        if text != self._quiet:
            self._quiet = text
            if not self.asking and not self._status:
                self._rest()

    async def key(self, question: Sequence[tuple[str, str]], keys: Sequence[str]) -> str | None:
        """Asks a question that one of `keys` answers (Textual's names); returns None if the operator declines."""
        if self.typed and self.typed[0] in keys:
            return self.typed.pop(0)
        self._begin()
        self._keys = keys
        self._say(question)
        self.can_focus = True  # for as long as it asks: Tab must not lead here
        self.focus()
        self.on_asked(keys)
        try:
            return await self._end()
        finally:
            self.can_focus = False
            self.on_asked(None)

    async def ask(
        self,
        title: str,
        value: str = "",
        suggestions: Sequence[str] = (),
        changed: Callable[[str], str] | None = None,
        typing: Typing | None = None,
    ) -> str | None:
        """Asks for a line of text; returns None if the operator cancels. `changed` gets every edit and may return a
        remark; `typing` helps with it."""
        self._begin()
        self._changed, self._title = changed, title
        self._say([(f"{title} ", "key")], field=True)
        self._field.begin(typing)
        if typing is not None:
            self._field.suggester = Completing(typing.complete)
        else:
            self._field.suggester = SuggestFromList(suggestions, case_sensitive=False) if suggestions else None
        with self._field.prevent(Input.Changed):
            self._field.value = value
        self._field.cursor_position = len(value)
        self._field.display = True
        self._field.focus()
        if typing is not None and typing.completes:
            self.on_asked((TEXT, "enter", "tab", *(("up",) if typing.history else ())))
        try:
            return await self._end()
        finally:
            self._field.display = False
            self._changed = None
            self.on_asked(None)

    def answer(self, value: str | None) -> None:
        """Ends the question. Keys wait until whoever asked has the answer."""
        if self._answer is not None and not self._answer.done():
            self._hold()
            self._answer.set_result(value)

    def on_key(self, event: events.Key) -> None:
        """While a question is open every key is an answer or a refusal; none reaches the table."""
        if not self.asking or self._field.display:
            return
        event.stop()
        event.prevent_default()
        self.take(event.key)

    def take(self, key: str) -> None:
        """Takes a key while a question is open, or is about to be. A key that comes before the next question is kept
        for it, but never a yes to something that nobody has read yet."""
        if self._answer is not None and not self._answer.done():
            self.answer(key if key in self._keys else None)
        elif key not in ("y", "Y"):
            self.typed.append(key)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.remark()

    def remark(self) -> None:
        """Says what there is to say of the line that is being typed."""
        if self._changed is not None and self.asking:
            remark = self._changed(self._field.value)
            self._say([(f"{self._title} ", "key"), (f"({remark}) " if remark else "", "dim")], field=True)

    def _begin(self) -> None:
        self.answer(None)
        focused = self.screen.focused
        if focused is not self and focused is not self._field:
            self._before = focused
        self._status = []
        self._answer = asyncio.get_running_loop().create_future()

    async def _end(self) -> str | None:
        future = self._answer
        assert future is not None
        try:
            return await future
        finally:
            asyncio.get_running_loop().call_soon(self._release)
            if self._answer is future:
                self._answer = None
                if self.is_attached:
                    self._rest()
                    if self._before is not None and self._before.is_attached:
                        self._before.focus()

    def _fade(self, said: int) -> None:
        if said == self._said:
            self._status = []
            if not self.asking:
                self._rest()

    def _rest(self) -> None:
        self._say([(self._busy, "alert")] if self._busy else self._status or [(self._quiet, "alert")])

    def _say(self, pieces: Sequence[tuple[str, str]], field: bool = False) -> None:
        """Shows the pieces. A question must be readable in full, so the line grows if necessary."""
        given, room = [(" ", ""), *pieces], max(20, self.size.width - 1)
        lines = wrapped(given, room, 1, whole=True)
        if len(lines) > _HIGHEST:
            lines = wrapped(given, room, 1)[:_HIGHEST]
        size = sum(len(piece.text) for piece in lines[0])
        height, width = (1, size) if field else (len(lines), "1fr")
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self._label.styles.width = width
        self._label.show(*lines)

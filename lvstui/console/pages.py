"""Whole-screen pages over the table, opaque: a form to fill in, a plan to confirm, the help. Imported when opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Static

from lvstui.console.entry import EntryError, Field
from lvstui.director.errors import LvsError

Result = TypeVar("Result")


class Page(ModalScreen[Result], Generic[Result]):
    """A title, a body and a line at the foot. Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False), Binding("ctrl+c", "leave")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def foot(self, text: str, error: bool = False) -> None:
        line = self.query_one("#page-foot", Static)
        line.update(text)
        line.set_class(error, "error")

    def action_leave(self) -> None:
        self.dismiss(None)


class TextPage(Page[bool]):
    """Lines to read. With `keys`, one of them confirms and every other leaves; without, any leaves."""

    def __init__(self, title: str, lines: Sequence[str], foot: str, keys: Sequence[str] = ()) -> None:
        super().__init__(title)
        self._text_lines = lines
        self._foot = foot
        self._keys = keys

    def compose(self) -> ComposeResult:
        yield Static(self._title, id="page-title", markup=False)
        with VerticalScroll(id="page-body"):
            yield Static("\n".join(self._text_lines), markup=False)
        yield Static(self._foot, id="page-foot", markup=False)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down", "pageup", "pagedown", "home", "end"):
            return
        event.stop()
        event.prevent_default()
        self.dismiss(event.key in self._keys)


class FormPage(Page[Result], Generic[Result]):
    """Fields to fill in. `make` turns their text into what the form is for, on every key: what is wrong is said as it
    is typed, and Enter leaves only when nothing is."""

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Result],
        editing: bool,
    ) -> None:
        super().__init__(title)
        self._form_fields = fields
        self._values = values
        self._make = make
        self._editing = editing

    def compose(self) -> ComposeResult:
        yield Static(self._title, id="page-title", markup=False)
        with VerticalScroll(id="page-body", can_focus=False):
            for name, hint, choices, key in self._form_fields:
                with Horizontal(classes="row"):
                    yield Label(name)
                    suggester = SuggestFromList(choices, case_sensitive=False) if choices else None
                    field = Input(self._values.get(name, ""), id=f"in-{name}", suggester=suggester, compact=True)
                    field.cursor_blink = False
                    field.disabled = self._editing and key
                    yield field
                    yield Label(hint, classes="hint")
        yield Static("", id="page-foot", markup=False)

    def on_mount(self) -> None:
        first = next((field for field in self.query(Input) if not field.disabled), None)
        if first is not None:
            first.focus()
        self._judge()

    def on_input_changed(self) -> None:
        self._judge()

    def on_input_submitted(self) -> None:
        result = self._judge()
        if result is not None:
            self.dismiss(result)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("down", "up"):
            event.stop()
            self.focus_next(Input) if event.key == "down" else self.focus_previous(Input)

    def _judge(self) -> Result | None:
        """The result as the fields stand, None while something is wrong with it; the foot says what."""
        values = {name: self.query_one(f"#in-{name}", Input).value for name, *_ in self._form_fields}
        try:
            result = self._make(values)
        except EntryError as error:
            self.foot(str(error), error=True)
        except LvsError as error:
            self.foot(f"{error.why}{f': {error.mend}' if error.mend else ''}", error=True)
        else:
            self.foot("Enter: go on   Tab, up, down: next field   Esc: leave it")
            return result
        return None

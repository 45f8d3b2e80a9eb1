"""Whole-screen pages over the table, opaque: a form to fill in, a file to pick, a plan to confirm, the help. Imported
when one is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static

from lvstui.console.context.ui import Changes, FormField, Text
from lvstui.console.pages.form_fields import EntryError
from lvstui.console.widgets.line_input import PlainInput
from lvstui.console.widgets.text import wrapped
from lvstui.console.widgets.text_lines import TextLines
from lvstui.director.errors import LvsError
from lvstui.director.spell import spell
from lvstui.plain import plain
from lvstui.views.number import count

Result = TypeVar("Result")
_COMMANDS = 4
"""The most commands of a form that are shown before its question."""


def furnished(screen: Widget, event: events.Event) -> bool:
    """Whether a screen may handle this event: one that is opened while the console is being left gets no widgets from
    Textual, and must not look for them."""
    return bool(screen.children) or not isinstance(event, events.Mount | events.Resize)


class Page(ModalScreen[Result], Generic[Result]):
    """A title, a body and a line at the foot. Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    async def on_event(self, event: events.Event) -> None:
        if furnished(self, event):
            await super().on_event(event)

    def title_line(self) -> Static:
        return Static(plain(self._title), id="page-title", markup=False)

    def foot(self, *pieces: tuple[str, str]) -> None:
        line = self.query_one("#page-foot", TextLines)
        lines = wrapped([(" ", ""), *pieces], max(20, self.app.size.width - 1))
        line.styles.height = len(lines)
        line.show(*lines)

    def action_leave(self) -> None:
        self.dismiss(None)


class TextPage(Page[str]):
    """Lines to read. Every key closes it; the result is the key's character if it is one of `keys`, else ""."""

    def __init__(self, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> None:
        super().__init__(title)
        self._body_lines = lines
        self._foot = foot
        self._keys = keys

    def compose(self) -> ComposeResult:
        yield self.title_line()
        with VerticalScroll(id="page-body"):
            yield TextLines("page-text")
        yield TextLines("page-foot")

    def on_mount(self) -> None:
        self.foot((self._foot, "key"))

    def on_resize(self) -> None:
        width = max(20, self.app.size.width - 4)
        lines = [line for text in self._body_lines for line in wrapped(text, width, _indent(text))]
        body = self.query_one("#page-text", TextLines)
        body.styles.height = len(lines)
        body.show(*lines)
        self.query_one("#page-body").focus()

    def on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down", "pageup", "pagedown", "home", "end"):
            return
        event.stop()
        event.prevent_default()
        self.dismiss(event.character if event.character and event.character in self._keys else "")


def _indent(text: Text) -> int:
    """The indentation of the lines in which a line continues."""
    first = text[0][0] if text else ""
    return len(first) - len(first.lstrip(" "))


class PickPage(Page[Path | None]):
    """Files to choose from, or another path to type."""

    def __init__(self, title: str, paths: Sequence[Path]) -> None:
        super().__init__(title)
        self._paths = paths

    def compose(self) -> ComposeResult:
        yield self.title_line()
        yield OptionList(*(plain(str(path)).replace("[", r"\[") for path in self._paths), id="page-list")
        with Horizontal(classes="row"):
            yield Label("other file")
            field = PlainInput(id="other", compact=True)
            field.cursor_blink = False
            yield field
        yield TextLines("page-foot")

    def on_mount(self) -> None:
        self.foot(("Enter", "key"), (" shows what it would change   ", ""), ("Tab", "key"), (" types another   ", ""),
                  ("Esc", "key"), (" leaves", ""))  # fmt: skip
        files = self.query_one(OptionList)
        files.can_focus = bool(self._paths)  # Tab would leave the line to type into for nothing
        self.set_focus(files if self._paths else self.query_one(Input))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._paths[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(Path(event.value.strip()).expanduser())


class FormPage(Page[Changes | None]):
    """Fields to fill in. `make` turns their text into changes, after every key: errors are shown while you type, or
    else the equivalent commands, and Enter continues only if nothing is wrong."""

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Changes],
        editing: bool = False,
    ) -> None:
        """`editing`: the fields that name the rule are shown and cannot be changed."""
        super().__init__(title)
        self._form_fields = fields
        self._values = values
        self._make = make
        self._editing = editing

    def compose(self) -> ComposeResult:
        yield self.title_line()
        with VerticalScroll(id="page-body", can_focus=False):
            for name, hint, choices, key in self._form_fields:
                with Horizontal(classes="row"):
                    yield Label(name)
                    suggester = SuggestFromList(choices, case_sensitive=False) if choices else None
                    field = FormInput(self._values.get(name, ""), id=f"in-{name}", suggester=suggester, compact=True)
                    field.cursor_blink = False
                    field.disabled = self._editing and key
                    yield field
                    yield Label(hint, classes="hint", markup=False)
        yield TextLines("page-foot")

    def on_mount(self) -> None:
        first = next((field for field in self.query(Input) if not field.disabled), None)
        empty = next((field for field in self.query(Input) if not field.disabled and field.id == "in-address"), None)
        self.set_focus(empty or first)  # at once: focus() would let a painted form lose the first keys
        self._judge()

    def on_input_changed(self) -> None:
        self._judge()

    def on_input_submitted(self) -> None:
        changes = self._judge()
        if changes is not None:
            self.dismiss(changes)

    def _judge(self) -> Changes | None:
        """The changes from the present fields, None while something is wrong; the last line says what, and not in red
        while nothing was typed."""
        values = {name: self.query_one(f"#in-{name}", Input).value for name, *_ in self._form_fields}
        untouched = all(value == self._values.get(name, "") for name, value in values.items())
        try:
            changes = self._make(values)
        except EntryError as error:
            self.foot((str(error), "" if untouched else "down"), _LEAVES)
        except LvsError as error:
            why = f"{error.why}{f': {error.mend}' if error.mend else ''}"
            self.foot((why, "" if untouched else "down"), _LEAVES)
        else:
            self.foot(("Enter", "key"), *_commands(changes), _LEAVES)
            return changes
        return None


_UNDERLINED = Style(underline=True)
_LEAVES = ("   Tab next field, Esc leaves", "dim")


def _commands(changes: Changes) -> list[tuple[str, str]]:
    """The ipvsadm commands that the changes equal; of many the first ones and the number of the others."""
    if not changes:
        return [("  leaves it as it is", "")]
    shown = [f"  ipvsadm {spell(change)}" for change in changes[:_COMMANDS]]
    more = len(changes) - len(shown)
    return [(";".join(shown), ""), (f"  and {count(more, 'more command')}" if more else "", "dim")]


class FormInput(PlainInput):
    """A field of a form: up and down go to its neighbours, like Tab. Where no background shows how far it reaches, in a
    terminal's own colours or without any, it is underlined."""

    def render_line(self, y: int) -> Strip:
        line = super().render_line(y)
        if self.disabled or not (self.has_pseudo_class("ansi") or self.has_pseudo_class("nocolor")):
            return line
        return line.extend_cell_length(self.content_size.width).apply_style(_UNDERLINED)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("down", "up"):
            event.stop()
            event.prevent_default()
            if event.key == "down":
                self.screen.focus_next(Input)
            else:
                self.screen.focus_previous(Input)

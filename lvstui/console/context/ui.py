"""Messages and questions: Ui is the bottom line (widgets/prompt.py), Pages what is shown instead of the tables or over
them (pages/screen_pages.py)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lvstui.director.change import Change
from lvstui.values import NamedTuple

Text = Sequence[tuple[str, str]]
"""A line in pieces with roles."""
Changes = tuple[Change, ...]
LINGERS = 20.0
"""Seconds for which the bottom line shows a result; an error stays until the next message."""


class Typing(NamedTuple):
    """Help for typing a line: `complete` returns its possible completions, `history` has earlier lines, latest last;
    `completes`: whether there can be any completion."""

    complete: Callable[[str], Sequence[str]]
    history: Sequence[str] = ()
    completes: bool = True


class Offer(NamedTuple):
    """A line of the command palette, and what it does."""

    text: str
    about: str
    does: Callable[[], None]


class HelpRow(NamedTuple):
    """A key, a command or a sign, and what it does or means. `where`: the views it works in, "" for every view;
    `off`: it is refused now, because the console is read-only."""

    key: str
    words: str
    where: str = ""
    off: bool = False


class HelpTopic(NamedTuple):
    """Rows that belong together, under a title."""

    title: str
    rows: tuple[HelpRow, ...]


class HelpPart(NamedTuple):
    """One page of the help. `wide`: its rows are too long to stand beside others."""

    name: str
    topics: tuple[HelpTopic, ...]
    wide: bool = False


class FormField(NamedTuple):
    """A line of a form. `choices` are suggested; `key` fields name the rule and cannot be edited later."""

    name: str
    hint: str
    choices: Sequence[str] = ()
    key: bool = False


class Stream(Protocol):
    """A page whose lines come one after the other."""

    left: bool
    """Whether the operator has left the page."""

    def add(self, text: str, role: str = "") -> None:
        """Adds a line."""

    def say(self, text: str, role: str = "key") -> None:
        """Shows this as the last line of the page from now on."""


class Ui(Protocol):
    """The bottom line: messages, and questions that a key or a typed line answers."""

    def status(self, text: str, role: str = "", seconds: float = LINGERS) -> None:
        """Shows a result for so many seconds, or an error (`role` "error") until the next message."""

    def also(self, text: str) -> None:
        """Adds this to the message that is shown."""

    async def ask(
        self,
        title: str,
        value: str = "",
        suggestions: Sequence[str] = (),
        changed: Callable[[str], str] | None = None,
        typing: Typing | None = None,
    ) -> str | None:
        """Asks for a line of text; returns None if the operator cancels. `changed` gets every edit and may return a
        remark."""

    async def key(self, question: Text, keys: Sequence[str]) -> str | None:
        """Asks a question that one of `keys` answers (Textual's names); returns None if the operator declines."""


class Pages(Protocol):
    """Texts that are longer than a line: shown instead of the tables, and on pages over them."""

    def unfold(self, lines: Sequence[Text] | None, above: int = 0) -> int:
        """Shows lines instead of the tables (except for the first `above` rows) while a question is open; None shows
        the tables again. Returns how many lines did not fit."""

    def list_below(self, lines: Sequence[Text]) -> None:
        """Shows lines over the lower part of the tables; no lines remove them."""

    def copy(self, text: str) -> None:
        """Sends a text to the terminal's clipboard."""

    async def page(self, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
        """Shows lines to read; returns the key of `keys` that left the page, "" for any other."""

    async def help(self, parts: Sequence[HelpPart]) -> None:
        """Shows the help, until the operator closes it."""

    async def pick(self, title: str, paths: Sequence[Path]) -> Path | None:
        """Asks for one of these files, or another that is typed."""

    async def form(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Changes],
        editing: bool = False,
    ) -> Changes | None:
        """Returns the changes from a form, None if the operator leaves it. `editing`: the fields that name the rule
        cannot be changed."""

    async def stream(self, title: str, foot: str, fill: Callable[[Stream], Coroutine[None, None, None]]) -> None:
        """Opens a page and runs `fill` beside it, until the operator leaves it."""

    async def theme(self, names: Sequence[str]) -> str:
        """Asks for a theme, and wears each one while it is under the cursor; returns "" if the theme stays."""

    def palette(self, offers: Callable[[], Iterable[Offer]]) -> None:
        """Opens the command palette."""

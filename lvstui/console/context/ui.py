"""Messages and questions: Ui is the bottom line (widgets/prompt.py), Pages what is shown in the place of the tables or
over them (pages/screen_pages.py)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from lvstui.director.change import Change

Text = Sequence[tuple[str, str]]
"""A line in pieces with roles."""
Changes = tuple[Change, ...]
LINGERS = 20.0
"""Seconds for which the bottom line says what was done; an error stays until something else is said."""


class Typing(NamedTuple):
    """Help for typing a line: `complete` returns its possible completions, `history` has earlier lines, latest last."""

    complete: Callable[[str], Sequence[str]]
    history: Sequence[str] = ()


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
    """Whether the operator has left it."""

    def add(self, text: str, role: str = "") -> None:
        """One more line."""

    def say(self, text: str, role: str = "key") -> None:
        """What stands at the foot from now on."""


class Ui(Protocol):
    """The bottom line: messages, and questions that a key or a typed line answers."""

    def status(self, text: str, role: str = "", seconds: float = LINGERS) -> None:
        """Says what was done for so many seconds, or what went wrong (`role` "error") until the next words."""

    def also(self, text: str) -> None:
        """Says this behind what is said already, and as long."""

    async def ask(
        self,
        title: str,
        value: str = "",
        suggestions: Sequence[str] = (),
        changed: Callable[[str], str] | None = None,
        typing: Typing | None = None,
    ) -> str | None:
        """A line of text; None when the operator gives it up. `changed` sees every edit and may return a remark."""

    async def key(self, question: Text, keys: Sequence[str]) -> str | None:
        """A question that one of `keys` answers (Textual's names); None when it is declined."""


class Pages(Protocol):
    """Where there is more to say than a line holds: in the place of the tables, and on pages over them."""

    def unfold(self, lines: Sequence[Text] | None, above: int = 0) -> int:
        """Shows lines in the place of the tables, but for the first so many, while a question stands; None brings the
        tables back. Returns how many are below the last one that fits."""

    def list_below(self, lines: Sequence[Text]) -> None:
        """Shows lines below the tables, over their lower part; none takes them away."""

    def copy(self, text: str) -> None:
        """Sends a text to the terminal's clipboard."""

    async def page(self, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
        """Shows lines to read; returns the key of `keys` that left the page, "" for any other."""

    async def help(self, parts: Sequence[HelpPart]) -> None:
        """Shows the help, until the operator closes it."""

    async def pick(self, title: str, paths: Sequence[Path]) -> Path | None:
        """One of these files, or another that is typed."""

    async def form(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Changes],
        editing: bool = False,
    ) -> Changes | None:
        """The changes that a filled form states. `editing`: the fields that name the rule cannot be changed."""

    async def stream(self, title: str, foot: str, fill: Callable[[Stream], Coroutine[None, None, None]]) -> None:
        """Opens a page and runs `fill` beside it, until the operator leaves it."""

    async def theme(self, names: Sequence[str]) -> str:
        """A theme, tried on while it is chosen; "" when it stays as it was."""

    def palette(self, offers: Callable[[], Iterable[Offer]]) -> None:
        """Opens the command palette."""

"""The console itself (app.py), and its actions and commands (actions/action_runner.py)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol


class KeyedAction(Protocol):
    """An action with its keys: a row of keys/actions.py."""

    @property
    def id(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...
    @property
    def writes(self) -> bool: ...
    @property
    def where(self) -> str: ...

    def fits(self, kind: str) -> bool:
        """Whether it makes sense on rows of this kind."""


class Program(Protocol):
    """The console itself."""

    @property
    def theme_names(self) -> Sequence[str]: ...

    def wear(self, theme: str) -> None:
        """Changes the theme."""

    def pace(self, seconds: float) -> None:
        """Sets the seconds between two reads."""

    def paint(self) -> None:
        """Draws the rows and the lines around them again."""

    def paint_frame(self) -> None:
        """Draws the lines around the tables again."""

    def beside(self, work: Callable[[], Coroutine[None, None, object]], group: str) -> None:
        """Runs something beside the screen for which nobody waits."""

    def action_suspend_process(self) -> None:
        """Gives the terminal back to the shell."""

    def quit(self) -> None:
        """Leaves the console."""

    def go_elsewhere(self, netns: str) -> None:
        """Leaves, to be opened again in another network namespace."""


class Commands(Protocol):
    """The actions and commands: their keys, and a way for one to start another."""

    @property
    def actions(self) -> Sequence[KeyedAction]:
        """Every action with its present keys."""

    def keys(self, action: str) -> tuple[str, ...]:
        """The keys of an action, as Textual names them."""

    def key(self, action: str) -> str:
        """The first of its keys as operators spell it, "" if it has none."""

    def action(self, name: str) -> None:
        """Runs an action."""

    def ask(self, begun: str) -> None:
        """Opens the command line with a text in it."""

    def line(self, text: str) -> None:
        """Runs a command."""

    async def command(self, begun: str = "") -> None:
        """Asks for a command and runs it, within the action that is in progress. Raises LvsError."""

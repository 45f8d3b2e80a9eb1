"""Runs one action at a time: a key, a command line or the palette starts it beside the screen, and its errors appear in
the bottom line. While another key's change is in progress, a further key and anything typed right after it are ignored,
and the bottom line says so."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from lvstui import log
from lvstui.commands.make import makes, propose
from lvstui.commands.parse import parse
from lvstui.console.actions import command_line
from lvstui.console.keys.actions import BY_ID, OF_A_SERVER, ON_PAGES, Action, misplaced
from lvstui.console.keys.key_names import shown_key
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import LvsError, NotDone, refusal

if TYPE_CHECKING:
    from lvstui.console.actions.registry import Act
    from lvstui.console.context import Context
    from lvstui.views.operator_names import OperatorNames

_SETTINGS = ("timeouts", "sync-start", "sync-stop")
"""Commands about values that are read only on request."""
BURST = ("heavier", "lighter")
"""Actions whose key may be pressed again before their question is on the screen."""


_HUSH = 0.5
"""Seconds without a key that must pass after one was ignored: what follows a lost `:` is words, not actions."""


_STANDS = 0.5
"""Seconds after the start until the first frame is on the screen."""


def registry() -> Mapping[str, Act]:
    """What each action does. These are a sixth of the console's modules, and the first frame needs none of them."""
    from lvstui.console.actions.registry import REGISTRY

    return REGISTRY


class ActionHost(Protocol):
    """Runs actions; it holds keys back while one runs."""

    def start(self, work: Callable[[], Coroutine[None, None, None]], group: str, exclusive: bool = False) -> None:
        """Runs the work beside the screen."""

    def hold(self) -> None:
        """Makes keys wait."""

    def release(self) -> None:
        """Handles keys again."""

    def keep(self, key: str) -> None:
        """Keeps a key for the question that is about to be asked."""

    def forget_keys(self) -> None:
        """Drops the keys that were kept."""

    def acted(self) -> None:
        """Called when an action has ended."""


class ActionRunner:
    """Starts actions and commands, one at a time."""

    def __init__(self, ctx: Context, host: ActionHost, actions: Sequence[Action]) -> None:
        """`actions`: all of them, with the keys that the operator chose."""
        self.actions = actions
        self._ctx = ctx
        self._host = host
        self._busy = False
        self._lost = -_HUSH
        self._untaken = ""

    async def ready(self) -> None:
        """Loads the actions beside the screen, so that no key waits for it. A key that is pressed earlier loads them
        itself. From then on garbage is collected, but not among what was loaded: to look through that takes longer than
        to paint a frame, and nothing of it ever goes."""
        await asyncio.sleep(_STANDS)
        await in_thread(registry)
        if not gc.isenabled():  # consoles.py stopped it
            gc.freeze()
            gc.enable()

    @property
    def busy(self) -> bool:
        """Whether an action is in progress."""
        return self._busy

    def keys(self, action: str) -> tuple[str, ...]:
        """The keys of an action, as Textual names them."""
        return next(known.keys for known in self.actions if known.id == action)

    def key(self, action: str) -> str:
        """The first key of an action as operators spell it, "" where it has none."""
        return next(map(shown_key, self.keys(action)), "")

    def action(self, name: str) -> None:
        """Runs an action of the table. If + and - are pressed faster than their question appears, they are kept for
        it."""
        if name == "quit":
            self._host.start(partial(self._key, name), "leaving", exclusive=True)
        elif self._busy and name in BURST:
            self._host.keep(self.keys(name)[0])
        elif self._busy or time.monotonic() - self._lost < _HUSH:
            self._lost = time.monotonic()
            self._untaken = self._untaken or self.keys(name)[0]
            if not self._busy:
                self._say_untaken()
        else:
            self._start(lambda: self._action(name))

    def ask(self, begun: str) -> None:
        """Opens the command line with a text in it."""
        self._start(lambda: self.command(begun))

    def line(self, text: str) -> None:
        """Runs a command."""
        self._start(lambda: self._line(text))

    async def _action(self, name: str) -> None:
        ctx = self._ctx
        if ctx.navigation.kind.endswith("-page"):
            name = ON_PAGES.get(name, name)
        from lvstui.console.actions import pool

        wrong = misplaced(BY_ID[name], ctx.navigation.kind)
        if wrong is not None and name in OF_A_SERVER and pool.opened(ctx, OF_A_SERVER[name]):
            return
        if wrong is not None:
            raise wrong
        # On a director elsewhere it goes on to the question, which is answered with the line that does it.
        if BY_ID[name].writes and ctx.display.state.read_only and not ctx.storage.host:
            raise NotDone("read-only", ctx.display.state.read_only)
        await self._key(name)

    async def _key(self, name: str) -> None:
        key = registry()[name].key
        assert key is not None, name
        await key(self._ctx)

    async def command(self, begun: str = "") -> None:
        """Asks for a command, starting from the text `begun`, and runs it. Raises LvsError."""
        line = await command_line.ask(self._ctx, begun)
        if line:
            await self._line(line)

    async def _line(self, text: str) -> None:
        from lvstui.console.editing import command_elsewhere, editor

        ctx, parsed = self._ctx, parse(text)
        command = parsed.command
        if command.writes and ctx.storage.host and not makes(command.id):
            await command_elsewhere.show_commands(ctx, [text.strip()] if command.here else ())
            return
        if command.writes and ctx.display.state.read_only and not ctx.storage.host:
            raise NotDone("read-only", ctx.display.state.read_only)
        act = registry().get(command.id)
        if act is not None and act.line is not None:
            await act.line(ctx, parsed)
        elif makes(command.id):
            state = await ctx.director.everything() if command.id in _SETTINGS else ctx.director.latest
            world = ctx.world()._replace(state=state)
            await editor.confirm(ctx, propose(parsed, world, ctx.session.drained), state=state)
        else:
            await self._key(command.id)

    def _start(self, act: Callable[[], Awaitable[None]]) -> None:
        if not self._busy:
            self._busy = True
            self._host.forget_keys()
            # `:weight 5` may come in one piece, and its `w` before the worker has begun to ask for it.
            self._host.hold()
            self._host.start(partial(self._run, act), "action")

    async def _run(self, act: Callable[[], Awaitable[None]]) -> None:
        ctx = self._ctx
        asyncio.get_running_loop().call_soon(self._host.release)
        try:
            await act()
        except asyncio.CancelledError:
            raise
        except LvsError as error:
            ctx.ui.status(_words(error, ctx.names), "error")
            ctx.director.wake()
        except Exception as error:
            # A defect is told, and the table stays on the screen.
            log.failure("unexpected, in an action")
            with contextlib.suppress(Exception):
                ctx.ui.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
        finally:
            self._busy = False
            self._host.acted()
            self._say_untaken()

    def _say_untaken(self) -> None:
        """Says which key was ignored, after the message that is there already."""
        key, self._untaken = self._untaken, ""
        if key:
            self._ctx.ui.also(f"{shown_key(key)} was pressed too early and was ignored: press it again")


def _words(error: LvsError, names: OperatorNames) -> str:
    """What was not done, why, and the remedy. What is about a service or a server has its name, but a remedy may be a
    command, which keeps the address."""
    from lvstui.views.named import named  # not for the first frame

    what, why = error.what, error.why
    if (name := named(what, names)) != what:
        what, why = name, named(why, names)
    return f"{refusal(what, why)}{f'; {error.mend}' if error.mend else ''}"

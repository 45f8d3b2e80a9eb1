"""One act at a time: what a key, a command line or the palette starts runs beside the screen, and what goes wrong with
it is told in the bottom line. A key that comes while another's change is under way is not taken, and neither is what is
typed right behind it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui import log
from lvstui.commands.make import makes, propose
from lvstui.commands.parse import parse
from lvstui.console.actions import command_line
from lvstui.console.actions.registry import DOING, Act
from lvstui.console.keys.actions import BY_ID, misplaced
from lvstui.director.errors import LvsError, NotDone

if TYPE_CHECKING:
    from lvstui.console.app import Console

_SETTINGS = ("timeouts", "sync-start", "sync-stop")
"""Commands about what is read only when it is wanted."""
BURST = ("heavier", "lighter")
"""Actions whose key may be pressed faster than they are asked."""


_HUSH = 0.5
"""Seconds that keys must rest after one was not taken: what follows a lost `:` is words, not actions."""


class Acts:
    """Starts acts for the App."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self._busy = False
        self._lost = -_HUSH

    def action(self, name: str) -> None:
        """Does an action of the table; a burst of + and - that is faster than its question is kept for it."""
        if name == "quit":
            self._app.run_worker(self._key(name), group="leaving", exclusive=True, exit_on_error=False)
        elif self._busy and name in BURST:
            self._app.prompt.take(self._app.keys(name)[0])
        elif self._busy or time.monotonic() - self._lost < _HUSH:
            self._lost = time.monotonic()
        else:
            self._start(lambda: self._action(name))

    def ask(self, begun: str) -> None:
        """Opens the command line, with this much of it typed."""
        self._start(lambda: self.command(begun))

    def line(self, text: str) -> None:
        """Does a command."""
        self._start(lambda: self._line(text))

    async def _action(self, name: str) -> None:
        app = self._app
        wrong = misplaced(BY_ID[name], app.tables.kind)
        if wrong is not None:
            raise wrong
        if BY_ID[name].writes and app.state.read_only:
            raise NotDone("read-only", app.state.read_only)
        await self._key(name)

    async def _key(self, name: str) -> None:
        key = DOING[name].key
        assert key is not None, name
        await key(self._app)

    async def command(self, begun: str = "") -> None:
        """Asks for a command, with this much of it typed, and does it. Raises LvsError."""
        line = await command_line.ask(self._app, begun)
        if line:
            await self._line(line)

    async def _line(self, text: str) -> None:
        app, asked = self._app, parse(text)
        command = asked.command
        if command.writes and app.state.read_only:
            raise NotDone("read-only", app.state.read_only)
        act = DOING.get(command.id, Act())
        if act.line is not None:
            await act.line(app, asked)
        elif makes(command.id):
            state = await app.poll.everything() if command.id in _SETTINGS else app.desk.state
            world = app.desk.world()._replace(state=state)
            await app.desk.confirm(propose(asked, world, app.desk.drained), state=state)
        else:
            await self._key(command.id)

    def _start(self, act: Callable[[], Awaitable[None]]) -> None:
        if not self._busy:
            self._busy = True
            self._app.prompt.typed.clear()
            # `:weight 5` may come in one piece, and its `w` before the worker has begun to ask for it.
            self._app.hold()
            self._app.run_worker(self._run(act), group="action", exit_on_error=False)

    async def _run(self, act: Callable[[], Awaitable[None]]) -> None:
        app = self._app
        asyncio.get_running_loop().call_soon(app.release)
        try:
            await act()
        except asyncio.CancelledError:
            raise
        except LvsError as error:
            mend = f"; {error.mend}" if error.mend else ""
            app.prompt.status(f"{error.what}: {error.why}{mend}", "error")
            app.poll.wake()
        except Exception as error:
            # A defect is told, and the table stays on the screen.
            log.failure("unexpected, in an action")
            with contextlib.suppress(Exception):
                app.prompt.status(f"unexpected: {type(error).__name__}: {error}; {log.hint()}", "error")
        finally:
            self._busy = False
            app.acted()

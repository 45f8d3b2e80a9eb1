"""The other director of a pair: threads of its own read it at its own pace, and compare it with this one. Neither it
nor the connection to it ever delays this director or a key."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING

from lvstui.console.session.director_client import SLOWEST, SMALL, DirectorClient
from lvstui.console.session.threads import in_thread
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.pair.clocked import Clocked, skew
from lvstui.director.pair.point import OTHER, THIS, Side
from lvstui.director.serving import Tally, tallied
from lvstui.director.source import Source
from lvstui.director.state import State
from lvstui.values import NamedTuple

if TYPE_CHECKING:
    from lvstui.director.pair.authentication import Alike
    from lvstui.director.pair.compare import Compared
    from lvstui.director.pair.moves import Move
    from lvstui.views.pair import PairReading

# What compares a pair is loaded once there is one.

_FIRST = 1.0
"""Seconds before a failed connection is tried again; doubled each time."""


class ThisDirector(NamedTuple):
    """This director: its last State, None before the first read; and the source that reads it."""

    side: Callable[[], Side | None]
    source: Clocked


class Peer:
    """`opener` opens a director by its name, None if none can be opened. `beside` runs something beside the screen,
    `show` updates the screen."""

    def __init__(
        self,
        opener: Callable[[str], Source] | None,
        interval: float,
        this: ThisDirector,
        beside: Callable[[Callable[[], Coroutine[None, None, object]], str], None],
        show: Callable[[], None],
    ) -> None:
        self.name = ""
        self._opener = opener
        self._interval = interval
        self._this = this
        self._beside = beside
        self._show = show
        self._client: DirectorClient | None = None
        self._source: Clocked | None = None
        self._stop = asyncio.Event()
        self._trouble = ""
        self._tally: Tally | None = None
        self._compared: Compared | None = None
        self._their_role = ""
        self._began = 0.0
        self._whole = False
        self._ahead: float | None = None
        self._ours: tuple[Move, ...] = ()
        self._theirs: tuple[Move, ...] = ()
        self._before: list[State | None] = [None, None]
        self._alike: Alike = {}

    @property
    def reading(self) -> PairReading | None:
        """What is known of the pair, None while none is open."""
        if not self.name:
            return None
        from lvstui.director.pair.moves import together
        from lvstui.director.pair.takeover import DirectorNames
        from lvstui.views.pair import PairReading

        this, client = self._this.side(), self._client
        # Our own role is that of now: at a failover the other one is often not read any more.
        host, role = (this.state.host, this.state.vrrp.role) if this is not None else ("here", "")
        names = DirectorNames(host, self.name)
        trouble, age = self._trouble, time.monotonic() - self._began
        if client is not None:
            trouble, age = client.trouble, client.age
        moves = together(self._ours, self._theirs)
        return PairReading(
            names, (role, self._their_role), self._compared, trouble, age, moves, self._ahead, time.time()
        )

    def open(self, name: str) -> None:
        """Opens a pair with another director, instead of the previous one. Raises NotDone."""
        if self._opener is None:
            raise NotDone(
                "pair", "no other director can be opened from here", "leave, and start lvstui on the directors"
            )
        self.close()
        self.name, self._trouble, self._tally, self._compared = name, "", None, None
        self._ahead, self._ours, self._theirs, self._before = None, (), (), [None, None]
        self._stop, self._began = asyncio.Event(), time.monotonic()
        self._beside(partial(self._run, name, self._opener, self._stop), "peer")

    def close(self) -> None:
        """Closes the pair and the connection."""
        self.name, self._client = "", None
        self._stop.set()
        self.end()

    def end(self) -> None:
        """Closes the connection, if there is one."""
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def whole(self, wanted: bool) -> None:
        """Sets whether things that are equal are listed too."""
        if wanted is not self._whole:
            self._whole = wanted
            self._again()

    def seen(self) -> None:
        """Called when one of the two was read: there may be something to compare it with now."""
        this = self._this.side()
        if not self.name or this is None:
            return
        from lvstui.director.pair.moves import followed

        self._ours = followed(self._ours, THIS, self._before[0], this.state, 0.0)
        self._before[0] = this.state
        if self._compared is None:
            self._again()

    def _again(self) -> None:
        """Compares again, at once if that is quick."""
        client = self._client
        if client is None or client.state is None:
            return
        if len(client.state.services) <= SMALL:
            self._compare(client.state)
        else:
            client.wake()

    async def _run(self, name: str, opener: Callable[[str], Source], stop: asyncio.Event) -> None:
        source = await self._opened(name, opener, stop)
        if source is None:
            return
        if stop.is_set():
            await in_thread(source.close)
            return
        self._source = Clocked(source, time.time)
        client = DirectorClient(self._source, self._interval, self._show, frozenset, partial(self._swept, stop))
        self._client = client
        reads, stopped = asyncio.ensure_future(client.run()), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait((reads, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            reads.cancel()
            stopped.cancel()

    async def _opened(self, name: str, opener: Callable[[str], Source], stop: asyncio.Event) -> Source | None:
        """Tries to open it, with longer and longer pauses; None if the pair was closed meanwhile."""
        pause = _FIRST
        while not stop.is_set():
            try:
                return await in_thread(opener, name)
            except LvsError as error:
                self._trouble = f"{error.why}; {error.mend}" if error.mend else error.why
            self._show()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(pause * 2, SLOWEST)
        return None

    def _swept(self, stop: asyncio.Event, state: State) -> None:
        """Called in the thread that read it."""
        if stop.is_set():
            return
        from lvstui.director.pair.moves import followed

        self._tally = tallied(state, self._tally)
        self._prove(state)
        self._compare(state)
        self._theirs = followed(self._theirs, OTHER, self._before[1], state, self._ahead or 0.0)
        self._before[1] = state

    def _prove(self, state: State) -> None:
        """Compares the passwords that have not been compared yet."""
        from lvstui.director.pair.passwords import alike

        this, other = self._this.side(), self._source
        if this is None or other is None:
            return
        # Where one is lost they stay unknown, and its next reading is of a new connection.
        with contextlib.suppress(LvsError):
            self._alike = alike(this.state, state, (self._this.source, other), self._alike)

    def _compare(self, state: State) -> None:
        this, other = self._this.side(), self._source
        if this is None or other is None:
            return
        from lvstui.director.pair.compare import compared

        apart = self._ahead = skew(self._this.source.offset, other.offset)
        self._their_role = state.vrrp.role
        self._compared = compared(this, Side(state, self._tally), apart, self._whole, self._alike)

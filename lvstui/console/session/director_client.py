"""Reads a Source once per interval and sends through it, one at a time, and keeps the last State.

When a read hangs or fails, the last State stays and the screen says so; after a failure reads become less frequent.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

from lvstui import log
from lvstui.console.session.send_progress import Sending
from lvstui.console.session.threads import in_thread
from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import Lost, LvsError, NotDone
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.rates import History, step
from lvstui.director.source import EVERYTHING, Purpose, Scope, Source, memory, on_news, on_sent, ordered
from lvstui.director.state import State, with_known
from lvstui.director.transaction import carry_out
from lvstui.views.past import Past

if TYPE_CHECKING:
    from lvstui.console.session.read_ahead import ReadAhead

Result = TypeVar("Result")

NOT_READ = State(at=0.0, taken=0.0, host="")
SWEEP = 2.0
"""Seconds between two reads of every pool: the kernel updates its counters no more often."""
SMALL = 64
"""The most services for which every read is a sweep, because choosing would cost as much."""
HANGS = 1.0
"""Seconds without an answer after which the screen says so."""
LARGE = 1000
"""The number of changes from which the screen says at once that they are being sent."""
STEPS = 0.3
"""Seconds between two checks of a send's progress."""
_STEP = 0.05
"""Seconds between two checks whether what was interrupted has ended."""
SLOWEST = 10.0
"""The longest time in seconds between two tries of a read that keeps failing."""


class DirectorClient:
    """Reads and sends for the console, one at a time, and gives keepalived one order at a time. `show` is called when
    there is something new to display, `looked_at` names the services whose servers are on the screen, `swept` gets each
    State of a sweep, in the thread that read it; `first` is the first read, if it has begun already."""

    def __init__(
        self,
        source: Source,
        interval: float,
        show: Callable[[], None],
        looked_at: Callable[[], frozenset[ServiceKey]],
        swept: Callable[[State], None] = lambda state: None,
        first: ReadAhead | None = None,
    ) -> None:
        self.state: State | None = None
        self.history: History = ()
        self.past = Past(memory(source))
        self.trouble = ""
        self.sending = ""
        self.asks_keepalived = False
        self.cut: LvsError | None = None
        self._begun = 0
        self._interrupted = False
        self._examine = False
        self._tells = asyncio.Lock()
        self._source = source
        self._interval = interval
        self._show = show
        self._looked_at = looked_at
        self._after = swept
        self._first = first
        self._wake = asyncio.Event()
        self._free = asyncio.Lock()
        self._swept = -SWEEP
        self._good = time.monotonic()

    @property
    def latest(self) -> State:
        """The State that was read last."""
        return self.state or NOT_READ

    @property
    def age(self) -> float:
        """Seconds since the last good read began."""
        return time.monotonic() - self._good

    def through(self, wrapped: Callable[[Source], Source]) -> None:
        """From now on reads and sends through a wrapper around its source."""
        self._source = wrapped(self._source)

    @property
    def interval(self) -> float:
        """Seconds between two reads."""
        return self._interval

    def pace(self, interval: float) -> None:
        """Sets the seconds between two reads."""
        self._interval = interval
        self.wake()

    def examine(self) -> None:
        """Reads the facts of the machine again, with everything else, now."""
        self._examine = True
        self.wake()

    def wake(self) -> None:
        """Reads everything again now."""
        self._swept = -SWEEP
        self._wake.set()

    async def run(self) -> None:
        """Reads until it is cancelled: when a read is due, and when the source has news."""
        loop = asyncio.get_running_loop()
        on_news(self._source, lambda: self._news(loop))
        pause = self._interval
        while True:
            started = time.monotonic()
            self._wake.clear()
            try:
                await self.fresh()
                pause = self._interval
            except LvsError as error:
                self.trouble = f"{error.why}: {error.mend}" if error.mend else error.why
                pause = error.again if isinstance(error, Lost) else min(pause * 2, SLOWEST)
            except Exception as error:
                # A defect in reading must not take the console away from whoever needs it now.
                log.failure("unexpected, in a read")
                self.trouble = f"{type(error).__name__}: {error}"
                pause = min(pause * 2, SLOWEST)
            self._show()
            await self._sleep(max(0.05, started + pause - time.monotonic()))

    def _news(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called in a thread of the source's: the operator may have left the console meanwhile."""
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self.wake)

    async def fresh(self, keys: Collection[ServiceKey] = ()) -> State:
        """A State whose services are as they are now, with the servers of those on the screen and of `keys`. Raises
        LvsError."""
        async with self._free:
            first, self._first = self._first, None
            started = first.began if first is not None else time.monotonic()
            known = self.state
            sweep = known is None or len(known.services) <= SMALL or started - self._swept >= SWEEP - 0.1
            examine, self._examine = self._examine and sweep, False
            scope = Scope(
                self._looked_at().union(keys), sweep, vrrp=sweep, ask=self.asks_keepalived, owner=sweep, facts=sweep
            )._replace(examine=examine)
            state = await self._patiently(in_thread(self._read, scope, first))
            if sweep:
                self._swept = started
            elif known is not None:
                state = with_known(state, known)
            self.state, self._good, self.trouble = state, started, ""
            if known is not None and state.at < known.at:
                self.history, self.past = (), Past()  # a recording was wound back
            self.history = step(self.history, state, scope.services)
            small = len(state.services) <= SMALL
            self.past.see(state, state.services.keys if small else scope.services)
            return state

    async def _patiently(self, work: Awaitable[Result]) -> Result:
        """Returns or raises what reading does; if it takes long, the screen says so."""
        under_way = asyncio.ensure_future(work)
        before = self.trouble
        while not (await asyncio.wait((under_way,), timeout=HANGS))[0]:
            self.trouble = "no answer to the read"
            self._show()
        self.trouble = before
        return under_way.result()

    async def _sent(self, sending: Sending, work: Awaitable[Result], wait: float) -> Result:
        """Returns or raises what sending does; after so many seconds the screen shows its progress. Nothing is read
        meanwhile, so the screen says why its data is old."""
        under_way = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait((under_way,), timeout=wait))[0]:
                self.sending, wait = sending.text, STEPS
                self._show()
        finally:
            self.sending = ""
        return under_way.result()

    def _read(self, scope: Scope, first: ReadAhead | None) -> State:
        state = first.state() if first is not None and first.scope == scope else self._source.read(scope)
        if scope.sweep:
            self.past.sweep(state)
            self._after(state)
        return state

    async def everything(self) -> State:
        """A State in which everything was read now, including timeouts and sync daemons. Raises LvsError."""
        scope = EVERYTHING._replace(vrrp=True, ask=self.asks_keepalived, owner=True)
        async with self._free:
            return await self._patiently(in_thread(self._source.read, scope))

    async def carry_out(self, changes: Sequence[Change], now: RuleSet, purpose: Purpose, snapshot: str = "") -> None:
        """Sends the changes as one transaction (director/transaction.py), beside the screen and while nothing else
        reads or sends; then reads again. What is interrupted (`end`) is taken back. Raises LvsError."""
        async with self._free:
            if self._interrupted:
                raise NotDone("interrupted", "nothing was changed")
            total = len(changes)
            sending, wait = Sending(total), 0.0 if total >= LARGE else HANGS
            on_sent(self._source, sending.answered)
            self._begun += 1
            try:
                stops = lambda: self._interrupted  # noqa: E731
                work = in_thread(carry_out, self._source, changes, now, snapshot, stops, purpose, sending)
                await self._sent(sending, work, wait)
            except LvsError as error:
                self.cut = error if self._interrupted else None
                raise
            finally:
                self._begun -= 1
                self.wake()

    async def tell(self, order: KeepalivedOrder, purpose: Purpose) -> OrderAnswer:
        """Gives keepalived an order, and returns its answer. Orders are given one at a time, beside the reads: they
        wait for keepalived, not for the table. Raises NotDone."""
        async with self._tells:
            self._begun += order.changes
            try:
                return await in_thread(ordered, self._source, order, purpose)
            finally:
                self._begun -= order.changes

    async def sent(self) -> None:
        """Returns when nothing is being sent and keepalived is not carrying out an order."""
        while self._begun:
            await asyncio.sleep(STEPS)

    async def end(self, changes: Callable[[], bool]) -> LvsError | None:
        """Interrupts what is being sent: it is taken back after the changes that the kernel has already been given.
        Returns when nothing is being sent and nobody `changes` the table any longer: why that was not done, None where
        nothing was cut off."""
        self._interrupted = True
        while self._begun or changes():
            await asyncio.sleep(_STEP)
        return self.cut

    async def _sleep(self, seconds: float) -> None:
        """Waits until the next read is due or requested; if reading fails, the age on the screen is updated
        meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(self._wake.wait(), min(left, 1.0) if self.trouble else left)
                return
            except TimeoutError:
                if self.trouble:
                    self._show()

"""Runs something that may block in a thread beside the screen; leaving the console does not wait for it. Threads take
turns often enough that no key waits for one of them."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from lvstui import log

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


_TURN = 0.0005
"""Seconds after which a thread that works lets another one on. A key passes through three threads (the one that reads
it, the screen's, the one that writes), each of which may have to wait that long for the sweep; Python's own 5 ms would
add up to what one feels."""


@contextmanager
def taking_turns() -> Iterator[None]:
    """While this context is open, a thread lets another one on sooner than is usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


async def in_thread(work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """Returns or raises what `work` does, in a thread. Unlike with asyncio.to_thread, whose threads are joined at the
    end, a read that hangs in the kernel does not keep an operator from leaving."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work(*args, **kwargs)
        except BaseException as raised:  # handed on to whoever waits
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            pass  # the console has been left meanwhile

    threading.Thread(target=run, daemon=True).start()
    return await future


Computation = Callable[[Callable[[], bool]], None]
"""What is to be computed. It calls what it is given now and then, and stops when that returns False."""


class Maker:
    """Computes one thing at a time. If another is asked for meanwhile, the first is given up, and the last one is
    computed. `beside` runs something beside the screen, `made` is called after each that was not given up, `failed`
    gets the text of an unexpected error."""

    def __init__(
        self,
        beside: Callable[[Callable[[], Coroutine[None, None, object]], str], None],
        made: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        self._beside, self._made, self._failed = beside, made, failed
        self._next: Computation | None = None
        self.busy = False
        """Whether something is being computed."""

    def make(self, work: Computation) -> None:
        """Computes this as soon as what is being computed has stopped."""
        self._next = work
        if not self.busy:
            self.busy = True
            self._beside(self._run, "rows")

    async def _run(self) -> None:
        try:
            while (work := self._next) is not None:
                self._next = None
                try:
                    await in_thread(work, lambda: self._next is None)
                except Exception as error:  # the console goes on, and says so
                    log.failure("unexpected, while rows were computed")
                    self._failed(f"unexpected: {type(error).__name__}: {error}; {log.hint()}")
                    continue
                if self._next is None:
                    self._made()
        finally:
            self.busy = False

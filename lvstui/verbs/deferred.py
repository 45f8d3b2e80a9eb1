"""Holds back signals that would end the program while something must not be left half done."""

from __future__ import annotations

import signal
import sys
from _collections_abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def deferred(came: list[int]) -> Iterator[Callable[[], bool]]:
    """While this context is open, an interrupt, a termination or a hang-up is only recorded, in `came`; the function
    that it yields returns whether one came. An ignored signal stays ignored, such as the hang-up under nohup. Outside
    the main thread, where signals do not arrive, it does nothing."""

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    threading = sys.modules.get("threading")  # where it is not loaded there is one thread
    if threading is not None and threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heeded}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

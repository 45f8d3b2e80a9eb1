"""The terminal's alternate screen before Textual's driver is there. It is entered once: the driver takes it over as it
is, so that what it shows stays until Textual paints. Keys that are pressed meanwhile are kept for the console, and the
terminal does not echo them. Whatever ends the program before that, the screen is left."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
_INPUT, _OUTPUT = 0, 1
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)

_held = False
"""Whether it was entered here, and is neither left nor taken over."""
_modes: list[Any] = []
"""The terminal's modes before that, as termios has them."""


@contextmanager
def showing(lines: Sequence[str], encoding: str) -> Iterator[None]:
    """Shows these lines there, from the first one on, while this context is open or until the driver takes it over."""
    global _held
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    _held = True
    _keep_keys()
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, _ended)
    try:
        drawn = "".join(f"\x1b[{number};1H{line}" for number, line in enumerate(lines, 1))
        _write(f"{ENTER}{drawn}\x1b[1;1H".encode(encoding, "replace"))
        yield
    finally:
        leave()
        for number, handler in before.items():
            signal.signal(number, handler)


def leave() -> None:
    """Leaves it, if it was entered here and is still held."""
    global _held
    if _held:
        _held = False
        _restore_modes()
        _write(LEAVE.encode())


def taken_over(data: str) -> str:
    """What the driver still has to write of this: nothing where it enters the screen that is there already."""
    global _held
    if _held and data == ENTER:
        _held = False
        _restore_modes()  # the driver sets its own, and goes back to these at the end
        return ""
    return data


def _keep_keys() -> None:
    """From now on keys are neither echoed nor changed, and ^C is one of them: the console leaves when it reads it."""
    with suppress(termios.error):  # input is no terminal
        _modes[:] = termios.tcgetattr(_INPUT)
        flags_in, flags_out, control, local, speed_in, speed_out, characters = _modes
        local &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        quiet = [flags_in & ~termios.ICRNL, flags_out, control, local, speed_in, speed_out, characters]
        termios.tcsetattr(_INPUT, termios.TCSANOW, quiet)


def _restore_modes() -> None:
    if _modes:
        with suppress(termios.error):  # it is gone
            termios.tcsetattr(_INPUT, termios.TCSANOW, _modes)
        _modes.clear()


def _ended(number: int, frame: object) -> None:
    """Ends the program by a signal, as without this module, on the screen that the shell is on."""
    leave()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _write(data: bytes) -> None:
    while data:
        try:
            data = data[os.write(_OUTPUT, data) :]
        except OSError:
            return  # the terminal is gone, or takes nothing now: the console itself will find out

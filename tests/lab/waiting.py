"""Waiting for a condition: polled, with a limit, never a fixed sleep."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tests.lab.session import LabTimeout

PATIENCE = 900.0 if os.environ.get("LVSTUI_LAB") == "debian13" else 180.0
"""Seconds to wait at most, however busy the machine is. The virtual machine is far slower: its processor is a
program."""

_LONGEST = 1.0
"""Seconds between two checks at most, where the checks themselves are expensive."""


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    timeout: float = PATIENCE,
    interval: float = 0.1,
    story: Callable[[], str] = str,
) -> float:
    """Return the seconds until the condition held; after the timeout raise, with what `story` returns then. Most checks
    start a program in the lab, which is busy itself: so the pause is at least twice as long as a check."""
    began = time.monotonic()
    while True:
        looked = time.monotonic()
        if condition():
            return time.monotonic() - began
        now = time.monotonic()
        if now - began > timeout:
            raise LabTimeout(f"not within {timeout:g} s: {what}\n{story()}")
        time.sleep(max(interval, min(2 * (now - looked), _LONGEST)))

"""Waiting for a condition: polled, with a limit, never a fixed sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.lab.session import LabTimeout

PATIENCE = 180.0
"""Seconds after which what is waited for will not come, however busy the machine is."""


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    timeout: float = PATIENCE,
    interval: float = 0.1,
    story: Callable[[], str] = str,
) -> float:
    """Return the seconds until the condition held; past the timeout raise, with what `story` then tells."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > timeout:
            raise LabTimeout(f"not within {timeout:g} s: {what}\n{story()}")
        time.sleep(interval)
    return time.monotonic() - began

"""How often to start again what failed: at once is too often, never is too seldom. Pure."""

from __future__ import annotations

from lvstui.director.errors import LvsError
from lvstui.values import NamedTuple

FIRST, SLOWEST = 1.0, 30.0
"""Seconds until the second try, and between two tries at the most."""


class Retry(NamedTuple):
    """`why`: what failed, in words, "" while it works. `failures`: how often in a row. `due`: when it is to be started
    again, in the seconds of the clock that `failed` was given."""

    why: str = ""
    failures: int = 0
    due: float = 0.0

    @property
    def wait(self) -> float:
        """Seconds between the last failure and the next try: twice as long each time."""
        return min(SLOWEST, FIRST * 2.0 ** min(self.failures - 1, 10)) if self.failures else 0.0

    def failed(self, what: str, error: Exception, now: float) -> Retry:
        """After one more failure of `what`."""
        after = Retry(f"{what}: {reason(error)}", self.failures + 1)
        return after._replace(due=now + after.wait)


def reason(error: Exception) -> str:
    """Why, in words that can be looked up: the system's own where it is the system that complains."""
    if isinstance(error, LvsError):
        return error.why
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__

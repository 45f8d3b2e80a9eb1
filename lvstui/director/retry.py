"""When to restart something that failed: at once is too often, never is too seldom. Pure."""

from __future__ import annotations

from lvstui.director.errors import LvsError
from lvstui.values import NamedTuple

FIRST, SLOWEST = 1.0, 30.0
"""Seconds until the second attempt, and the most seconds between two attempts."""


class Retry(NamedTuple):
    """`why`: what failed, in words, "" while it works. `failures`: failures in a row. `due`: when to restart it, on the
    clock that `failed` was given."""

    why: str = ""
    failures: int = 0
    due: float = 0.0

    @property
    def wait(self) -> float:
        """Seconds between the last failure and the next attempt, doubled each time."""
        return min(SLOWEST, FIRST * 2.0 ** min(self.failures - 1, 10)) if self.failures else 0.0

    def failed(self, what: str, error: Exception, now: float) -> Retry:
        """After one more failure of `what`."""
        after = Retry(f"{what}: {reason(error)}", self.failures + 1)
        return after._replace(due=now + after.wait)


def reason(error: Exception) -> str:
    """The reason of an error, in words that can be looked up: the system's own words for a system error."""
    if isinstance(error, LvsError):
        return error.why
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__

"""All errors of a director, as one family of exceptions: what, why, and the remedy, each in one line.

The command line turns each class into its exit code; the console shows the same words in its bottom line.
"""

from __future__ import annotations


class LvsError(Exception):
    """An error for the operator: `what` was wanted, `why` it was not done, and `mend`, the remedy.

    `exit_code` follows the contract: 1 not done, nothing changed; 2 bad input; 3 no IPVS or no permission; 4 the kernel
    refused and all was rolled back; 5 the roll-back failed.
    """

    exit_code = 1

    def __init__(self, what: str, why: str, mend: str = "") -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.mend = mend


class NotDone(LvsError):
    """The operator, a guard, a lock, or a table that changed meanwhile prevented it; nothing was changed."""


class BadInput(LvsError):
    """An argument or a file that cannot be understood; nothing was changed."""

    exit_code = 2


class Unavailable(LvsError):
    """No IPVS here, no permission, or a source that cannot read enough; nothing was changed."""

    exit_code = 3


class Stale(Unavailable):
    """A read did not answer in time; only the last State is available."""


class Lost(Stale):
    """A director elsewhere no longer answers; the last State stays. `again`: seconds until the next attempt."""

    def __init__(self, what: str, why: str, mend: str = "", again: float = 1.0) -> None:
        super().__init__(what, why, mend)
        self.again = again


class Refused(LvsError):
    """The kernel refused a change. `errno` is its error number, 0 when something other than the kernel refused."""

    exit_code = 4

    def __init__(self, what: str, why: str, mend: str = "", errno: int = 0) -> None:
        super().__init__(what, why, mend)
        self.errno = errno


class RollbackFailed(LvsError):
    """A refused restore could not be undone; the message names the file with the table from before."""

    exit_code = 5

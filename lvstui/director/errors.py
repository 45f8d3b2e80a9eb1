"""Every way a director can say no, as one family of exceptions: what, why and how to mend it, each in one line.

The command line turns each class into its exit code; the console shows the same words in its bottom line.
"""

from __future__ import annotations


class LvsError(Exception):
    """Something an operator must know: `what` was wanted, `why` it was not done, `mend` says how to go on.

    `exit_code` follows the contract: 1 not done, nothing changed; 2 bad input; 3 no IPVS or no permission;
    4 the kernel refused and all was rolled back; 5 the roll-back failed.
    """

    exit_code = 1

    def __init__(self, what: str, why: str, mend: str = "") -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.mend = mend


class NotDone(LvsError):
    """The operator, a guard, a lock or a table that changed meanwhile said no; nothing was changed."""


class BadInput(LvsError):
    """An argument or a file that cannot be understood; nothing was changed."""

    exit_code = 2


class Unavailable(LvsError):
    """No IPVS here, or no permission, or a read too poor to answer; nothing was changed."""

    exit_code = 3


class Stale(Unavailable):
    """A read did not come back in time; the last State is all there is."""


class Lost(Stale):
    """A director elsewhere does not answer any more; the last State stays. `again`: in how many seconds it is tried
    again."""

    def __init__(self, what: str, why: str, mend: str = "", again: float = 1.0) -> None:
        super().__init__(what, why, mend)
        self.again = again


class Refused(LvsError):
    """The kernel refused a change. `errno` is its number, 0 when the refusal is not the kernel's."""

    exit_code = 4

    def __init__(self, what: str, why: str, mend: str = "", errno: int = 0) -> None:
        super().__init__(what, why, mend)
        self.errno = errno


class RollbackFailed(LvsError):
    """A refused restore could not be undone; the message names the file that says what is left."""

    exit_code = 5

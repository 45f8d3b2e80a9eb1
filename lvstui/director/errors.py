"""All errors of a director, as one family of exceptions: what, why, and the remedy, each in one line.

The command line turns each class into its exit code; the console shows the same words in its bottom line.
"""

from __future__ import annotations

_VERBS = tuple(
    f"{verb} "
    for verb in (
        *("is", "are", "was", "has", "does", "cannot be", "takes", "holds", "works", "comes", "deletes", "got"),
        *("already has", "already runs", "no longer has"),
    )
)
"""A reason that begins so is a verb whose subject is what was wanted."""


def refusal(what: str, why: str) -> str:
    """Both as one sentence: `web9 is not a real server of any service`; a reason with a subject of its own stands
    behind a colon: `drift: no keepalived programs this table`; behind a question stands its answer."""
    return f"{what} {why}" if why.startswith(_VERBS) or what.endswith("?") else f"{what}: {why}"


class LvsError(Exception):
    """An error for the operator: `what` was wanted, `why` it was not done, and `mend`, the remedy. `why` is a sentence
    of its own, or begins with a verb whose subject is `what`.

    `exit_code` follows the contract: 1 not done, nothing changed; 2 bad input; 3 no IPVS or no permission; 4 the kernel
    refused and all was rolled back; 5 the roll-back failed.
    """

    exit_code = 1

    def __init__(self, what: str, why: str, mend: str = "") -> None:
        super().__init__(refusal(what, why))
        self.what = what
        self.why = why
        self.mend = mend

    @property
    def sentence(self) -> str:
        """What was not done, and why."""
        return refusal(self.what, self.why)

    @property
    def text(self) -> str:
        """The sentence and the remedy, in one line."""
        return f"{self.sentence}; {self.mend}" if self.mend else self.sentence


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

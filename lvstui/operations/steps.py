"""What an operation asks of whoever runs it. Each function yields one step and returns the answer."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, TypeVar

from lvstui.commands.proposals import Proposal
from lvstui.director.change import Change
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.source import Purpose
from lvstui.director.state import State

Result = TypeVar("Result")

YES = "yes"
PRINTED = "printed"
"""The tone of what only a verb prints: a console has it on the screen anyway."""


class Confirm(NamedTuple):
    """Show a proposal, with the outages that it causes and what else must be said, and ask. The answer is YES, "" for
    no, or one of `keys`, which change what is asked for."""

    proposal: Proposal
    outages: Sequence[str]
    warnings: Sequence[str]
    keys: tuple[str, ...] = ()


class Read(NamedTuple):
    """Read these services with their real servers now; None: everything. The answer is a State. `settings`: timeouts,
    sync daemons and the kernel's switches too."""

    keys: frozenset[ServiceKey] | None
    settings: bool = False


class Snapshot(NamedTuple):
    """Keep the table as it is in the store, when an automatic snapshot is due. The answer says what went wrong, ""
    when nothing did: it stops nobody."""


class Send(NamedTuple):
    """Carry out changes that were planned on `now`, all or none. Once begun it ends, whoever cancels. Raises NotDone,
    Refused and RollbackFailed into the operation."""

    changes: tuple[Change, ...]
    now: RuleSet
    purpose: Purpose


class Lock(NamedTuple):
    """Hold the lock of the table from now on: until Unlock, or until the operation ends in whatever way. Operations of
    one program take turns; raises NotDone into the operation where another program holds it, or where a restore was cut
    off."""


class Unlock(NamedTuple):
    """Give the lock back."""


class Work(NamedTuple):
    """Call something that may block, of the disk for example. The answer is what it returns; what it raises is raised
    into the operation."""

    call: Callable[[], Any]


class Say(NamedTuple):
    """Say how far it has come. `tone`: "good", "alert", "error" or ""."""

    text: str
    tone: str = ""


class Sleep(NamedTuple):
    """Wait so many seconds; here an operation may be cancelled. The answer is the time on the runner's clock."""

    seconds: float


Step = Confirm | Read | Lock | Unlock | Snapshot | Send | Work | Say | Sleep
Operation = Generator[Step, Any, Result]


def confirm(
    proposal: Proposal, outages: Sequence[str] = (), warnings: Sequence[str] = (), keys: tuple[str, ...] = ()
) -> Operation[str]:
    """YES when the operator agrees."""
    answer: str = yield Confirm(proposal, outages, warnings, keys)
    return answer


def read(keys: frozenset[ServiceKey] | None, settings: bool = False) -> Operation[State]:
    """A State read now. Raises LvsError."""
    state: State = yield Read(keys, settings)
    return state


def work(call: Callable[[], Result]) -> Operation[Result]:
    """What a call that may block returns."""
    answer: Result = yield Work(call)
    return answer


def sleep(seconds: float) -> Operation[float]:
    """Waits, and returns the time then."""
    now: float = yield Sleep(seconds)
    return now

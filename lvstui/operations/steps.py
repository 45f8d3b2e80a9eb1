"""What an operation asks of whoever runs it. Each function yields one step and returns the answer."""

from __future__ import annotations

from _collections_abc import Callable, Generator, Mapping, Sequence

from lvstui.director.change import Change
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.source import EVERYTHING, Purpose, Scope
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from lvstui.commands.lasting import Lines
    from lvstui.commands.proposals import Proposal
    from lvstui.commands.ramp import Ramp
    from lvstui.commands.reloading import Ahead
    from lvstui.director.daemon import Answer, Daemon, Order
    from lvstui.director.recovery import Recovery
    from lvstui.store.journal import Journal

Result = TypeVar("Result")

YES = "yes"
PRINTED = "printed"
"""The tone of what only a verb prints: a console has it on the screen anyway."""
PASSING = "passing"
"""The tone of what only a screen says, and only while it lasts: that something is under way."""


class Confirm(NamedTuple):
    """Show a proposal, with the outages that it causes and what else must be said, and ask. The answer is YES, "" for
    no, one of `keys`, which change what is asked for, or Leave. `lines`: more to read, of what is to be done besides.
    `every`: all changes that were asked for, where single ones may be left out, `at`: the one spoken of last."""

    proposal: Proposal
    outages: Sequence[str]
    warnings: Sequence[str]
    keys: tuple[str, ...] = ()
    lines: Sequence[str] = ()
    every: tuple[Change, ...] = ()
    at: int = 0


class Leave(NamedTuple):
    """An answer: leave the change of this number out, or take it in again, and ask anew."""

    number: int


class Closed(NamedTuple):
    """Say what does not answer of a host that is to serve, and ask whether to go on all the same. The answer is YES, or
    "" for no."""

    what: str
    troubles: Sequence[str]


class Climb(NamedTuple):
    """Show the ramps that together make up a proposal, the outages that it ends in and what else must be said, and ask.
    The answer is YES, or "" for no."""

    goal: Proposal
    ramps: Sequence[Ramp]
    outages: Sequence[str]
    warnings: Sequence[str]


class Plan(NamedTuple):
    """Show the plan of a restore of `name`, which may be long, with the outages and the cost that it has, and ask. The
    answer is YES, or "" for no. `what`: how the operator asked for it; `replaces`: the table is emptied first;
    `read_only`: why nothing may be sent, "" when it may."""

    what: str
    name: str
    changes: tuple[Change, ...]
    outages: Sequence[str]
    cost: str
    remarks: Sequence[str]
    replaces: bool
    read_only: str


class Ways(NamedTuple):
    """Show what finishing a restore that was cut off would do (True), or taking it back (False), and ask which. The
    answer is the way, None for neither."""

    what: str
    cut: Journal
    plans: Mapping[bool, Recovery]
    read_only: str


class Complained(NamedTuple):
    """Show what keepalived complains of in its configuration. The answer is YES to go on all the same; where there
    is an error (`answer.refused`) nothing is asked."""

    answer: Answer


class Reload(NamedTuple):
    """Show what a reload of this keepalived will change in the table, and ask. The answer is YES, or "" for no."""

    what: str
    daemon: Daemon
    ahead: Ahead
    state: State


class HandOver(NamedTuple):
    """Show what becomes of a failover, a sentence each, and ask: it ends in an outage where nobody takes over. The
    answer is YES, or "" for no."""

    what: str
    lines: Sequence[str]
    read_only: str


class Lasting(NamedTuple):
    """Show the lines of keepalived.conf with which a service lasts as it is. The answer is YES where they are to be
    written to the file `beside`, "" otherwise."""

    key: ServiceKey
    lines: Lines
    beside: Path


Question = Confirm | Closed | Climb | Plan | Ways | Complained | Reload | HandOver | Lasting
"""Whoever runs the operation asks, and may leave it there."""


class Read(NamedTuple):
    """Read this much now. The answer is a State, which may tell more."""

    scope: Scope


class Due(NamedTuple):
    """Is an automatic snapshot to be taken now? The answer is a bool."""


class Keep(NamedTuple):
    """Keep this State in the store as an automatic snapshot. Raises LvsError into the operation."""

    state: State


class Send(NamedTuple):
    """Carry out changes that were planned on `now`, all or none. Once begun it ends, whoever cancels. Raises NotDone,
    Refused and RollbackFailed into the operation. `kept`: where the table as it was can be found, "" for nowhere."""

    changes: tuple[Change, ...]
    now: RuleSet
    purpose: Purpose
    kept: str = ""


class Tell(NamedTuple):
    """Tell keepalived something; what changes anything ends once it is begun. The answer is its Answer."""

    order: Order
    purpose: Purpose


class Lock(NamedTuple):
    """Hold the lock of the table from now on: until Unlock, or until the operation ends in whatever way. Operations of
    one program take turns; raises NotDone into the operation where another program holds it, or where a restore was cut
    off. `recovery`: to end that restore, by the name under which others are told; the answer is then the Notice of
    another user's unfinished restore, None where there is none."""

    recovery: str = ""


class Unlock(NamedTuple):
    """Give the lock back."""


class Work(NamedTuple):
    """Call something that may block, of the disk for example. The answer is what it returns; what it raises is raised
    into the operation."""

    call: Callable[[], Any]


class Look(NamedTuple):
    """Call something that takes its time and changes nothing: whoever cancels does not wait for it. The answer is what
    it returns; what it raises is raised into the operation."""

    call: Callable[[], Any]


class Show(NamedTuple):
    """One more line of what was asked for; `foot` says how far it has come. The answer is whether somebody still looks.
    `role`: how the line is drawn."""

    text: str
    role: str = ""
    foot: str = ""


class Say(NamedTuple):
    """Say how far it has come. `tone`: "good", "alert", "error" or ""."""

    text: str
    tone: str = ""


class Sleep(NamedTuple):
    """Wait so many seconds; here an operation may be cancelled. The answer is the time on the runner's clock."""

    seconds: float


Step = Question | Read | Lock | Unlock | Due | Keep | Send | Tell | Work | Look | Show | Say | Sleep
Operation = Generator[Step, Any, Result]


def confirm(
    proposal: Proposal,
    outages: Sequence[str] = (),
    warnings: Sequence[str] = (),
    keys: tuple[str, ...] = (),
    lines: Sequence[str] = (),
) -> Operation[str]:
    """YES when the operator agrees."""
    answer: str = yield Confirm(proposal, outages, warnings, keys, lines)
    return answer


def read(keys: frozenset[ServiceKey] | None, settings: bool = False) -> Operation[State]:
    """A State read now: of these services with their real servers, None for all; `settings`: with timeouts, sync
    daemons and the kernel's switches. Raises LvsError."""
    state: State = yield Read(EVERYTHING if keys is None else Scope(services=keys, settings=settings))
    return state


def work(call: Callable[[], Result]) -> Operation[Result]:
    """What a call that may block returns."""
    answer: Result = yield Work(call)
    return answer


def look(call: Callable[[], Result]) -> Operation[Result]:
    """What a call that takes its time, and changes nothing, returns."""
    answer: Result = yield Look(call)
    return answer


def show(text: str, role: str = "", foot: str = "") -> Operation[bool]:
    """Shows a line; whether somebody still looks."""
    looks: bool = yield Show(text, role, foot)
    return looks


def sleep(seconds: float) -> Operation[float]:
    """Waits, and returns the time then."""
    now: float = yield Sleep(seconds)
    return now

"""The steps that an operation asks of its runner. Each function yields one step and returns the answer."""

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
    from lvstui.commands.reloading import ReloadForecast
    from lvstui.director.daemon import Daemon, KeepalivedOrder, OrderAnswer
    from lvstui.director.recovery import Recovery
    from lvstui.store.journal import Journal

Result = TypeVar("Result")

YES = "yes"
PRINTED = "printed"
"""The tone of a line that only a verb prints; the console has it on the screen anyway."""
PASSING = "passing"
"""The tone of a line that only the console shows, and only while something is under way."""


class Confirm(NamedTuple):
    """Show a proposal with its outages and warnings, and ask. The answer is YES, "" for no, one of `keys` (which change
    the proposal), or Leave. `lines`: more text about further steps. `every`: all changes that were asked for, where
    single ones may be left out; `at`: the one mentioned last."""

    proposal: Proposal
    outages: Sequence[str]
    warnings: Sequence[str]
    keys: tuple[str, ...] = ()
    lines: Sequence[str] = ()
    every: tuple[Change, ...] = ()
    at: int = 0


class Leave(NamedTuple):
    """An answer: leave out the change of this number, or take it in again, and ask again."""

    number: int


class ClosedPorts(NamedTuple):
    """Show which ports of a new host do not answer, and ask whether to continue anyway. The answer is YES, or "" for
    no."""

    what: str
    troubles: Sequence[str]


class Climb(NamedTuple):
    """Show the ramps that make up a proposal with its outages and warnings, and ask. The answer is YES, or "" for
    no."""

    goal: Proposal
    ramps: Sequence[Ramp]
    outages: Sequence[str]
    warnings: Sequence[str]


class Plan(NamedTuple):
    """Show the plan of a restore of `name`, which may be long, with its outages and cost, and ask. The answer is YES,
    or "" for no. `what`: how the operator asked for it; `replaces`: the table is emptied first; `read_only`: why
    nothing may be sent, "" when it may."""

    what: str
    name: str
    changes: Sequence[Change]
    outages: Sequence[str]
    cost: str
    remarks: Sequence[str]
    replaces: bool
    read_only: str


class Ways(NamedTuple):
    """Show what it takes to finish a restore that was cut off (True), or to take it back (False), and ask which. The
    answer is the way, None for neither."""

    what: str
    cut: Journal
    plans: Mapping[bool, Recovery]
    read_only: str


class ShowComplaints(NamedTuple):
    """Show keepalived's complaints about its configuration. The answer is YES to continue anyway. Where there is an
    error (`answer.refused`) nothing is asked."""

    answer: OrderAnswer


class Reload(NamedTuple):
    """Show what a reload of keepalived would change in the table, and ask. The answer is YES, or "" for no."""

    what: str
    daemon: Daemon
    ahead: ReloadForecast
    state: State


class FailoverQuestion(NamedTuple):
    """Show the consequences of a failover, one sentence each, and ask. It ends in an outage where nobody takes over.
    The answer is YES, or "" for no."""

    what: str
    lines: Sequence[str]
    read_only: str


class ShowConfLines(NamedTuple):
    """Show the keepalived.conf lines that make a service last as it is. The answer is YES to write them to the file
    `beside`, "" otherwise."""

    key: ServiceKey
    lines: Lines
    beside: Path


Question = Confirm | ClosedPorts | Climb | Plan | Ways | ShowComplaints | Reload | FailoverQuestion | ShowConfLines
"""The questions. The runner asks them, and may end the operation there."""


class ReadState(NamedTuple):
    """Read this much now. The answer is a State, which may have more."""

    scope: Scope


class SnapshotDue(NamedTuple):
    """Is an automatic snapshot due? The answer is a bool."""


class SaveSnapshot(NamedTuple):
    """Save this State in the store as an automatic snapshot. Raises LvsError into the operation."""

    state: State


class Send(NamedTuple):
    """Carry out changes that were planned on `now`, all or none. A send that has begun ends whole, even when the
    operator cancels. Raises NotDone, Refused and RollbackFailed into the operation. `table_before`: the file that has
    the table from before, "" for none."""

    changes: Sequence[Change]
    now: RuleSet
    purpose: Purpose
    table_before: str = ""


class SendOrder(NamedTuple):
    """Send an order to keepalived. An order that changes something ends whole once it has begun. The answer is
    keepalived's Answer."""

    order: KeepalivedOrder
    purpose: Purpose


class Lock(NamedTuple):
    """Hold the lock of the table until Unlock or the end of the operation. Operations of one program take turns. Raises
    NotDone into the operation where another program holds the lock, or where a restore was cut off. `recovery`: take
    the lock to end that restore; its value is the name shown to other users. The answer is then the Notice of another
    user's unfinished restore, None where there is none."""

    recovery: str = ""


class Unlock(NamedTuple):
    """Release the lock."""


class Work(NamedTuple):
    """Call something that may block, for example on the disk. The answer is its result; its exceptions are raised into
    the operation."""

    call: Callable[[], Any]


class LookUp(NamedTuple):
    """Call something that takes long and changes nothing, so a cancel does not wait for it. The answer is its result;
    its exceptions are raised into the operation."""

    call: Callable[[], Any]


class ShowLine(NamedTuple):
    """Show one more line of the result; `foot` says how far it is. The answer is whether the operator still looks.
    `role`: how to draw the line."""

    text: str
    role: str = ""
    foot: str = ""


class Say(NamedTuple):
    """Report progress. `tone`: "good", "alert", "error" or ""."""

    text: str
    tone: str = ""


class Sleep(NamedTuple):
    """Wait this many seconds; an operation can be cancelled here. The answer is the time on the runner's clock."""

    seconds: float


Step = (
    Question
    | ReadState
    | Lock
    | Unlock
    | SnapshotDue
    | SaveSnapshot
    | Send
    | SendOrder
    | Work
    | LookUp
    | ShowLine
    | Say
    | Sleep
)
Operation = Generator[Step, Any, Result]


def confirm(
    proposal: Proposal,
    outages: Sequence[str] = (),
    warnings: Sequence[str] = (),
    keys: tuple[str, ...] = (),
    lines: Sequence[str] = (),
) -> Operation[str]:
    """Asks; the result is YES when the operator agrees."""
    answer: str = yield Confirm(proposal, outages, warnings, keys, lines)
    return answer


def read(keys: frozenset[ServiceKey] | None, settings: bool = False) -> Operation[State]:
    """A State read now, with these services and their real servers, None for all. `settings`: also the timeouts, the
    sync daemons and the kernel's switches. Raises LvsError."""
    state: State = yield ReadState(EVERYTHING if keys is None else Scope(services=keys, settings=settings))
    return state


def work(call: Callable[[], Result]) -> Operation[Result]:
    """The result of a call that may block."""
    answer: Result = yield Work(call)
    return answer


def look(call: Callable[[], Result]) -> Operation[Result]:
    """The result of a call that takes long and changes nothing."""
    answer: Result = yield LookUp(call)
    return answer


def show(text: str, role: str = "", foot: str = "") -> Operation[bool]:
    """Shows a line. Returns whether the operator still looks."""
    looks: bool = yield ShowLine(text, role, foot)
    return looks


def sleep(seconds: float) -> Operation[float]:
    """Waits this many seconds, and returns the time after that."""
    now: float = yield Sleep(seconds)
    return now

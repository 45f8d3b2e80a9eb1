"""Source: where States come from and Changes go. The one protocol that kernel, demo, replay and read-only share."""

from __future__ import annotations

from _collections_abc import Callable, Iterator, Sequence

from lvstui.director.errors import LvsError, NotDone
from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:  # a verb that only reads the table needs neither orders nor probes
    from typing import TypeAlias, overload

    from lvstui.director.change import Change
    from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
    from lvstui.director.model import ServerKey
    from lvstui.director.probe import Probes
    from lvstui.director.vrrp.passwords import PasswordQuestion


class Scope(NamedTuple):
    """What a read must bring fresh. Always the services; the real servers of the services in `services`, of all when
    `sweep`; timeouts, sync daemons and the kernel's switches when `settings`; the VRRP state when `vrrp`, for which
    keepalived is queried, at intervals, when `ask`; who else writes the table, the available schedulers, the switches
    and timeouts when `owner`; the facts of the machine, at intervals, when `facts`, and now when `examine`. When
    `uncounted`, nobody needs the counters and rates of real servers, so a sweep of a kernel may leave them out."""

    services: frozenset[ServiceKey] = frozenset()
    sweep: bool = False
    settings: bool = False
    vrrp: bool = False
    ask: bool = False
    owner: bool = False
    facts: bool = False
    examine: bool = False
    uncounted: bool = False


EVERYTHING = Scope(sweep=True, settings=True)
RULES = EVERYTHING._replace(uncounted=True)
"""The whole table with its connections, without the counters of real servers: all that comparing, saving and printing
it need."""


class Outcome(NamedTuple):
    """The outcome of one change: done when `error` is None, otherwise refused with it. `sent` is False where it was
    never tried (a read-only source, or the batch stopped before it)."""

    change: Change
    error: LvsError | None = None
    sent: bool = True


class AllDone(Sequence[Outcome]):
    """The outcomes of changes that are all done, made when somebody looks at them."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = changes

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Outcome]:
        return map(Outcome, self.changes)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, at: int) -> Outcome: ...
        @overload
        def __getitem__(self, at: slice) -> AllDone: ...

    def __getitem__(self, at: int | slice) -> Outcome | AllDone:
        return AllDone(self.changes[at]) if isinstance(at, slice) else Outcome(self.changes[at])


def carried(outcomes: Sequence[Outcome]) -> Sequence[Change]:
    """The changes that are done."""
    if isinstance(outcomes, AllDone):
        return outcomes.changes
    return [outcome.change for outcome in outcomes if outcome.sent and outcome.error is None]


def refusal(outcomes: Sequence[Outcome]) -> LvsError | None:
    """The first error, None where nothing was refused."""
    if isinstance(outcomes, AllDone):
        return None
    return next((outcome.error for outcome in outcomes if outcome.error is not None), None)


class Purpose(NamedTuple):
    """The purpose of changes and orders, for the audit log: `title` in words, "" where the change itself says it best;
    `reason` as the operator gave it."""

    title: str = ""
    reason: str = ""


UNNAMED = Purpose()
TrafficMemory: TypeAlias = "Callable[[ServiceKey, ServerKey | None, float], tuple[float, float] | None]"
"""The active connections and the connections per second of a service, or of one of its servers, at a moment in
monotonic seconds; None where that is not known."""


class Source(Protocol):
    """A director that can be read and perhaps changed. Both calls may block; the console makes them in a thread, one at
    a time (console/session/director_client.py). Orders to keepalived and probes may run at the same time."""

    def read(self, scope: Scope) -> State:
        """One reading. Raises LvsError (Unavailable, Stale)."""

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        """Applies the changes in order and returns an outcome for each, in the same order. A refused change does not
        stop the later ones. `purpose` goes to the audit log. Raises LvsError when nothing was sent, Stale when the
        outcome is unknown."""

    def close(self) -> None: ...


@runtime_checkable
class Notifier(Protocol):
    """A Source that notices some events by itself: an address that moved, another VRRP master. The news only says that
    a read is worth while now; the read brings the content."""

    def on_news(self, call: Callable[[], None]) -> None:
        """Calls `call`, in a thread of the source, when there is something new to read."""


def on_news(source: Source, call: Callable[[], None]) -> None:
    """Subscribes to the news of a source or of the one it wraps; does nothing where it has none."""
    if isinstance(source, Notifier):
        source.on_news(call)


@runtime_checkable
class ProgressReporter(Protocol):
    """A Source that reports progress while it sends."""

    def on_sent(self, call: Callable[[int], None]) -> None:
        """Calls `call`, in the sending thread, with the number of further changes that have been answered."""


def on_sent(source: Source, call: Callable[[int], None]) -> None:
    """Subscribes to the progress of a source or of the one it wraps; does nothing where it has none."""
    if isinstance(source, ProgressReporter):
        source.on_sent(call)


@runtime_checkable
class KeepalivedControl(Protocol):
    """A Source with a keepalived that can be tested, reloaded or stopped."""

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        """Carries out an order and blocks until it is done. Raises NotDone when there is no keepalived, or it cannot be
        controlled."""


def ordered(source: Source, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
    """Sends an order to the keepalived of a source or of the one it wraps. Raises NotDone where there is none to
    control."""
    if isinstance(source, KeepalivedControl):
        return source.order(order, purpose)
    raise NotDone("keepalived", "this director has no keepalived that lvstui can control")


@runtime_checkable
class Prober(Protocol):
    """A Source that can make probes on its network."""

    def probes(self) -> Probes:
        """The object that makes probes. It makes none before it is asked to."""


def probes(source: Source) -> Probes:
    """The probes of a source or of the one it wraps. Raises NotDone where it has none."""
    if isinstance(source, Prober):
        return source.probes()
    raise NotDone("probe", "this director has no network to probe")


@runtime_checkable
class Remembering(Protocol):
    """A Source that knows what it carried before it was read first."""

    def memory(self) -> TrafficMemory | None:
        """The function that says it, None where it is not known after all."""


def memory(source: Source) -> TrafficMemory | None:
    """What a source, or the one it wraps, carried before it was read first; None where it does not know."""
    return source.memory() if isinstance(source, Remembering) else None


@runtime_checkable
class Proving(Protocol):
    """A Source that can prove that a password of its keepalived equals another director's, without telling it."""

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        """The answers, in the order of the questions: an element, a proof, or b"" where there is none. From any thread.
        Raises LvsError where the director cannot be reached."""


def proved(source: Source, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
    """The answers of a source or of the one it wraps; all b"" where it has no passwords. Raises LvsError."""
    return source.prove(questions) if isinstance(source, Proving) else [b""] * len(questions)


class Wrapper:
    """A Source around another one that passes everything on. Each wrapper overrides what it adds to."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, scope: Scope) -> State:
        return self._source.read(scope)

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        return self._source.send(changes, purpose)

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        return ordered(self._source, order, purpose)

    def probes(self) -> Probes:
        return probes(self._source)

    def memory(self) -> TrafficMemory | None:
        return memory(self._source)

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        return proved(self._source, questions)

    def on_news(self, call: Callable[[], None]) -> None:
        on_news(self._source, call)

    def on_sent(self, call: Callable[[int], None]) -> None:
        on_sent(self._source, call)

    def close(self) -> None:
        self._source.close()


class ReadOnly(Wrapper):
    """A Source that refuses every change while it has a reason to. Read-only is enforced here and nowhere else, so
    nothing can bypass it."""

    def __init__(self, source: Source, reason: str = "", fixed: bool = True) -> None:
        """`fixed`: it was started read-only, and stays so."""
        super().__init__(source)
        self._reason = reason
        self._fixed = fixed and bool(reason)

    @property
    def reason(self) -> str:
        """Why every change is refused, "" when changes are allowed."""
        return self._reason

    def hold(self, reason: str) -> None:
        """Refuses every change from now on."""
        self._reason = self._reason or reason

    def release(self) -> None:
        """Allows changes again. Raises NotDone when it was started read-only."""
        if self._fixed:
            raise NotDone("read-only", f"lvstui was started with it: {self._reason}", "quit, and start without it")
        self._reason = ""

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        return state._replace(read_only=self._reason) if self._reason else state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        if not self._reason:
            return super().send(changes, purpose)
        raise NotDone("read-only", f"{self._reason}; {len(changes)} change(s) not sent", self._mend)

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        if self._reason and order.changes:
            raise NotDone("read-only", f"{self._reason}; nothing was sent to keepalived", self._mend)
        return super().order(order, purpose)

    @property
    def _mend(self) -> str:
        return "start without --read-only, as root" if self._fixed else ":read-only off allows changes again"

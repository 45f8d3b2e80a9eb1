"""Where States come from and Changes go: the one protocol that kernel, memory, demo, replay and read-only share."""

from __future__ import annotations

from _collections_abc import Callable, Sequence

from lvstui.director.errors import LvsError, NotDone
from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.values import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:  # a verb that reads the table orders and tries nothing
    from lvstui.director.change import Change
    from lvstui.director.daemon import Answer, Order
    from lvstui.director.probe import Probes


class Scope(NamedTuple):
    """What a read must bring fresh: always the services; the real servers of those in `services`; of all when
    `sweep`; timeouts, sync daemons and the kernel's switches when `settings`; how this director stands in VRRP when
    `vrrp`, for which keepalived itself is asked, seldom, when `ask`; who else writes the table, what this kernel can
    schedule with, its switches and timeouts too when `owner`; the facts of the machine, which are read seldom, when
    `facts`, and now when `examine`."""

    services: frozenset[ServiceKey] = frozenset()
    sweep: bool = False
    settings: bool = False
    vrrp: bool = False
    ask: bool = False
    owner: bool = False
    facts: bool = False
    examine: bool = False


EVERYTHING = Scope(sweep=True, settings=True)


class Outcome(NamedTuple):
    """What became of one change: done when `error` is None, else refused by it. `sent` is False where it was never
    tried (a read-only source, or the batch was stopped before it)."""

    change: Change
    error: LvsError | None = None
    sent: bool = True


class Purpose(NamedTuple):
    """What changes and orders are for, as the audit log has it: `title` in words, "" where there are none better than
    the change itself; `reason` as the operator gave it."""

    title: str = ""
    reason: str = ""


UNNAMED = Purpose()


class Source(Protocol):
    """A director that can be read and, perhaps, changed. Both calls may block; the console calls them in a thread,
    one at a time (console/session/director_client.py). Orders to keepalived and probes may run beside them."""

    def read(self, scope: Scope) -> State:
        """One reading. Raises LvsError (Unavailable, Stale)."""

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        """Apply the changes in order and answer for each one, in the same order. A refused change does not stop
        the later ones. `purpose` goes with them to the audit log. Raises LvsError when nothing was sent, Stale when
        what became of the changes is unknown."""

    def close(self) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A Source that hears of some things before it is asked: an address that moved, another VRRP master. What it has
    heard is read as ever; the news is only that a read is worth while now."""

    def on_news(self, call: Callable[[], None]) -> None:
        """`call` is called, in a thread of the source's own, when there is something new to read."""


def on_news(source: Source, call: Callable[[], None]) -> None:
    """Asks a source, or the one it wraps, for its news; does nothing where it has none."""
    if isinstance(source, Telling):
        source.on_news(call)


@runtime_checkable
class Counting(Protocol):
    """A Source that tells, while it sends, how far it has come."""

    def on_sent(self, call: Callable[[int], None]) -> None:
        """`call` is called, in the thread that sends, with how many more changes have been answered."""


def on_sent(source: Source, call: Callable[[int], None]) -> None:
    """Asks a source, or the one it wraps, to tell how far a send has come; does nothing where it cannot."""
    if isinstance(source, Counting):
        source.on_sent(call)


@runtime_checkable
class Obeying(Protocol):
    """A Source beside whose table a keepalived runs that can be told to test, to reload or to stop."""

    def order(self, order: Order, purpose: Purpose = UNNAMED) -> Answer:
        """Carries out an order; blocks until it is done. Raises NotDone when there is no keepalived, or it cannot be
        told."""


def ordered(source: Source, order: Order, purpose: Purpose = UNNAMED) -> Answer:
    """Orders a source's keepalived, or that of the one it wraps. Raises NotDone where there is none to be told."""
    if isinstance(source, Obeying):
        return source.order(order, purpose)
    raise NotDone("keepalived", "this director has none that could be told anything")


@runtime_checkable
class Probing(Protocol):
    """A Source from whose place on the network things can be tried."""

    def probes(self) -> Probes:
        """What tries them. Nothing is tried before it is asked to."""


def probes(source: Source) -> Probes:
    """What tries things from a source's place, or that of the one it wraps. Raises NotDone where it has none."""
    if isinstance(source, Probing):
        return source.probes()
    raise NotDone("probe", "this director is not on a network that could be tried")


class Wrapper:
    """A Source around another one, which hands on everything. Each kind of wrapper overrides what it adds to."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, scope: Scope) -> State:
        return self._source.read(scope)

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        return self._source.send(changes, purpose)

    def order(self, order: Order, purpose: Purpose = UNNAMED) -> Answer:
        return ordered(self._source, order, purpose)

    def probes(self) -> Probes:
        return probes(self._source)

    def on_news(self, call: Callable[[], None]) -> None:
        on_news(self._source, call)

    def on_sent(self, call: Callable[[int], None]) -> None:
        on_sent(self._source, call)

    def close(self) -> None:
        self._source.close()


class ReadOnly(Wrapper):
    """A Source that refuses every change while it has a reason to: the one place where read-only is enforced, so
    nothing can go round it."""

    def __init__(self, source: Source, reason: str = "", fixed: bool = True) -> None:
        """`fixed`: it was started so, and stays so."""
        super().__init__(source)
        self._reason = reason
        self._fixed = fixed and bool(reason)

    @property
    def reason(self) -> str:
        """Why every change is refused, "" when none is."""
        return self._reason

    def hold(self, reason: str) -> None:
        """Refuses every change from now on."""
        self._reason = self._reason or reason

    def release(self) -> None:
        """Takes changes again. Raises NotDone when it was started read-only."""
        if self._fixed:
            raise NotDone("read-only", f"it was started so: {self._reason}", "leave, and start without it")
        self._reason = ""

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        return state._replace(read_only=self._reason) if self._reason else state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        if not self._reason:
            return super().send(changes, purpose)
        raise NotDone("read-only", f"{self._reason}; {len(changes)} change(s) not sent", self._mend)

    def order(self, order: Order, purpose: Purpose = UNNAMED) -> Answer:
        if self._reason and order.changes:
            raise NotDone("read-only", f"{self._reason}; keepalived was told nothing", self._mend)
        return super().order(order, purpose)

    @property
    def _mend(self) -> str:
        return "start without --read-only, as root" if self._fixed else ":read-only off takes changes again"

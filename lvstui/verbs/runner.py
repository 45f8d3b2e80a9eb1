"""Runs an operation for a verb, from start to end."""

from __future__ import annotations

import time
from _collections_abc import Callable, Generator
from contextlib import ExitStack

from lvstui.director.errors import LvsError
from lvstui.director.source import Source, ordered
from lvstui.operations.lock import alone, held
from lvstui.operations.steps import (
    PASSING,
    Lock,
    LookUp,
    Operation,
    Question,
    ReadState,
    SaveSnapshot,
    Say,
    Send,
    SendOrder,
    ShowLine,
    Sleep,
    SnapshotDue,
    Step,
    Unlock,
    Work,
)
from lvstui.places import TablePaths
from lvstui.values import TYPE_CHECKING, Any, NamedTuple, TypeVar
from lvstui.verbs.questions import ChangeOptions, Part, ask

if TYPE_CHECKING:
    from lvstui.verbs.disk import Disk

Result = TypeVar("Result")


class Clock(NamedTuple):
    """How time passes; tests have their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Runner:
    """Answers the steps of operations, for one verb. Signals that would end the program are held back from the first
    change of an operation until it waits or ends; one that came meanwhile and took nothing back ends the next wait."""

    def __init__(self, source: Source, options: ChangeOptions, paths: TablePaths, clock: Clock = Clock()) -> None:  # noqa: B008
        self.source = source
        self.options = options
        self.paths = paths
        self.clock = clock
        self._held = ExitStack()
        self._lock = ExitStack()
        self._interrupted: Callable[[], bool] | None = None
        self._came: list[int] = []

    def perform(self, operation: Operation[Result]) -> Generator[Part, None, Result]:
        """Runs an operation: yields the text to print, and returns the operation's result. Raises the operation's
        errors."""
        answer: Any = None
        error: LvsError | None = None
        try:
            while True:
                try:
                    step = operation.send(answer) if error is None else operation.throw(error)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                answer = error = None
                try:
                    if isinstance(step, Question):
                        answer = yield from ask(step, self.options)
                    elif isinstance(step, ShowLine):
                        yield f"{step.text}\n"
                        answer = True
                    elif isinstance(step, Say):
                        if step.tone != PASSING:
                            yield f"{step.text}\n"
                    else:
                        answer = self._answered(step)
                except LvsError as raised:
                    error = raised
        finally:
            operation.close()  # it may have to clean up while it holds the lock
            self._lock.close()
            self._let_go()

    def _answered(self, step: Step) -> Any:
        match step:
            case Sleep(seconds):
                self._let_go()
                if self._came:  # during a change that was done before it was heeded: what would wait is not begun
                    import signal

                    signal.raise_signal(self._came.pop())
                if seconds:
                    self.clock.sleep(seconds)
                return self.clock.now()
            case ReadState(scope):
                return self.source.read(scope)
            case Lock(recovery=""):
                return None if self.options.dry_run else self._lock.enter_context(alone(self.paths))
            case Lock(recovery):
                return self._lock.enter_context(held(self.paths, recovery))
            case Unlock():
                return self._lock.close()
            case SnapshotDue():
                return self._disk().due(time.time())
            case SaveSnapshot(state):
                self._hold()
                return self._disk().keep(state)
            case Send(changes, now, purpose, kept):
                from lvstui.director.transaction import carry_out  # whoever finds nothing to do needs it not

                return carry_out(self.source, changes, now, kept, self._hold(), purpose)
            case SendOrder(order, purpose):
                if order.changes:
                    self._hold()
                return ordered(self.source, order, purpose)
            case LookUp(call):
                return call()
            case Work(call):
                self._hold()
                return call()
            case _:
                raise TypeError(step)

    def _disk(self) -> Disk:
        from lvstui.verbs.disk import Disk

        return Disk(self.paths)

    def _hold(self) -> Callable[[], bool]:
        if self._interrupted is None:
            from lvstui.verbs.deferred import deferred

            self._interrupted = self._held.enter_context(deferred(self._came))
        return self._interrupted

    def _let_go(self) -> None:
        self._held.close()
        self._interrupted = None

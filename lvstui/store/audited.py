"""A Source that writes every change to the audit log. Console and verbs reach the kernel only through it, so nothing
bypasses the log. For a console it also watches what others do to the same table."""

from __future__ import annotations

import time
from _collections_abc import Sequence

from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import LvsError
from lvstui.director.model import Entry, RuleSet, ServiceKey
from lvstui.director.observed import MANY, ObservedSweep, decided, observed_sweep, recorded, undone
from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, UNKNOWN, Record, Who
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope, Source, Wrapper, carried
from lvstui.director.spell import spell
from lvstui.director.state import State
from lvstui.director.sweeps import Sweep, observed_changes, swept
from lvstui.director.transaction import touched
from lvstui.store.audit import Log


class Audited(Wrapper):
    """Logs the changes sent, with their outcome and their undo."""

    def __init__(self, source: Source, log: Log, who: Who, name: str, netns: str = "", watching: bool = False) -> None:
        """`name`: where changes come from ("console", "restore web.toml"); it is also their title where there is no
        other. `watching`: compare sweeps to find what others do."""
        super().__init__(source)
        self.log = log
        self._who = who
        self._name = name
        self._netns = netns
        self._watching = watching
        self._last: State | None = None
        self._baseline: Sweep | None = None
        self._own: list[Change] = []
        self._sights: list[ObservedSweep] = []
        self._wrote: set[tuple[float, str]] = set()
        self._failed: Purpose | None = None
        self._undo: set[Change] = set()

    def read(self, scope: Scope) -> State:
        state = self._last = self._with_hands(super().read(scope))
        if self._watching and scope.sweep:
            before, self._baseline = self._baseline, swept(state)
            if before is not None:
                difference = observed_changes(before, self._baseline, self._own)
                if difference.changes or difference.vrrp:
                    self._sights.append(observed_sweep(difference, before.state, state, time.time()))
            self._own.clear()
        # A read without keepalived's report knows nothing new of who did it.
        if self._sights and (scope.owner or scope.sweep):
            self._tell(decided(self._sights, state), state)
        return state

    def close(self) -> None:
        try:
            if self._last is not None:
                self._tell(len(self._sights), self._last)
        finally:
            super().close()

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        few = len(changes) <= MANY  # more changes get one line without an inverse, which needs no rules
        before = _near(self._last, touched(changes)) if few else RuleSet()
        try:
            outcomes = super().send(changes, purpose)
        except LvsError as error:
            self._write([(change, UNKNOWN, error.why) for change in changes], before, purpose, len(changes))
            self._failed = purpose
            raise
        done = carried(outcomes)
        if self._watching:
            self._own += done
        # After a refusal, a send with the same purpose that undoes the first one takes it back (transaction.py).
        back = self._failed is purpose and (not few or all(change in self._undo for change in changes))
        some = outcomes if few or len(done) < len(outcomes) else outcomes[:1]
        self._write([(o.change, *_result(o, back)) for o in some], before, purpose, len(outcomes))
        self._failed = purpose if len(done) < len(outcomes) else None
        self._undo = {undo for change in done for undo in undone(change, before)} if self._failed is not None else set()
        return outcomes

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        """Logs an order to keepalived and its outcome."""
        if not order.changes:
            return super().order(order, purpose)
        title = purpose.title or f"keepalived: {order.value}"
        who = (self._who, self._last.host if self._last is not None else "", self._netns, self._name.split()[0], title)
        try:
            answer = super().order(order, purpose)
        except LvsError as error:
            self.log.write([Record(time.time(), *who, "", REFUSED, error.why, purpose.reason)])
            raise
        command = answer.daemon.reload if order is KeepalivedOrder.RELOAD else answer.daemon.stop
        self.log.write([Record(time.time(), *who, command, DONE, reason=purpose.reason)])
        return answer

    def _with_hands(self, state: State) -> State:
        """The same without causes of differences that the log knows to be made with lvstui since keepalived began."""
        keeping = state.keeping
        if keeping is None or not keeping.causes:
            return state
        from lvstui.director.hands import without_hands

        began = state.taken - (state.at - keeping.began)
        causes = without_hands(keeping.causes, self.log.latest(), state, began)
        return state if len(causes) == len(keeping.causes) else state._replace(keeping=keeping._replace(causes=causes))

    def _write(
        self, results: Sequence[tuple[Change, str, str]], before: RuleSet, purpose: Purpose, number: int
    ) -> None:
        """`number`: how many results there are; of many that are all the same, `results` may have the first alone."""
        title, reason, name = purpose.title or self._name, purpose.reason, self._name.split()[0]
        if number <= MANY:
            self.log.write(
                self._record(name, title, spell(change), result, why, reason, change, before)
                for change, result, why in results
            )
            return
        refused = [(change, why) for change, result, why in results if result == REFUSED]
        worst = REFUSED if refused else results[0][1]
        first, why = refused[0] if refused else (results[0][0], results[0][2])
        text = f"{spell(first)} and {number - 1} more"
        self.log.write([self._record(name, title, text, worst, why, reason)])

    def _tell(self, number: int, state: State) -> None:
        """Logs so many of the sights, except what another lvstui has logged itself. `state`: the last one."""
        ripe, self._sights = self._sights[:number], self._sights[number:]
        for sweep in ripe:
            late = [record for record in self.log.latest() if record.epoch >= sweep.since - 1]
            # Changes that this lvstui saw itself do not count: the same may have happened again since.
            self._wrote &= {_mark(record) for record in late}
            of_others = [record for record in late if _mark(record) not in self._wrote]
            done = {record.change for record in of_others if record.change is not None}
            difference = sweep.observed._replace(
                changes=tuple(change for change in sweep.observed.changes if change not in done)
            )
            if any(record.title == f"VRRP {difference.vrrp}" for record in of_others):
                difference = difference._replace(vrrp="")
            records = recorded(sweep._replace(observed=difference), state, self._netns)
            self._wrote |= {_mark(record) for record in records}
            self.log.write(records)

    def _record(
        self,
        source: str,
        title: str,
        command: str,
        result: str,
        why: str = "",
        reason: str = "",
        change: Change | None = None,
        before: RuleSet | None = None,
    ) -> Record:
        host = self._last.host if self._last is not None else ""
        command = f"ipvsadm {command}" if command else ""
        undo = undone(change, before) if change is not None and before is not None and result == DONE else ()
        return Record(
            time.time(), self._who, host, self._netns, source, title, command, result, why, reason, change, undo
        )


def _mark(record: Record) -> tuple[float, str]:
    """The identity of a record in the log, which keeps milliseconds."""
    return round(record.epoch, 3), record.title


def _result(outcome: Outcome, back: bool) -> tuple[str, str]:
    if outcome.error is not None:
        return REFUSED, outcome.error.why
    if not outcome.sent:
        return REFUSED, "never sent"
    return (ROLLED_BACK, "") if back else (DONE, "")


def _near(state: State | None, keys: frozenset[ServiceKey]) -> RuleSet:
    """The rules of these services as they were last read."""
    if state is None:
        return RuleSet()
    rules = {}
    for key in keys:
        reading, pool = state.services.find(key), state.servers(key)
        if reading is not None:
            rules[key] = Entry(reading.service, {server.key: server for server in pool.servers()} if pool else {})
    return RuleSet(rules, state.timeouts, state.sync)

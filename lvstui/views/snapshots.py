"""The snapshots, a row for each; and the content of one, line by line, with what a restore would do now."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

from lvstui.director.change import Change, DeleteServer, DeleteService, SetTimeouts, StartSync, StopSync, stated
from lvstui.director.model import Entry, RuleSet, Server, Service, ServiceKey, server_text
from lvstui.director.plan import plan
from lvstui.director.spell import server_line, service_line, spell
from lvstui.values import NamedTuple
from lvstui.views import summary
from lvstui.views.column import CALLED, TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.filter import hides
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN, short
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.rule_words import forward, options, service_name

_FEW = 300
"""The most lines of a snapshot for which the width of the columns is measured."""
NAMED, AUTOMATIC, BEFORE, EXAMPLE = "named", "automatic", "before restore", "example"
"""Kinds: saved by an operator; saved automatically; saved before a restore; shipped with lvstui."""

LIST = ranked(
    (
        Column("name", "snapshot", 37, right=False, kind=TEXT),
        Column("kind", "kind", 14, right=False, kind=TEXT),
        Column("taken", "taken", 16, right=False),
        Column("size", "bytes", 6),
        Column("folder", "in", 60, right=False, kind=TEXT),
    ),
    "snapshots",
)

SORTS = ("taken", "name", "kind", "size")

INSIDE = ranked(
    (
        Column("name", "rule", 27, right=False, kind=TEXT),
        CALLED._replace(kind=TEXT),
        Column("rule", "as it was", 20, right=False, kind=TEXT),
        Column("weight", "weight", 6),
        Column("restore", "restoring it now", 16, right=False, kind=TEXT),
        Column("command", "ipvsadm", 56, right=False, kind=TEXT, grows=True),
    ),
    "snapshot",
)


class ListedSnapshot(NamedTuple):
    """A file of rules. `taken`: seconds of the epoch; `own`: it can be deleted from here."""

    path: Path
    kind: str
    taken: float
    size: int
    own: bool


class SnapshotsView:
    """The snapshots as a Look wants them: in the order in which they were listed, or sorted."""

    sets = (ColumnSet("snapshots", LIST),)
    columns = LIST
    complaint = ""

    def __init__(self, listed: Sequence[ListedSnapshot], look: Look) -> None:
        self._any = bool(listed)
        self._filter = look.filter
        self._order = [item for item in listed if keeps(f"{item.path.name} {item.kind}", look.filter)]
        if look.sort:
            self._order.sort(key=lambda snapshot: _worth(snapshot, look.sort), reverse=look.sort in ("taken", "size"))
        if look.reverse:
            self._order.reverse()

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self._filter, "snapshot") if self._any else "no snapshots: S saves one"

    def key(self, index: int) -> ListedSnapshot:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        # A file that was written anew is still the same to whoever stands on it.
        path = key.path if isinstance(key, ListedSnapshot) else None
        return next((i for i, snapshot in enumerate(self._order) if snapshot.path == path), None)

    def row(self, index: int) -> Row[ListedSnapshot]:
        snapshot = self._order[index]
        taken = time.strftime("%Y-%m-%d %H:%M", time.localtime(snapshot.taken)) if snapshot.kind != EXAMPLE else ""
        return Row(
            snapshot, (snapshot.path.name, snapshot.kind, taken, short(snapshot.size), str(snapshot.path.parent))
        )


def _worth(snapshot: ListedSnapshot, column: str) -> float | str:
    match column:
        case "taken":
            return snapshot.taken
        case "size":
            return snapshot.size
        case _:
            return snapshot.kind if column == "kind" else snapshot.path.name


class RuleLine(NamedTuple):
    """A line of a snapshot: `rule` is a service, a real server of `service`, or the change of a setting. `does`: what a
    restore would do to it now, "" for nothing."""

    service: ServiceKey | None
    rule: Service | Server | Change
    does: str

    @property
    def name(self) -> str:
        if isinstance(self.rule, Service):
            return service_name(self.rule.key)
        return f"  {server_text(self.rule.key)}" if isinstance(self.rule, Server) else "setting"

    @property
    def words(self) -> str:
        """The rule without its name."""
        if isinstance(self.rule, Service):
            return f"{self.rule.scheduler} {options(self.rule)}".rstrip()
        return forward(self.rule) if isinstance(self.rule, Server) else type(self.rule).__name__

    @property
    def command(self) -> str:
        """The ipvsadm command that makes it."""
        if isinstance(self.rule, Service):
            return service_line(self.rule)
        if isinstance(self.rule, Server):
            return server_line(self.service, self.rule) if self.service is not None else ""
        return spell(self.rule)


class SnapshotContents(NamedTuple):
    """The content of a snapshot. `counts`: what a restore would do, in numbers; "" for nothing."""

    lines: Sequence[RuleLine]
    counts: str


def contents(wanted: RuleSet, now: RuleSet | None) -> SnapshotContents:
    """A snapshot line by line beside the present rules, with what would be deleted: first the services that differ, and
    in each service the lines that differ. `now` None: the present rules are not known."""
    changes = plan(now, wanted) if now is not None else ()
    lines = [
        RuleLine(None, change, "stops" if isinstance(change, StopSync) else "sets")
        for change in changes
        if isinstance(change, SetTimeouts | StartSync | StopSync)
    ]
    rules = now.rules if now is not None else {}
    alike: list[RuleLine] = []
    for key in sorted(wanted.rules.keys() | rules.keys()):
        service, *servers = _entry(key, wanted.rules.get(key), rules.get(key), now is None)
        entry = [service, *sorted(servers, key=lambda line: not line.does)]
        (lines if any(line.does for line in entry) else alike).extend(entry)
    lines += alike
    # What is lost comes first: on a narrow screen the end of the sums is cut.
    lost_first = sorted(changes, key=lambda change: not isinstance(change, DeleteService | DeleteServer))
    return SnapshotContents(lines, summary.counts(lost_first) if now is not None else UNKNOWN)


def _entry(key: ServiceKey, wanted: Entry | None, live: Entry | None, unknown: bool) -> Iterator[RuleLine]:
    either = wanted or live
    assert either is not None
    yield RuleLine(key, either.service, UNKNOWN if unknown else _service_does(wanted, live))
    old, new = live.servers if live else {}, wanted.servers if wanted else {}
    for name in sorted(old.keys() | new.keys()):
        does = UNKNOWN if unknown else _server_does(new.get(name), old.get(name))
        yield RuleLine(key, new.get(name) or old[name], does)


def _service_does(wanted: Entry | None, live: Entry | None) -> str:
    if wanted is None or live is None:
        return "removes" if wanted is None else "adds"
    return "" if wanted.service == live.service else _changes(wanted.service, live.service)


def _changes(wanted: Service, live: Service) -> str:
    if wanted.scheduler != live.scheduler:
        return f"{live.scheduler} -> {wanted.scheduler}"
    return "changes"


def _server_does(wanted: Server | None, live: Server | None) -> str:
    if wanted is None or live is None:
        return "removes" if wanted is None else "adds"
    wanted = stated(wanted, live)
    if wanted == live:
        return ""
    return f"weight {live.weight} -> {wanted.weight}" if wanted.weight != live.weight else "changes"


class ContentsView:
    """The lines of a snapshot as a Look wants them."""

    sets = (ColumnSet("contents", INSIDE),)
    complaint = ""

    def __init__(
        self,
        contents: SnapshotContents,
        look: Look,
        before: ContentsView | None = None,
        names: OperatorNames = NO_NAMES,
    ) -> None:
        """`before`: the view of the last tick, which is reused if neither changed."""
        self._contents = contents
        self._names = names
        self._made_of = (look.filter, look.reverse)
        self.columns = self._narrowed()
        self._order: Sequence[RuleLine]
        if before is not None and before._contents is contents and before._made_of == self._made_of:
            self._order = before._order
        else:
            passing = [
                line
                for line in contents.lines
                if keeps(f"{line.name} {self._called(line)} {line.words} {line.does}", look.filter)
            ]
            self._order = passing[::-1] if look.reverse else passing

    def _narrowed(self) -> tuple[Column, ...]:
        """The columns, without names where nobody gave any; those of the rules are no wider than what they hold, so
        that others have room."""
        longest: dict[str, int] = {}
        if len(lines := self._contents.lines) <= _FEW:
            longest["name"] = max((len(line.name) for line in lines), default=0)
            longest["rule"] = max((len(line.words) for line in lines), default=0)
        return tuple(
            column._replace(width=max(len(column.title), min(column.width, longest.get(column.key, column.width))))
            for column in INSIDE
            if column.key != CALLED.key or self._names.names
        )

    def _called(self, line: RuleLine) -> str:
        """The operator's name of a line's rule."""
        match line.rule:
            case Service(key):
                return self._names.service(key)
            case Server(key):
                return self._names.server(key)
        return ""

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self._made_of[0], "line") if self._contents.lines else "it is empty"

    def key(self, index: int) -> RuleLine:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        return self._order.index(key) if isinstance(key, RuleLine) and key in self._order else None

    def row(self, index: int) -> Row[RuleLine]:
        line = self._order[index]
        weight = short(line.rule.weight) if isinstance(line.rule, Server) else ""
        gone = line.does == "removes"
        called = (self._called(line),) if self._names.names else ()
        cells = (line.name, *called, line.words, weight, line.does, line.command)
        return Row(line, cells, "drained" if gone else "", "restore")

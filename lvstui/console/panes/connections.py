"""View 3: a sample of the connection table, grouped by server, client network, service or state; and the rows of one
group, each by itself. It is read when the view is opened and when somebody asks, never by the tick. A large sample is
filtered and sorted in a thread."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.views import connection_fields, connection_words, connections
from lvstui.views.column import Column, ColumnSet, Row
from lvstui.views.connection_fields import (
    ADDRESSES,
    BOUND,
    CLIENTS,
    COLUMNS,
    HOSTS,
    SERVERS,
    SERVICES,
    SETS,
    STATES,
    VOCABULARY,
    Filtered,
    GivenUp,
    Texts,
)
from lvstui.views.connections import ComputedRows, ConnectionKey, GroupKey, GroupsView, RowsRequest, make, rows_request
from lvstui.views.filter import parse
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.headings import chosen, note
from lvstui.views.look import Look
from lvstui.views.opened import OpenedRow
from lvstui.views.operator_names import OperatorNames
from lvstui.views.place import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.session.threads import Computation
    from lvstui.director.connection_summary import ConnectionSummary


class ConnectionsPane(Pane):
    id, key, title = "connections", "3", "connections: a sample"
    tab = "conns"
    samples = True

    def __init__(self) -> None:
        self._below: tuple[ConnectionSummary, GroupKey, OperatorNames, bool, Shown] | None = None
        self._came_from: GroupKey | None = None
        self._texts: Texts | None = None
        self._made: ComputedRows | None = None
        self._shown: tuple[ComputedRows, Shown] | None = None
        self._awaited: RowsRequest | None = None

    def kind(self, look: Look) -> str:
        if look.inside is not None:
            return "connection"
        return "bound" if look.columns == BOUND else "group"

    def sorts(self, look: Look, columns: Sequence[Column]) -> Sequence[str]:
        return [column.key for column in columns if column.kind]

    def prepare(self, scene: Scene, look: Look, cursor: Hashable | None, later: Callable[[Computation], None]) -> None:
        summary = scene.connections.summary
        if summary is None:
            return
        wanted, made = rows_request(self._named(summary, scene.names), look), self._made
        if made is not None and wanted.same(made.request):
            self._awaited = None
        elif wanted.quick:
            self._made, self._awaited = make(wanted, look, cursor, made), None
        elif not wanted.same(self._awaited):
            self._awaited = wanted
            later(partial(self._make, wanted, look, cursor))

    def _make(self, request: RowsRequest, look: Look, cursor: Hashable | None, going: Callable[[], bool]) -> None:
        """Computes rows in a thread."""
        try:
            self._made = make(request, look, cursor, self._made, going)
        except GivenUp:
            return
        finally:
            if self._awaited is request:  # else a newer one is
                self._awaited = None

    def _named(self, summary: ConnectionSummary, names: OperatorNames) -> Texts:
        """The sample with its names, which are made once."""
        texts = self._texts
        if texts is None or texts.summary is not summary or texts.names is not names:
            texts = self._texts = Texts(summary, names)
        return texts

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        """The rows of the Look; while they are computed, those that are on the screen stay there."""
        summary = scene.connections.summary
        if summary is None:
            return Shown(NothingYet(look), "", "")
        wanted, made = rows_request(self._named(summary, scene.names), look), self._made
        if made is None or not wanted.same(made.request):
            complaint = parse(look.filter, VOCABULARY).complaint
            if self._shown is not None and self._shown[1].view is before and wanted.similar(self._shown[0].request):
                return self._shown[1]._replace(awaited=complaint)
            self._shown = None
            return Shown(NothingYet(look), "", "the rows are being computed", awaited=complaint)
        made = self._made = made.drawn(look)
        heading = ""
        if isinstance(look.inside, GroupKey):
            place = connection_words.heading(look.inside, made.of.texts)
            heading = f"{place}  {len(made.view):,} in the sample{chosen(look)}"
        single = look.inside is not None or wanted.kind == BOUND
        shown = Shown(made.view, heading, made.view.empty, "" if single else note(look))
        self._shown = made, shown
        return shown

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        """The clients behind a group; for a network the servers that they are on. A sample does not change, so the last
        result is shown as long as the cursor stays."""
        summary = scene.connections.summary
        if summary is None or not isinstance(key, GroupKey):
            return None
        last = self._below
        if last is None or last[0] is not summary or last[1:4] != (key, scene.names, look.exact):
            last = self._below = (summary, key, scene.names, look.exact, _behind(summary, key, scene, look))
        return last[4]

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        if look.inside is not None:
            return ()
        reading = scene.connections
        shown = reading.summary
        if shown is not None and look.filter and self._shown is not None:
            shown = self._shown[0].of.summary
        state = scene.state
        expires, serving = state.sysctls.get("expire_nodest_conn"), state.vrrp.role != "BACKUP"
        return connection_words.over(reading, shown, state.taken, width, expires, serving)

    def row(self, ctx: Context) -> Hashable | None:
        """On a real server, or on a page, its connections. Elsewhere all of them; the next press shows those of the
        service or host from which the view was opened; then all again."""
        key, inside = ctx.table.key, ctx.navigation.look.inside
        if ctx.navigation.view == self.id:
            return self._came_from if inside is None else None
        self._came_from = _of(inside.of if isinstance(inside, OpenedRow) else key)
        return self._came_from if isinstance(inside, OpenedRow) or isinstance(key, Place) else None

    async def enter(self, ctx: Context, key: Hashable) -> None:
        if isinstance(key, GroupKey):
            ctx.navigation.enter(key)


def _of(row: Hashable) -> GroupKey | None:
    """The connections of a row of another view, None if it has none."""
    if isinstance(row, Place):
        return GroupKey(SERVERS, (row.service, row.server))
    if isinstance(row, ServiceKey):
        return GroupKey(SERVICES, row)
    return GroupKey(HOSTS, row.address) if isinstance(row, HostKey) else None


def _behind(summary: ConnectionSummary, key: GroupKey, scene: Scene, look: Look) -> Shown:
    from lvstui.director.connection_summary import RowGroup  # not before a sample is there

    of = Filtered(Texts(summary, scene.names), "")
    group = connections.group(summary, key) or RowGroup(key.of, ())
    kind = SERVERS if key.kind in (CLIENTS, STATES) else ADDRESSES
    view: GridView[Hashable] = GroupsView(of, kind, Look(exact=look.exact), None, group)
    what = "servers" if kind == SERVERS else "clients"
    return Shown(view, f"{connections.group_text(key, of.texts)}: its {what}, Enter lists each row", view.empty)


class NothingYet:
    """The table before anything was read or computed."""

    complaint = ""
    empty = ""
    sets: Sequence[ColumnSet] = SETS

    def __init__(self, look: Look) -> None:
        self.columns = COLUMNS[connection_fields.chosen(look)]

    def __len__(self) -> int:
        return 0

    def key(self, index: int) -> ConnectionKey:
        raise IndexError(index)

    def place(self, key: Hashable) -> int | None:
        return None

    def row(self, index: int) -> Row[ConnectionKey]:
        raise IndexError(index)

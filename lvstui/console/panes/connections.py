"""View 3: a sample of the connection table, grouped by server, client network, service or state; and the rows of one
group, each by itself. It is read when the view is opened and when somebody asks, never by the tick."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.connections import Group, Summary
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
    Filtered,
)
from lvstui.views.connections import ConnectionKey, GroupKey, GroupsView, OnesView
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.headings import chosen, note
from lvstui.views.look import Look
from lvstui.views.opened import Opened
from lvstui.views.operator_names import Names
from lvstui.views.place import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


class ConnectionsPane(Pane):
    id, key, title = "connections", "3", "connections: a sample"
    tab = "conns"
    samples = True

    def __init__(self) -> None:
        self._below: tuple[Summary, GroupKey, Names, bool, Shown] | None = None
        self._came_from: GroupKey | None = None
        self._filtered: Filtered | None = None

    def kind(self, look: Look) -> str:
        if look.inside is not None:
            return "connection"
        return "bound" if look.columns == BOUND else "group"

    def sorts(self, look: Look, columns: Sequence[Column]) -> Sequence[str]:
        return [column.key for column in columns if column.kind]

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        summary = scene.connections.summary
        if summary is None:
            return Shown(NothingYet(look), "", "")
        of = self._passing(summary, scene, look)
        if isinstance(look.inside, GroupKey):
            view: GridView[Hashable] = _ones(of, look, before)
            heading = f"{connection_words.heading(look.inside, of.texts)}  {len(view):,} in the sample{chosen(look)}"
            return Shown(view, heading, view.empty)
        if look.columns == BOUND:
            view = _ones(of, look, before)
        else:
            kind = connection_fields.chosen(look)
            known = before if isinstance(before, GroupsView) and before.of.summary is of.summary else None
            same = known is not None and known.made_of == _made_of(of, kind, look)
            view = known if known is not None and same else GroupsView(of, kind, look, known)
        return Shown(view, "", view.empty, note(look))

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
        if shown is not None and look.filter:
            shown = self._passing(shown, scene, look).summary
        state = scene.state
        expires, serving = state.sysctls.get("expire_nodest_conn"), state.vrrp.role != "BACKUP"
        return connection_words.over(reading, shown, state.taken, width, expires, serving)

    def _passing(self, summary: Summary, scene: Scene, look: Look) -> Filtered:
        """The rows that pass the filter: found once, however often they are shown."""
        self._filtered = Filtered(summary, scene.names, look.filter, self._filtered)
        return self._filtered

    def row(self, ctx: Context) -> Hashable | None:
        """On a real server, or on a page, its connections. Elsewhere all of them; the next press shows those of the
        service or host from which the view was opened; then all again."""
        key, inside = ctx.table.key, ctx.navigation.look.inside
        if ctx.navigation.view == self.id:
            return self._came_from if inside is None else None
        self._came_from = _of(inside.of if isinstance(inside, Opened) else key)
        return self._came_from if isinstance(inside, Opened) or isinstance(key, Place) else None

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


def _behind(summary: Summary, key: GroupKey, scene: Scene, look: Look) -> Shown:
    of = Filtered(summary, scene.names, "")
    group = connections.group(summary, key) or Group(key.of, ())
    kind = SERVERS if key.kind in (CLIENTS, STATES) else ADDRESSES
    view: GridView[Hashable] = GroupsView(of, kind, Look(exact=look.exact), None, group)
    what = "servers" if kind == SERVERS else "clients"
    return Shown(view, f"{connections.group_text(key, of.texts)}: its {what}, Enter lists each row", view.empty)


def _made_of(of: Filtered, kind: str, look: Look) -> tuple[object, ...]:
    return of.summary, kind, look.sort, look.reverse, look.exact


def _ones(of: Filtered, look: Look, before: GridView[Hashable] | None) -> GridView[Hashable]:
    bound = look.inside is None
    made_of = look.sort, look.reverse, bound, look.inside
    if isinstance(before, OnesView) and before.of.summary is of.summary and before.made_of == made_of:
        return before
    key = look.inside
    numbers = connections.inside(of.summary, key) if isinstance(key, GroupKey) else of.summary.templates
    return OnesView(of, numbers, look, bound)


class NothingYet:
    """The table before anything was read."""

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

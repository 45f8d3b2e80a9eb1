"""View 7: the snapshots, and the rules in one of them with what a restore would do now."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet, ServerKey, ServiceKey
from lvstui.director.state import State, rules_of
from lvstui.views import snapshots
from lvstui.views.column import Column
from lvstui.views.grid_view import GridView
from lvstui.views.headings import chosen, note
from lvstui.views.look import Look
from lvstui.views.number import count
from lvstui.views.snapshots import ListedSnapshot, SnapshotContents

if TYPE_CHECKING:
    from lvstui.console.context import Context


class OpenSnapshot:
    """An open snapshot, read and compared with a State when it was opened."""

    def __init__(self, snapshot: ListedSnapshot, contents: SnapshotContents, state: State) -> None:
        self.snapshot = snapshot
        self.contents = contents
        self._state, self._keys = state, frozenset(state.services.keys)

    def outdated(self, scene: Scene) -> bool:
        """Whether services, servers or weights are others than those it was compared with, as far as the screen has
        them."""
        state, keys = scene.state, scene.state.services.keys
        if len(keys) != len(self._keys) or not self._keys.issuperset(keys):
            return True
        moved = (key for key in keys if (scene.past.stood(key) or 0.0) > self._state.at)
        return any(_weights(state, key) != _weights(self._state, key) for key in moved)


class SnapshotsPane(Pane):
    id, key, title = "snapshots", "7", "snapshots"
    tab = "saved"
    snapshots = True

    def kind(self, look: Look) -> str:
        return "snapshot" if look.inside is None else "content"

    def sorts(self, look: Look, columns: Sequence[Column]) -> Sequence[str]:
        return snapshots.SORTS

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        if isinstance(look.inside, OpenSnapshot):
            opened = look.inside.contents
            last = before if isinstance(before, snapshots.ContentsView) else None
            inside = snapshots.ContentsView(opened, look, last, scene.names)
            would = {"": "nothing differs", "?": "the difference is not known"}.get(opened.counts, opened.counts)
            if look.inside.outdated(scene):
                would = "the table has changed since: Esc, Enter compares again"
            way = f"saved > {look.inside.snapshot.path.name}   {would}"
            return Shown(inside, way + chosen(look), inside.empty)
        view = snapshots.SnapshotsView(scene.snapshots, look)
        why = f"your snapshots are not listed: {scene.refused}" if scene.refused else ""
        return Shown(view, why, view.empty, note(look))

    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Opens the snapshot: reads it, and compares it with the present table."""
        from lvstui.console.session.threads import in_thread

        if isinstance(key, ListedSnapshot):
            wanted, remarks = await in_thread(ctx.storage.load, key.path)
            state = await ctx.director.everything()
            ctx.navigation.enter(OpenSnapshot(key, await in_thread(_compared, wanted, state), state))
            if remarks:
                more = f", and {count(len(remarks) - 1, 'more remark')}" if len(remarks) > 1 else ""
                ctx.ui.status(f"{remarks[0]}{more}", "alert")

    async def undo(self, ctx: Context) -> None:
        await super().undo(ctx)
        await self.restored(ctx)

    async def restored(self, ctx: Context) -> None:
        from lvstui.console.session.threads import in_thread

        inside = ctx.navigation.look.inside
        if isinstance(inside, OpenSnapshot):
            wanted, _ = await in_thread(ctx.storage.load, inside.snapshot.path)
            state = await ctx.director.everything()
            now = OpenSnapshot(inside.snapshot, await in_thread(_compared, wanted, state), state)
            if ctx.navigation.look.inside == inside:
                ctx.navigation.look_at(ctx.navigation.look._replace(inside=now))

    async def delete(self, ctx: Context) -> bool:
        """Deletes the file under the cursor, if lvstui wrote it."""
        from lvstui.console.session.threads import in_thread

        snapshot = self._chosen(ctx, "delete")
        if not snapshot.own:
            raise NotDone(str(snapshot.path), "comes with the program and is not deleted here")
        question = [("delete the file? y/N ", "key"), (f" {snapshot.path}", "")]
        if await ctx.ui.key(question, ("y",)) != "y":
            ctx.ui.status("nothing was deleted")
            return True
        await in_thread(ctx.storage.remove, snapshot.path)
        ctx.ui.status(f"deleted {snapshot.path}", "good")
        ctx.display.relist()
        ctx.program.paint()
        return True

    def snapshot(self, ctx: Context, what: str) -> Path | None:
        """The snapshot under the cursor, or the open one."""
        return self._chosen(ctx, what).path

    def _chosen(self, ctx: Context, what: str) -> ListedSnapshot:
        inside, key = ctx.navigation.look.inside, ctx.table.key
        if isinstance(inside, OpenSnapshot):
            return inside.snapshot
        if isinstance(key, ListedSnapshot):
            return key
        raise NotDone(what, "there is no snapshot under the cursor")


def _weights(state: State, key: ServiceKey) -> dict[ServerKey, int] | None:
    pool = state.servers(key)
    return {server.key: server.weight for server in pool.servers()} if pool is not None else None


def _compared(wanted: RuleSet, state: State) -> SnapshotContents:
    return snapshots.contents(wanted, None if state.unknown else rules_of(state))

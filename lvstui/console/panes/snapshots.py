"""View 7: the snapshots there are; inside one its rules, with what restoring it would do now."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet
from lvstui.director.state import State, rules_of
from lvstui.views import snapshots
from lvstui.views.column import Column
from lvstui.views.grid_view import GridView
from lvstui.views.headings import chosen, note
from lvstui.views.look import Look
from lvstui.views.snapshots import Contents, Snapshot

if TYPE_CHECKING:
    from lvstui.console.app import Console


class Inside:
    """A snapshot that was gone into, as it was read and compared then."""

    def __init__(self, snapshot: Snapshot, contents: Contents) -> None:
        self.snapshot = snapshot
        self.contents = contents


class SnapshotsPane(Pane):
    id, key, title = "snapshots", "7", "snapshots"
    tab = "saved"
    snapshots = True

    def kind(self, look: Look) -> str:
        return "snapshot" if look.inside is None else "content"

    def sorts(self, look: Look, columns: Sequence[Column]) -> Sequence[str]:
        return snapshots.SORTS

    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        if isinstance(look.inside, Inside):
            found = look.inside.contents
            last = before if isinstance(before, snapshots.ContentsView) else None
            inside = snapshots.ContentsView(found, look, last)
            would = {"": "nothing differs", "?": "what differs cannot be told"}.get(found.counts, found.counts)
            way = f"saved > {look.inside.snapshot.path.name}   {would}"
            return Shown(inside, way + chosen(look), inside.empty)
        view = snapshots.SnapshotsView(scene.snapshots, look)
        why = f"your snapshots are not listed: {scene.refused}" if scene.refused else ""
        return Shown(view, why, view.empty, note(look))

    async def enter(self, app: Console, key: Hashable) -> None:
        """Into the snapshot: it is read, and compared with the table as it is now."""
        from lvstui.console.session.threads import aside

        if isinstance(key, Snapshot):
            wanted, remarks = await aside(app.files.load, key.path)
            state = await app.poll.everything()
            app.enter(Inside(key, await aside(_compared, wanted, state)))
            if remarks:
                more = f", and {len(remarks) - 1} more" if len(remarks) > 1 else ""
                app.prompt.status(f"{remarks[0]}{more}", "alert")

    async def delete(self, app: Console) -> None:
        """Deletes the file under the cursor, if it is one of ours."""
        from lvstui.console.session.threads import aside

        one = self._chosen(app, "delete")
        if not one.own:
            raise NotDone(str(one.path), "comes with the program and is not deleted here")
        question = [("delete the file? y/N ", "key"), (f" {one.path}", "")]
        if await app.prompt.key(question, ("y",)) != "y":
            app.prompt.status("nothing was deleted")
            return
        await aside(app.files.remove, one.path)
        app.prompt.status(f"deleted {one.path}", "good")
        app.scenery.list_anew(app.files)
        app.paint()

    async def restore(self, app: Console) -> None:
        """Restores the snapshot under the cursor, or the one that was gone into: the plan first."""
        from lvstui.console.actions.snapshots import restore_from

        await restore_from(app, self._chosen(app, "restore").path)

    def _chosen(self, app: Console, what: str) -> Snapshot:
        inside, key = app.look.inside, app.main.key
        if isinstance(inside, Inside):
            return inside.snapshot
        if isinstance(key, Snapshot):
            return key
        raise NotDone(what, "there is no snapshot under the cursor")


def _compared(wanted: RuleSet, state: State) -> Contents:
    return snapshots.contents(wanted, None if state.unknown else rules_of(state))

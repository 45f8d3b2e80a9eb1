"""The only way in which the console changes the table, and its undo stack. An operation makes each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvstui.commands import proposals
from lvstui.commands.proposals import Proposal
from lvstui.console.editing.drain_memory import DrainMemory
from lvstui.console.editing.runner import perform
from lvstui.director.change import AddServer, AddService, DeleteServer, DeleteService
from lvstui.director.errors import NotDone
from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.operations.change import Changed, Done, Undo, change, take_back
from lvstui.operations.memory import Noted
from lvstui.store.drained import Drain
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


class Editor:
    """Undo stack, and the only path by which the console changes the table."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.undos: list[Undo] = []
        self.redos: list[Undo] = []
        self.memory = DrainMemory(ctx)

    @property
    def drained(self) -> Mapping[Place, int]:
        """The weights that servers had before they were drained."""
        return self.memory.weights

    @property
    def drains(self) -> Mapping[Place, Drain]:
        """The drains that are remembered, the newest last."""
        return self.memory.drains

    async def confirm(
        self, proposal: Proposal, keys: tuple[str, ...] = (), state: State | None = None, reason: str = ""
    ) -> str | None:
        """Checks, shows, asks, and carries out. Returns "y" when done, one of `keys` when that was pressed instead,
        None when the operator says no. `state`: what the proposal was made on, where that was not what was read
        last."""
        kept = self._ctx.storage.kept
        result = await perform(self._ctx, change(proposal, state or self._ctx.director.latest, kept, reason, keys))
        if isinstance(result, Done):
            self.done(result)
            return "y"
        return result or None

    def note(self, noted: Noted) -> None:
        """Knows what a change did to the memory of drains."""
        self.memory.note(noted)

    def done(self, done: Done) -> None:
        """Says that a change was carried out, and what went wrong beside it; remembers how to take it back."""
        self.note(done.noted)
        undoes = done.proposal.undoes
        if done.undo is not None and undoes:
            self.redos.append(done.undo)
        elif done.undo is not None:
            self.remember(done.undo)
        self._look_at(done.proposal)
        redo, conf = self._ctx.program.key("redo"), self._ctx.program.key("conf")
        hint = "" if done.undo is None else f"   {redo} redoes it" if undoes else "   u undoes it"
        if done.undo is not None and not undoes and conf and self._may_be_made_to_last(done.proposal):
            hint += f"   {conf} makes it last"
        hint = f"{self._next(done.proposal)}{hint}"
        trouble = done.trouble and f"   {done.trouble}"
        self._ctx.ui.status(f"done: {done.proposal.title}{hint}{trouble}", "alert" if trouble else "good")

    def _look_at(self, proposal: Proposal) -> None:
        """Puts the cursor on what was added, and takes the marks off what was deleted."""
        gone: set[ServiceKey | Place] = set()
        for one in proposal.changes:
            if isinstance(one, DeleteService):
                gone.add(one.key)
            elif isinstance(one, DeleteServer):
                gone.add(Place(one.service, one.key))
        look = self._ctx.navigation.look
        if gone & look.marked:
            self._ctx.navigation.look_at(look._replace(marked=look.marked - gone))
        if not proposal.undoes and (added := _added(proposal)) is not None:
            self._ctx.table.select(added)

    def _next(self, proposal: Proposal) -> str:
        """What comes next after something was added."""
        added = _added(proposal) if not proposal.undoes else None
        bare = all(isinstance(one, AddService) for one in proposal.changes)
        enter, add, probe = (self._ctx.program.key(name) for name in ("enter", "add", "probe"))
        if isinstance(added, ServiceKey) and bare and enter and add:
            return f"   {enter} opens it, {add} there adds its real servers"
        return f"   {probe} probes it" if added is not None and probe else ""

    def _may_be_made_to_last(self, proposal: Proposal) -> bool:
        """Whether it concerns a service of keepalived's configuration that is still in the table."""
        keeping = self._ctx.director.latest.keeping
        running = keeping.running if keeping is not None else None
        gone = {one.key for one in proposal.changes if isinstance(one, DeleteService)}
        return running is not None and any(
            key in running.rules.rules for key in proposals.touched(proposal.changes) - gone
        )

    def remember(self, undo: Undo) -> None:
        """How to take back what was done. What was undone before it cannot be redone any more: it would be redone on
        another table."""
        self.undos.append(undo)
        self.redos.clear()

    async def undo(self) -> None:
        """Takes back the last change, but for what someone else has changed since."""
        if not self.undos and self.redos:
            many = len(self.redos)
            what = "the only change" if many == 1 else f"all {many} changes"
            raise NotDone("nothing left to undo", f"{what} of this session {'is' if many == 1 else 'are'} undone")
        if not self.undos:
            raise NotDone("undo", "nothing was changed in this session")
        await self._take_back(self.undos)

    async def redo(self) -> None:
        """Makes the change once more that was undone last."""
        if not self.redos:
            raise NotDone("redo", "nothing was undone since the last change")
        others = self.redos[:-1]
        if await self._take_back(self.redos):
            self.redos = others

    async def _take_back(self, stack: list[Undo]) -> bool:
        last = stack[-1]
        try:
            result = await perform(self._ctx, take_back(last, self._ctx.storage.kept))
        except Changed:
            stack.remove(last)
            raise
        if not isinstance(result, Done):
            return False
        stack.remove(last)
        self.done(result)
        return True


def _added(proposal: Proposal) -> ServiceKey | Place | None:
    """What a proposal adds first, None where it begins with something else."""
    match proposal.changes[0]:
        case AddService(service):
            return service.key
        case AddServer(key, server):
            return Place(key, server.key)
        case _:
            return None

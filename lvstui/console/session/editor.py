"""The desk: whom an action is about, and the undo stack of this session. What is changed is changed by an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvstui.commands import proposals, targets
from lvstui.commands.proposals import Proposal
from lvstui.commands.targets import World
from lvstui.console.keys.names import shown_key
from lvstui.console.session.drain_memory import Memory
from lvstui.console.session.runner import perform
from lvstui.director.change import DeleteService
from lvstui.director.errors import NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.operations.change import Changed, Done, Undo, change, take_back
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console


class Desk:
    """What this session has done, and the one way to do more."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self.undos: list[Undo] = []
        self.redos: list[Undo] = []
        self.memory = Memory(app)
        self.kept = False
        self.turns = asyncio.Lock()

    @property
    def drained(self) -> Mapping[Place, int]:
        """The weights that servers had before they were drained."""
        return self.memory.weights

    # --- whom an action is about

    @property
    def state(self) -> State:
        """What was read last, though the screen may be paused at something older."""
        return self._app.poll.state or self._app.state

    def rows(self) -> list[ServiceKey | Place | HostKey]:
        """The marked rows, else the one under the cursor: those that are rules or hosts."""
        marked = self._app.look.marked
        keys = marked if marked else {self._app.main.key}
        found = [key for key in keys if isinstance(key, ServiceKey | Place | HostKey)]
        return sorted(found, key=lambda key: (str(type(key)), key))

    def world(self) -> World:
        """What a command is understood in."""
        return World(self.state, self._app.names, self._app.tables.inside, self.rows())

    def target(self) -> ServiceKey | Place:
        """The row under the cursor. Raises NotDone when there is none."""
        key = self._app.main.key
        if not isinstance(key, ServiceKey | Place):
            raise NotDone("no row", "there is nothing under the cursor", "a adds")
        return key

    def targets(self) -> list[ServiceKey | Place]:
        """The marked rows, else the one under the cursor. Raises NotDone when there is none."""
        found = targets.rows(self.world())
        if not found:
            raise NotDone("no row", "there is nothing under the cursor", "a adds")
        return found

    def service(self) -> ServiceKey:
        """The service under the cursor, or the one that was gone into."""
        target = self._app.tables.inside or self.target()
        return target.service if isinstance(target, Place) else target

    def servers(self) -> list[Place]:
        """The marked real servers, else the one under the cursor. Raises NotDone where there is none."""
        found = [place for place in targets.rows(self.world()) if isinstance(place, Place)]
        if not found:
            raise NotDone("this key is for real servers", "enter the service first (Enter)")
        return found

    def server(self) -> Place:
        """The real server under the cursor. Raises NotDone on a service's row."""
        target = self.target()
        if not isinstance(target, Place):
            raise NotDone("this key is for real servers", "enter the service first (Enter)")
        return target

    # --- what is done

    async def confirm(
        self, proposal: Proposal, keys: tuple[str, ...] = (), state: State | None = None, reason: str = ""
    ) -> str | None:
        """Checks, shows, asks, and carries out. Returns "y" when done, one of `keys` when that was pressed instead,
        None when the operator says no. `state`: what the proposal was made on, where that was not what was read
        last."""
        kept = self._app.files.kept
        result = await perform(self._app, change(proposal, state or self.state, kept, reason, keys))
        if isinstance(result, Done):
            self.done(result)
            return "y"
        return result or None

    def done(self, done: Done) -> None:
        """Says that a change was carried out, and what went wrong beside it; remembers how to take it back."""
        self.memory.note(done.noted)
        undoes = done.proposal.undoes
        if done.undo is not None and undoes:
            self.redos.append(done.undo)
        elif done.undo is not None:
            self.remember(done.undo)
        hint = "" if done.undo is None else f"   {self._key('redo')} redoes it" if undoes else "   u undoes it"
        if done.undo is not None and not undoes and self._may_be_made_to_last(done.proposal) and self._key("conf"):
            hint += f"   {self._key('conf')} makes it last"
        trouble = done.trouble and f"   {done.trouble}"
        self._app.prompt.status(f"done: {done.proposal.title}{hint}{trouble}", "alert" if trouble else "good")

    def _may_be_made_to_last(self, proposal: Proposal) -> bool:
        """Whether it concerns a service of keepalived's configuration that is still in the table."""
        running = self.state.keeping.running if self.state.keeping is not None else None
        gone = {one.key for one in proposal.changes if isinstance(one, DeleteService)}
        return running is not None and any(
            key in running.rules.rules for key in proposals.touched(proposal.changes) - gone
        )

    def remember(self, undo: Undo) -> None:
        """How to take back what was done. What was undone before it cannot be redone any more: it would be redone on
        another table."""
        self.undos.append(undo)
        self.redos.clear()

    def _key(self, name: str) -> str:
        return next(map(shown_key, self._app.keys(name)), "")

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
            result = await perform(self._app, take_back(last, self._app.files.kept))
        except Changed:
            stack.remove(last)
            raise
        if not isinstance(result, Done):
            return False
        stack.remove(last)
        self.done(result)
        return True

"""The desk: where a proposal is checked, shown, asked for, checked again, sent, and remembered for undo."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from lvstui.commands import proposals, targets
from lvstui.commands.guards import judge
from lvstui.commands.proposals import Proposal
from lvstui.commands.targets import World
from lvstui.console.aside import aside
from lvstui.console.keynames import shown_key
from lvstui.console.memory import Memory
from lvstui.director.change import DeleteService, SetTimeouts, StartSync, StopSync, apply_all, inverse
from lvstui.director.errors import LvsError, NotDone, Refused
from lvstui.director.hosts import HostKey
from lvstui.director.model import RuleSet, ServiceKey
from lvstui.director.state import State
from lvstui.director.transaction import carry_out
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console

_SETTINGS = (SetTimeouts, StartSync, StopSync)


class Deed(NamedTuple):
    """Something done here: what takes it back, and how it left the rules it touched."""

    back: Proposal
    left: RuleSet


class Desk:
    """What this session has done, and the one way to do more."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self.deeds: list[Deed] = []
        self.memory = Memory(app)
        self._kept = False

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

    def check(self, proposal: Proposal, state: State | None = None) -> RuleSet:
        """The rules that a proposal concerns, as far as is known here. Raises NotDone when it would fail or harm."""
        now = proposals.near(state or self.state, proposals.touched(proposal.changes))
        proposals.checked(proposal, now)
        return now

    async def confirm(
        self, proposal: Proposal, keys: tuple[str, ...] = (), state: State | None = None, reason: str = ""
    ) -> str | None:
        """Checks, shows, asks, and carries out; an outage is confirmed by the capital letter alone. Returns "y" when
        done, one of `keys` when that was pressed instead, None when the operator says no. `state`: what the proposal
        was made on, where that was not what was read last."""
        shown = self.check(proposal, state)
        answer = await self._ask(proposal, shown, keys)
        if answer == "y":
            await self.carry(proposal, await self._still(proposal, shown), reason)
        return answer

    async def agreed(self, proposal: Proposal) -> bool:
        """Checks, shows and asks, and no more."""
        shown = self.check(proposal)
        if await self._ask(proposal, shown) != "y":
            return False
        await self._still(proposal, shown)
        return True

    async def _ask(self, proposal: Proposal, shown: RuleSet, keys: tuple[str, ...] = ()) -> str | None:
        outages, warnings = judge(proposal.changes, shown, self.state)
        yes = "Y" if outages else "y"
        more = ("  + - more", "dim") if keys else ("", "")
        question = [*proposals.question(proposal, outages, warnings), more]
        answer = await self._app.prompt.key(question, (yes, *keys))
        if answer is None:
            self._app.prompt.status("nothing was changed")
        return "y" if answer == yes else answer

    async def carry(self, proposal: Proposal, now: RuleSet, reason: str = "") -> None:
        """Sends what was confirmed, all or nothing, and remembers how to take it back."""
        amiss = await self.keep()
        await self.memory.ahead(proposal, now, reason)
        with self._app.files.doing(proposal.title, reason):
            try:
                await self._app.poll.work(len(proposal.changes), carry_out, proposal.changes, now)
            except (NotDone, Refused):
                await self.memory.forget(proposal, now)
                raise
        self.done(proposal, now, amiss, reason)

    async def keep(self) -> str:
        """Now and then the table is kept as it was before a change: at the session's first, and when the last time is
        a while ago. Returns what went amiss, which is said and stops nobody."""
        files = self._app.files
        if self._kept and not files.due(time.time()):
            return ""
        self._kept = True
        try:
            await aside(files.keep, await self._app.poll.everything())
        except LvsError as error:
            return f"no automatic snapshot: {error.what}: {error.why}"
        return ""

    def done(self, proposal: Proposal, now: RuleSet, amiss: str = "", reason: str = "") -> None:
        """Says that a proposal was carried out on `now`, and what went amiss beside it; remembers how to take it
        back."""
        hint = "   u undoes it" if self.note(proposal, now, reason) else ""
        if hint and self._may_be_made_to_last(proposal):
            hint += f"   {shown_key(self._app.keys('conf')[0])} makes it last" if self._app.keys("conf") else ""
        self._app.prompt.status(f"done: {proposal.title}{hint}{amiss and f'   {amiss}'}", "alert" if amiss else "good")

    def _may_be_made_to_last(self, proposal: Proposal) -> bool:
        """Whether it concerns a service of keepalived's configuration that is still in the table."""
        running = self.state.keeping.running if self.state.keeping is not None else None
        gone = {change.key for change in proposal.changes if isinstance(change, DeleteService)}
        return running is not None and any(
            key in running.rules.rules for key in proposals.touched(proposal.changes) - gone
        )

    def note(self, proposal: Proposal, now: RuleSet, reason: str = "") -> bool:
        """Remembers what was carried out on `now` and how to take it back, if it can be."""
        back = tuple(change for done in reversed(proposal.changes) for change in inverse(done, now))
        if back and not proposal.undoes:
            title = f"undo {proposal.title}"
            self.deeds.append(Deed(Proposal(back, title, undoes=True), apply_all(proposal.changes, now)))
        self.memory.note(proposal, now, reason)
        return bool(back) and not proposal.undoes

    async def undo(self) -> None:
        """Takes back the last deed, unless someone else has changed its rules since."""
        if not self.deeds:
            raise NotDone("undo", "nothing was changed in this session")
        deed = self.deeds[-1]
        state = await self._fresh(deed.back)
        now = proposals.near(state, proposals.touched(deed.back.changes))
        if not proposals.same(deed.back.changes, deed.left, now):
            self.deeds.pop()
            raise NotDone(deed.back.title, "someone else changed this since; it is left as it is", "edit it (e)")
        if await self.confirm(deed.back, state=state) == "y":
            self.deeds.pop()

    async def _still(self, proposal: Proposal, shown: RuleSet) -> RuleSet:
        """The rules read once more. Raises NotDone when what is to be changed is not what was shown."""
        now = proposals.near(await self._fresh(proposal), proposals.touched(proposal.changes))
        if not proposals.same(proposal.changes, shown, now):
            raise NotDone(
                proposal.title, "someone else changed this while you were asked; nothing was sent", "look again"
            )
        return now

    async def _fresh(self, proposal: Proposal) -> State:
        """A State in which all that a proposal speaks of was read now."""
        if any(isinstance(change, _SETTINGS) for change in proposal.changes):
            return await self._app.poll.everything()
        return await self._app.poll.fresh(proposals.touched(proposal.changes))

"""What is remembered of drained servers, by this session and by others."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from lvstui.commands import draining
from lvstui.commands.proposals import Proposal
from lvstui.console.aside import aside
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet
from lvstui.store import drained
from lvstui.store.drained import Drain
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console


class Memory:
    """`drains` by server; `weights` from before the drain alone."""

    def __init__(self, app: Console) -> None:
        self._app = app
        self.drains: Mapping[Place, Drain] = {}
        self.weights: Mapping[Place, int] = {}

    async def recall(self) -> None:
        """What earlier sessions remember."""
        self._take(await aside(drained.read, self._app.files.kept.folder))

    async def ahead(self, proposal: Proposal, now: RuleSet, reason: str = "") -> None:
        """Writes the weights of servers that a proposal is to drain before it is sent: whoever kills us must not make
        us forget them. Where that fails, `note` says so."""
        drains = self._drained(proposal, now, reason)
        if drains:
            with suppress(NotDone):
                await aside(drained.update, self._app.files.kept.folder, _keys(drains), (), self._over)

    async def forget(self, proposal: Proposal, now: RuleSet) -> None:
        """Takes back what was written ahead, for the proposal was not carried out."""
        weights, _ = draining.remembered(proposal.changes, now)
        if weights:
            before = {place: self.drains[place] for place in weights if place in self.drains}
            with suppress(NotDone):
                await aside(drained.update, self._app.files.kept.folder, _keys(before), weights.keys())

    def note(self, proposal: Proposal, now: RuleSet, reason: str = "") -> None:
        """Remembers the weights of servers that a proposal, carried out on `now`, drained, and forgets those that are
        drained no more."""
        drains, gone = self._drained(proposal, now, reason), draining.remembered(proposal.changes, now)[1]
        if drains or gone & self.drains.keys():
            kept = {place: drain for place, drain in self.drains.items() if place not in gone}
            self._know(kept | drains)
            self._app.beside(partial(self._write, drains, gone), "drained")

    def _drained(self, proposal: Proposal, now: RuleSet, reason: str) -> dict[Place, Drain]:
        since, reason = time.time(), drained.one_line(reason)
        weights, _ = draining.remembered(proposal.changes, now)
        return {place: Drain(weight, since, reason) for place, weight in weights.items()}

    def _over(self, keys: Collection[drained.Key]) -> Collection[drained.Key]:
        return draining.over((Place(*key) for key in keys), self._app.desk.state)

    async def _write(self, drains: Mapping[Place, Drain], gone: Collection[Place]) -> None:
        try:
            folder = self._app.files.kept.folder
            self._take(await aside(drained.update, folder, _keys(drains), gone, self._over))
        except NotDone as error:
            self._app.prompt.status(f"{error}: the weights from before are known here alone", "alert")

    def _take(self, memory: drained.Memory) -> None:
        self._know({Place(*key): drain for key, drain in memory.drains.items()})
        if memory.complaint:
            self._app.prompt.status(memory.complaint, "error")

    def _know(self, drains: Mapping[Place, Drain]) -> None:
        self.drains = drains
        self.weights = {place: drain.weight for place, drain in drains.items()}


def _keys(drains: Mapping[Place, Drain]) -> dict[drained.Key, Drain]:
    return {(place.service, place.server): each for place, each in drains.items()}

"""What is remembered of drained servers, by this session and by others."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
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

    def note(self, proposal: Proposal, now: RuleSet, reason: str = "") -> None:
        """Remembers the weights of servers that a proposal, carried out on `now`, drained, and forgets those that are
        drained no more."""
        weights, gone = draining.remembered(proposal.changes, now)
        since, reason = time.time(), drained.one_line(reason)
        drains = {place: Drain(weight, since, reason) for place, weight in weights.items()}
        if drains or gone & self.drains.keys():
            kept = {place: drain for place, drain in self.drains.items() if place not in gone}
            self._know(kept | drains)
            self._app.beside(partial(self._write, drains, gone), "drained")

    async def _write(self, drains: Mapping[Place, Drain], gone: Collection[Place]) -> None:
        try:
            keep: dict[drained.Key, Drain] = {(place.service, place.server): each for place, each in drains.items()}
            self._take(await aside(drained.update, self._app.files.kept.folder, keep, gone))
        except NotDone as error:
            self._app.prompt.status(f"{error}: the weights from before are known here alone", "alert")

    def _take(self, memory: drained.Memory) -> None:
        self._know({Place(*key): drain for key, drain in memory.drains.items()})
        if memory.complaint:
            self._app.prompt.status(memory.complaint, "error")

    def _know(self, drains: Mapping[Place, Drain]) -> None:
        self.drains = drains
        self.weights = {place: drain.weight for place, drain in drains.items()}

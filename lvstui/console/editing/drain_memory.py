"""The memory of drained servers, from this session and from others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvstui.console.session.threads import in_thread
from lvstui.operations.memory import Noted
from lvstui.store import drained
from lvstui.store.drained import Drain
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


class DrainMemory:
    """`drains` by server; `weights` from before the drain alone."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.drains: Mapping[Place, Drain] = {}
        self.weights: Mapping[Place, int] = {}

    async def recall(self) -> None:
        """What is remembered on disk, by earlier sessions and by others."""
        self._take(await in_thread(drained.read, self._ctx.storage.kept.folder))

    def note(self, noted: Noted) -> None:
        """Knows what a change did to the memory, though it could not be written."""
        if noted.new or noted.gone:
            again = frozenset(noted.gone) if self.drains else frozenset()
            drains = {place: drain for place, drain in self.drains.items() if place not in again}
            self._know(drains | {Place(*key): drain for key, drain in noted.new.items()})
            if not noted.trouble:
                self._ctx.program.beside(self.recall, "drained")

    def _take(self, memory: drained.Memory) -> None:
        self._know({Place(*key): drain for key, drain in memory.drains.items()})
        if memory.complaint:
            self._ctx.ui.status(memory.complaint, "error")

    def _know(self, drains: Mapping[Place, Drain]) -> None:
        self.drains = drains
        self.weights = {place: drain.weight for place, drain in drains.items()}

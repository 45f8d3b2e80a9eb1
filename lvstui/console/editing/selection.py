"""The target of an action: the marked rows, else the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import targets
from lvstui.commands.targets import World
from lvstui.director.errors import NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


class Selection:
    """Names the rows that an action is about."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def rows(self) -> list[ServiceKey | Place | HostKey]:
        """The marked rows, else the one under the cursor: those that are rules or hosts."""
        marked = self._ctx.navigation.look.marked
        keys = marked if marked else {self._ctx.table.key}
        found = [key for key in keys if isinstance(key, ServiceKey | Place | HostKey)]
        return sorted(found, key=lambda key: (str(type(key)), key))

    def world(self) -> World:
        """What a command is understood in."""
        return World(self._ctx.director.latest, self._ctx.names, self._ctx.navigation.inside, self.rows())

    def target(self) -> ServiceKey | Place:
        """The row under the cursor. Raises NotDone when there is none."""
        key = self._ctx.table.key
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
        """The service under the cursor, or the one that was gone into. Raises NotDone where several are marked."""
        found = self.services()
        if len(found) > 1:
            return targets.service(None, self.world())  # for its complaint
        return found[0]

    def services(self) -> list[ServiceKey]:
        """The marked services, else the one under the cursor, or the one that was gone into. Raises NotDone where there
        is none."""
        world = self.world()
        if world.inside is None and not world.rows:
            raise NotDone("no row", "there is nothing under the cursor", "a adds")
        return targets.services_at_hand(None, world)

    def servers(self) -> list[Place]:
        """The marked real servers, else the one under the cursor. Raises NotDone where there is none."""
        found = self.targets()
        services = sum(isinstance(one, ServiceKey) for one in found)
        if services == len(found):
            many = f"{services} services are marked: " if services > 1 else ""
            raise NotDone("this key is for real servers", f"{many}enter the service first (Enter)")
        if services:
            why = f"{services} of the marked rows are services"
            raise NotDone("this key is for real servers", why, "\\ unmarks them")
        return [place for place in found if isinstance(place, Place)]

"""The target of a key: the marked rows, else the one under the cursor. Each function refuses rows that are not of its
kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from lvstui.commands import targets
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.views.servers import Place


def rows_of(keys: Iterable[Hashable | None]) -> list[ServiceKey | Place | HostKey]:
    """Those of these rows that are rules or hosts, in a fixed order; may be empty."""
    rows = [key for key in keys if isinstance(key, ServiceKey | Place | HostKey)]
    return sorted(rows, key=lambda key: (str(type(key)), key))


def rules(world: CommandContext) -> list[ServiceKey | Place]:
    """The selected services and real servers, each host as its real servers. Raises NotDone when there is none."""
    rows = targets.rows(world)
    if not rows:
        raise NotDone("no row", "there is nothing under the cursor", "a adds")
    return rows


def service(world: CommandContext) -> ServiceKey:
    """The selected service, or the one that was entered. Raises NotDone where several are selected."""
    keys = services(world)
    if len(keys) > 1:
        return targets.service(None, world)  # for its complaint
    return keys[0]


def services(world: CommandContext) -> list[ServiceKey]:
    """The selected services, or the one that was entered. Raises NotDone where there is none."""
    if world.inside is None and not world.rows:
        raise NotDone("no row", "there is nothing under the cursor", "a adds")
    return targets.services_at_hand(None, world)


def servers(world: CommandContext) -> list[Place]:
    """The selected real servers. Raises NotDone where there is none."""
    rows = rules(world)
    only = sum(isinstance(row, ServiceKey) for row in rows)
    if only == len(rows):
        many = f"{only} services are marked: " if only > 1 else ""
        raise NotDone("this key is for real servers", f"{many}enter the service first (Enter)")
    if only:
        raise NotDone("this key is for real servers", f"{only} of the marked rows are services", "\\ unmarks them")
    return [place for place in rows if isinstance(place, Place)]

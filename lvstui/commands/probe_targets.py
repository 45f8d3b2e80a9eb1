"""The targets of `probe` and `who`: real servers to probe, virtual addresses to ask for. Pure; a Source's Probes makes
the probes."""

from __future__ import annotations

from collections.abc import Iterable

from lvstui.commands import targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import CommandContext, NamedTarget
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import ServerKey, ServiceKey, address_text
from lvstui.director.probe import ProbeTarget, knocks
from lvstui.director.state import State
from lvstui.views.servers import Place

MOST = 1000
"""The most real servers in one probe."""
ADDRESSES = 20
"""The most virtual addresses asked for when none is named; each takes a second."""


def targets_of(parsed: ParsedCommand | None, world: CommandContext) -> list[ProbeTarget]:
    """The real servers to probe, each once: those named, or all of a named service; else those of the selected rows;
    else all. Servers that keepalived removed are included. Raises BadInput for an unknown name, NotDone for none or too
    many."""
    state = world.state
    wanted: NamedTarget | None = parsed.get("target") if parsed is not None else None
    if wanted is not None:
        places = _named(wanted, world)
    elif world.rows:
        places = [place for row in targets.rows(world) for place in _of(row, state)]
    else:
        keys: Iterable[ServiceKey] = [world.inside] if world.inside is not None else state.services.keys
        places = [place for key in keys for place in of_service(key, state)]
    configuration = state.keeping.effective if state.keeping is not None else None
    probes = knocks(places, configuration)
    if not probes:
        raise NotDone("probe", "there is no real server to probe")
    if len(probes) > MOST:
        raise NotDone("probe", f"{len(probes)} real servers are too many: {MOST} at most", "name a service or a server")
    return probes


def _of(row: ServiceKey | Place, state: State) -> list[Place]:
    return [row] if isinstance(row, Place) else of_service(row, state)


def _named(target: NamedTarget, world: CommandContext) -> list[Place]:
    state = world.state
    if not target.host:
        try:
            return [place for key in targets.services(target, world) for place in of_service(key, state)]
        except BadInput:
            pass  # then it is a real server
    if isinstance(target.whom, ServiceKey):
        return of_service(targets.service(target, world), state)  # for its error message
    out = [place for key in state.services.keys for place in _out(key, state) if _called(place.server, target)]
    try:
        return [*targets.places(target, None, world), *out]
    except BadInput:
        if out:
            return out
        raise


def _called(server: ServerKey, target: NamedTarget) -> bool:
    whom = target.whom
    if isinstance(whom, ServerKey):
        return server.address == whom.address if target.host else server == whom
    return isinstance(whom, bytes) and server.address == whom


def of_service(key: ServiceKey, state: State) -> list[Place]:
    """All real servers of a service, including those that keepalived removed."""
    pool = state.servers(key)
    return [*(Place(key, server.key) for server in (pool.servers() if pool is not None else ())), *_out(key, state)]


def _out(key: ServiceKey, state: State) -> list[Place]:
    configuration = state.keeping.effective if state.keeping is not None else None
    entry = configuration.rules.rules.get(key) if configuration is not None else None
    if configuration is None or entry is None:
        return []
    pool = state.servers(key)
    live = {server.key for server in pool.servers()} if pool is not None else set()
    known = {*entry.servers, *(server.key for server in configuration.waiting.get(key, ()))}
    return [Place(key, server) for server in sorted(known - live)]


def arp_addresses(parsed: ParsedCommand | None, state: State, instance: str = "") -> list[tuple[bytes, str]]:
    """The addresses to ask for, each with the interface of its VRRP instance, "" where it has none: the one that is
    named, else those of the `instance`, else all virtual ones. Raises NotDone where there is none, or too many."""
    devices = _devices(state)
    named: bytes | None = parsed.get("address") if parsed is not None else None
    if named is not None:
        return [(named, devices.get(named, ""))]
    named_one = (each.instance for each in state.vrrp.instances if each.instance.name == instance)
    own = {address.address: address.device for each in named_one for address in each.carried}
    virtual = own or dict(virtual_addresses(state))
    if not virtual:
        raise NotDone("who", "there is no virtual address here", "name one: who 192.0.2.10")
    if len(virtual) > ADDRESSES:
        raise NotDone("who", f"there are {len(virtual)} virtual addresses, and each takes a second", "name one")
    return [(address, devices.get(address, "")) for address in virtual]


def virtual_addresses(state: State) -> list[tuple[bytes, str]]:
    """All virtual addresses, of VRRP instances and of services, each with the interface of its instance, "" where it
    has none."""
    devices = _devices(state)
    every = dict.fromkeys((*devices, *(key.address for key in state.services.keys if key.address)))
    return [(address, devices.get(address, "")) for address in every]


def _devices(state: State) -> dict[bytes, str]:
    return {address.address: address.device for each in state.vrrp.instances for address in each.instance.carried}


def real_servers(state: State) -> dict[bytes, str]:
    """The addresses of all real servers, configured ones too, as they are written."""
    addresses = {place.server.address for key in state.services.keys for place in of_service(key, state)}
    return {address: address_text(address) for address in addresses}

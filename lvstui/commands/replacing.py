"""Replaces one host by another: the new one is added everywhere with the settings of the old one, which is drained and
then deleted. Pure; operations/replace.py carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvstui.commands import probe_targets
from lvstui.commands.draining import place_text
from lvstui.commands.lasting import own_name
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.proposals import NoChange, Proposal
from lvstui.commands.targets import CommandContext, NamedTarget
from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.configured import Configured
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import Server, ServerKey, address_text, family_of
from lvstui.director.probe import ProbeTarget, knocks_of_another
from lvstui.director.remarks import nearest
from lvstui.director.state import State
from lvstui.values import NamedTuple
from lvstui.views.number import count, short
from lvstui.views.servers import Place, find


class Replacement(NamedTuple):
    """`proposal`: the whole replacement, for the question. `begin`: the first change, which adds the new host and
    drains the old one. `new` and `old`: the real servers that are added, and those that are drained and finally
    deleted; `knocks`: how to probe the new host; `lasting`: what to say, and to write into its configuration, where
    keepalived makes the table."""

    proposal: Proposal
    begin: tuple[Change, ...]
    new: tuple[Place, ...]
    old: tuple[Place, ...]
    knocks: tuple[ProbeTarget, ...]
    lasting: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """All real servers that it is about."""
        return (*self.new, *self.old)


def replacement(parsed: ParsedCommand, world: CommandContext, drained: Mapping[Place, int]) -> Replacement:
    """The replacement for `replace host OLD NEW`. A drained server is replaced with its earlier weight. Raises BadInput
    where OLD is in no service or NEW is not another host; NotDone where the servers have not been read, or the new host
    is drained; NoChange where there is nothing left to do."""
    state = world.state
    old = _address(parsed.values["old"], world)
    new = _address(parsed.values["new"], world)
    if old == new:
        raise BadInput(f"replace host {address_text(old)}", "the new host is the old one", "name two")
    there, out = _servers(old, world)
    if not there and not out:
        known = sorted({address_text(key.address) for key in _all_servers(state)})
        raise BadInput(
            address_text(old),
            "is not a real server of any service",
            nearest(address_text(old), known),
        )
    adds: list[AddServer] = []
    drains: list[EditServer] = []
    for place, server in (*there, *out):
        weight = server.weight or drained.get(place, 0) or _by_check(place, state)
        key = ServerKey(family_of(new), new, server.key.port)
        standing_in = _row(state, Place(place.service, key))
        if standing_in is not None and not standing_in.weight and server.weight and (place, server) in there:
            name = place_text(Place(place.service, key))
            raise NotDone(name, f"has weight 0: nothing would serve in place of {address_text(old)}", "x undrains it")
        if standing_in is None:
            adds.append(AddServer(place.service, server._replace(key=key, weight=weight)))
    for place, server in there:
        if server.weight:
            drains.append(EditServer(place.service, server._replace(weight=0)))
    begin: tuple[Change, ...] = (*adds, *drains)
    deletes = tuple(DeleteServer(*place) for place, _ in there)
    title = f"replace host {address_text(old)} by {address_text(new)}"
    if not begin and not deletes:
        raise NoChange(title, "it is already done")
    services = {place.service for place, _ in (*there, *out)}
    title += f" in {count(len(services), 'service')}"
    standing = tuple(
        Place(place.service, ServerKey(family_of(new), new, server.key.port)) for place, server in (*there, *out)
    )
    return Replacement(
        Proposal((*begin, *deletes), title, _cost(state, old, tuple(place for place, _ in there))),
        begin,
        standing,
        tuple(place for place, _ in there),
        tuple(knocks_of_another((place for place, _ in (*there, *out)), new, _running(state))),
        tuple(_lasting(state, [*there, *out], old, new)),
    )


def deletion(plan: Replacement, state: State) -> Proposal:
    """The last change, when no connections are left on the old host: delete it where it still exists. Raises NotDone
    when someone has given it a weight again, or has removed or drained the new host."""
    changes = []
    for place in plan.old:
        server = _row(state, place)
        if server is None:
            continue
        if server.weight:
            raise NotDone(place_text(place), "someone else gave it a weight again; nothing was deleted", "look again")
        changes.append(DeleteServer(*place))
    served = {(change.service, change.server.key.port) for change in plan.begin if isinstance(change, EditServer)}
    for place in plan.new if changes else ():
        server = _row(state, place)
        if server is None:
            raise NotDone(place_text(place), "it is no longer there; the old host was not deleted", "look again")
        if not server.weight and (place.service, place.server.port) in served:
            raise NotDone(place_text(place), "it has weight 0 now; the old host was not deleted", "look again")
    return Proposal(tuple(changes), plan.proposal.title)


def _running(state: State) -> Configured | None:
    return state.keeping.effective if state.keeping is not None else None


def _by_check(place: Place, state: State) -> int:
    """The configured weight of a server that a failed check sets to 0, where it may have done so."""
    configuration = _running(state)
    entry = (
        configuration.rules.rules.get(place.service)
        if configuration is not None and place in configuration.inhibited
        else None
    )
    server = entry.servers.get(place.server) if entry is not None else None
    return server.weight if server is not None else 0


def _address(target: NamedTarget, world: CommandContext) -> bytes:
    """The address of a host that is named by it or by its configured name. Raises BadInput."""
    if isinstance(target.whom, bytes):
        return target.whom
    if target.whom is not None:
        raise BadInput(target.text, "is not a host", "name it by its address alone: 10.0.0.5")
    addresses = {whom for whom, name in world.names.names.items() if name == target.text and isinstance(whom, bytes)}
    addresses |= {key.address for key in _all_servers(world.state) if world.names.server(key) == target.text}
    if len(addresses) == 1:
        return addresses.pop()
    if addresses:
        raise BadInput(target.text, f"is {' and '.join(sorted(map(address_text, addresses)))}", "say which")
    raise BadInput(target.text, "is neither an address nor a name of a host", nearest(target.text, _names(world)))


def _names(world: CommandContext) -> list[str]:
    return list(world.names.names.values())


def _all_servers(state: State) -> Iterator[ServerKey]:
    for key in state.services.keys:
        for place in probe_targets.of_service(key, state):
            yield place.server


def _servers(address: bytes, world: CommandContext) -> tuple[list[tuple[Place, Server]], list[tuple[Place, Server]]]:
    """The real servers of a host: those in the table, and those that keepalived has taken out."""
    state = world.state
    configuration = _running(state)
    there, out = [], []
    for key in state.services.keys:
        pool = state.servers(key)
        if pool is None:
            raise NotDone("replace host", "not all real servers have been read yet", "try again")
        live = [server for server in pool.servers() if server.key.address == address]
        there += [(Place(key, server.key), server) for server in live]
        entry = configuration.rules.rules.get(key) if configuration is not None else None
        if configuration is None or entry is None:
            continue
        known = {**entry.servers, **{server.key: server for server in configuration.waiting.get(key, ())}}
        have = {server.key for server in live}
        mine = sorted(name for name in known if name.address == address and name not in have)
        out += [(Place(key, name), known[name]) for name in mine]
    return there, out


def _row(state: State, place: Place) -> Server | None:
    pool = state.servers(place.service)
    number = find(pool, place.server) if pool is not None else None
    return pool[number].server if pool is not None and number is not None else None


def _cost(state: State, old: bytes, places: tuple[Place, ...]) -> str:
    """What happens to the connections to the old host."""
    active = inactive = 0
    for place in places:
        pool = state.servers(place.service)
        number = find(pool, place.server) if pool is not None else None
        if pool is not None and number is not None:
            active += pool[number].active
            inactive += pool[number].inactive
    held = [f"{short(active)} active"] if active else []
    held += [f"{short(inactive)} inactive"] if inactive else []
    name = address_text(old)
    if not places:
        return f"{name} is in no service now: there is nothing to wait for"
    return f"{', '.join(held) or 'no connections'} on {name}; it is deleted when none is left"


def _lasting(state: State, places: list[tuple[Place, Server]], old: bytes, new: bytes) -> Iterator[str]:
    """What keepalived will do, and the lines to write into its configuration."""
    keeping = state.keeping
    configuration = (keeping.on_disk or keeping.effective) if keeping is not None else None
    if state.owner != "keepalived":
        return
    was, then = address_text(old), address_text(new)
    yield f"keepalived does not check {then}, and adds {was} again when its check recovers, or at a restart"
    if configuration is None:
        yield f"to make it last, replace {was} with {then} in keepalived.conf, and reload"
        return
    written = [(place, configuration.lines[place]) for place, _ in places if place in configuration.lines]
    if not written:
        return
    yield f"until then {count(2 * len(written), 'drift')}: {was} is missing and {then} is not configured"
    yield "to make it last, change this and reload:"
    said = set()
    for place, (file, line) in written:
        port = place.server.port
        text = f"{own_name(file)} line {line}: real_server {was} {port}  ->  real_server {then} {port}"
        if text not in said:
            said.add(text)
            yield f"  {text}"

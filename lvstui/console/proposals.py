"""From what the operator wants to the Changes that do it, with what they cost, in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Zero,
    apply,
    apply_all,
    check,
)
from lvstui.director.errors import NotDone
from lvstui.director.model import WEIGHT_MAX, Entry, RuleSet, Server, Service, ServiceKey, server_text, service_text
from lvstui.director.spell import server_line, service_line, spell
from lvstui.director.state import ServerReading, State
from lvstui.views.number import short
from lvstui.views.servers import Place, find


class Proposal(NamedTuple):
    """Changes to be confirmed: `title` says what they do, `cost` what ends or goes on with them. `undoes`: they take
    back something done before."""

    changes: tuple[Change, ...]
    title: str
    cost: str = ""
    undoes: bool = False


def near(state: State, keys: Iterable[ServiceKey]) -> RuleSet:
    """The rules of these services alone: all that a change to them need know of a table of ten thousand."""
    rules = {}
    for key in keys:
        reading = state.services.find(key)
        if reading is not None:
            pool = state.servers(key)
            servers = {server.key: server for server in pool.servers()} if pool is not None else {}
            rules[key] = Entry(reading.service, servers)
    return RuleSet(rules, state.timeouts, state.sync)


def touched(changes: Iterable[Change]) -> frozenset[ServiceKey]:
    """The services that changes speak of."""
    keys = set()
    for change in changes:
        match change:
            case AddService(service) | EditService(service):
                keys.add(service.key)
            case DeleteService(key) | AddServer(key, _) | EditServer(key, _) | DeleteServer(key, _):
                keys.add(key)
            case Zero(key) if key is not None:
                keys.add(key)
            case _:
                pass
    return frozenset(keys)


def checked(proposal: Proposal, now: RuleSet) -> None:
    """Raises NotDone when any of the changes, each after those before it, would fail or harm."""
    rules = dict(now.rules)
    for change in proposal.changes:
        # One service's part of the table at a time: a plan may speak of thousands.
        keys = touched((change,))
        part = RuleSet({key: rules.pop(key) for key in keys if key in rules}, now.timeouts, now.sync)
        check(change, part)
        rules.update(apply(change, part).rules)


def same(changes: Iterable[Change], one: RuleSet, other: RuleSet) -> bool:
    """Whether all that changes speak of is the same in both: the whole service where it goes, else the rule alone."""
    return all(_spoken_of(change, one) == _spoken_of(change, other) for change in changes)


def _spoken_of(change: Change, now: RuleSet) -> object:
    match change:
        case AddServer(key, Server(name)) | EditServer(key, Server(name)) | DeleteServer(key, name):
            entry = now.rules.get(key)
            return (entry.service, entry.servers.get(name)) if entry is not None else None
        case EditService(service):
            entry = now.rules.get(service.key)
            return entry.service if entry is not None else None
        case AddService(Service(key)) | DeleteService(key):
            return now.rules.get(key)
        case _:
            return None


def question(proposal: Proposal) -> list[tuple[str, str]]:
    """What the bottom line asks, in pieces with roles: the expected answer, the command it equals, and its cost."""
    first, *more = proposal.changes
    pieces = [("apply? y/N ", "key"), (f" ipvsadm {spell(first)}", "")]
    if more:
        pieces.append((f"  and {len(more)} more", "dim"))
    if proposal.cost:
        pieces.append((f"   {proposal.cost}", "alert"))
    return pieces


def reading_of(state: State, place: Place) -> ServerReading:
    """The server's row now. Raises NotDone when it is gone."""
    pool = state.servers(place.service)
    number = find(pool, place.server) if pool is not None else None
    if pool is not None and number is not None:
        return pool[number]
    raise NotDone(server_text(place.server), f"is no longer in {service_text(place.service)}")


def service_of(state: State, key: ServiceKey) -> Service:
    """The service's rule now. Raises NotDone when it is gone."""
    reading = state.services.find(key)
    if reading is None:
        raise NotDone(service_text(key), "this service is gone")
    return reading.service


def after(changes: Iterable[Change], now: RuleSet) -> RuleSet:
    """The rules that changes lead to."""
    return apply_all(changes, now)


def add(change: AddService | AddServer) -> Proposal:
    what = service_text(change.service.key) if isinstance(change, AddService) else server_text(change.server.key)
    return Proposal((change,), f"add {what}")


def edit_service(service: Service) -> Proposal:
    return Proposal((EditService(service),), f"edit {service_text(service.key)}")


def edit_server(key: ServiceKey, server: Server) -> Proposal:
    return Proposal((EditServer(key, server),), f"edit {server_text(server.key)}")


def scheduler(state: State, key: ServiceKey, name: str) -> Proposal:
    """Another scheduler; its flags go with it where the new one is of the same pair (sh and mh share theirs)."""
    old = service_of(state, key)
    flags = old.flags if name == old.scheduler or {name, old.scheduler} <= {"sh", "mh"} else 0
    if name == old.scheduler:
        raise NotDone(service_text(key), f"its scheduler is {name} already")
    return edit_service(old._replace(scheduler=name, flags=flags))._replace(
        cost="flags are dropped" if flags != old.flags else ""
    )


def delete(state: State, target: ServiceKey | Place) -> Proposal:
    """Names the connections that end."""
    if isinstance(target, Place):
        row = reading_of(state, target)
        cost = _ends(row.active, row.inactive)
        return Proposal((DeleteServer(target.service, target.server),), f"delete {server_text(target.server)}", cost)
    pool = state.servers(target)
    load = pool.load if pool is not None else None
    cost = f"{load.servers} servers, {_ends(load.active, load.inactive)}" if load else "its servers are not read yet"
    return Proposal((DeleteService(target),), f"delete {service_text(target)}", cost)


def drain(state: State, place: Place) -> Proposal:
    """Weight 0: those who are connected go on, nobody new comes."""
    row = reading_of(state, place)
    found = f"{short(row.active)} active go on" if row.active else "no connections"
    return edit_server(place.service, row.server._replace(weight=0))._replace(
        title=f"drain {server_text(place.server)}", cost=found
    )


def undrain(state: State, place: Place, text: str) -> Proposal:
    """The weight it had before, or one that was typed."""
    return weight(state, place, text)._replace(title=f"undrain {server_text(place.server)}")


def weight(state: State, place: Place, text: str) -> Proposal:
    """A weight as typed: `5`, `+1`, `-1`, `50%`."""
    server = reading_of(state, place).server
    wanted = weight_from(text, server.weight)
    if wanted == server.weight:
        raise NotDone(server_text(place.server), f"its weight is {wanted} already")
    cost = "no new connections" if wanted == 0 else ""
    return edit_server(place.service, server._replace(weight=wanted))._replace(
        title=f"weight of {server_text(place.server)}", cost=cost
    )


def weight_from(text: str, now: int) -> int:
    """The weight that a text means beside the present one. Raises NotDone with what can be typed."""
    found = re.fullmatch(r"\s*([+-]?)(\d{1,10})(%?)\s*", text)
    if found is None or (found[1] and found[3]):
        raise NotDone(f"weight {text!r}", "is none", "type 5, +1, -1 or 50%")
    number = int(found[2])
    if found[3]:
        number = round(now * number / 100)
    elif found[1]:
        number = now + (number if found[1] == "+" else -number)
    if not 0 <= number <= WEIGHT_MAX:
        raise NotDone(f"weight {number}", f"is not within 0 to {WEIGHT_MAX}")
    return number


def commands(state: State, target: ServiceKey | Place) -> str:
    """The ipvsadm commands that make a row, a line each."""
    if isinstance(target, Place):
        return f"ipvsadm {server_line(target.service, reading_of(state, target).server)}\n"
    entry = near(state, [target]).rules.get(target)
    if entry is None:
        raise NotDone(service_text(target), "this service is gone")
    lines = [service_line(entry.service), *(server_line(target, server) for server in entry.servers.values())]
    return "".join(f"ipvsadm {line}\n" for line in lines)


def _ends(active: int, inactive: int) -> str:
    return f"{active} active, {inactive} inactive end" if active or inactive else "no connections"

"""Turns what the operator wants into Changes, with their cost in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from lvstui.commands.weights import weight_from
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
from lvstui.director.model import Entry, RuleSet, Server, Service, ServiceKey, server_text, service_text
from lvstui.director.spell import server_line, service_line, spell
from lvstui.director.state import ServerReading, State
from lvstui.values import NamedTuple
from lvstui.views.draining import left
from lvstui.views.ending import fate
from lvstui.views.number import count, short
from lvstui.views.place import Place, find
from lvstui.views.summary import going


class NoChange(NotDone):
    """It is already as requested: there is nothing to do."""


class Proposal(NamedTuple):
    """Changes to be confirmed. `title` says what they do, `cost` which connections end or continue. `undoes`: they undo
    an earlier change."""

    changes: tuple[Change, ...]
    title: str
    cost: str = ""
    undoes: bool = False


def near(state: State, keys: Iterable[ServiceKey]) -> RuleSet:
    """The rules of these services only: a change to them needs no more of a table of ten thousand."""
    rules = {}
    for key in keys:
        reading = state.services.find(key)
        if reading is not None:
            pool = state.servers(key)
            servers = {server.key: server for server in pool.servers()} if pool is not None else {}
            rules[key] = Entry(reading.service, servers)
    return RuleSet(rules, state.timeouts, state.sync)


def touched(changes: Iterable[Change]) -> frozenset[ServiceKey]:
    """The services that changes name."""
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
        # The part of one service at a time: a plan may name thousands.
        keys = touched((change,))
        part = RuleSet({key: rules.pop(key) for key in keys if key in rules}, now.timeouts, now.sync)
        check(change, part)
        rules.update(apply(change, part).rules)


def same(changes: Iterable[Change], rules: RuleSet, other: RuleSet) -> bool:
    """Whether everything that the changes name is equal in both: the whole service where it is deleted, otherwise the
    rule."""
    return all(_spoken_of(change, rules) == _spoken_of(change, other) for change in changes)


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


def question(proposal: Proposal, outages: Sequence[str] = (), warnings: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The question in the bottom line, in pieces with roles: the expected answer, the ipvsadm command, its cost, and
    the warnings."""
    first, *more = proposal.changes
    pieces = [("outage! Y applies ", "down") if outages else ("apply? y/N ", "key"), (f" ipvsadm {spell(first)}", "")]
    if more:
        pieces.append((f"  and {count(len(more), 'more command')}", "dim"))
    if proposal.cost:
        pieces.append((f"   {proposal.cost}", "alert"))
    pieces += [(f"   {text}", "down") for text in _few(outages)]
    pieces += [(f"   {text}", "alert") for text in warnings]
    return pieces


def _few(texts: Sequence[str]) -> list[str]:
    return [*texts[:2], *([f"and {len(texts) - 2} more outages"] if len(texts) > 2 else [])]


def reading_of(state: State, place: Place) -> ServerReading:
    """The server's row now. Raises NotDone when it is gone."""
    pool = state.servers(place.service)
    number = find(pool, place.server) if pool is not None else None
    if pool is not None and number is not None:
        return pool[number]
    back = (
        "keepalived adds it again once its check passes; a adds it by hand" if _in_configuration(state, place) else ""
    )
    raise NotDone(server_text(place.server), f"is no longer in {service_text(place.service)}", back)


def _in_configuration(state: State, place: Place) -> bool:
    """Whether keepalived's configuration has this server in the service."""
    configuration = state.keeping.effective if state.keeping is not None else None
    entry = configuration.rules.rules.get(place.service) if configuration is not None else None
    return entry is not None and place.server in entry.servers


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


def scheduler(state: State, keys: Sequence[ServiceKey], name: str) -> Proposal:
    """Another scheduler; its flags go with it where the new one is of the same pair (sh and mh share theirs)."""
    changes: list[EditService] = []
    dropped = False
    for key in keys:
        old = service_of(state, key)
        flags = old.flags if name == old.scheduler or {name, old.scheduler} <= {"sh", "mh"} else 0
        if name != old.scheduler:
            changes.append(EditService(old._replace(scheduler=name, flags=flags)))
            dropped = dropped or flags != old.flags
    names = [service_text(key) for key in keys]
    if not changes:
        raise NoChange(_listed(names), f"{'its' if len(keys) == 1 else 'their'} scheduler is already {name}")
    names = [service_text(change.service.key) for change in changes]
    title = f"edit {names[0]}" if len(keys) == 1 else f"scheduler {name} for {_listed(names)}"
    return Proposal(tuple(changes), title, "flags are dropped" if dropped else "")


def delete(state: State, targets: Iterable[ServiceKey | Place]) -> Proposal:
    """A deletion; its cost says what happens to the connections."""
    changes: list[Change] = []
    names: list[str] = []
    servers = 0
    unread = False
    for target in targets:
        if isinstance(target, Place):
            reading_of(state, target)
            changes.append(DeleteServer(*target))
            names.append(server_text(target.server))
            continue
        service_of(state, target)
        changes.append(DeleteService(target))
        names.append(service_text(target))
        pool = state.servers(target)
        unread = unread or pool is None
        servers += len(pool) if pool is not None else 0
    cost = ", ".join(filter(None, [count(servers, "server") if servers else "", fate(going(changes, state), state)]))
    if unread:
        cost = "not all servers have been read yet"
    return Proposal(tuple(changes), f"delete {_listed(names)}", cost)


def drain(state: State, places: Iterable[Place]) -> Proposal:
    """Weight 0: existing connections continue, and no new ones come."""
    asked = list(places)
    rows = [(place, reading_of(state, place)) for place in asked]
    changes = tuple(
        EditServer(place.service, row.server._replace(weight=0)) for place, row in rows if row.server.weight
    )
    if not changes:
        raise NoChange(_servers(asked), f"{_are(asked)} already at weight 0")
    rows = [(place, row) for place, row in rows if row.server.weight]
    title = f"drain {_servers([place for place, _ in rows])}"
    active = sum(row.active for _, row in rows)
    inactive = sum(left(place.service, row).inactive for place, row in rows)
    go_on = [f"{short(active)} active"] if active else []
    go_on += [f"{short(inactive)} inactive"] if inactive else []
    return Proposal(changes, title, f"{', '.join(go_on)} connections continue" if go_on else "no connections")


def undrain(state: State, wanted: Mapping[Place, str]) -> Proposal:
    """The earlier weights, or typed ones."""
    return _weigh(state, wanted, f"undrain {_servers(list(wanted))}")


def weight(state: State, places: Iterable[Place], text: str) -> Proposal:
    """A weight as typed: `5`, `+1`, `-1`, `50%`."""
    return weights(state, dict.fromkeys(places, text))


def weights(state: State, wanted: Mapping[Place, str]) -> Proposal:
    """A weight for each."""
    return _weigh(state, wanted, f"weight of {_servers(list(wanted))}")


def _weigh(state: State, wanted: Mapping[Place, str], title: str) -> Proposal:
    changes = []
    to = set()
    for place, text in wanted.items():
        server = reading_of(state, place).server
        to.add(new := weight_from(text, server.weight))
        if new != server.weight:
            changes.append(EditServer(place.service, server._replace(weight=new)))
    if not changes:
        raise NoChange(_servers(list(wanted)), f"{_are(wanted)} already at weight {', '.join(map(str, sorted(to)))}")
    cost = "no new connections" if any(change.server.weight == 0 for change in changes) else ""
    return Proposal(tuple(changes), title, cost)


def _servers(places: Sequence[Place]) -> str:
    """`10.0.0.5:80`, `10.0.0.5:80 in 3 services`, `10.0.0.5:80, 10.0.0.6:80`."""
    names = list(dict.fromkeys(server_text(place.server) for place in places))
    services = len({place.service for place in places})
    many = f" in {services} services" if services > 1 else ""
    return _listed(names) + many


def _are(places: Collection[Place]) -> str:
    return "is" if len({place.server for place in places}) == 1 else "are"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def commands(state: State, target: ServiceKey | Place) -> str:
    """The ipvsadm commands that create a row, one per line."""
    if isinstance(target, Place):
        return f"ipvsadm {server_line(target.service, reading_of(state, target).server)}\n"
    entry = near(state, [target]).rules.get(target)
    if entry is None:
        raise NotDone(service_text(target), "this service is gone")
    lines = [service_line(entry.service), *(server_line(target, server) for server in entry.servers.values())]
    return "".join(f"ipvsadm {line}\n" for line in lines)

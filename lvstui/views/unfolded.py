"""A question about changes, unfolded: each change with its old and new value and the operator's names, what it means,
the notes of the settings, and the commands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    Zero,
)
from lvstui.director.edits import arrows, rule_edits, service_edits
from lvstui.director.model import FORWARD_NAMES, Server, ServerKey, ServiceKey, server_text, service_text
from lvstui.director.spell import spell
from lvstui.director.state import ServerReading, State
from lvstui.values import NamedTuple
from lvstui.views.number import count, short
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import Place, find
from lvstui.views.share import due

Pieces = list[tuple[str, str]]
"""Pieces with roles."""
MOST = 500
"""The most changes that are shown."""
_SAME = 0.005
"""Two shares that lie closer together are shown as the same."""
_ASK_FIRST = re.compile(r"\bask\b.*\bfirst\b", re.IGNORECASE)


class ChangeQuestion(NamedTuple):
    """The question: `every` change in order, those that are `left` out, the one `at` the cursor, None for none; the
    warnings and remarks; `undo`: the key that takes it back."""

    title: str
    every: Sequence[Change]
    left: frozenset[Change] = frozenset()
    at: int | None = None
    cost: str = ""
    outages: Sequence[str] = ()
    warnings: Sequence[str] = ()
    lines: Sequence[str] = ()
    undo: str = "u"


def unfolded(question: ChangeQuestion, state: State, names: OperatorNames) -> list[Pieces]:
    """The lines, the title first."""
    several = len(question.every) > 1
    title = f" {question.title}{_in_service(question, names)}"
    lines: list[Pieces] = [[(title, "title"), ("   nothing is sent yet", "dim")]]
    sent = [change for change in question.every if change not in question.left]
    shared = shares(sent, state)
    lines += _table(question, state, names, shared)
    lines.append([])
    if question.cost:
        lines.append(_labelled("effect", question.cost, "alert"))
    elif shared and all(abs(now - then) < _SAME for now, then in shared.values()):
        lines.append(_labelled("effect", "none on the shares: the weights keep their proportions"))
    if question.outages:
        lines += [_labelled("outage", text, "down") for text in question.outages]
    else:
        lines.append(_labelled("outage", "none: no service loses its last live server"))
    for text in question.warnings:
        ours = text.startswith("keepalived")
        label = "keepalived" if ours else "warning"
        sentence = text.removeprefix("keepalived owns this table: ").removeprefix("keepalived ")
        lines.append(_labelled(label, sentence, "alert"))
    lines += [_labelled("", text) for text in question.lines]
    lines += [_labelled("note", text, role) for text, role in notes(question.every, names)]
    lines.append(_labelled("undo", _undo(question, several)))
    lines += [[], [(f" {count(len(sent), 'command')}", "title")]]
    lines += [[(f"   ipvsadm {spell(change)}", "")] for change in sent[:MOST]]
    if len(sent) > MOST:
        lines.append([(f"   and {count(len(sent) - MOST, 'more command')}", "dim")])
    return lines


def _in_service(question: ChangeQuestion, names: OperatorNames) -> str:
    """` in www`: the service whose servers are changed, where the title and the table do not say it."""
    subjects = [_subjects(change) for change in question.every]
    services = {service for service, *server in filter(None, subjects) if server}
    if len(services) != 1 or not all(len(subject) > 1 for subject in subjects):
        return ""
    (service,) = services
    assert isinstance(service, ServiceKey)
    called = names.service(service) or service_text(service)
    return "" if called in question.title or service_text(service) in question.title else f" in {called}"


def notes(changes: Sequence[Change], names: OperatorNames) -> list[tuple[str, str]]:
    """The notes on the servers and services of the changes, each once; a note that says whom to ask first has the tone
    of a warning."""
    unique: dict[tuple[str, str], None] = {}
    for change in changes if names.notes else ():
        for subject in _subjects(change):
            note = names.note(subject)
            if not note:
                continue
            if isinstance(subject, ServiceKey):
                text = names.service(subject) or service_text(subject)
            else:
                text = names.server(subject) or server_text(subject)
            unique[f'{text}: "{note}"', "alert" if _ASK_FIRST.search(note) else ""] = None
    return list(unique)


def old_and_new(change: Change, state: State) -> str:
    """`weight 3 -> 5`, `new, weight 3, route`, `deleted, weight was 3`."""
    match change:
        case EditServer(key, server):
            row = _row(state, key, server.key)
            if row is None:
                return f"weight {server.weight}"
            edits = rule_edits(row.server, server)
            if row.server.weight != server.weight:
                edits = [("weight", str(row.server.weight), str(server.weight)), *edits]
            return arrows(edits) or "as it is"
        case AddServer(_, server):
            return f"new, weight {server.weight}, {FORWARD_NAMES[server.forward]}"
        case DeleteServer(key, name):
            row = _row(state, key, name)
            return f"deleted, weight was {row.server.weight}" if row is not None else "deleted"
        case EditService(service):
            reading = state.services.find(service.key)
            return arrows(service_edits(reading.service, service)) if reading is not None else service.scheduler
        case AddService(service):
            return f"new, {service.scheduler}"
        case DeleteService(key):
            pool = state.servers(key)
            return f"deleted with {count(len(pool), 'server')}" if pool is not None else "deleted"
        case Zero():
            return "counters zeroed"
        case _:
            return spell(change)


_Shares = Mapping[Place, tuple[float, float]]


def shares(sent: Sequence[Change], state: State) -> _Shares:
    """The share of each server of the pools in which changes to servers are sent: by the weights of now, and by those
    of afterwards. Pools whose scheduler does not share by weight are left out."""
    weights: dict[ServiceKey, dict[ServerKey, int]] = {}
    schedulers: dict[ServiceKey, str] = {}
    for change in sent:
        match change:
            case AddServer(key, server) | EditServer(key, server):
                _weights(weights, key, state)[server.key] = server.weight
            case DeleteServer(key, name):
                _weights(weights, key, state).pop(name, None)
            case EditService(service) | AddService(service):
                schedulers[service.key] = service.scheduler
            case _:
                pass
    by_place: dict[Place, tuple[float, float]] = {}
    for key, after in weights.items():
        reading, before = state.services.find(key), _weights({}, key, state)
        scheduler = reading.service.scheduler if reading is not None else schedulers.get(key, "")
        now, then = due(before, scheduler), due(after, schedulers.get(key, scheduler))
        if now is not None and then is not None:
            by_place |= {Place(key, name): (now.get(name, 0.0), then.get(name, 0.0)) for name in {**before, **after}}
    return by_place


def _weights(known: dict[ServiceKey, dict[ServerKey, int]], key: ServiceKey, state: State) -> dict[ServerKey, int]:
    if key not in known:
        pool = state.servers(key)
        known[key] = {server.key: server.weight for server in pool.servers()} if pool is not None else {}
    return known[key]


class _Row(NamedTuple):
    what: str
    name: str
    service: str
    then: str
    active: str
    share: str


def _table(question: ChangeQuestion, state: State, names: OperatorNames, shared: _Shares) -> Iterator[Pieces]:
    """A row for each change: columns as wide as their texts, empty columns left out."""
    rows = [_row_of(change, state, names, shared) for change in question.every[:MOST]]
    several = len({row.service for row in rows if row.service}) > 1
    what = "server" if any(row.service for row in rows) else "service"
    heads = _Row(what, "name", "service", "old -> new", "active", "share" if several else "share now -> then")
    shown = [
        place
        for place, name in enumerate(_Row._fields)
        if any(row[place] for row in rows) and (name != "service" or several)
    ]
    wide = {place: max(len(row[place]) for row in (heads, *rows)) for place in shown}
    yield [("   " + "  ".join(heads[place].ljust(wide[place]) for place in shown).rstrip(), "dim")]
    for number, (row, change) in enumerate(zip(rows, question.every, strict=False)):
        out = change in question.left
        sign = "▌" if number == question.at else " "
        text = "  ".join(row[place].ljust(wide[place]) for place in shown).rstrip()
        yield [(f"{sign}{'-' if out else '*' if len(question.every) > 1 else ' '} ", "key"),
               (f"{text}{'   left out' if out else ''}", "off" if out else "")]  # fmt: skip
    if len(question.every) > MOST:
        yield [(f"   and {count(len(question.every) - MOST, 'more change')}", "dim")]


def _row_of(change: Change, state: State, names: OperatorNames, shared: _Shares) -> _Row:
    then = old_and_new(change, state)
    subjects = _subjects(change)
    if not subjects:
        return _Row("all", "", "", then, "", "")
    service, *server = subjects
    if not server:
        assert isinstance(service, ServiceKey)
        return _Row(service_text(service), names.service(service), "", then, "", "")
    (key,) = server
    assert isinstance(service, ServiceKey) and isinstance(key, ServerKey)
    row = _row(state, service, key)
    active = short(row.active) if row is not None else ""
    share = " -> ".join(f"{part * 100:.0f}%" for part in shared.get(Place(service, key), ()))
    where = names.service(service) or service_text(service)
    return _Row(server_text(key), names.server(key), where, then, active, share)


def _subjects(change: Change) -> tuple[ServiceKey | ServerKey, ...]:
    match change:
        case AddServer(key, Server(name)) | EditServer(key, Server(name)) | DeleteServer(key, name):
            return key, name
        case AddService(service) | EditService(service):
            return (service.key,)
        case DeleteService(key):
            return (key,)
        case Zero(key) if key is not None:
            return (key,)
        case _:
            return ()


def _row(state: State, key: ServiceKey, name: ServerKey) -> ServerReading | None:
    pool = state.servers(key)
    number = find(pool, name) if pool is not None else None
    return pool[number] if pool is not None and number is not None else None


def _undo(question: ChangeQuestion, several: bool) -> str:
    if any(isinstance(change, Zero) for change in question.every):
        return "none: counters do not come back"
    if any(isinstance(change, Flush) for change in question.every):
        return f"{question.undo} builds the table again"
    return f"{question.undo}{f', one key for all {len(question.every)}' if several else ''}"


def _labelled(label: str, text: str, role: str = "") -> Pieces:
    return [(f" {label:<11}", "dim"), (text, role)]

"""The [demo] table beside the rules of a world's file: how the world differs from its configuration when it begins,
which director is its peer, and what happened before. docs/demo.md describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lvstui.demo.fields import WorldFields, fields
from lvstui.demo.routers import OTHER, ROUTER, DemoRouter, OtherDirector, other, router
from lvstui.director.model import WEIGHT_MAX, Entry, Rules, ServerInService, ServerKey, ServiceKey
from lvstui.director.subject import Subject
from lvstui.plain import plain
from lvstui.values import NamedTuple

KEYS = (
    "host", "back", "down", "down_for", "by_hand", "past", "checks", "names", "notes", "vrrp", "peer",
)  # fmt: skip
HAND = ("service", "server", "weight", "by", "ago", "reason")
PAST = ("ago", "event", "by", "text", "service", "server", "host", "weight", "reason")
DOWN, UP, WEIGHT, ROLE, SAID = "down", "up", "weight", "role", "said"
"""Events before the beginning: a server failed its check, or passed it again; its weight was set; the VRRP role moved;
anything else that was done with lvstui, in words."""
CHECK = "TCP_CHECK"
"""The check of servers for which the file states none."""


class HandSetWeight(NamedTuple):
    """A weight that somebody set by hand: who did it with lvstui ("": somebody with ipvsadm), how many seconds before
    the world begins, and why."""

    weight: int
    by: str = ""
    ago: float = 0.0
    reason: str = ""


class PastEvent(NamedTuple):
    """One event before the world begins: how many seconds before, what ("down", "up", "weight", "role", "said"), and
    its servers. `text`: the words about a role that moved ("BACKUP -> MASTER, ...") or about what was done; `by`: who
    did it."""

    ago: float
    event: str
    places: tuple[ServerInService, ...] = ()
    weight: int = 0
    by: str = ""
    text: str = ""
    reason: str = ""


class Incident(NamedTuple):
    """`host`: the director's name. `down`: packed addresses of hosts that fail their check. `back`: seconds until they
    answer again; nothing happens by chance before that. `down_for`: for how many seconds they have been down when the
    world begins. `by_hand`: weights that are not as configured. `past`: what happened before. `checks`: the kind of
    check of a service or a real server. `names`, `notes`: the names of hosts and services, and notes on them. `router`:
    this director's VRRP configuration; `other`: the other director."""

    host: str = "demo"
    down: frozenset[bytes] = frozenset()
    down_for: float = 0.0
    back: float = 0.0
    by_hand: Mapping[ServerInService, HandSetWeight] = {}
    past: tuple[PastEvent, ...] = ()
    checks: Mapping[Subject, str] = {}
    names: Mapping[Subject, str] = {}
    notes: Mapping[Subject, str] = {}
    router: DemoRouter = ROUTER
    other: OtherDirector = OTHER


CALM = Incident()
"""Everything is as configured."""


def incident(stated: Any, rules: Rules, file: str) -> Incident:
    """The incident that a [demo] table describes for these rules. Raises BadInput for a value that is not understood or
    names something that does not exist."""
    table = fields(stated, "[demo]", KEYS, file)
    host, here, there = table.text("host", CALM.host), router(table), other(table, rules)
    directors = {here.address: host, there.address: there.host} if "peer" in table.table else {}
    return Incident(
        host,
        frozenset(_hosts(table, "down", rules)),
        table.seconds("down_for"),
        table.seconds("back"),
        dict(_by_hand(table, rules)),
        tuple(_past(table, rules)),
        table.inner("checks", None).texts(),
        directors | table.inner("names", None).texts(),
        table.inner("notes", None).texts(),
        here,
        there,
    )


def happened(incident: Incident, rules: Rules) -> list[PastEvent]:
    """Everything that happened before the world begins, what it still suffers from included."""
    down = tuple((key, name) for key, entry in rules.items() for name in entry.servers if name.address in incident.down)
    return [
        *incident.past,
        *([PastEvent(incident.down_for, DOWN, down)] if down else ()),
        *(
            PastEvent(hand.ago, WEIGHT, (place,), hand.weight, hand.by, "", hand.reason)
            for place, hand in incident.by_hand.items()
        ),
    ]


def begun(rules: Mapping[ServiceKey, Entry], incident: Incident) -> dict[ServiceKey, Entry]:
    """The rules at the beginning: keepalived has removed what fails its check, and some weights are set by hand."""
    return {
        key: entry._replace(
            servers={
                place: server._replace(weight=incident.by_hand.get((key, place), HandSetWeight(server.weight)).weight)
                for place, server in entry.servers.items()
                if place.address not in incident.down
            }
        )
        for key, entry in rules.items()
    }


def checked_by(incident: Incident, place: ServerInService) -> str:
    """The kind of check of a real server in a service."""
    service, server = place
    return next(
        (incident.checks[subject] for subject in (server, server.address, service) if subject in incident.checks), CHECK
    )


def _hosts(table: WorldFields, key: str, rules: Rules) -> Iterator[bytes]:
    there = {server.address for entry in rules.values() for server in entry.servers}
    for words in table.listed(key):
        named = table.subject(words)
        if not isinstance(named, bytes) or named not in there:
            raise table.wrong(f"{key}: {plain(str(words))} is not the address of a real server in this file")
        yield named


def _by_hand(table: WorldFields, rules: Rules) -> Iterator[tuple[ServerInService, HandSetWeight]]:
    for entry in table.several("by_hand", HAND):
        weight = entry.number("weight", None, 0, WEIGHT_MAX)
        yield (
            _place(entry, rules),
            HandSetWeight(weight, entry.text("by", ""), entry.seconds("ago"), entry.text("reason", "")),
        )


def _past(table: WorldFields, rules: Rules) -> Iterator[PastEvent]:
    for table_entry in table.several("past", PAST):
        event = table_entry.text("event")
        if event not in (DOWN, UP, WEIGHT, ROLE, SAID):
            raise table_entry.wrong(f"{event} is not an event", f"one of {DOWN}, {UP}, {WEIGHT}, {ROLE}, {SAID}")
        places: tuple[ServerInService, ...] = ()
        if event in (DOWN, UP) and "host" in table_entry.table:
            hosts = frozenset(_hosts(table_entry, "host", rules))
            places = tuple(
                (key, name) for key, entry in rules.items() for name in entry.servers if name.address in hosts
            )
        elif event in (DOWN, UP, WEIGHT):
            places = (_place(table_entry, rules),)
        yield PastEvent(
            table_entry.seconds("ago", None),
            event,
            places,
            table_entry.number("weight", None if event == WEIGHT else 0, 0, WEIGHT_MAX),
            table_entry.text("by", "" if event != SAID else None),
            table_entry.text("text", "" if event not in (ROLE, SAID) else None),
            table_entry.text("reason", ""),
        )


def _place(table: WorldFields, rules: Rules) -> ServerInService:
    service, server = table.service("service"), table.server("server")
    if service is None or service not in rules:
        raise table.wrong("its service is not in this file")
    if not isinstance(server, ServerKey) or server not in rules[service].servers:
        raise table.wrong("its server is not in that service", "an address with its port")
    return service, server

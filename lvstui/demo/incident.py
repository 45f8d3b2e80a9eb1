"""What is not as it should be in a world when it begins: the [demo] table beside the rules of a world's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lvstui.demo.keepalived import Place
from lvstui.director.errors import BadInput
from lvstui.director.model import WEIGHT_MAX, Entry, Rules, ServerKey, ServiceKey
from lvstui.director.subject import Subject, subject
from lvstui.plain import plain

_KEYS = ("host", "back", "down", "down_for", "by_hand", "names")
_HAND = ("service", "server", "weight", "by", "ago", "reason")
_DAY = 86400


class Hand(NamedTuple):
    """A weight that somebody set: who, how many seconds before the world begins, and why."""

    weight: int
    by: str = "somebody"
    ago: float = 0.0
    reason: str = ""


class Incident(NamedTuple):
    """`host`: what the director is called. `down`: addresses of hosts that fail their check, packed. `back`: seconds
    until they answer again; nothing happens by chance before that. `down_for`: seconds for which they have been down
    when the world begins. `by_hand`: weights that are not as configured. `names`: what hosts and services are called.
    """

    host: str = "demo"
    down: frozenset[bytes] = frozenset()
    down_for: float = 0.0
    back: float = 0.0
    by_hand: Mapping[Place, Hand] = {}
    names: Mapping[Subject, str] = {}


CALM = Incident()
"""All is as configured."""


def incident(stated: Any, rules: Rules, file: str) -> Incident:
    """What a [demo] table says of these rules. Raises BadInput for what is not understood or not there."""
    table = _table(stated, "[demo]", _KEYS, file)
    names = _table(table.get("names", {}), "[demo.names]", None, file)
    return Incident(
        plain(_text(table, "host", "[demo]", file)) if "host" in table else CALM.host,
        frozenset(_hosts(table.get("down", []), rules, file)),
        _seconds(table, "down_for", "[demo]", file),
        _seconds(table, "back", "[demo]", file),
        dict(_by_hand(table.get("by_hand", []), rules, file)),
        {_subject(words, file): plain(_text(names, words, "[demo.names]", file)) for words in names},
    )


def begun(rules: Mapping[ServiceKey, Entry], found: Incident) -> dict[ServiceKey, Entry]:
    """The rules as the incident has left them: keepalived took out what fails its check, and weights are by hand."""
    return {
        key: entry._replace(
            servers={
                place: server._replace(weight=found.by_hand.get((key, place), Hand(server.weight)).weight)
                for place, server in entry.servers.items()
                if place.address not in found.down
            }
        )
        for key, entry in rules.items()
    }


def _hosts(stated: Any, rules: Rules, file: str) -> Iterator[bytes]:
    there = {server.address for entry in rules.values() for server in entry.servers}
    for words in stated if isinstance(stated, list) else [stated]:
        found = _subject(words, file)
        if found not in there:
            raise BadInput(
                f"{file} [demo]", f"down: {plain(str(words))} is not the address of a real server in this file"
            )
        assert isinstance(found, bytes)
        yield found


def _by_hand(stated: Any, rules: Rules, file: str) -> Iterator[tuple[Place, Hand]]:
    for number, one in enumerate(stated if isinstance(stated, list) else [stated], 1):
        where = f"[[demo.by_hand]] {number}"
        table = _table(one, where, _HAND, file)
        service = _subject(_text(table, "service", where, file), file)
        server = _subject(_text(table, "server", where, file), file)
        weight = table.get("weight")
        if not (isinstance(service, ServiceKey) and service in rules):
            raise BadInput(f"{file} {where}", "its service is not in this file")
        if not (isinstance(server, ServerKey) and server in rules[service].servers):
            raise BadInput(f"{file} {where}", "its server is not in that service", "an address with its port")
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= WEIGHT_MAX:
            raise BadInput(f"{file} {where}", "weight is not a weight", f"0 to {WEIGHT_MAX}")
        by, reason = (plain(_text(table, name, where, file)) if name in table else "" for name in ("by", "reason"))
        yield (service, server), Hand(weight, by or Hand(0).by, _seconds(table, "ago", where, file), reason)


def _seconds(table: Mapping[str, Any], key: str, where: str, file: str) -> float:
    seconds = table.get(key, 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _DAY:
        raise BadInput(f"{file} {where}", f"{key} is not a number of seconds", f"0 to {_DAY}")
    return float(seconds)


def _table(stated: Any, where: str, keys: tuple[str, ...] | None, file: str) -> Mapping[str, Any]:
    if not isinstance(stated, Mapping):
        raise BadInput(f"{file} {where}", "is not a table")
    unknown = next((key for key in stated if keys is not None and key not in keys), None)
    if unknown is not None:
        raise BadInput(f"{file} {where}", f"{plain(unknown)} is not one of its keys", "one of " + ", ".join(keys or ()))
    return stated


def _text(table: Mapping[str, Any], key: str, where: str, file: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text:
        raise BadInput(f"{file} {where}", f"{plain(key)} is not text")
    return text


def _subject(words: Any, file: str) -> Subject:
    try:
        return subject(str(words))
    except ValueError:
        mend = 'as in "10.0.0.11", "10.0.0.11:80", "tcp 192.0.2.1:443", "fwmark 7"'
        raise BadInput(f"{file} [demo]", f"{plain(str(words))} is not a host, server or service", mend) from None

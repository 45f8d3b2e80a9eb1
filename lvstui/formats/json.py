"""Snapshots as JSON: the same data as TOML, for machines; with readings beside the rules where a State supplies them.

One service or server a line, so that a big file stays greppable and is written at the speed of the C encoder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.formats.contents import Contents, Header, header_of
from lvstui.formats.document import header_table, server_table, service_table, sync_table, timeouts_table
from lvstui.formats.reading import rules_from_document


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks."""
    blocks = ((service_table(service), map(server_table, servers)) for service, servers in contents.blocks)
    yield from _write(_head(contents), blocks)


def write_readings(state: State) -> Iterator[str]:
    """The rules with what was read of them: connections, counters, rates, and what could not be known."""
    head = _head(Contents((), state.timeouts, state.sync, header_of(state)))
    vrrp = state.vrrp
    head["director"] = {
        "read_only": state.read_only,
        "unknown": sorted(state.unknown),
        "notes": list(state.notes),
        "vrrp": {"role": vrrp.role, "held": list(vrrp.held), "keepalived": vrrp.keepalived},
    }
    yield from _write(head, _readings(state))


def read(text: str, file: str = "text") -> tuple[RuleSet, Header]:
    """What a JSON snapshot states. Raises BadInput."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadInput(file, f"is no JSON: {error}") from None
    return rules_from_document(data, file)


def _readings(state: State) -> Iterator[tuple[dict[str, Any], Iterator[dict[str, Any]]]]:
    counted = "counters" not in state.unknown
    for service, counters, rates in state.services:
        table = service_table(service)
        if counted:
            table |= {"counters": counters._asdict(), "rates": rates._asdict()}
        yield table, _server_readings(state, service.key, counted)


def _server_readings(state: State, key: Any, counted: bool) -> Iterator[dict[str, Any]]:
    for server, active, inactive, persistent, counters, rates in state.pools.get(key) or ():
        table = server_table(server) | {"active": active, "inactive": inactive}
        if counted:
            table |= {"persistent": persistent, "counters": counters._asdict(), "rates": rates._asdict()}
        yield table


def _head(contents: Contents) -> dict[str, Any]:
    head: dict[str, Any] = {"snapshot": header_table(contents.header)}
    if contents.timeouts is not None:
        head["timeouts"] = timeouts_table(contents.timeouts)
    if contents.sync is not None:
        head["sync"] = [sync_table(daemon) for daemon in contents.sync]
    return head


def _write(head: dict[str, Any], blocks: Any) -> Iterator[str]:
    encode = json.dumps
    yield "{\n" + "".join(f'"{key}": {encode(value)},\n' for key, value in head.items()) + '"service": ['
    comma = "\n"
    for service, servers in blocks:
        lines = ",\n  ".join(encode(server) for server in servers)
        tail = f', "server": [\n  {lines}]}}' if lines else "}"
        yield comma + encode(service)[:-1] + tail
        comma = ",\n"
    yield "\n]\n}\n"

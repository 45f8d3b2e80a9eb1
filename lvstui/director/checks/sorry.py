"""The part that a service's sorry server plays. It may also be a real server of the same service, and one that inhibits
on failure stands by at weight 0 (check/ipwrapper.c: update_quorum_state, init_service_vs)."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.director.checks.check_report import CheckedService
from lvstui.director.configured import Configured
from lvstui.director.model import Server, ServerKey, ServiceKey

NONE, STANDS_BY, SERVES, PERHAPS, BY_HAND = "none", "stands by", "serves", "perhaps", "by hand"
"""Parts. NONE: it is not in the table, or only as a real server. PERHAPS: it is also a real server, and it is not known
in which part it serves. BY_HAND: it has a weight although keepalived has the quorum."""


def part(
    key: ServiceKey, live: Mapping[ServerKey, Server], configuration: Configured, watched: CheckedService | None
) -> str:
    """The part of a sorry server. `live`: the servers of the table. `watched`: keepalived's report about the service,
    None for none."""
    sorry = configuration.sorry.get(key)
    there = live.get(sorry.key) if sorry is not None else None
    if sorry is None or there is None:
        return NONE
    twin = (key, sorry.key) in configuration.twins
    if not there.weight:
        return NONE if twin else STANDS_BY
    if watched is not None:
        return SERVES if not watched.has_quorum else NONE if twin else BY_HAND
    if not twin:
        return SERVES
    entry = configuration.rules.rules.get(key)
    known = {
        *(entry.servers if entry is not None else ()),
        *(server.key for server in configuration.waiting.get(key, ())),
    }
    others = any(server.weight for name, server in live.items() if name in known and name != sorry.key)
    return NONE if others else PERHAPS


def real(key: ServiceKey, configuration: Configured) -> dict[ServerKey, Server]:
    """The configured real servers of a service, including those that wait for their first good check, without a sorry
    server that only stands by."""
    entry = configuration.rules.rules.get(key)
    servers = dict(entry.servers) if entry is not None else {}
    servers |= {server.key: server for server in configuration.waiting.get(key, ())}
    sorry = configuration.sorry.get(key)
    if sorry is not None and (key, sorry.key) not in configuration.twins:
        servers.pop(sorry.key, None)
    return servers

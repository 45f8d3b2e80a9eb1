"""What part a service's sorry server plays: it may be a real server of the same service too, and one that inhibits on
failure stands by at weight 0 (check/ipwrapper.c: update_quorum_state, init_service_vs)."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.director.checks.watched import Watched
from lvstui.director.meant import Meant
from lvstui.director.model import Server, ServerKey, ServiceKey

NONE, STANDS_BY, SERVES, PERHAPS, BY_HAND = "none", "stands by", "serves", "perhaps", "by hand"
"""Parts. NONE: it is not there, or as a real server alone. PERHAPS: it is a real server too, and whether it serves as
that or for the lost quorum is not known. BY_HAND: it has a weight though keepalived has the quorum."""


def part(key: ServiceKey, live: Mapping[ServerKey, Server], meant: Meant, watched: Watched | None) -> str:
    """`live`: the servers of the table. `watched`: what keepalived told of the service as it is, None where it did
    not."""
    sorry = meant.sorry.get(key)
    there = live.get(sorry.key) if sorry is not None else None
    if sorry is None or there is None:
        return NONE
    twin = (key, sorry.key) in meant.twins
    if not there.weight:
        return NONE if twin else STANDS_BY
    if watched is not None:
        return SERVES if not watched.has_quorum else NONE if twin else BY_HAND
    if not twin:
        return SERVES
    entry = meant.rules.rules.get(key)
    known = {*(entry.servers if entry is not None else ()), *(one.key for one in meant.waiting.get(key, ()))}
    others = any(server.weight for name, server in live.items() if name in known and name != sorry.key)
    return NONE if others else PERHAPS


def real(key: ServiceKey, meant: Meant) -> dict[ServerKey, Server]:
    """The real servers of a service as they are configured, those that wait for their first good check among them, and
    without a sorry server that only stands by."""
    entry = meant.rules.rules.get(key)
    servers = dict(entry.servers) if entry is not None else {}
    servers |= {server.key: server for server in meant.waiting.get(key, ())}
    sorry = meant.sorry.get(key)
    if sorry is not None and (key, sorry.key) not in meant.twins:
        servers.pop(sorry.key, None)
    return servers

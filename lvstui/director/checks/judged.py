"""What keepalived's checkers made of its configuration: a server that failed its check is not a difference."""

from __future__ import annotations

from typing import NamedTuple

from lvstui.director.meant import Meant
from lvstui.director.model import Entry, RuleSet, Server, ServerKey, ServiceKey


class Failed(NamedTuple):
    """A real server that keepalived has taken out, or set to weight 0, or (`sorry`) put in the place of the others."""

    service: ServiceKey
    server: ServerKey
    words: str


class Judged(NamedTuple):
    """`wanted`: the rules as the configuration means them now that checks have spoken; `failed`: what they said."""

    wanted: RuleSet
    failed: tuple[Failed, ...]


def judge(now: RuleSet, meant: Meant) -> Judged:
    """For a table that a running keepalived programs from this configuration. Missing servers that have a checker
    have failed it; those that would be added after a good check, and are there, have passed."""
    failed: list[Failed] = []
    rules = dict(meant.rules.rules)
    for key, entry in meant.rules.rules.items():
        live = now.rules.get(key)
        if live is not None:
            rules[key] = Entry(entry.service, _servers(key, entry, live, meant, failed))
    return Judged(meant.rules._replace(rules=rules), tuple(failed))


def _servers(key: ServiceKey, entry: Entry, live: Entry, meant: Meant, failed: list[Failed]) -> dict[ServerKey, Server]:
    servers: dict[ServerKey, Server] = {}
    sorry = meant.sorry.get(key)
    takes_over = sorry is not None and sorry.key in live.servers and sorry.key not in entry.servers
    for server in entry.servers.values():
        there = live.servers.get(server.key)
        if there is None and (key, server.key) in meant.checked:
            failed.append(Failed(key, server.key, "failed its check"))
        elif there is None and takes_over:
            failed.append(Failed(key, server.key, "taken out with the others: the quorum is lost"))
        elif there is not None and _inhibited(key, server, there, meant):
            failed.append(Failed(key, server.key, "failed its check: weight 0"))
            servers[server.key] = server._replace(weight=0)
        else:
            servers[server.key] = server
    for server in meant.waiting.get(key, ()):
        if server.key in live.servers:
            servers[server.key] = server
    if takes_over and sorry is not None:
        servers[sorry.key] = sorry
        failed.append(Failed(key, sorry.key, "the sorry server has taken over"))
    return servers


def _inhibited(key: ServiceKey, server: Server, there: Server, meant: Meant) -> bool:
    return (key, server.key) in meant.inhibited and there.weight == 0 and server.weight > 0

"""What keepalived's checks may have made of its configuration: a server that failed its check is not a difference.
keepalived is not asked here, so a difference that may also be by hand is reported as undecided."""

from __future__ import annotations

from lvstui.director.change import stated
from lvstui.director.checks.sorry import PERHAPS, SERVES, part
from lvstui.director.configured import Configured
from lvstui.director.model import Entry, RuleSet, Server, ServerKey, ServiceKey
from lvstui.values import NamedTuple


class Failed(NamedTuple):
    """A real server that keepalived may have removed, set to weight 0, or put in place of the others."""

    service: ServiceKey
    server: ServerKey
    words: str


class ExpectedRules(NamedTuple):
    """`rules`: the rules of the configuration, adjusted to the check results; `failed`: the servers that failed."""

    rules: RuleSet
    failed: tuple[Failed, ...]


def judge(now: RuleSet, configuration: Configured) -> ExpectedRules:
    """Judges a table that a running keepalived programs from this configuration. A missing server that has a checker
    may have failed it; a server that is added only after a good check, and is there, has passed it."""
    failed: list[Failed] = []
    rules = dict(configuration.rules.rules)
    for key, entry in configuration.rules.rules.items():
        live = now.rules.get(key)
        if live is not None:
            rules[key] = Entry(entry.service, _servers(key, entry, live, configuration, failed))
    return ExpectedRules(configuration.rules._replace(rules=rules), tuple(failed))


def _servers(
    key: ServiceKey, entry: Entry, live: Entry, configuration: Configured, failed: list[Failed]
) -> dict[ServerKey, Server]:
    servers: dict[ServerKey, Server] = {}
    sorry = configuration.sorry.get(key)
    role = part(key, live.servers, configuration, None)
    stands_by = {sorry.key} if sorry is not None and (key, sorry.key) not in configuration.twins else set()
    for server in entry.servers.values():
        there = live.servers.get(server.key)
        checked = (key, server.key) in configuration.checked
        if server.key in stands_by:
            servers[server.key] = server
        elif there is None and checked:
            failed.append(Failed(key, server.key, "out by check or hand"))
        elif there is None and role == SERVES:
            failed.append(Failed(key, server.key, "taken out with the others: the quorum is lost"))
        elif there is None and role == PERHAPS:
            failed.append(Failed(key, server.key, "out by hand, or with its quorum"))
        elif there is not None and _inhibited(key, server, there, configuration):
            lost = role == SERVES and not checked
            words = "weight 0 with the others: the quorum is lost" if lost else "weight 0 by check or hand"
            failed.append(Failed(key, server.key, words))
            servers[server.key] = server._replace(weight=0)
        else:
            servers[server.key] = server
    for server in configuration.waiting.get(key, ()):
        if server.key in live.servers:
            servers[server.key] = server
    if sorry is None or role not in (SERVES, PERHAPS):
        return servers
    if role == SERVES or _as_sorry(live.servers[sorry.key], servers, sorry):
        servers[sorry.key] = sorry
        failed.append(Failed(key, sorry.key, "the sorry server has taken over"))
    return servers


def _as_sorry(there: Server, servers: dict[ServerKey, Server], sorry: Server) -> bool:
    """Whether a server that is both a real server and the sorry server has the values of the sorry server."""
    as_real = servers.get(sorry.key)
    return (as_real is None or stated(as_real, there) != there) and stated(sorry, there) == there


def _inhibited(key: ServiceKey, server: Server, there: Server, configuration: Configured) -> bool:
    return (key, server.key) in configuration.inhibited and there.weight == 0 and server.weight > 0

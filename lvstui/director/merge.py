"""The goal of a restore when it is not simply the file: pure functions over rule sets."""

from __future__ import annotations

from lvstui.director.model import Entry, RuleSet


def merged(now: RuleSet, wanted: RuleSet) -> RuleSet:
    """`wanted` merged into `now`: nothing is deleted, and no sync daemon is stopped."""
    rules = dict(now.rules)
    for key, entry in wanted.rules.items():
        live = rules.get(key)
        rules[key] = entry if live is None else Entry(entry.service, {**live.servers, **entry.servers})
    sync = wanted.sync
    if sync is not None:
        named = {daemon.role for daemon in sync}
        sync = (*(daemon for daemon in now.sync or () if daemon.role not in named), *sync)
    return RuleSet(rules, wanted.timeouts, sync)


def keeping_weights(now: RuleSet, wanted: RuleSet) -> RuleSet:
    """`wanted` with the present weights of servers, so that a drain, or the effect of a health check, stays."""
    rules = {}
    for key, entry in wanted.rules.items():
        live = now.rules.get(key)
        if live is None:
            rules[key] = entry
            continue
        servers = {
            server.key: server._replace(weight=live.servers[server.key].weight)
            if server.key in live.servers
            else server
            for server in entry.servers.values()
        }
        rules[key] = Entry(entry.service, servers)
    return wanted._replace(rules=rules)

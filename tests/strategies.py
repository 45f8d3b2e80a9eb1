"""Random rule sets for tests: valid ones, and pairs that are mostly alike, as a director and its snapshot."""

from __future__ import annotations

from hypothesis import strategies as st

from lvstui.director.model import Entry, RuleSet, ServiceKey
from tests.formats.strategies import daemons, text_rule_sets, text_servers, timeouts
from tests.rulesets import random_ruleset

__all__ = ["pairs", "random_ruleset", "rule_sets", "settings", "text_rule_sets"]

settings = st.tuples(
    st.none() | timeouts,
    st.none() | st.lists(daemons, max_size=2, unique_by=lambda daemon: daemon.role).map(tuple),
)
"""Timeouts and sync daemons, or nothing said of them."""

# What matters to a plan is which rules are alike, not what stands in them, so whole entries are picked, which takes a
# tenth of the time that drawing each value takes.
_entries = st.sampled_from([entry for seed in range(100) for entry in random_ruleset(seed).rules.values()])
_tables = st.lists(_entries, max_size=5).map(lambda entries: {entry.service.key: entry for entry in entries})


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """A rule set with every construct, which passes every check, with settings."""
    return RuleSet(draw(_tables), *draw(settings))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[RuleSet, RuleSet]:
    """Two rule sets of which the second was the first: services and servers came, went and were edited."""
    now = draw(rule_sets())
    wanted: dict[ServiceKey, Entry] = {}
    for key, entry in now.rules.items():
        fates = draw(st.sampled_from([(), ("edited",), ("servers",), ("edited", "servers"), ("gone",)]))
        if "gone" in fates:
            continue
        service, servers = entry
        if "edited" in fates:
            other = draw(_entries).service
            service = other._replace(
                key=key,
                # All ports need persistence, and not every protocol takes one packet.
                persistence=other.persistence if key.fwmark or key.port else 360,
                netmask=service.netmask,
                one_packet=service.one_packet,
            )
        if "servers" in fates:
            kept = {k: s for k, s in servers.items() if draw(st.booleans())}
            limits = draw(st.sampled_from([None, 0]))  # not stated, or none
            changed = {
                k: s._replace(weight=draw(st.sampled_from([0, 1, s.weight])), upper=limits, lower=limits)
                for k, s in kept.items()
            }
            new = {server.key: server for server in draw(st.lists(text_servers(key), max_size=2))}
            servers = {**changed, **new}
        wanted[key] = Entry(service, servers)
    return now, RuleSet({**wanted, **draw(_tables)}, *draw(settings))

"""Random rule sets for tests: valid ones, and pairs as a director and a snapshot of it are, mostly alike."""

from __future__ import annotations

from hypothesis import strategies as st

from lvstui.director.model import Entry, RuleSet, ServiceKey
from tests.formats.strategies import daemons, text_rule_sets, text_servers, text_services, timeouts
from tests.rulesets import random_ruleset

__all__ = ["pairs", "random_ruleset", "rule_sets", "settings", "text_rule_sets"]

settings = st.tuples(
    st.none() | timeouts,
    st.none() | st.lists(daemons, max_size=2, unique_by=lambda daemon: daemon.role).map(tuple),
)
"""Timeouts and sync daemons, or nothing said of them."""


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """A rule set with every construct, which passes every check, with settings."""
    return RuleSet(draw(text_rule_sets).rules, *draw(settings))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[RuleSet, RuleSet]:
    """Two rule sets of which the second was the first: services and servers came, went and were edited."""
    now = draw(rule_sets())
    wanted: dict[ServiceKey, Entry] = {}
    for key, entry in now.rules.items():
        fate = draw(st.sampled_from(["same", "edited", "servers", "gone"]))
        if fate == "gone":
            continue
        wanted[key] = entry
        if fate == "edited":
            # The key is part of what was drawn, so that a port of 0 keeps its persistence.
            other = draw(text_services().filter(lambda service: service.persistence is not None))
            old = entry.service
            edited = other._replace(key=key, one_packet=old.one_packet, netmask=old.netmask)
            wanted[key] = Entry(edited, entry.servers)
        if fate == "servers":
            kept = {k: s for k, s in entry.servers.items() if draw(st.booleans())}
            changed = {
                k: s._replace(weight=draw(st.sampled_from([0, 1, s.weight])), upper=0, lower=0) for k, s in kept.items()
            }
            new = {server.key: server for server in draw(st.lists(text_servers(key), max_size=3))}
            wanted[key] = Entry(entry.service, {**changed, **new})
    return now, RuleSet({**wanted, **draw(text_rule_sets).rules}, *draw(settings))

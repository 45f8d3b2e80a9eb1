"""Whatever is written is read back unchanged, in every format."""

from __future__ import annotations

import tomllib

from hypothesis import given

from lvstui.director.change import stated
from lvstui.director.model import Entry, RuleSet
from lvstui.formats import ipvsadm, json, toml
from lvstui.formats.contents import Header, contents_of
from lvstui.formats.document import server_table, service_table
from lvstui.formats.rule_files import parse
from tests.formats.strategies import any_rule_sets, headers, text_rule_sets


def all_stated(rules: RuleSet) -> RuleSet:
    entries = {
        key: Entry(entry.service, {k: stated(server, None) for k, server in entry.servers.items()})
        for key, entry in rules.rules.items()
    }
    return RuleSet(entries, rules.timeouts, rules.sync)


@given(any_rule_sets, headers)
def test_toml_loses_nothing(rules: RuleSet, header: Header) -> None:
    text = "".join(toml.write(contents_of(rules, header)))
    assert toml.read(text) == (rules, header)


@given(any_rule_sets, headers)
def test_json_loses_nothing(rules: RuleSet, header: Header) -> None:
    text = "".join(json.write(contents_of(rules, header)))
    assert json.read(text) == (rules, header)


@given(any_rule_sets)
def test_toml_and_json_hold_the_same(rules: RuleSet) -> None:
    import json as plain

    as_toml = tomllib.loads("".join(toml.write(contents_of(rules))))
    as_json = plain.loads("".join(json.write(contents_of(rules))))
    assert as_toml.get("service", []) == as_json.pop("service")
    as_toml.pop("service", None)
    assert as_toml == as_json


@given(any_rule_sets)
def test_rules_are_written_as_their_tables(rules: RuleSet) -> None:
    """Most are written without a table in between, from what others before them have in common with them."""
    tables = []
    for block in contents_of(rules).blocks:
        table, servers = service_table(block.service), block.servers
        tables.append(table | ({"server": [server_table(server) for server in servers]} if servers else {}))
    assert tomllib.loads("".join(toml.write(contents_of(rules)))).get("service", []) == tables


@given(text_rule_sets)
def test_ipvsadm_text_loses_nothing_that_it_can_hold(rules: RuleSet) -> None:
    contents = contents_of(rules)
    text = "".join(ipvsadm.write(contents))
    read, remarks = ipvsadm.read(text)
    assert all_stated(read) == rules
    assert remarks == []
    assert ipvsadm.losses(contents_of(rules)) == []


@given(text_rule_sets)
def test_both_parsers_read_the_same(rules: RuleSet) -> None:
    text = "".join(ipvsadm.write(contents_of(rules)))
    assert ipvsadm.read(text) == ipvsadm.read(text, fast=False)


@given(text_rule_sets)
def test_text_is_stable(rules: RuleSet) -> None:
    for kind in (ipvsadm, toml, json):
        text = "".join(kind.write(contents_of(rules)))
        name = kind.__name__.rpartition(".")[2]
        assert "".join(kind.write(contents_of(parse(text, name).rules))) == text

"""The example snapshots: each TOML is canonical but for its comment, says what its ipvsadm twin says, and together
they show every construct."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.change import stated
from lvstui.director.model import Entry, Forward, RuleSet
from lvstui.formats import rule_files
from lvstui.formats.contents import contents_of

FOLDER = Path(__file__).parents[2] / "snapshots"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def rules_of(name: str, suffix: str) -> RuleSet:
    read = rule_files.read_rules(str(FOLDER / f"{name}{suffix}"))
    assert read.remarks == []
    return read.rules


@pytest.mark.parametrize("name", NAMES)
def test_examples_in_two_formats_have_the_same_rules(name: str) -> None:
    rules = {
        key: Entry(entry.service, {k: stated(server, None) for k, server in entry.servers.items()})
        for key, entry in rules_of(name, ".rules").rules.items()
    }
    assert rules_of(name, ".toml").rules == rules


@pytest.mark.parametrize("name", NAMES)
def test_the_example_texts_are_canonical(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text()
    lines = text.splitlines(keepends=True)
    comment = [line for line in lines if line.startswith("#")]
    assert comment and lines[: len(comment)] == comment and lines[len(comment)] == "\n"
    contents = contents_of(rules_of(name, ".toml"))
    assert "".join(rule_files.render(contents, "toml")) == "".join(lines[len(comment) + 1 :])
    contents = contents_of(rules_of(name, ".rules"))
    assert "".join(rule_files.render(contents, "ipvsadm")) == (FOLDER / f"{name}.rules").read_text()


def test_every_example_exists_in_both_formats() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.rules")) == NAMES
    assert "seed-cluster" in NAMES


def test_every_construct_has_an_example() -> None:
    entries = [entry for name in NAMES for entry in rules_of(name, ".toml").rules.values()]
    services = [entry.service for entry in entries]
    servers = [server for entry in entries for server in entry.servers.values()]
    assert {server.forward for server in servers} == {Forward.MASQ, Forward.TUNNEL, Forward.ROUTE}
    assert {server.tunnel.kind for server in servers} == {0, 1, 2}
    assert {service.key.protocol for service in services} == {0, 6, 17, 132}
    assert {service.key.family for service in services if service.key.fwmark} == {4, 6}
    assert {service.scheduler for service in services if service.flags} == {"sh", "mh"}
    assert any(service.netmask and service.persistence for service in services)
    assert any(service.engine == "sip" and service.one_packet for service in services)
    assert any(server.upper and server.lower for server in servers)

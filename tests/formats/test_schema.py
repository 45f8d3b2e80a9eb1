"""docs/snapshot.schema.json matches the reader: it allows whatever the reader accepts, and the reader refuses
whatever is beyond each of its bounds and keys."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.formats import json as snapshot
from lvstui.formats.contents import Header, contents_of
from tests.formats.schema import valid
from tests.formats.strategies import any_rule_sets, headers

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/snapshot.schema.json").read_text(encoding="utf-8"))
WHOLE: dict[str, Any] = {
    "snapshot": {"format": 1, "host": "lvs1", "taken": "2026-11-23T02:53:06Z", "kernel": "6.1"},
    "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 300},
    "sync": [
        {"role": "master", "interface": "eth1", "id": 5, "max_length": 9, "group": "224.0.0.9", "port": 8848, "ttl": 2}
    ],
    "service": [
        {"fwmark": 7, "family": "ipv6", "scheduler": "rr", "netmask": 64},
        {
            "protocol": "tcp",
            "address": "192.0.2.1",
            "port": 80,
            "scheduler": "sh",
            "flags": ["sh-port"],
            "persistence": 300,
            "netmask": "255.255.255.0",
            "engine": "sip",
            "one_packet": True,
            "server": [
                {
                    "address": "10.0.0.1",
                    "port": 80,
                    "forward": "tunnel",
                    "weight": 3,
                    "upper": 9,
                    "lower": 5,
                    "tunnel": {"type": "gue", "port": 6080, "checksum": "csum"},
                }
            ],
        },
    ],
}
"""Every key there is."""


def taken(document: Any) -> bool:
    try:
        snapshot.read(json.dumps(document))
    except BadInput:
        return False
    return True


@pytest.mark.parametrize("path", sorted((ROOT / "snapshots").glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_valid(path: Path) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    assert valid(json.loads(json.dumps(document, default=str)), SCHEMA)


@given(any_rule_sets, headers)
def test_everything_that_is_written_is_valid(rules: RuleSet, header: Header) -> None:
    assert valid(json.loads("".join(snapshot.write(contents_of(rules, header)))), SCHEMA)


VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(-2, 2**33), st.text(max_size=20), st.lists(st.integers(), max_size=2)),
    st.sampled_from(
        ["tcp", "ipv6", "route", "gue", "csum", "sh-port", "192.0.2.1", "::", "a b", "master", ["flag-1"], {}]
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    document = deepcopy(WHOLE)
    here = document
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return document


@given(st.sampled_from([path for path in places(WHOLE) if path]), VALUES)
def test_the_schema_allows_what_the_reader_accepts(path: tuple[Any, ...], value: Any) -> None:
    document = changed(path, value)
    if taken(document):
        assert valid(document, SCHEMA)


def test_the_reader_accepts_all_of_the_document_and_nothing_else() -> None:
    assert taken(WHOLE) and valid(WHOLE, SCHEMA)
    for path in places(WHOLE):
        here = WHOLE
        for step in path:
            here = here[step]
        if isinstance(here, dict):
            document = changed((*path, "nonesuch"), 1)
            assert not taken(document) and not valid(document, SCHEMA)


def test_each_limit_of_the_schema_is_the_readers() -> None:
    checked = 0
    for path in places(WHOLE):
        bounds = _schema_at(path)
        for bound, step in (("minimum", -1), ("maximum", 1)):
            with suppress(StopIteration):
                number = next(one[bound] for one in bounds if bound in one)
                document = changed(path, number + step)
                assert not taken(document) and not valid(document, SCHEMA), (path, number)
                checked += 1
    assert checked > 20


def _schema_at(path: tuple[Any, ...]) -> list[dict[str, Any]]:
    here = SCHEMA
    for step in path:
        here = here["items"] if isinstance(step, int) else here["properties"][step]
        if "$ref" in here:
            here = SCHEMA["$defs"][here["$ref"].rpartition("/")[2]]
    return [here, *here.get("anyOf", ())]

"""Readers answer any input with rules or with BadInput, never with another exception."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.formats import ipvsadm, json, toml
from lvstui.formats.contents import contents_of
from lvstui.formats.ipvsadm.options import LONG
from tests.formats.strategies import any_rule_sets, text_rule_sets

WORDS = st.sampled_from(
    [
        *(f"--{name}" for name in sorted(LONG)),
        *(f"-{letter}" for letter in "AEDCRSaedLlZhvtufspMrgimwxyb6o"),
        *(
            "192.0.2.1:80",
            "192.0.2.1",
            "[2001:db8::1]:80",
            "2001:db8::1",
            "10.0.0.5:80",
            "10.0.0.5",
            "[2001:db8::5]:80",
        ),
        *("rr", "wrr", "sh", "sip", "ops", "pe", "sh-port", "flag-3", "gue", "gre", "255.255.255.0", "64", "eth1", "#"),
        *("0", "1", "80", "-1", "4294967295", "master", "backup", "ipvsadm", "(null)", "\ufeff", "=", "-", "--"),
    ]
)
LINES = st.lists(st.lists(WORDS | st.text(max_size=8), max_size=9).map(" ".join), max_size=8).map("\n".join)


@given(LINES | st.text())
def test_both_parsers_agree_on_any_text(text: str) -> None:
    results: list[object] = []
    for fast in (True, False):
        try:
            results.append(ipvsadm.read(text, "f", fast=fast))
        except BadInput as error:
            results.append((error.what, error.why, error.mend))
    assert results[0] == results[1]


@given(text_rule_sets, st.data())
def test_both_parsers_read_a_damaged_line_equally_or_refuse_it(rules: RuleSet, data: st.DataObject) -> None:
    text = _damaged("".join(ipvsadm.write(contents_of(rules))), data)
    results: list[object] = []
    for fast in (True, False):
        try:
            results.append(ipvsadm.read(text, "f", fast=fast))
        except BadInput as error:
            results.append((error.what, error.why, error.mend))
    assert results[0] == results[1]


@given(any_rule_sets, st.data())
def test_damaged_documents(rules: RuleSet, data: st.DataObject) -> None:
    with suppress(BadInput):
        toml.read(_damaged("".join(toml.write(contents_of(rules))), data))
    with suppress(BadInput):
        json.read(_damaged("".join(json.write(contents_of(rules))), data))


@given(st.text())
def test_documents_with_any_values(text: str) -> None:
    for reader in (toml.read, json.read):
        with suppress(BadInput):
            reader(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["service", "server", "sync", "port", "flags", "tunnel", "taken"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_documents_with_values_of_wrong_types(first: object, second: object) -> None:
    from lvstui.formats.rule_tables import rules_from_document

    service = {"protocol": first, "address": "192.0.2.1", "port": 80, "server": second}
    for data in (
        first,
        {"snapshot": first},
        {"snapshot": {"format": 1, "taken": second}, "service": first, "sync": second},
        {"snapshot": {"format": 1}, "service": [service], "timeouts": first},
        {"snapshot": {"format": 1}, "service": [{**service, "protocol": "tcp", "flags": first}]},
    ):
        with suppress(BadInput):
            rules_from_document(data, "f")


def _damaged(text: str, data: st.DataObject) -> str:
    at = data.draw(st.integers(0, len(text)))
    return text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]

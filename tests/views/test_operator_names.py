"""Names and notes: what a text refers to, and which of several wins."""

from __future__ import annotations

import pytest

from lvstui.director.model import SCTP, TCP, ServerKey, ServiceKey, server_key, service_key
from lvstui.director.subject import Subject, subject
from lvstui.views.operator_names import NO_NAMES, OperatorNames


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10.0.0.11", bytes((10, 0, 0, 11))),
        (" 10.0.0.11 ", bytes((10, 0, 0, 11))),
        ("10.0.0.11:80", server_key("10.0.0.11", 80)),
        ("2001:db8::1", server_key("2001:db8::1", 0).address),
        ("[2001:db8::1]", server_key("2001:db8::1", 0).address),
        ("[2001:DB8::1]:80", server_key("2001:db8::1", 80)),
        ("tcp 192.0.2.1:443", service_key(TCP, "192.0.2.1", 443)),
        ("SCTP [2001:db8::1]:0", service_key(SCTP, "2001:db8::1", 0)),
        ("fwmark 7", service_key(fwmark=7)),
        ("fwmark 4294967295 ipv6", service_key(fwmark=4294967295, family=6)),
    ],
)
def test_the_subject_that_a_text_names(text: str, wanted: Subject) -> None:
    found = subject(text)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    "text",
    ["web1", "10.0.0", "10.0.0.11:", "10.0.0.11:http", "10.0.0.11:65536", "[2001:db8::1", "[2001:db8::1]80", "tcp",
     "tcp 192.0.2.1", "icmp 192.0.2.1:1", "fwmark", "fwmark 0", "fwmark 7 ipv5", "fwmark 7 ipv6 x", "10.0.0.1 10.0.0.2",
     "10.0.0.11:٣", "10.0.0.11:+1"],
)  # fmt: skip
def test_texts_that_name_nothing(text: str) -> None:
    with pytest.raises(ValueError):
        subject(text)


def test_an_empty_text_names_nothing() -> None:
    for text in ("", "  "):
        with pytest.raises(ValueError):
            subject(text)


def test_the_most_specific_name_counts() -> None:
    table = {
        subject("10.0.0.11"): "web1",
        subject("10.0.0.11:8080"): "web1-admin",
        subject("192.0.2.1"): "vip",
        subject("192.0.2.1:443"): "shop",
        subject("udp 192.0.2.1:443"): "shop-quic",
        subject("fwmark 7"): "marked",
    }
    names = OperatorNames(table)
    assert names.server(server_key("10.0.0.11", 80)) == "web1"
    assert names.server(server_key("10.0.0.11", 8080)) == "web1-admin"
    assert names.server(server_key("10.0.0.12", 80)) == ""
    assert names.host(bytes((10, 0, 0, 11))) == "web1"
    assert names.host(bytes((10, 0, 0, 12))) == ""
    assert names.service(service_key(TCP, "192.0.2.1", 80)) == "vip"
    assert names.service(service_key(TCP, "192.0.2.1", 443)) == "shop"
    assert names.service(service_key(17, "192.0.2.1", 443)) == "shop-quic"
    assert names.service(service_key(fwmark=7)) == "marked"
    assert names.service(service_key(fwmark=7, family=6)) == ""


def test_notes_have_a_table_of_their_own() -> None:
    noted = OperatorNames(notes={subject("10.0.0.11"): "new disk"})
    assert noted.note(server_key("10.0.0.11", 80)) == "new disk"
    assert noted.server(server_key("10.0.0.11", 80)) == ""
    assert noted.note(service_key(TCP, "10.0.0.11", 80)) == "new disk"


@pytest.mark.parametrize("key", [server_key("10.0.0.11", 80), service_key(fwmark=7)])
def test_without_names_nothing_has_one(key: ServerKey | ServiceKey) -> None:
    assert NO_NAMES.note(key) == ""
    assert (NO_NAMES.service(key) if isinstance(key, ServiceKey) else NO_NAMES.server(key)) == ""

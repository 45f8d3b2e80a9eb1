"""Typed text becomes services, servers and weights, or a reason why not; and the layout of text."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from lvstui.console.context.ui import FormField
from lvstui.console.pages import form_fields
from lvstui.console.pages.form_fields import EntryError
from lvstui.console.widgets.text import clip, line_text, wrapped
from lvstui.director.model import SCHEDULERS, Server, Service
from lvstui.plain import plain
from tests.console.stage import ONE, WEB
from tests.rulesets import random_ruleset


def test_every_rule_survives_its_form() -> None:
    for seed in range(60):
        for service, servers in random_ruleset(random.Random(seed).randint(0, 10**6)).rules.values():
            shown = form_fields.service_values(service)
            full = service.netmask in (0xFFFFFFFF, 128)
            assert form_fields.service_from(shown) == (service._replace(netmask=None) if full else service)
            for server in servers.values():
                again = form_fields.server_from(form_fields.server_values(server))
                assert again == (server if server.forward == 2 else server._replace(tunnel=again.tunnel))


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("protocol", "icmp", "one of tcp, udp, sctp"),
        ("address", "10.0.0", "is not an IP address"),
        ("address", "", "type one"),
        ("port", "99999", "not a number from 0 to 65535"),
        ("port", "٣", "not a number"),
        ("fwmark", "0", "a mark is 1 or more"),
        ("scheduler", " ", "name one"),
        ("flags", "sh-prt", "is not a flag of wlc"),
        ("persistence", "x", "not a number"),
        ("netmask", "/24", "is not an IPv4 mask"),
        ("one-packet", "maybe", "one of no, yes"),
    ],
)
def test_a_service_form_says_what_is_wrong(field: str, text: str, reason: str) -> None:
    values = form_fields.service_values(Service(WEB)) | {field: text}
    with pytest.raises(EntryError, match=reason) as found:
        form_fields.service_from(values)
    assert found.value.field == field


@pytest.mark.parametrize(
    ("field", "text"),
    [("address", "x"), ("port", ""), ("forward", "nat"), ("weight", "-1"), ("upper", "9" * 11), ("lower", "a")],
)
def test_a_server_form_says_what_is_wrong(field: str, text: str) -> None:
    with pytest.raises(EntryError) as found:
        form_fields.server_from(form_fields.server_values(Server(ONE)) | {field: text})
    assert found.value.field == field


@pytest.mark.parametrize("fields", [form_fields.SERVICE, form_fields.NEW_SERVICE, form_fields.SERVER])
def test_what_a_field_takes_is_readable_whole_at_80_cells(fields: Sequence[FormField]) -> None:
    every = (*fields, *form_fields.with_schedulers(fields, SCHEDULERS))
    assert [field.hint for field in every if len(field.hint) > 36] == []


def test_text_from_outside_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[31mb\x00\u202e\n") == "a?[31mb???"
    assert plain("naïve 世界") == "naïve 世界"


def test_clipping() -> None:
    assert clip("abc", 5) == "abc  " and clip("abc", 5, right=True) == "  abc"
    assert clip("abcdef", 4) == "abc~"
    assert clip("世界世界", 5) == "世界~"
    assert clip("x", 0) == ""


def test_a_command_that_fits_a_line_is_not_broken_in_a_question() -> None:
    command = "ipvsadm -e -t 192.168.80.200:80 -r 192.168.80.103:80 -g -w 0"
    pieces = [(" ", ""), ("outage! Y applies ", "down"), (f" {command}", ""), ("   no connections", "alert")]
    lines = [line_text(line) for line in wrapped(pieces, 79, 1, whole=True)]
    assert lines == [" outage! Y applies ", f" {command}   no connections"]
    assert [line_text(line) for line in wrapped(pieces, 120, 1, whole=True)] == ["".join(text for text, _ in pieces)]


def test_a_long_question_is_wrapped_and_loses_nothing() -> None:
    words = "apply? y/N  " + " ".join(f"word{n}" for n in range(30)) + " " + "x" * 90
    lines = wrapped([(words, "")], 40)
    texts = ["".join(piece.text for piece in line) for line in lines]
    assert all(len(text) <= 40 for text in texts)
    assert "".join(texts).replace(" ", "") == words.replace(" ", "")
    first, *others = ("".join(piece.text for piece in line) for line in wrapped([(" ", ""), (words, "")], 40, 1))
    assert {text[:1] for text in (first, *others)} == {" "} and all(text[1:2] != " " for text in others)
    assert "".join((first, *others)).replace(" ", "") == words.replace(" ", "")


@pytest.mark.parametrize("dash", "‐‑‒–—―−－")
def test_a_dash_of_typography_is_a_hyphen(dash: str) -> None:
    server = form_fields.server_values(Server(ONE))
    found = form_fields.servers_from(server | {"address": f"10.0.0.11{dash}13"})
    assert [one.key.address[-1] for one in found] == [11, 12, 13]
    service = form_fields.service_values(Service(WEB, "sh"))
    assert form_fields.service_from(service | {"flags": f"sh{dash}port"}).flags == 2

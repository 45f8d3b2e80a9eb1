"""Texts with the operator's names in place of addresses."""

from __future__ import annotations

import pytest

from lvstui.director.subject import subject
from lvstui.views.named import named
from lvstui.views.operator_names import NO_NAMES, OperatorNames

NAMES = OperatorNames({
    subject(text): name
    for text, name in {
        "10.0.0.11": "web1",
        "10.0.0.11:8080": "web1-admin",
        "2001:db8::11": "web6",
        "tcp 192.0.2.1:80": "shop",
        "192.0.2.2:53": "dns",
        "fwmark 7": "mail",
    }.items()
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("drain 10.0.0.11:80", "drain web1"),
        ("drain host 10.0.0.11", "drain host web1"),
        ("drain 10.0.0.11:80, 10.0.0.11:443 in 2 services", "drain web1 in 2 services"),
        ("drain 10.0.0.11:80, 10.0.0.11:8080", "drain web1, web1-admin"),
        ("weight 9 -> 1: 10.0.0.11:80 of tcp 192.0.2.1:80", "weight 9 -> 1: web1 of shop"),
        ("10.0.0.11:8080 removed from udp 192.0.2.2:53", "web1-admin removed from dns"),
        ("weight of 10.0.0.11:80: no such server", "weight of web1: no such server"),
        ("[2001:db8::11]:443 added to fwmark 7, weight 1", "web6 added to mail, weight 1"),
        ("replace host 10.0.0.11 by 2001:db8::11", "replace host web1 by web6"),
        ("tcp 192.0.2.1:443 removed", "tcp 192.0.2.1:443 removed"),
        ("10.0.0.111:80 110.0.0.11 10.0.0.11.5 10.0.0.11/24", "10.0.0.111:80 110.0.0.11 10.0.0.11.5 10.0.0.11/24"),
        ("fwmark 77 fwmark 7 ipv6 at 09:30:12", "fwmark 77 fwmark 7 ipv6 at 09:30:12"),
        ("10.0.0.11:99999", "10.0.0.11:99999"),
    ],
)
def test_a_subject_has_its_name_and_everything_else_stays(text: str, wanted: str) -> None:
    assert named(text, NAMES) == wanted
    assert named(text, NO_NAMES) == text

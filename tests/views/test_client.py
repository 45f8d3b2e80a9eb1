"""Where a client goes, in words; and the meaning of the kernel's states."""

from __future__ import annotations

from lvstui.director.client_path import ClientPath
from lvstui.director.connections import CLOSING, OPENING
from lvstui.director.model import server_key, service_key
from lvstui.views.client import service_lines
from lvstui.views.connections import _MEANINGS
from lvstui.views.operator_names import NO_NAMES

TCP = frozenset(
    ("NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK")
) | {"LISTEN", "SYNACK"}
SCTP = frozenset(
    ("INIT1", "INIT", "C-SENT", "C-REPLIED", "C-WAIT", "COOKIE", "C-ECHOED", "S-SENT", "S-RECEIVED", "S-ACK-SENT")
) | {"REJECTED", "CLOSED"}
"""The names of ip_vs_proto_tcp.c and ip_vs_proto_sctp.c."""


def has(**states: int) -> str:
    way = ClientPath(service_key(6, "192.0.2.1", 80), ((server_key("10.0.0.1", 80), states, 60),), None, "")
    return [text for text, _ in service_lines(way, NO_NAMES, True)][1]


def test_states_are_open_opening_closing_or_other() -> None:
    words = has(ESTABLISHED=3, SYN_RECV=1, SYN_SENT=2, INIT=4, FIN_WAIT=5, REJECTED=6, NONE=7, LISTEN=1)
    assert "3 open, 1 not answered, 6 opening, 11 closing, 8 other" in words
    assert "2 opening" in has(**{"C-ECHOED": 1, "COOKIE": 1}) and "2 closing" in has(**{"S-SENT": 1, "CLOSED": 1})


def test_every_state_of_the_kernel_has_its_kind_and_its_meaning() -> None:
    assert not OPENING & CLOSING
    assert (TCP | SCTP) - {"NONE", "ESTABLISHED", "LISTEN"} == OPENING | CLOSING
    assert set(_MEANINGS) == (TCP | SCTP | {"UDP"}) - {"LISTEN"}

"""Texts in which services, servers and hosts have their addresses, with the operator's names instead."""

from __future__ import annotations

import re

from lvstui.director.subject import subject
from lvstui.views.operator_names import OperatorNames

_V4, _V6 = r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?", r"\[[0-9a-f:.]+\](?::\d{1,5})?|(?:[0-9a-f]*:){2,}[0-9a-f]+"
_WHOLE = rf"fwmark \d+(?: ipv6)?|(?:(?:tcp|udp|sctp) )?(?:{_V4}|{_V6})"
_SUBJECT = re.compile(rf"(?<![\w.:\[/])(?:{_WHOLE})(?![\w\]/]|[.:]\w)")


def named(text: str, names: OperatorNames) -> str:
    """`drain 10.0.0.11:80 in tcp 192.0.2.1:80` as `drain web1 in shop`; what has no name keeps its address. Of one host
    with several ports, one after the other, the name is said once."""
    if not names.names:
        return text
    parts, end, before = [], 0, ""
    for match in _SUBJECT.finditer(text):
        name, between = _name(match[0], names), text[end : match.start()]
        if not (name and name == before and between == ", "):
            parts += [between, name or match[0]]
        before, end = name, match.end()
    return "".join([*parts, text[end:]])


def _name(text: str, names: OperatorNames) -> str:
    try:
        whom = subject(text)
    except ValueError:
        return ""
    if isinstance(whom, bytes):
        return names.host(whom)
    # An address with a port reads the same for a server and a service.
    return names.name(whom)

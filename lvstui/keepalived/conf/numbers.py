"""Numbers that do not affect the rules but that keepalived complains about: ports, counts and times of the checks."""

from __future__ import annotations

import re

from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.secrets import quoted
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node

_UINT = 2**32 - 1
_LIMITS = {"connect_port": (1, 65535), "bind_port": (1, 65535), "retry": (1, _UINT), "fwmark": (0, _UINT)}
_LIMITS |= {"misc_timeout": (0, _UINT // 1_000_000)}
_TIMES = {"delay_loop": 1, "connect_timeout": 1, "delay_before_retry": 0, "warmup": 0}
"""In microseconds the least that counts."""
_NAMES = ("virtualhost", "snmp_name", "helo_name")
_SECONDS = re.compile(r"([0-9]*)(?:\.([0-9]{0,6}))?")


def remark_on_numbers(nodes: tuple[Node, ...], notes: Notes) -> None:
    """Remarks on invalid numbers in these lines and the blocks inside them."""
    for node in nodes:
        remark_on_numbers(node.inside, notes)
        name = node.words[0]
        if name in _NAMES and len(node.words) < 2:
            notes.add(node.where, f"{name} lacks a value: ignored")
        if len(node.words) < 2 or node.skipped:
            continue
        wrong = ""
        if name in _LIMITS:
            wrong = unsigned(node.words[1], *_LIMITS[name])[1]
        elif name in _TIMES:
            found = _SECONDS.fullmatch(node.words[1])
            if found is None:
                wrong = "is not a number of seconds"
            elif not any(group.strip("0") for group in found.groups("")) and _TIMES[name]:
                wrong = "is not above 0"
        if wrong:
            notes.add(node.where, f"{name} {quoted(node.words[1])} {wrong}: the check is not as it is written")

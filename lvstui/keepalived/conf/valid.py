"""Checks whether keepalived accepts the words of a block."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.keepalived.conf.addresses import endpoint, port_problem
from lvstui.keepalived.conf.keywords import ENDPOINT, NAMED, SERVICE
from lvstui.keepalived.conf.quoting import named
from lvstui.keepalived.conf.tokens import unsigned


def problem(kind: str, words: Sequence[str]) -> str:
    """Why a block with these words is skipped as a whole, "" when it is not."""
    return _PROBLEMS[kind](words) if kind else ""


def _service(words: Sequence[str]) -> str:
    if words[1] == "fwmark":
        number, wrong = unsigned(words[2] if len(words) > 2 else "0", 0, 2**32 - 1)
        return f"firewall mark {named(words[2])} {wrong}" if number is None else ""
    if words[1] == "group":
        return ""
    return _endpoint(words)


def _endpoint(words: Sequence[str]) -> str:
    port = words[2] if len(words) > 2 else ""
    return port_problem(port) or ("" if endpoint(words[1], port) else f"{named(words[1])} is not an IP address")


def _one_name(words: Sequence[str]) -> str:
    return "" if len(words) == 2 else f"{words[0]} needs one name"


_PROBLEMS = {SERVICE: _service, ENDPOINT: _endpoint, NAMED: _one_name}

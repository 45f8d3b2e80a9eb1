"""Probes and their results, a line for each; the same in the console and for `--do`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director import daemon
from lvstui.director.model import address_text, server_text, service_text
from lvstui.director.probe import Answers, Knocked, answer_text, claims, knock_text, result_text, verdict
from lvstui.views.operator_names import NO_NAMES, Names

Line = tuple[str, str]
"""Text and the role of its colour."""


def knocked(result: Knocked, names: Names = NO_NAMES) -> Line:
    """`tcp 192.0.2.1:80  10.0.0.5:80 (web1)  open, 0.4 ms`"""
    called = names.server(result.knock.server)
    check = f" by {result.knock.told}" if result.knock.told else ""
    who = f"{knock_text(result.knock)}{f' ({called})' if called else ''}{check}"
    role = "up" if result.open else "dim" if result.knock.unfit else "down"
    return f"{service_text(result.knock.service)}  {who}  {result_text(result)}", role


def tally(results: Sequence[Knocked], of: int) -> str:
    """`3 of 4 open, 1 not`, `8 of 20 tried` while it continues."""
    if len(results) < of:
        return f"{len(results)} of {of} tried"
    fit = [result for result in results if not result.knock.unfit]
    shut = sum(not result.open for result in fit)
    words = [f"{len(fit) - shut} of {len(fit)} open"] if fit else []
    if len(fit) < len(results):
        words.append(f"{len(results) - len(fit)} not tried")
    slow = max((result for result in fit if result.open), key=lambda result: result.seconds or 0.0, default=None)
    if slow is not None and len(fit) - shut > 1:
        words.append(f"the slowest {server_text(slow.knock.server)}, {result_text(slow).removeprefix('open, ')}")
    return ", ".join(words)


def tested(answer: daemon.Answer) -> Line:
    """`keepalived finds nothing wrong in /etc/keepalived/keepalived.conf`"""
    if not answer.complaints and not answer.refused:
        return f"keepalived finds nothing wrong in {answer.daemon.config}", "up"
    why = "; ".join(map(str, answer.complaints)) or "its test fails"
    verb = "refuses" if answer.refused else "warns of"
    return f"keepalived {verb} {answer.daemon.config}: {why}", "down" if answer.refused else ""


def answered(asked: Answers, servers: Mapping[bytes, str]) -> list[Line]:
    """Who answers for one address: what it means, then a line for each answer."""
    amiss = bool(claims(asked, servers))
    held = "held here; " if asked.held else ""
    how = f"{held}asked on {asked.device} for {asked.seconds:g} s"
    lines = [(f"{address_text(asked.address)}   {how}", "title")]
    lines += [(f"  {answer_text(answer, servers)}", "") for answer in asked.answers]
    lines.append((f"  {verdict(asked, servers)}", "down" if amiss else ""))
    return lines

"""Probes and their results, a line for each; the same in the console and for `--do`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director import daemon
from lvstui.director.model import address_text, server_text, service_text
from lvstui.director.probe import ArpAnswers, ProbeResult, answer_text, claims, knock_text, result_text, verdict
from lvstui.views.operator_names import NO_NAMES, OperatorNames

Line = tuple[str, str]
"""Text and the role of its colour."""


def knocked(result: ProbeResult, names: OperatorNames = NO_NAMES) -> Line:
    """`tcp 192.0.2.1:80  10.0.0.5:80 (web1)  open, 0.4 ms`"""
    called = names.server(result.target.server)
    check = f" by {result.target.check}" if result.target.check else ""
    who = f"{knock_text(result.target)}{f' ({called})' if called else ''}{check}"
    role = "up" if result.open else "dim" if result.target.unfit else "down"
    return f"{service_text(result.target.service)}  {who}  {result_text(result)}", role


def tally(results: Sequence[ProbeResult], of: int) -> str:
    """`3 of 4 open, 1 not`, `8 of 20 tried` while it continues."""
    if len(results) < of:
        return f"{len(results)} of {of} tried"
    fit = [result for result in results if not result.target.unfit]
    shut = sum(not result.open for result in fit)
    words = [f"{len(fit) - shut} of {len(fit)} open"] if fit else []
    if len(fit) < len(results):
        words.append(f"{len(results) - len(fit)} not tried")
    slow = max((result for result in fit if result.open), key=lambda result: result.seconds or 0.0, default=None)
    if slow is not None and len(fit) - shut > 1:
        words.append(f"the slowest {server_text(slow.target.server)}, {result_text(slow).removeprefix('open, ')}")
    return ", ".join(words)


def tested(answer: daemon.OrderAnswer) -> Line:
    """`keepalived finds nothing wrong in /etc/keepalived/keepalived.conf`"""
    if not answer.complaints and not answer.refused:
        return f"keepalived finds nothing wrong in {answer.daemon.config}", "up"
    why = "; ".join(map(str, answer.complaints)) or "its test fails"
    verb = "refuses" if answer.refused else "warns of"
    return f"keepalived {verb} {answer.daemon.config}: {why}", "down" if answer.refused else ""


def answered(answers: ArpAnswers, servers: Mapping[bytes, str]) -> list[Line]:
    """Who answers for one address: what it means, then a line for each answer."""
    amiss = bool(claims(answers, servers))
    held = "held here; " if answers.held else ""
    how = f"{held}asked on {answers.device} for {answers.seconds:g} s"
    lines = [(f"{address_text(answers.address)}   {how}", "title")]
    lines += [(f"  {answer_text(answer, servers)}", "") for answer in answers.answers]
    lines.append((f"  {verdict(answers, servers)}", "down" if amiss else ""))
    return lines

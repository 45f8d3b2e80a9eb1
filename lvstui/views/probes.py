"""Probes and their results, a line for each; the same in the console and for `--do`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director import daemon
from lvstui.director.model import address_text, server_text, service_text
from lvstui.director.probe import (
    ArpAnswers,
    ProbeResult,
    ProbeTarget,
    answer_text,
    claims,
    knock_text,
    result_text,
    verdict,
)
from lvstui.views.named import named
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames

ProbeLine = tuple[str, str]
"""Text and the role of its colour."""


def knocked(result: ProbeResult, names: OperatorNames = NO_NAMES) -> ProbeLine:
    """`shop  web1  10.0.0.5:80  open, 0.4 ms`"""
    target = result.target
    service = names.service(target.service) or service_text(target.service)
    called = names.server(target.server)
    check = f" by {target.check}" if target.check else ""
    who = f"{f'{called}  ' if called else ''}{knock_text(target)}{check}"
    role = "up" if result.open else "dim" if target.unfit else "down"
    return f"{service}  {who}  {result_text(result)}", role


def title(targets: Sequence[ProbeTarget], names: OperatorNames) -> str:
    """`probe: web1 of shop, from here`; of several servers the number."""
    if len(targets) != 1:
        return f"probe: {count(len(targets), 'real server')}, from here"
    (target,) = targets
    server = names.server(target.server) or server_text(target.server)
    return f"probe: {server} of {names.service(target.service) or service_text(target.service)}, from here"


def tally(results: Sequence[ProbeResult], of: int, names: OperatorNames = NO_NAMES) -> str:
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
        slowest = names.server(slow.target.server) or server_text(slow.target.server)
        words.append(f"the slowest {slowest}, {result_text(slow).removeprefix('open, ')}")
    return ", ".join(words)


def tested(answer: daemon.OrderAnswer) -> ProbeLine:
    """`keepalived finds nothing wrong in /etc/keepalived/keepalived.conf`"""
    if not answer.complaints and not answer.refused:
        return f"keepalived finds nothing wrong in {answer.daemon.config}", "up"
    why = "; ".join(map(str, answer.complaints)) or "its test fails"
    verb = "refuses" if answer.refused else "warns of"
    return f"keepalived {verb} {answer.daemon.config}: {why}", "down" if answer.refused else ""


def answered(answers: ArpAnswers, servers: Mapping[bytes, str], names: OperatorNames = NO_NAMES) -> list[ProbeLine]:
    """Who answers for one address: what it means, then a line for each answer."""
    called = {address: f"{names.host(address)}  {text}".strip() for address, text in servers.items()}
    amiss = bool(claims(answers, servers))
    held = "held here; " if answers.held else ""
    how = f"{held}asked on {answers.device} for {answers.seconds:g} s"
    lines = [(f"{address_text(answers.address)}   {how}", "title")]
    lines += [(f"  {answer_text(answer, called)}", "") for answer in answers.answers]
    lines.append((f"  {named(verdict(answers, servers), names)}", "down" if amiss else ""))
    return lines

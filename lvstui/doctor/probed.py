"""Findings from probes that the operator asked for: ports of real servers, who answers for a virtual address, and
keepalived's own test of its configuration. They stay until the same probe is made again, and say when it was made."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lvstui.director.model import address_text, server_text, service_text
from lvstui.director.probe import ProbeTarget, claims, knock_text, result_text
from lvstui.director.spell import word
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding

_SHOWN = 4


def port_closed(case: Case) -> Iterator[Finding]:
    """Real servers that take new connections, but whose port did not open when it was probed."""
    for (key, server), (result, epoch) in case.probed.knocked.items() if case.probed is not None else ():
        if result.open or result.target.unfit or not _takes(case, result.target):
            continue
        text = f"its port did not open: {result_text(result)}; new connections go there"
        seen = (Evidence(knock_text(result.target), result_text(result), f"TCP from here, {_clock(epoch)}"),)
        do = (
            f"there: ss -ltn sport = :{result.target.port}",
            "with direct routing or a tunnel it may listen on the virtual address only, which is not a fault",
        )
        risk = "clients that are sent there are refused or wait"
        here = "P tries again; x drains it"
        subject = f"{server_text(server)} of {service_text(key)}"
        yield Finding("port-closed", WARNING, subject, text, seen, risk, do, here, epoch, key)


def answers(case: Case) -> Iterator[Finding]:
    """Machines that answer for a virtual address and should not."""
    for address, (asked, epoch) in case.probed.answers.items() if case.probed is not None else ():
        serves = [key for key in case.state.services.keys if key.address == address]
        for claim in claims(asked, case.shapes.hosts):
            seen = (Evidence("answered", claim.macs, f"ARP or neighbour discovery on {asked.device}, {_clock(epoch)}"),)
            name = "arp-answered" if claim.server else "address-twice"
            do = (
                ("there: sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2",)
                if claim.server and len(address) == 4
                else ("find the machine by its MAC, and take the address from it",)
            )
            risk = (
                "clients whose router asks next reach that server alone, and nothing here"
                if claim.server
                else "clients reach now one machine, now the other, and their connections break"
            )
            here = f":who {address_text(address)} asks again"
            service = serves[0] if serves else None
            yield Finding(name, CRITICAL, address_text(address), claim.text, seen, risk, do, here, epoch, service)


def config_test(case: Case) -> Iterator[Finding]:
    """What keepalived itself complains of in its configuration."""
    if case.probed is None or case.probed.tested is None:
        return
    answer, epoch = case.probed.tested
    if not answer.complaints and not answer.refused:
        return
    how = f"keepalived --config-test, {_clock(epoch)}"
    seen = tuple(
        Evidence(f"{complaint.file} line {complaint.line}" if complaint.line else "complaint", complaint.words, how)
        for complaint in answer.complaints[:_SHOWN]
    )
    more = (
        f", and {others} more complaint{'s' if others > 1 else ''}"
        if (others := len(answer.complaints) - 1) > 0
        else ""
    )
    first = f"{answer.complaints[0]}{more}" if answer.complaints else "its test fails"
    if answer.refused:
        severity, text, risk = (
            WARNING,
            f"keepalived refuses it: {first}",
            "it must not be reloaded or restarted like this",
        )
    else:
        severity, text, risk = NOTICE, f"keepalived warns of it: {first}", "it may not mean what it seems to say"
    subject, do = answer.daemon.config, (f"keepalived -t -f {word(answer.daemon.config)}",)
    yield Finding("config-test", severity, subject, text, seen, risk, do, "P tests it again", epoch)


def _takes(case: Case, knock: ProbeTarget) -> bool:
    return case.has(knock.service, lambda server: server.key == knock.server and server.weight > 0)


def _clock(epoch: float) -> str:
    return time.strftime("at %T", time.localtime(epoch))

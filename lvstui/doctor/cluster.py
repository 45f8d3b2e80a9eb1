"""Findings from other packages: VRRP, sync daemons, drift, keepalived and its file. Here they become findings of the
doctor; their words are written there."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.model import ServiceKey, service_text
from lvstui.director.spell import word
from lvstui.director.sync import daemons
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding, of_service

_SPLIT = "split brain"
_SHOWN = 4


def vrrp(case: Case) -> Iterator[Finding]:
    """The faults of each VRRP instance (director/vrrp/faults.py)."""
    source = case.state.vrrp.source or "addresses"
    for standing in case.state.vrrp.instances:
        if standing.findings:
            split = any(text.startswith(_SPLIT) for text in standing.findings)
            text = next((text for text in standing.findings if text.startswith(_SPLIT)), standing.findings[0])
            seen = (
                *(Evidence("finding", text) for text in standing.findings),
                Evidence("state", standing.state or "not known", f"{source}, addresses, adverts"),
            )
            risk = "both directors answer for the address" if split else ""
            subject, here = standing.instance.name, "4 shows it; P in view 4 asks who answers for its addresses"
            yield Finding(
                "split-brain" if split else "vrrp",
                CRITICAL if split else WARNING,
                subject,
                text,
                seen,
                risk,
                (),
                here,
                standing.since if standing.state == "FAULT" else None,  # other faults may be younger than the role
                counted=True,
            )


def sync(case: Case) -> Iterator[Finding]:
    """The faults of the sync daemons (director/sync)."""
    for finding in daemons.findings(case.state):
        subject = f"sync daemon {finding.role}".strip()
        running = ", ".join(f"{d.role} on {d.interface}, id {d.id}" for d in case.state.sync or ()) or "none"
        seen = (
            Evidence("sync daemons", running, "IPVS, netlink"),
            Evidence("role", case.state.vrrp.role or "not known", "VRRP"),
        )
        risk = "after a failover clients are cut off"
        command = daemons.suggested(case.state, finding.role).strip()
        do = (f"lvstui --do {word(command)}",) if command else ()
        severity = WARNING if finding.grave else NOTICE
        yield Finding(
            "sync" if finding.grave else "no-sync", severity, subject, finding.text, seen, risk, do, "4 shows them"
        )


def drift(case: Case) -> Iterator[Finding]:
    """Services that drift from what keepalived programmed (director/drift)."""
    if case.drifts is None:
        return
    for key, drifts in case.drifts.by_service.items():
        if not drifts:
            continue
        first = drifts[0]
        more = f", and {len(drifts) - 1} more difference{'s' if len(drifts) > 2 else ''}" if len(drifts) > 1 else ""
        seen = tuple(
            Evidence("differs", difference.words, "table against keepalived") for difference in drifts[:_SHOWN]
        )
        fates = first.fates
        risk = f"at a reload it {fates.reload}, at a restart it {fates.restart}"
        here = "C shows each difference and what becomes of it; L writes the lines for keepalived.conf"
        yield of_service("drift", WARNING, key, f"{first.words}{more}", seen, risk, here=here, counted=True)


def keepalived(case: Case) -> Iterator[Finding]:
    """keepalived's file, and the configuration it loaded."""
    keeping = case.state.keeping
    if keeping is None:
        return
    if keeping.on_disk is None and keeping.trouble:
        seen = (Evidence("file", keeping.named, "disk"),)
        risk = "a reload or a restart may end every service"
        yield Finding("config-unread", WARNING, keeping.named, f"cannot be read: {keeping.trouble}", seen, risk)
    configuration = keeping.on_disk or keeping.effective
    if configuration is not None and configuration.remarks:
        more = (
            f", and {others} more remark{'s' if others > 1 else ''}"
            if (others := len(configuration.remarks) - 1)
            else ""
        )
        said = tuple(
            Evidence(f"line {remark.line}" if remark.line else "file", remark.text, remark.file)
            for remark in configuration.remarks[:_SHOWN]
        )
        risk = "a service may not be what its file seems to say"
        do = (f"keepalived -t -f {word(keeping.config)}" if keeping.config else "keepalived -t",)
        first = configuration.remarks[0]
        text = f"{f'line {first.line}: ' if first.line else ''}{first.text}{more}"
        yield Finding("config-remarks", WARNING, keeping.named, text, said, risk, do)
    if keeping.silent:
        seen = (Evidence("keepalived", keeping.silent, "its dump"),)
        yield Finding("keepalived-silent", WARNING, "keepalived", f"does not answer: {keeping.silent}", seen)


def schedulers(case: Case) -> Iterator[Finding]:
    """Schedulers that the configuration needs and this kernel does not have."""
    keeping, there = case.state.keeping, case.state.schedulers
    configuration = keeping.effective if keeping is not None else None
    if configuration is None or not there:
        return
    lacking: dict[str, list[ServiceKey]] = {}
    for key, entry in configuration.rules.rules.items():
        if entry.service.scheduler not in there and key not in case.shapes.of:
            lacking.setdefault(entry.service.scheduler, []).append(key)
    for name, keys in lacking.items():
        text = f"this kernel has no scheduler {name}: {', '.join(map(service_text, keys[:_SHOWN]))} cannot be made"
        seen = (
            Evidence("schedulers", ", ".join(there), "/lib/modules"),
            Evidence("configured", name, "keepalived.conf"),
        )
        do = (f"modprobe {word(f'ip_vs_{name}')}",)
        yield Finding("scheduler-missing", CRITICAL, name, text, seen, "these services do not exist", do)


def machine(case: Case) -> Iterator[Finding]:
    """Warnings about the machine (keepalived/exposed.py): several keepaliveds, files that an ordinary user can
    write."""
    for note in case.state.notes:
        if "keepaliveds program this table" in note:
            risk = "servers come and go, and the one that stops first removes the services of both"
            seen = (Evidence("processes", note, "/proc"),)
            yield Finding("two-keepaliveds", CRITICAL, "keepalived", note, seen, risk, ("kill -TERM PID",))
        elif note.startswith("an ordinary user can change"):
            risk = "whoever can write it decides what runs here as root"
            yield Finding("exposed", WARNING, "keepalived.conf", note, (Evidence("file", note, "disk"),), risk)


def shadowed(case: Case) -> Iterator[Finding]:
    """Services whose packets go to a firewall mark instead, and services of all ports that lack the ports of a more
    specific service."""
    marks = [shape for key, shape in case.shapes.of.items() if key.fwmark and shape.hosts][:200]
    if case.ipvs("run_estimation") == 0:
        marks = []  # counters stand still: a service that was added since has counted nothing, whatever it gets
    for key, shape in case.shapes.of.items() if marks else ():
        if key.fwmark or not shape.hosts:
            continue
        reading = case.state.services.find(key)
        if reading is None or reading.counters.in_packets:
            continue
        for mark in marks:
            other = case.state.services.find(mark.service.key)
            if mark.hosts != shape.hosts or other is None or not other.counters.in_packets:
                continue
            name = service_text(mark.service.key)
            text = f"has counted no packet, and {name} with the same servers has: marks match first"
            seen = (
                Evidence(f"packets in, {service_text(key)}", "0", "IPVS table"),
                Evidence(f"packets in, {service_text(mark.service.key)}", str(other.counters.in_packets), "IPVS table"),
            )
            do = (f"iptables -t mangle -S PREROUTING   (the rule that sets mark {mark.service.key.fwmark})",)
            risk = "if its packets are marked, a change to this service changes nothing"
            yield of_service("shadowed", NOTICE, key, text, seen, risk, do, "D deletes one")
            break
    for key in case.shapes.of:
        if key.fwmark or key.port:
            continue
        beside = [k for k in case.shapes.of if k.port and k[:4] == key[:4]] if len(case.shapes.of) <= 500 else []
        if beside:
            text = f"takes all ports but those of {service_text(beside[0])}" + (
                f" and {len(beside) - 1} more" if len(beside) > 1 else ""
            )
            ports = tuple(Evidence("more specific", service_text(shape), "IPVS table") for shape in beside[:_SHOWN])
            risk = "persistence does not span both: a client may get two servers"
            yield of_service("port-0-beside", NOTICE, key, text, ports, risk)

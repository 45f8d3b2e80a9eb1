"""The whole table as aligned plain text, for --list: what `ipvsadm -Ln` shows, with what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.model import endpoint_text
from lvstui.director.state import State
from lvstui.views.number import UNKNOWN
from lvstui.views.words import forward, options, service_name


def plain(state: State) -> Iterator[str]:
    """Lines with their ends: a head, then each service with its real servers below it."""
    role = f"  {state.vrrp.role}" if state.vrrp.role else ""
    yield f"{state.host}{role}  {len(state.services)} virtual services\n"
    for note in (*state.notes, *(_poor(state))):
        yield f"note: {note}\n"
    yield f"{'virtual service':<46} {'sched':<6} {'options':<20}\n"
    yield f"  {'-> real server':<44} {'forward':<9} {'weight':>10} {'active':>8} {'inact':>8} {'limits':>15}\n"
    limits_known = "thresholds" not in state.unknown
    for reading in state.services:
        service = reading.service
        name = service_name(service.key, "family" in state.unknown)
        yield f"{name:<46} {service.scheduler:<6} {options(service)}".rstrip() + "\n"
        pool = state.servers(service.key)
        if pool is None:
            yield f"  -> {UNKNOWN}\n"
            continue
        for server, active, inactive, *_ in pool:
            place = endpoint_text(server.key.address, server.key.port)
            limits = f"{server.upper}/{server.lower}" if server.upper or server.lower else ""
            line = f"  -> {place:<41} {forward(server):<9} {server.weight:>10} {active:>8} {inactive:>8}"
            yield f"{line} {(limits if limits_known else UNKNOWN):>15}".rstrip() + "\n"


def _poor(state: State) -> Iterator[str]:
    if state.unknown:
        yield f"{state.read_only}; not to be told from /proc: {', '.join(sorted(state.unknown))}"

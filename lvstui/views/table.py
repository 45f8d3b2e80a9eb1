"""The whole table as aligned plain text, for --list: what `ipvsadm -Ln` shows, with what it leaves out."""

from __future__ import annotations

from _collections_abc import Iterator
from _socket import AF_INET6, inet_ntoa, inet_ntop

from lvstui.director.model import Forward
from lvstui.director.state import Pool, State
from lvstui.plain import plain as cleaned
from lvstui.views.number import UNKNOWN, count
from lvstui.views.words import FORWARDS, forward, options, service_name

_TUNNEL = int(Forward.TUNNEL)
_CHUNK = 256
"""Services a piece of text: enough that writing it costs nothing beside making it."""


def plain(state: State) -> Iterator[str]:
    """Text in pieces of whole lines: a head, then each service with its real servers below it."""
    role = f"  {state.vrrp.role}" if state.vrrp.role else ""
    yield f"{cleaned(state.host)}{cleaned(role)}  {count(len(state.services), 'virtual service')}\n"
    for note in (*state.notes, *(_poor(state))):
        yield f"note: {cleaned(note)}\n"
    yield f"{'virtual service':<46} {'sched':<6} {'options':<20}".rstrip() + "\n"
    yield f"  {'-> real server':<44} {'forward':<9} {'weight':>10} {'active':>8} {'inact':>8} {'limits':>15}\n"
    limits_known = "thresholds" not in state.unknown
    family_unknown = "family" in state.unknown
    flags = UNKNOWN if "flags" in state.unknown else ""
    lines: list[str] = []
    for reading in state.services:
        service = reading.service
        name = service_name(service.key, family_unknown)
        pool = state.servers(service.key)
        servers = f"  -> {UNKNOWN}\n" if pool is None else _servers(pool, limits_known)
        lines.append(f"{name:<46} {cleaned(service.scheduler):<6} {options(service)}{flags}".rstrip() + "\n" + servers)
        if len(lines) == _CHUNK:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _servers(pool: Pool, limits_known: bool) -> str:
    """A line for each real server. Fifty thousand go through here, so nothing is called that need not be."""
    lines = []
    for server, active, inactive, _persistent, _counters, _rates in pool:
        (family, address, port), method, weight, upper, lower, _tunnel = server
        place = f"{inet_ntoa(address)}:{port}" if family == 4 else f"[{inet_ntop(AF_INET6, address)}]:{port}"
        way = forward(server) if method == _TUNNEL else FORWARDS[method]
        limits = f"{upper or 0}/{lower or 0}" if upper or lower else ""
        if not limits_known:
            limits = UNKNOWN
        line = f"  -> {place:<41} {way:<9} {weight:>10} {active:>8} {inactive:>8}"
        lines.append(f"{line} {limits:>15}\n" if limits else f"{line}\n")
    return "".join(lines)


def _poor(state: State) -> Iterator[str]:
    if state.unknown:
        yield f"{state.read_only}; not to be told from /proc: {', '.join(sorted(state.unknown))}"

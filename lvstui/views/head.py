"""The two lines at the top: which director this is, what role it has, what it carries, and whether to believe it."""

from __future__ import annotations

from typing import NamedTuple

from lvstui.director.model import service_text
from lvstui.director.state import Rates, State
from lvstui.views.look import Look
from lvstui.views.number import UNKNOWN, WAITING, count, short


class Piece(NamedTuple):
    """Text and the role of its colour: "", "name", "master", "backup", "alert", "dim"."""

    text: str
    role: str = ""


Line = tuple[Piece, ...]


class Standing(NamedTuple):
    """What the screen knows beside the State. `age`: seconds since the last good read; `trouble`: why the reads since
    have failed, "" when they have not; `interval`: seconds between reads."""

    demo: bool = False
    age: float = 0.0
    trouble: str = ""
    interval: float = 1.0


def head(state: State | None, look: Look, standing: Standing) -> tuple[Line, Line]:
    """The masthead's lines. Nothing in them changes while nothing changes."""
    if state is None:
        return (Piece("lvstui", "name"), Piece("  reading …", "dim")), ()
    return _who(state, look, standing), _what(state, look)


def _who(state: State, look: Look, standing: Standing) -> Line:
    line = [Piece(state.host or "this director", "name")]
    vrrp = state.vrrp
    if vrrp.role:
        line.append(Piece(f"  {vrrp.role}", vrrp.role.lower() if vrrp.role in ("MASTER", "BACKUP") else "alert"))
    elif vrrp.keepalived is False:
        line.append(Piece("  no keepalived", "dim"))
    if vrrp.held:
        more = f" +{len(vrrp.held) - 3}" if len(vrrp.held) > 3 else ""
        line.append(Piece("  " + " ".join(vrrp.held[:3]) + more))
    flags = []
    if standing.demo:
        flags.append(Piece("DEMO", "dim"))
    if state.read_only:
        flags.append(Piece("READ-ONLY", "alert"))
    if look.paused:
        flags.append(Piece("PAUSED", "alert"))
    if standing.trouble:
        flags.append(Piece(f"STALE {coarse(standing.age)}: {standing.trouble}", "alert"))
    elif standing.age > 2 * standing.interval and not look.paused:
        flags.append(Piece(f"{coarse(standing.age)} old", "alert"))
    for flag in flags:
        line += [Piece("  "), flag]
    return tuple(line)


def _what(state: State, look: Look) -> Line:
    load = state.load
    line = [Piece(count(len(state.services), "service"))]
    if load is None:
        line.append(Piece(f"  {WAITING}", "dim"))
    else:
        down = load.live < load.servers
        line += [
            Piece("  "),
            Piece(f"{load.live}/{load.servers} servers live", "alert" if down else ""),
            Piece(f"  active {short(load.active)}  inactive {short(load.inactive)}"),
        ]
    line.append(Piece(_traffic(state)))
    if look.inside is not None:
        line.append(Piece(f"  > {service_text(look.inside)}", "name"))
    if look.filter:
        line.append(Piece(f"  filter: {look.filter}", "alert"))
    line += [Piece(f"  {note}", "alert") for note in state.notes]
    return tuple(line)


def _traffic(state: State) -> str:
    if state.traffic is None:
        return f"  traffic {UNKNOWN}" if "counters" in state.unknown else ""
    rates: Rates = state.traffic
    return f"  {short(rates.connections)} conn/s  in {short(rates.in_bytes)}B/s  out {short(rates.out_bytes)}B/s"


def coarse(seconds: float) -> str:
    """An age in steps, so that a screen that only grows older is seldom painted: 3 s, 10 s, 2 min."""
    if seconds < 10:
        return f"{int(seconds)} s"
    if seconds < 60:
        return f"{int(seconds) // 10 * 10} s"
    return f"{int(seconds) // 60} min"

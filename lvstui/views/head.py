"""The two lines at the top: which director this is, what role it has, what it carries, and whether to believe it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from lvstui.director.state import Load, Rates, State
from lvstui.views.number import NOTHING, UNKNOWN, WAITING, count, short
from lvstui.views.sync import in_brief


class Piece(NamedTuple):
    """Text and the role of its colour: "", "name", "master", "backup", "alert", "stale", "dim"."""

    text: str
    role: str = ""


Line = tuple[Piece, ...]


class Standing(NamedTuple):
    """What the screen knows beside the State. `age`: seconds since the last good read; `trouble`: why the reads since
    have failed, "" when they have not; `interval`: seconds between reads. `held`: how far what is shown is behind what
    was read, while the screen is paused. `tape`: what is said of a recording that is played or made, "" for neither.
    `drift`: in how many places the table is not what keepalived made of it. `sending`: changes are being sent, and
    nothing is read meanwhile."""

    demo: bool = False
    paused: bool = False
    age: float = 0.0
    trouble: str = ""
    interval: float = 1.0
    held: float = 0.0
    tape: str = ""
    drift: int = 0
    sending: bool = False


_LONGEST = 40
"""Letters of a finding of VRRP in the masthead."""
_STEPS = (2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 120, 180, 300, 600, 900, 1800, 3600)


def head(state: State | None, standing: Standing, width: int) -> tuple[Line, Line]:
    """The masthead's lines, as wide as the terminal. Nothing in them changes while nothing changes."""
    if state is None:
        return _ended((Piece(" lvstui", "name"), Piece(f"  reading {WAITING}", "dim")), standing, "", width), ()
    return _ended(_who(state, standing.drift), standing, state.read_only, width, (_sync(state), _owner(state))), _what(
        state, width
    )


def coarse(seconds: float) -> str:
    """An age in steps, so that a screen that only grows older is seldom painted: `3s`, `20s`, `2m`."""
    step = max((step for step in _STEPS if step <= seconds), default=0)
    return f"{step}s" if step < 60 else f"{step // 60}m" if step < 3600 else "1h"


def played(taken: float, seconds: float, length: float, speed: float) -> str:
    """Where a recording stands: `REPLAY 2026-11-23 10:03:11  1:05/12:30 x4`. `taken`: seconds of the epoch of what is
    shown; `seconds` of `length` are played, so many a second, 0 for none."""
    end = " END" if seconds >= length else ""
    fast = f" x{speed:g}" if speed not in (0.0, 1.0) and not end else ""
    when = time.strftime("%F %T", time.localtime(taken))
    return f"{_REPLAY} {when}  {_minutes(seconds)}/{_minutes(length)}{fast}{end}"


_REPLAY = "REPLAY"


def _minutes(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _who(state: State, drift: int) -> Line:
    line = [Piece(f" {state.host or 'this director'}", "name")]
    role, held, keepalived = state.vrrp[:3]
    if role:
        line += [Piece("  "), Piece(f" {role} ", role.lower() if role in ("MASTER", "BACKUP") else "alert")]
    elif keepalived is False:
        line.append(Piece("  no keepalived", "dim"))
    elif state.vrrp.unread:
        line.append(Piece(f"  VRRP {WAITING}", "dim"))
    if state.vrrp.stale:
        line += [Piece("  "), Piece(" VRRP STALE ", "stale")]
    wrong = [finding for one in state.vrrp.instances for finding in one.findings]
    if wrong:
        line += [Piece("  "), Piece(_brief(wrong), "alert")]
    if drift:
        line += [Piece("  "), Piece(f"{drift} drift", "alert")]
    if held:
        more = f" +{len(held) - 3}" if len(held) > 3 else ""
        line += [Piece("  holds ", "dim"), Piece(", ".join(held[:3]) + more)]
    return tuple(line)


def _brief(wrong: Sequence[str]) -> str:
    """The first of the findings, without what it says of whom; view 4 has the rest."""
    first = re.split(r": | \(", wrong[0])[0]
    return (first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "~") + (
        f" +{len(wrong) - 1}" if len(wrong) > 1 else ""
    )


def _owner(state: State) -> Line:
    """Who programs the table."""
    owner = UNKNOWN if state.owner is None else state.owner or "hand"
    return Piece("  table by ", "dim"), Piece(owner)


def _sync(state: State) -> Line:
    """Which sync daemons run; nothing where none does."""
    text, grave = in_brief(state)
    return (Piece("  "), Piece(text, "alert" if grave else "dim")) if text else ()


def _ended(left: Line, standing: Standing, read_only: str, width: int, more: Sequence[Line] = ()) -> Line:
    """The flags stand at the right end, whatever is at the left: they are what must not be missed. Each of `more`
    stands behind the left where it has room whole."""
    flags: list[Piece] = []
    if standing.sending:
        flags.append(Piece("SENDING", "alert"))
    elif standing.trouble:
        flags.append(Piece(f"STALE {coarse(standing.age)}", "stale"))
    elif standing.age > 2 * standing.interval + 0.5 and not standing.paused:
        flags.append(Piece(f"{coarse(standing.age)} old", "stale"))
    if standing.paused:
        held = f" {coarse(standing.held)}" if standing.held >= _STEPS[0] else ""
        flags.append(Piece(f"PAUSED{held}", "alert"))
    if standing.tape:
        flags.append(Piece(standing.tape, "alert"))
    if read_only and not standing.tape.startswith(_REPLAY):
        flags.append(Piece("READ-ONLY", "alert"))
    if standing.demo:
        flags.append(Piece("DEMO", "dim"))
    room = width - sum(len(flag.text) + 2 for flag in flags)
    for one in more:
        if sum(len(piece.text) for piece in (*left, *one)) <= room:
            left = (*left, *one)
    line = []
    for text, role in left:
        text = text if len(text) <= room else text[: room - 1] + "~" if room > 1 else ""
        line.append(Piece(text, role))
        room -= len(text)
    line.append(Piece(" " * max(0, room)))
    for flag in flags:
        line += [Piece(" "), flag, Piece(" ")]
    return tuple(line)


def _what(state: State, width: int) -> Line:
    load, rates = state.load, state.traffic
    narrow = width < 112
    numbers = (
        ("active ", short(load.active) if load else WAITING),
        ("inact ", short(load.inactive) if load else WAITING),
        ("conn/s ", _rate(rates, "connections")),
        ("in " if narrow else "in B/s ", _rate(rates, "in_bytes")),
        ("out " if narrow else "out B/s ", _rate(rates, "out_bytes")),
    )
    gap = " " if narrow else "    "
    line = [Piece(f" {count(len(state.services), 'service')}{gap}"), *_servers(load, narrow)]
    used = sum(len(piece.text) for piece in line)
    for label, number in numbers:
        used += len(gap) + len(label) + max(5, len(number))
        if used > width + 5 - len(number):
            break  # what does not fit is left out whole: half a number is a wrong number
        line += [Piece(gap + label, "dim"), Piece(f"{number:<5}")]
    return tuple(line)


def _servers(load: Load | None, narrow: bool) -> Line:
    if load is None:
        return (Piece("servers ", "dim"), Piece(WAITING))
    live = Piece(f"{load.live}/{load.servers}", "alert" if load.live < load.servers else "")
    return (live, Piece(" live" if narrow else " servers live"))


def _rate(rates: Rates | None, field: str) -> str:
    """Of the whole network namespace, by the kernel's own averages. Nothing leaves a director that only routes."""
    if rates is None:
        return UNKNOWN
    value = float(getattr(rates, field))
    return NOTHING if field == "out_bytes" and not value else short(value)

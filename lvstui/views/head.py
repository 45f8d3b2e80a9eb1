"""The two lines at the top: which director this is, its role, what is wrong, its load, and whether the data is
current."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from lvstui.director.serving import Tally, tallied
from lvstui.director.state import Rates, State
from lvstui.values import NamedTuple
from lvstui.views.number import NOTHING, UNKNOWN, WAITING, count, short
from lvstui.views.sync import in_brief


class Piece(NamedTuple):
    """Text and the role of its colour: "", "name", "master", "backup", "alarm", "alert", "stale", "mode", "dim"..."""

    text: str
    role: str = ""


Line = tuple[Piece, ...]


class ScreenStatus(NamedTuple):
    """What the screen knows besides the State. `age`: seconds since the last good read; `trouble`: why the reads since
    then failed, "" if none did; `interval`: seconds between reads. `held`: how far the display is behind the last read
    while the screen is paused. `tape`: the text about a recording that is played or made, "" if there is none. `drift`:
    the number of differences between the table and keepalived's own. `sending`: changes are being sent, and nothing is
    read meanwhile. `tally`: what serves, by the last sweep. `unfinished`: a restore was cut off. `findings`: the number
    of the doctor's findings that no other badge counts; `critical`: one of them is critical. `host`: the word for a
    director elsewhere, "" for this one."""

    demo: bool = False
    paused: bool = False
    age: float = 0.0
    trouble: str = ""
    interval: float = 1.0
    held: float = 0.0
    tape: str = ""
    drift: int = 0
    sending: bool = False
    tally: Tally | None = None
    unfinished: bool = False
    findings: int = 0
    critical: bool = False
    host: str = ""


class Badge(NamedTuple):
    """One problem: its words, shorter words for a narrow line, and the role of its colour. A badge that `stays` is
    never left out."""

    text: str
    short: str
    role: str
    stays: bool = False


_LONGEST = 40
"""The most letters of a VRRP finding in the masthead."""
_STEPS = (2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 120, 180, 300, 600, 900, 1800, 3600)


def head(state: State | None, standing: ScreenStatus, width: int) -> tuple[Line, Line]:
    """The masthead's lines, as wide as the terminal. They stay the same as long as nothing changes."""
    if state is None:
        stale = badges(None, standing, None)
        name = Piece(f" {standing.host}", "mode") if standing.host else Piece(" lvstui", "name")
        return _first((name, Piece(f"  reading {WAITING}", "dim")), stale, (), standing, "", width), ()
    tally = standing.tally or (tallied(state) if state.load is not None else None)
    wrong = badges(state, standing, tally)
    well = () if wrong else _well(state, tally)
    return _first(_who(state, standing.host), wrong, well, standing, state.read_only, width), _what(state, tally, width)


def coarse(seconds: float) -> str:
    """An age in steps, so that a screen on which only the age changes is seldom painted: `3s`, `20s`, `2m`."""
    step = max((step for step in _STEPS if step <= seconds), default=0)
    return f"{step}s" if step < 60 else f"{step // 60}m" if step < 3600 else "1h"


def played(taken: float, seconds: float, length: float, speed: float) -> str:
    """The position in a recording: `REPLAY 2026-11-23 10:03:11 1:05/12:30 x4`. `taken`: seconds of the epoch of the
    displayed State; `seconds` of `length` have been played, at `speed` seconds a second, 0 for none."""
    end = " END" if seconds >= length else ""
    fast = f" x{speed:g}" if speed not in (0.0, 1.0) and not end else ""
    when = time.strftime("%F %T", time.localtime(taken))
    return f"{_REPLAY} {when}  {_minutes(seconds)}/{_minutes(length)}{fast}{end}"


_REPLAY = "REPLAY"


def _minutes(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def badges(state: State | None, standing: ScreenStatus, tally: Tally | None) -> list[Badge]:
    """The problems, the most urgent first."""
    every = []
    if standing.trouble and not standing.sending:
        every.append(Badge(text := f"STALE {coarse(standing.age)}", text, "stale", True))
    elif standing.age > max(2 * standing.interval + 0.5, _STEPS[0]) and not standing.paused and not standing.sending:
        every.append(Badge(text := f"{coarse(standing.age)} old", text, "stale", True))
    if tally is not None and (down := len(tally.down)):
        every.append(Badge(f"{count(down, 'service')} DOWN", f"{down} DOWN", "alarm", True))
    wrong = [finding for instance in state.vrrp.instances for finding in instance.findings] if state is not None else []
    split = [finding for finding in wrong if finding.startswith(_SPLIT)]
    if split:
        every.append(Badge(_SPLIT, _SPLIT, "alarm", True))
    if standing.unfinished:
        every.append(Badge("restore unfinished", "unfinished", "alert"))
    if tally is not None and (degraded := len(tally.degraded)):
        every.append(Badge(f"{degraded} degraded", f"{degraded} degr", "alert"))
    if state is not None and state.vrrp.stale:
        every.append(Badge("VRRP STALE", "VRRP STALE", "stale"))
    if others := [finding for finding in wrong if finding not in split]:
        every.append(Badge(_brief(others), count(len(others), "VRRP fault"), "alert"))
    if state is not None and (sync := in_brief(state))[1]:
        every.append(Badge(sync[0], sync[0], "alert"))
    if standing.findings:
        text = count(standing.findings, "finding")
        every.append(Badge(text, f"{standing.findings} find", "alarm" if standing.critical else "alert"))
    if standing.drift:
        every.append(Badge(text := f"{standing.drift} drift", text, "title"))
    return every


_SPLIT = "split brain"


def _well(state: State, tally: Tally | None) -> Line:
    """The text that is shown when there is no problem."""
    if not len(state.services):
        known = state.keeping is not None and state.keeping.effective is not None
        expected = ", as expected" if known and state.vrrp.role == "BACKUP" else ""
        return (Piece(f"table empty{expected}", "dim"),)
    if tally is None or not tally.configured:
        return ()
    if tally.live == tally.configured:
        return (Piece(f"all {count(tally.live, 'server')} live", "up"),)
    if tally.live + tally.drained == tally.configured:
        return (Piece(f"{tally.live} of {tally.configured} live, {tally.drained} drained", "drained"),)
    return ()


def _who(state: State, host: str) -> Line:
    """The machine's name, in another colour if it is not the machine on which lvstui runs."""
    line = [Piece(f" {state.host or 'this director'}", "name")]
    if host:
        line = [Piece(f" {_elsewhere(state.host, host)}", "mode")]
    role, _, keepalived = state.vrrp[:3]
    if role:
        line += [Piece("  "), Piece(f"{role}", role.lower() if role in ("MASTER", "BACKUP") else "alert")]
    elif keepalived is False:
        line.append(Piece("  no keepalived", "dim"))
    elif state.vrrp.unread:
        line.append(Piece(f"  VRRP {WAITING}", "dim"))
    return tuple(line)


def _elsewhere(called: str, host: str) -> str:
    """`lvs2 over ssh`; also the director's own name, if it differs."""
    return f"{host} over ssh" if called in ("", host.rpartition("@")[2]) else f"{host} ({called}) over ssh"


def _brief(wrong: Sequence[str]) -> str:
    """The first finding, without its subject; view 4 has the rest."""
    first = re.split(r": | \(", wrong[0])[0]
    first = first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "~"
    return first + (f", {count(len(wrong) - 1, 'more VRRP fault')}" if len(wrong) > 1 else "")


def _modes(standing: ScreenStatus, read_only: str) -> Line:
    """The modes of the screen: they say nothing about the director."""
    pieces = []
    if standing.sending:
        pieces.append(Piece("SENDING", "mode"))
    if standing.paused:
        held = f" {coarse(standing.held)}" if standing.held >= _STEPS[0] else ""
        pieces.append(Piece(f"PAUSED{held}", "mode"))
    if standing.tape:
        pieces.append(Piece(standing.tape, "mode" if standing.tape.startswith(_REPLAY) else "alert"))
    if read_only and not standing.tape.startswith(_REPLAY):
        pieces.append(Piece("READ-ONLY", "alert"))
    if standing.demo:
        pieces.append(Piece("DEMO", "dim"))
    return tuple(pieces)


def _first(left: Line, wrong: Sequence[Badge], well: Line, standing: ScreenStatus, read_only: str, width: int) -> Line:
    """The name, the problems, and at the right the modes. On a narrow screen badges are shortened before any is left
    out, the least urgent first; a long name is shortened before either."""
    modes = _modes(standing, read_only)
    room = width - sum(len(mode.text) + 2 for mode in modes)
    (name, as_name), rest = left[0], left[1:]
    besides = sum(len(piece.text) for piece in rest)
    shown = _fitting(wrong, room - besides - min(len(name), _NAME))
    most = room - besides - sum(len(piece.text) for piece in shown)
    line = [Piece(name if len(name) <= most else name[: most - 1] + "~" if most > 1 else "", as_name), *rest]
    line += shown
    used = sum(len(piece.text) for piece in line)
    if well and used + 3 + sum(len(piece.text) for piece in well) <= room:
        line += [Piece("   "), *well]
    line.append(Piece(" " * max(0, room - sum(len(piece.text) for piece in line))))
    for mode in modes:
        line += [Piece(" "), mode, Piece(" ")]
    return tuple(line)


def _fitting(wrong: Sequence[Badge], room: int) -> list[Piece]:
    """The badges that fit, and how many kinds of problems the others are: a badge may count several of its kind."""
    for shown in range(len(wrong), -1, -1):
        more = len(wrong) - shown
        pieces: list[Piece] = []
        words = count(more, "more kind") if more else ""
        lengths = [(shown, f"{words} of problem")] if more else []
        for full, rest in [*lengths, *((full, words) for full in range(shown, -1, -1))]:
            pieces = _drawn(wrong[:shown], full, rest)
            if sum(len(piece.text) for piece in pieces) <= room:
                return pieces
        if shown <= sum(badge.stays for badge in wrong):
            break
        if shown == 1:  # none fits: "2 more kinds" would be more than what?
            every = (f"  {count(len(wrong), 'kind')} of problem", "  problems")
            return [Piece(text, "alert") for text in every if len(text) <= room][:1]
    return _drawn(wrong[: sum(badge.stays for badge in wrong)], 0, "")


def _drawn(wrong: Sequence[Badge], full: int, more: str) -> list[Piece]:
    """So many badges in full, the others shortened."""
    line = [Piece("  ")] if wrong else []
    for number, badge in enumerate(wrong):
        text = badge.text if number < full else badge.short
        line += [Piece(f" {text} ", badge.role)] if badge.role in _BLOCKS else [Piece(" "), Piece(text, badge.role)]
        line.append(Piece(" "))
    return [*line, Piece(f" {more}", "alert")] if more else line


_NAME = 16
"""The cells that the machine's name keeps at least."""
_BLOCKS = ("alarm", "stale")
"""The roles whose whole badge is reversed, with a blank cell at either end."""


def _what(state: State, tally: Tally | None, width: int) -> Line:
    load, rates = state.load, state.traffic
    narrow = width < 100
    numbers = (
        ("active ", short(load.active) if load else WAITING),
        ("inact ", short(load.inactive) if load else WAITING),
        ("conn/s ", _rate(rates, "connections")),
        ("in ", _rate(rates, "in_bytes")),
        ("out ", _rate(rates, "out_bytes")),
    )
    gap = "   "
    line = [Piece(f" {count(len(state.services), 'service')}{'  ' if width <= 100 else gap}"), *_servers(tally, narrow)]
    left = width - sum(len(piece.text) for piece in line)
    owner = _owner(state)
    # What does not fit is left out whole, the last of this order first: half a number is a wrong number.
    chosen: list[int] = []
    reserved = 0
    for place in (0, 2, 3, None, 1, 4):
        if place is None:
            reserved = len(owner[-1]) + 3 if len(owner[-1]) + 3 <= left else 0
            continue
        label, number = numbers[place]
        size = len(gap) + len(label) + max(5, len(number))
        if size > left - reserved:
            break
        left -= size
        chosen.append(place)
    for place in sorted(chosen):
        label, number = numbers[place]
        line += [Piece(gap + label, "dim"), Piece(f"{number:<5}")]
    for choices in (_held(state), _sync(state)):
        words = next((words for words in choices if _size(words) <= left - reserved), ())
        left -= _size(words)
        line += words
    # It stands apart from what is before it: "5 more addresses table by keepalived" would be one phrase.
    fitting = [text for text, apart in zip(owner, (4, 3), strict=True) if len(text) + apart <= left]
    owner_text = fitting[0] if fitting else ""
    if owner_text:
        line += [Piece(" " * (left - len(owner_text) - 1)), Piece(f"{owner_text} ", "dim")]
    return tuple(line)


def _owner(state: State) -> tuple[str, str]:
    """Who programs the table, in full and in brief."""
    owner = UNKNOWN if state.owner is None else state.owner or "hand"
    return f"table by {owner}", f"by {owner}" if owner in (UNKNOWN, "hand") else owner


def _size(words: Line) -> int:
    return sum(len(piece.text) for piece in words)


def _held(state: State) -> list[Line]:
    """The virtual addresses that are here: as many as are readable in one line, fewer, and only their number."""
    held = state.vrrp.held or ()
    if not held:
        return []
    texts = [", ".join(held)] if len(held) <= _MOST_HELD else []
    texts += [
        f"{', '.join(held[:named])} and {count(len(held) - named, 'more address')}"
        for named in range(min(_MOST_HELD, len(held)) - 1, 0, -1)
    ]
    return [(Piece("   holds ", "dim"), Piece(text)) for text in (*texts, count(len(held), "address"))]


_MOST_HELD = 3
"""The most virtual addresses that are named."""


def _sync(state: State) -> list[Line]:
    """The sync daemons that run, if any. If something is wrong with them, a badge says so."""
    text, grave = in_brief(state)
    return [(Piece(f"   {text}", "dim"),)] if text and not grave else []


def _servers(tally: Tally | None, narrow: bool) -> Line:
    if tally is None:
        return (Piece("servers ", "dim"), Piece(WAITING))
    short_of = tally.configured is not None and tally.live < tally.configured
    planned = short_of and not tally.down and tally.live + tally.drained == tally.configured
    role = "drained" if planned else "alert" if short_of or tally.down else ""
    whole = UNKNOWN if tally.configured is None else tally.configured
    return (Piece(f"{tally.live}/{whole}", role), Piece(" live" if narrow else " servers live"))


def _rate(rates: Rates | None, field: str) -> str:
    """The rate of the whole network namespace, by the kernel's own averages. A director that only routes sends no
    replies, so their rate is left out."""
    if rates is None:
        return UNKNOWN
    value = float(getattr(rates, field))
    return NOTHING if field == "out_bytes" and not value else short(value)

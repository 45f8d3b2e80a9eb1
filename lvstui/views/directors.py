"""The page of directors: a row for each, with what an operator looks for first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from textwrap import wrap
from typing import NamedTuple

from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.head import Line, Piece, coarse
from lvstui.views.number import UNKNOWN, count, short

COLUMNS = ranked(
    (
        Column("host", "director", 14, right=False, kind=TEXT, grows=True, most=40),
        Column("role", "role", 9, right=False, kind=TEXT),
        Column("services", "services", 8),
        Column("down", "down", 5),
        Column("findings", "findings", 8),
        Column("drift", "drift", 5),
        Column("active", "active", 7),
        Column("age", "age", 5),
    ),
    "directors",
)
_NO_KEEPALIVED, _WAITING, _LOST = "none", "...", "lost"


class Director(NamedTuple):
    """What is known of one director. `state`: the last one read, None before the first; `findings`: the number of
    findings, and whether one is `critical`; `drift`: the number of differences from keepalived's configuration, None
    where that is not known. `trouble`: why reading fails now, "" when it works; `seen`: when the last read succeeded
    (monotonic seconds), None before the first.
    `note`: the restore that was cut off there, "" where none was."""

    host: str
    state: State | None = None
    tally: Tally | None = None
    findings: int = 0
    critical: bool = False
    drift: int | None = None
    trouble: str = ""
    seen: float | None = None
    note: str = ""


class DirectorsView:
    """The directors, in the order given on the command line. `now`: monotonic seconds."""

    columns: Sequence[Column] = COLUMNS
    sets = (ColumnSet("directors", COLUMNS),)
    empty = "no director is named"
    complaint = ""

    def __init__(self, directors: Sequence[Director], now: float) -> None:
        self._directors = directors
        self._now = now
        self._places = {one.host: place for place, one in enumerate(directors)}

    def __len__(self) -> int:
        return len(self._directors)

    def key(self, index: int) -> str:
        return self._directors[index].host

    def place(self, key: Hashable) -> int | None:
        return self._places.get(key) if isinstance(key, str) else None

    def row(self, index: int) -> Row[str]:
        one = self._directors[index]
        state, age = one.state, coarse(self._now - one.seen) if one.seen is not None else ""
        if state is None:
            role = _LOST if one.trouble else _WAITING
            cells = (one.host, role, *[UNKNOWN if one.trouble else ""] * 5, age)
            return Row(one.host, cells, "down" if one.trouble else "drained", sign="▼" if one.trouble else "")
        down = len(one.tally.down) if one.tally is not None else 0
        active = str(short(state.load.active)) if state.load is not None else UNKNOWN
        drift = UNKNOWN if one.drift is None else str(one.drift)
        cells = (one.host, _role(state), str(len(state.services)), str(down), str(one.findings), drift, active, age)
        if one.trouble:  # what is shown is old
            return Row(one.host, cells, "drained", tones={"age": "down"}, sign="▼")
        tones = {"down": "down"} if down else {}
        tones |= {"findings": "down" if one.critical else "warn"} if one.findings else {}
        return Row(one.host, cells, tones=tones, sign="▼" if down else "!" if one.findings else "")


def _role(state: State) -> str:
    """The VRRP role, "none" where no keepalived runs."""
    if state.vrrp.role:
        return state.vrrp.role
    return _NO_KEEPALIVED if state.vrrp.keepalived is False else _WAITING if state.vrrp.unread else UNKNOWN


def head(directors: Sequence[Director]) -> tuple[Line, Line]:
    """The two lines at the top: how many directors there are, and how many have which trouble."""
    lost = sum(bool(one.trouble) for one in directors)
    down = sum(len(one.tally.down) for one in directors if one.tally is not None)
    findings = sum(one.findings for one in directors)
    noted = sum(bool(one.note) for one in directors)
    line = [Piece(f" {count(len(directors), 'director')} over ssh", "mode")]
    troubles = (
        (lost, f"{lost} not reached", "stale"),
        (down, f"{count(down, 'service')} DOWN", "alarm"),
        (noted, f"{noted} with an unfinished restore", "alarm"),
        (findings, count(findings, "finding"), "alert"),
    )
    for number, words, role in troubles:
        if number:
            line += [Piece("   "), Piece(words, role)]
    if not any((lost, down, noted, findings)) and all(one.state is not None for one in directors):
        line += [Piece("   "), Piece("nothing is wrong", "up")]
    waiting = sum(one.state is None and not one.trouble for one in directors)
    second = f" {waiting} not read yet" if waiting else " lvstui reads each every 10 s, and at once when VRRP changes"
    return tuple(line), (Piece(second, "dim"),)


def about(one: Director | None, width: int, told: str = "") -> tuple[Line, Line]:
    """The two lines at the bottom: `told` where there is something to tell, else about the row under the cursor."""
    if one is None and not told:
        return (), ()
    host, text = "" if one is None else f"{one.host}: ", told
    if told:
        host = ""
    elif one is not None:
        opens = "Enter opens it; Esc there comes back" if one.state is not None else "reading it"
        text = one.trouble or one.note or opens
    alert = bool(told or (one is not None and (one.trouble or one.note)))
    first, *rest = wrap(host + text, max(width - 2, 20), break_on_hyphens=False) or [""]
    line = (Piece(" "), Piece(first[: len(host)], "alert" if alert else "name"), Piece(first[len(host) :]))
    return line, (Piece(f" {' '.join(rest)}"),)


def footer() -> Line:
    """The keys."""
    keys = (("Enter", "open"), ("r", "look again"), ("q", "quit"))
    return tuple(piece for key, words in keys for piece in (Piece(f" {key} ", "key"), Piece(f"{words} ")))

"""The page of directors: a row for each, with what an operator looks for first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from lvstui.director.model import service_text
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.values import NamedTuple
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.field import Field, fields, vocabulary
from lvstui.views.filter import STATE, Value
from lvstui.views.head import Line, Piece, coarse
from lvstui.views.look import Look
from lvstui.views.number import UNKNOWN, count, short
from lvstui.views.row_order import ordered
from lvstui.views.sheet import sentence

_NO_KEEPALIVED, _WAITING, _LOST = "none", "...", "lost"
_AS_NAMED = Look()
_LONGEST = 30
"""The most cells of the name of a host."""
_ROOMY = 100
"""The width from which names of hosts have the cells that they need."""


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


class _Cell(NamedTuple):
    """A director, and the time (monotonic seconds)."""

    director: Director
    now: float

    def of_state(self, make: Callable[[State], str]) -> str:
        """A cell made of the last State; a fixed text before the first one."""
        return (
            make(self.director.state) if self.director.state is not None else UNKNOWN if self.director.trouble else ""
        )


class _Table(NamedTuple):
    """All directors, and the time."""

    directors: Sequence[Director]
    now: float

    def of_each(self, make: Callable[[Director, State], Value]) -> list[Value]:
        """A value for each director that was read."""
        return [make(director, director.state) if director.state is not None else None for director in self.directors]


def _down(director: Director) -> int:
    return len(director.tally.down) if director.tally is not None else 0


def _standing(director: Director) -> str:
    """The role, or why it is not known."""
    return _role(director.state) if director.state is not None else _LOST if director.trouble else _WAITING


FIELDS = fields(
    Field[_Cell, _Table](
        Column("host", "director", 14, right=False, kind=TEXT),
        lambda cell: cell.director.host,
        lambda table: [director.host for director in table.directors],
    ),
    Field[_Cell, _Table](
        Column("role", "role", 9, right=False, kind=TEXT),
        lambda cell: _standing(cell.director),
        lambda table: [_standing(director) for director in table.directors],
    ),
    Field[_Cell, _Table](
        Column("services", "services", 8),
        lambda cell: cell.of_state(lambda state: str(len(state.services))),
        lambda table: table.of_each(lambda director, state: len(state.services)),
    ),
    Field[_Cell, _Table](
        Column("down", "down", 5),
        lambda cell: cell.of_state(lambda state: str(_down(cell.director))),
        lambda table: table.of_each(lambda director, state: _down(director)),
    ),
    Field[_Cell, _Table](
        Column("findings", "findings", 8),
        lambda cell: cell.of_state(lambda state: str(cell.director.findings)),
        lambda table: table.of_each(lambda director, state: director.findings),
    ),
    Field[_Cell, _Table](
        Column("drift", "drift", 5),
        lambda cell: cell.of_state(lambda state: UNKNOWN if cell.director.drift is None else str(cell.director.drift)),
        lambda table: table.of_each(lambda director, state: director.drift),
    ),
    Field[_Cell, _Table](
        Column("active", "active", 7),
        lambda cell: cell.of_state(lambda state: UNKNOWN if state.load is None else str(short(state.load.active))),
        lambda table: table.of_each(lambda director, state: state.load.active if state.load is not None else None),
    ),
    Field[_Cell, _Table](
        Column("age", "age", 5),
        lambda cell: coarse(cell.now - cell.director.seen) if cell.director.seen is not None else "",
        lambda table: [
            table.now - director.seen if director.seen is not None else None for director in table.directors
        ],
    ),
    Field[_Cell, _Table](
        Column("why", "what is wrong", 20, right=False, kind=""),
        lambda cell: wrong(cell.director),
    ),
)
COLUMNS = ranked([field.column for field in FIELDS.values()], "directors")
SORTS = tuple(key for key, field in FIELDS.items() if field.values is not None)
_TROUBLE = "trouble"
_WORDS = vocabulary(FIELDS, ("master", "backup", _LOST, "down", _TROUBLE))


class DirectorsView:
    """The directors as a Look wants them: in the order of the command line, or sorted. `now`: monotonic seconds;
    `width`: cells of the table."""

    def __init__(self, directors: Sequence[Director], now: float, look: Look = _AS_NAMED, width: int = 80) -> None:
        table = _Table(directors, now)

        def values(column: str) -> Sequence[Value]:
            if column == STATE:
                return [_words(director) for director in directors]
            make = FIELDS[column].values
            assert make is not None
            return make(table)

        order = ordered(look, len(directors), FIELDS, _WORDS, lambda word: (_texts(directors),), values)
        self._directors = [directors[number] for number in order.numbers]
        self._any = bool(directors)
        self._now = now
        self._places = {director.host: place for place, director in enumerate(self._directors)}
        self.complaint = order.complaint
        # What is wrong takes the room that the names of the hosts do not need.
        longest = max((len(director.host) for director in directors), default=0) if width >= _ROOMY else 0
        self.columns: Sequence[Column] = tuple(
            column._replace(width=min(_LONGEST, max(column.width, longest)))
            if column.key == "host"
            else column._replace(grows=column.key == "why")
            for column in COLUMNS
        )
        self.sets = (ColumnSet("directors", tuple(self.columns)),)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return "no director passes the filter" if self._any else "no director is named"

    def __len__(self) -> int:
        return len(self._directors)

    def key(self, index: int) -> str:
        return self._directors[index].host

    def place(self, key: Hashable) -> int | None:
        return self._places.get(key) if isinstance(key, str) else None

    def trouble_after(self, place: int, step: int = 1) -> str | None:
        """The next director with trouble, after this row, or before it where `step` is -1; after the last row comes the
        first. None where there is none."""
        count = len(self._directors)
        around = (self._directors[(place + step * n) % count] for n in range(1, count + 1))
        return next((director.host for director in around if troubled(director)), None)

    def row(self, index: int) -> Row[str]:
        director = self._directors[index]
        cells = tuple(field.cell(_Cell(director, self._now)) for field in FIELDS.values())
        if director.state is None:
            return Row(
                director.host, cells, "down" if director.trouble else "drained", sign="▼" if director.trouble else ""
            )
        if director.trouble:  # what is shown is old
            return Row(director.host, cells, "drained", tones={"age": "down"}, sign="▼")
        down = _down(director)
        tones = {"down": "down"} if down else {}
        tones |= {"findings": "down" if director.critical else "warn"} if director.findings else {}
        return Row(
            director.host, cells, tones=tones, sign="▼" if down else "~" if director.findings or director.note else ""
        )


def troubled(director: Director) -> bool:
    """Whether a director needs attention: it cannot be reached, does not serve everything, has findings, or a restore
    was cut off."""
    return bool(director.trouble or _down(director) or director.findings or director.note)


def wrong(director: Director) -> str:
    """What is wrong with a director, in one sentence: `tcp 192.0.2.14:8443 DOWN, 3 services degraded, 1 finding`; "" if
    nothing is."""
    if director.trouble or director.note:
        return director.trouble or director.note
    down = director.tally.down if director.tally is not None else []
    degraded = len(director.tally.degraded) if director.tally is not None else 0
    parts = [f"{service_text(key)} DOWN" for key in down[:2]]
    parts += [f"{count(len(down) - 2, 'more service')} DOWN"] if len(down) > 2 else []
    parts += [f"{count(degraded, 'service')} degraded"] if degraded else []
    parts += [count(director.findings, "finding")] if director.findings else []
    return ", ".join(parts)


def _words(director: Director) -> str:
    """The words of a filter that are true of a director."""
    words = [_standing(director).lower(), _LOST if director.trouble else "", "down" if _down(director) else ""]
    return " ".join((*words, _TROUBLE if troubled(director) else ""))


def _texts(directors: Sequence[Director]) -> list[str]:
    """The texts in which a word of a filter is searched."""
    return [
        f"{director.host} {_standing(director)} {director.trouble} {director.note}".lower() for director in directors
    ]


def _role(state: State) -> str:
    """The VRRP role, "none" where no keepalived runs."""
    if state.vrrp.role:
        return state.vrrp.role
    return _NO_KEEPALIVED if state.vrrp.keepalived is False else _WAITING if state.vrrp.unread else UNKNOWN


def head(directors: Sequence[Director]) -> tuple[Line, Line]:
    """The two lines at the top: how many directors there are, and how many have which trouble."""
    lost = sum(bool(director.trouble) for director in directors)
    down = sum(len(director.tally.down) for director in directors if director.tally is not None)
    findings = sum(director.findings for director in directors)
    noted = sum(bool(director.note) for director in directors)
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
    if not any((lost, down, noted, findings)) and all(director.state is not None for director in directors):
        line += [Piece("   "), Piece("nothing is wrong", "up")]
    waiting = sum(director.state is None and not director.trouble for director in directors)
    second = f" {waiting} not read yet" if waiting else " lvstui reads each every 10 s, and at once when VRRP changes"
    return tuple(line), (Piece(second, "dim"),)


def about(director: Director | None, width: int, message: str = "") -> tuple[Line, Line]:
    """The two lines at the bottom: `message` if it is not empty, else the text about the row under the cursor."""
    if director is None and not message:
        return (), ()
    host, text = "" if director is None else f"{director.host}: ", message
    if message:
        host = ""
    elif director is not None:
        opens = "Enter opens it; Esc there comes back" if director.state is not None else "reading it"
        bad = director.trouble or director.note
        text = wrong(director) if bad else "; ".join(filter(None, (wrong(director), opens)))
    alert = bool(message or (director is not None and (director.trouble or director.note)))
    first, *rest = sentence(host + text, max(width - 2, 20))
    line = (Piece(" "), Piece(first[: len(host)], "alert" if alert else "name"), Piece(first[len(host) :]))
    return line, (Piece(f" {' '.join(rest)}"),)


def footer(keys: Sequence[tuple[str, str]]) -> Line:
    """The keys, with what each does."""
    return tuple(piece for key, words in keys for piece in (Piece(f" {key} ", "key"), Piece(f"{words} ")))

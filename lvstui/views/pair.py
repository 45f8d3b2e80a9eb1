"""View 8: the pair. A row for each thing that differs on the other director, or for everything that was compared; and
one of them in full."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from lvstui.director.pair.moves import Move
from lvstui.director.pair.point import AMISS, DIFFERS, EQUAL, EXPECTED, OTHER, SKEW, THIS, UNKNOWN, Point
from lvstui.director.pair.takeover import DirectorNames, takeover
from lvstui.values import TYPE_CHECKING, NamedTuple
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.doctor import clock
from lvstui.views.dropping import ranked
from lvstui.views.grid_view import FactLines
from lvstui.views.head import Line, Piece
from lvstui.views.look import Look, keeps
from lvstui.views.named import named
from lvstui.views.operator_names import NO_NAMES
from lvstui.views.operator_names import OperatorNames as Called
from lvstui.views.sheet import sentence

if TYPE_CHECKING:
    from lvstui.director.pair.compare import Compared

DIFFERENT, ALL, CHANGES = "what differs", "all", "VRRP changes"
"""The sets of rows: Tab goes from one to the other."""

COLUMNS = ranked(
    (
        Column("where", "where", 17, right=False, kind=TEXT, grows=True),
        Column("what", "what", 18, right=False, kind=TEXT),
        Column("this", "here", 20, right=False, kind=TEXT, wide=28),
        Column("other", "there", 20, right=False, kind=TEXT, wide=28),
    ),
    "pair",
)
_LEAST = 8
"""The fewest cells of a column."""
_ROOM = 56
"""Cells for what and the two values, where a terminal has 80: the rest names a row as far as its address."""
_SIGNS = {DIFFERS: "~", AMISS: "~", UNKNOWN: "?"}
_LOST = "▼"
_WIDE = 62
_MEANS = {
    EQUAL: "the same on both",
    DIFFERS: "not the same on both",
    AMISS: "wrong for a pair, even if both have the same",
    EXPECTED: "different on each side, as it should be",
    UNKNOWN: "not known on at least one side: neither equal nor different",
}


class PairReading(NamedTuple):
    """What is known of the pair. `names` and `roles`: of this director and of the other; `compared`: None until both
    were read; `trouble`: why reading the other fails, "" if it works; `age`: seconds since its last good read. `moves`:
    changes of VRRP on both, the latest first, by this director's clock; `ahead`: how far the other's clock is ahead of
    it, None if that is not known; `now`: seconds of the epoch."""

    names: DirectorNames
    roles: tuple[str, str] = ("", "")
    compared: Compared | None = None
    trouble: str = ""
    age: float = 0.0
    moves: Sequence[Move] = ()
    ahead: float | None = None
    now: float = 0.0

    @property
    def differences(self) -> int:
        return len(self.compared.differences) if self.compared is not None else 0

    @property
    def grave(self) -> bool:
        """Whether something would be missing or unreachable if the other took over."""
        return self.compared is not None and takeover(self.compared, self.names, self.roles).grave


class PointKey(NamedTuple):
    """The identity of a compared thing from one read to the next; `number` distinguishes several with one name."""

    kind: str
    of: str
    about: str
    what: str
    number: int = 0


class PairView:
    """The points as a Look wants them, in the order of their effect at a failover."""

    complaint = ""

    def __init__(self, reading: PairReading | None, look: Look, called: Called = NO_NAMES) -> None:
        self._reading = reading
        self._called = called
        names = reading.names if reading is not None else DirectorNames("here", "there")
        self._changes = look.columns == CHANGES
        self._rows: dict[PointKey | Move, Point | Move] = {}
        if self._changes:
            moves = reading.moves if reading is not None else ()
            self._rows |= {move: move for move in moves if keeps(" ".join(_cells(move, reading)), look.filter)}
        else:
            self._rows |= {
                key: point
                for key, point in _keyed(reading, look)
                if keeps(f"{_text(point)} {named(_where(point), called)}", look.filter)
            }
        self._keys = list(self._rows)[::-1] if look.reverse else list(self._rows)
        self._places = {key: place for place, key in enumerate(self._keys)}
        self.columns: Sequence[Column] = _columns(names, [self._texts(point) for point in self._rows.values()])
        self.sets = tuple(ColumnSet(name, tuple(self.columns)) for name in (DIFFERENT, ALL, CHANGES))

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        reading = self._reading
        if reading is None:
            return "no pair is open: :pair HOST opens one"
        if self._changes and not reading.moves:
            return "no change of VRRP is known"
        if reading.compared is None:
            return f"{reading.names.other} has not been read yet"
        if reading.compared.points or self._changes:
            return "nothing passes the filter"
        return "nothing differs; Tab shows what is the same"

    def key(self, index: int) -> PointKey | Move:
        return self._keys[index]

    def place(self, key: Hashable) -> int | None:
        return self._places.get(key) if isinstance(key, PointKey | Move) else None

    def row(self, index: int) -> Row[PointKey | Move]:
        key = self._keys[index]
        point, reading = self._rows[key], self._reading
        cells = self._texts(point)
        if isinstance(point, Move):
            return Row(key, cells)
        old = reading is not None and bool(reading.trouble)
        if old or point.standing in (EQUAL, EXPECTED, UNKNOWN):
            return Row(key, cells, "drained", sign=_SIGNS.get(point.standing, ""))
        lost = {THIS: "this", OTHER: "other"}.get(point.lacks, "")
        return Row(key, cells, tones={lost: "down"} if lost else {}, sign=_LOST if lost else _SIGNS[point.standing])

    def _texts(self, point: Point | Move) -> tuple[str, str, str, str]:
        if isinstance(point, Move):
            return _cells(point, self._reading)
        return named(_where(point), self._called), point.what, point.this, point.other


class PointView(FactLines):
    """One point in full, line by line."""

    columns = (
        Column("label", "", 12, right=False, kind=TEXT),
        Column("value", "", 50, right=False, kind=TEXT, grows=True),
    )
    sets = (ColumnSet("point", columns),)

    def __init__(self, reading: PairReading, key: PointKey, called: Called = NO_NAMES) -> None:
        point = next((point for its_key, point in _keyed(reading, Look(columns=ALL)) if its_key == key), None)
        lines = _lines(point, reading.names, called) if point is not None else ()
        super().__init__(key, [(label, value, "") for label, value in lines])

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return "this is the same on both now"


def _columns(names: DirectorNames, rows: Sequence[tuple[str, str, str, str]]) -> tuple[Column, ...]:
    """The columns, as wide as their texts need: both values can be read on 80 cells, where they are no longer than
    _ROOM together."""
    place, what, this, other = COLUMNS
    words, here, there = ([len(text) for text in texts] for texts in list(zip(*rows, strict=True))[1:] or ((), (), ()))
    what = what._replace(width=max(_LEAST, min(max(words, default=0), what.width)))
    longest = [max(_LEAST, min(max(of, default=0), column.wide)) for of, column in ((here, this), (there, other))]
    room = _ROOM - what.width
    widths = [min(own, max(room // 2, room - beside)) for own, beside in zip(longest, longest[::-1], strict=True)]
    return (
        place,
        what,
        this._replace(title=names.this, width=widths[0], wide=longest[0]),
        other._replace(title=names.other, width=widths[1], wide=longest[1]),
    )


def clocks(reading: PairReading | None, width: int) -> Sequence[Line]:
    """Whose clock dates the changes, and how far the other clock differs from it."""
    if reading is None:
        return ()
    this, other = reading.names
    if reading.ahead is None:
        apart = f"how far that of {other} differs is not known"
    elif abs(reading.ahead) <= SKEW:
        apart = f"that of {other} is in step"
    else:
        way = "ahead" if reading.ahead > 0 else "behind"
        apart = f"that of {other} is {abs(reading.ahead):.1f} s {way}, which lvstui corrects"
    return _wrapped(f"times are by the clock of {this}; {apart}", "dim", width)


def lines(reading: PairReading | None, width: int) -> Sequence[Line]:
    """The sentence that sums up a pair; above it, while reading the other director fails, the age of the display."""
    if reading is None:
        return ()
    pieces: list[Line] = []
    if reading.trouble:
        age = f"{reading.age:.0f} s old" if reading.compared is not None else "not read yet"
        pieces += _wrapped(f"{reading.names.other} is {age}: {reading.trouble}", "stale", width)
    if reading.compared is not None:
        summary = takeover(reading.compared, reading.names, reading.roles)
        role = "drained" if reading.trouble else "up" if summary.equal else "down" if summary.grave else "alert"
        pieces += _wrapped(summary.text, role, width)
    return pieces


def _wrapped(text: str, role: str, width: int) -> list[Line]:
    return [(Piece(f" {part}", role),) for part in sentence(text, max(20, width - 2))]


def _keyed(reading: PairReading | None, look: Look) -> Iterator[tuple[PointKey, Point]]:
    """The points that belong to the set of rows, with their keys."""
    seen: dict[tuple[str, str, str, str], int] = {}
    for point in reading.compared.points if reading is not None and reading.compared is not None else ():
        number = seen[point.identity] = seen.get(point.identity, -1) + 1
        if look.columns == ALL or point.standing not in (EQUAL, EXPECTED):
            yield PointKey(*point.identity, number), point


def _cells(move: Move, reading: PairReading | None) -> tuple[str, str, str, str]:
    """When, which instance, and which state it took, in the column of its director."""
    became = f"{move.before} -> {move.state}" if move.before else move.state
    now = reading.now if reading is not None else move.at
    moment = f"{'' if move.before else 'since '}{clock(move.at, now)}"
    return moment, move.instance, became if move.side == THIS else "", became if move.side == OTHER else ""


def _where(point: Point) -> str:
    return f"{point.about} in {point.of}" if point.of else point.about


def _text(point: Point) -> str:
    return " ".join((point.kind, _where(point), point.what, point.this, point.other, point.standing))


def _about(point: Point, called: Called) -> str:
    """Where a point is, by the operator's name too."""
    where = _where(point)
    name = named(where, called)
    return where if name == where else f"{name}, {where}"


def _lines(point: Point, names: DirectorNames, called: Called) -> Iterator[tuple[str, str]]:
    lost = {THIS: names.this, OTHER: names.other}.get(point.lacks)
    means = f"it is not there, or does not work, on {lost}" if lost else _MEANS[point.standing]
    for label, value in (
        ("what", f"{point.what} of {_about(point, called)}"),
        (names.this, point.this),
        (names.other, point.other),
        ("means", means),
    ):
        for number, part in enumerate(sentence(value, _WIDE)):
            yield "" if number else label, part

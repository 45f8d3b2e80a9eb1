"""All real servers of all services in one flat table, with the usual columns of real servers, to sort and filter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property

from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.rates import History
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.views import server_fields
from lvstui.views.around import ALONE, RowContext, tells_since
from lvstui.views.column import TEXT, Column, ColumnSet, Row, in_set
from lvstui.views.field import Field, column_set, vocabulary
from lvstui.views.filter import ColumnTexts, Value, hides
from lvstui.views.look import Look
from lvstui.views.number import WAITING, count
from lvstui.views.place import Place
from lvstui.views.row_order import ordered
from lvstui.views.rule_words import service_name
from lvstui.views.server_fields import Members, ServerCells
from lvstui.views.servers import OUT
from lvstui.views.serving import DOWN, DRAINED, sign, toned
from lvstui.views.worst import OF_SERVERS, first, of_every_server, unseen

_FEW = 300
"""The largest number of servers for which the width of the names is measured."""
MANY = 5_000
"""The number of servers from which the order is computed only at intervals, because it takes a tenth of a second or
more."""
_OFTEN = 10.0
"""Seconds for which the order of so many servers is kept."""


def _service(members: Members) -> str:
    return members.around.names.service(members.service) or service_name(members.service, "family" in members.unknown)


FIELDS = {
    **{key: field for key, field in server_fields.FIELDS.items() if key in ("name", "called")},
    "service": Field[ServerCells, Members](
        Column("service", "service", 22, right=False, kind=TEXT, help="the virtual service it is in", most=30),
        lambda row: _service(row.of),
        lambda members: [_service(members)] * len(members.rows),
    ),
    **{key: field for key, field in server_fields.FIELDS.items() if key not in ("name", "called", "share")},
}

SETS = (
    column_set(
        FIELDS,
        "every",
        "state",
        "name called service state since weight active inactive cps in out check drift forward note",
    ),
    column_set(FIELDS, "every", "traffic", "name called service state weight active cps in out in_pps out_pps"),
    column_set(
        FIELDS, "every", "totals", "name called service state active conns in_packets out_packets in_bytes out_bytes"
    ),
    column_set(
        FIELDS, "every", "limits", "name called service state weight active inactive upper lower used persistent"
    ),
)

VOCABULARY = vocabulary(FIELDS, server_fields.WORDS)


class EveryServer:
    """What view 2 shows when all real servers are listed."""

    def __repr__(self) -> str:
        return "every real server"


EVERY = EveryServer()


class EveryView:
    """All real servers as a Look wants them. For a large table without those that keepalived removed, because finding
    them means checking every configured service."""

    def __init__(
        self,
        state: State,
        look: Look,
        history: History,
        around: RowContext = ALONE,
        sets: Sequence[ColumnSet] = SETS,
        before: EveryView | None = None,
        tally: Tally | None = None,
        held: bool = False,
    ) -> None:
        """`before`: the view of the last tick, whose order is kept if there was no sweep since. `tally`: what serves;
        without it no row is moved to the top. `held`: rows stay in their places for now."""
        self._state = state
        self._history = history
        self._around = around
        self._exact = look.exact
        self._members: dict[ServiceKey, Members] = {}
        self._numbers: dict[ServiceKey, dict[ServerKey, int]] = {}
        self.sets = [
            column_set._replace(
                columns=tuple(column for column in column_set.columns if _has_content(column, around, state))
            )
            for column_set in sets
        ]
        self._made_of = (look.sort, look.reverse, look.filter)
        self._order: Sequence[Place]
        self._ranks: Mapping[Place, tuple[float, ...]]
        self._swept: float | None
        self._at: dict[Place, int] | None = None
        self.complaint: str
        self.total: int
        self._whole: bool
        if before is not None and before._made_of == self._made_of and before._stands(state):
            self._order, self._swept, self._ranks = before._order, before._swept, before._ranks
            self.complaint, self.total, self._whole = before.complaint, before.total, before._whole
        else:
            self._whole = sum(len(state.servers(key) or ()) for key in state.services.keys) <= MANY
            places = self._places
            made = ordered(look, len(places), FIELDS, VOCABULARY, self._texts, self._values)
            numbers = made.numbers
            alike = held and before is not None and before._made_of == self._made_of
            self._ranks = before._ranks if before is not None and alike else of_every_server(state, tally)
            if not look.sort and self._ranks:
                ranks = {at: rank for at, place in enumerate(places) if (rank := self._ranks.get(place)) is not None}
                numbers = first(numbers[::-1], ranks)[::-1] if look.reverse else first(numbers, ranks)
            self._order = [places[number] for number in numbers]
            self.complaint, self.total, self._swept = made.complaint, len(places), state.swept
        self.columns = self._narrowed(in_set(self.sets, look.columns).columns)
        self._cells = [FIELDS[column.key].cell for column in self.columns]

    def _narrowed(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Narrows the columns of addresses and names to the longest that is shown, so that other columns have space."""
        if not 0 < len(self._order) <= _FEW:
            return tuple(columns)
        names = self._around.names
        longest = {
            "name": max(len(server_text(place.server)) for place in self._order),
            "called": max(len(names.server(place.server)) for place in self._order),
            "service": max(
                len(names.service(key) or service_name(key)) for key in {place.service for place in self._order}
            ),
        }
        return tuple(
            column._replace(width=max(len(column.title), min(column.width, longest.get(column.key, column.width))))
            for column in columns
        )

    def _stands(self, state: State) -> bool:
        """Whether this order is still valid for another State."""
        if self._swept is None or state.swept is None:
            return False
        return state.swept == self._swept or (self.total > MANY and 0 <= state.swept - self._swept < _OFTEN)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self._made_of[2], "real server") if self.total else "no real servers"

    @property
    def heading(self) -> str:
        """`31 of 3,000 real servers`"""
        some = f"{len(self)} of " if len(self) != self.total else ""
        return f"{some}{count(self.total, 'real server')} in {count(len(self._state.services), 'service')}"

    def key(self, index: int) -> Place:
        return self._order[index]

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, Place):
            return None
        if self._at is None:
            self._at = {place: number for number, place in enumerate(self._order)}
        return self._at.get(key)

    def unseen(self, seen: range) -> str:
        return unseen(self._ranks, self.place, seen, OF_SERVERS)

    def row(self, index: int) -> Row[Place]:
        place = self._order[index]
        row = self._cell(place)
        if row is None:  # it went since the order was made
            cells = tuple(WAITING if column.key not in ("name", "called") else "" for column in self.columns)
            return Row(place, cells, "out")
        if row.out:
            both = zip(self.columns, self._cells, strict=True)
            known = tuple(cell(row) if column.key in (*OUT, "service") else "" for column, cell in both)
            return Row(place, known, "out", "", {}, sign(row.word))
        cells = tuple(cell(row) for cell in self._cells)
        mark = sign(row.word) or ("≠" if row.of.drift(row.reading) else "")
        if row.server.weight:
            return Row(place, cells, "", "", {"state": toned(row.word)}, mark)
        return Row(place, cells, DOWN if row.word == "down" else DRAINED, "", {}, mark)

    def _cell(self, place: Place) -> ServerCells | None:
        members = self._of(place.service)
        if place.service not in self._numbers:
            self._numbers[place.service] = {row.server.key: number for number, row in enumerate(members.pool)}
        number = self._numbers[place.service].get(place.server)
        return ServerCells(members, number) if number is not None else None

    def _of(self, key: ServiceKey) -> Members:
        if key not in self._members:
            self._members[key] = Members(self._state, key, self._history, self._around, self._exact, self._whole)
        return self._members[key]

    @cached_property
    def _every(self) -> list[Members]:
        return [self._of(key) for key in self._state.services.keys]

    @cached_property
    def _places(self) -> list[Place]:
        return [Place(members.service, row.server.key) for members in self._every for row in members.rows]

    def _texts(self, word: str) -> ColumnTexts:
        """The texts of each server, and the name of its service."""
        columns: list[list[str]] = [[], [], [], []]
        for members in self._every:
            texts = members.texts(word)
            service = f"{service_name(members.service)} {members.around.names.service(members.service)}".lower()
            for column, more in zip(columns, (*texts, [service] * len(members.rows)), strict=True):
                column += more
        return columns

    def _values(self, column: str) -> Sequence[Value]:
        values = FIELDS[column].values
        if values is None:
            return [None] * len(self._places)
        return [value for members in self._every for value in values(members)]


def _has_content(column: Column, around: RowContext, state: State) -> bool:
    """Leaves out columns that would be empty: names if nobody gave any, and checks if nobody reports them."""
    match column.key:
        case "called":
            return bool(around.names.names)
        case "since":
            return tells_since(around.time_sources)
        case "check":
            return state.keeping is not None
        case "drift":
            return bool(around.drifts is not None and around.drifts.number)
        case "note":
            return bool(around.names.notes)
        case _:
            return True

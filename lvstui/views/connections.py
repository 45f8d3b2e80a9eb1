"""A sample of the connection table: by server, client network, service, state or persistence template; and the single
rows of one of these groups."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from lvstui.director.connections import OPENING, Connection, network
from lvstui.director.model import address_text, endpoint_text
from lvstui.values import NamedTuple
from lvstui.views.column import NUMBER, ColumnSet, Row
from lvstui.views.connection_fields import (
    BOUND,
    CLIENTS,
    COLUMNS,
    ONES,
    ORIGINS,
    SERVERS,
    SERVICES,
    SETS,
    STATES,
    Filtered,
    Going,
    Texts,
    about,
    always,
    chosen,
    go_on,
    left,
    network_text,
    percent,
)
from lvstui.views.filter import Value, hides
from lvstui.views.grid_view import GridView
from lvstui.views.look import Look
from lvstui.views.number import NOTHING, UNKNOWN, short

if TYPE_CHECKING:
    from lvstui.director.connection_summary import ConnectionSummary, KernelCounts, RowGroup

AT_ONCE = 1_000
"""The most rows of a sample that are filtered and sorted before the next key is handled. More are in a thread."""
_BETWEEN = 1_000
"""After so many rows it is asked again whether to go on."""


class GroupKey(NamedTuple):
    """A group of rows with the same `of`."""

    kind: str
    of: Any


class ConnectionKey(NamedTuple):
    """A row by itself, from sample to sample."""

    of: tuple[Any, ...]

    @property
    def client(self) -> bytes:
        address: bytes = self.of[1]
        return address


_MEANINGS = {
    "ESTABLISHED": "open",
    "SYN_RECV": "not answered yet, or a flood",
    "SYN_SENT": "the server opens it",
    "FIN_WAIT": "one side has closed it",
    "TIME_WAIT": "closed by both",
    "CLOSE": "refused or reset; gone in 10 s",
    "CLOSE_WAIT": "closed by the client",
    "LAST_ACK": "closed, last packet awaited",
    "SYNACK": "answered, last packet awaited",
    "UDP": "a packet came a while ago",
    **dict.fromkeys(("INIT1", "INIT"), "opening: first packet seen"),
    **dict.fromkeys(("C-SENT", "C-REPLIED", "C-WAIT", "COOKIE", "C-ECHOED"), "opening: the cookie is on its way"),
    **dict.fromkeys(("S-SENT", "S-RECEIVED"), "one side has closed it"),
    "S-ACK-SENT": "closed, last packet awaited",
    "REJECTED": "refused; gone in 4 s",
    "CLOSED": "closed by both",
    "NONE": "no packet recognised so far",
}


class GroupsView:
    """The groups of rows, the largest first. `before`: the same groups, drawn otherwise; `behind` a group: the rows of
    that group."""

    sets = SETS

    def __init__(
        self,
        of: Filtered,
        kind: str,
        look: Look,
        before: GroupsView | None = None,
        behind: RowGroup | None = None,
    ) -> None:
        self.of, self.kind = of, kind
        self.columns = COLUMNS[kind]
        self.complaint = of.complaint
        self.exact = look.exact
        self._total = len(of.summary.connections if behind is None else behind.rows)
        self._places: dict[Hashable, int] | None = before._places if before is not None else None
        self._groups: Sequence[RowGroup] = before._groups if before is not None else self._sorted(look, behind)

    def count(self, going: Going) -> None:
        """Computes what a row is drawn with, which else is computed when it is drawn. Raises GivenUp where `going`
        returns False."""
        for group in self._groups:
            go_on(going)
            self.of.summary.figures(group)

    def _sorted(self, look: Look, behind: RowGroup | None) -> Sequence[RowGroup]:
        groups = _groups(self.of.summary, self.kind, behind)
        column = next((candidate for candidate in self.columns if candidate.key == look.sort and candidate.kind), None)
        if column is None:
            return groups[::-1] if look.reverse else groups
        values = [(self._value(column.key, group), group) for group in groups]
        known = [candidate for candidate in values if candidate[0] is not None]
        known.sort(key=lambda candidate: candidate[0], reverse=(column.kind == NUMBER) is not look.reverse)  # type: ignore[arg-type, return-value]
        return [group for _, group in known] + [group for value, group in values if value is None]

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return hides(self.of.pattern, "connection") if self.of.pattern.strip("! ") else "no connections"

    def key(self, index: int) -> GroupKey:
        return GroupKey(self.kind, self._groups[index].of)

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, GroupKey) or key.kind != self.kind:
            return None
        if self._places is None:
            self._places = {group.of: n for n, group in enumerate(self._groups)}
        return self._places.get(key.of)

    def row(self, index: int) -> Row[GroupKey]:
        group = self._groups[index]
        cells = tuple(self._cell(column.key, group) for column in self.columns)
        tones: dict[str, str] = {}
        sign = ""
        if self.kind == SERVERS:
            tone = self.of.texts.place(group.of)[1]
            tones = {"name": tone, "service": tone} if tone else {}
            sign = {"down": "▼", "drained": "="}.get(tone, "")
        if not tones and (half := self.of.summary.figures(group).half) and half * 2 > len(group.rows) > 9:
            tones = {"half": "warn"}
        return Row(self.key(index), cells, tones=tones, sign=sign)

    def _cell(self, key: str, group: RowGroup) -> str:
        value = self._value(key, group)
        if value is None:
            return UNKNOWN
        match key:
            case "share":
                return percent(float(value))
            case "left":
                return left(int(value))
            case "about":
                return about(float(value))
            case _ if isinstance(value, str):
                return value
        return f"{value:,.0f}" if self.exact else short(float(value))

    def _value(self, key: str, group: RowGroup) -> Value:
        size = len(group.rows)
        match key:
            case "count":
                return size
            case "share":
                return size / self._total
            case "about":
                total = self.of.summary.kernel_counts.total
                return size * total / max(1, self.of.summary.sample.seen) if total is not None else None
            case "open" | "half" | "closing" | "clients" | "places" | "left" | "synced":
                figure: int | None = getattr(self.of.summary.figures(group), key)
                return figure
            case "active" | "inactive" | "persistent":
                known: KernelCounts = self.of.summary.kernel_counts
                counted: Any = known.servers if self.kind == SERVERS else known.services
                counts: tuple[int, int, int] | None = counted.get(group.of)
                return counts[("active", "inactive", "persistent").index(key)] if counts is not None else None
            case "means":
                return _MEANINGS.get(group.of, "")
            case "service":
                word = self.of.texts.place(group.of)[0]
                return f"{word}: {self.of.texts.service(group.of[0])}" if word else self.of.texts.service(group.of[0])
        return group_text(GroupKey(self.kind, group.of), self.of.texts)


def _groups(summary: ConnectionSummary, kind: str, behind: RowGroup | None) -> Sequence[RowGroup]:
    if behind is not None:
        return summary.servers(behind) if kind == SERVERS else summary.clients(behind)
    return _grouped_by(summary)[kind]


def _grouped_by(summary: ConnectionSummary) -> dict[str, Sequence[RowGroup]]:
    return {
        SERVERS: summary.by_server,
        CLIENTS: summary.by_network,
        SERVICES: summary.by_service,
        STATES: summary.by_state,
    }


class OnesView:
    """Single rows: templates first, then by client. `cursor`: a row whose place will be asked for. Raises GivenUp where
    `going` returns False."""

    complaint = ""

    def __init__(
        self,
        of: Filtered,
        numbers: Sequence[int],
        look: Look,
        bound: bool = False,
        cursor: Hashable = None,
        going: Going = always,
    ) -> None:
        self.of = of
        self.columns = COLUMNS[BOUND] if bound else ONES
        self.sets = SETS if bound else (ColumnSet("one", ONES),)
        self.complaint = of.complaint
        self._rows = of.summary.sample.rows
        self._bound = bound
        if bound and not look.sort:  # the summary has them so
            self._numbers = list(reversed(numbers)) if look.reverse else list(numbers)
        else:
            self._numbers = self._sorted(numbers, look, going)
        self._at = array("q", [-1]) * len(self._rows)
        for index, n in enumerate(self._numbers):
            self._at[n] = index
        go_on(going)
        self._known = of.texts.rows
        if isinstance(cursor, ConnectionKey) and cursor not in self._known:
            row = next((n for n in self._numbers if _identity(self._rows[n]) == cursor), None)
            if row is not None:
                self._known[cursor] = row

    def _sorted(self, numbers: Sequence[int], look: Look, going: Going) -> list[int]:
        order = self._order(look.sort)
        keys: dict[int, Any] = {}
        for n in numbers:
            if not len(keys) % _BETWEEN:
                go_on(going)
            keys[n] = order(n)
        go_on(going)
        return sorted(numbers, key=keys.__getitem__, reverse=look.reverse)

    def _order(self, key: str) -> Callable[[int], Any]:
        rows = self._rows
        if key in ("client", "server", "state", "service", "origin", "data"):
            return lambda n: self._cell(n, rows[n], key)
        if key == "left":
            return lambda n: -rows[n].left
        return lambda n: (bool(rows[n].client_port), len(rows[n].client), rows[n].client, rows[n].client_port)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if self.of.pattern.strip("! "):
            return hides(self.of.pattern, "row")
        return "no persistence template in the sample" if self._bound else "no row of it is in the sample"

    def key(self, index: int) -> ConnectionKey:
        n = self._numbers[index]
        key = _identity(self._rows[n])
        self._known[key] = n
        return key

    def place(self, key: Hashable) -> int | None:
        """The position of a row that was drawn from this sample, or that was given as the cursor's: nothing is
        searched."""
        n = self._known.get(key) if isinstance(key, ConnectionKey) else None
        at = self._at[n] if n is not None else -1
        return at if at >= 0 else None

    def row(self, index: int) -> Row[ConnectionKey]:
        n = self._numbers[index]
        row = self._rows[n]
        tone = self.of.texts.place(self.of.summary.at(n))[1] if not row.ended else "drained"
        tones = {"server": tone} if tone else {"state": "warn"} if row.state in OPENING else {}
        sign = {"down": "▼", "drained": "="}.get(tone, "")
        cells = tuple(self._cell(n, row, column.key) for column in self.columns)
        return Row(self.key(index), cells, tones=tones, sign=sign)

    def _cell(self, n: int, row: Connection, key: str) -> str:
        texts = self.of.texts
        match key:
            case "client":
                port = row.client_port
                return endpoint_text(row.client, port) if port else texts.address(row.client)
            case "server":
                return texts.server(row.server) if not row.ended else address_text(row.server.address)
            case "state":
                if row.ended:
                    return "ended"
                return row.state if row.client_port or self._bound else f"bound {row.state}"[:11]
            case "left":
                return left(row.left)
            case "service":
                service = texts.service(self.of.summary.owner(n))
                word = texts.place(self.of.summary.at(n))[0] if not row.ended else ""
                return f"{word}: {service}" if word else service
            case "origin":
                return ORIGINS[row.synced]
            case _:
                return f"{row.engine} {row.data}".strip() or NOTHING


def _identity(row: Connection) -> ConnectionKey:
    return ConnectionKey((*row[:6], row.data))


def inside(summary: ConnectionSummary, key: GroupKey) -> list[int]:
    """The numbers of the rows of a group, and of the templates that bind clients to it."""
    rows = summary.sample.rows
    of_key = group(summary, key)
    numbers = [*summary.templates, *(summary.connections if key.kind not in _grouped_by(summary) else ())]
    match key.kind:
        case "servers":
            members = [n for n in numbers if summary.at(n) == key.of]
        case "clients":
            members = [n for n in numbers if network(rows[n].client) == key.of]
        case "services":
            members = [n for n in numbers if summary.owner(n) == key.of]
        case "hosts":
            members = [n for n in numbers if summary.places.servers[n].address == key.of]
        case "states":
            members = []
        case _:
            members = [n for n in numbers if rows[n].client == key.of]
    return [*members, *(of_key.rows if of_key is not None else ())]


def group(summary: ConnectionSummary, key: GroupKey) -> RowGroup | None:
    """The group with this key, None if the summary does not have it."""
    return next((candidate for candidate in _grouped_by(summary).get(key.kind, ()) if candidate.of == key.of), None)


def group_text(key: GroupKey, texts: Texts) -> str:
    """The name of a group."""
    of = key.of
    match key.kind:
        case "servers":
            return texts.server(of[1])
        case "clients":
            return network_text(of)
        case "services":
            return texts.service(of)
        case "states":
            return str(of)
    return texts.address(of)


class RowsRequest(NamedTuple):
    """Which rows are wanted: `kind` is what they are grouped by, `texts` the sample with its names."""

    texts: Texts
    kind: str
    inside: Hashable | None
    filter: str
    sort: str
    reverse: bool

    def same(self, other: RowsRequest | None) -> bool:
        """Whether it is the same of the same sample. Samples are not compared row by row."""
        return other is not None and self.texts is other.texts and self[1:] == other[1:]

    def similar(self, other: RowsRequest | None) -> bool:
        """Whether a row of the one means the same in the other: both are single rows of the same group, or both are
        groups."""
        if other is None or (self.inside is None and (self.kind == BOUND) is not (other.kind == BOUND)):
            return False
        return self.inside == other.inside

    @property
    def quick(self) -> bool:
        """Whether they are there at once: the sample is small, or has them already."""
        as_added_up = self.inside is None and self.kind != BOUND and not self.filter.strip() and not self.sort
        return as_added_up or len(self.texts.summary.sample.rows) <= AT_ONCE


class ComputedRows(NamedTuple):
    """The rows, and what passed the filter."""

    request: RowsRequest
    of: Filtered
    view: GridView[Any]

    def drawn(self, look: Look) -> ComputedRows:
        """The same rows with numbers as the Look wants them."""
        if not isinstance(self.view, GroupsView) or self.view.exact is look.exact:
            return self
        return self._replace(view=GroupsView(self.of, self.request.kind, look, self.view))


def rows_request(texts: Texts, look: Look) -> RowsRequest:
    """What a Look asks for."""
    return RowsRequest(texts, chosen(look), look.inside, look.filter, look.sort, look.reverse)


def make(
    request: RowsRequest, look: Look, cursor: Hashable, before: ComputedRows | None, going: Going = always
) -> ComputedRows:
    """Computes rows; what passed the filter is taken from `before` if that is the same. `cursor`: the row whose place
    will be asked for. Raises GivenUp where `going` returns False."""
    same = before is not None and before.of.texts is request.texts and before.of.pattern == request.filter
    of = before.of if before is not None and same else Filtered(request.texts, request.filter, going)
    if request.inside is not None or request.kind == BOUND:
        summary, key = of.summary, request.inside
        numbers = inside(summary, key) if isinstance(key, GroupKey) else summary.templates
        return ComputedRows(request, of, OnesView(of, numbers, look, key is None, cursor, going))
    groups = GroupsView(of, request.kind, look)
    if not request.quick:
        groups.count(going)
    return ComputedRows(request, of, groups)

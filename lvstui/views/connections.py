"""A sample of the connection table: by server, client network, service, state or persistence template; and the single
rows of one of these groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from lvstui.director.connections import OPENING, Connection, Group, Known, Summary, network
from lvstui.director.model import address_text, endpoint_text
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
    Texts,
    about,
    left,
    network_text,
    percent,
)
from lvstui.views.filter import Value
from lvstui.views.look import Look
from lvstui.views.number import NOTHING, UNKNOWN, short


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
    """The groups of rows, the largest first. `behind` a group: the rows of that group."""

    sets = SETS

    def __init__(
        self,
        of: Filtered,
        kind: str,
        look: Look,
        before: GroupsView | None = None,
        behind: Group | None = None,
    ) -> None:
        self.of, self.kind = of, kind
        self.columns = COLUMNS[kind]
        self.complaint = of.complaint
        self.made_of = (of.summary, kind, look.sort, look.reverse, look.exact)
        self._exact = look.exact
        self._total = len(of.summary.connections if behind is None else behind.rows)
        self._places: dict[Hashable, int] | None = None
        if before is not None and before.made_of[:4] == self.made_of[:4] and behind is None:
            self._groups: Sequence[Group] = before._groups
        else:
            self._groups = self._sorted(look, behind)

    def _sorted(self, look: Look, behind: Group | None) -> Sequence[Group]:
        groups = _groups(self.of.summary, self.kind, behind)
        column = next((one for one in self.columns if one.key == look.sort and one.kind), None)
        if column is None:
            return groups[::-1] if look.reverse else groups
        values = [(self._value(column.key, group), group) for group in groups]
        known = [one for one in values if one[0] is not None]
        known.sort(key=lambda one: one[0], reverse=(column.kind == NUMBER) is not look.reverse)  # type: ignore[arg-type, return-value]
        return [group for _, group in known] + [group for value, group in values if value is None]

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return "no connection passes the filter" if self.of.pattern.strip("! ") else "no connections"

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

    def _cell(self, key: str, group: Group) -> str:
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
        return f"{value:,.0f}" if self._exact else short(float(value))

    def _value(self, key: str, group: Group) -> Value:
        size = len(group.rows)
        match key:
            case "count":
                return size
            case "share":
                return size / self._total
            case "about":
                total = self.of.summary.known.total
                return size * total / max(1, self.of.summary.sample.seen) if total is not None else None
            case "open" | "half" | "closing" | "clients" | "places" | "left" | "synced":
                figure: int | None = getattr(self.of.summary.figures(group), key)
                return figure
            case "active" | "inactive" | "persistent":
                known: Known = self.of.summary.known
                counted: Any = known.servers if self.kind == SERVERS else known.services
                counts: tuple[int, int, int] | None = counted.get(group.of)
                return counts[("active", "inactive", "persistent").index(key)] if counts is not None else None
            case "means":
                return _MEANINGS.get(group.of, "")
            case "service":
                word = self.of.texts.place(group.of)[0]
                return f"{word}: {self.of.texts.service(group.of[0])}" if word else self.of.texts.service(group.of[0])
        return group_text(GroupKey(self.kind, group.of), self.of.texts)


def _groups(summary: Summary, kind: str, behind: Group | None) -> Sequence[Group]:
    if behind is not None:
        return summary.servers(behind) if kind == SERVERS else summary.clients(behind)
    return _grouped_by(summary)[kind]


def _grouped_by(summary: Summary) -> dict[str, Sequence[Group]]:
    return {
        SERVERS: summary.by_server,
        CLIENTS: summary.by_network,
        SERVICES: summary.by_service,
        STATES: summary.by_state,
    }


class OnesView:
    """Single rows: templates first, then by client."""

    complaint = ""

    def __init__(self, of: Filtered, numbers: Sequence[int], look: Look, bound: bool = False) -> None:
        self.of = of
        self.columns = COLUMNS[BOUND] if bound else ONES
        self.sets = SETS if bound else (ColumnSet("one", ONES),)
        self.complaint = of.complaint
        self.made_of = (look.sort, look.reverse, bound, look.inside)
        self._rows = of.summary.sample.rows
        self._bound = bound
        self._drawn: dict[ConnectionKey, int] = {}
        if bound and not look.sort:  # the summary has them so
            self._numbers = list(reversed(numbers)) if look.reverse else list(numbers)
        else:
            self._numbers = sorted(numbers, key=self._order(look.sort), reverse=look.reverse)

    def _order(self, key: str) -> Callable[[int], Any]:
        rows = self._rows
        if key in ("client", "server", "state", "service", "origin", "data"):
            return lambda n: self._cells(n)[key]
        if key == "left":
            return lambda n: -rows[n].left
        return lambda n: (bool(rows[n].client_port), len(rows[n].client), rows[n].client, rows[n].client_port)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if self.of.pattern.strip("! "):
            return "no row passes the filter"
        return "no persistence template in the sample" if self._bound else "no row of it is in the sample"

    def key(self, index: int) -> ConnectionKey:
        key = _identity(self._rows[self._numbers[index]])
        self._drawn[key] = index
        return key

    def place(self, key: Hashable) -> int | None:
        """The position of a row. The cursor is always on a row that was drawn, so nothing is searched."""
        if not isinstance(key, ConnectionKey):
            return None
        if key in self._drawn:
            return self._drawn[key]
        return next((at for at, n in enumerate(self._numbers) if _identity(self._rows[n]) == key), None)

    def row(self, index: int) -> Row[ConnectionKey]:
        n = self._numbers[index]
        row, cells = self._rows[n], self._cells(n)
        tone = self.of.texts.place(self.of.summary.at(n))[1] if not row.ended else "drained"
        tones = {"server": tone} if tone else {"state": "warn"} if row.state in OPENING else {}
        sign = {"down": "▼", "drained": "="}.get(tone, "")
        return Row(self.key(index), tuple(cells[column.key] for column in self.columns), tones=tones, sign=sign)

    def _cells(self, n: int) -> dict[str, str]:
        row, texts = self._rows[n], self.of.texts
        port = f":{row.client_port}" if row.client_port else ""
        client = texts.address(row.client) if not port else endpoint_text(row.client, row.client_port)
        owner = self.of.summary.owner(n)
        word = texts.place(self.of.summary.at(n))[0] if not row.ended else ""
        service = f"{word}: {texts.service(owner)}" if word else texts.service(owner)
        return {
            "client": client,
            "server": texts.server(row.server) if not row.ended else address_text(row.server.address),
            "state": "ended" if row.ended else row.state if port or self._bound else f"bound {row.state}"[:11],
            "left": left(row.left),
            "service": service,
            "origin": ORIGINS[row.synced],
            "data": f"{row.engine} {row.data}".strip() or NOTHING,
        }


def _identity(row: Connection) -> ConnectionKey:
    return ConnectionKey((*row[:6], row.data))


def inside(summary: Summary, key: GroupKey) -> list[int]:
    """The numbers of the rows of a group, and of the templates that bind clients to it."""
    rows = summary.sample.rows
    one = group(summary, key)
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
    return [*members, *(one.rows if one is not None else ())]


def group(summary: Summary, key: GroupKey) -> Group | None:
    """The group with this key, None if the summary does not have it."""
    return next((one for one in _grouped_by(summary).get(key.kind, ()) if one.of == key.of), None)


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

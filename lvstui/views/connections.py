"""A sample of the connection table: by server, by client network, by service, by state, and what binds clients; and the
rows of one of these, each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from lvstui.director.connections import (
    CLOSING,
    OPENING,
    Connection,
    Group,
    Known,
    Network,
    Summary,
    grouped,
    network,
    summed,
    where,
)
from lvstui.director.model import (
    ServerKey,
    ServiceKey,
    address_text,
    endpoint_text,
    protocol_name,
    server_text,
)
from lvstui.views.column import NUMBER, TEXT, Column, ColumnSet, Row, in_set
from lvstui.views.dropping import ranked
from lvstui.views.filter import Value, Vocabulary, kept, parse
from lvstui.views.head import Line, Piece
from lvstui.views.look import Look
from lvstui.views.names import Names
from lvstui.views.number import NOTHING, UNKNOWN, count, short
from lvstui.views.times import moment
from lvstui.views.words import service_name

SERVERS, CLIENTS, SERVICES, STATES, BOUND, ADDRESSES = "servers", "clients", "services", "states", "bound", "addresses"
"""What rows are put together by; BOUND are the persistence templates, one by one."""
SYNCED, LOCAL = "sync", "here"


class Reading(NamedTuple):
    """What the console has of the table. `under_way`: it is being read; `trouble`: why it could not be; `more`: more
    can be asked for."""

    summary: Summary | None = None
    under_way: bool = False
    trouble: str = ""
    more: bool = True


UNSAMPLED = Reading()


class GroupKey(NamedTuple):
    """Rows that have `of` in common."""

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
    "NONE": "no packet understood so far",
}


def _column(key: str, title: str, width: int, **more: Any) -> Column:
    return Column(key, title, width, **more)


def _text(key: str, title: str, width: int, **more: Any) -> Column:
    return Column(key, title, width, right=False, kind=TEXT, **more)


_COUNT, _SHARE = _column("count", "rows", 5, exact=7), _column("share", "share", 5)
_OPEN, _HALF, _CLOSING = _column("open", "estab", 6), _column("half", "syn", 5), _column("closing", "closing", 7)
_CLIENTS, _PLACES, _LEFT = _column("clients", "clients", 7), _column("places", "servers", 7), _column("left", "left", 8)
_SYNCED = _column("synced", "synced", 6)
_KERNEL = (
    _column("active", "active", 7, help="of all, by the kernel's counters"),
    _column("inactive", "inact", 7, help="of all, by the kernel's counters"),
    _column("persistent", "persist", 7, help="of all, by the kernel's counters"),
)
_FIGURES = (_COUNT, _SHARE, _OPEN, _HALF)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    SERVERS: ranked(
        (
            *(_text("name", "server", 20), _text("service", "service", 22), *_FIGURES),
            *(_CLIENTS, _CLOSING, _LEFT, _SYNCED, *_KERNEL),
        ),
        "connections servers",
    ),
    CLIENTS: ranked(
        (_text("name", "client network", 26), *_FIGURES, _CLIENTS, _PLACES, _CLOSING, _LEFT, _SYNCED),
        "connections clients",
    ),
    SERVICES: ranked(
        (_text("name", "service", 26), *_FIGURES, _CLIENTS, _PLACES, *_KERNEL, _CLOSING, _LEFT, _SYNCED),
        "connections services",
    ),
    STATES: ranked(
        (
            *(_text("name", "state", 12), _COUNT, _SHARE, _column("about", "about", 9), _CLIENTS),
            _text("means", "means", 30, grows=True),
        ),
        "connections states",
    ),
    ADDRESSES: (_text("name", "client", 26), _COUNT, _SHARE, _OPEN, _HALF, _PLACES, _LEFT._replace(drop=1)),
    BOUND: ranked(
        (
            *(_text("client", "client bound", 22), _text("server", "to server", 21), _LEFT, _text("state", "state", 8)),
            *(_text("service", "service", 20, grows=True), _text("origin", "from", 4), _text("data", "engine", 24)),
        ),
        "connections bound",
    ),
}
ONES = ranked(
    (
        *(_text("client", "client", 22), _text("server", "server", 21), _text("state", "state", 11), _LEFT),
        *(_text("service", "service", 20, grows=True), _text("origin", "from", 4), _text("data", "engine", 20)),
    ),
    "connections one",
)
SETS = tuple(ColumnSet(kind, COLUMNS[kind]) for kind in (SERVERS, CLIENTS, SERVICES, STATES, BOUND))
"""Tab goes through them."""
_ORIGINS = {True: SYNCED, False: LOCAL, None: UNKNOWN}


class Texts:
    """What rows are called, each address and each service once."""

    def __init__(self, summary: Summary, names: Names) -> None:
        self.summary, self.names = summary, names
        self._addresses: dict[bytes, str] = {}
        self._servers: dict[ServerKey, str] = {}
        self._services: dict[ServiceKey, str] = {}
        self._columns: dict[str, list[Any]] = {}

    def address(self, address: bytes) -> str:
        found = self._addresses.get(address)
        if found is None:
            found = self._addresses[address] = address_text(address)
        return found

    def server(self, key: ServerKey) -> str:
        """`web1:80`, else its address."""
        found = self._servers.get(key)
        if found is None:
            called = self.names.server(key)
            found = self._servers[key] = f"{called}:{key.port}" if called else server_text(key)
        return found

    def service(self, key: ServiceKey) -> str:
        """What it is called, else its address."""
        found = self._services.get(key)
        if found is None:
            found = self._services[key] = self.names.service(key) or service_name(key)
        return found

    def column(self, key: str) -> list[Any]:
        """A column of all rows, by which they are filtered."""
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = self._made(key)
        return found

    def _made(self, key: str) -> list[Any]:
        rows, services = self.summary.sample.rows, self.summary.places.services
        match key:
            case "client":
                return [self.address(row.client) for row in rows]
            case "network":
                return [network_text(network(row.client)) for row in rows]
            case "vip":
                return [self.address(row.virtual) if row.protocol else f"fwm {row.mark}" for row in rows]
            case "service":
                return [self.service(key or where(row)).lower() for key, row in zip(services, rows, strict=True)]
            case "server":
                return [self.address(row.server.address) for row in rows]
            case "called":
                return [self.server(row.server).lower() for row in rows]
            case "state":
                return [row.state.lower() for row in rows]
            case "proto":
                return [protocol_name(row.protocol) if row.protocol else "ip" for row in rows]
            case "from":
                return [_ORIGINS[row.synced] for row in rows]
            case "port":
                return [row.virtual_port for row in rows]
            case _:
                return [row.left for row in rows]

    def place(self, key: tuple[ServiceKey, ServerKey]) -> tuple[str, str]:
        """What is wrong with a server that connections go to, and its tone."""
        known = self.summary.known
        if key in self.summary.places.doubtful:
            return ("", "") if key[0] in known.services else ("not known", "")
        if key[0] not in known.services:
            return "no service", "down"
        if key not in known.servers:
            return "gone", "down"
        return ("drained", "drained") if not known.weights[key] else ("", "")


_WORDS = {name: name for name in ("client", "network", "vip", "service", "server", "state", "proto", "from")}
VOCABULARY = Vocabulary({"left": "left", "port": "port"}, _WORDS)
"""What a filter may speak of: rows are filtered, not the groups that they make."""
_SEARCHED = ("client", "server", "called", "service", "state", "proto")


def filtered(texts: Texts, pattern: str) -> tuple[Sequence[int] | None, str]:
    """The numbers of the rows that pass a filter, None for all; and what of it was not understood."""
    wanted = parse(pattern, VOCABULARY)
    if not wanted.terms:
        return None, wanted.complaint
    rows = texts.summary.sample.rows
    numbers = kept(wanted, len(rows), lambda word: [texts.column(key) for key in _SEARCHED], texts.column)
    return numbers, wanted.complaint


class Filtered:
    """A sample with the names that its rows have, and of it what passes a filter; kept while neither changes."""

    def __init__(self, summary: Summary, names: Names, pattern: str, before: Filtered | None = None) -> None:
        self.texts: Texts
        self.summary: Summary
        self.complaint: str
        same = before is not None and before.texts.summary is summary and before.texts.names is names
        self.texts = before.texts if before is not None and same else Texts(summary, names)
        self.pattern = pattern
        if before is not None and same and before.pattern == pattern:
            self.summary, self.complaint = before.summary, before.complaint
        else:
            numbers, self.complaint = filtered(self.texts, pattern)
            whole = summary.sample, summary.places, summary.known
            self.summary = summary if numbers is None else summed(*whole, numbers)


class GroupsView:
    """Rows put together, the largest group first. `numbers`: of these rows alone."""

    sets = SETS

    def __init__(
        self,
        of: Filtered,
        kind: str,
        look: Look,
        before: GroupsView | None = None,
        numbers: Sequence[int] | None = None,
    ) -> None:
        self.of, self.kind = of, kind
        self.columns = COLUMNS[kind]
        self.complaint = of.complaint
        self.made_of = (of.summary, kind, look.sort, look.reverse, look.exact, numbers)
        self._exact = look.exact
        self._total = len(of.summary.connections if numbers is None else numbers)
        self._counted: dict[Hashable, Counter[str]] = {}
        if before is not None and before.made_of[:4] == self.made_of[:4] and numbers is None:
            self._groups: Sequence[Group] = before._groups
        else:
            self._groups = self._sorted(look, numbers)

    def _sorted(self, look: Look, numbers: Sequence[int] | None) -> Sequence[Group]:
        groups = _groups(self.of.summary, self.kind, numbers)
        column = next((one for one in self.columns if one.key == look.sort and one.kind), None)
        if column is None:
            return groups[::-1] if look.reverse else groups
        values = [(self._value(column.key, group), group) for group in groups]
        told = [one for one in values if one[0] is not None]
        told.sort(key=lambda one: one[0], reverse=(column.kind == NUMBER) is not look.reverse)  # type: ignore[arg-type, return-value]
        return [group for _, group in told] + [group for value, group in values if value is None]

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        return "no connection passes the filter" if self.of.pattern.strip("! ") else "no connections"

    def key(self, index: int) -> GroupKey:
        return GroupKey(self.kind, self._groups[index].of)

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, GroupKey) or key.kind != self.kind:
            return None
        return next((n for n, group in enumerate(self._groups) if group.of == key.of), None)

    def row(self, index: int) -> Row[GroupKey]:
        group = self._groups[index]
        cells = tuple(self._cell(column.key, group) for column in self.columns)
        tones: dict[str, str] = {}
        sign = ""
        if self.kind == SERVERS:
            tone = self.of.texts.place(group.of)[1]
            tones = {"name": tone, "service": tone} if tone else {}
            sign = {"down": "▼", "drained": "="}.get(tone, "")
        if (
            not tones
            and (half := sum(self._states(group)[state] for state in OPENING))
            and half * 2 > len(group.rows) > 9
        ):
            tones = {"half": "warn"}
        return Row(self.key(index), cells, tones=tones, sign=sign)

    def _states(self, group: Group) -> Counter[str]:
        found = self._counted.get(group.of)
        if found is None:
            rows = self.of.summary.sample.rows
            found = self._counted[group.of] = Counter(rows[n].state for n in group.rows)
        return found

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
        rows, size = self.of.summary.sample.rows, len(group.rows)
        match key:
            case "count":
                return size
            case "share":
                return size / self._total
            case "about":
                total = self.of.summary.known.total
                return size * total / max(1, self.of.summary.sample.seen) if total is not None else None
            case "open":
                return self._states(group)["ESTABLISHED"]
            case "half":
                return sum(self._states(group)[state] for state in OPENING)
            case "closing":
                return sum(self._states(group)[state] for state in CLOSING)
            case "clients":
                return len({rows[n].client for n in group.rows})
            case "places":
                return len({self.of.summary.places.servers[n] for n in group.rows})
            case "left":
                return max(rows[n].left for n in group.rows)
            case "synced":
                told = [rows[n].synced for n in group.rows]
                return sum(map(bool, told)) if None not in told else None
            case "active" | "inactive" | "persistent":
                known: Known = self.of.summary.known
                counted: Any = known.servers if self.kind == SERVERS else known.services
                found: tuple[int, int, int] | None = counted.get(group.of)
                return found[("active", "inactive", "persistent").index(key)] if found is not None else None
            case "means":
                return _MEANINGS.get(group.of, "")
            case "service":
                word = self.of.texts.place(group.of)[0]
                return f"{word}: {self.of.texts.service(group.of[0])}" if word else self.of.texts.service(group.of[0])
        return group_text(GroupKey(self.kind, group.of), self.of.texts)


def _place(summary: Summary, number: int) -> tuple[ServiceKey, ServerKey]:
    return summary.owner(number), summary.places.servers[number]


def _groups(summary: Summary, kind: str, numbers: Sequence[int] | None) -> Sequence[Group]:
    if numbers is not None:
        if kind == SERVERS:
            return grouped(numbers, [_place(summary, n) for n in numbers])
        return grouped(numbers, [summary.sample.rows[n].client for n in numbers])
    return {
        SERVERS: summary.by_server,
        CLIENTS: summary.by_network,
        SERVICES: summary.by_service,
        STATES: summary.by_state,
    }[kind]


class OnesView:
    """Rows, each by itself: what binds clients first, then by client."""

    complaint = ""

    def __init__(self, of: Filtered, numbers: Sequence[int], look: Look, bound: bool = False) -> None:
        self.of = of
        self.columns = COLUMNS[BOUND] if bound else ONES
        self.sets = SETS if bound else (ColumnSet("one", ONES),)
        self.complaint = of.complaint
        self.made_of = (look.sort, look.reverse, bound, look.inside)
        self._rows = of.summary.sample.rows
        self._bound = bound
        self._numbers = sorted(numbers, key=self._order(look.sort), reverse=look.reverse)

    def _order(self, key: str) -> Callable[[int], Any]:
        rows = self._rows
        if key in ("client", "server", "state", "service", "origin", "data"):
            return lambda n: self._cells(n)[key]
        if key == "left" or self._bound:
            return lambda n: -rows[n].left
        return lambda n: (bool(rows[n].client_port), len(rows[n].client), rows[n].client, rows[n].client_port)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def empty(self) -> str:
        """What stands where no row does."""
        if self.of.pattern.strip("! "):
            return "no row passes the filter"
        return "no persistence template in the sample" if self._bound else "no row of it is in the sample"

    def key(self, index: int) -> ConnectionKey:
        return _identity(self._rows[self._numbers[index]])

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, ConnectionKey):
            return None
        return next((at for at, n in enumerate(self._numbers) if _identity(self._rows[n]) == key), None)

    def row(self, index: int) -> Row[ConnectionKey]:
        n = self._numbers[index]
        row, cells = self._rows[n], self._cells(n)
        tone = self.of.texts.place(_place(self.of.summary, n))[1] if not row.ended else "drained"
        tones = {"server": tone} if tone else {"state": "warn"} if row.state in OPENING else {}
        sign = {"down": "▼", "drained": "="}.get(tone, "")
        return Row(self.key(index), tuple(cells[one.key] for one in self.columns), tones=tones, sign=sign)

    def _cells(self, n: int) -> dict[str, str]:
        row, texts = self._rows[n], self.of.texts
        port = f":{row.client_port}" if row.client_port else ""
        client = texts.address(row.client) if not port else endpoint_text(row.client, row.client_port)
        owner = self.of.summary.owner(n)
        word = texts.place(_place(self.of.summary, n))[0] if not row.ended else ""
        service = f"{word}: {texts.service(owner)}" if word else texts.service(owner)
        return {
            "client": client,
            "server": texts.server(row.server) if not row.ended else address_text(row.server.address),
            "state": "ended" if row.ended else row.state if port or self._bound else f"bound {row.state}"[:11],
            "left": left(row.left),
            "service": service,
            "origin": _ORIGINS[row.synced],
            "data": f"{row.engine} {row.data}".strip() or NOTHING,
        }


def _identity(row: Connection) -> ConnectionKey:
    return ConnectionKey((*row[:6], row.data))


def inside(summary: Summary, key: GroupKey) -> list[int]:
    """The numbers of the rows of a group, and of the templates that bind clients to it."""
    rows = summary.sample.rows
    numbers = [*summary.templates, *summary.connections]
    match key.kind:
        case "servers":
            return [n for n in numbers if _place(summary, n) == key.of]
        case "clients":
            return [n for n in numbers if network(rows[n].client) == key.of]
        case "services":
            return [n for n in numbers if summary.owner(n) == key.of]
        case "states":
            return [n for n in summary.connections if rows[n].state == key.of]
    return [n for n in numbers if rows[n].client == key.of]


def group_text(key: GroupKey, texts: Texts) -> str:
    """What a group is called."""
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


def network_text(of: Network) -> str:
    """`203.0.113.0/24`"""
    return f"{address_text(of.address)}/{of.bits}"


def heading(key: GroupKey, texts: Texts) -> str:
    """`connections > web1:80 in shop`"""
    where_ = f" in {texts.service(key.of[0])}" if key.kind == SERVERS else ""
    what = {CLIENTS: "from ", STATES: "in state "}.get(key.kind, "to ")
    return f"connections > {what}{group_text(key, texts)}{where_}"


def over(
    reading: Reading, shown: Summary | None, now: float, width: int, expires: int | None = None, serving: bool = True
) -> list[Line]:
    """What was read, how much that is of the table, and what it says in all. `expires`: the kernel's switch
    expire_nodest_conn; `serving`: packets come here, as they do not to a backup."""
    if reading.summary is None or shown is None:
        if reading.trouble:
            return [(Piece(f" not read: {reading.trouble}", "alert"),)]
        return [(Piece(" the connection table is being read" if reading.under_way else " nothing was read", "dim"),)]
    sample, known = reading.summary.sample, reading.summary.known
    lines: list[Line] = []
    if reading.trouble:
        lines.append((Piece(f" not read anew: {reading.trouble}", "alert"),))
    lines.append((Piece(f" {extent(reading.summary, now)}"), Piece(_also(reading), "dim")))
    active, inactive, persistent = known.parts
    if known.total is not None and not sample.whole:
        words = f" the kernel counts {short(active)} active, {short(inactive)} inact, {short(persistent)} persistent"
        lines.append((Piece(words, "dim"), Piece("; below: the sample", "dim")))
    if line := _in_brief(shown, shown is not reading.summary, width - 1):
        lines.append((Piece(f" {line}", "dim"),))
    if serving and (lost := sum(len(group.rows) for group in shown.by_server if _lost(group, reading.summary))):
        becomes = "they hang or end by expire_nodest_conn"
        if expires is not None:
            becomes = f"{'they end by' if expires else 'clients hang:'} expire_nodest_conn={expires}"
        words = f" {count(lost, 'sampled row')} lead{'s' if lost == 1 else ''} to no server: {becomes}"
        lines.append((Piece(words, "dim" if expires else "alert"),))
    if sample.mangled:
        lines.append((Piece(f" {count(sample.mangled, 'line')} of the table could not be understood", "alert"),))
    return lines


def _lost(group: Group, summary: Summary) -> bool:
    """Whether connections certainly go to a server that is in its service no more, or to no service."""
    return group.of not in summary.known.servers and group.of not in summary.places.doubtful


def _in_brief(shown: Summary, filtered: bool, width: int) -> str:
    """`41 pass   ESTABLISHED 62%   SYN_RECV 10%   120 templates   4.0% synced`: as many states as there is room for."""
    size = len(shown.connections)
    first = [f"{size:,} pass"] if filtered else []
    last = [count(len(shown.templates), "template")] if shown.templates else []
    if synced := shown.synced:
        last.append(f"{percent(synced / size)} synced")
    states: list[str] = []
    for group in shown.by_state[:6]:
        more = [*states, f"{group.of} {percent(len(group.rows) / size)}"]
        if len("   ".join((*first, *more, *last))) > width:
            break
        states = more
    return "   ".join((*first, *states, *last))


def extent(summary: Summary, now: float) -> str:
    """`sample: 10,000 of about 1.2 million rows, 0.2 s, at 02:46:30`."""
    sample, total = summary.sample, summary.known.total
    cost = f"{sample.seconds:.1f} s, at {moment(sample.taken, now)}"
    if sample.whole:
        return f"all {sample.seen:,} rows, {cost}"
    of = f"about {about(total)}" if total is not None else "an unknown number of"
    return f"sample: {sample.seen:,} of {of} rows, {cost}"


def _also(reading: Reading) -> str:
    if reading.under_way:
        return "   it is being read anew"
    whole = reading.summary is not None and reading.summary.sample.whole
    return "" if whole or not reading.more else "   M reads more"


def about(number: float) -> str:
    """`57,600`, `1.2 million`"""
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,.0f}"


def percent(share: float) -> str:
    """`62%`, `0.4%`"""
    return f"{100 * share:.1f}%" if share < 0.0995 else f"{100 * share:.0f}%"


def left(seconds: int) -> str:
    """`14:12`, `3:02:11`, `6 d 2 h`: minutes and seconds until a row expires."""
    if seconds >= 360_000:
        return f"{seconds // 86_400} d {seconds % 86_400 // 3600} h"
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def chosen(look: Look) -> str:
    """What the rows are put together by."""
    return in_set(SETS, look.columns).name

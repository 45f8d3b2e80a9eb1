"""The connections of a sample: the columns, the names of rows, and the filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lvstui.director.connections import Network, network, where
from lvstui.director.model import ServerKey, ServiceKey, address_text, protocol_name, server_text
from lvstui.views.column import TEXT, Column, ColumnSet, in_set
from lvstui.views.dropping import ranked
from lvstui.views.filter import Vocabulary, matching_rows, parse
from lvstui.views.look import Look
from lvstui.views.number import UNKNOWN
from lvstui.views.operator_names import OperatorNames
from lvstui.views.rule_words import service_name

if TYPE_CHECKING:
    from lvstui.director.connection_summary import ConnectionSummary

SERVERS, CLIENTS, SERVICES, STATES, BOUND, ADDRESSES = "servers", "clients", "services", "states", "bound", "addresses"
HOSTS = "hosts"
"""What rows are grouped by. BOUND: persistence templates, one by one. HOSTS: all servers of one host, in any
service."""
SYNCED, LOCAL = "sync", "here"
Going = Callable[[], bool]
"""Whether what is being computed is still wanted."""


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
ORIGINS = {True: SYNCED, False: LOCAL, None: UNKNOWN}


def chosen(look: Look) -> str:
    """What the rows are grouped by."""
    return in_set(SETS, look.columns).name


class Texts:
    """The names of rows. Each address and each service is converted once."""

    def __init__(self, summary: ConnectionSummary, names: OperatorNames) -> None:
        self.summary, self.names = summary, names
        self._addresses: dict[bytes, str] = {}
        self._servers: dict[ServerKey, str] = {}
        self._services: dict[ServiceKey, str] = {}
        self._columns: dict[str, list[Any]] = {}
        self.rows: dict[Hashable, int] = {}
        """The numbers of rows that were drawn, by their keys."""

    def address(self, address: bytes) -> str:
        text = self._addresses.get(address)
        if text is None:
            text = self._addresses[address] = address_text(address)
        return text

    def server(self, key: ServerKey) -> str:
        """`web1:80`, else its address."""
        text = self._servers.get(key)
        if text is None:
            called = self.names.server(key)
            text = self._servers[key] = f"{called}:{key.port}" if called else server_text(key)
        return text

    def service(self, key: ServiceKey) -> str:
        """The operator's name for it, or else its address."""
        text = self._services.get(key)
        if text is None:
            text = self._services[key] = self.names.service(key) or service_name(key)
        return text

    def column(self, key: str) -> list[Any]:
        """A column of all rows, by which they are filtered."""
        values = self._columns.get(key)
        if values is None:
            values = self._columns[key] = self._made(key)
        return values

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
                return [ORIGINS[row.synced] for row in rows]
            case "port":
                return [row.virtual_port for row in rows]
            case _:
                return [row.left for row in rows]

    def place(self, key: tuple[ServiceKey, ServerKey]) -> tuple[str, str]:
        """The problem of a server to which connections go, and its tone."""
        known = self.summary.kernel_counts
        if key in self.summary.places.doubtful:
            return ("", "") if key[0] in known.services else ("not known", "")
        if key[0] not in known.services:
            return "no service", "down"
        if key not in known.servers:
            return "gone", "down"
        return ("drained", "drained") if not known.weights[key] else ("", "")


_WORDS = {name: name for name in ("client", "network", "vip", "service", "server", "state", "proto", "from")}
VOCABULARY = Vocabulary({"left": "left", "port": "port"}, _WORDS)
"""What a filter can use. It filters rows, not the groups that they form."""
_SEARCHED = ("client", "server", "called", "service", "state", "proto")


class GivenUp(Exception):
    """Nobody wants any more what is being computed."""


def go_on(going: Going) -> None:
    """Raises GivenUp where `going` returns False."""
    if not going():
        raise GivenUp


def always() -> bool:
    """What is computed at once is never given up."""
    return True


def filtered(texts: Texts, pattern: str, going: Going = always) -> tuple[Sequence[int] | None, str]:
    """The numbers of the rows that pass a filter, None for all rows; and the part of the filter that was not
    understood. Raises GivenUp where `going` returns False."""
    wanted = parse(pattern, VOCABULARY)
    if not wanted.terms:
        return None, wanted.complaint
    rows = texts.summary.sample.rows

    def column(key: str) -> list[Any]:
        go_on(going)
        return texts.column(key)

    numbers = matching_rows(wanted, len(rows), lambda word: [column(key) for key in _SEARCHED], column)
    return numbers, wanted.complaint


class Filtered:
    """A sample with the names of its rows, and the rows that pass a filter. `texts`: the names, which are the same for
    each filter of a sample. Raises GivenUp where `going` returns False."""

    def __init__(self, texts: Texts, pattern: str, going: Going = always) -> None:
        from lvstui.director.connection_summary import summed  # not before a sample is there

        self.texts, self.pattern = texts, pattern
        numbers, self.complaint = filtered(texts, pattern, going)
        go_on(going)
        whole = texts.summary.sample, texts.summary.places, texts.summary.kernel_counts
        self.summary: ConnectionSummary = texts.summary if numbers is None else summed(*whole, numbers)


def network_text(of: Network) -> str:
    """`203.0.113.0/24`"""
    return f"{address_text(of.address)}/{of.bits}"


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

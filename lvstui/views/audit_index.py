"""The audit log by subject: the records of one server, one service, or the VRRP role; and since when, according to
them, a server is in its state."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    service_of,
)
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServerKey, ServiceKey, server_text
from lvstui.director.record import DONE, SEEN, Record
from lvstui.director.state import State
from lvstui.values import NamedTuple
from lvstui.views.head import Line, Piece
from lvstui.views.operator_names import OperatorNames
from lvstui.views.place import Place
from lvstui.views.sheet import cut
from lvstui.views.times import moment

OUT, ZERO, IN = "out", "zero", "in"
"""What a server is after a record: not in the table; there, at weight 0; there, with a weight."""


LOG, TAPE = "audit log", "recording"
"""The sources of records."""


class Events:
    """Records, latest first; `source`: where they come from."""

    def __init__(self, records: Sequence[Record] = (), source: str = LOG) -> None:
        self.records = records
        self.source = source

    @property
    def none(self) -> str:
        """The text that is shown when there is no record."""
        return f"the {self.source} has none"

    def of(self, key: Hashable) -> Sequence[Record]:
        """The records about a server, a service with its servers, or a host."""
        match key:
            case Place():
                return self.server(key)
            case ServiceKey():
                return self.service(key)
            case HostKey():
                return self._hosts.get(key, ())
            case _:
                return ()

    def server(self, place: Place) -> Sequence[Record]:
        """The records of changes to a server, whoever made them."""
        return self._about.get(place, ())

    def service(self, key: ServiceKey) -> Sequence[Record]:
        """The records of a service and of each of its servers."""
        return self._within.get(key, ())

    @cached_property
    def roles(self) -> Sequence[Record]:
        """The records of changes of the VRRP role."""
        return [record for record in self.records if record.of_role and " -> " in record.title]

    @cached_property
    def _hosts(self) -> Mapping[HostKey, list[Record]]:
        by_host: dict[HostKey, list[Record]] = {}
        for record in self.records:
            if (place := _place(record.change)) is not None:
                by_host.setdefault(HostKey(place.server.family, place.server.address), []).append(record)
        return by_host

    def last(self, place: Place) -> ServerChange | None:
        """The last record that brought a server into its state, if the log goes back that far."""
        for record in self.server(place):
            if record.result in (DONE, SEEN) and (became := _became(record)):
                return ServerChange(became, record)
        return None

    def made(self, key: ServiceKey, server: ServerKey | None, state: State) -> float | None:
        """When a server, or the service itself (None), became as it is in a State: the time of the last record about
        it, in seconds of the epoch; None if that record left it otherwise, or if there is none."""
        reading, pool = state.services.find(key), state.servers(key)
        if reading is None or pool is None:
            return None
        there = next((added for added in pool.servers() if added.key == server), None)
        for record in self.service(key):
            if record.result not in (DONE, SEEN):
                continue
            match record.change:
                case AddServer(_, became) | EditServer(_, became) if became.key == server:
                    return record.epoch if became == there else None
                case DeleteServer(_, name) if name == server:
                    return record.epoch if there is None else None
                case AddService(became) | EditService(became) if server is None:
                    return record.epoch if became == reading.service else None
                case DeleteService() | AddService():
                    return None  # its servers went with it
        return None

    @cached_property
    def _about(self) -> Mapping[Place, list[Record]]:
        by_server: dict[Place, list[Record]] = {}
        for record in self.records:
            if (place := _place(record.change)) is not None:
                by_server.setdefault(place, []).append(record)
        return by_server

    @cached_property
    def _within(self) -> Mapping[ServiceKey, list[Record]]:
        by_service: dict[ServiceKey, list[Record]] = {}
        for record in self.records:
            if (key := service_of(record.change)) is not None:
                by_service.setdefault(key, []).append(record)
        return by_service


NO_EVENTS = Events()


class ServerChange(NamedTuple):
    """What a server became (OUT, ZERO or IN), and by which record."""

    became: str
    record: Record


def _place(change: Change | None) -> Place | None:
    match change:
        case AddServer(key, server) | EditServer(key, server):
            return Place(key, server.key)
        case DeleteServer(key, name):
            return Place(key, name)
        case _:
            return None


def _weight_before(record: Record) -> int | None:
    """The weight of a server before a change, None if it is not known."""
    return next((change.server.weight for change in record.inverse if isinstance(change, EditServer | AddServer)), None)


def _became(record: Record) -> str:
    """What a record made of a server, "" if its state did not change."""
    match record.change:
        case DeleteServer():
            return OUT
        case AddServer(_, server):
            return IN if server.weight else ZERO
        case EditServer(_, server):
            before = _weight_before(record)
            if before is None:
                return IN if server.weight else ZERO
            return "" if bool(before) is bool(server.weight) else IN if server.weight else ZERO
        case _:
            return ""


def sign(record: Record) -> str:
    """`-` removed, `+` added, `V` the role moved, `*` done with lvstui, `!` done otherwise."""
    if record.of_role:
        return "V"
    if record.result != SEEN:
        return "*"
    match record.change:
        case AddServer() | AddService():
            return "+"
        case DeleteServer() | DeleteService():
            return "-"
    return {ZERO: "-", IN: "+"}.get(_became(record), "!")


ROLES = {"-": "down", "+": "up", "V": "alert", "*": "key", "!": "drained"}
"""The colour of each sign."""


def words(record: Record, names: OperatorNames, of: Place | ServiceKey | None = None) -> str:
    """The text of a record, without what the page already says. `of`: what the page is about."""
    if record.of_role:
        return record.title.removeprefix("VRRP ")
    change = record.change
    who = record.who.name if record.result != SEEN else record.source.rstrip("?") if record.source else ""
    by = f" by {who}" if who and who != "someone else" else ""
    why = f': "{record.reason}"' if record.reason else f": {record.why}" if record.why else ""
    bad = f" ({record.result})" if record.result not in (DONE, SEEN) else ""
    name = _name(change, names, of)
    match change:
        case DeleteServer():
            what = "taken out of the table"
        case AddServer(_, server):
            what = f"put into the table, weight {server.weight}"
        case EditServer(_, server):
            before = _weight_before(record)
            moved = before is not None and before != server.weight
            verb = "drained, " if moved and not server.weight and record.result != SEEN else ""
            what = f"{verb}weight {before} -> {server.weight}" if moved else "changed"
        case _:
            return f"{record.title or record.command}{by if record.result != SEEN else ''}{why}{bad}"
    doubt = "?" if record.source.endswith("?") else ""
    return f"{name}{what}{by}{doubt}{why}{bad}"


def _name(change: Change | None, names: OperatorNames, of: Place | ServiceKey | None) -> str:
    place = _place(change)
    if place is None or place == of:
        return ""
    return f"{names.server(place.server) or server_text(place.server)}  "


def lines(
    records: Sequence[Record], names: OperatorNames, now: float, of: Place | ServiceKey | None, most: int
) -> Iterator[tuple[str, str, str]]:
    """Sign, moment and words of so many records."""
    for record in records[:most]:
        yield sign(record), moment(record.epoch, now), words(record, names, of)


def page_lines(
    records: Sequence[Record], names: OperatorNames, now: float, of: Place | ServiceKey | None, most: int, width: int
) -> list[Line]:
    """The same as lines of a page of this width."""
    return [
        (Piece(f" {mark} ", ROLES[mark]), Piece(f"{when:<14}", "dim"), Piece(cut(text, width - 18)))
        for mark, when, text in lines(records, names, now, of, most)
    ]

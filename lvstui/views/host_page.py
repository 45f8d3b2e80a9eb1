"""The text about a host: above its rules its state, since when, why, and its note; below them its load over all
services, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import address_text
from lvstui.director.serving import WELL
from lvstui.views import audit_index, sheet
from lvstui.views.audit import grouped, said
from lvstui.views.graph import EventMark, Graph, of_load
from lvstui.views.head import Line, Piece
from lvstui.views.host_trouble import Troubles
from lvstui.views.hosts import state_word
from lvstui.views.number import count
from lvstui.views.place import Place
from lvstui.views.sight import Sight

_NONE = Hosts(None)
_MANY = 50
"""The most servers of a host for which half an hour is added up."""
_LATEST = 12
"""The number of actions that are shown."""


def head(sight: Sight, key: HostKey, width: int, way: str = "") -> list[Line]:
    """` web3  down in 3 of 3 services since 02:41:07 (5 min) ────  203.0.113.13`, and below it why."""
    every_host = sight.hosts or _NONE
    host = every_host.by_key.get(key, Host(key))
    troubles = Troubles(sight, every_host)
    word = state_word(host, sight.tally.ill.get(key, WELL) if sight.tally is not None else WELL)
    tone = troubles.tone(word)
    address = address_text(key.address)
    name = sight.around.names.host(key.address)
    telling = troubles.of(host)
    services = len({told_of.place.service for told_of in telling} | {every_host.keys[number] for number in host.places})
    where = f" in {count(services, 'service')}" if services else " from every service"
    moment = troubles.moment(host)
    since = f" {moment.text(sight.state.taken)}" if moment is not None else ""
    state = [("  ", ""), (word, tone), (f"{where}{since}", tone if tone != "up" else "")]
    lines = [sheet.title(f"{way}{name or address}", state, address if name else "", width)]
    for number, text in enumerate(troubles.whole(host)):
        lines += sheet.labelled("" if number else "why", text, width, "", 1)
    note = sight.around.names.notes.get(key.address, "")
    return sheet.clipped(lines + sheet.labelled("note", f'"{note}"' if note else "", width, "alert", 1), width)


def below(sight: Sight, key: HostKey, width: int, height: int) -> list[Line]:
    """Half an hour of its load, over all services that have it, and what happened to it."""
    every_host = sight.hosts or _NONE
    host = every_host.by_key.get(key, Host(key))
    if height < 3:
        return []
    drawn = _graphs(sight, host, Troubles(sight, every_host)) if sight.graphs else []
    events_told = []
    for group in islice(grouped(sight.events.of(key)).values(), _LATEST):
        ((mark, when, words),) = audit_index.lines(group[:1], sight.around.names, sight.state.taken, None, 1)
        words = sheet.cut(said(group, sight.around.names) if len(group) > 1 else words, width - 18)
        events_told.append((Piece(f" {mark} ", audit_index.ROLES[mark]), Piece(f"{when:<14}", "dim"), Piece(words)))
    laid = sheet.history(drawn, events_told, sight.events.none, width, height, sight.blocks)
    return sheet.clipped(laid[:height], width)


def _graphs(sight: Sight, host: Host, troubles: Troubles) -> list[Graph]:
    """The graphs; none for a host of so many servers that adding up their half hours would delay a key."""
    every_host, past = sight.hosts or _NONE, sight.around.past
    telling = troubles.of(host)
    places = {told_of.place for told_of in telling}
    for number in dict.fromkeys(host.places[:_MANY]):
        pool = sight.state.servers(every_host.keys[number])
        for server in pool.servers() if pool is not None else ():
            if HostKey(server.key.family, server.key.address) == host.key:
                places.add(Place(every_host.keys[number], server.key))
    if len(host.places) >= _MANY or len(places) > _MANY:
        return []
    moment = troubles.moment(host)
    mark = None
    if telling and moment is not None and moment.epoch is not None:
        mark = EventMark(moment.epoch, telling[0].word, telling[0].tone)

    def summed(rate: bool, number: int, seconds: float) -> Sequence[float | None]:
        every = [trend for place in places if (trend := past.trend(place, number, rate, seconds, 2))]
        return [_sum(column) for column in zip(*every, strict=True)]

    return of_load(summed, host.active, sight.state.taken, mark)


def _sum(column: Sequence[float | None]) -> float | None:
    """The sum of the known values; None if none is known."""
    known = [value for value in column if value is not None]
    return sum(known) if known else None

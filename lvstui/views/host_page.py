"""What is said of a host above its rules: how it is, since when, why, and what is noted of it."""

from __future__ import annotations

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import address_text
from lvstui.director.serving import WELL
from lvstui.views import sheet
from lvstui.views.head import Line
from lvstui.views.host_trouble import Troubles
from lvstui.views.hosts import state_word
from lvstui.views.number import count
from lvstui.views.serving import toned
from lvstui.views.sight import Sight

_NONE = Hosts(None)


def head(sight: Sight, key: HostKey, width: int, way: str = "") -> list[Line]:
    """` web3  down in 3 of 3 services since 02:41:07 (5 min) ────  203.0.113.13`, and below it why."""
    found = sight.hosts or _NONE
    host = found.found.get(key, Host(key))
    troubles = Troubles(sight, found)
    word = state_word(host, sight.tally.ill.get(key, WELL) if sight.tally is not None else WELL)
    tone = toned(word)
    address = address_text(key.address)
    name = sight.around.names.host(key.address)
    told = troubles.of(host)
    services = len({one.place.service for one in told} | {found.keys[number] for number in host.places})
    where = f" in {count(services, 'service')}" if services else " from every service"
    moment = troubles.moment(host)
    since = f" {moment.text(sight.state.taken)}" if moment is not None else ""
    state = [("  ", ""), (word, tone), (f"{where}{since}", tone if tone != "up" else "")]
    lines = [sheet.title(f"{way}{name or address}", state, address if name else "", width)]
    for number, text in enumerate(troubles.whole(host)):
        lines += sheet.labelled("" if number else "why", text, width, "", 1)
    note = sight.around.names.notes.get(key.address, "")
    return sheet.clipped(lines + sheet.labelled("note", f'"{note}"' if note else "", width, "alert", 1), width)

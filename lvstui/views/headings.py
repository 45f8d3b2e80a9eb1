"""The line above a table: the place in the console, and what of it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import ServiceKey, address_text
from lvstui.director.serving import WELL, Tally
from lvstui.director.state import State
from lvstui.views.head import Line, Piece
from lvstui.views.hosts import state_word
from lvstui.views.look import Look
from lvstui.views.number import count
from lvstui.views.rule_words import options, service_name

_PLAIN = Look()


def note(look: Look) -> str:
    """The text below a table: what was chosen, "" for nothing. The tabs name the table itself."""
    return chosen(look).strip()


def with_note(lines: Sequence[Line], look: Look) -> Sequence[Line]:
    """The lines above a table, and below them what was chosen, if anything was."""
    words = note(look)
    return [*lines, (Piece(f" {words}", "title"),)] if words else lines


def pool_heading(state: State, key: ServiceKey, look: Look = _PLAIN, drift: str = "") -> str:
    """`services > TCP 192.0.2.1:80 wrr p360`; without `services >` above the table below. `drift`: how its rule differs
    from what keepalived programmed."""
    reading = state.services.find(key)
    rule = "" if reading is None else f"  {reading.service.scheduler} {options(reading.service)}".rstrip()
    way = "services > " if look.inside is not None else ""
    return f"{way}{service_name(key, 'family' in state.unknown)}{rule}{f'   {drift}' if drift else ''}{chosen(look)}"


def host_heading(hosts: Hosts, key: HostKey, look: Look = _PLAIN, tally: Tally | None = None) -> str:
    """`hosts > 10.0.0.11  up in 3 services`."""
    host = hosts.by_key.get(key, Host(key))
    way = "hosts > " if look.inside is not None else ""
    word = state_word(host, tally.ill.get(key, WELL) if tally is not None else WELL)
    where = f" in {count(host.services, 'service')}" if host.places else " from every service"
    return f"{way}{address_text(key.address)}  {word}{where}{chosen(look)}"


def chosen(look: Look) -> str:
    """How the shown table differs from the whole one, because an operator must not take a part for the whole."""
    words = f"   filter: {look.filter}" if look.filter.strip("! ") else ""
    if look.sort or look.reverse:
        words += f"   by {look.sort or 'address'}{', reversed' if look.reverse else ''}"
    return words + (f"   {len(look.marked)} marked" if look.marked else "")

"""The line above a table: where one is, and what of it is shown."""

from __future__ import annotations

from lvstui.director.model import ServiceKey
from lvstui.director.state import State
from lvstui.views.look import Look
from lvstui.views.words import options, service_name

_PLAIN = Look()


def services_heading(look: Look) -> str:
    return "Virtual services" + _chosen(look)


def pool_heading(state: State, key: ServiceKey, look: Look = _PLAIN) -> str:
    """`Virtual services > TCP 192.0.2.1:80  wrr p360`; without the way there for the table below."""
    reading = state.services.find(key)
    rule = "" if reading is None else f"  {reading.service.scheduler} {options(reading.service)}".rstrip()
    way = "Virtual services > " if look.inside is not None else ""
    return f"{way}{service_name(key, 'family' in state.unknown)}{rule}{_chosen(look)}"


def _chosen(look: Look) -> str:
    """What differs from the table as it is: an operator must not take a part for the whole."""
    words = f"   filter: {look.filter}" if look.filter.strip("! ") else ""
    if look.sort or look.reverse:
        words += f"   by {look.sort or 'address'}{', reversed' if look.reverse else ''}"
    return words

"""Where a client goes, and why: according to the connection table, persistence, and the schedulers that hash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lvstui.director.client_path import ClientPath, candidates, masks, unowned, way
from lvstui.director.connection_summary import kernel_counts as counted
from lvstui.director.connections import ReadLimits, places
from lvstui.director.errors import NotDone
from lvstui.director.hashing import HASHING
from lvstui.director.model import ServerKey, ServiceKey, address_text
from lvstui.director.probe import Probes
from lvstui.director.state import State
from lvstui.operations.steps import Operation, look, show
from lvstui.views import client as views
from lvstui.views.operator_names import OperatorNames

ROWS, SECONDS = 60_000, 3.0
"""The limits of a search for one client, in rows and seconds. The rows of a client can be anywhere in the table."""


def where(
    client: bytes,
    only: ServiceKey | None,
    state: State,
    drained: Mapping[tuple[ServiceKey, ServerKey], int],
    names: OperatorNames,
    tries: Probes,
    going: Callable[[], bool] = lambda: True,
) -> Operation[list[ClientPath]]:
    """Finds out, service by service, where a client goes, and shows it while the operator looks. Returns one ClientPath
    for each service. Raises NotDone where no service fits such a client, Unavailable where the table cannot be read."""
    engines = any(service.engine for service in state.services.services())
    wanted = ReadLimits(ROWS, SECONDS, masks(client, state), engines)
    sample = yield from look(partial(tries.connections, wanted, going))
    owners = yield from look(partial(places, sample.rows, state))
    services, more = candidates(client, owners, state, only)
    if not services:
        family = "IPv6" if len(client) == 16 else "IPv4"
        raise NotDone(f"client {address_text(client)}", f"there is no service for {family}")
    total = counted(sample, owners, state).total
    yield from show(views.read_words(sample, total), "dim" if sample.whole else "alert")
    if lost := unowned(client, sample, owners):
        yield from show(views.unowned_words(lost), "alert")
    ways: list[ClientPath] = []
    for service in services:
        order = (yield from look(partial(tries.order, service.key))) if service.scheduler in HASHING else ()
        path = yield from look(partial(way, client, service, sample, owners, state, order, drained))
        ways.append(path)
        for text, role in views.service_lines(path, names, sample.whole):
            if not (yield from show(text, role)):
                return ways
    if more:
        yield from show(views.more_words(more, address_text(client)), "alert")
    yield from show("", "", foot=views.verdict(ways, sample.whole, more))
    return ways

"""The actions that change the table: each makes a proposal, and the desk asks for it and carries it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from lvstui.commands import proposals
from lvstui.commands.proposals import Proposal
from lvstui.console import entry
from lvstui.director.change import AddServer, AddService, EditServer, EditService, Zero, check
from lvstui.director.errors import NotDone
from lvstui.director.model import (
    IPIP,
    SCHEDULERS,
    TCP,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    server_text,
    service_text,
)
from lvstui.director.state import ServiceReading
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console

T = TypeVar("T")


async def add(app: Console) -> None:
    from lvstui.console.pages import FormPage

    key = app.tables.inside
    if key is None:
        new = Service(ServiceKey(0, 4, TCP, b"", 80), _common(r.service.scheduler for r in _some(app)) or "wlc")
        page = FormPage("add a virtual service", entry.SERVICE, entry.service_values(new), _service_change(app, True))
    else:
        new_server = _sibling(app, key)
        title = f"add a real server to {service_text(key)}"
        page = FormPage(title, entry.SERVER, entry.server_values(new_server), _server_change(app, key, True))
    change = await app.push_screen_wait(page)
    if isinstance(change, AddService | AddServer) and await app.desk.confirm(proposals.add(change)) == "y":
        app.main.select(
            change.service.key if isinstance(change, AddService) else Place(change.service, change.server.key)
        )


async def edit(app: Console) -> None:
    from lvstui.console.pages import FormPage

    target = app.desk.target()
    state = app.desk.state
    if isinstance(target, Place):
        old = proposals.reading_of(state, target).server
        title = f"edit {server_text(target.server)} of {service_text(target.service)}"
        page = FormPage(title, entry.SERVER, entry.server_values(old), _server_change(app, target.service, False), True)
    else:
        service = proposals.service_of(state, target)
        title = f"edit {service_text(target)}"
        page = FormPage(title, entry.SERVICE, entry.service_values(service), _service_change(app, False), True)
    before = proposals.near(state, [target.service if isinstance(target, Place) else target])
    change = await app.push_screen_wait(page)
    if not isinstance(change, EditService | EditServer):
        return
    keys = proposals.touched((change,))
    if not proposals.same((change,), before, proposals.near(await app.poll.fresh(keys), keys)):
        raise NotDone("edit", "someone else changed this while the form was open; nothing was sent", "edit it again")
    proposal = (
        proposals.edit_service(change.service) if isinstance(change, EditService) else proposals.edit_server(*change)
    )
    if proposals.same((change,), before, proposals.after((change,), before)):
        app.prompt.status("the form was left as it was: nothing to change")
    else:
        await app.desk.confirm(proposal)


async def delete(app: Console) -> None:
    await app.desk.confirm(proposals.delete(app.desk.state, [app.desk.target()]))


async def drain(app: Console) -> None:
    place = app.desk.server()
    weight = proposals.reading_of(app.desk.state, place).server.weight
    drained = app.desk.drained
    if weight:
        if await app.desk.confirm(proposals.drain(app.desk.state, [place])) == "y":
            drained[place] = weight
        return
    text = str(drained[place]) if place in drained else ""
    if not text:
        # Nobody told us what it had before: its siblings are the best guess, and the operator decides.
        guess = str(_sibling(app, place.service).weight)
        text = await app.prompt.ask(f"undrain {server_text(place.server)} to weight", guess) or ""
    if text and await app.desk.confirm(proposals.undrain(app.desk.state, {place: text})) == "y":
        drained.pop(place, None)


async def scheduler(app: Console) -> None:
    key = app.desk.service()
    now = proposals.service_of(app.desk.state, key).scheduler
    name = await app.prompt.ask(f"scheduler of {service_text(key)}, now {now}:", "", SCHEDULERS)
    if name and name.strip():
        await app.desk.confirm(proposals.scheduler(app.desk.state, key, name.strip().lower()))


async def weight(app: Console) -> None:
    place = app.desk.server()
    now = proposals.reading_of(app.desk.state, place).server.weight
    text = await app.prompt.ask(f"weight of {server_text(place.server)}, now {now} (5, +1, -1, 50%):")
    if text and text.strip():
        await app.desk.confirm(proposals.weight(app.desk.state, [place], text))


async def heavier(app: Console) -> None:
    await _weigh(app, 1)


async def lighter(app: Console) -> None:
    await _weigh(app, -1)


async def _weigh(app: Console, step: int) -> None:
    """A burst of + and - adds up in the bottom line, and is asked once."""
    place = app.desk.server()
    start = proposals.reading_of(app.desk.state, place).server.weight
    wanted = start
    keys = {key: step for name, step in (("heavier", 1), ("lighter", -1)) for key in app.keys(name)}
    key: str | None = None
    while True:
        wanted = max(0, wanted + step)
        if wanted == start:
            question = [(f"weight of {server_text(place.server)} stays {start}", ""), ("   + - changes it", "dim")]
            key = await app.prompt.key(question, tuple(keys))
        else:
            key = await app.desk.confirm(proposals.weight(app.desk.state, [place], str(wanted)), tuple(keys))
        if key not in keys:
            return
        step = keys[key]


async def zero(app: Console) -> None:
    key = app.desk.service()
    await app.desk.confirm(Proposal((Zero(key),), f"zero the counters of {service_text(key)}", "cannot be undone"))


def _some(app: Console, most: int = 50) -> list[ServiceReading]:
    services = app.desk.state.services
    return [services[i] for i in range(min(most, len(services)))]


def _sibling(app: Console, key: ServiceKey) -> Server:
    """A new server as its siblings are: their port, method and weight, where they agree most."""
    pool = app.desk.state.servers(key) or ()
    rows = [row.server for row in pool][:50]
    forward = _common(row.forward for row in rows)
    return Server(
        ServerKey(4, b"", (_common(row.key.port for row in rows) if rows else key.port) or 0),
        int(Forward.ROUTE) if forward is None else forward,
        _common(row.weight for row in rows if row.weight) or 1,
        tunnel=_common(row.tunnel for row in rows) or IPIP,
    )


def _common(values: Iterable[T]) -> T | None:
    found = Counter(values).most_common(1)
    return found[0][0] if found else None


def _service_change(app: Console, new: bool) -> Callable[[Mapping[str, str]], AddService | EditService]:
    def make(values: Mapping[str, str]) -> AddService | EditService:
        service = entry.service_from(values)
        change = AddService(service) if new else EditService(service)
        check(change, proposals.near(app.desk.state, [service.key]))
        return change

    return make


def _server_change(app: Console, key: ServiceKey, new: bool) -> Callable[[Mapping[str, str]], AddServer | EditServer]:
    def make(values: Mapping[str, str]) -> AddServer | EditServer:
        server = entry.server_from(values)
        change = AddServer(key, server) if new else EditServer(key, server)
        check(change, proposals.near(app.desk.state, [key]))
        return change

    return make

"""What each action does: one coroutine each, by the action's id. They ask, the App carries out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.console import actions, proposals
from lvstui.console.aside import aside
from lvstui.console.proposals import Proposal
from lvstui.director.change import AddServer, AddService, Zero, check, inverse
from lvstui.director.errors import NotDone
from lvstui.director.model import (
    SCHEDULERS,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    service_text,
)
from lvstui.director.plan import plan
from lvstui.director.source import EVERYTHING
from lvstui.director.state import rules_of
from lvstui.director.transaction import carry_out
from lvstui.views import servers as servers_view
from lvstui.views import services, summary
from lvstui.views.number import count
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.app import Console

_MORE = ("plus", "equals_sign")


async def enter(app: Console) -> None:
    if app.look.inside is None and isinstance(app.selected, ServiceKey):
        app.look_at(app.look.enter(app.selected))


async def leave(app: Console) -> None:
    if app.look.inside is not None:
        back = app.look.inside
        app.look_at(app.look.leave(), select=back)
    elif app.look.filter:
        app.look_at(app.look._replace(filter=""))


async def add(app: Console) -> None:
    from lvstui.console import entry
    from lvstui.console.pages import FormPage

    if app.look.inside is None:
        values = entry.service_values(Service(ServiceKey(0, 4, 6, b"", 0), "wlc")) | {"address": "", "port": ""}
        title = "add a virtual service"
        service = await app.push_screen_wait(
            FormPage(title, entry.SERVICE, values, _checked_service(app), editing=False)
        )
        if service is not None and await app.confirm(proposals.add(AddService(service))):
            app.main.select(service.key)
        return
    key = app.look.inside
    sibling = next(iter(app.state.servers(key) or ()), None)
    forward = sibling.server.forward if sibling is not None else int(Forward.ROUTE)
    port = sibling.server.key.port if sibling is not None else key.port
    values = entry.server_values(Server(ServerKey(4, b"", port), forward))
    title = f"add a real server to {service_text(key)}"
    server = await app.push_screen_wait(FormPage(title, entry.SERVER, values, _checked_server(app, key), editing=False))
    if server is not None and await app.confirm(proposals.add(AddServer(key, server))):
        app.main.select(Place(key, server.key))


async def edit(app: Console) -> None:
    from lvstui.console import entry
    from lvstui.console.pages import FormPage

    target = app.target()
    if isinstance(target, Place):
        old = proposals.reading_of(app.state, target).server
        title = f"edit {app.name_of(target)} of {service_text(target.service)}"
        page = FormPage(title, entry.SERVER, entry.server_values(old), entry.server_from, editing=True)
        server = await app.push_screen_wait(page)
        if server is not None:
            await app.confirm(_differing(proposals.edit_server(target.service, server), server == old))
        return
    reading = app.state.services.find(target)
    if reading is None:
        raise NotDone(service_text(target), "this service is gone")
    before = reading.service
    values = entry.service_values(before)
    page_of = FormPage(f"edit {service_text(target)}", entry.SERVICE, values, entry.service_from, editing=True)
    service = await app.push_screen_wait(page_of)
    if service is not None:
        await app.confirm(_differing(proposals.edit_service(service), service == before))


async def delete(app: Console) -> None:
    await app.confirm(proposals.delete(app.state, app.target()))


async def drain(app: Console) -> None:
    place = app.server()
    before = proposals.reading_of(app.state, place).server.weight
    if await app.confirm(proposals.drain(app.state, place, app.drained)):
        if before:
            app.drained[place] = before
        else:
            app.drained.pop(place, None)


async def scheduler(app: Console) -> None:
    key = app.service()
    reading = app.state.services.find(key)
    if reading is None:
        raise NotDone(service_text(key), "this service is gone")
    title = f"scheduler of {service_text(key)}, now {reading.service.scheduler}:"
    name = await app.prompt.text(title, "", SCHEDULERS)
    if name and name.strip():
        await app.confirm(proposals.scheduler(app.state, key, name.strip().lower()))


async def weight(app: Console) -> None:
    place = app.server()
    now = proposals.reading_of(app.state, place).server.weight
    text = await app.prompt.text(f"weight of {app.name_of(place)}, now {now} (5, +1, -1, 50%):")
    if text:
        await app.confirm(proposals.weight(app.state, place, text))


async def heavier(app: Console) -> None:
    await _weigh(app, 1)


async def lighter(app: Console) -> None:
    await _weigh(app, -1)


async def _weigh(app: Console, step: int) -> None:
    """A burst of + and - adds up in the bottom line, and is asked once."""
    place = app.server()
    start = proposals.reading_of(app.state, place).server.weight
    wanted = max(0, start + step)
    while True:
        if wanted == start:
            question = f"weight of {app.name_of(place)} stays {start}: + or - to change it"
            key = await app.prompt.key(question, (*_MORE, "minus"))
        else:
            proposal = proposals.weight(app.state, place, str(wanted))
            app.check(proposal)
            key = await app.prompt.key(f"{proposals.question(proposal)}  (+ - more)", ("y", *_MORE, "minus"))
            if key == "y":
                await app.carry(proposal)
                return
        if key is None:
            app.prompt.status("not done")
            return
        wanted = max(0, wanted + (1 if key in _MORE else -1))


async def undo(app: Console) -> None:
    if not app.undone:
        raise NotDone("undo", "nothing was changed here so far")
    last = app.undone[-1]
    if await app.confirm(last, remember=False):
        app.undone.pop()


async def save(app: Console) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    text = await app.prompt.text("save as", str(app.files.folder / f"{app.state.host}-{stamp}.toml"))
    if not text:
        return
    state = await aside(app.source.read, EVERYTHING)
    if state.unknown:
        raise NotDone("save", f"{state.read_only}: this read cannot tell {', '.join(sorted(state.unknown))}")
    path = Path(text).expanduser()
    await aside(app.files.save, state, path)
    app.prompt.status(f"saved {count(len(state.services), 'service')} to {path}")


async def restore(app: Console) -> None:
    from lvstui.console.pages import TextPage

    known = [str(path) for path in app.files.listed()]
    text = await app.prompt.text("restore", known[0] if known else "", known)
    if not text:
        return
    path = Path(text).expanduser()
    wanted, remarks = await aside(app.files.load, path)
    state = await aside(app.source.read, EVERYTHING)
    if state.unknown or state.read_only:
        raise NotDone("restore", state.read_only or "this read is too poor to plan on")
    now = rules_of(state)
    changes = plan(now, wanted)
    if not changes:
        app.prompt.status(f"{path.name}: nothing differs")
        return
    outages = summary.outages(changes, now)
    cost = summary.cost(changes, state)
    lines = [*(f"! {remark}" for remark in remarks), *([f"cost: {cost}"] if cost else [])]
    lines += [f"OUTAGE: {outage}" for outage in outages]
    lines += [line.rstrip() for line in summary.commands(changes[:500])]
    lines += [f"... and {len(changes) - 500} more"] if len(changes) > 500 else []
    key = "Y" if outages else "y"
    foot = (
        f"{key}: apply {count(len(changes), 'change')}{', outage included' if outages else ''}   any other key: leave"
    )
    page = TextPage(f"restore {path}\n{summary.counts(changes)}", lines, foot, (key,))
    if not await app.push_screen_wait(page):
        app.prompt.status("not done")
        return
    if rules_of(await aside(app.source.read, EVERYTHING)) != now:
        raise NotDone("restore", "someone else changed the table meanwhile; nothing was changed", "restore again")
    kept = await aside(app.files.keep, state)
    await aside(carry_out, app.source, changes, now, str(kept))
    back = tuple(c for change in reversed(changes) for c in inverse(change, now))
    app.undone.append(Proposal(back, f"restore of {path.name}"))
    app.prompt.status(f"restored {path.name}: {summary.counts(changes)}; as it was: {kept}")
    app.read_now()


async def zero(app: Console) -> None:
    key = app.service()
    await app.confirm(Proposal((Zero(key),), f"zero {service_text(key)}", "cannot be undone"))


async def copy(app: Console) -> None:
    text = proposals.commands(app.state, app.target())
    app.copy_to_clipboard(text)
    app.prompt.status(f"copied {count(text.count(chr(10)), 'command')}: {text.splitlines()[0]}")


async def filter_(app: Console) -> None:
    before = app.look.filter

    def live(text: str) -> str:
        app.look_at(app.look._replace(filter=text))
        return count(len(app.main), "row")

    text = await app.prompt.text("filter", before, changed=live)
    app.look_at(app.look._replace(filter=before if text is None else text))


async def sort(app: Console) -> None:
    inside = app.look.inside is not None
    app.look_at(app.look.sorted_by_next(servers_view.SORTS if inside else services.SORTS))
    app.prompt.status(f"sorted by {app.look.sort or 'address'}")


async def reverse(app: Console) -> None:
    app.look_at(app.look._replace(reverse=not app.look.reverse))


async def pause(app: Console) -> None:
    app.look_at(app.look._replace(paused=not app.look.paused))


async def help_(app: Console) -> None:
    from lvstui.console.pages import TextPage

    rows = actions.help_lines(bool(app.state.read_only))
    lines = [f"{keys:>14}  {what}{'' if useful else '   (read-only)'}" for keys, what, useful in rows]
    lines += ["", f"{'j k up down':>14}  move; PgUp PgDn Home End g G"]
    await app.push_screen_wait(TextPage("lvstui: what the keys do", lines, "any key: back"))


async def quit_(app: Console) -> None:
    app.exit()


def _differing(proposal: Proposal, same: bool) -> Proposal:
    if same:
        raise NotDone("edit", "nothing was changed in the form")
    return proposal


def _checked_service(app: Console) -> Callable[..., Service]:
    from lvstui.console import entry

    def make(values: dict[str, str]) -> Service:
        service = entry.service_from(values)
        check(AddService(service), proposals.near(app.state, [service.key]))
        return service

    return make


def _checked_server(app: Console, key: ServiceKey) -> Callable[..., Server]:
    from lvstui.console import entry

    def make(values: dict[str, str]) -> Server:
        server = entry.server_from(values)
        check(AddServer(key, server), _rules(app, key))
        return server

    return make


def _rules(app: Console, key: ServiceKey) -> RuleSet:
    return proposals.near(app.state, [key])


DOING: dict[str, Callable[[Console], Awaitable[None]]] = {
    "enter": enter,
    "leave": leave,
    "add": add,
    "edit": edit,
    "delete": delete,
    "drain": drain,
    "scheduler": scheduler,
    "weight": weight,
    "heavier": heavier,
    "lighter": lighter,
    "undo": undo,
    "save": save,
    "restore": restore,
    "zero": zero,
    "copy": copy,
    "filter": filter_,
    "sort": sort,
    "reverse": reverse,
    "pause": pause,
    "help": help_,
    "quit": quit_,
}

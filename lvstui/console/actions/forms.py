"""The actions that open a form: add, edit, clone. What someone else changes meanwhile is noticed before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from lvstui.commands import make, proposals
from lvstui.commands.options import common, like_siblings
from lvstui.commands.proposals import Proposal
from lvstui.console.pages import form_fields
from lvstui.director.change import AddServer, AddService, Change, EditServer, EditService, apply, check
from lvstui.director.errors import NotDone
from lvstui.director.model import SCHEDULERS, TCP, RuleSet, Service, ServiceKey, server_text, service_text
from lvstui.director.state import ServiceReading, State
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Changes, Context

Make = Callable[[Mapping[str, str]], "Changes"]


async def add(ctx: Context) -> None:
    """A service, or real servers inside one."""
    key = ctx.navigation.inside
    if key is None:
        new = Service(ServiceKey(0, 4, TCP, b"", 80), common(r.service.scheduler for r in _some(ctx)) or "wlc")
        values = form_fields.service_values(new)
        changes, before = await _form(ctx, "add a virtual service", values, _new_service(ctx))
    else:
        values = form_fields.server_values(like_siblings(key, ctx.director.latest))
        changes, before = await _form(
            ctx, f"add real servers to {service_text(key)}", values, _new_servers(ctx, key), key
        )
    if not changes:
        return
    servers = tuple(change for change in changes if isinstance(change, AddServer))
    proposal = make.added(servers) if servers else Proposal(changes, f"add {_name(changes[0])}")
    await _confirm(ctx, proposal, before)


async def edit(ctx: Context) -> None:
    """All fields of the row under the cursor."""
    target = ctx.selection.target()
    state = ctx.director.latest
    if isinstance(target, Place):
        values = form_fields.server_values(proposals.reading_of(state, target).server)
        title, key = f"edit {make.place_name(target)}", target.service
        changes, before = await _form(ctx, title, values, _old_server(ctx, target), key, editing=True)
    else:
        values = form_fields.service_values(proposals.service_of(state, target))
        title, key = f"edit {service_text(target)}", target
        changes, before = await _form(ctx, title, values, _old_service(ctx), key, editing=True)
    if changes:
        await _confirm(ctx, Proposal(changes, title), before)


async def clone(ctx: Context) -> None:
    """The service under the cursor once more, at another address, with its real servers."""
    key = ctx.selection.service()
    world = ctx.selection.world()
    values = form_fields.service_values(proposals.service_of(ctx.director.latest, key)) | {"address": "", "fwmark": ""}

    def made(values: Mapping[str, str]) -> Changes:
        proposal = make.clone(world, key, form_fields.service_from(values))
        proposals.checked(proposal, proposals.near(ctx.director.latest, proposals.touched(proposal.changes)))
        return proposal.changes

    changes, before = await _form(ctx, f"clone {service_text(key)} with its real servers", values, made, key)
    if changes:
        await _confirm(ctx, Proposal(changes, f"clone {service_text(key)} as {_name(changes[0])}"), before)


async def _form(
    ctx: Context,
    title: str,
    values: Mapping[str, str],
    made: Make,
    key: ServiceKey | None = None,
    editing: bool = False,
) -> tuple[Changes, RuleSet]:
    """The changes that a form states, empty when it is given up, and the rules as they were when it was opened."""
    known = ctx.director.latest.schedulers or SCHEDULERS
    fields = form_fields.with_schedulers(form_fields.SERVICE, known) if "scheduler" in values else form_fields.SERVER
    before = proposals.near(ctx.director.latest, [] if key is None else [key])
    changes = await ctx.ui.form(title, fields, values, made, editing)
    if changes is None:
        ctx.ui.status("nothing was changed")
    elif not changes:
        now = proposals.near(await ctx.director.fresh(before.rules), before.rules)
        if now.rules != before.rules:
            raise _moved()
        ctx.ui.status("the form was left as it was: nothing to change")
    return changes or (), before


async def _confirm(ctx: Context, proposal: Proposal, before: RuleSet) -> None:
    """Asks for what a form states, if the rules are as they were when it was opened."""
    keys = proposals.touched(proposal.changes) | before.rules.keys()
    now = proposals.near(await ctx.director.fresh(keys), keys)
    others = before.rules.keys() - proposals.touched(proposal.changes)  # what a clone was made of
    moved = not proposals.same(proposal.changes, before, now)
    moved = moved or any(now.rules.get(key) != before.rules[key] for key in others)
    if moved:
        raise _moved()
    if await ctx.editor.confirm(proposal) == "y":
        first = proposal.changes[0]
        if isinstance(first, AddService):
            ctx.table.select(first.service.key)
        elif isinstance(first, AddServer):
            ctx.table.select(Place(first.service, first.server.key))


def _moved() -> NotDone:
    return NotDone("form", "someone else changed this while the form was open; nothing was sent", "open it again")


def _name(change: Change) -> str:
    match change:
        case AddService(service) | EditService(service):
            return service_text(service.key)
        case AddServer(_, server) | EditServer(_, server):
            return server_text(server.key)
        case _:
            return ""


def _checked(ctx: Context, changes: Iterable[Change]) -> Changes:
    """The changes, if the table would take them. Raises NotDone."""
    done = []
    for change in changes:
        now = proposals.near(ctx.director.latest, proposals.touched((change,)))
        check(change, now)
        done.append(change)
    return tuple(done)


def _unless_same(state: State, change: EditService | EditServer) -> Changes:
    """The change, or none where the rule was so when the form was opened."""
    then = proposals.near(state, proposals.touched((change,)))
    return () if proposals.same((change,), then, apply(change, then)) else (change,)


def _new_service(ctx: Context) -> Make:
    return lambda values: _checked(ctx, [AddService(form_fields.service_from(values))])


def _old_service(ctx: Context) -> Make:
    opened = ctx.director.latest

    def made(values: Mapping[str, str]) -> Changes:
        change = EditService(form_fields.service_from(values))
        _checked(ctx, [change])
        return _unless_same(opened, change)

    return made


def _new_servers(ctx: Context, key: ServiceKey) -> Make:
    return lambda values: _checked(ctx, [AddServer(key, server) for server in form_fields.servers_from(values)])


def _old_server(ctx: Context, place: Place) -> Make:
    opened = ctx.director.latest

    def made(values: Mapping[str, str]) -> Changes:
        change = EditServer(place.service, form_fields.server_from(values))
        _checked(ctx, [change])
        return _unless_same(opened, change)

    return made


def _some(ctx: Context, most: int = 50) -> list[ServiceReading]:
    services = ctx.director.latest.services
    return [services[i] for i in range(min(most, len(services)))]

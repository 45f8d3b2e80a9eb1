"""The actions that open a form: add, edit, clone. If someone else makes a change meanwhile, that is noticed before
anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lvstui.commands import make, proposals, selected
from lvstui.commands.moved import described, moved
from lvstui.commands.proposals import Proposal
from lvstui.commands.rule_options import common, like_siblings
from lvstui.console.editing import editor
from lvstui.console.pages import form_fields
from lvstui.director.change import AddServer, AddService, Change, EditServer, EditService, apply, check
from lvstui.director.errors import NotDone
from lvstui.director.model import SCHEDULERS, TCP, RuleSet, Service, ServiceKey, server_text, service_text
from lvstui.director.state import ServiceReading, State
from lvstui.views.named import named
from lvstui.views.number import count
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.context.ui import Changes

MakeChanges = Callable[[Mapping[str, str]], "Changes"]


async def add(ctx: Context) -> None:
    """Adds a service, or inside one real servers."""
    key = ctx.navigation.inside
    if key is None:
        new = Service(ServiceKey(0, 4, TCP, b"", 80), common(r.service.scheduler for r in _some(ctx)) or "wlc")
        values = {**form_fields.service_values(new), "servers": ""}
        changes, before = await _form(ctx, "add a virtual service", values, _new_service(ctx))
    else:
        values = form_fields.server_values(like_siblings(key, ctx.director.latest))
        changes, before = await _form(
            ctx, f"add real servers to {service_text(key)}", values, _new_servers(ctx, key), [key]
        )
    if not changes:
        return
    servers = tuple(change for change in changes if isinstance(change, AddServer))
    several = f" with {count(len(servers), 'real server')}" if servers else ""
    proposal = make.added(servers) if key is not None else Proposal(changes, f"add {_name(changes[0])}{several}")
    await _confirm(ctx, proposal, before)


async def edit(ctx: Context) -> None:
    """Edits all fields of the row under the cursor, or those that marked rows have in common."""
    targets = selected.rules(ctx.world())
    if len(targets) > 1:
        await _edit_several(ctx, targets)
        return
    (target,) = targets
    state = ctx.director.latest
    if isinstance(target, Place):
        values = form_fields.server_values(proposals.reading_of(state, target).server)
        title, keys = f"edit {make.place_name(target)}", [target.service]
        changes, before = await _form(ctx, title, values, _old_server(ctx, target), keys, editing=True)
    else:
        values = form_fields.service_values(proposals.service_of(state, target))
        title, keys = f"edit {service_text(target)}", [target]
        changes, before = await _form(ctx, title, values, _old_service(ctx), keys, editing=True)
    if changes:
        await _confirm(ctx, Proposal(changes, title), before)


async def _edit_several(ctx: Context, targets: Sequence[ServiceKey | Place]) -> None:
    """Edits all marked rows at once: a field that is left unchanged stays as it is in each row."""
    state = ctx.director.latest
    places = [target for target in targets if isinstance(target, Place)]
    if places and len(places) < len(targets):
        why = f"{len(places)} real servers and {len(targets) - len(places)} services are marked"
        raise NotDone("edit", why, "\\ unmarks them")
    each = [_values_of(state, target) for target in targets]
    start = {name: text if all(values[name] == text for values in each) else "" for name, text in each[0].items()}

    def made(values: Mapping[str, str]) -> Changes:
        typed = {name: text for name, text in values.items() if text.strip() != start[name].strip()}
        changes: list[Change] = []
        for target, own in zip(targets, each, strict=True):
            merged = {**own, **typed}
            change: EditServer | EditService
            if isinstance(target, Place):
                change = EditServer(target.service, form_fields.server_from(merged))
            else:
                change = EditService(form_fields.service_from(merged))
            changes += _unless_same(state, change)
        return _checked(ctx, changes)

    what = "real servers" if places else "services"
    title = f"edit {len(targets)} marked {what}; a field left empty changes nothing"
    keys = [target.service if isinstance(target, Place) else target for target in targets]
    changes, before = await _form(ctx, title, start, made, keys, editing=True)
    if changes:
        await _confirm(ctx, Proposal(changes, f"edit {count(len(changes), what.removesuffix('s'))}"), before)


def _values_of(state: State, target: ServiceKey | Place) -> dict[str, str]:
    if isinstance(target, Place):
        return form_fields.server_values(proposals.reading_of(state, target).server)
    return form_fields.service_values(proposals.service_of(state, target))


async def clone(ctx: Context) -> None:
    """Adds a copy of the service under the cursor at another address, with its real servers."""
    key = selected.service(ctx.world())
    world = ctx.world()
    values = form_fields.service_values(proposals.service_of(ctx.director.latest, key)) | {"address": "", "fwmark": ""}

    def made(values: Mapping[str, str]) -> Changes:
        proposal = make.clone(world, key, form_fields.service_from(values))
        proposals.checked(proposal, proposals.near(ctx.director.latest, proposals.touched(proposal.changes)))
        return proposal.changes

    changes, before = await _form(ctx, f"clone {service_text(key)} with its real servers", values, made, [key])
    if changes:
        await _confirm(ctx, Proposal(changes, f"clone {service_text(key)} as {_name(changes[0])}"), before)


async def _form(
    ctx: Context,
    title: str,
    values: Mapping[str, str],
    made: MakeChanges,
    keys: Sequence[ServiceKey] = (),
    editing: bool = False,
) -> tuple[Changes, RuleSet]:
    """The changes from a form, empty if the operator leaves it, and the rules as they were when it was opened."""

    known = ctx.director.latest.schedulers or SCHEDULERS
    service = form_fields.NEW_SERVICE if "servers" in values else form_fields.SERVICE
    fields = form_fields.with_schedulers(service, known) if "scheduler" in values else form_fields.SERVER
    before = proposals.near(ctx.director.latest, keys)
    changes = await ctx.pages.form(named(title, ctx.names), fields, values, made, editing)
    if changes is None:
        ctx.ui.status("nothing was changed")
    elif not changes:
        now = proposals.near(await ctx.director.fresh(before.rules), before.rules)
        if now.rules != before.rules:
            raise _moved(ctx, [EditService(entry.service) for entry in before.rules.values()], before, now)
        ctx.ui.status("the form was not edited: nothing to change")
    return changes or (), before


async def _confirm(ctx: Context, proposal: Proposal, before: RuleSet) -> None:
    """Confirms and sends the changes from a form, if the rules are still as they were when it was opened."""
    keys = proposals.touched(proposal.changes) | before.rules.keys()
    now = proposals.near(await ctx.director.fresh(keys), keys)
    others = before.rules.keys() - proposals.touched(proposal.changes)  # what a clone was made of
    same = proposals.same(proposal.changes, before, now)
    if not same or any(now.rules.get(key) != before.rules[key] for key in others):
        edits = [EditService(before.rules[key].service) for key in sorted(others)]
        raise _moved(ctx, [*proposal.changes, *edits], before, now)
    await editor.confirm(ctx, proposal)


def _moved(ctx: Context, changes: Iterable[Change], before: RuleSet, now: RuleSet) -> NotDone:
    audited = ctx.storage.audited
    records = audited.log.latest() if audited is not None else ()
    what = described(moved(changes, before, now), before, now, records)
    why = f"someone else changed this while the form was open; nothing was sent{f': {what}' if what else ''}"
    return NotDone("form", why, "open it again")


def _name(change: Change) -> str:
    match change:
        case AddService(service) | EditService(service):
            return service_text(service.key)
        case AddServer(_, server) | EditServer(_, server):
            return server_text(server.key)
        case _:
            return ""


def _checked(ctx: Context, changes: Iterable[Change]) -> Changes:
    """The changes, if the table would accept them. Raises NotDone."""
    done = []
    for change in changes:
        now = proposals.near(ctx.director.latest, proposals.touched((change,)))
        check(change, now)
        done.append(change)
    return tuple(done)


def _unless_same(state: State, change: EditService | EditServer) -> Changes:
    """The change, or none if the rule already was like that when the form was opened."""
    then = proposals.near(state, proposals.touched((change,)))
    return () if proposals.same((change,), then, apply(change, then)) else (change,)


def _new_service(ctx: Context) -> MakeChanges:
    def made(values: Mapping[str, str]) -> Changes:
        service = form_fields.service_from(values)
        servers = form_fields.first_servers(values["servers"], service.key)
        changes: Changes = (AddService(service), *(AddServer(service.key, server) for server in servers))
        proposals.checked(Proposal(changes, ""), proposals.near(ctx.director.latest, [service.key]))
        return changes

    return made


def _old_service(ctx: Context) -> MakeChanges:
    opened = ctx.director.latest

    def made(values: Mapping[str, str]) -> Changes:
        change = EditService(form_fields.service_from(values))
        _checked(ctx, [change])
        return _unless_same(opened, change)

    return made


def _new_servers(ctx: Context, key: ServiceKey) -> MakeChanges:
    return lambda values: _checked(ctx, [AddServer(key, server) for server in form_fields.servers_from(values)])


def _old_server(ctx: Context, place: Place) -> MakeChanges:
    opened = ctx.director.latest

    def made(values: Mapping[str, str]) -> Changes:
        change = EditServer(place.service, form_fields.server_from(values))
        _checked(ctx, [change])
        return _unless_same(opened, change)

    return made


def _some(ctx: Context, most: int = 50) -> list[ServiceReading]:
    services = ctx.director.latest.services
    return [services[i] for i in range(min(most, len(services)))]

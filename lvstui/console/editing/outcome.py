"""What follows a change that was carried out: the message, the cursor, the undo stack, the memory of drains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import proposals
from lvstui.commands.proposals import Proposal
from lvstui.console.editing import drain_memory
from lvstui.director.change import AddServer, AddService, DeleteServer, DeleteService
from lvstui.director.model import ServiceKey
from lvstui.operations.change import Done, Undo
from lvstui.views.named import named
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


def report(ctx: Context, done: Done) -> None:
    """Reports that a change was carried out, and what failed besides; remembers how to take it back."""
    drain_memory.note(ctx, done.noted)
    undoes = done.proposal.undoes
    if done.undo is not None and undoes:
        ctx.session.redos.append(done.undo)
    elif done.undo is not None:
        remember(ctx, done.undo)
    _look_at(ctx, done.proposal)
    redo, conf = ctx.commands.key("redo"), ctx.commands.key("conf")
    hint = "" if done.undo is None else f"   {redo} redoes it" if undoes else "   u undoes it"
    if done.undo is not None and not undoes and conf and _may_be_made_to_last(ctx, done.proposal):
        hint += f"   {conf} makes it last"
    hint = f"{_next(ctx, done.proposal)}{hint}"
    trouble = done.trouble and f"   {done.trouble}"
    ctx.ui.status(f"done: {named(done.proposal.title, ctx.names)}{hint}{trouble}", "alert" if trouble else "good")


def _look_at(ctx: Context, proposal: Proposal) -> None:
    """Puts the cursor on an added rule, and removes the marks of deleted ones."""
    gone: set[ServiceKey | Place] = set()
    for change in proposal.changes:
        if isinstance(change, DeleteService):
            gone.add(change.key)
        elif isinstance(change, DeleteServer):
            gone.add(Place(change.service, change.key))
    look = ctx.navigation.look
    if gone & look.marked:
        ctx.navigation.look_at(look._replace(marked=look.marked - gone))
    if not proposal.undoes and (added := _added(proposal)) is not None:
        ctx.table.select(added)


def _next(ctx: Context, proposal: Proposal) -> str:
    """The next step after something was added."""
    added = _added(proposal) if not proposal.undoes else None
    bare = all(isinstance(change, AddService) for change in proposal.changes)
    enter, add, probe = (ctx.commands.key(name) for name in ("enter", "add", "probe"))
    if isinstance(added, ServiceKey) and bare and enter and add:
        return f"   {enter} opens it, {add} there adds its real servers"
    here = added is not None and ctx.navigation.view in ("services", "hosts")
    return f"   {probe} probes it" if here and probe else ""


def _may_be_made_to_last(ctx: Context, proposal: Proposal) -> bool:
    """Whether the change concerns a service of keepalived's configuration that is still in the table."""
    keeping = ctx.director.latest.keeping
    running = keeping.effective if keeping is not None else None
    gone = {change.key for change in proposal.changes if isinstance(change, DeleteService)}
    return running is not None and any(key in running.rules.rules for key in proposals.touched(proposal.changes) - gone)


def remember(ctx: Context, undo: Undo) -> None:
    """Remembers how to take a change back. What was undone before it can no longer be redone, because the table is
    another one."""
    ctx.session.undos.append(undo)
    ctx.session.redos.clear()


def _added(proposal: Proposal) -> ServiceKey | Place | None:
    """What a proposal adds first, None if it begins with something else."""
    match proposal.changes[0]:
        case AddService(service):
            return service.key
        case AddServer(key, server):
            return Place(key, server.key)
        case _:
            return None

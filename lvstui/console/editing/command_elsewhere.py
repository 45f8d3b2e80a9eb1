"""A director elsewhere cannot be changed from here: a key or command that would change it shows the command line that
does, and `y` copies it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands.spoken import spoken
from lvstui.console.editing.clipboard import copied
from lvstui.director.errors import NotDone
from lvstui.operations.steps import Climb, Confirm, FailoverQuestion, Plan, Question, Reload, ShowComplaints, Ways
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context


WRITES = (Confirm, Climb, Plan, Ways, ShowComplaints, Reload, FailoverQuestion)
"""Questions that ask whether to change something."""


def line(host: str, command: str) -> str:
    """`lvstui --on lvs2 --do 'weight tcp 192.0.2.10:80 10.0.0.5:80 3'`"""
    return f"lvstui --on {shlex.quote(host)} --do {shlex.quote(command)}"


async def show_commands(ctx: Context, commands: Sequence[str]) -> None:
    """Shows the lines that do it, and copies them. Raises NotDone if there is no line for it."""
    host = ctx.storage.host
    if not commands:
        raise NotDone("read-only", f"{host} cannot be changed from here", f"ssh {host}, then lvstui")
    await show_lines(ctx, [line(host, command) for command in commands])


async def show_lines(ctx: Context, lines: Sequence[str]) -> None:
    """Shows the first of these lines, and copies all of them if the operator wants that."""
    more = f"  and {count(len(lines) - 1, 'more command')}" if len(lines) > 1 else ""
    pieces = [("not from here: ", "key"), (f"{lines[0]}{more}", ""), ("   y copies", "dim")]
    if await ctx.ui.key(pieces, ("y",)) == "y":
        await copied(ctx, "".join(f"{text}\n" for text in lines), count(len(lines), "command"))
    else:
        ctx.ui.status("nothing was changed")


async def answered(ctx: Context, question: Question) -> None:
    """What an operation would have asked, as lines."""
    match question:
        case Confirm():
            await show_commands(ctx, spoken(question.proposal.changes, ctx.director.latest))
        case Climb():
            some = question.ramps[0]
            commands = [command.rpartition(" ")[0] for command in spoken(question.goal.changes, ctx.director.latest)]
            await show_commands(
                ctx, [f"ramp {command.partition(' ')[2]} {some.goal} {some.seconds:g}s" for command in commands]
            )
        case Plan(name=name):
            await show_lines(ctx, [shlex.join(["lvstui", "--on", ctx.storage.host, "--restore", name])])
        case _:
            await show_commands(ctx, ())

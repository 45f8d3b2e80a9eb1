"""View 5: `m` mutes a finding in this console, `r` examines again, `y` copies the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.console.editing.clipboard import copied
from lvstui.director.errors import NotDone
from lvstui.doctor.finding import Finding
from lvstui.views.findings import FindingKey, find
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def mute(ctx: Context) -> None:
    finding = _finding(ctx)
    muted = ctx.display.mute(finding.identity)
    lasting = f'to silence it for good, in config.toml under [silence]: "{finding.id} {finding.subject}" = "why"'
    ctx.ui.status(f"{finding.subject}: {'muted until you leave' if muted else 'no longer muted'}; {lasting}")
    if muted and ctx.navigation.look.inside is not None:
        ctx.navigation.leave()
    ctx.program.paint()


async def examine(ctx: Context) -> None:
    ctx.director.examine()
    ctx.ui.status("everything is being examined again")


async def copy(ctx: Context) -> None:
    finding = _finding(ctx)
    if not finding.do:
        raise NotDone("copy", "no command fixes this finding")
    await copied(ctx, "".join(f"{line}\n" for line in finding.do), count(len(finding.do), "line"))


def _finding(ctx: Context) -> Finding:
    inside = ctx.navigation.look.inside
    key = inside if isinstance(inside, FindingKey) else ctx.table.key
    finding = find(ctx.display.diagnosis, key) if isinstance(key, FindingKey) else None
    if finding is None:
        raise NotDone("doctor", "there is no finding under the cursor")
    return finding

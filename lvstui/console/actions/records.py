"""Shows the audit log's records of the row under the cursor, or of the open page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.director.errors import NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.views.opened import OpenedRow
from lvstui.views.place import Place

if TYPE_CHECKING:
    from lvstui.console.context import Context


async def records(ctx: Context) -> None:
    inside, key = ctx.navigation.look.inside, ctx.table.key
    of = inside.of if isinstance(inside, OpenedRow) else key if key is not None else inside
    if not isinstance(of, Place | ServiceKey | HostKey):
        raise NotDone("its records", "this row is not a service, real server or host", "6 shows the whole audit log")
    ctx.navigation.go("audit", of)

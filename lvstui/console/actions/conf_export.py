"""What was changed by hand, as lines for keepalived.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.console.session.runner import perform
from lvstui.director.model import ServiceKey
from lvstui.operations import conf as operations

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def show(app: Console) -> None:
    """The lines of the service under the cursor."""
    await _show(app, app.desk.service(), None)


async def conf(app: Console, asked: Asked) -> None:
    """`:conf`"""
    from lvstui.commands.lasting import key_of

    await _show(app, key_of(asked, app.desk.world()), asked.get("file"))


async def _show(app: Console, key: ServiceKey, file: str | None) -> None:
    state = await app.poll.fresh([key])
    path = await perform(app, operations.conf(state, key, app.poll.past, app.files.kept, file))
    if path is not None:
        app.prompt.status(f"written to {path}; keepalived's own file is as it was", "good")

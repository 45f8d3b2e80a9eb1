"""What the keys do to a recording that is played: stand, jump, run faster. Every view shows it like a director."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from lvstui.director.errors import NotDone

if TYPE_CHECKING:
    from lvstui.console.app import Console
    from lvstui.store.replay import Replay

HINT = "a recording: p stands still, [ ] 10 s back and on, { } a minute, , . slower and faster"


def _played(app: Console) -> Replay:
    if app.files.replay is None:
        raise NotDone("this key is for recordings", "what is shown is this director, now", "lvstui --replay FILE")
    return app.files.replay


def seek(seconds: float) -> Callable[[Console], Awaitable[None]]:
    async def go(app: Console) -> None:
        _played(app).seek(seconds)
        await show(app)

    return go


def faster(steps: int) -> Callable[[Console], Awaitable[None]]:
    async def run(app: Console) -> None:
        speed = _played(app).faster(steps)
        app.prompt.status(f"{speed:g} seconds of the recording a second")
        app.paint_frame()

    return run


async def show(app: Console) -> None:
    """Shows where the recording stands now, though the screen be paused."""
    await app.poll.fresh()
    app.scenery.take(app.poll)
    app.paint()

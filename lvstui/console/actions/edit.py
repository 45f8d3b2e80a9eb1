"""The actions that change the table without a form: each makes a proposal, and the desk asks for it and carries it
out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import make, proposals
from lvstui.director.model import SCHEDULERS, server_text, service_text

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def delete(app: Console) -> None:
    await app.desk.confirm(proposals.delete(app.desk.state, app.desk.targets()))


async def scheduler(app: Console) -> None:
    key = app.desk.service()
    now = proposals.service_of(app.desk.state, key).scheduler
    name = await app.prompt.ask(
        f"scheduler of {service_text(key)}, now {now}:", "", app.desk.state.schedulers or SCHEDULERS
    )
    if name and name.strip():
        await app.desk.confirm(proposals.scheduler(app.desk.state, key, name.strip().lower()))


async def weight(app: Console) -> None:
    places = app.desk.servers()
    weights = sorted({proposals.reading_of(app.desk.state, place).server.weight for place in places})
    now = f"{weights[0]}" if len(weights) == 1 else f"{weights[0]} to {weights[-1]}"
    whose = server_text(places[0].server) if len(places) == 1 else f"{len(places)} marked"
    text = await app.prompt.ask(f"weight of {whose}, now {now} (5, +1, -1, 50%, +50%):")
    if text and text.strip():
        await app.desk.confirm(proposals.weight(app.desk.state, places, text))


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
    await app.desk.confirm(make.zero(app.desk.service()))

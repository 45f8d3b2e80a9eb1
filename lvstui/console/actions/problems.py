"""n and N: the cursor goes to the next problem, or to the previous one, in whatever view that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.console.keys.names import shown_key
from lvstui.views.number import count
from lvstui.views.problems import Problem, problems, worst

if TYPE_CHECKING:
    from lvstui.console.app import Console

_STANDS = 5.0
"""Seconds for which a problem is described: it may be over a moment later."""


async def following(app: Console) -> None:
    _step(app, 1)


async def preceding(app: Console) -> None:
    _step(app, -1)


def hint(app: Console) -> str:
    """Where the trouble is and which key goes there, while the cursor is elsewhere; "" when it is there or all is
    well."""
    tally = app.scenery.tally
    key = _key(app)
    if tally is None or not (key and (tally.down or tally.degraded)):
        return ""
    at = app.look.inside if app.look.inside is not None else app.main.key
    if at in tally.odd:
        return ""
    more = len(tally.down) + len(tally.degraded) - 1
    return f"{worst(tally, app.names)}{f', and {more} more' if more else ''}; {key} goes there"


def _step(app: Console, way: int) -> None:
    tally = app.scenery.tally
    if tally is None:
        app.prompt.status("nothing has been read yet")
        return
    found = problems(app.state, tally, app.scenery.drifts, app.names)
    if app.look.filter:
        # Within a filter n stays among the rows that pass it.
        pane, places = app.tables.where.pane, frozenset(app.main.keys())
        found = [one for one in found if one.pane == pane and one.key in places]
    if not found:
        app.prompt.status(_none(app), "good")
        return
    here = app.tables.where.pane, app.look.inside if app.look.inside is not None else app.main.key
    at = next((n for n, one in enumerate(found) if (one.pane, one.key) == here), None)
    number = (at + way) % len(found) if at is not None else 0 if way > 0 else len(found) - 1
    _go(app, found[number])
    last = f"; the last one, {_key(app) or 'n'} starts over" if number == len(found) - 1 and len(found) > 1 else ""
    app.prompt.status(f"problem {number + 1} of {len(found)}: {found[number].words}{last}", "alert", _STANDS)


def _go(app: Console, problem: Problem) -> None:
    if app.tables.where.pane != problem.pane or app.look.inside is not None:
        app.go(problem.pane)
        while app.look.inside is not None:
            app.leave()
    if problem.key not in frozenset(app.main.keys()) and app.look.filter:
        app.look_at(app.look._replace(filter=""))
    app.main.select(problem.key)
    app.paint()


def _key(app: Console) -> str:
    """The key that goes to the next problem, "" where it has none."""
    return next(map(shown_key, app.keys("next_problem")), "")


def _none(app: Console) -> str:
    tally = app.scenery.tally
    filtered = " among the rows that pass the filter" if app.look.filter else ""
    live = f": {tally.live} of {count(tally.configured, 'server')} live" if tally and tally.configured else ""
    return f"no problems{filtered}{live if not filtered else ''}"

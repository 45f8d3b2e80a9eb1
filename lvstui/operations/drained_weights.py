"""Remembers the weights of servers that a change drains. They are on disk before the first weight is set to 0, so a
kill cannot lose them."""

from __future__ import annotations

import time
from _collections_abc import Collection, Mapping
from functools import partial

from lvstui.director.change import Change
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet
from lvstui.director.state import State
from lvstui.operations.steps import Operation, work
from lvstui.places import TablePaths
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.model import ServerInService
    from lvstui.store.drained import Drain
    from lvstui.views.place import Place


class DrainedWeightsChange(NamedTuple):
    """The effect of a change on the memory of drains: `new` entries, and entries that are `gone` because the servers
    have a weight again. `before`: the earlier entries of the new ones. `trouble`: why the memory could not be written,
    "" when it was."""

    new: Mapping[ServerInService, Drain]
    gone: Collection[ServerInService]
    before: Mapping[ServerInService, Drain]
    trouble: str = ""


NOTHING = DrainedWeightsChange({}, (), {})


def ahead(
    changes: Collection[Change],
    now: RuleSet,
    state: State,
    paths: TablePaths,
    reason: str,
    start: Mapping[Place, int],
) -> Operation[DrainedWeightsChange]:
    """Writes the weights that changes about to be sent on `now` will set to 0. `state` shows which older drains are
    over; weights in `start` take precedence over those in `now`. A failure is reported in the result and stops no
    change."""
    from lvstui.commands import draining
    from lvstui.store import drained
    from lvstui.store.drained import Drain
    from lvstui.views.place import Place

    weights, gone = draining.remembered(changes, now)
    since, reason = time.time(), drained.one_line(reason)
    new: dict[ServerInService, Drain] = {}
    for place, weight in weights.items():
        new[place.service, place.server] = Drain(start.get(place, weight), since, reason)
    noted = DrainedWeightsChange(new, gone, {})
    if not new:
        return noted

    def over(keys: Collection[ServerInService]) -> Collection[ServerInService]:
        return draining.over((Place(*key) for key in keys), state)

    earlier = yield from work(partial(drained.read, paths.folder))
    noted = noted._replace(before={key: drain for key, drain in earlier.drains.items() if key in new})
    try:
        yield from work(partial(drained.update, paths.folder, new, (), over))
    except NotDone as error:
        return noted._replace(trouble=str(error))
    return noted


def take_back(noted: DrainedWeightsChange, paths: TablePaths) -> Operation[None]:
    """Called when the changes were not carried out: restores the earlier memory."""
    if noted.new and not noted.trouble:
        yield from _written(noted.before, noted.new.keys(), paths)


def settle(noted: DrainedWeightsChange, paths: TablePaths) -> Operation[str]:
    """Called when the changes were carried out: forgets servers that have a weight again. Returns why the memory could
    not be written, "" when it was."""
    trouble = noted.trouble
    if noted.gone and not trouble:
        trouble = yield from _written({}, noted.gone, paths)
    return f"{trouble}: the earlier weights are not on disk" if trouble else ""


def _written(
    new: Mapping[ServerInService, Drain], gone: Collection[ServerInService], paths: TablePaths
) -> Operation[str]:
    from lvstui.store import drained

    try:
        yield from work(partial(drained.update, paths.folder, new, gone))
    except NotDone as error:
        return str(error)
    return ""

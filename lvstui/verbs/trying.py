"""--do probe and --do who: what a script tries from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.commands import trying
from lvstui.commands.parse import Asked
from lvstui.commands.targets import World
from lvstui.director.probe import Knocked, findings
from lvstui.director.source import EVERYTHING, Source, probes
from lvstui.director.state import State
from lvstui.verbs.verb import Verb
from lvstui.views import probes as views
from lvstui.views.names import Names

if TYPE_CHECKING:
    from lvstui.verbs.runner import Clock

_WHOLE = EVERYTHING._replace(vrrp=True, owner=True)
_PATIENCE = 3.0
"""Seconds for which keepalived's configuration is waited for."""


def run(source: Source, asked: Asked, names: Names, clock: Clock) -> Verb:
    """Tries it, a line for each answer. Returns 0 when all is as it should be, 1 when a port is not open or somebody
    answers for an address who should not. Raises BadInput, NotDone, Unavailable."""
    state = _known(source, clock)
    if asked.command.id == "probe":
        return (yield from _probe(source, asked, World(state, names)))
    return (yield from _who(source, asked, state))


def _known(source: Source, clock: Clock) -> State:
    """The table, poor as it may be, with what keepalived means with it, where one programs it."""
    until = clock.now() + _PATIENCE
    while True:
        state = source.read(_WHOLE)
        if state.owner != "keepalived" or state.keeping is not None or clock.now() > until:
            return state
        clock.sleep(0.1)


def _probe(source: Source, asked: Asked, world: World) -> Verb:
    wanted = trying.tried(asked, world)
    found: list[Knocked] = []
    for one in probes(source).knock(wanted):
        found.append(one)
        yield f"{views.knocked(one, world.names)[0]}\n"
    yield f"{views.tally(found, len(wanted))}\n"
    return int(any(not one.open for one in found if not one.knock.unfit))


def _who(source: Source, asked: Asked, state: State) -> Verb:
    servers, amiss = trying.real_servers(state), False
    for address, device in trying.asked_for(asked, state):
        answers = probes(source).who_has(address, device)
        amiss = amiss or bool(findings(answers, servers))
        yield from (f"{text}\n" for text, _ in views.answered(answers, servers))
    return int(amiss)

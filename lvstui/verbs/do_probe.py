"""--do probe, who and sync check: probes from here, for scripts."""

from __future__ import annotations

from lvstui.commands import trying
from lvstui.commands.parse import Asked
from lvstui.commands.targets import World
from lvstui.director.probe import claims
from lvstui.director.remarks import Remark
from lvstui.director.source import probes
from lvstui.operations import probe as operations
from lvstui.operations.complete_reads import informed
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Verb
from lvstui.views import probes as views
from lvstui.views.operator_names import Names

_PATIENCE = 3.0
"""Seconds to wait for keepalived's configuration."""


def probe(runner: Runner, asked: Asked, names: Names) -> Verb:
    """Prints a line for each answer. Returns 1 when a port is not open. Raises BadInput, NotDone, Unavailable."""
    state = yield from runner.perform(informed("", _PATIENCE))
    wanted = trying.tried(asked, World(state, names))
    results = yield from runner.perform(operations.probe(wanted, names, probes(runner.source)))
    yield f"{views.tally(results, len(wanted))}\n"
    return int(any(not result.open for result in results if not result.knock.unfit))


def who(runner: Runner, asked: Asked) -> Verb:
    """Returns 1 when a machine answers for an address and should not. Raises NotDone, Unavailable."""
    state = yield from runner.perform(informed("", _PATIENCE))
    wanted, servers = trying.asked_for(asked, state), trying.real_servers(state)
    found = yield from runner.perform(operations.who(wanted, servers, probes(runner.source)))
    return int(any(claims(answers, servers) for answers in found))


def sync_check(runner: Runner) -> Verb:
    """Prints the result of a count of connections, and the faults of the sync daemons. Returns 1 when there is one.
    Raises NotDone, Unavailable."""
    found = yield from runner.perform(operations.sync_check(probes(runner.source), "--do"))
    if found.unjudged:
        yield Remark("VRRP", 0, found.unjudged)
    yield from (f"finding: {finding.role} daemon: {finding.text}\n" for finding in found.findings)
    yield from (f"{line.text}\n" for line in (found.verdict, *found.lines))
    return 0 if found.well else 1

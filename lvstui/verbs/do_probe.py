"""--do probe, who and sync check: probes from here, for scripts."""

from __future__ import annotations

from lvstui.commands import probe_targets
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import CommandContext
from lvstui.director.probe import claims
from lvstui.director.remarks import Remark
from lvstui.director.source import probes
from lvstui.operations import probe as operations
from lvstui.operations.complete_reads import informed
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Verb
from lvstui.views import probes as views
from lvstui.views.operator_names import OperatorNames

_PATIENCE = 3.0
"""Seconds to wait for keepalived's configuration."""


def probe(runner: Runner, parsed: ParsedCommand, names: OperatorNames) -> Verb:
    """Prints a line for each answer. Returns 1 when a port is not open. Raises BadInput, NotDone, Unavailable."""
    state = yield from runner.perform(informed("", _PATIENCE))
    wanted = probe_targets.targets_of(parsed, CommandContext(state, names))
    results = yield from runner.perform(operations.probe(wanted, names, probes(runner.source)))
    yield f"{views.tally(results, len(wanted), names)}\n"
    return int(any(not result.open for result in results if not result.target.unfit))


def who(runner: Runner, parsed: ParsedCommand, names: OperatorNames) -> Verb:
    """Returns 1 when a machine answers for an address and should not. Raises NotDone, Unavailable."""
    state = yield from runner.perform(informed("", _PATIENCE))
    wanted, servers = probe_targets.arp_addresses(parsed, state), probe_targets.real_servers(state)
    every = yield from runner.perform(operations.who(wanted, servers, names, probes(runner.source)))
    return int(any(claims(answers, servers) for answers in every))


def sync_check(runner: Runner) -> Verb:
    """Prints the result of a count of connections, and the faults of the sync daemons. Returns 1 when there is one.
    Raises NotDone, Unavailable."""
    origins = yield from runner.perform(operations.sync_check(probes(runner.source), "--do"))
    if origins.unjudged:
        yield Remark("VRRP", 0, origins.unjudged)
    yield from (f"finding: {finding.role} daemon: {finding.text}\n" for finding in origins.findings)
    yield from (f"{line.text}\n" for line in (origins.verdict, *origins.lines))
    return 0 if origins.well else 1

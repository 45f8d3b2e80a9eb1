"""--do: runs one command of the console, for deploy scripts. Giving the command counts as consent; only an outage needs
--allow-outage."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.commands import make, proposals
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.proposals import NoChange
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import Remark
from lvstui.director.source import EVERYTHING, Scope, Source, probes
from lvstui.director.state import State
from lvstui.operations import drain, ramp
from lvstui.operations.change import Done, change
from lvstui.operations.complete_reads import informed, standing
from lvstui.places import TablePaths
from lvstui.store import drained
from lvstui.verbs.questions import ChangeOptions
from lvstui.verbs.runner import Clock, Runner
from lvstui.verbs.verb import Verb, complete
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import Place

_PATIENCE = 2.0
"""Seconds to wait for keepalived's VRRP role."""
_SYNC = ("sync-start", "sync-stop")
"""Commands that are judged against VRRP and keepalived's configuration."""


def refuse_looks(parsed: ParsedCommand) -> None:
    """Raises BadInput for a command that works only in the console."""
    command = parsed.command
    if not command.here:
        mend = {"netns": "lvstui --netns NAME --do ...", "ramp-stop": "interrupt the ramp: ^C"}.get(command.id, "")
        raise BadInput(f"--do {command.words[0]}", "works only in the console", mend)
    if command.id in ("save", "restore") and parsed.get("file") is None:
        raise BadInput(f"--do {command.words[0]}", "FILE is missing", command.usage)


def run(
    source: Source,
    parsed: ParsedCommand,
    names: OperatorNames,
    options: ChangeOptions,
    paths: TablePaths,
    clock: Clock = Clock(),  # noqa: B008
) -> Verb:
    """Runs a command. Returns 0 when it is done or was already done, 1 when a dry run finds something to do. Raises
    BadInput (a name that is not in the table), NotDone (a guard, a lock, someone else; a drain that ran out of time),
    Refused (everything was taken back) and RollbackFailed."""
    runner = Runner(source, options, paths, clock)
    verb = _other(runner, parsed, names)
    if verb is not None:
        return (yield from verb)
    if parsed.command.id in _SYNC:
        state = yield from runner.perform(standing("--do"))
    else:
        state = _read(source, clock)
    memory = drained.read(paths.folder)
    if memory.complaint:
        yield Remark("drained", 0, memory.complaint)
    world = CommandContext(state, names)
    weights = {Place(*key): drain.weight for key, drain in memory.drains.items()}
    if parsed.command.id == "ramp":
        return (yield from _ramp(runner, parsed, world))
    if parsed.command.id == "replace-host":
        return (yield from _replace(runner, parsed, world, weights))
    wait = parsed.get("wait")
    try:
        proposal = make.propose(parsed, world, weights)
    except NoChange as so:
        yield f"nothing to do: {so}\n"
    else:
        if state.read_only and not options.dry_run:
            raise NotDone("--do", f"read-only: {state.read_only}")
        done = yield from runner.perform(change(proposal, state, paths, parsed.get("reason") or ""))
        if not isinstance(done, Done):
            return 1
        if done.trouble:
            yield Remark(proposal.title, 0, done.trouble)
        yield f"done: {proposal.title}\n"
    if wait is not None and not options.dry_run:
        left = yield from runner.perform(drain.wait(make.places(parsed, world), wait))
        yield f"{left.text}\n"
    return 0


def _other(runner: Runner, parsed: ParsedCommand, names: OperatorNames) -> Verb | None:
    """The verb for a command that does not change the table, None for one that does."""
    match parsed.command.id:
        case "reload":
            from lvstui.verbs import do_keepalived

            return do_keepalived.reload(runner)
        case "failover":
            from lvstui.verbs import do_keepalived

            return do_keepalived.failover(runner, parsed.get("reason") or "")
        case "conf":
            from lvstui.verbs import do_keepalived

            return do_keepalived.conf(runner, parsed, names)
        case "probe":
            from lvstui.verbs import do_probe

            return do_probe.probe(runner, parsed, names)
        case "who":
            from lvstui.verbs import do_probe

            return do_probe.who(runner, parsed, names)
        case "sync-check":
            from lvstui.verbs import do_probe

            return do_probe.sync_check(runner)
        case "drift":
            from lvstui.verbs import do_drift

            return do_drift.drift(runner)
        case _:
            return None


def _read(source: Source, clock: Clock) -> State:
    """The whole table, with who else writes it and, where keepalived runs, the VRRP role."""
    state = complete(source, "--do", EVERYTHING._replace(owner=True))
    until = clock.now() + _PATIENCE
    while state.vrrp.keepalived and not state.vrrp.role and clock.now() < until:
        state = state._replace(vrrp=source.read(Scope(vrrp=True, owner=True)).vrrp)
        if not state.vrrp.role:
            clock.sleep(0.1)
            state = state._replace(vrrp=state.vrrp._replace(keepalived=True))
    return state


def _ramp(runner: Runner, parsed: ParsedCommand, world: CommandContext) -> Verb:
    """Ramps the weights of one or more servers to a value. Raises NotDone when someone else changes one meanwhile."""
    places, state = make.places(parsed, world), world.state
    try:
        goal = proposals.weight(state, places, parsed.values["weight"])
    except NoChange as so:
        yield f"nothing to do: {so}\n"
        return 0
    ramps = ramp.ramps(goal, state, parsed.values["time"])
    if not (yield from runner.perform(ramp.agree(goal, ramps, state, runner.paths))):
        return 1
    yield from runner.perform(ramp.ramp(ramps, runner.paths))
    yield f"done: {goal.title}, in {parsed.values['time']:g} s\n"
    return 0


def _replace(runner: Runner, parsed: ParsedCommand, world: CommandContext, weights: Mapping[Place, int]) -> Verb:
    """Replaces a host by another. Raises NotDone when the time is up with connections left: both hosts then stay."""
    from lvstui.commands.replacing import replacement
    from lvstui.operations import replace

    state = yield from runner.perform(informed("--do"))
    try:
        plan = replacement(parsed, world._replace(state=state), weights)
    except NoChange as so:
        yield f"nothing to do: {so}\n"
        return 0
    if state.read_only and not runner.options.dry_run:
        raise NotDone("--do", f"read-only: {state.read_only}")
    agreed = yield from runner.perform(replace.agree(plan, state, lambda: probes(runner.source)))
    if agreed is None:
        return 1
    seconds, reason = parsed.get("wait") or replace.WAIT, parsed.get("reason") or ""
    complaints: list[str] = []
    work = replace.replace(
        agreed, state, runner.paths, seconds, reason, lambda done, undo: complaints.append(done.trouble)
    )
    yield from runner.perform(work)
    yield from (Remark(plan.proposal.title, 0, text) for text in complaints if text)
    yield f"done: {plan.proposal.title}\n"
    return 0

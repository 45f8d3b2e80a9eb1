"""--do reload, failover and conf: orders to keepalived, and the configuration lines that make a service last."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.commands import reloading
from lvstui.commands.lasting import key_of
from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import CommandContext
from lvstui.director.remarks import Remark
from lvstui.director.state import rules_of
from lvstui.operations import conf as lasting
from lvstui.operations import keepalived
from lvstui.operations.complete_reads import informed
from lvstui.verbs.runner import Runner
from lvstui.verbs.verb import Verb
from lvstui.views.operator_names import OperatorNames
from lvstui.views.past import Past


def reload(runner: Runner) -> Verb:
    """Returns 0, or 1 for a dry run. Raises the errors of the operation, such as BadInput where keepalived reports an
    error in its configuration."""
    done = yield from runner.perform(keepalived.reload("--do"))
    if done is None:
        return 1
    yield from _remarked(done.remark)
    yield f"{reloading.verdict(done.differing)}\n"
    now = rules_of(done.state)
    yield from (f"  {reloading.differs(change, now)}\n" for change in reloading.brief(done.differing or ()))
    return 0


def failover(runner: Runner, reason: str) -> Verb:
    """Returns 0, or 1 for a dry run."""
    done = yield from runner.perform(keepalived.failover(reason, "--do"))
    if done is None:
        return 1
    yield from _remarked(done.remark)
    yield f"{done.text}\n" if done.heard else Remark("failover", 0, done.text)
    return 0


def conf(runner: Runner, parsed: ParsedCommand, names: OperatorNames) -> Verb:
    """Prints the lines, or writes them to the given file. Returns 0. Raises BadInput for an unknown service, NotDone
    for a file that cannot or must not be written."""
    state = yield from runner.perform(informed("--do"))
    key = key_of(parsed, CommandContext(state, names))
    path = yield from runner.perform(lasting.conf(state, key, Past(), runner.paths, parsed.get("file")))
    if path is not None:
        yield f"written: {path}\n"
    return 0


def _remarked(remark: str) -> Iterator[Remark]:
    """A remark on how an order was sent to keepalived."""
    if remark:
        yield Remark("keepalived", 0, remark)

"""Changes several directors elsewhere, one after the other: the backup first, and the master only after the backup's
table was read back and is as requested. The lvstui installed on each does it. All plans are confirmed at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial

from lvstui.director.errors import LvsError, NotDone, Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.pair.change_order import Ordered, ordered
from lvstui.director.remarks import Remark
from lvstui.director.source import Scope, Source
from lvstui.director.state import Vrrp
from lvstui.formats import toml
from lvstui.remote.connect_failures import NotStarted
from lvstui.store.noticed import unfinished_note
from lvstui.values import NamedTuple
from lvstui.verbs import remote_change
from lvstui.verbs.fleet import UNREACHED, DirectorAnswer, abreast, collected, folded, ranges
from lvstui.verbs.read_back import Expected, expected, missing
from lvstui.verbs.runner import Clock
from lvstui.verbs.verb import Ask, Verb
from lvstui.views import summary

_PATIENCE = 300.0
"""Seconds without output after which a plan or a restore over there is given up."""
_LEARNING = 20.0
"""The most seconds to wait for the role of a director: over a slow link it takes long."""
_DIFFERS, _NOT_DONE = 1, 1
AGAIN, PLAN, DRIFT = "again", "plan", "drift"
"""How a result is read back: a new plan must find nothing to do; the table must hold what the commands of the plan say;
keepalived's configuration must be in the table."""
_SETTLING, _LOOKS = 30.0, 3.0
"""Seconds that keepalived may take to make the table, after a reload; and between two looks."""
_NAMED = 4
"""The most hosts that a question names one by one, each with its role."""


class Task(NamedTuple):
    """What to do on each host. `verb`: "restore", "do", "resume" or "rollback"; `words`: the arguments of the lvstui
    over there, and `given`: its standard input. `name`: what messages call it. `line`: the command that does it on one
    host. `back`: how its result is read back, one of the words below, "" where it is not. `pair`: only the two
    directors of a pair may be given. `silent`: it may run for a long time without output."""

    verb: str
    words: tuple[str, ...]
    name: str
    line: Callable[[str], str]
    given: bytes = b""
    back: str = ""
    pair: bool = False
    silent: bool = False


class TogetherOptions(NamedTuple):
    """--dry-run and --yes; `sudo`: whether a host is changed as root, by sudo."""

    sudo: Callable[[str], bool]
    dry_run: bool = False
    yes: bool = False


OpenByName = Callable[[str], Source]
"""Opens a director for reading. Raises LvsError."""


class _DirectorReading(NamedTuple):
    """What was read of a director before any change: its VRRP state, and the note of an unfinished restore."""

    vrrp: Vrrp = Vrrp()
    unfinished: str = ""
    error: LvsError | None = None


def way_back(command: str) -> str:
    """How the result of a command that changes rules is read back."""
    return {"restore": AGAIN, "reload": DRIFT}.get(command, PLAN)


def run(
    names: Sequence[str],
    task: Task,
    options: TogetherOptions,
    opened: OpenByName,
    ask: Ask,
    clock: Clock = Clock(),  # noqa: B008
) -> Verb:
    """Does a task on these hosts. Returns 0 when all is done, or was done already; 1 when a dry run finds something to
    do, when the task is refused, and when a table read back is not as requested; 3 when a director cannot be reached,
    or the link to it was lost, so that nobody knows whether the task was done there; else the exit code of the lvstui
    over there. Raises NotDone, also where the operator does not confirm."""
    vrrp: Mapping[str, Vrrp] = {}
    if len(names) > 1:
        seen = dict(zip(names, abreast(lambda host: _seen(host, opened, clock), names), strict=True))
        code = yield from _refused(seen, task)
        if code:
            return code
        vrrp = {host: reading.vrrp for host, reading in seen.items()}
        order = ordered(names, vrrp, task.pair)
        if order.why:
            raise NotDone(f"--{task.verb}", f"{order.why}; nothing was changed", _alone(order, task))
        names = order.hosts
    plans = yield from _planned(names, task, options)
    if isinstance(plans, int):
        return plans
    left = tuple(plans)
    if not left:
        return 0
    if options.dry_run:
        return _DIFFERS
    if not options.yes and not _asked(_question(left, vrrp), task, ask):
        raise NotDone(f"--{task.verb}", "not confirmed; nothing was changed")
    for number, host in enumerate(left):
        code = yield from _done(host, task, options, plans[host], clock)
        if code:
            if rest := left[number + 1 :]:
                yield Remark(host, 0, f"stopped: nothing was done on {', '.join(rest)}")
            return code
    return 0


def asked_of_each(names: Sequence[str], task: Task, options: TogetherOptions) -> Verb:
    """Does a task that changes no table on one host after the other. Ends at the first that refuses, with its exit
    code."""
    for number, host in enumerate(names):
        code = yield from _carried_out(host, task, options)
        if code:
            if rest := names[number + 1 :]:
                yield Remark(host, 0, f"stopped: nothing was asked of {', '.join(rest)}")
            return code
    return 0


def _question(left: Sequence[str], roles: Mapping[str, Vrrp]) -> str:
    if len(left) > _NAMED:
        return f"do this on {ranges(left)}, one after the other?"
    named = [f"{host} ({role})" if (role := _role(roles, host)) else host for host in left]
    return f"do this on {', then on '.join(named)}?"


def _role(roles: Mapping[str, Vrrp], host: str) -> str:
    return roles[host].role if host in roles else ""


def _asked(question: str, task: Task, ask: Ask) -> bool:
    try:
        return ask(question)
    except NotDone as error:
        raise NotDone(f"--{task.verb}", f"{error.why}; nothing was changed", error.mend) from None


def _alone(order: Ordered, task: Task) -> str:
    """The advice where the order is not known: to change one host by itself."""
    first = next((host for host in reversed(order.of)), order.hosts[-1])
    return f"change one by itself: {task.line(first)}"


def _seen(host: str, opened: OpenByName, clock: Clock) -> _DirectorReading:
    """Reads a director until its role is known, for at most _LEARNING seconds."""
    try:
        source = opened(host)
        try:
            until = clock.now() + _LEARNING
            while True:
                state = source.read(Scope(sweep=True, vrrp=True, owner=True))
                vrrp = state.vrrp
                if vrrp.role or (vrrp.keepalived is False and not vrrp.unread) or clock.now() > until:
                    break
                clock.sleep(0.2)
        finally:
            source.close()
    except LvsError as error:
        return _DirectorReading(error=error)
    return _DirectorReading(vrrp, unfinished_note(state.notes))


def _refused(seen: Mapping[str, _DirectorReading], task: Task) -> Generator[Remark, None, int]:
    """Says why the task cannot begin, and returns the exit code for that; 0 where it can."""
    code = 0
    for host, reading in seen.items():
        if reading.error is not None:
            yield Remark(host, 0, f"not reached: {_words(reading.error)}")
            code = UNREACHED
        elif reading.unfinished:
            yield Remark(host, 0, f"{reading.unfinished}; end it first")
            code = code or _NOT_DONE
    if code:
        yield Remark(f"--{task.verb}", 0, f"nothing was done on {', '.join(seen)}")
    return code


def _words(error: LvsError) -> str:
    return f"{error.why}; {error.mend}" if error.mend else error.why


def _planned(
    names: Sequence[str], task: Task, options: TogetherOptions
) -> Generator[str | Remark, None, dict[str, str] | int]:
    """Shows what would change on each host. Returns the plans of the hosts on which something would, or an exit code
    where one refuses."""
    plans = list(abreast(lambda host: _plan(host, task, options), names))
    yield from (remark for plan in plans for remark in plan.remarks)
    refused = [plan for plan in plans if not _is_plan(plan)]
    yield from folded([plan for plan in plans if _is_plan(plan)])
    if refused:
        yield Remark(f"--{task.verb}", 0, f"nothing was done on {', '.join(names)}")
        return max((plan.code or _NOT_DONE) if plan.reached else UNREACHED for plan in refused)
    return {plan.host: plan.text for plan in plans if plan.code}


def _plan(host: str, task: Task, options: TogetherOptions) -> DirectorAnswer:
    """What the task would do on a host."""
    answer = _asked_there(host, (*task.words, "--dry-run"), options, task.verb, task.given)
    if answer.reached and not answer.text.strip() and not answer.remarks:
        return answer._replace(
            remarks=(Remark(host, 0, f"{_MUTE}: ssh {host} lvstui --version"),), code=answer.code or 1
        )
    return answer


def _asked_there(
    host: str, words: Sequence[str], options: TogetherOptions, verb: str, given: bytes = b""
) -> DirectorAnswer:
    """What the lvstui over there answers to these arguments, which change nothing."""
    run = partial(remote_change.run, argv=words, sudo=options.sudo(host), given=given, patience=_PATIENCE)
    return collected(host, run, verb)


def _is_plan(plan: DirectorAnswer) -> bool:
    """Whether an answer is a plan, or says that there is nothing to do. A refusal has no text, and neither has what is
    no lvstui: a wrapper or a forced command that ends well without a word."""
    return plan.reached and plan.code in (0, _DIFFERS) and bool(plan.text.strip())


def _done(
    host: str, task: Task, options: TogetherOptions, planned: str, clock: Clock
) -> Generator[str | Remark, None, int]:
    """Does the task on a host, and reads the table back. Returns the exit code."""
    wanted: Expected | None = None
    if task.back == PLAN:
        try:
            wanted = expected(planned, _table(host, options), host)
        except LvsError as error:
            yield Remark(host, 0, f"nothing was done: {_words(error)}")
            return UNREACHED if isinstance(error, Unavailable) else _NOT_DONE
    code = yield from _carried_out(host, task, options)
    if code or not task.back:
        return code
    if wanted is not None:
        return (yield from _compared(host, task, options, wanted))
    if task.back == DRIFT:
        return (yield from _settled(host, task, options, clock))
    return (yield from _read_back(host, task, options))


def _carried_out(host: str, task: Task, options: TogetherOptions) -> Generator[str | Remark, None, int]:
    """Does the task on a host. Returns the exit code."""
    words = [*task.words, *(["--yes"] if task.verb != "do" else [])]
    patience = None if task.silent else _PATIENCE
    last = ""
    try:
        running = remote_change.run(host, words, options.sudo(host), task.given, patience)
        while True:
            try:
                part = next(running)
            except StopIteration as end:
                code = int(end.value)
                break
            if isinstance(part, Remark):
                yield part
            elif task.verb == "do":
                yield f"{host}: {part}"  # it may wait between two lines
            elif isinstance(part, str):
                last = part  # the plan was shown before
    except (Unavailable, KeyboardInterrupt) as error:
        yield _cut(host, error, task.line(host))
        if isinstance(error, KeyboardInterrupt):
            raise
        return UNREACHED
    if code:
        return code
    yield f"{host}: {last}" if last else ""
    return 0


def on_one(host: str, argv: Sequence[str], sudo: bool, line: str) -> Verb:
    """Does a command on one host; the command is the consent. `line`: the line of a shell that does it. Returns the
    exit code of the lvstui over there, 3 where the link was lost."""
    try:
        return (yield from remote_change.run(host, argv, sudo))
    except NotStarted:
        raise
    except (Unavailable, KeyboardInterrupt) as error:
        yield _cut(host, error, line)
        if isinstance(error, KeyboardInterrupt):
            raise
        return UNREACHED


def _cut(host: str, error: Unavailable | KeyboardInterrupt, line: str) -> Remark:
    """What is known of a task whose link ended before it did."""
    if isinstance(error, NotStarted):
        return Remark(host, 0, f"nothing was done: {_words(error)}")
    why = error.why if isinstance(error, Unavailable) else "interrupted"
    return Remark(host, 0, f"{why}; it may be done or not: {line} --dry-run shows what is left")


def _read_back(host: str, task: Task, options: TogetherOptions) -> Generator[str | Remark, None, int]:
    """Makes a new plan, in which nothing is left to do where the table is as asked."""
    answer = _plan(host, task, options)
    if not answer.reached:
        yield from answer.remarks
        return (yield from _unread(host, f"{task.line(host)} --dry-run does that"))
    if answer.code == 0 and _is_plan(answer):
        yield _AS_ASKED.format(host)
        return 0
    yield from answer.remarks
    yield from folded([answer])
    yield Remark(host, 0, _STILL_MISSING)
    return _DIFFERS


_MUTE = "what answers there says nothing and is no lvstui"
_AS_ASKED = "{}: read back: the table is as asked\n"
_STILL_MISSING = "done, but the table read back is not as asked: the changes above are still missing"


def _unread(host: str, mend: str) -> Generator[str | Remark, None, int]:
    yield Remark(host, 0, f"done, but the table could not be read back: {mend}")
    return UNREACHED


def _compared(
    host: str, task: Task, options: TogetherOptions, expected: Expected
) -> Generator[str | Remark, None, int]:
    """Compares the table with what the commands of the plan say."""
    try:
        left = missing(expected, _table(host, options))
    except LvsError as error:
        return (yield from _unread(host, _words(error)))
    if not left:
        yield _AS_ASKED.format(host)
        return 0
    yield from folded([DirectorAnswer(host, "".join(summary.commands(left)))])
    yield Remark(host, 0, _STILL_MISSING)
    return _DIFFERS


def _settled(host: str, task: Task, options: TogetherOptions, clock: Clock) -> Generator[str | Remark, None, int]:
    """Waits until the table is as keepalived's configuration says."""
    until = clock.now() + _SETTLING
    while (answer := _asked_there(host, ("--do", "drift"), options, "do")).reached and answer.code == _DIFFERS:
        if clock.now() > until:
            yield from answer.remarks
            yield from folded([answer])
            yield Remark(host, 0, "done, but the table read back is not as keepalived's configuration says")
            return _DIFFERS
        clock.sleep(_LOOKS)
    if answer.code or not answer.reached:
        yield from answer.remarks
        return (yield from _unread(host, f"lvstui --on {host} --do drift does that"))
    yield f"{host}: read back: the table is as keepalived's configuration says\n"
    return 0


def _table(host: str, options: TogetherOptions) -> RuleSet:
    """The table of a host, as the lvstui over there reads it. Raises LvsError."""
    answer = _asked_there(host, ("--save", "-", "--format", "toml"), options, "save")
    if answer.code or not answer.reached:
        why = next((remark.text for remark in reversed(answer.remarks)), f"exit status {answer.code}")
        raise (NotDone if answer.reached else Unavailable)(host, f"its table could not be read: {why}")
    return toml.read(answer.text, host)[0]

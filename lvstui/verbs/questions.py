"""The questions of an operation as a verb prints them. The command line counts as consent, with two exceptions: a
restore at a terminal asks, and an outage needs --allow-outage."""

from __future__ import annotations

from _collections_abc import Generator, Iterator, Sequence

from lvstui.director.errors import NotDone
from lvstui.director.remarks import Remark
from lvstui.operations.steps import (
    YES,
    Climb,
    ClosedPorts,
    Confirm,
    FailoverQuestion,
    Plan,
    Question,
    Reload,
    ShowComplaints,
    ShowConfLines,
    Ways,
)
from lvstui.values import NamedTuple
from lvstui.verbs.verb import Ask
from lvstui.views.number import count

Part = str | Remark
_SHOWN = 40
"""The number of commands of a plan shown before asking; --dry-run shows all."""
_SHOWN_STEPS = 20
"""The number of steps of a ramp shown."""
_LEFT = {True: "make", False: "take back"}


class ChangeOptions(NamedTuple):
    """--dry-run and --allow-outage. `ask` asks the operator, None where the command line answers."""

    dry_run: bool = False
    allow_outage: bool = False
    ask: Ask | None = None


class QuestionStakes(NamedTuple):
    """What a question is about: the flag that the operator used, the outages, why it may not be done at all ("" when it
    may), the question for an operator at a terminal, and the consequence of a no."""

    what: str
    outages: Sequence[str] = ()
    read_only: str = ""
    question: str = ""
    no: str = "nothing was changed"


def ask(question: Question, options: ChangeOptions) -> Generator[Part, None, object]:
    """Prints the question and returns the answer; the answer of a dry run is no. Raises NotDone where the operator says
    no, or a flag is missing."""
    yield from shown(question, options)
    if isinstance(question, ShowComplaints | ShowConfLines):
        return YES if isinstance(question, ShowComplaints) else ""
    if isinstance(question, ClosedPorts) and options.dry_run:
        return YES  # so that the rest is shown
    stakes = _stakes(question)
    if options.dry_run:
        return None if isinstance(question, Ways) else ""
    if stakes.read_only:
        raise NotDone(stakes.what, f"read-only: {stakes.read_only}")
    if stakes.outages and not options.allow_outage:
        raise NotDone(stakes.what, f"{stakes.outages[0]}; {stakes.no}", "--allow-outage allows this")
    if stakes.question and options.ask is not None and not options.ask(stakes.question):
        raise NotDone(stakes.what, f"not confirmed; {stakes.no}")
    return next(iter(question.plans)) if isinstance(question, Ways) else YES


def _stakes(question: Confirm | ClosedPorts | Climb | Plan | Ways | Reload | FailoverQuestion) -> QuestionStakes:
    match question:
        case Reload():
            return QuestionStakes(question.what, question.ahead.outages, no="nothing was sent")
        case FailoverQuestion():
            unknown = "it is not known beforehand whether a peer takes over"
            return QuestionStakes(question.what, (unknown,), question.read_only, no="nothing was sent")
        case Confirm(outages=outages):
            return QuestionStakes("--do", outages)
        case ClosedPorts(troubles=troubles):
            return QuestionStakes("--do", troubles)
        case Climb(outages=outages):
            return QuestionStakes("--do", outages)
        case Plan():
            asked = f"apply {count(len(question.changes), 'change')}?"
            return QuestionStakes(question.what, question.outages, question.read_only, asked)
        case Ways():
            changes = next(iter(question.plans.values())).changes
            asked = f"apply {count(len(changes), 'change')}?" if changes else ""
            return QuestionStakes(question.what, (), question.read_only, asked)


def shown(question: Question, options: ChangeOptions) -> Iterator[Part]:
    """A question as it is printed: the commands, their cost, and the warnings."""
    from lvstui.operations.lock import cut_off
    from lvstui.views import summary

    match question:
        case Confirm():
            yield from summary.commands(question.proposal.changes)
            yield from _price(question.proposal.cost, question.outages)
            yield from (Remark(question.proposal.title, 0, text) for text in question.warnings)
            yield from (f"{text}\n" for text in question.lines)
        case ClosedPorts(what, troubles):
            yield from (Remark(what, 0, text) for text in troubles)
        case Climb():
            from lvstui.commands.draining import place_text

            for ramp in question.ramps:
                weights = " ".join(str(step.weight) for step in ramp.steps[:_SHOWN_STEPS])
                yield f"{place_text(ramp.place)}: {ramp.start} to {ramp.goal} in {len(ramp.steps)} steps: {weights}\n"
            yield "in the end:\n"
            yield from (f"  {line}" for line in summary.commands(question.goal.changes))
            yield from _price("", question.outages)
            yield from (Remark(question.goal.title, 0, text) for text in question.warnings)
        case Plan():
            if question.replaces:
                why = "nothing is served between the first change and the last; without it nothing is"
                yield Remark("--replace", 0, why)
            yield f"{question.name}: {summary.counts(question.changes)}\n"
            yield from summary.grouped(question.changes, len(question.changes) if options.dry_run else _SHOWN)
            yield from _price(question.cost, question.outages)
        case Ways():
            ((forward, todo),) = question.plans.items()
            changes, cut = count(len(todo.changes), "change"), question.cut
            yield f"{cut_off(cut)}: {changes} of {cut.about.changes} left to {_LEFT[forward]}\n"
            yield from summary.grouped(todo.changes, len(todo.changes))
            yield from (Remark(question.what, 0, f"{text}: left as it is") for text in todo.left)

        case ShowComplaints(answer):
            config = answer.daemon.config
            yield from (
                Remark(complaint.file or config, complaint.line, complaint.words) for complaint in answer.complaints
            )
        case Reload():
            from lvstui.commands import reloading

            yield f"{question.daemon.reload}\n"
            yield f"{reloading.question(question.ahead, question.state)}\n"
            yield from _price("", question.ahead.outages)
        case ShowConfLines(lines=lines):
            yield lines.text
        case FailoverQuestion():
            yield from (f"{text}\n" for text in question.lines)


def _price(cost: str, outages: Sequence[str]) -> Iterator[str]:
    if cost:
        yield f"cost: {cost}\n"
    yield from (f"outage: {text}\n" for text in outages)

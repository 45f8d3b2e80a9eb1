"""--report: writes a recording as an HTML page to attach to a ticket. Needs no kernel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.director.record import SEEN, Record
from lvstui.director.remarks import Remark
from lvstui.plain import plain
from lvstui.store.whole import write_whole
from lvstui.verbs.verb import Verb
from lvstui.views.operator_names import OperatorNames
from lvstui.views.report import reported
from lvstui.views.report_page import page
from lvstui.views.times import moment

if TYPE_CHECKING:
    from lvstui.director.state import State
    from lvstui.store.replay import Replay


_OTHERS = "Who changed what is not known: the audit log of this machine tells nothing of {host}."


class _States:
    """All recorded States; they can be iterated several times."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def __iter__(self) -> Iterator[State]:
        return self._replay.states()


def run(replay: Replay, target: str, names: OperatorNames, records: Callable[[], Collection[Record]] = tuple) -> Verb:
    """Writes the page; `-` is standard output. `records`: the audit log of this machine. Raises BadInput, NotDone."""
    if replay.remark:
        yield Remark("--report", 0, replay.remark)
    every = records()
    first, last = replay.span
    host = next((state.host for state in replay.states()), "")
    of_host = [record for record in every if record.host in ("", host)]
    own = [record for record in of_host if record.result != SEEN and first <= record.epoch <= last]
    by = _told_by(of_host, own, first) if of_host or not every else _OTHERS.format(host=plain(host))
    text = page(reported(_States(replay), of_host, names, by))
    if target == "-":
        yield text
        return 0
    write_whole(Path(target), [text])
    yield f"{target}: {len(text) // 1024 + 1} KB\n"
    return 0


def _told_by(records: list[Record], own: list[Record], first: float) -> str:
    """What is known about who did what, in words."""
    reach = min((record.epoch for record in records), default=None)
    if own:
        early = f", which begins at {moment(reach, first)}" if reach is not None and reach > first else ""
        return f"Changes made with lvstui are from the audit log of this machine{early}; all else was observed."
    if reach is None or reach > first:
        return "It is not known who changed what: the audit log of this machine does not go back that far."
    return "The audit log of this machine has no change made with lvstui in this time; changes by others were observed."

"""Queries a running keepalived: a signal, then the files that it writes in answer.

keepalived's own event loop writes each answer, so it is asked at long intervals: a recent file is read as it is,
whoever asked for it. A caller that knows of a change since the last answer may ask sooner, but nobody asks within
SOONEST seconds of another. Passwords in the files are dropped (dump/*.py).
"""

from __future__ import annotations

import time
from contextlib import suppress

from lvstui.director.checks.check_report import CheckedService
from lvstui.director.errors import NotDone
from lvstui.director.vrrp.instances import Instance
from lvstui.keepalived.conf.globals import ReportFiles
from lvstui.keepalived.dump import checkers, instances, statistics
from lvstui.keepalived.dump.dump_files import TICK, DumpFolders, alone, lines, place, whole, written
from lvstui.keepalived.signalling import NoSuchSignal, send
from lvstui.values import NamedTuple

SELDOM = 10.0
"""Seconds between two queries while nothing changes."""
SOONEST = 5.0
"""The least number of seconds between two queries, by any user."""
PATIENCE = 3.0
"""Seconds that an answer may take."""
_BESIDE = 1.0
"""Seconds to wait for what another process, or a build with JSON, adds; it may never come."""
_THERE = 0.3
"""Seconds for a file that already exists: it is read twice, to see that it is complete."""
_JSON = "keepalived.json"


class KeepalivedReport(NamedTuple):
    """keepalived's report, and when it was made, in seconds of the epoch. `remark`: a remark on the query. `checked`:
    when its checkers reported, in a separate file; None where they did not."""

    at: float
    instances: tuple[Instance, ...]
    services: tuple[CheckedService, ...]
    remark: str = ""
    checked: float | None = None


def report(pid: int, answers: ReportFiles | None = None, newer_than: float = 0.0) -> KeepalivedReport:
    """The report of the keepalived with parent process `pid`. It is asked again where its last answer is older than
    SELDOM seconds, or older than `newer_than` (seconds of the epoch) and SOONEST seconds. The answer may be older than
    `newer_than` where it may not be asked yet. Takes a little more than PATIENCE seconds, longer where another program
    is asking. `answers`: what its configuration says about the files. Raises NotDone when it may not be asked, is not
    keepalived, or does not answer."""
    names = answers or ReportFiles()
    there = place(pid)
    files = names.data(), names.data("_check")
    with alone(there, files, PATIENCE):
        return _report(pid, there, files, newer_than)


def _report(pid: int, there: DumpFolders, files: tuple[str, str], newer_than: float) -> KeepalivedReport:
    now = time.time()
    since = max(now - SELDOM, min(newer_than, now - SOONEST))
    data, checks = files
    said, fresh = "", since
    if (written(there, data) or written(there, checks)) <= since:
        said, fresh = send(pid, "DATA"), now - TICK
    if not said and written(there, _JSON) <= since:  # a binary that tells no number does not tell another either
        said = _ask_for_json(pid)
    try:
        at, known = whole(there, data, since, lambda text: instances.instances(lines(text)), PATIENCE)
    except TimeoutError:
        checked, watched = _checkers(there, checks, since, fresh)
        if checked is not None:  # a keepalived that only checks has no other file
            return KeepalivedReport(checked, (), watched, said, checked)
        where = " or ".join(dict.fromkeys(str(path.parent).removeprefix(str(there.root)) for path in there.paths(data)))
        raise NotDone("keepalived", f"does not answer within {PATIENCE:g} s", f"can it write to {where}?") from None
    checked, watched = _checkers(there, checks, since, fresh)
    counted: tuple[Instance, ...] = ()
    with suppress(TimeoutError, NotDone):
        counted = whole(there, _JSON, since, statistics.instances, _BESIDE)[1]
    return KeepalivedReport(at, _joined(known, counted), watched, said, checked)


def _checkers(
    there: DumpFolders, name: str, since: float, fresh: float
) -> tuple[float | None, tuple[CheckedService, ...]]:
    """What the checkers told, and when: after `fresh` where they do so within _BESIDE seconds, else after `since`; None
    where they have told nothing since."""
    for after, patience in ((fresh, _BESIDE), (since, _THERE)):
        with suppress(TimeoutError, NotDone):
            return whole(there, name, after, lambda text: checkers.watched(lines(text)), patience)
    return None, ()


def _ask_for_json(pid: int) -> str:
    """Asks for the file that adds counts. "", also where the build has none, or why it was not asked for."""
    try:
        return send(pid, "JSON")
    except NoSuchSignal:
        return ""
    except NotDone as error:
        return f"{error.what} is not asked for its counts: {error.why}"


def _joined(instances: tuple[Instance, ...], counted: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """The instances of keepalived.data with the counts of keepalived.json; those of keepalived.json where there are
    none."""
    counts = {instance.name: instance.transitions for instance in counted}
    if not instances:
        return counted
    return tuple(instance._replace(transitions=counts.get(instance.name)) for instance in instances)

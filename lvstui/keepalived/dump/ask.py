"""Asking a running keepalived what it knows: a signal, then the files it writes in answer.

Each answer is a file written by the daemon's own event loop, so it is asked seldom: a file that is young enough,
whoever asked for it, is read as it is. Whoever knows of a change since the last answer may ask sooner, but nobody asks
within SOONEST seconds of another. Passwords in the files go nowhere (dump/*.py).
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple

from lvstui.director.checks.watched import Watched
from lvstui.director.errors import NotDone
from lvstui.director.vrrp.instances import Instance
from lvstui.keepalived.conf.answers import Answers
from lvstui.keepalived.dump import checkers, instances, statistics
from lvstui.keepalived.dump.files import TICK, Place, alone, lines, place, whole, written
from lvstui.keepalived.signalling import NoSuchSignal, send

SELDOM = 10.0
"""Seconds between two askings while nothing changes."""
SOONEST = 5.0
"""Seconds between two askings at the least, by whomever."""
PATIENCE = 3.0
"""Seconds that an answer may take."""
_BESIDE = 1.0
"""Seconds for what another process, or a build with JSON, adds, which may never come."""
_THERE = 0.3
"""Seconds for what is there already: it is read twice, to see that it is whole."""
_JSON = "keepalived.json"


class Told(NamedTuple):
    """What keepalived told, and when: seconds of the epoch. `remark`: what must be said of how it was asked. `checked`:
    when its checkers told what they watch, which they write into a file of their own; None where they did not."""

    at: float
    instances: tuple[Instance, ...]
    watched: tuple[Watched, ...]
    remark: str = ""
    checked: float | None = None


def told(pid: int, answers: Answers | None = None, wanted: float = 0.0) -> Told:
    """What the keepalived whose parent process is `pid` tells, asked anew where its last answer is older than SELDOM
    seconds, or than `wanted` (seconds of the epoch) and SOONEST seconds. The answer is older than `wanted` where it may
    not be asked yet. Takes up to PATIENCE seconds and a little, more where somebody else asks now. `answers`: what its
    configuration says of the files. Raises NotDone when it may not be asked, is no keepalived, or does not answer."""
    names = answers or Answers()
    there = place(pid)
    files = names.data(), names.data("_check")
    with alone(there, files, PATIENCE):
        return _told(pid, there, files, wanted)


def _told(pid: int, there: Place, files: tuple[str, str], wanted: float) -> Told:
    now = time.time()
    since = max(now - SELDOM, min(wanted, now - SOONEST))
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
        if checked is not None:  # one that only checks has no other file
            return Told(checked, (), watched, said, checked)
        where = " or ".join(dict.fromkeys(str(path.parent).removeprefix(str(there.root)) for path in there.paths(data)))
        raise NotDone("keepalived", f"does not answer within {PATIENCE:g} s", f"can it write to {where}?") from None
    checked, watched = _checkers(there, checks, since, fresh)
    counted: tuple[Instance, ...] = ()
    with suppress(TimeoutError, NotDone):
        counted = whole(there, _JSON, since, statistics.instances, _BESIDE)[1]
    return Told(at, _joined(known, counted), watched, said, checked)


def _checkers(there: Place, name: str, since: float, fresh: float) -> tuple[float | None, tuple[Watched, ...]]:
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


def _joined(known: tuple[Instance, ...], counted: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """The instances of keepalived.data with the counts of keepalived.json; all of the latter's, were there none."""
    counts = {instance.name: instance.transitions for instance in counted}
    if not known:
        return counted
    return tuple(instance._replace(transitions=counts.get(instance.name)) for instance in known)

"""Asking a running keepalived what it knows: a signal, then the files it writes in answer.

Each answer is a file written by the daemon's own event loop, so it is asked seldom: a file that is young enough,
whoever asked for it, is read as it is. Passwords in the files go nowhere (dump/*.py).
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
from lvstui.keepalived.dump.files import lines, place, whole, written
from lvstui.keepalived.signalling import NoSuchSignal, send

SELDOM = 10.0
"""Seconds between two askings, by whomever."""
PATIENCE = 3.0
"""Seconds that an answer may take."""
_BESIDE = 1.0
"""Seconds for what another process, or a build with JSON, adds, which may never come."""
_JSON = "keepalived.json"


class Told(NamedTuple):
    """What keepalived told, and when: seconds of the epoch. `remark`: what must be said of how it was asked."""

    at: float
    instances: tuple[Instance, ...]
    watched: tuple[Watched, ...]
    remark: str = ""


def told(pid: int, answers: Answers | None = None) -> Told:
    """What the keepalived whose parent process is `pid` tells, asked anew unless it was within SELDOM seconds. Takes
    up to PATIENCE seconds and a little. `answers`: what its configuration says of the files. Raises NotDone when it may
    not be asked, is no keepalived, or does not answer."""
    names = answers or Answers()
    there = place(pid)
    since = time.time() - SELDOM
    data, checks = names.data(), names.data("_check")
    said = send(pid, "DATA") if written(there, data) <= since else ""
    if not said and written(there, _JSON) <= since:  # a binary that tells no number does not tell another either
        said = _ask_for_json(pid)
    counted: tuple[Instance, ...] = ()
    watched: tuple[Watched, ...] = ()
    try:
        at, known = whole(there, data, since, lambda text: instances.instances(lines(text)), PATIENCE)
    except TimeoutError:
        with suppress(TimeoutError):  # one that only checks has no other file
            at, watched = whole(there, checks, since, lambda text: checkers.watched(lines(text)), _BESIDE)
            return Told(at, (), watched, said)
        where = " or ".join(dict.fromkeys(str(path.parent).removeprefix(str(there.root)) for path in there.paths(data)))
        raise NotDone("keepalived", f"does not answer within {PATIENCE:g} s", f"can it write to {where}?") from None
    with suppress(TimeoutError, NotDone):
        counted = whole(there, _JSON, since, statistics.instances, _BESIDE)[1]
    with suppress(TimeoutError, NotDone):
        watched = whole(there, checks, since, lambda text: checkers.watched(lines(text)), _BESIDE)[1]
    return Told(at, _joined(known, counted), watched, said)


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

"""The memory of drains: the earlier weight of each drained real server, since when, and why. One small JSON file for
each table, written whole; console and --do share it."""

from __future__ import annotations

import os
from _collections_abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lvstui.director.digits import too_long
from lvstui.director.model import WEIGHT_MAX, ServerInService, ServerKey, ServiceKey, server_text, service_text
from lvstui.director.subject import subject
from lvstui.opening import Distrusted
from lvstui.plain import plain
from lvstui.store import private
from lvstui.values import Any, NamedTuple

NAME = "drained.json"
MANY = 5000
"""Above this many drains, those that are over are forgotten. A server at weight 0 is never forgotten."""
_LONGEST = 200
"""The most characters kept of a reason."""

Over = Callable[[Collection[ServerInService]], Collection[ServerInService]]
"""Selects remembered servers whose rule is gone or has a weight again."""


class Drain(NamedTuple):
    """`weight`: before the drain. `since`: seconds of the epoch. `reason`: as the operator gave it, on one line."""

    weight: int
    since: float
    reason: str = ""


class Memory(NamedTuple):
    """The drains by service and server, and a complaint about the file, "" for none."""

    drains: Mapping[ServerInService, Drain]
    complaint: str = ""


def read(folder: Path) -> Memory:
    """Reads the memory of a table from its folder. A file that cannot be parsed gives a complaint of one line."""
    path = folder / NAME
    try:
        text = private.read(path).decode()
    except FileNotFoundError:
        return Memory({})
    except PermissionError as error:
        # A HOME that we may not enter has nothing for us; a file of ours that we may not read may have something.
        hidden = not isinstance(error, Distrusted) and not os.access(folder, os.X_OK)
        return Memory({}, "" if hidden else f"{path}: it is not known what was drained: {error.strerror}")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        return Memory({}, f"{path}: it is not known what was drained: {reason}")
    import json

    try:
        data = json.loads(text)
        if data["format"] != 1:
            written = repr(data["format"])[:40]
            return Memory({}, f"{path}: it is not known what was drained: its format is {written}, and ours is 1")
        return Memory(dict(map(_entry, data["drained"])))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        why = too_long(error) or f"{type(error).__name__} {error}".splitlines()[0][:80]
        return Memory({}, f"{path}: it is not known what was drained: the file is damaged ({why})")


def update(
    folder: Path,
    new: Mapping[ServerInService, Drain],
    gone: Collection[ServerInService],
    over: Over = lambda keys: frozenset(),
) -> Memory:
    """Remembers `new`, forgets `gone`, and returns everything remembered. When that is much, drains that are `over` are
    forgotten too. A damaged file is renamed. Raises NotDone when it cannot be written."""
    with private.alone(folder, "drained"):
        memory = read(folder)
        path = folder / NAME
        if memory.complaint:
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(".damaged"))
        again = frozenset(gone) if memory.drains else frozenset()
        drains = {key: drain for key, drain in memory.drains.items() if key not in again and key not in new}
        if len(drains) + len(new) > MANY:
            ended = frozenset(over(drains.keys()))
            drains = {key: drain for key, drain in drains.items() if key not in ended}
        drains |= new
        if drains != memory.drains or memory.complaint:
            private.write(path, _text(drains))
        return Memory(drains, memory.complaint)


def _text(drains: Mapping[ServerInService, Drain]) -> Iterator[str]:
    """The text of the file, a line for each drain: indented JSON takes ten times as long to write."""
    import json

    entries = ",\n".join(json.dumps(_written(key, drain)) for key, drain in drains.items())
    yield f'{{"format": 1, "drained": [\n{entries}\n]}}\n'


def _written(key: ServerInService, drain: Drain) -> dict[str, Any]:
    service, server = key
    return {
        "service": service_text(service),
        "server": server_text(server),
        "weight": drain.weight,
        "since": round(drain.since, 3),
        "reason": drain.reason,
    }


def _entry(data: Any) -> tuple[ServerInService, Drain]:
    service, server = subject(str(data["service"])), subject(str(data["server"]))
    weight, since = data["weight"], data["since"]
    if not isinstance(service, ServiceKey) or not isinstance(server, ServerKey):
        raise ValueError("no server")
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 < weight <= WEIGHT_MAX:
        raise ValueError(f"weight {weight!r}")
    return (service, server), Drain(weight, float(since), one_line(str(data.get("reason", ""))))


def one_line(reason: str) -> str:
    """A reason as it is stored: on one line, without control characters, and not longer than can be shown."""
    return plain(" ".join(reason.split())).strip()[:_LONGEST]

"""The transaction journal: the goal of a restore, on disk before its first change and removed after its last.

One JSON document: its owner, and the touched rules as they were and as they are wanted, each in the snapshot format.
New services that were read from ipvsadm's text are in it as these lines, which takes a small part of the work. The
steps of a restore are not logged: the table itself shows how far it got.
"""

from __future__ import annotations

import json
from _collections_abc import Iterable, Iterator
from pathlib import Path

from lvstui.director.errors import BadInput, NotDone
from lvstui.store import private
from lvstui.values import Any, NamedTuple

FORMAT = 2
_KNOWN = (1, FORMAT)
"""The first has no lines."""
_LAST = 2**36
"""Seconds of the epoch that are believed: the year 4147."""


class About(NamedTuple):
    """A running restore: what it restores, the file with the table from before, the number of its changes, when it
    began (seconds of the epoch), the boot of the machine, and whether it emptied the table first."""

    name: str
    table_before: str
    changes: int
    started: float
    boot: str
    flushed: bool = False


class Journal(NamedTuple):
    """A journal read from disk. `was` and `wanted` are documents in the shape of snapshots; `lines` has further
    services that are wanted, as ipvsadm's text."""

    path: Path
    about: About
    was: Any
    wanted: Any
    lines: str = ""


def begin(path: Path, about: About, was: Iterable[str], wanted: Iterable[str], lines: str = "") -> None:
    """Writes the journal, fsynced, mode 0600; `was` and `wanted` are JSON texts, `lines` is ipvsadm's. Raises NotDone;
    then nothing may be changed."""
    private.write(path, _text(about, was, wanted, lines))


def end(path: Path) -> None:
    """Removes the journal when the restore is done or taken back. Raises NotDone when that fails."""
    try:
        private.remove(path)
    except OSError as error:
        raise NotDone(
            str(path), f"is finished, but cannot be removed: {error.strerror or error}", "remove it"
        ) from None


def unfinished(path: Path) -> Journal | None:
    """The journal of a restore that was cut off, None when there is none. Raises BadInput when it cannot be read."""
    mend = f"look at the table, then remove {path}"
    try:
        text = private.read(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}", mend) from None
    from lvstui.director.digits import too_long

    try:
        data = json.loads(text)
        head = data["journal"]
        version = head.pop("format")
        if version not in _KNOWN:
            written = repr(version)[:40]
            raise BadInput(str(path), f"is of version {written}, this program knows {FORMAT}", "use the newer lvstui")
        lines = data["lines"] if version == FORMAT else ""
        if type(lines) is not str:
            raise ValueError(f"its 'lines' is {lines!r:.40}")
        return Journal(path, _about(head), data["was"], data["wanted"], lines)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(str(path), f"is not a journal: {too_long(error) or error}", mend) from None


def names(path: Path) -> str:
    """The file with the table from before that a journal names, "" where none can be read."""
    try:
        cut = unfinished(path)
    except BadInput:
        return ""
    return cut.about.table_before if cut is not None else ""


def _about(head: Any) -> About:
    """Raises ValueError where a field is of the wrong type, TypeError where one is missing or unknown."""
    from lvstui.store.stored_names import field_of_stored, stored_field

    about = About(**{field_of_stored("About", name): value for name, value in head.items()})
    kinds: dict[str, tuple[type, ...]] = {
        "name": (str,), "table_before": (str,), "changes": (int,),
        "started": (int, float), "boot": (str,), "flushed": (bool,),
    }  # fmt: skip
    for field, value in about._asdict().items():
        if type(value) not in kinds[field]:
            raise ValueError(f"its {stored_field('About', field)!r} is {value!r:.40}")
    if not 0 <= about.started < _LAST:
        raise ValueError(f"its 'started' is {about.started:g}, which is not a time")
    return about


def _text(about: About, was: Iterable[str], wanted: Iterable[str], lines: str) -> Iterator[str]:
    from lvstui.store.stored_names import stored_field

    stored = {stored_field("About", name): value for name, value in about._asdict().items()}
    yield '{"journal": ' + json.dumps({"format": FORMAT, **stored}) + ',\n"was": '
    yield from was
    yield ',\n"wanted": '
    yield from wanted
    yield f',\n"lines": {json.dumps(lines)}}}\n'

"""The transaction journal: what a restore sets out to do, on disk before its first change and gone after its last.

One JSON document: whose it is, and the rules it touches, as they were and as they are wanted, each as the snapshot
format has them. What a restore does to the kernel is not logged step by step: the table itself says how far it got.
"""

from __future__ import annotations

import json
from _collections_abc import Iterable, Iterator
from pathlib import Path

from lvstui.director.digits import too_long
from lvstui.director.errors import BadInput, NotDone
from lvstui.store import private
from lvstui.values import Any, NamedTuple

FORMAT = 1
_LAST = 2**36
"""Seconds of the epoch that are believed: the year 4147."""


class About(NamedTuple):
    """A restore under way: what it restores, where the table as it was is kept, how many changes it makes, when it
    began (seconds of the epoch), in which boot of the machine, and whether it emptied the table first."""

    name: str
    kept: str
    changes: int
    started: float
    boot: str
    flushed: bool = False


class Journal(NamedTuple):
    """A journal that was found. `was` and `wanted` are documents in the shape of snapshots."""

    path: Path
    about: About
    was: Any
    wanted: Any


def begin(path: Path, about: About, was: Iterable[str], wanted: Iterable[str]) -> None:
    """Writes the journal, fsynced, mode 0600; `was` and `wanted` are JSON texts. Raises NotDone: without it nothing
    may be changed."""
    private.write(path, _text(about, was, wanted))


def end(path: Path) -> None:
    """Removes the journal: all is done, or taken back. Raises NotDone when it cannot be."""
    try:
        private.remove(path)
    except OSError as error:
        raise NotDone(
            str(path), f"is done with, and cannot be removed: {error.strerror or error}", "remove it"
        ) from None


def found(path: Path) -> Journal | None:
    """The journal of a restore that was cut off, None when there is none. Raises BadInput when it cannot be read."""
    mend = f"look at the table, then remove {path}"
    try:
        text = private.read(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}", mend) from None
    try:
        data = json.loads(text)
        head = data["journal"]
        version = head.pop("format")
        if version != FORMAT:
            found = repr(version)[:40]
            raise BadInput(str(path), f"is of version {found}, this program knows {FORMAT}", "use the newer lvstui")
        return Journal(path, _about(head), data["was"], data["wanted"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(str(path), f"is no journal: {too_long(error) or error}", mend) from None


def names(path: Path) -> str:
    """The file of the table as it was that a journal names, "" where there is none that can be read."""
    try:
        cut = found(path)
    except BadInput:
        return ""
    return cut.about.kept if cut is not None else ""


def _about(head: Any) -> About:
    """Raises ValueError where a field is of the wrong type, TypeError where one is missing or unknown."""
    about = About(**head)
    kinds: dict[str, tuple[type, ...]] = {
        "name": (str,), "kept": (str,), "changes": (int,), "started": (int, float), "boot": (str,), "flushed": (bool,),
    }  # fmt: skip
    for field, value in about._asdict().items():
        if type(value) not in kinds[field]:
            raise ValueError(f"its {field!r} is {value!r:.40}")
    if not 0 <= about.started < _LAST:
        raise ValueError(f"its 'started' is {about.started:g}, which is no time")
    return about


def _text(about: About, was: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    yield '{"journal": ' + json.dumps({"format": FORMAT, **about._asdict()}) + ',\n"was": '
    yield from was
    yield ',\n"wanted": '
    yield from wanted
    yield "}\n"

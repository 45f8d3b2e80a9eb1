"""The transaction journal: what a restore sets out to do, on disk before its first change and gone after its last.

One JSON document: whose it is, and the rules it touches, as they were and as they are wanted, each as the snapshot
format has them. What a restore does to the kernel is not logged step by step: the table itself says how far it got.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lvstui.director.errors import BadInput, NotDone
from lvstui.store.whole import write_whole

FORMAT = 1


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
    write_whole(path, _text(about, was, wanted))


def end(path: Path) -> None:
    """Removes the journal: all is done, or taken back. Raises NotDone when it cannot be."""
    try:
        path.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise NotDone(
            str(path), f"is done with, and cannot be removed: {error.strerror or error}", "remove it"
        ) from None


def found(path: Path) -> Journal | None:
    """The journal of a restore that was cut off, None when there is none. Raises BadInput when it cannot be read."""
    mend = f"look at the table, then remove {path}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"cannot be read: {getattr(error, 'strerror', None) or error}", mend) from None
    try:
        data = json.loads(text)
        head = data["journal"]
        version = head.pop("format")
        if version != FORMAT:
            raise BadInput(str(path), f"is of version {version}, this program knows {FORMAT}", "use the newer lvstui")
        return Journal(path, About(**head), data["was"], data["wanted"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(str(path), f"is no journal: {error}", mend) from None


def age(about: About, now: float) -> str:
    """When it began, in words: `at 03:12:07`, with the date when it was on another day."""
    began = time.localtime(about.started)
    same = time.strftime("%F", began) == time.strftime("%F", time.localtime(now))
    return time.strftime("at %T" if same else "on %F at %T", began)


def _text(about: About, was: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    yield '{"journal": ' + json.dumps({"format": FORMAT, **about._asdict()}) + ',\n"was": '
    yield from was
    yield ',\n"wanted": '
    yield from wanted
    yield "}\n"

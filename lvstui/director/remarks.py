"""What a reader reports about a file: remarks on lines that were not taken as written, and the one error that stops it.
Each names file and line, with the nearest valid word."""

from __future__ import annotations

from _collections_abc import Iterable

from lvstui.director.errors import BadInput
from lvstui.plain import plain
from lvstui.values import NamedTuple


class Remark(NamedTuple):
    """A warning about one line of a file; `line` is 0 where it concerns the whole file."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return f"{place}: {self.text}"


class ReaderPosition:
    """The position of a reader in a file, and its remarks so far. `resolve`: host names may be looked up there."""

    def __init__(self, file: str, resolve: bool = False) -> None:
        self.file = file
        self.resolve = resolve
        self.line = 0
        self.remarks: list[Remark] = []

    def warn(self, text: str) -> None:
        """Adds a remark on the current line."""
        self.remarks.append(Remark(self.file, self.line, text))

    def bad(self, why: str, mend: str = "") -> BadInput:
        """The error for the current line; the caller raises it."""
        what = f"{self.file} line {self.line}" if self.line else self.file
        return BadInput(what, why, mend)


def shown(word: object) -> str:
    """A word of a file in quotes, cut to a readable length and without control characters."""
    try:
        text = str(word)
    except ValueError:  # Python does not print a number of more than 4300 digits
        text = "a number of thousands of digits"
    return plain(repr(text if len(text) <= 60 else text[:57] + "..."))


_TAKING = frozenset(("clear", "delete", "flush", "outage", "remove", "replace", "rollback", "stop", "yes", "zero"))
"""Parts of the names of commands and options that delete something or skip a question."""


def nearest(word: str, valid: Iterable[str], near: float = 0.5) -> str:
    """`did you mean sh-port?`, "" when nothing is near. Never the word itself, and never a word that deletes: whoever
    follows a hint in a hurry must not lose a table. `near`: the least likeness, 0 to 1."""
    import re
    from difflib import get_close_matches

    harmless = [
        candidate
        for candidate in valid
        if candidate != word and not _TAKING.intersection(re.split(r"[\W_]+", candidate.lower()))
    ]
    matches = get_close_matches(word, harmless, 1, near)
    return f"did you mean {matches[0]}?" if matches else ""

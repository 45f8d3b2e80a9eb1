"""Remarks made while a configuration is read: each once, by file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from lvstui.director.errors import BadInput
from lvstui.director.remarks import Remark, nearest
from lvstui.keepalived.conf.secrets import HIDDEN, SecretFilter
from lvstui.plain import plain
from lvstui.values import NamedTuple


class Where(NamedTuple):
    """A line of a file."""

    file: str
    line: int


class Notes:
    """The remarks of one reading. keepalived's processes read the same lines several times; here each line is remarked
    on once."""

    def __init__(self) -> None:
        self._seen: dict[Remark, None] = {}
        self._files: dict[str, int] = {}
        self._hints = 0
        self.passwords: set[str] = set()
        self._lines: Mapping[Where, str] = {}

    def opened(self, file: str) -> None:
        """Registers a file; its remarks follow those of the files opened before it."""
        self._files.setdefault(file, len(self._files))

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were opened, in order, and the folders that were searched."""
        return tuple(self._files)

    def add(self, where: Where, text: str) -> None:
        if len(self._seen) < _MOST:
            self._seen.setdefault(Remark(where.file, where.line, _line(text)))
        else:
            self._seen.setdefault(Remark(where.file, 0, f"more than {_MOST:,} remarks: the others are left out"))

    def hint(self, word: str, valid: Iterable[str]) -> str:
        """`; did you mean sh-port?`, "" when nothing is near, or there were too many questions."""
        self._hints += 1
        suggestion = nearest(word, valid) if self._hints <= _HINTS else ""
        return f"; {suggestion}" if suggestion else ""

    def all(self) -> list[Remark]:
        """File by file, in the order of their lines; none repeats a password."""
        last = len(self._files)
        concealed = SecretFilter(self.passwords)
        remarks = dict.fromkeys(remark._replace(text=self._public_text(concealed, remark)) for remark in self._seen)
        return sorted(remarks, key=lambda remark: (self._files.get(remark.file, last), remark.line))

    def were(self, lines: Mapping[Where, str]) -> None:
        """Sets the text of each line once all are read: a remark may use a word that its line does not have."""
        self._lines = lines

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Ensures that no error raised inside repeats a password."""
        try:
            yield
        except BadInput as error:
            file, _, line = error.what.rpartition(" line ")
            remark = Remark(file, int(line), error.why) if file and line.isdecimal() else Remark("", 0, error.why)
            why = self._public_text(SecretFilter(self.passwords), remark)
            if why == error.why:
                raise
            raise BadInput(error.what, why) from None

    def _public_text(self, concealed: SecretFilter, remark: Remark) -> str:
        secret_words = concealed.words(remark.text)
        if not secret_words:
            return remark.text
        line = self._lines.get(Where(remark.file, remark.line))
        return HIDDEN if line is None or secret_words & concealed.words(line) else remark.text


def bad(where: Where, why: str, mend: str = "") -> BadInput:
    """The error for a line; the caller raises it."""
    return BadInput(f"{where.file} line {where.line}" if where.line else where.file, _line(why), mend)


_LONGEST = 300
_MOST = 5_000
"""The most remarks kept for one configuration."""
_HINTS = 200
"""The most unknown words for which the nearest known one is searched, which is slow."""


def _line(text: str) -> str:
    """Text of a file's words, without control characters, cut to a readable length."""
    return plain(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")

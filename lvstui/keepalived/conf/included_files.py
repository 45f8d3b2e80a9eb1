"""The files of a configuration, nested by `include`, line by line (keepalived lib/parser.c). An include names them with
braces and wildcards as in glob(3); each step of the search is counted."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from fnmatch import translate
from glob import has_magic
from itertools import pairwise
from pathlib import Path

from lvstui import opening
from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.limits import BYTES, PART, TURN, ReadingLimits
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.secrets import written
from lvstui.keepalived.conf.tokens import LONGEST, WHITE, without_comment

Count = Callable[[int], None]
"""Counts this many names; raises when there are too many."""


def matches(folder: str, pattern: str, count: Count) -> list[str]:
    """The paths that exist for a pattern without braces, sorted; a relative one starts in `folder`."""
    start = "/" if pattern.startswith("/") else folder
    paths = [start]
    for part in pattern.split("/"):
        if not part:
            continue
        paths = [path for before in paths for path in _entries(before, part, count)]
    if pattern.endswith("/"):
        paths = [path for path in paths if os.path.isdir(path)]
    return sorted(paths) if pattern.strip("/") else []


def _entries(folder: str, part: str, count: Count) -> Iterator[str]:
    """The entries of one folder that match a part of a pattern."""
    count(PART)
    if not has_magic(part):
        path = os.path.join(folder, part)
        if os.path.lexists(path):
            yield path
        return
    fits = re.compile(translate(part)).match
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                count(1)
                if (not entry.name.startswith(".") or part.startswith(".")) and fits(entry.name):
                    yield os.path.join(folder, entry.name)
    except OSError:
        return  # no folder, or not for us to look into: nothing in it matches


def braces(pattern: str, count: Count) -> Iterator[str]:
    """`a{b,c}d` -> `abd`, `acd`, as a shell does it; unmatched braces stay."""
    left = [pattern]
    while left:
        count(PART)
        text = left.pop()
        parts = _alternatives(text)
        if parts is None:
            yield text
        else:
            left.extend(reversed(parts))


def _alternatives(pattern: str) -> list[str] | None:
    """The patterns that the first brace of a pattern stands for; None where it has none that is closed."""
    begin = pattern.find("{")
    if begin < 0:
        return None
    depth, commas = 0, [begin]
    for at in range(begin, len(pattern)):
        char = pattern[at]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                commas.append(at)
                break
        elif char == "," and depth == 1:
            commas.append(at)
    if depth:
        return None
    head, tail = pattern[:begin], pattern[commas[-1] + 1 :]
    return [head + pattern[a + 1 : b] + tail for a, b in pairwise(commas)]


STDIN = "-"


class _Open:
    """A file that is being read: its name as shown, its folder, its real path, its lines that are left, and whether it
    was read before."""

    def __init__(
        self, name: str, folder: str, real: str, data: bytes, around: tuple[_Open, ...] = (), *, again: bool = False
    ) -> None:
        self.name, self.folder, self.real, self.around, self.again = name, folder, real, around, again
        self.lines = _pieces(data)
        self.line = 0


class _Next:
    """Files that one include names and that are not read yet: the next one last; the files they are included in, the
    innermost last; and where that is said."""

    def __init__(self, paths: list[str], around: tuple[_Open, ...], where: Where) -> None:
        self.paths, self.around, self.where = paths, around, where


class Sources:
    """Reads lines from the innermost file; `where` is the position of the last one."""

    def __init__(self, path: str | Path, notes: Notes, limits: ReadingLimits) -> None:
        """Raises BadInput when the first file cannot be read."""
        self._notes = notes
        self._limits = limits
        self._stack: list[_Open | _Next] = []
        name = str(path)
        self.where = Where("standard input" if name == STDIN else name, 0)
        self._first: _Open | None = None
        self._read: set[str] = set()
        self._push(name, self.where, ())

    @property
    def folder(self) -> str:
        """The folder of the current file, where its includes start."""
        for source in reversed(self._stack):
            if isinstance(source, _Open):
                return source.folder
        return os.getcwd()

    @property
    def included(self) -> bool:
        """Whether the last line is in another file than the first."""
        return self._first is not None and self.where.file != self._first.name

    def next(self) -> str | None:
        """The next line without its comment, "" for an empty one; None at the end."""
        while self._stack:
            top = self._stack[-1]
            if isinstance(top, _Next):
                self._open_next(top)
                continue
            piece = next(top.lines, None)
            if piece is None:
                self._stack.pop()
                continue
            text, more = piece
            self.where = Where(top.name, top.line + 1)
            top.line += not more
            if top.again:
                self._limits.take("again", self.where, TURN + len(text))
            if more:
                self._notes.add(self.where, f"a line of more than {LONGEST} bytes: the rest is read as the next line")
            if not text:
                return text
            once, open_quote = without_comment(text)
            if open_quote:
                self._notes.add(self.where, "a double quote is not closed on its line")
            if once.startswith(("!", "#")):
                self._notes.add(self.where, "the line starts with an escaped comment character: keepalived 2.2 crashes")
            # The daemon's processes read a copy that was written without comments, and take them off once more.
            return without_comment(once)[0]
        return None

    def include(self, line: str, *, plain: bool) -> bool:
        """Opens the files that an `include` line names; False where the line is none. `plain`: it stands in a file as
        it is, not behind @id or out of a definition. Raises BadInput where keepalived would not start."""
        kind = _kind(line)
        if kind is None:
            return False
        pattern = line[7 + len(kind) :].strip(WHITE)
        where = self.where
        if not plain:
            self._notes.add(
                where, "an include behind @id, a brace or a definition: keepalived 2.2 reads its files twice"
            )
        paths = [path for piece in braces(pattern, self._count) for path in self._matches(piece)]
        if not paths:
            wild = has_magic(pattern)
            if (wild and kind in ("w", "a")) or (not wild and kind and kind in "mwa"):
                raise bad(
                    where, f"include{kind} {pattern}: no such file, and keepalived does not start", "correct the path"
                )
            self._notes.add(where, f"include {pattern}: no such file; keepalived continues without it")
        around = tuple(source for source in self._stack if isinstance(source, _Open))
        if around:
            around = (*around[-1].around, around[-1])
        awaited = _Next(paths[::-1], around, where)
        self._stack.append(awaited)
        self._open_next(awaited)
        return True

    def _open_next(self, awaited: _Next) -> None:
        """Opens the next of these files that can be read."""
        depth = len(self._stack)
        while awaited.paths and len(self._stack) == depth:
            self._push(awaited.paths.pop(), awaited.where, awaited.around)
        if not awaited.paths:
            self._stack.remove(awaited)

    def _matches(self, pattern: str) -> list[str]:
        # A file added there later would be read too, so a check for changes must watch this folder.
        self._notes.opened(os.path.dirname(os.path.join(self.folder, pattern)))
        return matches(self.folder, pattern, self._count)

    def _count(self, names: int) -> None:
        self._limits.take("names", self.where, names)

    def _push(self, path: str, where: Where, around: tuple[_Open, ...]) -> None:
        first = self._first is None
        name = self._shown(path)
        if first and path == STDIN:
            try:
                data = opening.standard_input(BYTES + 1)
            except OSError as error:
                raise BadInput(name, f"cannot be read: {error.strerror or error}") from None
            self._limits.take("bytes", where, len(data))
            self._notes.opened(where.file)
            self._notes.passwords |= written(data)
            self._first = _Open(where.file, os.getcwd(), "", data)
            self._stack.append(self._first)
            return
        self._limits.take("files", where)
        try:
            real = os.path.realpath(path)
            if any(file.real == real for file in around):
                way = " -> ".join([*(file.name for file in around), name])
                raise bad(where, f"{name} includes itself: {way}")
            # Nothing here waits, neither for a pipe nor for the kernel's log.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                info = os.fstat(handle)
                data = b""
                if stat.S_ISREG(info.st_mode) and (first or not info.st_mode & 0o111):
                    with open(handle, "rb", closefd=False) as stream:
                        data = stream.read(BYTES + 1)
            finally:
                os.close(handle)
            if not stat.S_ISREG(info.st_mode):
                why = "is a folder" if stat.S_ISDIR(info.st_mode) else "is not a regular file"
                if first:
                    raise BadInput(name, f"cannot be read: {why}")
                self._notes.add(where, f"include {name}: {why}; keepalived continues without it")
                return
            if info.st_mode & 0o111:
                if not first:
                    self._notes.add(where, f"include {name}: is executable; keepalived continues without it")
                    return
                self._notes.add(where, "is executable: keepalived would not start with it (chmod a-x)")
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
            if first:
                raise BadInput(name, why) from None
            self._notes.add(where, f"include {name}: {why}; keepalived continues without it")
            return
        except ValueError as error:  # a NUL in the name
            raise BadInput(repr(name), f"is not a file name: {error}") from None
        self._limits.take("bytes", where, len(data))
        self._notes.opened(name)
        if real not in self._read:
            self._notes.passwords |= written(data)
        file = _Open(name, os.path.dirname(os.path.abspath(path)), real, data, around, again=real in self._read)
        self._read.add(real)
        self._first = self._first or file
        self._stack.append(file)

    def _shown(self, path: str) -> str:
        """The name of an included file for an operator: relative to the first file's folder, or in full."""
        base = self._first
        if base is None:
            return path
        relative = os.path.relpath(path, base.folder)
        if relative.startswith(os.pardir):
            return path
        return os.path.join(os.path.dirname(base.name), relative)


def _pieces(data: bytes) -> Iterator[tuple[str, bool]]:
    """The lines, a long one in pieces, and whether the line goes on after this piece."""
    for line in data.split(b"\n"):
        while len(line) > LONGEST:
            yield _text(line[:LONGEST]), True
            line = line[LONGEST:]
        yield _text(line), False


def _text(line: bytes) -> str:
    # A comment may be in any encoding; every word that matters is ASCII.
    return line.rstrip(b"\r\n").partition(b"\0")[0].decode("utf-8", "replace")


def _kind(line: str) -> str | None:
    """The letter behind `include` (r m w b a, how strict it is), "" for none; None where the line is no include."""
    if not line.startswith("include") or len(line) < 8:
        return None
    if line[7] in WHITE:
        return ""
    return line[7] if line[7] in "rmwba" and line[8:9] and line[8] in WHITE else None

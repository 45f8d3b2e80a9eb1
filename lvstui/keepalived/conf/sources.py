"""The files of a configuration, one inside the other as `include` puts them, line by line (keepalived lib/parser.c)."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from glob import escape, glob, has_magic
from itertools import pairwise
from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.words import LONGEST, WHITE, without_comment

STDIN = "-"
_BIGGEST = 64 * 2**20
"""Bytes of one file; a device or a runaway log is no configuration."""


class _Open:
    """A file that is being read: its name as shown, its folder, its real path, and its lines that are left."""

    def __init__(self, name: str, folder: str, real: str, data: bytes) -> None:
        self.name, self.folder, self.real = name, folder, real
        self.lines = _pieces(data)
        self.line = 0


class Sources:
    """Reads lines off the innermost file; `where` is the last one."""

    def __init__(self, path: str | Path, notes: Notes) -> None:
        """Raises BadInput when the first file cannot be read."""
        self._notes = notes
        self._stack: list[_Open] = []
        name = str(path)
        self.where = Where("standard input" if name == STDIN else name, 0)
        self._push(name, self.where)

    @property
    def folder(self) -> str:
        """The folder of the file at hand: where its includes start."""
        return self._stack[-1].folder if self._stack else os.getcwd()

    def next(self) -> str | None:
        """The next line without its comment, "" for one that has nothing else; None at the end of all."""
        while self._stack:
            top = self._stack[-1]
            piece = next(top.lines, None)
            if piece is None:
                self._stack.pop()
                continue
            text, more = piece
            self.where = Where(top.name, top.line + 1)
            top.line += not more
            if more:
                self._notes.add(self.where, f"a line of more than {LONGEST} bytes: the rest is read as the next line")
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
        found = [path for piece in _braces(pattern) for path in self._matches(piece)]
        if not found:
            wild = has_magic(pattern)
            if (wild and kind in ("w", "a")) or (not wild and kind and kind in "mwa"):
                raise bad(
                    where, f"include{kind} {pattern}: no such file, and keepalived does not start", "mend the path"
                )
            self._notes.add(where, f"include {pattern}: no such file; keepalived goes on without it")
        for path in reversed(found):  # the innermost is read first
            self._push(path, where)
        return True

    def _matches(self, pattern: str) -> list[str]:
        # A file that is put there later would be read too: whoever asks whether anything was written looks here.
        self._notes.opened(os.path.dirname(os.path.join(self.folder, pattern)))
        return sorted(glob(os.path.join(escape(self.folder), pattern)))

    def _push(self, path: str, where: Where) -> None:
        first = not self._stack and not where.line
        name = path if first or not self._stack else self._shown(path)
        if first and path == STDIN:
            self._notes.opened(where.file)
            self._stack.append(_Open(where.file, os.getcwd(), "", sys.stdin.buffer.read(_BIGGEST)))
            return
        try:
            real = os.path.realpath(path)
            if any(file.real == real for file in self._stack):
                way = " -> ".join([*(file.name for file in self._stack), name])
                raise bad(where, f"{name} includes itself: {way}")
            info = os.stat(path)
            if not stat.S_ISREG(info.st_mode):
                why = "is a folder" if stat.S_ISDIR(info.st_mode) else "is no regular file"
                if first:
                    raise BadInput(name, f"cannot be read: {why}")
                self._notes.add(where, f"include {name}: {why}; keepalived goes on without it")
                return
            if info.st_mode & 0o111:
                if not first:
                    self._notes.add(where, f"include {name}: is executable; keepalived goes on without it")
                    return
                self._notes.add(where, "is executable: keepalived would not start with it (chmod a-x)")
            with open(path, "rb") as file:
                data = file.read(_BIGGEST + 1)
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
            if first:
                raise BadInput(name, why) from None
            self._notes.add(where, f"include {name}: {why}; keepalived goes on without it")
            return
        except ValueError as error:  # a NUL in the name
            raise BadInput(repr(name), f"is no file name: {error}") from None
        if len(data) > _BIGGEST:
            raise BadInput(name, f"is larger than {_BIGGEST // 2**20} MiB")
        self._notes.opened(name)
        self._stack.append(_Open(name, os.path.dirname(os.path.abspath(path)), real, data))

    def _shown(self, path: str) -> str:
        """An included file's name as an operator would write it: below the first file's folder, or in full."""
        base = self._stack[0]
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
    # A comment may be in any encoding; no word that counts is other than ASCII.
    return line.rstrip(b"\r\n").partition(b"\0")[0].decode("utf-8", "replace")


def _kind(line: str) -> str | None:
    """The letter behind `include` (r m w b a, how strict it is), "" for none; None where the line is no include."""
    if not line.startswith("include") or len(line) < 8:
        return None
    if line[7] in WHITE:
        return ""
    return line[7] if line[7] in "rmwba" and line[8:9] and line[8] in WHITE else None


def _braces(pattern: str) -> list[str]:
    """`a{b,c}d` -> `abd`, `acd`, as a shell does it; unmatched braces stay."""
    begin = pattern.find("{")
    depth, commas = 0, [begin]
    for at in range(max(begin, 0), len(pattern) if begin >= 0 else 0):
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
    if depth or len(commas) < 2:
        return [pattern]
    head, tail = pattern[:begin], pattern[commas[-1] + 1 :]
    parts = [pattern[a + 1 : b] for a, b in pairwise(commas)]
    return [made for part in parts for made in _braces(head + part + tail)]

"""The files that an include names: braces and wildcards as in glob(3), with each step counted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from glob import has_magic
from itertools import pairwise

from lvstui.keepalived.conf.limits import PART

Count = Callable[[int], None]
"""Counts this many names; raises when there are too many."""


def matches(folder: str, pattern: str, count: Count) -> list[str]:
    """The paths that exist for a pattern without braces, sorted; a relative one starts in `folder`."""
    start = "/" if pattern.startswith("/") else folder
    found = [start]
    for part in pattern.split("/"):
        if not part:
            continue
        found = [path for before in found for path in _entries(before, part, count)]
    if pattern.endswith("/"):
        found = [path for path in found if os.path.isdir(path)]
    return sorted(found) if pattern.strip("/") else []


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

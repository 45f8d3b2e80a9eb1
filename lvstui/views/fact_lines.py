"""One thing in full, a line for each fact: the rows that the pages of a finding, an instance, a sync daemon and a
difference of a pair have in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from lvstui.views.column import Row


class FactKey(NamedTuple):
    """A line about a thing, which `about` identifies."""

    about: Hashable
    number: int


class FactLines:
    """The rows of such a page: a label, a value and the role of its colour each."""

    complaint = ""

    def __init__(self, about: Hashable, lines: Sequence[tuple[str, str, str]]) -> None:
        self._about = about
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def key(self, index: int) -> FactKey:
        return FactKey(self._about, index)

    def place(self, key: Hashable) -> int | None:
        there = isinstance(key, FactKey) and key.about == self._about and key.number < len(self._lines)
        return key.number if there and isinstance(key, FactKey) else None

    def row(self, index: int) -> Row[FactKey]:
        label, value, tone = self._lines[index]
        return Row(self.key(index), (label, value), tone)

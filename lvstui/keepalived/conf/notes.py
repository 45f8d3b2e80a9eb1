"""What is remarked while a configuration is read: each thing once, by the file and line it stands on."""

from __future__ import annotations

from typing import NamedTuple

from lvstui.director.errors import BadInput
from lvstui.director.remarks import Remark


class Where(NamedTuple):
    """A line of a file."""

    file: str
    line: int


class Notes:
    """The remarks of one reading. keepalived's processes read the same lines several times; here each says it once."""

    def __init__(self) -> None:
        self._seen: dict[Remark, None] = {}

    def add(self, where: Where, text: str) -> None:
        self._seen.setdefault(Remark(where.file, where.line, text))

    def all(self) -> list[Remark]:
        """In the order of the lines, file by file as they were first met."""
        order: dict[str, int] = {}
        for remark in self._seen:
            order.setdefault(remark.file, len(order))
        return sorted(self._seen, key=lambda remark: (order[remark.file], remark.line))


def bad(where: Where, why: str, mend: str = "") -> BadInput:
    """The error that a line is; the caller raises it."""
    return BadInput(f"{where.file} line {where.line}" if where.line else where.file, why, mend)

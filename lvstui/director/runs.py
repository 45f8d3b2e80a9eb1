"""Changes by the ten thousand: the servers of a new service stay in the columns in which they were read.

To whoever goes through them `Runs` are changes like any others, made into values one by one. Whoever can do without the
values goes through `parts`, where all servers that are added to a service are one.
"""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

from lvstui.director.change import AddServer, Change, stated
from lvstui.director.model import ServiceKey
from lvstui.values import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import TypeAlias, overload

    from lvstui.director.lazy_servers import Columns, LazyServers


class AddedServers:
    """The additions of servers to one service; thresholds that their text left out are 0.

    A sequence, but no subclass of Sequence: asking each of fifty thousand changes whether it is one would then take as
    many calls of Python's."""

    __slots__ = ("_later", "_span", "service")

    def __init__(self, service: ServiceKey, later: LazyServers, span: range | None = None) -> None:
        """`span`: which of them, all where it is None. `later` knows the rules of its columns."""
        self.service = service
        self._later = later
        self._span = range(len(later.columns().addresses)) if span is None else span

    @property
    def servers(self) -> LazyServers:
        """All servers of the service, not only those of a span."""
        later = self._later
        return type(later)(  # the class itself is loaded by whoever makes changes of columns
            lambda: {key: stated(server, None) for key, server in later.items()},
            later.columns,
            later.rules,
            later.block,
        )

    @property
    def columns(self) -> Columns:
        whole = self._later.columns()
        first, end = self._span.start, self._span.stop
        return (
            whole
            if end - first == len(whole.tails)
            else whole._replace(addresses=whole.addresses[first:end], tails=whole.tails[first:end])
        )

    def rule(self, tail: str) -> tuple[int, Rule]:
        """Port and rule of a server by what stands behind its address."""
        assert self._later.rules is not None
        rule = self._later.rules[tail]
        assert rule is not None
        return rule

    def __len__(self) -> int:
        return len(self._span)

    def __iter__(self) -> Iterator[Change]:
        servers = list(self._later.values())[self._span.start : self._span.stop]
        return (AddServer(self.service, stated(server, None)) for server in servers)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, at: int) -> Change: ...
        @overload
        def __getitem__(self, at: slice) -> AddedServers: ...

    def __getitem__(self, at: int | slice) -> Change | AddedServers:
        if isinstance(at, slice):
            return AddedServers(self.service, self._later, self._span[at])
        at = range(len(self))[at]
        return next(iter(self[at : at + 1]))


if TYPE_CHECKING:
    from lvstui.director.model import Rule

    RunPart: TypeAlias = "Change | AddedServers"


class Runs(Sequence[Change]):
    """A sequence of changes that equals a tuple of the same."""

    def __init__(self, parts: Sequence[RunPart]) -> None:
        self.parts = parts
        self._ends = [*accumulate(len(part) if isinstance(part, AddedServers) else 1 for part in parts)]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Change]:
        return expanded(self.parts)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, at: int) -> Change: ...
        @overload
        def __getitem__(self, at: slice) -> Runs: ...

    def __getitem__(self, at: int | slice) -> Change | Runs:
        if not isinstance(at, slice):
            at = range(len(self))[at]
            return next(iter(self[at : at + 1]))
        wanted = range(len(self))[at]
        assert wanted.step == 1
        changes: list[RunPart] = []
        from bisect import bisect_right

        number = bisect_right(self._ends, wanted.start)
        begun = self._ends[number - 1] if number else 0
        for part, end in zip(self.parts[number:], self._ends[number:], strict=True):
            if begun >= wanted.stop:
                break
            if isinstance(part, AddedServers) and not (wanted.start <= begun and end <= wanted.stop):
                part = part[max(0, wanted.start - begun) : wanted.stop - begun]
            changes.append(part)
            begun = end
        return Runs(changes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Runs, tuple)) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def parts(changes: Iterable[RunPart]) -> Iterable[RunPart]:
    """The changes, with all servers that are added to a new service as one."""
    return changes.parts if type(changes) is Runs else changes


def expanded(some: Iterable[RunPart]) -> Iterator[Change]:
    """Every change of these parts, one by one."""
    return chain.from_iterable(part if isinstance(part, AddedServers) else (part,) for part in some)


def counted(changes: Iterable[RunPart]) -> dict[type, int]:
    """How many changes there are of each kind, the first kind first."""
    counts: dict[type, int] = {}
    for part in parts(changes):
        kind, number = (AddServer, len(part)) if isinstance(part, AddedServers) else (type(part), 1)
        counts[kind] = counts.get(kind, 0) + number
    return counts


def kinds(changes: Iterable[RunPart]) -> set[type]:
    """The kinds of these changes, found in one pass; asking each change takes ten times as long."""
    types = set(map(type, parts(changes)))
    return types if AddedServers not in types else types - {AddedServers} | {AddServer}


def joined(some: Sequence[RunPart]) -> Sequence[Change]:
    """The changes of these parts, as a tuple where each is a value already."""
    return Runs(some) if AddedServers in set(map(type, some)) else cast("Sequence[Change]", some)

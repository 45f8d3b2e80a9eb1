"""The servers of a service, made into values when somebody looks at them.

A restore compares whole tables and touches few of their rules. Two pools whose servers stand in the same words of
ipvsadm's need no values at all: nothing differs between them.
"""

from __future__ import annotations

from _collections_abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView

from lvstui.director.model import IPIP, Forward, Server, ServerKey
from lvstui.director.remembered import placed
from lvstui.director.spell import server_words
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.model import Rule

_PLAIN = (Forward.MASQ, Forward.ROUTE, Forward.TUNNEL)


class Later(Mapping[ServerKey, Server]):
    """A mapping that `make` makes at the first look. `words`: each server as `10.0.0.5:80 -g -w 3`."""

    __slots__ = ("_made", "_make", "_words")

    def __init__(self, make: Callable[[], dict[ServerKey, Server]], words: Callable[[], list[str]]) -> None:
        self._make = make
        self._words = words
        self._made: dict[ServerKey, Server] | None = None

    def made(self) -> dict[ServerKey, Server]:
        """The same as a dictionary, which nobody may change."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def reads_as(self, other: Later) -> bool:
        """Whether both stand in the same words, in any order. False says nothing: two texts may mean the same."""
        mine, theirs = self._words(), other._words()
        return mine == theirs or (len(mine) == len(theirs) and sorted(mine) == sorted(theirs))

    def __getitem__(self, key: ServerKey) -> Server:
        return self.made()[key]

    def __iter__(self) -> Iterator[ServerKey]:
        return iter(self.made())

    def __len__(self) -> int:
        return len(self.made())

    def __eq__(self, other: object) -> bool:
        return self.made() == (other.made() if isinstance(other, Later) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.made())

    # Those of a dictionary are several times faster than Mapping's own.

    def keys(self) -> KeysView[ServerKey]:
        return self.made().keys()

    def values(self) -> ValuesView[Server]:
        return self.made().values()

    def items(self) -> ItemsView[ServerKey, Server]:
        return self.made().items()


def after(port: int, rule: Rule) -> str:
    """What stands in the words of a server after its address. A rule that ipvsadm's words do not hold whole gets a line
    break, which no line of a text has, so that it reads as no other."""
    forward, _, _, _, tunnel = rule
    words = server_words(placed(rule, port)).split(" ", 2)[2]
    return f":{port} {words}" if forward in _PLAIN and tunnel == IPIP else f":{port}\n{words}"

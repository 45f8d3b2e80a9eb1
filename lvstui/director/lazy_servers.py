"""The servers of a service, made into values when somebody looks at them.

A restore compares whole tables and touches few of their rules. Two pools whose servers have the same addresses with the
same words of ipvsadm's behind them need no values at all: nothing differs between them.
"""

from __future__ import annotations

from _collections_abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from _socket import inet_ntoa

from lvstui.director.model import IPIP, Forward, RuleSet, Server, ServerKey
from lvstui.director.remembered import Written, lines, placed
from lvstui.director.spell import server_words
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.model import Rule, Service

_PLAIN = (Forward.MASQ, Forward.ROUTE, Forward.TUNNEL)


class Columns(NamedTuple):
    """Servers in two columns of the same order: packed addresses, and what stands behind each, `80 -g -w 3`."""

    addresses: list[bytes]
    tails: list[str]


class LazyServers(Mapping[ServerKey, Server]):
    """A mapping that `make` makes at the first look, of what `columns` has. `rules`: port and rule by what stands
    behind an IPv4 address; None where only the values know them. `block`: the service with which they were read, and
    the text of both behind its first `-A `."""

    __slots__ = ("_made", "_make", "block", "columns", "rules")

    def __init__(
        self,
        make: Callable[[], dict[ServerKey, Server]],
        columns: Callable[[], Columns],
        rules: Mapping[str, tuple[int, Rule] | None] | None = None,
        block: tuple[Service, str] | None = None,
    ) -> None:
        self._make = make
        self.columns = columns
        self.rules = rules
        self.block = block
        self._made: dict[ServerKey, Server] | None = None

    def made(self) -> dict[ServerKey, Server]:
        """The same as a dictionary, which nobody may change."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def reads_as(self, other: LazyServers) -> bool:
        """Whether both stand in the same words, in any order. False says nothing: two texts may mean the same."""
        mine, theirs = self.columns(), other.columns()
        if mine == theirs:
            return True
        same = len(mine[0]) == len(theirs[0])
        return same and sorted(zip(*mine, strict=True)) == sorted(zip(*theirs, strict=True))

    def lines(self, written: Written) -> list[str]:
        """Each server as its address and what is written after it, in the order of the keys."""
        addresses, tails = self.columns()
        if self.rules is None or tails.count(tails[0]) != len(tails) or (rule := self.rules[tails[0]]) is None:
            return lines(sorted(self.values()), written)
        text = written.after[rule]
        return [f"{inet_ntoa(address)}{text}" for address in sorted(addresses)]

    def __getitem__(self, key: ServerKey) -> Server:
        return self.made()[key]

    def __iter__(self) -> Iterator[ServerKey]:
        return iter(self.made())

    def __len__(self) -> int:
        return len(self.made())

    def __eq__(self, other: object) -> bool:
        return self.made() == (other.made() if isinstance(other, LazyServers) else other)

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


def as_read(rules: RuleSet) -> tuple[RuleSet, str]:
    """The text of the services that are as they were read, and the other rules. Thresholds that the text leaves out are
    not among its rules."""
    rest, blocks = {}, []
    for key, entry in rules.rules.items():
        servers = entry.servers
        block = servers.block if type(servers) is LazyServers else None
        if block is not None and block[0] is entry.service:
            blocks.append(block[1])
        else:
            rest[key] = entry
    return rules._replace(rules=rest), "-A " + "\n-A ".join(blocks) if blocks else ""


def after(port: int, rule: Rule) -> str:
    """What stands in the words of a server after its address and the colon. A rule that ipvsadm's words do not hold
    whole gets a line break, which no line of a text has, so that it reads as no other."""
    forward, _, _, _, tunnel = rule
    words = server_words(placed(rule, port)).split(" ", 2)[2]
    return f"{port} {words}" if forward in _PLAIN and tunnel == IPIP else f"{port}\n{words}"


def columns(servers: Iterable[Server], written: Written) -> Columns:
    """Servers in columns; `written` is of `after`."""
    pairs = [(server[0][1], written.after[server[0][2], server[1:]]) for server in servers]
    return Columns([address for address, _ in pairs], [tail for _, tail in pairs])

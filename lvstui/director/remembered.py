"""What a function made of each key: of thousands of rows most are alike but for an address and a number.

So a format writes the real servers of a pool as their addresses and a few words that are the same for many (`Written`).
A pool over the kernel's bytes makes the text of them directly, and a sweep that of all pools at once
(kernel/ipvs/pools.py); `lines` here makes the same of values.
"""

from __future__ import annotations

from _collections_abc import Callable, Iterable
from _socket import AF_INET6, inet_ntoa, inet_ntop

from lvstui.director.model import IPV4, Server, ServerKey
from lvstui.values import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lvstui.director.model import Rule

K = TypeVar("K")
V = TypeVar("V")


_MOST = 65_536
"""Values that are kept; a console goes on for months."""


class Memo(dict[K, V]):
    """Makes the value of a key that is asked for first, and keeps it."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        if len(self) >= _MOST:
            self.clear()
        made = self[key] = self._make(key)
        return made


class Written:
    """What stands after the address of a real server, by its port and its rule: a text for `lines`, whatever a list of
    them wants for `listed`."""

    __slots__ = ("after", "brackets", "known")

    def __init__(self, after: Callable[[int, Rule], Any], *, brackets: bool = False) -> None:
        """`after` makes it; what it made is remembered. `brackets`: an IPv6 address stands in brackets."""
        self.after: Memo[tuple[int, Rule], Any] = Memo(lambda key: after(*key))
        self.brackets = brackets
        self.known: dict[object, Memo[bytes, Any]] = {}
        """The same by the bytes in which port and rule lie, for each layout."""

    def address(self, family: int, packed: bytes) -> str:
        if family == IPV4:
            return inet_ntoa(packed)
        text = inet_ntop(AF_INET6, packed)
        return f"[{text}]" if self.brackets else text


def lines(servers: Iterable[Server], written: Written) -> list[str]:
    """Each server as its address and what is written after it; in the same order."""
    address, after = written.address, written.after
    return [
        f"{address(family, packed)}{after[port, rest]}"
        for (family, packed, port), rest in ((server[0], server[1:]) for server in servers)
    ]


def placed(rule: Rule, port: int) -> Server:
    """A server with this rule and port, at an address that nobody reads."""
    return Server(ServerKey(IPV4, bytes(4), port), *rule)

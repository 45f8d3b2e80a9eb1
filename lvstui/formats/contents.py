"""Contents: the input of a writer, in the stable order of its keys, made from a RuleSet or from a State.

A State is walked as it is, without building the mappings of a RuleSet: saving fifty thousand servers should not cost
fifty thousand hash entries.
"""

from __future__ import annotations

from _collections_abc import Iterable, Iterator, Sequence

from lvstui.director.model import RuleSet, Server, Service, SyncDaemon, Timeouts
from lvstui.director.remembered import Written, lines
from lvstui.director.state import State
from lvstui.values import NamedTuple, Protocol

FORMAT = 1
"""The version of the snapshot format in TOML and JSON."""


class Header(NamedTuple):
    """Where and when a snapshot was taken: host name, seconds of the epoch (None: not known), kernel release."""

    host: str = ""
    taken: float | None = None
    kernel: str = ""


class Servers(Protocol):
    """The real servers of a service in the order of their keys: a Pool, or those of a rule set."""

    def servers(self) -> Sequence[Server]: ...
    def lines(self, before: str, written: Written) -> list[str]: ...


class Block(NamedTuple):
    """A virtual service and its real servers."""

    service: Service
    pool: Servers

    @property
    def servers(self) -> Sequence[Server]:
        return self.pool.servers()


class Contents(NamedTuple):
    """The whole content of a snapshot; `blocks` may be iterated once."""

    blocks: Iterable[Block]
    timeouts: Timeouts | None = None
    sync: tuple[SyncDaemon, ...] | None = None
    header: Header = Header()


def contents_of(rules: RuleSet, header: Header = Header()) -> Contents:  # noqa: B008 - a frozen value
    """The contents of a rule set, sorted."""
    return Contents(_blocks(rules), rules.timeouts, rules.sync, header)


def contents_of_state(state: State) -> Contents:
    """The contents of a State, whose rows are already sorted."""
    return Contents(_state_blocks(state), state.timeouts, state.sync, header_of(state))


def snapshot_of_state(state: State) -> Contents:
    """The contents of a State for a snapshot. "No sync daemon" is left out: restoring it would stop one that keepalived
    has started since."""
    return contents_of_state(state)._replace(sync=state.sync or None)


def header_of(state: State) -> Header:
    """Where and when a State was read."""
    return Header(state.host, state.taken, state.kernel)


def _blocks(rules: RuleSet) -> Iterator[Block]:
    for key in sorted(rules.rules):
        service, servers = rules.rules[key]
        yield Block(service, _Sorted(servers.values()))


def _state_blocks(state: State) -> Iterator[Block]:
    for service in state.services.services():
        pool = state.pools.get(service.key)
        yield Block(service, pool if pool is not None else _NONE)


class _Sorted:
    """The servers of a rule set."""

    def __init__(self, servers: Iterable[Server]) -> None:
        self._servers = sorted(servers)

    def servers(self) -> Sequence[Server]:
        return self._servers

    def lines(self, before: str, written: Written) -> list[str]:
        return lines(self._servers, before, written)


_NONE = _Sorted(())

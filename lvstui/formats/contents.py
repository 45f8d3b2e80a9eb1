"""Contents: the input of a writer, in the stable order of its keys, made from a RuleSet or from a State.

A State is walked as it is, without building the mappings of a RuleSet: saving fifty thousand servers should not cost
fifty thousand hash entries.
"""

from __future__ import annotations

from _collections_abc import Iterator, Sequence

from lvstui.director.model import RuleSet, Server, Service, SyncDaemon, Timeouts
from lvstui.director.remembered import Written, lines
from lvstui.director.state import State, lines_of
from lvstui.values import NamedTuple, Protocol

FORMAT = 1
"""The version of the snapshot format in TOML and JSON."""


class Header(NamedTuple):
    """Where and when a snapshot was taken: host name, seconds of the epoch (None: not known), kernel release."""

    host: str = ""
    taken: float | None = None
    kernel: str = ""


class Block(NamedTuple):
    """A virtual service and its real servers."""

    service: Service
    servers: Sequence[Server]


class Blocks(Protocol):
    """Every virtual service with its real servers, in the order of their keys."""

    def __iter__(self) -> Iterator[Block]: ...
    def lines(self, written: Written) -> Iterator[tuple[Service, Sequence[str]]]:
        """Each service, with its servers as a format writes them."""


class Contents(NamedTuple):
    """The whole content of a snapshot."""

    blocks: Blocks
    timeouts: Timeouts | None = None
    sync: tuple[SyncDaemon, ...] | None = None
    header: Header = Header()


def contents_of(rules: RuleSet, header: Header = Header()) -> Contents:  # noqa: B008 - a frozen value
    """The contents of a rule set, sorted."""
    return Contents(_OfRules(rules), rules.timeouts, rules.sync, header)


def contents_of_state(state: State) -> Contents:
    """The contents of a State, whose rows are already sorted."""
    return Contents(_OfState(state), state.timeouts, state.sync, header_of(state))


def snapshot_of_state(state: State) -> Contents:
    """The contents of a State for a snapshot. "No sync daemon" is left out: restoring it would stop one that keepalived
    has started since."""
    return contents_of_state(state)._replace(sync=state.sync or None)


def header_of(state: State) -> Header:
    """Where and when a State was read."""
    return Header(state.host, state.taken, state.kernel)


class _OfRules:
    """The blocks of a rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules.rules

    def __iter__(self) -> Iterator[Block]:
        for key in sorted(self._rules):
            service, servers = self._rules[key]
            yield Block(service, sorted(servers.values()))

    def lines(self, written: Written) -> Iterator[tuple[Service, Sequence[str]]]:
        from lvstui.director.lazy_servers import LazyServers  # whoever saves a State need not have it

        for key in sorted(self._rules):
            service, servers = self._rules[key]
            late = servers.lines(written) if type(servers) is LazyServers else None
            yield service, lines(sorted(servers.values()), written) if late is None else late


class _OfState:
    """The blocks of a State."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __iter__(self) -> Iterator[Block]:
        for service in self._state.services.services():
            pool = self._state.pools.get(service.key)
            yield Block(service, pool.servers() if pool is not None else ())

    def lines(self, written: Written) -> Iterator[tuple[Service, Sequence[str]]]:
        rows = zip(self._state.services.services(), lines_of(self._state, written), strict=True)
        return ((service, texts or ()) for service, texts in rows)

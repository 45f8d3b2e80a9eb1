"""The facts of this machine for the doctor: /proc, rtnetlink and a small sample of the connection table, each read at
its own pace. A fact that cannot be read is missing, and its reason is kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from lvstui.director.facts import INTERFACE_SWITCHES, TUNNELS, Facts, Interface, Sample, Way
from lvstui.director.model import ServiceKey
from lvstui.director.state import Pool

if TYPE_CHECKING:
    from lvstui.kernel.interfaces import Address

EVERY = 10.0
"""Seconds between two reads."""
SAMPLED = 30.0
"""Seconds between two samples of the connection table."""
SPAN = 60.0
"""Seconds over which counters are compared."""
_SLOW = 0.2
"""Seconds after which a sample is too slow: the table is then not sampled for a while (_REST)."""
_REST = 600.0
_ADDRESSES = 512
"""The most virtual addresses, and the most real servers, looked up in the routing table."""

_SWITCHES = (
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    *(f"net.ipv4.conf.all.{name}" for name in INTERFACE_SWITCHES),
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_count",
)
_COUNTED = {
    "/proc/net/snmp": (
        *("Ip InAddrErrors", "Ip ForwDatagrams", "Ip OutNoRoutes", "Icmp OutDestUnreachs", "Tcp OutRsts"),
    ),
    "/proc/net/netstat": (
        *("TcpExt IPReversePathFilter", "TcpExt TCPAbortOnData", "TcpExt TCPAbortOnClose", "TcpExt TCPAbortOnMemory"),
        *("TcpExt TCPAbortOnTimeout", "TcpExt TCPAbortOnLinger"),
    ),
}


class HostFacts:
    """Reads the machine, and the network namespace that it was created in."""

    def __init__(self) -> None:
        self._known: Facts | None = None
        self._read = -EVERY
        self._history: list[tuple[float, Mapping[str, int]]] = []
        self._sample: Sample | None = None
        self._sampled = -SAMPLED
        self._sampling = ""
        self._devices: frozenset[str] = frozenset()

    def facts(
        self,
        keys: Collection[ServiceKey],
        pools: Mapping[ServiceKey, Pool],
        fresh: bool = False,
        devices: Collection[str] = (),
    ) -> Facts:
        """The facts, at most seconds old, or of now when `fresh`. `devices`: interfaces with virtual addresses, whose
        switches are read too. Never raises: a missing fact has a reason."""
        now, others = time.monotonic(), not self._devices.issuperset(devices)
        self._devices = frozenset(devices)
        if self._known is None or fresh or others or now - self._read >= EVERY:
            self._known, self._read = self._look(keys, pools, now, fresh), now
        return self._known

    def _look(self, keys: Collection[ServiceKey], pools: Mapping[ServiceKey, Pool], now: float, fresh: bool) -> Facts:
        numbers: dict[str, int] = {}
        counted: dict[str, int] = {}
        why: dict[str, str] = {}
        for name in _SWITCHES:
            _take(numbers, why, name, lambda name=name: [(name, _number(f"/proc/sys/{name.replace('.', '/')}"))])  # type: ignore[misc]
        for file, wanted in _COUNTED.items():
            _take(counted, why, wanted[0], lambda file=file, wanted=wanted: _paired(file, wanted))  # type: ignore[misc]
        _take(counted, why, "conntrack drop", _conntrack)
        _take(counted, why, "softnet dropped", _softnet)
        _take(counted, why, "rx errors", _devices)
        _take(numbers, why, "MemTotal", _memory)
        _take(numbers, why, "module xt_conntrack", _modules)
        facts = Facts(time.time(), {**numbers, **counted}, *self._moved(counted, now), why=why)
        facts = _routed(facts, keys, pools, why)
        _take(numbers, why, "rp_filter", lambda: _filters(facts.links))
        _take(numbers, why, "forwarding", lambda: _of_each({way.device for way in facts.ways.values()}, "forwarding"))
        _take(numbers, why, "arp_ignore", lambda: _of_each(set(facts.networks.values()), "arp_ignore"))
        for name in INTERFACE_SWITCHES:
            _take(numbers, why, name, lambda name=name: _of_each(sorted(self._devices), name))  # type: ignore[misc]
        if fresh or now - self._sampled >= SAMPLED:
            self._take_sample(keys, pools, now)
        if self._sample is None and self._sampling:
            why["sample"] = self._sampling
        ways = {**facts.ways, **_unanswered(self._sample)}
        return facts._replace(numbers={**numbers, **counted}, sample=self._sample, ways=ways)

    def _moved(self, counted: Mapping[str, int], now: float) -> tuple[dict[str, int], float]:
        """The growth of the counters since about a minute ago, or since the last look if that was before; of a newer
        interface since it was first seen."""
        young = [entry for entry in self._history if now - entry[0] <= SPAN]
        self._history = [*(young or self._history[-1:]), (now, counted)]
        moved = {}
        for name, value in counted.items():
            before = next(counters[name] for _, counters in self._history if name in counters)
            if value > before:
                moved[name] = value - before
        return moved, now - self._history[0][0]

    def _take_sample(self, keys: Collection[ServiceKey], pools: Mapping[ServiceKey, Pool], now: float) -> None:
        from lvstui.kernel.sampling import sampled

        self._sampled = now
        try:
            self._sample, self._sampling = sampled(frozenset(keys), pools, _SLOW), ""
        except OSError as error:
            self._sample, self._sampling = None, f"/proc/net/ip_vs_conn: {error.strerror or error}"
            return
        if self._sample.seconds >= _SLOW:
            self._sampled = now + _REST - SAMPLED


def _take(into: dict[str, int], why: dict[str, str], name: str, read: Callable[[], Iterable[tuple[str, int]]]) -> None:
    """Stores what `read` returns, or under `name` the reason why it failed."""
    try:
        into.update(read())
    except OSError as error:
        why[name] = f"{error.filename or name}: {error.strerror or error}"
    except (ValueError, IndexError, KeyError) as error:
        why[name] = f"its format is not known: {error}"


def _number(path: str) -> int:
    with open(path) as file:
        return int(file.read().split()[0])


def _paired(path: str, listed: Collection[str]) -> Iterator[tuple[str, int]]:
    """`Ip: Forwarding InReceives...` above `Ip: 1 2...`."""
    with open(path) as file:
        lines = [line.split() for line in file]
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        group = names[0].rstrip(":")
        for name, value in zip(names[1:], values[1:], strict=False):
            if f"{group} {name}" in listed:
                yield f"{group} {name}", int(value)


def _conntrack() -> Iterator[tuple[str, int]]:
    """Connections dropped because the connection tracking table was full, over all processors."""
    with open("/proc/net/stat/nf_conntrack") as file:
        names, *rows = (line.split() for line in file)
    for name in ("drop", "early_drop", "insert_failed"):
        column = names.index(name)
        yield f"conntrack {name}", sum(int(row[column], 16) for row in rows)


def _softnet() -> Iterator[tuple[str, int]]:
    """Packets dropped because a processor's queue was full, before any protocol saw them."""
    with open("/proc/net/softnet_stat") as file:
        yield "softnet dropped", sum(int(line.split()[1], 16) for line in file)


def _devices() -> Iterator[tuple[str, int]]:
    """For each interface: packets received, those with errors, and those dropped because its ring was full."""
    with open("/proc/net/dev") as file:
        for line in islice(file, 2, None):
            name, _, rest = line.partition(":")
            words = rest.split()
            yield f"{name.strip()} rx errors", int(words[2])
            yield f"{name.strip()} rx overruns", int(words[4])


def _memory() -> Iterator[tuple[str, int]]:
    with open("/proc/meminfo") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                yield name, int(rest.split()[0]) * 1024


def _modules() -> Iterator[tuple[str, int]]:
    """The use counts of the modules with which a firewall matches connection states."""
    with open("/proc/modules") as file:
        for line in file:
            name, _, uses, *_ = line.split()
            if name in ("xt_conntrack", "nft_ct"):
                yield f"module {name}", int(uses) if uses.isdigit() else 0


def _filters(names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The reverse path filter of each interface that ends tunnels."""
    for name in names:
        if name.startswith(TUNNELS):
            path = f"/proc/sys/net/ipv4/conf/{name}/rp_filter"
            if os.path.exists(path):
                yield f"net.ipv4.conf.{name}.rp_filter", _number(path)


def _of_each(names: Iterable[str], switch: str) -> Iterator[tuple[str, int]]:
    """A switch of these interfaces, such as `forwarding`: whether what comes in there is forwarded."""
    for name in names:
        path = f"/proc/sys/net/ipv4/conf/{name}/{switch}"
        if os.path.exists(path):
            yield f"net.ipv4.conf.{name}.{switch}", _number(path)


def _networks(virtual: Iterable[bytes], addresses: Iterable[Address], here: Mapping[bytes, str]) -> dict[bytes, str]:
    """For each of these IPv4 addresses that is on another interface than its network, the interface of its network."""
    networks = {
        (int.from_bytes(own.address, "big") >> 32 - own.prefix, own.prefix): own.device
        for own in addresses
        if len(own.address) == 4 and 0 < own.prefix < 32
    }
    lengths = sorted({length for _, length in networks}, reverse=True)
    misplaced = {}
    for address in virtual:
        if len(address) != 4 or address not in here:
            continue
        number = int.from_bytes(address, "big")
        device = next((of for length in lengths if (of := networks.get((number >> 32 - length, length)))), None)
        if device is not None and device != here[address]:
            misplaced[address] = device
    return misplaced


def _unanswered(sample: Sample | None) -> dict[bytes, Way]:
    """The ways to clients of which real servers answer none: nothing where rtnetlink does not tell."""
    from lvstui.kernel.routing import Routing

    flowing = sample.flowing.values() if sample is not None else ()
    clients = dict.fromkeys(flow.client for flow in flowing if flow.unanswered * 2 > flow.tcp and flow.client)
    if not clients:
        return {}
    try:
        with Routing() as routing:
            routes = {client: routing.route(client) for client in islice(clients, _ADDRESSES)}
    except OSError:
        return {}  # that rtnetlink does not answer was said above
    return {client: route.way for client, route in routes.items() if route is not None and not route.local}


def _routed(facts: Facts, keys: Collection[ServiceKey], pools: Mapping[ServiceKey, Pool], why: dict[str, str]) -> Facts:
    """Adds the facts from rtnetlink."""
    from lvstui.kernel.interfaces import read
    from lvstui.kernel.routing import Routing

    try:
        with Routing() as routing:
            interfaces = read()
            links = {link.name: Interface(link.up, link.loopback, link.mtu) for link in interfaces.links.values()}
            addresses = {own.address: own.device for own in interfaces.addresses}
            facts = facts._replace(links=links, addresses=addresses, neighbours=routing.neighbours())
            virtual = list(dict.fromkeys(key.address for key in keys if key.address))
            here = facts.addresses or {}
            asked = [address for address in virtual if address not in here]
            facts = facts._replace(networks=_networks(virtual, interfaces.addresses, here))
            local = {address for address in virtual if address in here}
            for address in asked[:_ADDRESSES]:
                route = routing.route(address)
                if route is not None and route.local:
                    local.add(address)
            if len(asked) > _ADDRESSES:
                local.update(asked[_ADDRESSES:])  # not looked up, so they are assumed to be local
                why["local"] = f"{len(asked) - _ADDRESSES} virtual addresses were not looked up"
            facts = facts._replace(local=frozenset(local))
            if sum(map(len, pools.values())) <= _ADDRESSES:
                ways = {}
                for server in dict.fromkeys(server.key.address for pool in pools.values() for server in pool.servers()):
                    route = routing.route(server)
                    if route is not None:
                        ways[server] = route.way
                facts = facts._replace(ways=ways)
            else:
                why["ways"] = f"more than {_ADDRESSES} real servers: their routes were not looked up"
    except OSError as error:
        for name in ("links", "addresses", "local", "neighbours", "ways"):
            why.setdefault(name, f"rtnetlink: {error.strerror or error}")
    return facts

"""Probes on the wire, made only when an operator asks: whether a real server's port is open, who answers for a virtual
address, and where connections came from. This module has the values and their meaning; a Source makes the probes
(source.Probing)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from lvstui.director import daemon
from lvstui.director.checks.connecting import NO_CONNECTS, PATIENCE, Connect
from lvstui.director.configured import Configured
from lvstui.director.connections import ConnectionSample, ReadLimits
from lvstui.director.model import (
    PROTOCOL_NAMES,
    TCP,
    ServerInService,
    ServerKey,
    ServiceKey,
    address_text,
    family_of,
    server_text,
)
from lvstui.values import NamedTuple, Protocol

ConnectionTarget = tuple[int, bytes, int]
"""Protocol, packed virtual address and port of a connection."""
AT_ONCE = 4
"""Connections tried at the same time."""


class ProbeTarget(NamedTuple):
    """A TCP connection to try: for which real server of which service, to which address and port, from which address,
    port and interface ("" and 0: the kernel chooses), and the timeout in seconds. `check`: the check in the
    configuration that this follows, "" for none. `unfit`: why it cannot be tried, "" when it can."""

    service: ServiceKey
    server: ServerKey
    address: bytes
    port: int
    timeout: float = PATIENCE
    bind: bytes = b""
    bind_port: int = 0
    bind_interface: str = ""
    check: str = ""
    unfit: str = ""


class ProbeResult(NamedTuple):
    """The result of a probe: open when `trouble` is "", else the reason ("refused", "timed out"...). `seconds` until
    the answer, None where it was not tried."""

    target: ProbeTarget
    seconds: float | None = None
    trouble: str = ""

    @property
    def open(self) -> bool:
        """Whether the connection was accepted."""
        return self.seconds is not None and not self.trouble


class ArpAnswer(NamedTuple):
    """One machine that answers for an address, by its MAC. `ours`: the interface of this director with that MAC, "" for
    none. `neighbours`: the packed addresses for which the kernel knows this MAC."""

    mac: str
    ours: str = ""
    neighbours: tuple[bytes, ...] = ()


class ArpAnswers(NamedTuple):
    """Who answered for `address`, asked on `device` for `seconds`. `held`: it is on an interface of this director,
    which does not answer itself."""

    address: bytes
    device: str
    held: bool
    seconds: float
    answers: tuple[ArpAnswer, ...] = ()


class Probed(NamedTuple):
    """The latest probe results, each with its time (seconds of the epoch): of real servers by service and server, of
    virtual addresses, and keepalived's own test of its configuration (None: not made)."""

    knocked: Mapping[tuple[ServiceKey, ServerKey], tuple[ProbeResult, float]] = MappingProxyType({})
    answers: Mapping[bytes, tuple[ArpAnswers, float]] = MappingProxyType({})

    tested: tuple[daemon.OrderAnswer, float] | None = None

    def with_knocked(self, results: Iterable[ProbeResult], epoch: float) -> Probed:
        """With these answers too, in place of earlier ones."""
        new = {(result.target.service, result.target.server): (result, epoch) for result in results}
        return self._replace(knocked={**self.knocked, **new})

    def with_answers(self, answers: Iterable[ArpAnswers], epoch: float) -> Probed:
        """With these answers too, in place of earlier ones."""
        return self._replace(answers={**self.answers, **{result.address: (result, epoch) for result in answers}})


class Claim(NamedTuple):
    """A machine that answers for an address and should not: a real server (`server`), or another machine. `text`: a
    sentence that follows the address; `macs`: its MACs."""

    server: bool
    text: str
    macs: str


class Origins(NamedTuple):
    """The connections on this director by origin: `local`, seen here; `synced`, received from a sync daemon. `whole`:
    all were counted, otherwise only the first ones up to a limit. `of`: both numbers, by destination."""

    local: int
    synced: int
    whole: bool = True
    of: Mapping[ConnectionTarget, tuple[int, int]] = MappingProxyType({})


class Probes(Protocol):
    """Makes probes. Every call blocks, so it is made in a thread."""

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        """Tries the connections, AT_ONCE of them at a time, and yields each result as soon as it is known. Closing the
        iterator cancels the rest."""

    def who_has(self, address: bytes, device: str = "") -> ArpAnswers:
        """Asks the network for about a second who has an address, on the interface where the address belongs. Raises
        NotDone where there is no such interface, Unavailable without the privilege."""

    def origins(self) -> Origins:
        """Counts connections by origin, up to a limit. Raises Unavailable where the kernel does not show them."""

    def connections(self, limits: ReadLimits, going: Callable[[], bool] = ...) -> ConnectionSample:
        """Reads the first rows of the connection table while `going` returns True. Raises Unavailable where the kernel
        does not show them."""

    def order(self, key: ServiceKey) -> Sequence[ServerKey]:
        """The real servers of a service in the kernel's own order. Raises Unavailable where it cannot be read."""


def knocks(places: Iterable[ServerInService], configuration: Configured | None = None) -> list[ProbeTarget]:
    """How to probe real servers: as their configured check does, else at the port that they serve on."""
    connects = configuration.connects if configuration is not None else NO_CONNECTS
    targets: dict[object, ProbeTarget] = {}
    for service, server in places:
        knock = _knock(service, server, connects.get((service, server)))
        targets.setdefault(knock, knock)
    return list(targets.values())


def knocks_of_another(
    places: Iterable[ServerInService], host: bytes, configuration: Configured | None = None
) -> list[ProbeTarget]:
    """How to probe another host that will replace these real servers: as their configured check does, at the new host's
    address, each port once."""
    connects = configuration.connects if configuration is not None else NO_CONNECTS
    targets: dict[object, ProbeTarget] = {}
    for service, server in places:
        connect = connects.get((service, server))
        if connect is not None and connect.address == server.address:
            connect = connect._replace(address=b"")
        knock = _knock(service, ServerKey(family_of(host), host, server.port), connect)
        targets.setdefault((knock.address, knock.port, knock.unfit), knock)
    return list(targets.values())


def _knock(service: ServiceKey, server: ServerKey, connect: Connect | None) -> ProbeTarget:
    if connect is None:
        return ProbeTarget(service, server, server.address, server.port, unfit=_unfit(service, server.port))
    port = server.port if connect.port is None else connect.port
    return ProbeTarget(
        service,
        server,
        connect.address or server.address,
        port,
        connect.timeout,
        connect.bind,
        connect.bind_port,
        connect.bind_interface,
        connect.kind,
        "" if connect.port else _unfit(service, port),
    )


def _unfit(service: ServiceKey, port: int) -> str:
    """Why a server cannot be probed, "" when it can. Only TCP answers an empty connection."""
    if service.protocol not in (0, TCP):
        return f"{PROTOCOL_NAMES.get(service.protocol, service.protocol)} is not probed: it has no answer to wait for"
    if not port:
        return "it has no port of its own: all ports" if not service.fwmark else "a firewall mark names no port"
    return ""


def knock_text(knock: ProbeTarget) -> str:
    """`10.0.0.5:80`, or `10.0.0.5:80 at 10.0.0.5:8080 (TCP_CHECK)` when it is probed elsewhere."""
    name = server_text(knock.server)
    at = server_text(ServerKey(knock.server.family, knock.address, knock.port))
    via = f" from {address_text(knock.bind)}" if knock.bind else ""
    via += f" through {knock.bind_interface}" if knock.bind_interface else ""
    return f"{name} at {at}{via}" if at != name else f"{name}{via}"


def result_text(result: ProbeResult) -> str:
    """`open, 0.4 ms`, `refused, after 0.2 ms`, `timed out after 2 s`."""
    if result.target.unfit:
        return f"not tried: {result.target.unfit}"
    if result.seconds is None:
        return result.trouble or "not tried"
    if result.trouble == TIMED_OUT:
        return f"{TIMED_OUT} after {result.target.timeout:g} s"
    passed = milliseconds(result.seconds)
    return f"open, {passed}" if not result.trouble else f"{result.trouble}, after {passed}"


TIMED_OUT = "timed out"


def milliseconds(seconds: float) -> str:
    """`0.4 ms`, `27 ms`"""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def answer_text(answer: ArpAnswer, servers: Mapping[bytes, str]) -> str:
    """One line about a machine that answers; `servers`: names of the real servers by address."""
    known = [servers.get(address, address_text(address)) for address in answer.neighbours]
    if answer.ours:
        return f"{answer.mac}   this director, on {answer.ours}"
    if not known:
        return f"{answer.mac}   not known by any other address here"
    real = any(address in servers for address in answer.neighbours)
    return f"{answer.mac}   {'real server ' if real else ''}{', '.join(known)}"


def claims(answers: ArpAnswers, servers: Iterable[bytes]) -> list[Claim]:
    """The machines that answer for the address and should not. Only one may answer: this director where it holds the
    address, else the one machine that does, unless it is a real server (arp_ignore is then missing there)."""
    claims_made = []
    others = [answer for answer in answers.answers if not answer.ours]
    real = set(servers)
    offenders = [answer for answer in others if real.intersection(answer.neighbours)]
    rest = [answer for answer in others if answer not in offenders]
    for answer in offenders:
        whom = ", ".join(address_text(each) for each in answer.neighbours if each in real)
        text = (
            f"real server {whom} answers for it and takes the traffic away from the director: arp_ignore=1 and"
            " arp_announce=2 are missing there"
        )
        claims_made.append(Claim(True, text, answer.mac))
    clash = "split brain, or a clash of addresses"
    if answers.held and rest:
        claims_made.append(Claim(False, f"it is held here, and {_macs(rest)} answers for it too: {clash}", _macs(rest)))
    elif len(rest) > 1:
        claims_made.append(Claim(False, f"{len(rest)} machines answer for it: {_macs(rest)}: {clash}", _macs(rest)))
    return claims_made


def _macs(answers: Sequence[ArpAnswer]) -> str:
    return ", ".join(
        f"{answer.mac} ({', '.join(map(address_text, answer.neighbours))})" if answer.neighbours else answer.mac
        for answer in answers
    )


def verdict(answers: ArpAnswers, servers: Iterable[bytes]) -> str:
    """What the answers mean, in one line."""
    address = address_text(answers.address)
    claimed = claims(answers, servers)
    if claimed:
        return f"{address}: {'; '.join(claim.text for claim in claimed)}"
    if answers.held:
        return f"{address} is held here, and nobody else answers for it"
    if answers.answers:
        return f"one machine answers for {address}"
    return f"nobody answers for {address} on {answers.device}"

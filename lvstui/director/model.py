"""The rules of a director: virtual services, their real servers, timeouts and sync daemons, as frozen values.

They are NamedTuples because values are read by the ten thousand: a NamedTuple is several times faster to make, hash and
compare than a frozen dataclass, and importing dataclasses alone would take a tenth of a verb's start. The field order
is the order in which rules are listed: fwmark, family, protocol, address, port, all numeric, so `sorted(keys)` is
ipvsadm's order without its wrap at 2^31.

Addresses are packed network-order bytes, 4 or 16 long: exact, small, and they sort as numbers.
"""

from __future__ import annotations

from _collections_abc import Mapping
from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from types import MappingProxyType

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

IPV4 = 4
IPV6 = 6

TCP = 6
UDP = 17
SCTP = 132
PROTOCOL_NAMES: Mapping[int, str] = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}

WEIGHT_MAX = 2**31 - 1
"""The kernel's limit; an unpatched ipvsadm stops at 65535 (ip_vs_ctl.c, ipvsadm.c)."""

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "twos")
"""The schedulers of the kernel tree (net/netfilter/ipvs/Kconfig); a kernel may have fewer, or others."""

PERSISTENCE_DEFAULT = 360
PERSISTENCE_MAX = 2_678_400
"""Seconds: ipvsadm's default and limit (31 days) of -p."""


class Forward:
    """Forwarding method, by the kernel's number (include/uapi/linux/ip_vs.h, IP_VS_CONN_F_FWD_MASK)."""

    MASQ = 0
    LOCAL = 1
    TUNNEL = 2
    ROUTE = 3
    BYPASS = 4


FORWARD_NAMES = ("masq", "local", "tunnel", "route", "bypass", "5", "6", "7")
"""lvstui's names by number. Over netlink the kernel accepts all of them (it masks with 7)."""


class Tunnel(NamedTuple):
    """How a tunnelled real server is reached: `kind` 0 ipip, 1 gue, 2 gre; `checksum` 0 nocsum, 1 csum, 2 remcsum."""

    kind: int = 0
    port: int = 0
    checksum: int = 0


IPIP = Tunnel()
TUNNEL_NAMES = ("ipip", "gue", "gre")
CHECKSUM_NAMES = ("nocsum", "csum", "remcsum")


class ServiceKey(NamedTuple):
    """The key of a virtual service: firewall mark and family, or protocol, address and port."""

    fwmark: int
    family: int
    protocol: int
    address: bytes
    port: int


class ServerKey(NamedTuple):
    """The key of a real server inside its service; its family may differ from the service's (tunnel only)."""

    family: int
    address: bytes
    port: int


ServerInService = tuple[ServiceKey, ServerKey]
"""A real server by its service; views/place.py has the row of it."""


class Service(NamedTuple):
    """The rule of a virtual service.

    `flags`: scheduler flags as bits, 1 flag-1, 2 flag-2, 4 flag-3 (sh and mh call the first two fallback and port).
    `persistence`: seconds, None when not persistent. `netmask`: for persistence and hashing; None is the full mask,
    else an IPv4 mask as a number (0xFFFFFF00) or an IPv6 prefix length. `engine`: persistence engine, "" for none.
    """

    key: ServiceKey
    scheduler: str = "wlc"
    flags: int = 0
    persistence: int | None = None
    netmask: int | None = None
    engine: str = ""
    one_packet: bool = False


class Server(NamedTuple):
    """The rule of a real server. `forward` is a Forward number. `upper` and `lower` are the connection thresholds, 0
    for none, None where a text did not give them (a restore then leaves the live ones alone)."""

    key: ServerKey
    forward: int = Forward.ROUTE
    weight: int = 1
    upper: int | None = 0
    lower: int | None = 0
    tunnel: Tunnel = IPIP


Rule: TypeAlias = "tuple[int, int, int | None, int | None, Tunnel]"
"""A real server's rule without its key: the rest of a Server's fields."""


class Entry(NamedTuple):
    """A virtual service with its real servers."""

    service: Service
    servers: Mapping[ServerKey, Server]


Rules = Mapping[ServiceKey, Entry]
"""The rules of a whole table. Never modified in place after it was handed out."""


class Timeouts(NamedTuple):
    """Idle timeouts of connections, seconds (ipvsadm --set)."""

    tcp: int
    tcp_fin: int
    udp: int


class SyncDaemon(NamedTuple):
    """A connection synchronisation daemon. `role` is "master" or "backup"; 0 and "" leave a value to the kernel."""

    role: str
    interface: str
    id: int = 0
    max_length: int = 0
    group: str = ""
    port: int = 0
    ttl: int = 0


NO_RULES: Rules = MappingProxyType({})


class RuleSet(NamedTuple):
    """Everything that a snapshot defines. None for `timeouts` or `sync` means: not defined, leave them alone."""

    rules: Rules = NO_RULES
    timeouts: Timeouts | None = None
    sync: tuple[SyncDaemon, ...] | None = None


def address_text(address: bytes) -> str:
    """Packed address -> text: `192.0.2.1`, `2001:db8::1` (RFC 5952 as inet_ntop prints it)."""
    return inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)


def address_packed(text: str) -> bytes:
    """Text -> packed address. Raises ValueError when it is not an IPv4 or IPv6 address."""
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except OSError:
        raise ValueError(f"{text!r} is not an IP address") from None


def endpoint_text(address: bytes, port: int) -> str:
    """`192.0.2.1:80`, `[2001:db8::1]:80`."""
    text = address_text(address)
    return f"[{text}]:{port}" if len(address) == 16 else f"{text}:{port}"


def protocol_name(number: int) -> str:
    """`tcp`, `udp`, `sctp`, or the number itself (the kernel accepts any protocol)."""
    return PROTOCOL_NAMES.get(number) or str(number)


def service_text(key: ServiceKey) -> str:
    """A virtual service in an operator's words: `tcp 192.0.2.1:80`, `fwmark 7`, `fwmark 7 ipv6`."""
    if key.fwmark:
        return f"fwmark {key.fwmark}" + (" ipv6" if key.family == IPV6 else "")
    return f"{protocol_name(key.protocol)} {endpoint_text(key.address, key.port)}"


def server_text(key: ServerKey) -> str:
    """A real server in an operator's words: `10.0.0.5:80`."""
    return endpoint_text(key.address, key.port)


def family_of(address: bytes) -> int:
    """4 or 6."""
    return IPV4 if len(address) == 4 else IPV6


def netmask_text(netmask: int | None, family: int) -> str:
    """A mask as ipvsadm's -M writes it: `255.255.255.0` or `64`; the full mask for None."""
    if family == IPV6:
        return str(128 if netmask is None else netmask)
    return inet_ntop(AF_INET, (0xFFFFFFFF if netmask is None else netmask).to_bytes(4, "big"))


def flag_names(scheduler: str) -> tuple[str, str, str]:
    """The names of a scheduler's three flags, by bit."""
    if scheduler in ("sh", "mh"):
        return f"{scheduler}-fallback", f"{scheduler}-port", "flag-3"
    return "flag-1", "flag-2", "flag-3"


def flag_bits(scheduler: str) -> dict[str, int]:
    """The words for the flags of a scheduler, with their bits: its own names, and flag-1 to flag-3 for any."""
    own = {name: 1 << bit for bit, name in enumerate(flag_names(scheduler))}
    return own | {f"flag-{bit + 1}": 1 << bit for bit in range(3)}


def mask_of(packed: bytes) -> int | None:
    """The mask in an address, None for the full one. Raises ValueError with what is wrong and an
    example."""
    if len(packed) != 4:
        raise ValueError("is not an IPv4 mask", "255.255.255.0")
    mask = int.from_bytes(packed, "big")
    return None if mask == 0xFFFFFFFF else mask


def service_key(
    protocol: int = TCP, address: str = "", port: int = 0, *, fwmark: int = 0, family: int = IPV4
) -> ServiceKey:
    """A ServiceKey from text, for tests and callers that hold no packed address. Raises ValueError."""
    if fwmark:
        return ServiceKey(fwmark, family, 0, b"", 0)
    packed = address_packed(address)
    return ServiceKey(0, family_of(packed), protocol, packed, port)


def server_key(address: str, port: int) -> ServerKey:
    """A ServerKey from text. Raises ValueError."""
    packed = address_packed(address)
    return ServerKey(family_of(packed), packed, port)


def rules_from(entries: list[tuple[Service, list[Server]]]) -> dict[ServiceKey, Entry]:
    """Rules from a plain list, for readers and tests."""
    return {s.key: Entry(s, {server.key: server for server in servers}) for s, servers in entries}

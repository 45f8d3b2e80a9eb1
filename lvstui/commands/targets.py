"""Services and real servers as they are named in a command, and whom of a table that means.

tcp 192.0.2.10:80   fwmark 7 ipv6   192.0.2.10:80   shop      services, the last by a configured name
10.0.0.5:80   host 10.0.0.5   10.0.0.5   web1                 real servers: one of them, or all on a host
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lvstui.director.errors import BadInput, NotDone
from lvstui.director.hosts import HostKey
from lvstui.director.model import (
    PROTOCOL_NAMES,
    ServerKey,
    ServiceKey,
    address_packed,
    address_text,
    family_of,
    server_text,
    service_text,
)
from lvstui.director.remarks import nearest, shown
from lvstui.director.state import State
from lvstui.director.subject import Subject, subject, subject_text
from lvstui.values import NamedTuple, TypeVar
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.place import Place, find

Found = TypeVar("Found")
HOST = "host"
_MOST = 256
"""The most addresses in one range."""


class NamedTarget(NamedTuple):
    """A target as named: `whom` when the words identify it by themselves, otherwise None and `text` is a configured
    name. `host`: the word host came before it."""

    text: str
    whom: Subject | None = None
    host: bool = False


class Endpoints(NamedTuple):
    """New real servers: their addresses, packed, and their port, None where it was left to their siblings."""

    addresses: tuple[bytes, ...]
    port: int | None = None


class CommandContext(NamedTuple):
    """The context of a command: the State, the configured names, the service that the console is in, and the rows that
    the command applies to where it names none. `only`: suggest only the servers of that service."""

    state: State
    names: OperatorNames = NO_NAMES
    inside: ServiceKey | None = None
    rows: Sequence[ServiceKey | Place | HostKey] = ()
    only: bool = False


def length(words: Sequence[str]) -> int:
    """How many of these words name one target: 1, or more after tcp, udp, sctp, fwmark and host."""
    first = words[0].lower()
    if first == "fwmark":
        return 3 if len(words) > 2 and words[2].lower() in ("ipv4", "ipv6") else min(2, len(words))
    return min(2, len(words)) if first in (*PROTOCOL_NAMES.values(), HOST) else 1


def named(text: str) -> NamedTarget:
    """The words of one target. Raises ValueError for what can be neither an address nor a name."""
    first, _, rest = text.partition(" ")
    host = first.lower() == HOST and bool(rest)
    wanted = rest.strip() if host else text
    try:
        return NamedTarget(wanted, subject(wanted), host)
    except ValueError:
        if first.lower() in (*PROTOCOL_NAMES.values(), "fwmark", HOST) and not host:
            raise
        if not any(char.isalpha() for char in wanted) or any(char in wanted for char in "[]/"):
            raise
        return NamedTarget(wanted, None, host)


def endpoints(text: str) -> Endpoints:
    """`10.0.0.11`, `10.0.0.11:80`, `10.0.0.11-14:80`, `[2001:db8::1]:80`, several with commas. Raises ValueError."""
    addresses: list[bytes] = []
    ports: set[int | None] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not dash:
            ports.add(_add_address(part, addresses))
            continue
        end, colon, port = last.partition(":")
        if colon and not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII):
            raise ValueError(f"{shown(port)} is not a port")
        ports.add(int(port) if colon else None)
        addresses += _range(first, end)
    if len(ports) != 1:
        raise ValueError("one port for all of them")
    port_of_all = ports.pop()
    if port_of_all is not None and port_of_all > 65535:
        raise ValueError(f"port {port_of_all} is not within 0 to 65535")
    if len(set(addresses)) != len(addresses):
        raise ValueError("an address is given twice")
    return Endpoints(tuple(addresses), port_of_all)


def _add_address(text: str, addresses: list[bytes]) -> int | None:
    try:
        whom = subject(text.strip())
    except ValueError:
        raise ValueError(f"{shown(text.strip())} is not an IP address") from None
    if isinstance(whom, ServiceKey):
        raise ValueError(f"{shown(text.strip())} is a service")
    addresses.append(whom.address if isinstance(whom, ServerKey) else whom)
    return whom.port if isinstance(whom, ServerKey) else None


def _range(first: str, end: str) -> list[bytes]:
    try:
        low = address_packed(first.strip().strip("["))
    except ValueError:
        raise ValueError(f"{shown(first.strip())} is not an IP address") from None
    start = low[-1] if len(low) == 4 else int.from_bytes(low[-2:], "big")
    base, most = (10, 255) if len(low) == 4 else (16, 0xFFFF)
    try:
        stop = int(end.strip().strip("]"), base)
    except ValueError:
        stop = -1
    if not start <= stop <= most or stop - start >= _MOST:
        raise ValueError(f"{shown(end.strip())} does not end a range: 10.0.0.11-14 is four addresses, {_MOST} at most")
    tail = 1 if len(low) == 4 else 2
    return [low[:-tail] + number.to_bytes(tail, "big") for number in range(start, stop + 1)]


def services_at_hand(target: NamedTarget | None, world: CommandContext) -> list[ServiceKey]:
    """The services of a command: the named one, else the one that the console is in, else those of the selected rows.
    Raises BadInput when it is not there or not one, NotDone when none is named."""
    if target is not None:
        return [service(target, world)]
    if world.inside is not None:
        return [world.inside]
    there = (row for row in world.rows if not isinstance(row, HostKey))
    services = dict.fromkeys(row.service if isinstance(row, Place) else row for row in there)
    if not services:
        raise NotDone("which service?", "none is named", "name it")
    return list(services)


def service(target: NamedTarget | None, world: CommandContext) -> ServiceKey:
    """The one service of a command. Raises BadInput when it is not there or not one, NotDone when none is named."""
    if target is None:
        keys = services_at_hand(None, world)
        if len(keys) > 1:
            raise NotDone("which service?", f"{len(keys)} services are marked", "name one, or \\ unmarks them")
        return keys[0]
    matching = services(target, world)
    if len(matching) > 1:
        raise BadInput(target.text, "is " + " and ".join(map(service_text, matching)), "say which")
    return matching[0]


def services(target: NamedTarget, world: CommandContext) -> list[ServiceKey]:
    """The services that a name refers to, one or more. Raises BadInput when there is none."""
    keys = _services(target, world)
    if not keys:
        _refuse_absent(target, world)
        known = [service_text(key) for key in world.state.services.keys]
        near = nearest(target.text, [*known, *_endings(known), *world.names.names.values()])
        raise BadInput(target.text, "is not a service in the table", near or "lvstui --list shows them")
    return keys


def _refuse_absent(target: NamedTarget, world: CommandContext) -> None:
    """Raises BadInput for a name in the settings that is not in the table."""
    called = [subject_text(whom) for whom, name in world.names.names.items() if name == target.text]
    if called:
        why = f"is your name for {' and '.join(called)}, which is not in the table or does not fit here"
        raise BadInput(target.text, why, "lvstui --list shows what is there")


def _endings(texts: Sequence[str]) -> list[str]:
    return [text.rpartition(" ")[2] for text in texts]


def _services(target: NamedTarget, world: CommandContext) -> list[ServiceKey]:
    keys, whom = world.state.services.keys, target.whom
    if isinstance(whom, ServiceKey):
        return [whom] if world.state.services.find(whom) is not None else []
    if isinstance(whom, ServerKey):
        return [key for key in keys if key.address == whom.address and key.port == whom.port and not key.fwmark]
    if whom is not None:
        return [key for key in keys if key.address == whom]
    return [key for key in keys if world.names.service(key) == target.text] if world.names.names else []


def places(target: NamedTarget | None, among: ServiceKey | None, world: CommandContext) -> list[Place]:
    """The real servers of a command, in every service that has them, or `among` those of one: by address and port, by
    address alone (all its ports), by name; None for the selected rows. Raises BadInput when there is none."""
    if target is None:
        return _at_hand(among, world)
    inside = among if among is not None else None if target.host else world.inside
    matching = _places(target, inside, world)
    if not matching and among is None and inside is not None:
        matching = _places(target, None, world)  # not in the present service, but elsewhere
    if matching:
        return matching
    where = f"of {service_text(among)}" if among is not None else "of any service"
    if world.state.services and not world.state.pools:
        raise NotDone(target.text, "the real servers have not been read yet", "try again")
    _refuse_absent(target, world)
    raise BadInput(target.text, f"is not a real server {where}", nearest(target.text, _known(among, world)))


def _at_hand(among: ServiceKey | None, world: CommandContext) -> list[Place]:
    matching: list[Place] = []
    for row in world.rows:
        if isinstance(row, Place):
            matching.append(row)
        elif isinstance(row, HostKey):
            matching += _places(NamedTarget(address_text(row.address), row.address, True), among, world)
    if not matching:
        raise NotDone("which real server?", "none is named", "name it: 10.0.0.5:80, or host 10.0.0.5")
    return matching


def _places(target: NamedTarget, among: ServiceKey | None, world: CommandContext) -> list[Place]:
    whom = target.whom
    if isinstance(whom, ServiceKey) or (whom is None and not world.names.names):
        return []
    matching = []
    for key in world.state.services.keys if among is None else [among]:
        pool = world.state.servers(key)
        if pool is None:
            continue
        if isinstance(whom, ServerKey) and not target.host:
            if find(pool, whom) is not None:
                matching.append(Place(key, whom))
            continue
        address = whom.address if isinstance(whom, ServerKey) else whom
        for server in pool.servers():
            name = server.key
            called = target.text in (world.names.server(name), world.names.host(name.address))
            if name.address == address if address is not None else called:
                matching.append(Place(key, name))
    return matching


def _known(among: ServiceKey | None, world: CommandContext) -> list[str]:
    keys = world.state.services.keys[:200] if among is None else [among]
    pools = [pool for key in keys if (pool := world.state.servers(key)) is not None]
    servers = {server.key for pool in pools for server in pool.servers()}
    return [server_text(key) for key in servers] + list(world.names.names.values())


def with_port(new: Endpoints, port: int) -> list[ServerKey]:
    """The keys of new real servers; `port` where none was given."""
    number = port if new.port is None else new.port
    return [ServerKey(family_of(address), address, number) for address in new.addresses]


def rows(world: CommandContext) -> list[ServiceKey | Place]:
    """The selected rows, each host as its rules."""
    keys: list[ServiceKey | Place] = []
    for row in world.rows:
        if isinstance(row, HostKey):
            keys += _places(NamedTarget(address_text(row.address), row.address, True), None, world)
        else:
            keys.append(row)
    return keys

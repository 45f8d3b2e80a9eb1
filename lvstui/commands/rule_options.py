"""Builds services and real servers from a command's options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from lvstui.commands.parse import ParsedCommand
from lvstui.commands.targets import Endpoints, with_port
from lvstui.commands.weights import weight_from
from lvstui.director.errors import BadInput
from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPIP,
    TUNNEL_NAMES,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    flag_bits,
    flag_names,
    server_text,
)
from lvstui.director.option_words import FORWARDS, netmask
from lvstui.director.state import State

T = TypeVar("T")


def new_service(parsed: ParsedCommand) -> Service:
    """The service that `add service` describes. Raises BadInput."""
    key: ServiceKey | ServerKey = parsed.values["key"]
    if isinstance(key, ServerKey):
        text = server_text(key)
        raise BadInput(text, "tcp, udp or sctp?", f"add service tcp {text}")
    return service_with(Service(key), parsed)


def service_with(old: Service, parsed: ParsedCommand) -> Service:
    """A service changed by the given options. Raises BadInput."""
    new = old
    if (scheduler := parsed.get("scheduler")) is not None and scheduler != old.scheduler:
        keeps = {scheduler, old.scheduler} <= {"sh", "mh"}
        new = new._replace(scheduler=scheduler, flags=old.flags if keeps else 0)
    if (persistence := parsed.get("persistence")) is not None:
        new = new._replace(persistence=persistence)
    if (mask := parsed.get("netmask")) is not None:
        new = new._replace(netmask=_netmask(mask, old.key.family))
    if (words := parsed.get("flags")) is not None:
        new = new._replace(flags=_flags(words, new.scheduler))
    if (engine := parsed.get("engine")) is not None:
        new = new._replace(engine=engine)
    if parsed.get("one-packet"):
        new = new._replace(one_packet=True)
    match parsed.get("drop"):
        case "persist":
            new = new._replace(persistence=None)
        case "mask":
            new = new._replace(netmask=None)
        case "flags":
            new = new._replace(flags=0)
        case "engine":
            new = new._replace(engine="")
        case "one-packet":
            new = new._replace(one_packet=False)
    return new


def new_servers(parsed: ParsedCommand, key: ServiceKey, state: State) -> list[Server]:
    """The real servers that `add server` describes; missing options are taken from their siblings."""
    sibling = like_siblings(key, state)
    new: Endpoints = parsed.values["servers"]
    return [server_with(sibling._replace(key=name), parsed) for name in with_port(new, sibling.key.port)]


def server_with(old: Server, parsed: ParsedCommand) -> Server:
    """A real server changed by the given options."""
    new = old
    if (forward := parsed.get("forward")) is not None:
        new = new._replace(forward=int(FORWARDS[forward]))
    if (weight := parsed.get("weight")) is not None:
        new = new._replace(weight=weight_from(weight, old.weight))
    if (upper := parsed.get("upper")) is not None:
        new = new._replace(upper=upper)
    if (lower := parsed.get("lower")) is not None:
        new = new._replace(lower=lower)
    kind, port, checksum = new.tunnel
    if (tunnel := parsed.get("tunnel")) is not None:
        kind = TUNNEL_NAMES.index(tunnel)
    if (wanted := parsed.get("tunnel-port")) is not None:
        port = wanted
    if (checked := parsed.get("checksum")) is not None:
        checksum = CHECKSUM_NAMES.index(checked)
    tunnelled = new.forward == Forward.TUNNEL
    return new._replace(tunnel=new.tunnel._replace(kind=kind, port=port, checksum=checksum) if tunnelled else IPIP)


def like_siblings(key: ServiceKey, state: State) -> Server:
    """A new server like the others of its service: the most common port, method and weight."""
    pool = state.servers(key) or ()
    rows = [row.server for row in pool][:50]
    forward = common(row.forward for row in rows)
    return Server(
        ServerKey(4, b"", (common(row.key.port for row in rows) if rows else key.port) or 0),
        int(Forward.ROUTE) if forward is None else forward,
        common(row.weight for row in rows if row.weight) or 1,
        tunnel=common(row.tunnel for row in rows) or IPIP,
    )


def common(values: Iterable[T]) -> T | None:
    """The most common value."""
    commonest = Counter(values).most_common(1)
    return commonest[0][0] if commonest else None


def _netmask(text: str, family: int) -> int | None:
    try:
        return netmask(text, family)
    except ValueError as error:
        raise BadInput(f"mask {text!r}", *error.args) from None


def _flags(words: tuple[str, ...], scheduler: str) -> int:
    flags, bits = 0, flag_bits(scheduler)
    for word in words:
        if word not in bits:
            raise BadInput(f"flag {word!r}", f"is not a flag of {scheduler}", ", ".join(flag_names(scheduler)))
        flags |= bits[word]
    return flags

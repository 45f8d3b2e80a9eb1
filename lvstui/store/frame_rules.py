"""The rules in a frame: a service with its real servers as plain lists, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lvstui.director.model import IPIP, Server, ServerKey, Service, ServiceKey, Tunnel
from lvstui.store.json_values import made
from lvstui.store.pictures import PictureRules
from lvstui.store.sound import sound


def entry(rules: PictureRules, number: int) -> list[Any]:
    service = rules.services[number]
    servers = [
        [*_server_key(server.key), int(server.forward), server.weight, server.upper, server.lower, *server.tunnel]
        for server in rules.pools[number]
    ]
    return [key_list(service.key), list(service[1:]), servers]


def entry_of(entry: Sequence[Any]) -> tuple[Service, tuple[Server, ...]]:
    key, rest, servers = entry
    service: Service = made(Service, (key_of(key), *rest))
    sound(service, texts=False)
    pool = tuple(map(_server_of, servers))
    sound(pool, texts=False)
    if len({server.key for server in pool}) != len(pool):
        raise ValueError("a server is twice in its service")
    return service, pool


_USUAL = [int, str, *([int] * 8)]
"""The types of a server with all its values."""


def _server_of(values: Sequence[Any]) -> Server:
    """A server with checked types; `sound` checks its ranges."""
    family, address, port, *numbers = values
    if list(map(type, values)) == _USUAL:
        forward, weight, upper, lower, *tunnel = numbers
        kind = Tunnel(*tunnel) if any(tunnel) else IPIP
        return Server(ServerKey(family, bytes.fromhex(address), port), forward, weight, upper, lower, kind)
    server: Server = made(
        Server, (_server_key_of(family, address, port), *numbers[:4], _tunnel(made(Tunnel, numbers[4:])))
    )
    return server


def _tunnel(tunnel: Tunnel) -> Tunnel:
    return IPIP if tunnel == IPIP else tunnel


def key_list(key: ServiceKey) -> list[Any]:
    return [key.fwmark, key.family, key.protocol, key.address.hex(), key.port]


def key_of(values: Sequence[Any]) -> ServiceKey:
    fwmark, family, protocol, address, port = values
    key: ServiceKey = made(ServiceKey, (fwmark, family, protocol, bytes.fromhex(address), port))
    if key.fwmark and key.address:
        raise ValueError("a firewall mark has an address")
    return key


def _server_key_of(family: Any, address: Any, port: Any) -> ServerKey:
    key: ServerKey = made(ServerKey, (family, bytes.fromhex(address), port))
    return key


def _server_key(key: ServerKey) -> list[Any]:
    return [key.family, key.address.hex(), key.port]

"""Contents -> ipvsadm lines, a service followed by its servers, in numeric order; and what such text cannot hold."""

from __future__ import annotations

from _collections_abc import Iterator
from _socket import AF_INET6, inet_ntoa, inet_ntop

from lvstui.director.model import IPIP, IPV4, PROTOCOL_NAMES, Forward, service_text
from lvstui.director.spell import selector, server_words, service_line
from lvstui.formats.contents import Block, Contents

_CHUNK = 256
"""Services a chunk of text: enough that writing it costs nothing beside making it."""


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks of whole lines."""
    lines: list[str] = []
    tails: dict[tuple[object, ...], str] = {}
    waiting = 0
    for service, servers in contents.blocks:
        lines.append(service_line(service))
        head = f"-a {selector(service.key)} -r "
        for server in servers:
            # What follows the address is the same for thousands of servers.
            tail = tails.get(server[1:])
            if tail is None:
                tail = tails[server[1:]] = server_words(server).split(" ", 2)[2]
            family, address, port = server[0]
            if family == IPV4:
                lines.append(f"{head}{inet_ntoa(address)}:{port} {tail}")
            else:
                lines.append(f"{head}[{inet_ntop(AF_INET6, address)}]:{port} {tail}")
        waiting += 1
        if waiting == _CHUNK:
            yield "\n".join(lines) + "\n"
            lines, waiting = [], 0
    if lines:
        yield "\n".join(lines) + "\n"


def losses(contents: Contents) -> list[str]:
    """What of these contents ipvsadm text does not hold, in words; empty when it holds them all."""
    lost = []
    if contents.timeouts is not None:
        lost.append("timeouts")
    if contents.sync:
        lost.append("sync daemons")
    for block in contents.blocks:
        lost += _lost_of(block)
    return lost


def _lost_of(block: Block) -> Iterator[str]:
    service, servers = block
    name = service_text(service.key)
    if service.netmask is not None and service.persistence is None:
        yield f"the netmask of {name}, which is not persistent"
    if not service.key.fwmark and service.key.protocol not in PROTOCOL_NAMES:
        yield f"the protocol of {name}"
    for server in servers:
        tunnel = server.tunnel
        if server.forward not in (Forward.MASQ, Forward.ROUTE, Forward.TUNNEL):
            yield f"a forwarding method in {name}"
        elif tunnel != IPIP and (server.forward != Forward.TUNNEL or tunnel.kind > 2):
            yield f"a tunnel in {name}"
        elif server.forward != Forward.MASQ and not service.key.fwmark and server.key.port != service.key.port:
            yield f"a port in {name}, where only masq may change it"

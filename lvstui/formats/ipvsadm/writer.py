"""Writes contents as ipvsadm lines, a service followed by its servers, in numeric order; and lists what such text
cannot express."""

from __future__ import annotations

from _collections_abc import Iterator

from lvstui.director.model import IPIP, PROTOCOL_NAMES, Forward, service_text
from lvstui.director.remembered import Written, placed
from lvstui.director.spell import selector, server_words, service_words
from lvstui.formats.contents import Block, Contents
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.model import Rule

_CHUNK = 512
"""Services a chunk of text: enough that writing it costs nothing beside making it."""


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks of whole lines."""
    lines: list[str] = []
    # What follows the address is the same for thousands of servers, and for thousands of services.
    written = Written(_tail, brackets=True)
    words: dict[tuple[object, ...], str] = {}
    for service, texts in contents.blocks.lines(written):
        key, alike = service.key, service[1:]
        options = words.get((key.family, alike))
        if options is None:
            options = words[key.family, alike] = service_words(service)
        place = selector(key)
        head = f"-a {place} -r "
        lines.append(f"-A {place} {options}\n{head}{head.join(texts)}" if texts else f"-A {place} {options}\n")
        if len(lines) >= _CHUNK:
            yield "".join(lines)
            lines = []
    if lines:
        yield "".join(lines)


def _tail(port: int, rule: Rule) -> str:
    return f":{port} {server_words(placed(rule, port)).split(' ', 2)[2]}\n"


def losses(contents: Contents) -> list[str]:
    """What ipvsadm text cannot express of these contents, in words; empty when it can express everything."""
    lost = []
    if contents.timeouts is not None:
        lost.append("timeouts")
    if contents.sync:
        lost.append("sync daemons")
    for block in contents.blocks:
        lost += _lost_of(block)
    return lost


def _lost_of(block: Block) -> Iterator[str]:
    service, servers = block.service, block.servers
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

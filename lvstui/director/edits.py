"""The changed attributes of a rule, in an operator's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lvstui.director.model import FORWARD_NAMES, IPIP, TUNNEL_NAMES, Forward, Server, Service, Tunnel, netmask_text
from lvstui.director.spell import flag_words

Edit = tuple[str, str, str]
"""The name of an attribute, its present value, and its earlier or wanted value."""


def rule_edits(live: Server, wanted: Server) -> list[Edit]:
    """The changed attributes of a real server, except its weight."""
    return _differing(_rule(live), _rule(wanted))


def service_edits(live: Service, wanted: Service) -> list[Edit]:
    """The changed attributes of a virtual service itself."""
    return [] if live == wanted else _differing(_service(live), _service(wanted))


def by_hand(edits: Sequence[Edit]) -> str:
    """`weight 7 by hand, configured 3`."""
    return "; ".join(f"{name} {have} by hand, configured {want}" for name, have, want in edits)


def brief(edits: Sequence[Edit]) -> str:
    """`weight not 3`: for a row that shows the present value."""
    return ", ".join(f"{name} not {want}" for name, _, want in edits)


def arrows(edits: Sequence[Edit]) -> str:
    """`weight 3 -> 5`."""
    return ", ".join(f"{name} {before} -> {then}" for name, before, then in edits)


def _rule(server: Server) -> Iterable[tuple[str, str]]:
    yield "forward", FORWARD_NAMES[server.forward]
    yield "tunnel", _tunnel(server.tunnel if server.forward == Forward.TUNNEL else IPIP)
    yield "upper", str(server.upper or "none")
    yield "lower", str(server.lower or "none")


def _tunnel(tunnel: Tunnel) -> str:
    name = TUNNEL_NAMES[tunnel.kind] if tunnel.kind < len(TUNNEL_NAMES) else str(tunnel.kind)
    return f"{name} {tunnel.port}" if tunnel.port else name


def _service(service: Service) -> Iterable[tuple[str, str]]:
    yield "scheduler", service.scheduler
    yield "persistence", "none" if service.persistence is None else str(service.persistence)
    yield "mask", "none" if service.netmask is None else netmask_text(service.netmask, service.key.family)
    yield "engine", service.engine or "none"
    yield "one-packet", "yes" if service.one_packet else "no"
    yield "flags", flag_words(service.scheduler, service.flags) or "none"


def _differing(live: Iterable[tuple[str, str]], wanted: Iterable[tuple[str, str]]) -> list[Edit]:
    pairs = zip(live, wanted, strict=True)
    return [(name, have, want) for (name, have), (_, want) in pairs if have != want]

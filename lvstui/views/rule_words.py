"""The words for a rule in the tables: shorter than ipvsadm's options, and never ambiguous."""

from __future__ import annotations

from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPV6,
    TUNNEL_NAMES,
    Forward,
    Server,
    Service,
    ServiceKey,
    endpoint_text,
    netmask_text,
    protocol_name,
)

FORWARDS = ("Masq", "Local", "Tunnel", "Route", "Bypass", "5?", "6?", "7?")
"""The spelling of ipvsadm -L, by the kernel's number."""


def service_name(key: ServiceKey, unknown_family: bool = False) -> str:
    """`TCP 192.0.2.1:80`, `FWM 7`, `FWM 7 IPv6`."""
    if key.fwmark:
        family = " v4/v6?" if unknown_family else " IPv6" if key.family == IPV6 else ""
        return f"FWM {key.fwmark}{family}"
    return f"{protocol_name(key.protocol).upper()} {endpoint_text(key.address, key.port)}"


def options(service: Service) -> str:
    """Persistence, mask, engine, one-packet and flags: `p360/24 sip ops sh-port`."""
    words = []
    if service.persistence is not None:
        mask = "" if service.netmask is None else f"/{_mask(service)}"
        words.append(f"p{service.persistence}{mask}")
    if service.engine:
        words.append(service.engine)
    if service.one_packet:
        words.append("ops")
    if service.flags:
        from lvstui.director.spell import flag_words

        words.append(flag_words(service.scheduler, service.flags))
    return " ".join(words)


def forward(server: Server) -> str:
    """`Route`, `Masq`, `Tunnel`, `Tunnel gue:6080 csum`."""
    name = FORWARDS[server.forward]
    kind, port, checksum = server.tunnel
    if server.forward != Forward.TUNNEL or not kind:
        return name
    tunnel = TUNNEL_NAMES[kind] if kind < len(TUNNEL_NAMES) else f"type {kind}"
    check = f" {CHECKSUM_NAMES[checksum]}" if 0 < checksum < len(CHECKSUM_NAMES) else ""
    return f"{name} {tunnel}{f':{port}' if port else ''}{check}"


def _mask(service: Service) -> str:
    """A prefix length if the mask has one, else the mask."""
    text = netmask_text(service.netmask, service.key.family)
    if service.key.family == IPV6:
        return text
    bits = f"{service.netmask or 0:032b}"
    return str(bits.count("1")) if "01" not in bits else text

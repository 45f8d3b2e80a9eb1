"""Random rule sets by seed that a real kernel accepts, covering every construct of IPVS.

Plain `random`, so that the same seed gives the same rules inside the lab, where nothing but the program is loaded.
"""

from __future__ import annotations

import random

from lvstui.director.model import (
    IPV4,
    IPV6,
    SCTP,
    TCP,
    UDP,
    WEIGHT_MAX,
    Entry,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
    address_packed,
    service_key,
)

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf")
"""Those of User Mode Linux as Debian builds it: all but twos."""

_MASKS = (0xFFFFFF00, 0xFFFF0000, 0xFF000000, 0xFF00FF00, 0xFFFFFFFE, 0x80000000)


def random_ruleset(seed: int, services: int = 8, servers: int = 5) -> RuleSet:
    """Up to this many services, each with up to this many real servers."""
    dice = random.Random(seed)
    rules = {}
    for _ in range(dice.randint(0, services)):
        service = _service(dice)
        pool = [_server(dice, service) for _ in range(dice.randint(0, servers))]
        rules[service.key] = Entry(service, {server.key: server for server in pool})
    return RuleSet(rules)


def random_settings(seed: int, rules: RuleSet) -> tuple[Timeouts, tuple[SyncDaemon, ...]]:
    """Timeouts, and the sync daemons that a kernel runs beside these rules: none where a tunnel leads to the other
    family (ip_vs_ctl.c, ip_vs_genl_new_daemon)."""
    dice = random.Random(f"settings {seed}")
    timeouts = Timeouts(*(dice.choice((1, 15, 900, dice.randint(1, 2_678_400))) for _ in range(3)))
    mixed = any(server.family != key.family for key, entry in rules.rules.items() for server in entry.servers)
    roles = dice.choice(((), ("master",), ("backup",), ("master", "backup"))) if not mixed else ()
    return timeouts, tuple(_daemon(dice, role) for role in roles)


def odd_ruleset(seed: int) -> RuleSet:
    """Rules that a kernel takes and ipvsadm text cannot hold, among others that it can: a netmask without persistence,
    a port of its own behind direct routing or a tunnel."""
    dice = random.Random(f"odd {seed}")
    rules = dict(random_ruleset(seed, 3, 3).rules)
    for port in dice.sample(range(1, 65535), 2):
        key = service_key(dice.choice((TCP, UDP)), f"192.0.2.{dice.randint(1, 254)}", port)
        servers = [
            Server(
                ServerKey(IPV4, bytes((10, 9, number, dice.randint(1, 254))), dice.choice((port, port ^ 1))),
                dice.choice((Forward.ROUTE, Forward.TUNNEL, Forward.MASQ)),
                dice.randint(0, 9),
            )
            for number in range(4)
        ]
        service = Service(key, "rr", netmask=dice.choice((None, *_MASKS)))
        rules[key] = Entry(service, {server.key: server for server in servers})
    return RuleSet(rules)


def as_text_holds(rules: RuleSet) -> RuleSet:
    """What is left of them in ipvsadm text: no netmask without persistence, and the service's own port wherever the
    method keeps ports."""
    left = {}
    for key, (service, servers) in rules.rules.items():
        if service.persistence is None:
            service = service._replace(netmask=None)
        kept = [
            server
            if server.forward == Forward.MASQ or key.fwmark
            else server._replace(key=server.key._replace(port=key.port))
            for server in servers.values()
        ]
        left[key] = Entry(service, {server.key: server for server in kept})
    return RuleSet(left)


def _daemon(dice: random.Random, role: str) -> SyncDaemon:
    group, ttl = dice.choice((("", 0), ("", 0), ("224.0.0.99", 3)))
    port = dice.choice((0, 0, dice.randint(1024, 65535)))
    return SyncDaemon(role, "lo", dice.randint(0, 255), dice.choice((0, 0, 1400)), group, port, ttl)


def _service(dice: random.Random) -> Service:
    key = _service_key(dice)
    persistent = dice.random() < 0.4 or not (key.fwmark or key.port)
    scheduler = dice.choice(SCHEDULERS)
    netmask = None
    if persistent and dice.random() < 0.5:
        netmask = dice.randint(1, 127) if key.family == IPV6 else dice.choice(_MASKS)
    return Service(
        key,
        scheduler,
        dice.randint(0, 7) if dice.random() < 0.5 else 0,
        dice.choice((1, 60, 360, 2_678_400, dice.randint(1, 2_678_400))) if persistent else None,
        netmask,
        "sip" if key.protocol == UDP and persistent and dice.random() < 0.5 else "",
        dice.random() < 0.3 if key.protocol == UDP or key.fwmark else False,
    )


def _service_key(dice: random.Random) -> ServiceKey:
    family = dice.choice((IPV4, IPV4, IPV6))
    if dice.random() < 0.2:
        mark = dice.choice((1, 7, dice.randint(1, 2**31 - 1), dice.randint(2**31, 2**32 - 1)))
        return ServiceKey(mark, family, 0, b"", 0)
    port = 0 if dice.random() < 0.1 else dice.choice((80, 443, 5060, dice.randint(1, 65535)))
    return ServiceKey(0, family, dice.choice((TCP, TCP, UDP, SCTP)), _address(dice, family), port)


def _server(dice: random.Random, service: Service) -> Server:
    forward = dice.choice((Forward.MASQ, Forward.TUNNEL, Forward.ROUTE))
    family = service.key.family
    if forward == Forward.TUNNEL and dice.random() < 0.2:
        family = IPV6 if family == IPV4 else IPV4
    port = service.key.port if forward != Forward.MASQ and not service.key.fwmark else dice.randint(1, 65535)
    upper = dice.choice((0, 0, dice.randint(1, 2**31 - 1)))
    return Server(
        ServerKey(family, _address(dice, family), port),
        forward,
        dice.choice((0, 1, 100, 65535, 65536, WEIGHT_MAX, dice.randint(0, WEIGHT_MAX))),
        upper,
        dice.randint(0, upper),
        _tunnel(dice) if forward == Forward.TUNNEL else Tunnel(),
    )


def _tunnel(dice: random.Random) -> Tunnel:
    return dice.choice(
        (
            Tunnel(),
            Tunnel(1, dice.randint(1, 65535), dice.randint(0, 2)),
            Tunnel(2, 0, dice.randint(0, 1)),
        )
    )


def _address(dice: random.Random, family: int) -> bytes:
    """One host's address: what the kernel takes for a real server."""
    if family == IPV6:
        return address_packed(f"2001:db8::{dice.randint(1, 0xFFFF):x}:{dice.randint(1, 0xFFFF):x}")
    return bytes(
        [dice.choice((10, 172, 192, 203, 223)), dice.randint(0, 255), dice.randint(0, 255), dice.randint(1, 254)]
    )

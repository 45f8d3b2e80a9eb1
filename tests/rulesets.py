"""Random rule sets by seed, covering every construct that IPVS has, such as a real kernel takes.

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
    Tunnel,
    address_packed,
)

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf")
"""Those of User Mode Linux as Debian builds it: all but twos."""

_MASKS = (0xFFFFFF00, 0xFFFF0000, 0xFF000000, 0xFF00FF00, 0xFFFFFFFE, 0x80000000)


def random_ruleset(seed: int, services: int = 8, servers: int = 5) -> RuleSet:
    """Up to so many services, each with up to so many real servers."""
    dice = random.Random(seed)
    rules = {}
    for _ in range(dice.randint(0, services)):
        service = _service(dice)
        pool = [_server(dice, service) for _ in range(dice.randint(0, servers))]
        rules[service.key] = Entry(service, {server.key: server for server in pool})
    return RuleSet(rules)


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
        # ipvsadm prints flag-3 of sh and mh as nothing, so what it saves of that is not worth comparing
        dice.randint(0, 3 if scheduler in ("sh", "mh") else 7) if dice.random() < 0.5 else 0,
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

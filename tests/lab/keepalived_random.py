"""Random keepalived configurations by seed: virtual servers with every option, in any order, some of them wrong."""

from __future__ import annotations

import random

_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "nonsense")
_METHODS = (
    *("NAT", "DR", "TUN", "TUN type ipip", "TUN type gue port 6080", "TUN type gue port 6080 csum"),
    *(
        "TUN type gre",
        "TUN type gre csum",
        "TUN type gue",
        "TUN type gre remcsum",
        "TUN csum",
        "FULLNAT",
        "DR type ipip",
    ),
)
_FLAGS = ("ops", "flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback", "hashed")


def random_configuration(seed: int) -> str:
    dice = random.Random(f"keepalived {seed}")
    groups = [_group(dice, f"G{number}") for number in range(dice.randint(0, 3))]
    services = [_service(dice, len(groups)) for _ in range(dice.randint(1, 7))]
    blocks = [*groups, *services]
    dice.shuffle(blocks)
    return "".join(blocks)


def _some(dice: random.Random, likely: float, *lines: str) -> list[str]:
    return [dice.choice(lines)] if dice.random() < likely else []


def _service(dice: random.Random, groups: int) -> str:
    v6 = dice.random() < 0.25
    kind = dice.random()
    if groups and kind < 0.3:
        head, family = f"group G{dice.randint(0, groups)}", dice.choice((4, 4, 6))
    elif kind < 0.5:
        head, family = f"fwmark {dice.choice((1, 2, 7, 4000000000, '3x'))}", 6 if v6 else 4
    else:
        head, family = (
            f"{_address(dice, 6 if v6 else 4, 3)} {dice.choice(('80', '80', '443', '0', ''))}",
            6 if v6 else 4,
        )
    granularity = str(dice.choice((64, 128, 0))) if family == 6 else dice.choice(("255.255.255.0", "24", "255.0.255.0"))
    lines = [
        *_some(dice, 0.8, *(f"lvs_sched {name}" for name in _SCHEDULERS)),
        *_some(dice, 0.7, *(f"lvs_method {name}" for name in _METHODS)),
        *_some(dice, 0.8, "protocol TCP", "protocol TCP", "protocol udp", "protocol SCTP", "protocol ICMP"),
        *_some(dice, 0.3, "persistence_timeout", "persistence_timeout 60", "persistence_timeout 0"),
        *_some(dice, 0.2, f"persistence_granularity {granularity}"),
        *_some(dice, 0.1, "persistence_engine sip", "persistence_engine none-such"),
        *(flag for flag in _FLAGS if dice.random() < 0.1),
        *_some(dice, 0.2, "quorum 2", "quorum 5", "quorum 0", "quorum 100"),
        *_some(dice, 0.15, "hysteresis 1", "hysteresis 2", "hysteresis x"),
        *_some(dice, 0.15, "alpha"),
        *_some(dice, 0.15, "inhibit_on_failure"),
        *_some(dice, 0.15, "weight 5", "weight 0", "weight 12abc"),
        *_some(dice, 0.1, "ip_family inet", "ip_family inet6"),
        *_some(dice, 0.3, f"sorry_server {_address(dice, family, 9)} {dice.choice(('', '80', '90', 'x'))}"),
        *_some(dice, 0.1, "sorry_server_inhibit"),
        *_some(dice, 0.1, *(f"sorry_server_lvs_method {name}" for name in _METHODS)),
        *_some(dice, 0.1, "nat_mask 255.255.255.0", "delay_loop 3", "virtualhost example.org"),
        *(_server(dice, family) for _ in range(dice.randint(0, 4))),
    ]
    if dice.random() < 0.3:  # the order counts
        dice.shuffle(lines)
    return f"virtual_server {head} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _server(dice: random.Random, family: int) -> str:
    other = dice.random() < 0.1  # keepalived 2.2 uses what it has freed where it skips a server that has a checker
    family = 10 - family if other else family
    lines = [
        *_some(dice, 0.6, "weight 3", "weight 0", "weight 2147483647", "weight 2147483648", "weight -1", "weight 7x"),
        *_some(dice, 0.2, *(f"lvs_method {name}" for name in _METHODS)),
        *_some(dice, 0.2, "uthreshold 100", "uthreshold 0", "uthreshold 5"),
        *_some(dice, 0.15, "lthreshold 50", "lthreshold 2"),
        *_some(dice, 0.2, "inhibit_on_failure", "inhibit_on_failure off"),
        *_some(dice, 0.2, "alpha", "alpha false"),
        *_some(dice, 0.0 if other else 0.5, _checker(dice)),
    ]
    head = f"real_server {_address(dice, family, 12)} {dice.choice(('80', '80', '8080', '', '0', '99999'))}"
    return f"{head} {{\n" + "".join(f"        {line}\n" for line in lines) + "    }"


def _checker(dice: random.Random) -> str:
    inner = dice.choice(("", "alpha", "alpha no", "nb_get_retry 3", "connect_timeout 9"))
    return dice.choice(
        (
            f"TCP_CHECK {{\n{inner}\n}}",
            f"PING_CHECK {{ {inner} }}",
            f"HTTP_GET {{ {inner}\nurl {{ path / }}\n }}",
            "TCP_CHECK {}",
        )
    )


def _group(dice: random.Random, name: str) -> str:
    family = dice.choice((4, 4, 6))
    entries = []
    for _ in range(dice.randint(0, 4)):
        entry_family = family if dice.random() < 0.9 else 10 - family
        address = _address(dice, entry_family, 3)
        port = dice.choice(("80", "80", "443", "", "x"))
        if dice.random() < 0.3:
            entries.append(f"fwmark {dice.randint(1, 4)} {dice.choice(('', '', 'inet', 'inet6', 'inet4'))}")
        elif dice.random() < 0.5:
            entries.append(f"{address} {port}")
        elif entry_family == 4:
            entries.append(f"192.0.2.{dice.choice(('8/30', '9/30', '3-6', '6-3', '1-192.0.2.4'))} {port}")
        else:
            entries.append(f"{dice.choice(('2001:db8::8/126', '2001:db8::fe-101', '2001:db8::1-2001:db8::3'))} {port}")
    return f"virtual_server_group {name} {{\n" + "".join(f"    {entry}\n" for entry in entries) + "}\n"


def _address(dice: random.Random, family: int, many: int) -> str:
    number = dice.randint(1, many)
    return f"2001:db8::{number:x}" if family == 6 else f"192.0.2.{number}"

"""Kinds of arguments: how each is parsed, its description, and suggestions for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from lvstui.commands.targets import HOST, CommandContext, Endpoints, NamedTarget, endpoints, named
from lvstui.commands.weights import WEIGHTS, is_weight
from lvstui.director.model import (
    CHECKSUM_NAMES,
    PERSISTENCE_MAX,
    SCHEDULERS,
    TUNNEL_NAMES,
    WEIGHT_MAX,
    ServerKey,
    ServiceKey,
    address_packed,
    address_text,
    flag_names,
    server_text,
    service_text,
)
from lvstui.director.remarks import nearest
from lvstui.director.remarks import shown as cut
from lvstui.values import Any, NamedTuple

_SUGGESTED = 400
"""Services among which targets are suggested: more would make typing wait."""


def _nothing(world: CommandContext) -> Iterable[str]:
    return ()


class ArgumentKind(NamedTuple):
    """`shown` is its name in a usage line. `read` parses its text, or raises ValueError with a reason. `suggest`:
    possible texts in this world. `target`: it may be several words (tcp 192.0.2.1:80)."""

    shown: str
    wants: str
    read: Callable[[str], Any]
    suggest: Callable[[CommandContext], Iterable[str]] = _nothing
    target: bool = False
    file: bool = False


def number(shown: str, low: int, high: int) -> ArgumentKind:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ValueError(f"{cut(text)} is not a number")
        value = int(text.lstrip("0")[:20] or "0")
        if not low <= value <= high:
            raise ValueError(f"{value} is not within {low} to {high}; the nearest is {min(max(value, low), high)}")
        return value

    return ArgumentKind(shown, f"a number from {low} to {high}", read)


def choice(shown: str, *valid: str) -> ArgumentKind:
    def read(text: str) -> str:
        if text.lower() not in valid:
            near = nearest(text.lower(), valid)
            raise ValueError(f"{text!r} is not one of {', '.join(valid)}" + (f"; {near}" if near else ""))
        return text.lower()

    return ArgumentKind(shown, "one of " + ", ".join(valid), read, lambda world: valid)


_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,3})?)(s|m|min|h|)", text.lower())
    if match is None:
        raise ValueError(f"{cut(text)} is not a time: 60s, 5m or 1h")
    seconds = float(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= 86400:
        raise ValueError(f"{text} is not within 0.1s to 24h")
    return seconds


def _weight(text: str) -> str:
    if not is_weight(text):
        raise ValueError(f"{cut(text)} is not a weight")
    if text.isdigit() and int(text) > WEIGHT_MAX:
        raise ValueError(f"{text} is not within 0 to {WEIGHT_MAX}; the nearest is {WEIGHT_MAX}")
    return text


def _target(text: str) -> NamedTarget:
    try:
        return named(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an address nor a name") from None


def _place(text: str) -> NamedTarget:
    """A target, or a time of day."""
    return NamedTarget(text) if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", text) else _target(text)


def _new_service(text: str) -> ServiceKey | ServerKey:
    """A service, or its address and port where the protocol is that of another service."""
    wanted = _target(text)
    if wanted.host or not isinstance(wanted.whom, ServiceKey | ServerKey):
        raise ValueError(f"{text!r} is not a service: tcp 192.0.2.10:80, or fwmark 7")
    return wanted.whom


def _new_servers(text: str) -> Endpoints:
    return endpoints(text)


def _word(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _scheduler(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{1,15}", text.lower()):
        raise ValueError(f"{text!r} is not a scheduler: " + " ".join(SCHEDULERS))
    return text.lower()


def _flags(text: str) -> tuple[str, ...]:
    words = tuple(text.lower().split(","))
    valid = [*(word for name in ("sh", "mh", "") for word in flag_names(name))]
    for word in words:
        if word not in valid:
            raise ValueError(f"{word!r} is not a flag; {nearest(word, valid) or 'sh-port, mh-fallback, flag-1...'}")
    return words


def service_suggestions(world: CommandContext) -> Iterable[str]:
    keys = world.state.services.keys[:_SUGGESTED]
    texts = [service_text(key) for key in keys]
    names = [name for key in keys if (name := world.names.service(key))]
    return [*texts, *(text.partition(" ")[2] for text in texts if not text.startswith("fwmark")), *names]


def server_suggestions(world: CommandContext) -> Iterable[str]:
    keys: Sequence[ServiceKey] = world.state.services.keys[:_SUGGESTED]
    if world.inside is not None:
        keys = [world.inside] if world.only else [world.inside, *keys]
    texts: dict[str, None] = {}
    hosts: dict[str, None] = {}
    for key in keys:
        for server in world.state.servers(key) or ():
            name = server.server.key
            texts[server_text(name)] = None
            hosts[f"{HOST} {address_text(name.address)}"] = None
            if called := world.names.server(name):
                texts[called] = None
        if len(texts) > _SUGGESTED:
            break
    return [*texts, *hosts]


def _address(text: str) -> bytes:
    try:
        return address_packed(text.strip("[]"))
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address") from None


def _virtual(world: CommandContext) -> Iterable[str]:
    return dict.fromkeys(address_text(key.address) for key in world.state.services.keys[:_SUGGESTED] if key.address)


def _either(world: CommandContext) -> Iterable[str]:
    return [*service_suggestions(world), *server_suggestions(world)]


def _hosts(world: CommandContext) -> Iterable[str]:
    """The hosts of real servers, by address and by name."""
    texts: dict[str, None] = {}
    for key in world.state.services.keys[:_SUGGESTED]:
        for server in world.state.servers(key) or ():
            address = server.server.key.address
            texts[address_text(address)] = None
            if name := world.names.host(address):
                texts[name] = None
        if len(texts) > _SUGGESTED:
            break
    return texts


def _schedulers(world: CommandContext) -> Iterable[str]:
    return world.state.schedulers or SCHEDULERS


SERVICE = ArgumentKind("SERVICE", "a service: tcp 192.0.2.10:80, fwmark 7", _target, service_suggestions, target=True)
SERVER = ArgumentKind(
    "SERVER", "a real server: 10.0.0.5:80, or host 10.0.0.5", _target, server_suggestions, target=True
)
TARGET = ArgumentKind("TARGET", "a service or a real server", _target, _either, target=True)
PLACE = ArgumentKind("TARGET", "a service or a real server; in a recording a time, 02:41", _place, _either, target=True)
OLD_HOST = ArgumentKind("OLD", "a host that is a real server now: 10.0.0.5, or its name", _target, _hosts)
NEW_HOST = ArgumentKind("NEW", "another host: 10.0.0.9, or its name", _target)
ADDRESS = ArgumentKind("ADDRESS", "an IP address", _address, _virtual)
CLIENT = ArgumentKind("CLIENT", "the IP address of a client: 203.0.113.7", _address)
NEW_SERVICE = ArgumentKind(
    "SERVICE",
    "a new service: tcp 192.0.2.10:80, fwmark 7",
    _new_service,
    lambda world: ("tcp ", "udp ", "sctp ", "fwmark "),
    target=True,
)
NEW_SERVERS = ArgumentKind("SERVERS", "real servers: 10.0.0.5:80, or 10.0.0.11-14:80", _new_servers)
WEIGHT = ArgumentKind("WEIGHT", f"a weight: {WEIGHTS}", _weight, lambda world: ("0", "+1", "-1", "50%", "+50%"))
SECONDS = ArgumentKind("TIME", "a time: 60s, 5m or 1h", _seconds)
SCHEDULER = ArgumentKind("SCHEDULER", "a scheduler: " + " ".join(SCHEDULERS), _scheduler, _schedulers)
PERSIST = number("SECONDS", 1, PERSISTENCE_MAX)
TIMEOUT = number("SECONDS", 0, PERSISTENCE_MAX)
PORT = number("PORT", 1, 65535)
CONNECTIONS = number("N", 0, 2**31 - 1)
TUNNEL = choice("KIND", *TUNNEL_NAMES)
CHECKSUM = choice("SUM", *CHECKSUM_NAMES)
SWITCH = choice("on|off", "on", "off")
ROLE = choice("ROLE", "master", "backup")
FLAGS = ArgumentKind("FLAGS", "scheduler flags, with commas: sh-port,sh-fallback", _flags)
FILE = ArgumentKind("FILE", "a file", _word, file=True)
TEXT = ArgumentKind("TEXT", 'a text; with spaces in quotes: "text"', str)
FILTER = ArgumentKind("FILTER", "a filter: web, active>100, down", str)
COLUMNS = ArgumentKind("COLUMNS", "columns in order: weight active cps; without any, choose on the screen", str)
COLUMN = ArgumentKind("COLUMN", "a column of the table on the screen", _word)
NAME = ArgumentKind("NAME", "a name", _word)
DIRECTOR = ArgumentKind("HOST", "another director, as ssh knows it", _word)
WORD = ArgumentKind("WORD", "a word on the screen: skew, conn/s, STALE", _word)

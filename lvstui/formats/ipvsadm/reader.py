"""Reads ipvsadm text into a RuleSet with remarks, by running it line by line on an empty table.

There are two ways. Lines in the form of `ipvsadm -S -n`, nearly all of them, are matched by a regular expression or
two; every other line is parsed in full (options.py, commands.py). A line read the fast way gives the same result as in
full, without a remark; any line that may need a remark is parsed in full.
"""

from __future__ import annotations

import re
from _collections_abc import Callable, Iterable
from _socket import AF_INET, AF_INET6, inet_pton

from lvstui.director.model import (
    IPIP,
    IPV4,
    IPV6,
    PERSISTENCE_MAX,
    SCHEDULERS,
    SCTP,
    TCP,
    UDP,
    WEIGHT_MAX,
    Forward,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    Tunnel,
)
from lvstui.director.remarks import Place, Remark
from lvstui.formats.ipvsadm.names import NamingPlace
from lvstui.formats.ipvsadm.table import Slot, Table

_ENDPOINT = r"(?:([0-9.]{7,15})|\[([0-9a-f:.]{2,45})\]):([0-9]{1,5})"
_SERVICE = re.compile(
    rf"-A ((-t|-u|--sctp-service) {_ENDPOINT}) -s ({'|'.join(SCHEDULERS)})(?: -p ([0-9]{{1,7}}))?", re.ASCII
)
_IPV6_PLACE = re.compile(r"\[([0-9a-f:.]{2,45})\]", re.ASCII)
_RULE = re.compile(r"-([gmi]) -w ([0-9]{1,10})(?: --tun-type (ipip))?(?: -x ([0-9]{1,10}) -y ([0-9]{1,10}))?", re.ASCII)
_WORD = re.compile(r"[^ \t\r]+")
"""ipvsadm splits words only at these characters (config_stream.c)."""
_PROTOCOLS = {"-t": TCP, "-u": UDP, "--sctp-service": SCTP}
_MASQ, _TUNNEL = int(Forward.MASQ), int(Forward.TUNNEL)
_FORWARDS = {"g": int(Forward.ROUTE), "m": _MASQ, "i": _TUNNEL}
_Rule = tuple[int, int, int | None, int | None, Tunnel]
"""A server without its key."""
_make = tuple.__new__
"""Makes a NamedTuple without calling its constructor, which took half the time of reading a line."""


def read(text: str, file: str = "text", *, fast: bool = True, resolve: bool = False) -> tuple[RuleSet, list[Remark]]:
    """The rules that a text defines, and remarks on its lines. `fast` False parses every line the full way; `resolve`
    looks up host names. Raises BadInput for the first line that cannot be understood."""
    table, place = Table(), NamingPlace(file, resolve)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if fast:
        _read_fast(lines, table, place)
    else:
        for place.line, line in enumerate(lines, 1):
            _read_line(line, table, place)
    return table.rules(), place.remarks


def follow(lines: Iterable[str], rules: RuleSet, file: str = "text") -> tuple[RuleSet, list[Remark]]:
    """The rules after these commands on a table, and remarks on commands that have no effect. Raises BadInput for the
    first that cannot be understood."""
    table, place = Table(rules), NamingPlace(file)
    for place.line, line in enumerate(lines, 1):
        _read_line(line, table, place)
    return table.rules(), place.remarks


def _read_fast(lines: list[str], table: Table, place: Place) -> None:
    find: Callable[[str], Slot | None] = table.heads.get
    ports: dict[str, int | None] = {}
    known: dict[str, _Rule | None] = {"": None}
    last, slot, port, fwmark, family = "", None, 0, 0, IPV4
    for number, line in enumerate(lines, 1):
        head, found, rest = line.partition(" -r ")
        if found:
            if head != last or slot is None:
                slot = find(head)
                if slot is not None:
                    last, (fwmark, family, _, _, port) = head, slot.service.key
            where, _, text = rest.partition(" ")
            # The text after the address is the same for thousands of servers.
            rule = known[text] if text in known else known.setdefault(text, _rule(text))
            if slot is not None and rule is not None:
                key = _server_key(where, ports)
                if (
                    key is not None
                    and (rule[0] == _MASQ or fwmark or key[2] == port)
                    and (rule[0] == _TUNNEL or key[0] == family)
                ):
                    server = _make(Server, (key, *rule))
                    if slot.servers.setdefault(key, server) is server:
                        continue
        elif _add_service(line, table):
            continue
        place.line = number
        slots = table.slots
        count = len(slots)
        _read_line(line, table, place)
        if found:
            _learn_head(head, table)
        elif len(slots) < count:
            slot = None


def _server_key(where: str, ports: dict[str, int | None]) -> ServerKey | None:
    """The address and port of a plain line, None where they are unusual. `ports`: the ports parsed so far."""
    host, _, digits = where.rpartition(":")
    port = ports[digits] if digits in ports else ports.setdefault(digits, _port(digits))
    if port is None:
        return None
    try:
        if not host.startswith("["):
            return _make(ServerKey, (IPV4, inet_pton(AF_INET, host), port))
        words = _IPV6_PLACE.fullmatch(host)
        return None if words is None else _make(ServerKey, (IPV6, inet_pton(AF_INET6, words[1]), port))
    except (OSError, ValueError):  # not an address, or a NUL in it
        return None


def _port(digits: str) -> int | None:
    plain = digits.isascii() and digits.isdecimal() and len(digits) <= 5
    return int(digits) if plain and int(digits) <= 65535 else None


def _rule(text: str) -> _Rule | None:
    """The text after the address of a plain line, None where it is unusual."""
    words = _RULE.fullmatch(text)
    if words is None:
        return None
    method, digits, tunnel, upper, lower = words.groups()
    forward, weight = _FORWARDS[method], int(digits)
    if weight > WEIGHT_MAX or (tunnel is not None and forward != _TUNNEL):
        return None
    if upper is None:
        return forward, weight, None, None, IPIP
    x, y = int(upper), int(lower)
    return (forward, weight, x, y, IPIP) if y <= x <= WEIGHT_MAX else None


def _add_service(line: str, table: Table) -> bool:
    """Reads a plain -A line; False for any other line."""
    words = _SERVICE.fullmatch(line)
    if words is None:
        return False
    selector, option, v4, v6, digits, scheduler, seconds = words.groups()
    port, persistence = int(digits), None if seconds is None else int(seconds)
    try:
        address = inet_pton(AF_INET, v4) if v4 is not None else inet_pton(AF_INET6, v6)
    except OSError:
        return False
    key = ServiceKey(0, IPV4 if v4 is not None else IPV6, _PROTOCOLS[option], address, port)
    if not 1 <= port <= 65535 or key in table.slots:
        return False
    if persistence is not None and not 1 <= persistence <= PERSISTENCE_MAX:
        return False
    slot = table.slots[key] = Slot(Service(key, scheduler, 0, persistence))
    table.heads[f"-a {selector}"] = slot
    return True


def _read_line(line: str, table: Table, place: Place) -> None:
    """Parses a line in full; the modules for that are loaded with the first such line."""
    if line.startswith("#"):
        return
    words = _WORD.findall(line)
    if words and words[0].startswith("#"):
        place.warn("an indented comment, at which ipvsadm-restore stops half way; read as a comment")
        return
    words = [word for word in words if word != "ipvsadm"]
    if words:
        from lvstui.formats.ipvsadm.commands import run
        from lvstui.formats.ipvsadm.options import parse

        run(parse(words, place), table, place)


def _learn_head(head: str, table: Table) -> None:
    """After a server line that was parsed in full: lets following lines with the same head use the fast way, where the
    head is a plain `-a SELECTOR` of an existing service."""
    words = head.split(" ")
    if words[0] != "-a" or head in table.heads:
        return
    match words[1:]:
        case ["-f", digits] if digits.isdecimal() and digits.isascii() and len(digits) <= 10:
            key = ServiceKey(int(digits), IPV4, 0, b"", 0)
        case ["-f", digits, "-6"] if digits.isdecimal() and digits.isascii() and len(digits) <= 10:
            key = ServiceKey(int(digits), IPV6, 0, b"", 0)
        case [("-t" | "-u" | "--sctp-service") as option, endpoint]:
            host, _, port = endpoint.rpartition(":")
            if not (port.isdecimal() and port.isascii() and len(port) <= 5):
                return
            try:
                v6 = host.startswith("[") and host.endswith("]")
                address = inet_pton(AF_INET6, host[1:-1]) if v6 else inet_pton(AF_INET, host)
            except OSError:
                return
            key = ServiceKey(0, IPV6 if v6 else IPV4, _PROTOCOLS[option], address, int(port))
        case _:
            return
    slot = table.slots.get(key)
    if slot is not None:
        table.heads[head] = slot

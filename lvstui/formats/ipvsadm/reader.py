"""Reads ipvsadm text into a RuleSet with remarks, by running it line by line on an empty table.

There are three ways, each for what the one before it does not know. A service with its servers in the form of
`ipvsadm -S -n`, nearly all of a text, is read as a block. Single lines in that form are read word by word. Every other
line is parsed in full (options.py, commands.py). The first two give the same result as the third, without a remark; any
line that may need a remark is parsed in full.
"""

from __future__ import annotations

from _collections_abc import Iterable
from _socket import AF_INET, AF_INET6, inet_pton
from itertools import repeat

from lvstui.director.lazy_servers import Columns, LazyServers
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
from lvstui.director.remarks import ReaderPosition, Remark
from lvstui.director.remembered import Memo
from lvstui.formats.ipvsadm.table import Slot, SlotTable
from lvstui.values import cast

_PROTOCOLS = {"-t": TCP, "-u": UDP, "--sctp-service": SCTP}
_MASQ, _TUNNEL = int(Forward.MASQ), int(Forward.TUNNEL)
_FORWARDS = {"-g": int(Forward.ROUTE), "-m": _MASQ, "-i": _TUNNEL}
_Rule = tuple[int, int, int | None, int | None, Tunnel]
"""A server without its key."""
_Tails = Memo[str, "tuple[int, _Rule] | None"]
"""Port and rule of a server by what stands behind its address; None where that is unusual."""
_make = tuple.__new__
"""Makes a NamedTuple without calling its constructor, which took half the time of reading a line."""


def read(text: str, file: str = "text", *, fast: bool = True, resolve: bool = False) -> tuple[RuleSet, list[Remark]]:
    """The rules that a text defines, and remarks on its lines. `fast` False parses every line the full way; `resolve`
    looks up host names. Raises BadInput for the first line that cannot be understood."""
    table, place = SlotTable(), ReaderPosition(file, resolve)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if fast:
        _Fast(table, place).read(text)
    else:
        for place.line, line in enumerate(text.split("\n"), 1):
            _read_line(line, table, place)
    return table.rules(), place.remarks


def follow(lines: Iterable[str], rules: RuleSet, file: str = "text") -> tuple[RuleSet, list[Remark]]:
    """The rules after these commands on a table, and remarks on commands that have no effect. Raises BadInput for the
    first that cannot be understood."""
    table, place = SlotTable(rules), ReaderPosition(file)
    for place.line, line in enumerate(lines, 1):
        _read_line(line, table, place)
    return table.rules(), place.remarks


class _Fast:
    """Reads a text the fast way. What repeats in thousands of lines is parsed once."""

    def __init__(self, table: SlotTable, place: ReaderPosition) -> None:
        self._table = table
        self._place = place
        self._ports: Memo[str, int | None] = Memo(_port)
        self._rules: Memo[str, _Rule | None] = Memo(_rule)
        self._tails: dict[int, _Tails] = {}
        self._options: Memo[str, tuple[str, int | None] | None] = Memo(_options)

    def read(self, text: str) -> None:
        start, *blocks = ("\n" + text).split("\n-A ")
        number = 0
        if start:
            lines = start.split("\n")[1:]
            self._lines(lines, number)
            number += len(lines)
        seen = 0
        for at, block in enumerate(blocks):
            if not self._block(block):
                number += sum(block.count("\n") + 1 for block in blocks[seen:at])
                seen = at
                self._lines(f"-A {block}".split("\n"), number)

    def _block(self, block: str) -> bool:
        """Reads an IPv4 service with its servers, from the selector on; False, and nothing is read, for anything
        else."""
        end = block.find("\n")
        selector, _, words = (block if end < 0 else block[:end]).partition(" -s ")
        service = self._service(selector, words)
        if service is None or service[0][1] != IPV4:
            return False
        later: LazyServers | None = None
        head = f"-a {selector}"
        if 0 <= end < len(block) - 1:
            between = f"\n{head} -r "
            if not block.startswith(between, end):
                return False
            text = block[end + len(between) : -1 if block[-1] == "\n" else None]
            later = self._pool(text, between, service[0][4])
            if later is None:
                return False
            later.block = service, block
        self._table.slots[service[0]] = self._table.heads[head] = Slot(service, later)
        return True

    def _pool(self, text: str, between: str, port: int) -> LazyServers | None:
        """The servers of an IPv4 service on this port, from the first one's address on, with `between` from one to the
        next; None where something is unusual."""
        known = self._tails.get(port)
        if known is None:
            known = self._tails[port] = Memo(lambda tail: self._tail(tail, port))
        # Mostly the same stands behind all addresses, so that what is left between it are the addresses.
        tail = text[text.rfind(":") + 1 :]
        addresses = _packed(text[: -len(tail) - 1].split(f":{tail}{between}"))
        if addresses is not None:
            tails = [tail] * len(addresses)
            if known[tail] is None or len(set(addresses)) != len(addresses):
                return None
        else:
            parts = [piece.partition(":") for piece in text.split(between)]
            addresses, tails = _packed([host for host, _, _ in parts]), [tail for _, _, tail in parts]
            if addresses is None or None in map(known.__getitem__, tails) or _repeats(addresses, tails, known):
                return None
        columns = _make(Columns, (addresses, tails))
        return LazyServers(lambda: _servers(columns, known), lambda: columns, known)

    def _tail(self, tail: str, port: int) -> tuple[int, _Rule] | None:
        """What stands behind a server's address: its port and rule; None where that is unusual for an IPv4 service on
        this port."""
        digits, _, text = tail.partition(" ")
        number, rule = self._ports[digits], self._rules[text]
        if number is None or rule is None or (rule[0] != _MASQ and number != port):
            return None
        return number, rule

    def _lines(self, lines: list[str], before: int) -> None:
        """Reads single lines; `before`: how many stand above them."""
        table, place = self._table, self._place
        for place.line, line in enumerate(lines, before + 1):
            head, separator, rest = line.partition(" -r ")
            if separator:
                slot = table.heads.get(head)
                if slot is not None and self._server(slot, rest):
                    continue
            elif line.startswith("-A "):
                selector, _, words = line[3:].partition(" -s ")
                service = self._service(selector, words)
                if service is not None:
                    table.heads[f"-a {selector}"] = table.slots[service.key] = Slot(service)
                    continue
            _read_line(line, table, place)
            if separator:
                _learn_head(head, table)

    def _server(self, slot: Slot, rest: str) -> bool:
        """Reads a plain line of a server from its address on; False for any other line."""
        where, _, text = rest.partition(" ")
        key, rule = self._endpoint(where), self._rules[text]
        fwmark, family, _, _, port = slot.service.key
        if key is None or rule is None or key in slot.servers:
            return False
        if (rule[0] != _MASQ and not fwmark and key[2] != port) or (rule[0] != _TUNNEL and key[0] != family):
            return False
        slot.servers[key] = _make(Server, (key, *rule))
        return True

    def _service(self, selector: str, words: str) -> Service | None:
        """A plain service that is not there yet, from the words before and after ` -s `; None for any other."""
        option, _, where = selector.partition(" ")
        protocol, endpoint, options = _PROTOCOLS.get(option), self._endpoint(where), self._options[words]
        if protocol is None or endpoint is None or not endpoint[2] or options is None:
            return None
        key = _make(ServiceKey, (0, endpoint[0], protocol, endpoint[1], endpoint[2]))
        return None if key in self._table.slots else _make(Service, (key, options[0], 0, options[1], None, "", False))

    def _endpoint(self, where: str) -> ServerKey | None:
        """An address and port, None where they are unusual."""
        host, _, digits = where.rpartition(":")
        port = self._ports[digits]
        if port is None:
            return None
        try:
            if not host.startswith("["):
                return _make(ServerKey, (IPV4, inet_pton(AF_INET, host), port))
            if not host.endswith("]"):
                return None
            return _make(ServerKey, (IPV6, inet_pton(AF_INET6, host[1:-1]), port))
        except (OSError, ValueError):  # not an address, or a NUL in it
            return None


_KNOWN = frozenset(SCHEDULERS)


def _packed(hosts: list[str]) -> list[bytes] | None:
    """IPv4 addresses, None where one is none."""
    try:
        return list(map(inet_pton, repeat(AF_INET), hosts))
    except (OSError, ValueError):  # not an address, or a NUL in it
        return None


def _repeats(addresses: list[bytes], tails: list[str], seen_tails: _Tails) -> bool:
    """Whether a server stands there twice."""
    if len(set(addresses)) == len(addresses):
        return False
    ports = (server[0] for tail in tails if (server := seen_tails[tail]) is not None)
    return len(set(zip(addresses, ports, strict=True))) != len(addresses)


def _servers(columns: Columns, tails: _Tails) -> dict[ServerKey, Server]:
    servers = {}
    for address, tail in zip(*columns, strict=True):
        port, rule = cast("tuple[int, _Rule]", tails[tail])
        key = _make(ServerKey, (IPV4, address, port))
        servers[key] = _make(Server, (key, *rule))
    return servers


def _options(words: str) -> tuple[str, int | None] | None:
    """Scheduler and persistence of a plain service, None where something is unusual."""
    scheduler, persistent, text = words.partition(" -p ")
    seconds = _number(text, 7) if persistent else None
    if scheduler not in _KNOWN or (persistent and (seconds is None or not 1 <= seconds <= PERSISTENCE_MAX)):
        return None
    return scheduler, seconds


def _number(digits: str, most: int) -> int | None:
    """A number of at most so many plain digits; None for anything else."""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= most else None


def _port(digits: str) -> int | None:
    port = _number(digits, 5)
    return port if port is not None and port <= 65535 else None


def _rule(text: str) -> _Rule | None:
    """The text after the address of a plain line, None where it is unusual."""
    method, *words = text.split(" ")
    forward = _FORWARDS.get(method)
    if forward is None or len(words) < 2 or words[0] != "-w":
        return None
    weight, rest = _number(words[1], 10), words[2:]
    if weight is None or weight > WEIGHT_MAX:
        return None
    if forward == _TUNNEL and rest[:2] == ["--tun-type", "ipip"]:
        rest = rest[2:]
    if not rest:
        return forward, weight, None, None, IPIP
    if len(rest) != 4 or rest[0] != "-x" or rest[2] != "-y":
        return None
    upper, lower = _number(rest[1], 10), _number(rest[3], 10)
    if upper is None or lower is None or not lower <= upper <= WEIGHT_MAX:
        return None
    return forward, weight, upper, lower, IPIP


def _read_line(line: str, table: SlotTable, place: ReaderPosition) -> None:
    """Parses a line in full; the modules for that are loaded with the first such line."""
    if line.startswith("#"):
        return
    # ipvsadm splits words only at these characters (config_stream.c).
    words = [word for word in line.replace("\t", " ").replace("\r", " ").split(" ") if word]
    if words and words[0].startswith("#"):
        place.warn("an indented comment, at which ipvsadm-restore stops half way; read as a comment")
        return
    words = [word for word in words if word != "ipvsadm"]
    if words:
        from lvstui.formats.ipvsadm.commands import run
        from lvstui.formats.ipvsadm.options import parse

        run(parse(words, place), table, place)


def _learn_head(head: str, table: SlotTable) -> None:
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

"""Reads plain tables of TOML or JSON into a RuleSet: every key checked by name, every value by type and bounds.

Errors name the file, the table (`service 3, server 2`) and the key, with the nearest valid one.
"""

from __future__ import annotations

from _collections_abc import Sequence

from lvstui.director.errors import BadInput
from lvstui.director.model import (
    CHECKSUM_NAMES,
    FORWARD_NAMES,
    IPIP,
    IPV4,
    IPV6,
    PROTOCOL_NAMES,
    TUNNEL_NAMES,
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
    family_of,
    flag_bits,
    mask_of,
    server_text,
    service_text,
)
from lvstui.director.remarks import nearest, shown
from lvstui.formats.contents import FORMAT, Header
from lvstui.formats.toml_lines import TomlPath
from lvstui.plain import plain
from lvstui.values import Any, cast

_WORD = 2**32 - 1
_PROTOCOLS = {name: number for number, name in PROTOCOL_NAMES.items()}
_FORWARDS = {name: number for number, name in enumerate(FORWARD_NAMES) if not name.isdigit()}
_TUNNELS = {name: number for number, name in enumerate(TUNNEL_NAMES)}
_CHECKSUMS = {name: number for number, name in enumerate(CHECKSUM_NAMES)}
_FAMILIES = {"ipv4": IPV4, "ipv6": IPV6}
_TOP = ("snapshot", "timeouts", "sync", "service")
_HEADER = ("format", "host", "taken", "kernel")
_SERVICE = (
    *("protocol", "address", "port", "fwmark", "family", "scheduler", "flags", "persistence", "netmask"),
    *("engine", "one_packet", "server"),
)
_TUNNEL = ("type", "port", "checksum")
_SERVER = ("address", "port", "forward", "weight", "upper", "lower", "tunnel")


class Misread(BadInput):
    """An error in a document: its table, by name and number, and its key ("": the table itself)."""

    def __init__(self, file: str, path: TomlPath, key: str, why: str, mend: str = "") -> None:
        super().__init__(f"{file} {_words(path)}".rstrip(), why, mend)
        self.file = file
        self.path = path
        self.key = key

    def on_line(self, line: int) -> BadInput:
        """The same error with its line."""
        return BadInput(f"{self.file} line {line}{_words((',', *self.path))}", self.why, self.mend)


def _words(path: TomlPath) -> str:
    """`service 3, server 2`, `[snapshot]`."""
    text = ""
    for at, step in enumerate(path):
        if isinstance(step, int):
            text += f" {step}"
        elif step == ",":
            text += ", " if len(path) > 1 else ""
        else:
            plain = at + 1 < len(path) or step == "tunnel"
            text += (", " if text not in ("", ", ") else "") + (step if plain else f"[{step}]")
    return text


class _Table:
    """One table of the file, with its position."""

    def __init__(self, data: Any, file: str, path: TomlPath, valid: Sequence[str]) -> None:
        self.file = file
        self.path = path
        if not isinstance(data, dict):
            raise self.bad("", f"must be a table, and is {shown(data)}")
        self.data = cast("dict[str, Any]", data)
        for key in self.data:
            if key not in valid:
                mend = nearest(key, valid) or "one of " + ", ".join(valid)
                raise self.bad(key, f"unknown key {shown(key)}", mend)

    def bad(self, key: str, why: str, mend: str = "") -> BadInput:
        return Misread(self.file, self.path, key, why, mend)

    def below(self, key: str, data: Any, valid: Sequence[str], number: int | None = None) -> _Table:
        """The table under a key, or one of those in the list under it."""
        path = (*self.path, key) if number is None else (*self.path, key, number)
        return _Table(data, self.file, path, valid)

    def has(self, key: str) -> bool:
        return key in self.data

    def need(self, key: str) -> None:
        if key not in self.data:
            raise self.bad(key, f"{key} is missing")

    def number(self, key: str, low: int, high: int, default: int) -> int:
        value = self.data.get(key, default)
        if type(value) is not int:
            raise self.bad(key, f"{key} must be a number, and is {shown(value)}")
        if not low <= value <= high:
            raise self.bad(key, f"{key} {shown(value)} is not within {low} to {high}")
        return value

    def text(self, key: str, default: str, longest: int) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.bad(key, f"{key} must be text, and is {shown(value)}")
        if len(value) > longest or plain(value) != value:
            raise self.bad(key, f"{key} {shown(value)} is not 0 to {longest} printable characters")
        return value

    def word(self, key: str, default: str, longest: int) -> str:
        """A name as the kernel accepts it: without blanks, which would change the meaning of its ipvsadm line."""
        value = self.text(key, default, longest)
        if len(value.split()) > 1 or value != value.strip():
            raise self.bad(key, f"{key} {shown(value)} has blanks in it")
        return value

    def truth(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, f"{key} must be true or false, and is {shown(value)}")
        return value

    def choice(self, key: str, names: dict[str, int], default: int, highest: int) -> int:
        """A name, or the number itself where the kernel's value has no name."""
        if not self.has(key):
            return default
        value = self.data[key]
        if type(value) is int:
            return self.number(key, 0, highest, default)
        if isinstance(value, str) and value in names:
            return names[value]
        near = nearest(shown(value), names)
        raise self.bad(key, f"{key} {shown(value)} is unknown", near or "one of " + ", ".join(names))

    def address(self, key: str) -> bytes:
        value = self.data.get(key)
        if isinstance(value, str):
            try:
                return address_packed(value)
            except ValueError:
                pass
        raise self.bad(key, f"{key} {shown(value)} is not an IP address", "192.0.2.1 or 2001:db8::1")

    def tables(self, key: str) -> list[Any]:
        value = self.data.get(key, [])
        if not isinstance(value, list):
            raise self.bad(key, f"{key} must be a list of tables, and is {shown(value)}")
        return value


def rules_from_document(data: Any, file: str) -> tuple[RuleSet, Header]:
    """The rules in a parsed file. Raises BadInput for the first error."""
    top = _Table(data, file, (), _TOP)
    if not top.has("snapshot"):
        raise top.bad("", "no [snapshot] with a format in it: this is not a snapshot", f"[snapshot] format = {FORMAT}")
    header = _header(top.below("snapshot", top.data["snapshot"], _HEADER))
    rules: dict[ServiceKey, Entry] = {}
    for number, item in enumerate(top.tables("service"), 1):
        table = top.below("service", item, _SERVICE, number)
        entry = _entry(table)
        if entry.service.key in rules:
            raise table.bad("", f"{service_text(entry.service.key)} is already in the file")
        rules[entry.service.key] = entry
    timeouts = sync = None
    if top.has("timeouts"):
        timeouts = _timeouts(top.below("timeouts", top.data["timeouts"], Timeouts._fields))
    if top.has("sync"):
        daemons = enumerate(top.tables("sync"), 1)
        sync = tuple(_daemon(top.below("sync", item, SyncDaemon._fields, n)) for n, item in daemons)
        if len({daemon.role for daemon in sync}) != len(sync):
            raise top.bad("sync", "two sync daemons have the same role", "one master and one backup at most")
    return RuleSet(rules, timeouts, sync), header


def _header(table: _Table) -> Header:
    table.need("format")
    version = table.number("format", 1, _WORD, 0)
    if version > FORMAT:
        raise table.bad("format", f"format {version} is later than this version reads, {FORMAT}", "use a later lvstui")
    return Header(table.text("host", "", 255), _moment(table), table.text("kernel", "", 255))


def _moment(table: _Table) -> float | None:
    if not table.has("taken"):
        return None
    value = table.data["taken"]
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime):
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    raise table.bad("taken", f"taken {shown(value)} is not a date and time", "2026-11-23T02:53:06Z")


def _timeouts(table: _Table) -> Timeouts:
    return Timeouts(*(table.number(name, 0, WEIGHT_MAX, 0) for name in Timeouts._fields))


def _daemon(table: _Table) -> SyncDaemon:
    role = table.word("role", "", 15)
    if role not in ("master", "backup"):
        raise table.bad("role", f"role {shown(role)} is unknown", "master or backup")
    table.need("interface")
    interface = table.word("interface", "", 15)
    if not interface:
        raise table.bad("interface", "interface is empty")
    group = table.text("group", "", 45)
    if group:
        table.address("group")
    return SyncDaemon(
        role,
        interface,
        table.number("id", 0, 255, 0),
        table.number("max_length", 0, 65535, 0),
        group,
        table.number("port", 0, 65535, 0),
        table.number("ttl", 0, 255, 0),
    )


def _entry(table: _Table) -> Entry:
    service = _service(table)
    servers: dict[ServerKey, Server] = {}
    for number, item in enumerate(table.tables("server"), 1):
        below = table.below("server", item, _SERVER, number)
        server = _server(below)
        if server.key in servers:
            raise below.bad("", f"{server_text(server.key)} is already in this service")
        servers[server.key] = server
    return Entry(service, servers)


def _service(table: _Table) -> Service:
    key = _service_key(table)
    scheduler = table.word("scheduler", "wlc", 15)
    if not scheduler:
        raise table.bad("scheduler", "scheduler is empty", "try wlc")
    return Service(
        key,
        scheduler,
        _flags(table, scheduler),
        table.number("persistence", 0, _WORD, 0) if table.has("persistence") else None,
        _netmask(table, key.family) if table.has("netmask") else None,
        table.word("engine", "", 15),
        table.truth("one_packet"),
    )


def _service_key(table: _Table) -> ServiceKey:
    if table.has("fwmark"):
        for name in ("protocol", "address", "port"):
            if table.has(name):
                raise table.bad(name, f"{name} does not go with fwmark", "a service is named by one or the other")
        mark = table.number("fwmark", 1, _WORD, 0)
        return ServiceKey(mark, table.choice("family", _FAMILIES, IPV4, 0), 0, b"", 0)
    if table.has("family"):
        raise table.bad("family", "family works only with fwmark", "an address has its own family")
    for name in ("protocol", "address", "port"):
        table.need(name)
    address = table.address("address")
    protocol = table.choice("protocol", _PROTOCOLS, 0, 65535)
    return ServiceKey(0, family_of(address), protocol, address, table.number("port", 0, 65535, 0))


def _flags(table: _Table, scheduler: str) -> int:
    names = flag_bits(scheduler)
    bits = 0
    for word in table.tables("flags"):
        if not isinstance(word, str) or word not in names:
            near = nearest(shown(word), names)
            raise table.bad(
                "flags", f"flag {shown(word)} is not a flag of {scheduler}", near or "one of " + ", ".join(names)
            )
        bits |= names[word]
    return bits


def _netmask(table: _Table, family: int) -> int | None:
    if family == IPV6:
        prefix = table.number("netmask", 0, _WORD, 128)
        return None if prefix == 128 else prefix
    try:
        return mask_of(table.address("netmask"))
    except ValueError as error:
        why, mend = error.args
        raise table.bad("netmask", f"netmask {shown(table.data['netmask'])} {why}", mend) from None


def _server(table: _Table) -> Server:
    table.need("port")
    address = table.address("address")
    key = ServerKey(family_of(address), address, table.number("port", 0, 65535, 0))
    upper = table.number("upper", 0, _WORD, 0)
    lower = table.number("lower", 0, _WORD, 0)
    if lower > upper:
        raise table.bad("lower", f"lower {lower} is above upper {upper}")
    forward = table.choice("forward", _FORWARDS, _FORWARDS["route"], 7)
    tunnel = _tunnel(table.below("tunnel", table.data["tunnel"], _TUNNEL)) if table.has("tunnel") else IPIP
    return Server(
        key,
        forward,
        table.number("weight", 0, WEIGHT_MAX, 1),
        upper,
        lower,
        tunnel if forward == Forward.TUNNEL else IPIP,
    )


def _tunnel(table: _Table) -> Tunnel:
    return Tunnel(
        table.choice("type", _TUNNELS, 0, 255),
        table.number("port", 0, 65535, 0),
        table.choice("checksum", _CHECKSUMS, 0, 65535),
    )

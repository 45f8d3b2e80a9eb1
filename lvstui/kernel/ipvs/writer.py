"""Encodes a Change into its command and payload, fast enough for fifty thousand in a row."""

from __future__ import annotations

from _collections_abc import Callable, Iterable, Iterator, Sequence
from _socket import htons
from functools import lru_cache
from struct import Struct

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import Server, Service, ServiceKey
from lvstui.director.remembered import Memo, placed
from lvstui.director.runs import AddedServers, parts
from lvstui.kernel.ipvs.attributes import COMMAND, DEST, HEAD, SERVICE, TUNNEL, Cmd, encode
from lvstui.kernel.ipvs.keys import key_nest
from lvstui.kernel.ipvs.rules import AF, daemon_values, key_values, server_key_values, service_values
from lvstui.kernel.netlink import Series
from lvstui.values import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lvstui.director.model import Rule

_NAMES = ("address", "port", "forward", "weight", "upper", "lower", "family", *TUNNEL)
_SENT: Final = [row for name in _NAMES for row in DEST if row.name == name]
"""The attributes of a real server's rule, as one struct: each a header of four bytes, its value, and padding."""

_SERVER: Final = Struct("=4s" + "".join(f"4s{row.kind.code}{-row.kind.size % 4}x" for row in _SENT))
_ADDRESS_AT: Final = 8
"""Behind the headers of the nest and of its first attribute."""
_HEADS: Final = [HEAD.pack(4 + row.kind.size, row.number) for row in _SENT]
_NEST: Final = HEAD.pack(_SERVER.size, next(row.number for row in COMMAND if row.name == "dest"))
(_ADDRESS, _PORT, _FORWARD, _WEIGHT, _UPPER, _LOWER, _FAMILY, _KIND, _TUNNEL_PORT, _CHECKSUM) = _HEADS


_SERVICE: Final = next(row for row in COMMAND if row.name == "service")
_ANY: Final = {family: ServiceKey(0, family, 0, b"", 0) for family in AF}


def requests(changes: Iterable[Change]) -> Iterator[tuple[int, bytes] | Series]:
    """The command and payload of each change. Nearly all are real servers of one service after another, so the kind and
    the service are not determined again for each."""
    last: ServiceKey | None = None
    service = b""
    for change in parts(changes):
        if type(change) is AddService:
            last = change.service.key
            service = key_nest(last)
            yield Cmd.NEW_SERVICE, _with_attributes(service, change.service)
        elif isinstance(change, AddedServers):
            if change.service is not last:
                last, service = change.service, key_nest(change.service)
            yield from _added(service, *change.columns, change.rule)
        elif type(change) is AddServer or type(change) is EditServer:
            key, server = change
            if key is not last:
                last, service = key, key_nest(key)
            yield Cmd.NEW_DEST if type(change) is AddServer else Cmd.SET_DEST, service + server_nest(server)
        else:
            yield request(change)


def _added(
    service: bytes, addresses: Sequence[bytes], tails: Sequence[str], rule: Callable[[str], tuple[int, Rule]]
) -> Iterator[Series]:
    """The requests for servers in columns; mostly the same stands behind all addresses."""
    while tails:
        tail = tails[0]
        number = len(tails)
        if tails.count(tail) != number:
            number = next(at for at in range(number) if tails[at] != tail)
        before, after = _AROUND[rule(tail)]
        yield tuple.__new__(Series, (Cmd.NEW_DEST, service + before, addresses[:number], after))
        addresses, tails = addresses[number:], tails[number:]


def request(change: Change) -> tuple[int, bytes]:
    """The command and payload of one change."""
    match change:
        case AddServer(key, server):
            return Cmd.NEW_DEST, _service(key) + server_nest(server)
        case EditServer(key, server):
            return Cmd.SET_DEST, _service(key) + server_nest(server)
        case DeleteServer(key, server_key):
            return Cmd.DEL_DEST, _service(key) + encode(COMMAND, {"dest": server_key_values(server_key)})
        case AddService(service):
            return Cmd.NEW_SERVICE, service_nest(service)
        case EditService(service):
            return Cmd.SET_SERVICE, service_nest(service)
        case DeleteService(key):
            return Cmd.DEL_SERVICE, _service(key)
        case SetTimeouts(timeouts):
            # 0 means "leave it"; the kernel changes only what is sent (ip_vs_genl_set_config).
            return Cmd.SET_CONFIG, encode(COMMAND, {k: v for k, v in timeouts._asdict().items() if v})
        case StartSync(daemon):
            return Cmd.NEW_DAEMON, encode(COMMAND, {"daemon": daemon_values(daemon)})
        case StopSync(role):
            return Cmd.DEL_DAEMON, encode(COMMAND, {"daemon": {"state": 1 if role == "master" else 2}})
        case Zero(None):
            return Cmd.ZERO, b""
        case Zero(key) if key is not None:
            return Cmd.ZERO, _service(key)
        case Flush():
            return Cmd.FLUSH, b""
    raise AssertionError(change)


def server_nest(server: Server) -> bytes:
    """The same bytes as encode(COMMAND, {"dest": server_values(server)}), several times faster."""
    (family, address, port), forward, weight, upper, lower, (kind, tunnel_port, checksum) = server
    return _SERVER.pack(
        _NEST,
        _ADDRESS,
        address,
        _PORT,
        htons(port),
        _FORWARD,
        forward,
        _WEIGHT,
        weight,
        _UPPER,
        upper or 0,
        _LOWER,
        lower or 0,
        _FAMILY,
        AF[family],
        _KIND,
        kind,
        _TUNNEL_PORT,
        htons(tunnel_port),
        _CHECKSUM,
        checksum,
    )


def service_nest(service: Service) -> bytes:
    """The same bytes as encode(COMMAND, {"service": service_values(service)})."""
    return _with_attributes(key_nest(service.key), service)


def _with_attributes(key: bytes, service: Service) -> bytes:
    nest = key[4:] + _ATTRIBUTES[service[0][1], service[1:]]
    return HEAD.pack(4 + len(nest), _SERVICE.number) + nest


def _attributes(alike: tuple[int, tuple[Any, ...]]) -> bytes:
    """The attributes of a service except its key."""
    family, rule = alike
    service = Service(_ANY[family], *rule)
    values = service_values(service)
    return encode(SERVICE, {name: values[name] for name in values if name not in key_values(service.key)})


def _around(rule: tuple[int, Rule]) -> tuple[bytes, bytes]:
    """What stands before and after the address in the bytes of an IPv4 server."""
    nest = server_nest(placed(rule[1], rule[0]))
    return nest[:_ADDRESS_AT], nest[_ADDRESS_AT + 4 :]


_ATTRIBUTES: Final = Memo(_attributes)
_AROUND: Final = Memo(_around)
"""Both are nearly the same for thousands."""


_service = lru_cache(maxsize=16)(key_nest)
"""A cache, because the real servers of a service come in a row."""

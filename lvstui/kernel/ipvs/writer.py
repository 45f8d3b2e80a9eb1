"""Encodes a Change into its command and payload, fast enough for fifty thousand in a row."""

from __future__ import annotations

from _collections_abc import Iterable, Iterator
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
from lvstui.kernel.ipvs.attributes import COMMAND, DEST, HEAD, SERVICE, TUNNEL, Cmd, encode
from lvstui.kernel.ipvs.keys import key_nest
from lvstui.kernel.ipvs.rules import AF, daemon_values, key_values, server_key_values, service_values
from lvstui.values import Final

_NAMES = ("address", "port", "forward", "weight", "upper", "lower", "family", *TUNNEL)
_SENT: Final = [row for name in _NAMES for row in DEST if row.name == name]
"""The attributes of a real server's rule, as one struct: each a header of four bytes, its value, and padding."""

_SERVER: Final = Struct("=4s" + "".join(f"4s{row.kind.code}{-row.kind.size % 4}x" for row in _SENT))
_HEADS: Final = [HEAD.pack(4 + row.kind.size, row.number) for row in _SENT]
_NEST: Final = HEAD.pack(_SERVER.size, next(row.number for row in COMMAND if row.name == "dest"))
(_ADDRESS, _PORT, _FORWARD, _WEIGHT, _UPPER, _LOWER, _FAMILY, _KIND, _TUNNEL_PORT, _CHECKSUM) = _HEADS


_SERVICE: Final = next(row for row in COMMAND if row.name == "service")
_ANY: Final = {family: ServiceKey(0, family, 0, b"", 0) for family in AF}


def requests(changes: Iterable[Change]) -> Iterator[tuple[int, bytes]]:
    """The command and payload of each change. Nearly all are real servers of one service after another, so the kind and
    the service are not determined again for each."""
    last: ServiceKey | None = None
    service = b""
    for change in changes:
        if type(change) is AddServer or type(change) is EditServer:
            key, server = change
            if key is not last:
                last, service = key, key_nest(key)
            yield Cmd.NEW_DEST if type(change) is AddServer else Cmd.SET_DEST, service + server_nest(server)
        else:
            yield request(change)


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
    nest = key_nest(service.key)[4:] + _attributes(service._replace(key=_ANY[service.key.family]))
    return HEAD.pack(4 + len(nest), _SERVICE.number) + nest


@lru_cache(maxsize=64)
def _attributes(service: Service) -> bytes:
    """The attributes of a service except its key, which are nearly the same for thousands of services."""
    values = service_values(service)
    return encode(SERVICE, {name: values[name] for name in values if name not in key_values(service.key)})


_service = lru_cache(maxsize=16)(key_nest)
"""A cache, because the real servers of a service come in a row."""

"""Change -> the command and payload that carry it out, built fast enough for fifty thousand in a row."""

from __future__ import annotations

from functools import lru_cache
from socket import htons
from struct import Struct
from typing import Final

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
from lvstui.director.model import Server, ServiceKey
from lvstui.kernel.ipvs.attributes import COMMAND, DEST, HEAD, TUNNEL, Cmd, encode
from lvstui.kernel.ipvs.rules import AF, daemon_values, key_values, server_key_values, service_values

_NAMES = ("address", "port", "forward", "weight", "upper", "lower", "family", *TUNNEL)
_SENT: Final = [row for name in _NAMES for row in DEST if row.name == name]
"""The attributes of a real server's rule, as one struct: each a header of four bytes, its value, and padding."""

_SERVER: Final = Struct("=4s" + "".join(f"4s{row.kind.code}{-row.kind.size % 4}x" for row in _SENT))
_HEADS: Final = [HEAD.pack(4 + row.kind.size, row.number) for row in _SENT]
_NEST: Final = HEAD.pack(_SERVER.size, next(row.number for row in COMMAND if row.name == "dest"))
(_ADDRESS, _PORT, _FORWARD, _WEIGHT, _UPPER, _LOWER, _FAMILY, _KIND, _TUNNEL_PORT, _CHECKSUM) = _HEADS


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
            return Cmd.NEW_SERVICE, encode(COMMAND, {"service": service_values(service)})
        case EditService(service):
            return Cmd.SET_SERVICE, encode(COMMAND, {"service": service_values(service)})
        case DeleteService(key):
            return Cmd.DEL_SERVICE, _service(key)
        case SetTimeouts(timeouts):
            # 0 means "leave it"; the kernel takes only what is sent (ip_vs_genl_set_config).
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
    key, tunnel = server.key, server.tunnel
    return _SERVER.pack(
        _NEST,
        _ADDRESS,
        key.address,
        _PORT,
        htons(key.port),
        _FORWARD,
        server.forward,
        _WEIGHT,
        server.weight,
        _UPPER,
        server.upper or 0,
        _LOWER,
        server.lower or 0,
        _FAMILY,
        AF[key.family],
        _KIND,
        tunnel.kind,
        _TUNNEL_PORT,
        htons(tunnel.port),
        _CHECKSUM,
        tunnel.checksum,
    )


@lru_cache(maxsize=16)
def _service(key: ServiceKey) -> bytes:
    return encode(COMMAND, {"service": key_values(key)})

"""The operator's names and notes for services and servers, looked up by key; "" for none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.subject import Subject
from lvstui.values import NamedTuple

_NONE: Mapping[Subject, str] = MappingProxyType({})


class OperatorNames(NamedTuple):
    """`names` and `notes` by subject: a packed address, an address with a port, or a service. The most specific one
    counts: `10.0.0.11:80` before `10.0.0.11`, `tcp 10.0.0.1:80` before both."""

    names: Mapping[Subject, str] = _NONE
    notes: Mapping[Subject, str] = _NONE

    def name(self, key: ServerKey | ServiceKey) -> str:
        """The name of a server or a service."""
        return _of(self.names, key)

    def server(self, key: ServerKey) -> str:
        """`web1` for 10.0.0.11:80."""
        return self.name(key)

    def service(self, key: ServiceKey) -> str:
        """`shop` for tcp 192.0.2.1:443."""
        return self.name(key)

    def host(self, address: bytes) -> str:
        """`web1` for a packed address: a host with all its services."""
        return self.names.get(address, "")

    def note(self, key: ServerKey | ServiceKey) -> str:
        """The note on a server or a service."""
        return _of(self.notes, key)


NO_NAMES = OperatorNames()


def _of(table: Mapping[Subject, str], key: ServerKey | ServiceKey) -> str:
    if not table:
        return ""
    if isinstance(key, ServiceKey):
        if key in table or key.fwmark:
            return table.get(key, "")
        key = ServerKey(key.family, key.address, key.port)
    return table.get(key) or table.get(key.address, "")

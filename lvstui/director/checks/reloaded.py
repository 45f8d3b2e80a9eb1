"""What keepalived's own reload leaves in the table when the entries of a virtual_server_group change (2.2.7,
check/ipvswrapper.c: ipvs_group_sync_entry, ipvs_group_remove_entry; verified).

Both functions identify real servers by their written port. Without NAT the table has the service's port instead, so a
new entry gets its servers at a wrong port, and the servers of a removed entry are not found. The service of a removed
entry stays in any case, because the counter of its servers is not decremented.
"""

from __future__ import annotations

from collections.abc import Collection

from lvstui.director.checks.sorry import real
from lvstui.director.configured import Configured
from lvstui.director.model import ServerKey, ServiceKey

WrittenServer = tuple[bytes, int]
"""A real server by its address and written port."""


def written(key: ServiceKey, server: ServerKey, configuration: Configured) -> ServerKey:
    """The key of a real server with its written port."""
    port = configuration.ports.get((key, server))
    return server if port is None else server._replace(port=port)


def of_group(group: str, configuration: Configured) -> set[WrittenServer]:
    """The real servers of a group."""
    return {
        (name.address, name.port)
        for key, named in configuration.groups.items()
        if named == group
        for name in (written(key, server, configuration) for server in real(key, configuration))
    }


def misplaced(key: ServiceKey, configuration: Configured) -> dict[ServerKey, ServerKey]:
    """The keys under which a reload would have added the servers of a group's service, for each of its servers."""
    if key not in configuration.groups:
        return {}
    names = real(key, configuration)
    configured_keys = {written(key, name, configuration): name for name in names}
    return {wrong: name for wrong, name in configured_keys.items() if wrong not in names}


def perhaps_left(servers: Collection[ServerKey], configuration: Configured) -> bool:
    """Whether a service that is not configured may be one that a reload left of a group."""
    addresses = {server.address for server in servers}
    return any(
        addresses <= {address for address, _ in of_group(group, configuration)}
        for group in set(configuration.groups.values())
    )

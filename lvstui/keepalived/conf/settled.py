"""Defaults and corrections: what keepalived does to the virtual servers after it has read all of them (link_vsg_to_vs,
validate_check_config)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director.model import IPV4, IPV6, PERSISTENCE_DEFAULT, UDP, Forward, server_text
from lvstui.director.model import ServerKey as Key
from lvstui.keepalived.conf.addresses import Endpoint
from lvstui.keepalived.conf.drafts import UNSET, Group, Real, Virtual
from lvstui.keepalived.conf.notes import Notes

_WRAP = 2**32


def settle(services: Sequence[Virtual], groups: Mapping[str, Group], notes: Notes) -> list[Virtual]:
    """The services that remain, with all defaults set."""
    return [service for service in services if _linked(service, groups, notes) and _settled(service, notes)]


def _linked(service: Virtual, groups: Mapping[str, Group], notes: Notes) -> bool:
    """Finds the group of a service; False where keepalived drops the service."""
    if service.group_name is None:
        return True
    group = service.group = groups.get(service.group_name)
    if group is None:
        notes.add(service.where, f"there is no group {service.group_name}: keepalived drops the service")
        return False
    families = group.families
    mixed = len(families) > 1
    if service.family is not None and families and (mixed or service.family not in families):
        notes.add(service.where, f"group {group.name} is not of the service's family: keepalived drops the service")
        return False
    if service.family is None and len(families) == 1:
        (service.family,) = families
    elif service.family is None and group.family_open:
        notes.add(service.where, "the family of the group's firewall marks is not known: taken as IPv4")
    return True


def _settled(service: Virtual, notes: Notes) -> bool:
    where = service.where
    if not service.servers:
        notes.add(where, f"virtual_server {service.name} has no real server: keepalived drops the service")
        return False
    _settle_service(service, notes)
    _settle_servers(service, notes)
    _settle_quorum(service, notes)
    _settle_ports(service, notes)
    return True


def _settle_service(service: Virtual, notes: Notes) -> None:
    where, group = service.where, service.group
    by_address = bool(group.ranges) if group is not None else not service.mark
    if by_address:
        if not service.protocol:
            service.protocol = UDP
            notes.add(where, "no protocol: keepalived makes it UDP")
        if service.one_packet and service.protocol != UDP:
            service.one_packet = False
            notes.add(where, "ops is for UDP and firewall marks: keepalived drops it")
    elif service.protocol:
        service.protocol = 0
        notes.add(where, "a firewall mark has no protocol: what is set is ignored")
    ports = [entry.port for entry in group.ranges] if group is not None else [service.at.port if service.at else 0]
    if by_address and not service.persistence and not all(ports):
        service.persistence = PERSISTENCE_DEFAULT
        notes.add(where, f"no port (all ports): keepalived makes it persistent, {PERSISTENCE_DEFAULT} seconds")
    if not service.scheduler:
        service.scheduler = "wlc"
        notes.add(where, "no lvs_sched: keepalived takes wlc")


def _settle_servers(service: Virtual, notes: Notes) -> None:
    kept: dict[Endpoint, Real] = {}
    for server in service.servers:
        twin = kept.get(server.at)
        if twin is not None:
            notes.add(server.where, f"the same real server is on line {twin.where.line}: keepalived drops this one")
            continue
        kept[server.at] = server
        _settle_method(service, server, notes)
        server.alpha = service.alpha if server.alpha is None else server.alpha
        server.inhibit = service.inhibit if server.inhibit is None else server.inhibit
        server.weight = service.weight if server.weight is None else server.weight
    service.servers = list(kept.values())
    sorry = service.sorry
    if sorry is not None:
        _settle_method(service, sorry, notes)
        sorry.inhibit = bool(sorry.inhibit)
        twin = kept.get(sorry.at)
        if twin is not None:
            service.sorry_is_real = True
            if twin.inhibit != sorry.inhibit:
                sorry.inhibit = twin.inhibit
                notes.add(sorry.where, "the sorry server is a real server too: inhibit_on_failure is that one's")


def _settle_method(service: Virtual, server: Real, notes: Notes) -> None:
    if server.forward != UNSET:
        return
    if service.forward == UNSET:
        service.forward = Forward.MASQ
        notes.add(service.where, "no lvs_method: keepalived takes NAT")
    server.forward, server.tunnel = service.forward, service.tunnel


def _settle_quorum(service: Virtual, notes: Notes) -> None:
    total = sum(server.weight or 0 for server in service.servers) % _WRAP
    if service.quorum > total:
        notes.add(
            service.where, f"quorum {service.quorum} is above the weight of all servers, {total}: lowered to that"
        )
        service.quorum = total
    if service.hysteresis >= service.quorum:
        if service.hysteresis:
            notes.add(service.where, f"hysteresis {service.hysteresis} is not below the quorum: lowered")
        service.hysteresis = (service.quorum - 1) % _WRAP


def _settle_ports(service: Virtual, notes: Notes) -> None:
    """Without NAT a server has its service's port. For groups this happens when the rules are programmed."""
    for server in (*service.servers, *((service.sorry,) if service.sorry else ())):
        own, nat = server.at.port, server.forward == Forward.MASQ
        if service.group is not None:
            ports = [*(entry.port for entry in service.group.ranges), *(0 for _ in service.group.marks)]
            if own and not nat and any(port != own for port in ports):
                notes.add(server.where, f"{_name(server)}: without NAT the port is the service's")
            continue
        theirs = service.at.port if service.at is not None else 0
        if nat:
            if not own and not service.mark and server is not service.sorry:
                server.at = Endpoint(server.at.address, theirs)
        elif own != theirs:
            if own:
                kind = (
                    "a firewall mark has no port, and without NAT its servers have none"
                    if service.mark
                    else (f"without NAT the port is the service's, {theirs}")
                )
                notes.add(server.where, f"{_name(server)}: {kind}")
            server.at = Endpoint(server.at.address, theirs)


def _name(server: Real) -> str:
    return server_text(Key(IPV4 if len(server.at.address) == 4 else IPV6, *server.at))

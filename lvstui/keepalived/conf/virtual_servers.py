"""Virtual servers and groups: turns blocks into services, keyword by keyword in the order of the lines, which matters
(keepalived check_parser.c, check_data.c); then, after all are read, sets defaults and corrects them (link_vsg_to_vs,
validate_check_config).

A real server gets the method that its service has at that point; sh-port works only after `lvs_sched sh`; the family of
a firewall mark's service is that of its first real server that is not reached by a tunnel. Numbers that do not affect
the rules, but that keepalived complains about, are remarked on too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lvstui.director.model import IPV4, IPV6, PERSISTENCE_DEFAULT, UDP, Forward, address_text, family_of, server_text
from lvstui.director.model import ServerKey as Key
from lvstui.keepalived.conf import handlers
from lvstui.keepalived.conf.addresses import Endpoint, address_range, endpoint, port_oddity
from lvstui.keepalived.conf.drafts import UNSET, FirewallMark, Real, ServerGroup, Virtual
from lvstui.keepalived.conf.notes import Notes, bad
from lvstui.keepalived.conf.secrets import named, quoted
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node


def groups_of(nodes: Sequence[Node], notes: Notes) -> dict[str, ServerGroup]:
    """The groups by name; of two with the same name the first is used."""
    groups: dict[str, ServerGroup] = {}
    for node in nodes:
        if node.words[0] == "virtual_server_group":
            group = _group(node, notes)
            if group is None:
                continue
            if group.name in groups:
                notes.add(node.where, f"group {group.name} is already defined above: this one has no effect")
            else:
                groups[group.name] = group
    return groups


def _group(node: Node, notes: Notes) -> ServerGroup | None:
    group = ServerGroup(node.words[1], node.where)
    for entry in node.inside:
        if entry.words[0] == "fwmark":
            _add_mark(group, entry, notes)
            continue
        addresses, wrong = address_range(entry.words)
        if wrong:
            notes.add(entry.where, wrong if addresses else f"{wrong}: the entry is skipped")
        if addresses:
            group.ranges.append(addresses)
            group.families.add(family_of(addresses.first))
    if not group.ranges and not group.marks:
        notes.add(node.where, f"group {group.name} is empty: it is dropped")
        return None
    if len(group.families) > 1 and group.family_open:
        notes.add(node.where, f"group {group.name} has IPv4, IPv6 and a fwmark without a family: it is dropped")
        return None
    return group


def _add_mark(group: ServerGroup, entry: Node, notes: Notes) -> None:
    if len(entry.words) < 2:
        raise bad(entry.where, "fwmark lacks a number, at which keepalived stops and programs nothing")
    number, wrong = unsigned(entry.words[1], 0, 2**32 - 1)
    if wrong:
        notes.add(
            entry.where,
            f"firewall mark {named(entry.words[1])} {wrong}{_decimal(entry.words[1])}"
            + (": skipped" if number is None else ""),
        )
    if number is None:
        return
    family = None
    if len(entry.words) > 2:
        family = {"inet": IPV4, "inet6": IPV6}.get(entry.words[2])
        if family is None:
            notes.add(entry.where, f"family {named(entry.words[2])} is neither inet nor inet6: the entry is skipped")
            return
        group.families.add(family)
    group.marks.append(FirewallMark(number, family))


def services_of(nodes: Sequence[Node], notes: Notes) -> list[Virtual]:
    """The virtual servers in their order."""
    virtuals = []
    for node in nodes:
        if node.words[0] != "virtual_server" or node.skipped:
            continue
        remark_on_numbers(node.inside, notes)
        service = _service(node, notes)
        for inner in node.inside:
            if inner.words[0] == "real_server":
                if not inner.skipped:
                    _real_server(service, inner, notes)
            else:
                handlers.apply(service, inner, notes)
        _end(service, notes)
        virtuals.append(service)
    return virtuals


def _decimal(word: str) -> str:
    """The remark on a hexadecimal mark, as iptables prints it (keepalived 1.3 to 2.4: strtoul with base 10)."""
    return " (keepalived does not take hexadecimal)" if word.lower().startswith("0x") else ""


def _service(node: Node, notes: Notes) -> Virtual:
    words = node.words
    service = Virtual(node.where, " ".join((words[1], *map(named, words[2:3])) if words[1] != "group" else words[1:3]))
    if words[1] in ("group", "fwmark") and len(words) < 3:
        raise bad(node.where, f"virtual_server {words[1]} lacks a value, at which keepalived stops")
    if words[1] == "group":
        service.group_name = words[2]
    elif words[1] == "fwmark":
        number, wrong = unsigned(words[2], 0, 2**32 - 1)
        service.mark = number or 0
        if wrong:
            notes.add(
                node.where, f"firewall mark {named(words[2])} {wrong}{_decimal(words[2])}: read as {service.mark}"
            )
        elif not service.mark:
            notes.add(
                node.where, "firewall mark 0 is not a mark: it becomes a service of address 255.255.255.255, all ports"
            )
    else:
        service.at = _endpoint(node, notes)
        service.family = service.at.family
    return service


def _endpoint(node: Node, notes: Notes) -> Endpoint:
    port = node.words[2] if len(node.words) > 2 else ""
    address = endpoint(node.words[1], port)
    assert address is not None  # the tree skips a block without an address
    odd = port_oddity(port)
    if odd:
        notes.add(node.where, odd)
    return address


def _real_server(service: Virtual, node: Node, notes: Notes) -> None:
    at = _endpoint(node, notes)
    server = Real(at, node.where, service.forward, service.tunnel)
    for inner in node.inside:
        handlers.apply_server(service, server, inner, notes)
    if server.forward != Forward.TUNNEL:
        if service.family is None:
            service.family = at.family
        elif service.family != at.family:
            what = f"real server {address_text(at.address)} is of the other address family"
            notes.add(node.where, f"{what}: keepalived skips it")
            return
    service.servers.append(server)


def _end(service: Virtual, notes: Notes) -> None:
    """What keepalived settles at the end of a virtual_server block."""
    sorry = service.sorry
    if sorry is not None and sorry.forward != Forward.TUNNEL:
        if service.family is None:
            service.family = sorry.at.family
        elif service.family != sorry.at.family:
            notes.add(sorry.where, "the sorry server is of the other address family: keepalived skips it")
            service.sorry = None
    if service.family is None and service.group_name is None:
        tunnelled = [server.at.family for server in (service.sorry, *service.servers) if server is not None]
        service.family = tunnelled[0] if len(set(tunnelled)) == 1 else IPV4


_UINT = 2**32 - 1
_LIMITS = {"connect_port": (1, 65535), "bind_port": (1, 65535), "retry": (1, _UINT), "fwmark": (0, _UINT)}
_LIMITS |= {"misc_timeout": (0, _UINT // 1_000_000)}
_TIMES = {"delay_loop": 1, "connect_timeout": 1, "delay_before_retry": 0, "warmup": 0}
"""In microseconds the least that counts."""
_NAMES = ("virtualhost", "snmp_name", "helo_name")
_SECONDS = re.compile(r"([0-9]*)(?:\.([0-9]{0,6}))?")


def remark_on_numbers(nodes: tuple[Node, ...], notes: Notes) -> None:
    """Remarks on invalid numbers in these lines and the blocks inside them."""
    for node in nodes:
        remark_on_numbers(node.inside, notes)
        name = node.words[0]
        if name in _NAMES and len(node.words) < 2:
            notes.add(node.where, f"{name} lacks a value: ignored")
        if len(node.words) < 2 or node.skipped:
            continue
        wrong = ""
        if name in _LIMITS:
            wrong = unsigned(node.words[1], *_LIMITS[name])[1]
        elif name in _TIMES:
            match = _SECONDS.fullmatch(node.words[1])
            if match is None:
                wrong = "is not a number of seconds"
            elif not any(group.strip("0") for group in match.groups("")) and _TIMES[name]:
                wrong = "is not above 0"
        if wrong:
            notes.add(node.where, f"{name} {quoted(node.words[1])} {wrong}: the check is not as it is written")


_WRAP = 2**32


def settle(services: Sequence[Virtual], groups: Mapping[str, ServerGroup], notes: Notes) -> list[Virtual]:
    """The services that remain, with all defaults set."""
    return [service for service in services if _linked(service, groups, notes) and _settled(service, notes)]


def _linked(service: Virtual, groups: Mapping[str, ServerGroup], notes: Notes) -> bool:
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
    reals: dict[Endpoint, Real] = {}
    for server in service.servers:
        twin = reals.get(server.at)
        if twin is not None:
            notes.add(server.where, f"the same real server is on line {twin.where.line}: keepalived drops this one")
            continue
        reals[server.at] = server
        _settle_method(service, server, notes)
        server.alpha = service.alpha if server.alpha is None else server.alpha
        server.inhibit = service.inhibit if server.inhibit is None else server.inhibit
        server.weight = service.weight if server.weight is None else server.weight
    service.servers = list(reals.values())
    sorry = service.sorry
    if sorry is not None:
        _settle_method(service, sorry, notes)
        sorry.inhibit = bool(sorry.inhibit)
        twin = reals.get(sorry.at)
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

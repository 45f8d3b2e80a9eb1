"""Virtual servers and groups as written in a configuration: turns blocks into services, keyword by keyword in the order
of the lines, which matters (keepalived check_parser.c, check_data.c).

A real server gets the method that its service has at that point; sh-port works only after `lvs_sched sh`; the family of
a firewall mark's service is that of its first real server that is not reached by a tunnel.
"""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.model import IPV4, IPV6, Forward, address_text, family_of
from lvstui.keepalived.conf import handlers
from lvstui.keepalived.conf.addresses import Endpoint, address_range, endpoint, port_oddity
from lvstui.keepalived.conf.drafts import Group, Mark, Real, Virtual
from lvstui.keepalived.conf.notes import Notes, bad
from lvstui.keepalived.conf.numbers import remark_on_numbers
from lvstui.keepalived.conf.secrets import named
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node


def groups_of(nodes: Sequence[Node], notes: Notes) -> dict[str, Group]:
    """The groups by name; of two with the same name the first is used."""
    found: dict[str, Group] = {}
    for node in nodes:
        if node.words[0] == "virtual_server_group":
            group = _group(node, notes)
            if group is None:
                continue
            if group.name in found:
                notes.add(node.where, f"group {group.name} is already defined above: this one has no effect")
            else:
                found[group.name] = group
    return found


def _group(node: Node, notes: Notes) -> Group | None:
    group = Group(node.words[1], node.where)
    for entry in node.inside:
        if entry.words[0] == "fwmark":
            _add_mark(group, entry, notes)
            continue
        found, wrong = address_range(entry.words)
        if wrong:
            notes.add(entry.where, wrong if found else f"{wrong}: the entry is skipped")
        if found:
            group.ranges.append(found)
            group.families.add(family_of(found.first))
    if not group.ranges and not group.marks:
        notes.add(node.where, f"group {group.name} is empty: it is dropped")
        return None
    if len(group.families) > 1 and group.family_open:
        notes.add(node.where, f"group {group.name} has IPv4, IPv6 and a fwmark without a family: it is dropped")
        return None
    return group


def _add_mark(group: Group, entry: Node, notes: Notes) -> None:
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
    group.marks.append(Mark(number, family))


def services_of(nodes: Sequence[Node], notes: Notes) -> list[Virtual]:
    """The virtual servers in their order."""
    found = []
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
        found.append(service)
    return found


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
    found = endpoint(node.words[1], port)
    assert found is not None  # the tree skips a block without an address
    odd = port_oddity(port)
    if odd:
        notes.add(node.where, odd)
    return found


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

"""Findings of the machine and its network: forwarding, addresses, neighbours, filters, connection tracking, drops."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.facts import FAILED, TUNNELS
from lvstui.director.model import IPV6, Forward, ServiceKey, address_text, service_text
from lvstui.director.spell import word
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding

_SHOWN = 4
_RTNETLINK = "rtnetlink"


def forwarding_off(case: Case) -> Iterator[Finding]:
    """NAT needs forwarding in the kernel, because the servers' replies pass through here."""
    for family, name in ((4, "net.ipv4.ip_forward"), (IPV6, "net.ipv6.conf.all.forwarding")):
        if family in case.shapes.masq and case.number(name) == 0:
            own = (case.facts.addresses or {}).keys()
            nat = (shape for shape in case.shapes.by(Forward.MASQ) if family in shape.families)
            services = [
                shape.service.key for shape in nat if not shape.hosts <= own
            ]  # what is here needs no forwarding
            if not services:
                continue
            seen = [Evidence(name, "0", f"/proc/sys/{name.replace('.', '/')}")]
            if grown := case.facts.grown("Ip InAddrErrors"):
                span = f"+{grown} in {case.facts.span:.0f} s"
                seen += [Evidence("Ip InAddrErrors", span, "/proc/net/snmp")]
                forwarded = case.facts.grown("Ip ForwDatagrams")
                seen += [Evidence("Ip ForwDatagrams", f"+{forwarded}", "/proc/net/snmp")]
            seen.append(Evidence("services with NAT", _some(services), "IPVS table"))
            text = f"is 0, and {_services(len(services))} with NAT: the replies of their servers are dropped here"
            risk = "clients of these services time out"
            yield Finding("forwarding-off", CRITICAL, name, text, tuple(seen), risk, (f"sysctl -w {name}=1",))
    yield from _off_by_interface(case)


def _off_by_interface(case: Case) -> Iterator[Finding]:
    """The kernel forwards, but not what comes in where NAT servers answer."""
    if case.number("net.ipv4.ip_forward") != 1:
        return
    of: dict[str, list[bytes]] = {}
    for address, way in case.facts.ways.items():
        if len(address) == 4 and case.number(f"net.ipv4.conf.{way.device}.forwarding") == 0:
            of.setdefault(way.device, []).append(address)
    for device, addresses in of.items():
        pairs = ((host, key) for host in addresses for key in case.shapes.hosts.get(host, ()))
        hosts = {host: key for host, key in pairs if _by(case, key, host, Forward.MASQ)}
        if not hosts:
            continue
        name = f"net.ipv4.conf.{device}.forwarding"
        servers = ", ".join(map(address_text, list(hosts)[:_SHOWN]))
        seen = [Evidence(name, "0", f"/proc/sys/{name.replace('.', '/')}"), Evidence("NAT servers there", servers)]
        if grown := case.facts.grown("Ip InAddrErrors"):
            seen.append(Evidence("Ip InAddrErrors", f"+{grown} in {case.facts.span:.0f} s", "/proc/net/snmp"))
        text = f"is 0, and answers of NAT servers arrive on {device}: they are dropped here"
        risk, do = "clients of these servers time out", (f"sysctl -w {word(f'{name}=1')}",)
        service = next(iter(hosts.values()))
        yield Finding("forwarding-off", CRITICAL, name, text, tuple(seen), risk, do, service=service)


def vip_missing(case: Case) -> Iterator[Finding]:
    """Virtual addresses that this machine does not treat as its own. Where a VRRP instance carries an address, or this
    director is not master, VRRP's findings cover its absence."""
    local, vrrp = case.facts.local, case.state.vrrp
    if local is None:
        return
    if vrrp.keepalived is not False and (vrrp.unread or vrrp.role not in ("MASTER", "PARTIAL")):
        return
    if vrrp.keepalived is None and not vrrp.role:
        return
    carried = {address.address for standing in vrrp.instances for address in standing.instance.carried}
    missing: dict[bytes, list[ServiceKey]] = {}
    for key in case.state.services.keys:
        if key.address and key.address not in local and key.address not in carried:
            missing.setdefault(key.address, []).append(key)
    for address, keys in missing.items():
        name = address_text(address)
        text = f"is on no interface here: no packet for {_some(keys)} reaches IPVS"
        seen = (Evidence("route", "not local", _RTNETLINK), Evidence("services", _some(keys), "IPVS table"))
        device = next(
            (link for link, interface in case.facts.links.items() if interface.up and not interface.loopback), "eth0"
        )
        prefix = 32 if len(address) == 4 else 128
        do = (f"ip addr add {name}/{prefix} dev {word(device)}", "or make it a virtual_ipaddress of a vrrp_instance")
        yield Finding("vip-missing", CRITICAL, name, text, seen, "clients time out", do, service=keys[0])


def vip_wrong_side(case: Case) -> Iterator[Finding]:
    """Virtual addresses on another interface than their network, where that one answers no ARP for them. Addresses that
    a VRRP instance carries are VRRP's."""
    carried = {address.address for standing in case.state.vrrp.instances for address in standing.instance.carried}
    everywhere = case.number("net.ipv4.conf.all.arp_ignore") or 0
    apart: dict[tuple[str, str], list[bytes]] = {}
    for address, device in case.facts.networks.items():
        if address not in carried and (on := (case.facts.addresses or {}).get(address)) is not None:
            apart.setdefault((on, device), []).append(address)
    for (here, device), addresses in apart.items():
        name = f"net.ipv4.conf.{device}.arp_ignore"
        ignores, link, address = max(everywhere, case.number(name) or 0), case.facts.links.get(device), addresses[0]
        if not ignores or link is None or not link.up:
            continue
        more = f" (with {len(addresses) - 1} more)" if len(addresses) > 1 else ""
        text = f"is on {here}{more}, and its network is on {device}, which answers no ARP for addresses elsewhere"
        seen = (
            Evidence("interface", here, _RTNETLINK),
            Evidence("its network", device, _RTNETLINK),
            Evidence(name, f"{ignores}, with that of all", f"/proc/sys/net/ipv4/conf/{device}"),
        )
        risk = f"clients and routers on {device} do not find it, and time out"
        vip = address_text(address)
        do = (
            f"ip addr del {vip}/32 dev {word(here)}; ip addr add {vip}/32 dev {word(device)}",
            f"or: sysctl -w {word(f'{name}=0')} net.ipv4.conf.all.arp_ignore=0",
        )
        service = next((key for key in case.state.services.keys if key.address == address), None)
        yield Finding("vip-wrong-side", CRITICAL, vip, text, seen, risk, do, service=service)


def refused_here(case: Case) -> Iterator[Finding]:
    """This machine refuses packets, and no service counts any: a doubt. Where another finding explains that, or where
    counters say nothing, it is not made."""
    facts = case.facts
    if not case.compared or not case.grown or case.ipvs("run_estimation") == 0 or case.state.vrrp.role == "BACKUP":
        return
    if any(counters.in_packets for counters in case.grown.values()) or any(
        served.fails for served in case.tally.odd.values()
    ):
        return
    if any(state == FAILED and address in case.shapes.hosts for address, state in facts.neighbours.items()):
        return
    errors = facts.grown("Icmp OutDestUnreachs")
    resets = facts.grown("Tcp OutRsts") - sum(facts.grown(f"TcpExt TCPAbortOn{why}") for why in _ABORTS)
    if max(0, errors) + max(0, resets) < _REFUSED:
        return
    text = f"refused {max(0, errors) + max(0, resets)} packets in {facts.span:.0f} s, and no service counted one"
    seen = (
        Evidence("Icmp OutDestUnreachs", f"+{errors}", "/proc/net/snmp"),
        Evidence("Tcp OutRsts, less those of own connections", f"+{max(0, resets)}", "/proc/net/snmp and netstat"),
        Evidence("packets in, all services", "+0", "IPVS table"),
    )
    do = (
        "ipvsadm -Ln   (is there a service for the address and port that clients ask for?)",
        "nft list ruleset; iptables-save   (does a rule still set the marks of services? does one reject?)",
    )
    risk = "clients that ask for a port without a service, or whose mark is not set any more, are refused"
    yield Finding("refused-here", NOTICE, "this machine", text, seen, risk, do)


_REFUSED = 10
"""Refused packets that are worth a notice."""
_ABORTS = ("Data", "Close", "Memory", "Timeout", "Linger")
"""The reasons for which a connection of this machine itself ends with a reset."""


def server_unreachable(case: Case) -> Iterator[Finding]:
    """Real servers that take new connections, but whose address nobody answers for on the wire."""
    for address, state in case.facts.neighbours.items():
        if state != FAILED or address not in case.shapes.hosts:
            continue
        serves = [key for key in case.shapes.hosts[address] if _takes(case, key, address)]
        if serves:
            name = address_text(address)
            text = f"is in the table with a weight, and nobody answers for its address: {_some(serves)}"
            seen = (Evidence("neighbour", "FAILED", _RTNETLINK), Evidence("services", _some(serves), "IPVS table"))
            do = (f"ip neigh show {name}", f"ping -c 3 {name}")
            here = "P probes it; X drains it in all its services (view 2)"
            risk = "clients that are sent there get no answer"
            yield Finding("server-unreachable", CRITICAL, name, text, seen, risk, do, here, service=serves[0])


def behind_router(case: Case) -> Iterator[Finding]:
    """Direct routing servers that are not on a network of this machine: a router cannot forward packets to them."""
    for address, way in case.facts.ways.items():
        if not way.router:
            continue
        key = next((key for key in case.shapes.hosts.get(address, ()) if _by(case, key, address, Forward.ROUTE)), None)
        if key is None:
            continue
        name, router = address_text(address), address_text(way.router)
        text = f"is behind the router {router}, but direct routing reaches only servers on the same network"
        seen = (Evidence("route", f"via {router} dev {way.device}", _RTNETLINK), Evidence("forwarding", "route"))
        do = ("use a tunnel (-i) or NAT (-m) for it",)
        yield Finding(
            "behind-router",
            CRITICAL,
            name,
            text,
            seen,
            "its clients time out",
            do,
            "e sets its forwarding",
            service=key,
        )


def conntrack_full(case: Case) -> Iterator[Finding]:
    """Connection tracking is full or nearly full: new connections are dropped before IPVS sees them."""
    count, most = case.number("net.netfilter.nf_conntrack_count"), case.number("net.netfilter.nf_conntrack_max")
    dropped = case.facts.grown("conntrack drop")
    if not count or not most:
        return
    seen = (
        Evidence("nf_conntrack_count", str(count), "/proc/sys/net/netfilter"),
        Evidence("nf_conntrack_max", str(most), "/proc/sys/net/netfilter"),
        Evidence("drop", f"+{dropped} in {case.facts.span:.0f} s", "/proc/net/stat/nf_conntrack"),
    )
    do = (f"sysctl -w net.netfilter.nf_conntrack_max={max(most * 4, 65536)}",)
    near = count > case.limits.conntrack_full / 100 * most
    if count >= most or (dropped and near):
        text = f"the connection tracking table is full ({count} of {most}): new connections are dropped"
        yield Finding("conntrack-full", CRITICAL, "nf_conntrack", text, seen, "some clients time out", do)
    elif near:
        text = f"the connection tracking table is nearly full ({count} of {most})"
        yield Finding("conntrack-full", WARNING, "nf_conntrack", text, seen, "soon clients time out", do)
    elif dropped:
        span = f"{case.facts.span:.0f} s"
        text = f"connection tracking dropped {dropped} packets in {span}, and has room ({count} of {most})"
        do = ("conntrack -S   (it was full for a moment, or two connections had the same addresses and ports)",)
        yield Finding("conntrack-full", WARNING, "nf_conntrack", text, seen, "some clients try twice", do)


def conntrack_off(case: Case) -> Iterator[Finding]:
    """A firewall that matches connection states, which it does not see for IPVS: a doubt."""
    uses = {name: uses for name in ("xt_conntrack", "nft_ct") if (uses := case.number(f"module {name}"))}
    if case.shapes.masq and uses and case.ipvs("conntrack") == 0:
        text = "is 0: firewall rules that match connection states do not see those of IPVS"
        seen = (
            Evidence("net.ipv4.vs.conntrack", "0", "/proc/sys"),
            *(Evidence(f"rules that use {name}", str(number), "/proc/modules") for name, number in uses.items()),
        )
        risk = "such a rule may drop the replies of NAT servers"
        do = ("sysctl -w net.ipv4.vs.conntrack=1   (where the rules concern virtual services)",)
        yield Finding("conntrack-off", NOTICE, "net.ipv4.vs.conntrack", text, seen, risk, do)


def reverse_path(case: Case) -> Iterator[Finding]:
    """The reverse path filter drops packets, or will where a tunnel ends here."""
    if grown := case.facts.grown("TcpExt IPReversePathFilter"):
        text = (
            f"dropped {grown} packets in {case.facts.span:.0f} s: answers to them would leave by another interface, "
            "or have no route"
        )
        seen = (Evidence("TcpExt IPReversePathFilter", f"+{grown}", "/proc/net/netstat"), *_filters(case))
        do = ("nstat -az TcpExtIPReversePathFilter", "sysctl -w net.ipv4.conf.all.rp_filter=2   (loose)")
        yield Finding("rp-filter", WARNING, "rp_filter", text, seen, "clients on that path time out", do)
        return
    strict = case.number("net.ipv4.conf.all.rp_filter") == 1
    for name, value in case.facts.numbers.items():
        parts = name.split(".")
        tunnel = name.endswith(".rp_filter") and parts[3].startswith(TUNNELS)
        if not tunnel or not (value == 1 or (strict and value == 0)):
            continue
        link = case.facts.links.get(parts[3])
        if link is not None and link.up:
            text = f"is strict on {parts[3]}, where tunnels end: packets that come out of them are dropped"
            mend = f"sysctl -w net.ipv4.conf.all.rp_filter=0 {word(f'net.ipv4.conf.{parts[3]}.rp_filter=0')}"
            risk = "nothing that is tunnelled to this machine is answered"
            yield Finding("rp-filter", WARNING, f"rp_filter {parts[3]}", text, _filters(case), risk, (mend,))


def drops(case: Case) -> Iterator[Finding]:
    """Packets that this machine loses on reception."""
    if grown := case.facts.grown("softnet dropped"):
        text = f"{grown} packets in {case.facts.span:.0f} s found the queue of a processor full"
        seen = (Evidence("column 2, dropped", f"+{grown}", "/proc/net/softnet_stat"),)
        do = ("sysctl -w net.core.netdev_max_backlog=5000", "spread the interrupts of the network card (RSS, RPS)")
        yield Finding("softnet-drops", WARNING, "softnet", text, seen, "connections stall and start slowly", do)
    for name, device in ((f"{link} rx {kind}", link) for link in case.facts.links for kind in ("errors", "overruns")):
        if grown := case.facts.grown(name):
            text = f"{grown} {name.rpartition(' ')[2]} on reception in {case.facts.span:.0f} s"
            seen = (Evidence(name, f"+{grown}", "/proc/net/dev"),)
            do = (f"ethtool -S {word(device)}", f"ethtool -g {word(device)}   (a larger ring: -G)")
            yield Finding("nic-errors", WARNING, device, text, seen, "connections stall", do)


def memory(case: Case) -> Iterator[Finding]:
    """The connection table uses much of the memory."""
    load, total = case.state.load, case.number("MemTotal")
    if load is None or not total:
        return
    number = load.active + load.inactive
    taken = number * _ROW
    if taken > total * case.limits.table_memory / 100:
        text = f"{number} connections take about {taken >> 20} MB of {total >> 20} MB memory"
        seen = (Evidence("connections", str(number), "IPVS table"), Evidence("MemTotal", str(total), "/proc/meminfo"))
        do = ("ipvsadm --set 300 30 60   (shorter timeouts)",)
        yield Finding("table-memory", WARNING, "connection table", text, seen, "the machine runs out of memory", do)


def hash_small(case: Case) -> Iterator[Finding]:
    """The connection table has many more rows than buckets, so each packet's search is long."""
    load, size = case.state.load, case.state.table_size
    if load is None or not size:
        return
    number = load.active + load.inactive
    if number > case.limits.hash_small * size:
        bits = min(20, (number // 4).bit_length())
        text = f"{number} connections lie in {size} buckets: {number // size} in each, which every packet searches"
        seen = (Evidence("connections", str(number), "IPVS table"), Evidence("size", str(size), "/proc/net/ip_vs"))
        do = (f"echo options ip_vs conn_tab_bits={bits} > /etc/modprobe.d/ip_vs.conf   (at the next load of ip_vs)",)
        yield Finding("hash-small", WARNING, "connection table", text, seen, "the processors work more", do)


def clock_jump(case: Case) -> Iterator[Finding]:
    """The clock was set during the watch: times before and after cannot be compared. The monotonic clock stands still
    while a machine is suspended, so a step forward is not always a clock that was set."""
    if abs(case.jump) >= case.limits.clock_jump:
        seconds = f"{abs(case.jump):.0f} s"
        text = f"was set back by {seconds}"
        if case.jump > 0:
            text = f"went forward by {seconds}: it was set, or this machine was suspended"
        seen = (Evidence("time of day against monotonic clock", f"{case.jump:+.1f} s", "clock"),)
        risk = "times in logs and in this console cannot be compared with earlier ones"
        yield Finding("clock-jump", NOTICE, "clock", text, seen, risk, ("chronyc tracking",))


def loopback_down(case: Case) -> Iterator[Finding]:
    """Without lo the kernel accepts no real server."""
    link = case.facts.links.get("lo")
    if link is not None and not link.up and case.state.services.keys:
        text = "is down: the kernel refuses every new real server"
        do = ("ip link set lo up",)
        yield Finding(
            "lo-down", CRITICAL, "lo", text, (Evidence("lo", "down", _RTNETLINK),), "no server comes back", do
        )


_ROW = 320
"""Bytes of a row of the connection table."""


def _takes(case: Case, key: ServiceKey, address: bytes) -> bool:
    return case.has(key, lambda server: server.key.address == address and server.weight > 0)


def _by(case: Case, key: ServiceKey, address: bytes, forward: int) -> bool:
    """Whether a service has a real server of this address and forwarding method."""
    return case.has(key, lambda server: server.key.address == address and server.forward == forward)


def _filters(case: Case) -> tuple[Evidence, ...]:
    names = [name for name in case.facts.numbers if name.endswith(".rp_filter")]
    return tuple(Evidence(name, str(case.facts.numbers[name]), "/proc/sys") for name in names[:_SHOWN])


def _services(number: int) -> str:
    return f"{number} service{'s' if number != 1 else ''} work{'s' if number == 1 else ''}"


def _some(keys: list[ServiceKey]) -> str:
    """The first of some services; the others as a number."""
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(map(service_text, keys[:_SHOWN])) + more

"""Findings on what real servers answer, from their counters and from the sample of the connection table: nothing,
resets, ICMP errors, or answers that take another way."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lvstui.director.facts import FAILED, Flowing
from lvstui.director.model import TCP, Forward, address_text
from lvstui.director.state import Counters, Pool, ServerReading, ServiceReading
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding, of_server

_FEW = 10
"""The least number of connections before a server's replies are judged."""
_LOOP = 25
"""The number of packets for one connection from which they must be looping: a connection without an answer has a
handful."""
_RST, _ICMP, _TOO_LARGE = 40, 88, 500
"""Bytes of a reset, and of an ICMP error; one that says that a packet was too large brings more of it along: 576."""
_SYN_ACK = 64
"""The most bytes of an answer to a SYN over IPv4."""
_STOOD = Counters()
_TABLE, _SAMPLE = "IPVS table", "/proc/net/ip_vs_conn"


def unanswered(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """Servers whose sampled connections are nearly all half open: the SYN was forwarded, and no answer came."""
    key = reading.service.key
    if key.protocol != TCP or case.sample is None:
        return
    quiet: list[ServerReading] = []
    spoken = 0
    for row in pool:
        flowing = case.flowing(key, row.server.key)
        if flowing is None or not flowing.tcp:
            continue
        if flowing.tcp >= _FEW and flowing.unanswered / flowing.tcp > case.limits.unanswered / 100:
            quiet.append(row)
        else:
            spoken += 1
    for row in quiet:
        flowing = case.flowing(key, row.server.key)
        assert flowing is not None
        if _refuses(row, _grown(case, reading, row)):
            continue  # it answers, and `refused` says how
        grown = case.grown.get((key, row.server.key)) or row.counters
        if answered := _half_open(reading, row, flowing, case):
            yield answered
            continue
        if around := _around(reading, row, flowing, case):
            yield around
            continue
        each = grown.in_packets / grown.connections if grown.connections else 0.0
        loops = each >= _LOOP and row.server.forward != Forward.MASQ
        text, do = _silent(row, each if loops else 0, _grown(case, reading, row))
        if case.ipvs("run_estimation") == 0 and row.server.forward == Forward.MASQ:
            text = "its connections stay half open; whether it answers is not known, because counters stand still"
        seen = (
            Evidence("SYN_RECV", f"{flowing.unanswered} of {flowing.tcp} sampled connections", _SAMPLE),
            Evidence("sample", case.sampled, _SAMPLE),
            Evidence("packets out", str(grown.out_packets), _TABLE),
            Evidence("packets in per connection", f"{each:.1f}{': they loop' if loops else ''}", _TABLE),
        )
        risk = "clients that are sent there time out"
        if not spoken and row.server.forward == Forward.MASQ:
            risk += "; no server of the service answers: look at ip_forward"
        elif not spoken:
            risk += "; no server of the service answers: a SYN flood looks the same, its servers count SYN-RECV (ss -s)"
        here = "P probes its port from here; x drains it"
        yield of_server("unanswered", CRITICAL, key, row.server.key, text, seen, risk, do, here)


def _half_open(reading: ServiceReading, row: ServerReading, flowing: Flowing, case: Case) -> Finding | None:
    """A NAT server that answers SYNs, and whose clients do not go on. Answers that bypass the director are not seen,
    like those of direct routing and tunnels."""
    grown = _grown(case, reading, row)
    least, most = (_RST + 1) * grown.out_packets, _SYN_ACK * grown.out_packets
    if row.server.forward != Forward.MASQ or grown.out_packets < max(_FEW, grown.connections / 2):
        return None
    if not least <= grown.out_bytes <= (most if row.server.key.family == 4 else 2 * most):
        return None  # it sends more than answers to SYNs
    text = "it answers, and clients do not finish the handshake: a SYN flood, or its answers do not reach them"
    seen = (
        Evidence("SYN_RECV", f"{flowing.unanswered} of {flowing.tcp} sampled connections", _SAMPLE),
        Evidence(f"from {address_text(flowing.client)}, the most of one address", str(flowing.largest), _SAMPLE),
        Evidence("sample", case.sampled, _SAMPLE),
        Evidence("packets out, connections", f"{grown.out_packets}, {grown.connections}", _TABLE),
    )
    do = (
        f"ip route get {address_text(flowing.client)}   (do answers leave to where these clients are?)",
        f"on {address_text(row.server.key.address)}: sysctl -w net.ipv4.tcp_syncookies=1",
        "sysctl -w net.ipv4.vs.drop_entry=1   (drops half-open connections when memory runs low)",
    )
    risk = "half-open connections fill the table; with a flood, clients wait"
    return of_server(
        "half-open", WARNING, reading.service.key, row.server.key, text, seen, risk, do, "3 shows the clients"
    )


def _around(reading: ServiceReading, row: ServerReading, flowing: Flowing, case: Case) -> Finding | None:
    """A NAT server that answers, but not through this director, as far as that can be seen from here: its clients are
    on its own network, or its port opened from here."""
    key, server = reading.service.key, row.server.key
    if row.server.forward != Forward.MASQ:
        return None
    seen = [
        Evidence("SYN_RECV", f"{flowing.unanswered} of {flowing.tcp} sampled connections", _SAMPLE),
        Evidence("sample", case.sampled, _SAMPLE),
    ]
    host, client = address_text(server.address), address_text(flowing.client)
    there, back = case.facts.ways.get(server.address), case.facts.ways.get(flowing.client)
    tried = case.probed.knocked.get((key, server)) if case.probed is not None else None
    if case.facts.neighbours.get(server.address) == FAILED or (tried is not None and not tried[0].open):
        return None  # it does not answer at all
    if there is not None and back == there and not there.router:
        text = f"its answers bypass this director: its client {client} is on its own network ({there.device})"
        way = f"neighbours on {there.device}"
        seen += [Evidence(f"ways to {host} and to {client}", way, "rtnetlink")]
        do: tuple[str, ...] = (
            f"on {host}: ip route add {client} via ADDRESS   (an address of this director on {there.device})",
            f"on {host}: sysctl -w net.ipv4.conf.all.accept_redirects=0",
            "or let clients there use the server directly, or direct routing (-g)",
        )
    elif tried is not None and tried[0].open:
        text = (
            "its answers bypass this director, or its firewall lets only this director in: its port opens from here, "
            "and no client gets an answer"
        )
        seen.append(
            Evidence("its port", "opened", f"TCP from here, {time.strftime('at %T', time.localtime(tried[1]))}")
        )
        do = (f"on {host}: ip route get {client}   (must lead through this director)",)
    else:
        return None
    risk, here = "clients that are sent there time out", "x drains it"
    return of_server("return-path", CRITICAL, reading.service.key, row.server.key, text, tuple(seen), risk, do, here)


def _silent(row: ServerReading, each: float, grown: Counters) -> tuple[str, tuple[str, ...]]:
    """What is wrong with a server that does not answer, and what mends it. `each`: the packets of a connection where
    they loop, else 0."""
    forward, host = row.server.forward, address_text(row.server.key.address)
    if each:
        text = f"does not answer, and its packets loop ({each:.0f} for a connection): it has no virtual address"
        return text, (f"on {host}: ip addr add VIP/32 dev lo",)
    text = "does not answer: its connections stay half open"
    if forward == Forward.MASQ and grown.out_packets >= _FEW:
        text = "answers some packets, and nearly all its connections stay half open"
    if forward == Forward.MASQ:
        return text, (f"on {host}: start the service", f"on {host}: ip route   (its way back must lead through here)")
    if forward == Forward.ROUTE:
        return text, (
            f"on {host}: start the service",
            f"on {host}: ip addr show lo   (it must have the virtual address)",
        )
    tunnel = f"on {host}: ip link set tunl0 up; sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0"
    return text, (tunnel, f"on {host}: ip addr show   (tunl0 must have the virtual address)")


def refused(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """NAT servers that answer every connection with a reset of 40 bytes."""
    key = reading.service.key
    if key.protocol != TCP:
        return
    for row in pool:
        grown = _grown(case, reading, row)
        each = _refuses(row, grown)
        if each == _RST:
            text = "refuses every connection: nothing listens on its port"
            do = (f"on {address_text(row.server.key.address)}: start the service on port {row.server.key.port}",)
            here = "P probes its port; x drains it meanwhile"
            yield _of_server("refused", CRITICAL, reading, row, text, grown, "clients are refused", do, here)
        elif each:
            text = "answers with ICMP errors only: its firewall rejects the connections"
            do = (f"on {address_text(row.server.key.address)}: let port {row.server.key.port} in",)
            yield _of_server("refused", CRITICAL, reading, row, text, grown, "clients are refused", do, "x drains it")


def _refuses(row: ServerReading, grown: Counters) -> int:
    """The bytes of each packet of a NAT server that only refuses, 0 for a server that does not."""
    if row.server.forward != Forward.MASQ or row.server.key.family != 4 or grown.out_packets < _FEW:
        return 0
    return next((each for each in (_RST, _ICMP) if grown.out_bytes == each * grown.out_packets), 0)


def icmp_errors(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """Packets that come back from a direct routing or tunnel server: they can only be ICMP errors."""
    for row in pool:
        if row.server.forward not in (Forward.ROUTE, Forward.TUNNEL):
            continue
        grown = _grown(case, reading, row)
        if not grown.out_packets:
            continue
        each = grown.out_bytes / grown.out_packets
        kind = "route" if row.server.forward == Forward.ROUTE else "tunnel"
        host = address_text(row.server.key.address)
        text = f"ICMP errors come back from it ({grown.out_packets} packets): a {kind} server answers clients directly"
        do: tuple[str, ...]
        if each >= _TOO_LARGE and row.server.forward == Forward.TUNNEL:
            yield _too_large(reading, row, grown, case)
            continue
        if each >= _TOO_LARGE:
            text += "; their size (576) says that packets are too large for the path"
            do = (f"on {host}: ip route change default via ROUTER advmss 1440",)
        elif row.server.forward == Forward.TUNNEL:
            do = (f"on {host}: ip link set tunl0 up   (the tunnel ends nowhere)",)
        else:
            do = (f"on {host}: is there a firewall that rejects?",)
        risk = "some of its clients are refused, or hang in the middle of a transfer"
        yield _of_server("icmp-errors", WARNING, reading, row, text, grown, risk, do, "P probes it; x drains it")


def _too_large(reading: ServiceReading, row: ServerReading, grown: Counters, case: Case) -> Finding:
    """A tunnel whose head leaves no room for what clients send. One error for a connection is how a client learns of
    it; many say that it does not hear, or does not heed it."""
    host, way = address_text(row.server.key.address), case.facts.ways.get(row.server.key.address)
    link = case.facts.links.get(way.device) if way is not None else None
    deaf = grown.out_packets > 2 * max(1, grown.connections)
    text = f"clients send packets that do not fit into its tunnel: {grown.out_packets} ICMP errors told them"
    text += ", in vain" if deaf else ""
    seen = [
        Evidence(
            "ICMP errors, bytes each", f"{grown.out_packets}, {grown.out_bytes / grown.out_packets:.0f}", "packets out"
        ),
        Evidence("connections, packets in", f"{grown.connections}, {grown.in_packets}", _TABLE),
    ]
    if link is not None and way is not None and link.mtu:
        room = f"{link.mtu}, less the tunnel's head: {link.mtu - (20 if row.server.key.family == 4 else 40)}"
        seen.append(Evidence(f"mtu of {way.device}", room, "rtnetlink"))
    if (switch := case.ipvs("pmtu_disc")) is not None:
        seen.append(Evidence("net.ipv4.vs.pmtu_disc", str(switch), "/proc/sys"))
    do = (
        "sysctl -w net.ipv4.vs.pmtu_disc=0   (sends fragments instead)",
        f"on {host}: ip route change default via ROUTER advmss 1400",
        "let ICMP type 3 code 4 through to clients",
    )
    risk = "uploads and long requests hang" if deaf else "the first large packet of a client comes twice"
    severity = WARNING if deaf else NOTICE
    return of_server(
        "tunnel-mtu", severity, reading.service.key, row.server.key, text, tuple(seen), risk, do, "x drains it"
    )


def _grown(case: Case, reading: ServiceReading, row: ServerReading) -> Counters:
    """The growth of the counters over the last minute; none at the first examination, because old events are not a
    finding."""
    return case.grown.get((reading.service.key, row.server.key), _STOOD)


def _of_server(
    name: str,
    severity: int,
    reading: ServiceReading,
    row: ServerReading,
    text: str,
    grown: Counters,
    risk: str,
    do: tuple[str, ...],
    here: str,
) -> Finding:
    each = f"{grown.out_bytes / grown.out_packets:.0f}" if grown.out_packets else "-"
    seen = (
        Evidence("packets out, bytes out", f"{grown.out_packets}, {grown.out_bytes} ({each} each)", _TABLE),
        Evidence("connections, packets in", f"{grown.connections}, {grown.in_packets}", _TABLE),
    )
    return of_server(name, severity, reading.service.key, row.server.key, text, seen, risk, do, here)

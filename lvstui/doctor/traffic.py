"""Findings on the traffic of one service, from its counters and connections, and from the sample of the table."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lvstui.director.facts import FAILED, Flowing
from lvstui.director.model import TCP, Forward, address_text, server_text, service_text
from lvstui.director.state import Counters, Pool, ServerReading, ServiceReading
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding

_BALANCED = {"rr", "wrr", "lc", "wlc", "sed", "nq"}
"""Schedulers that distribute by weight, or evenly."""
_EVEN = {"rr", "lc"}
_ENOUGH = 50
"""The least number of sampled connections of a service before a client is named."""
FEW = 10
"""The least number of connections before a server's replies are judged."""
_LOOP = 25
"""The number of packets for one connection from which they must be looping: a connection without an answer has a
handful."""
_RST, _ICMP, _TOO_LARGE = 40, 88, 500
"""Bytes of a reset, and of an ICMP error; one that says that a packet was too large brings more of it along: 576."""
_SYN_ACK = 64
"""The most bytes of an answer to a SYN over IPv4."""
_STOOD = Counters()
_OLD = 60.0
"""Seconds from which the age of a sample is told; that of a large table may be ten minutes old."""
_TABLE, _SAMPLE = "IPVS table", "/proc/net/ip_vs_conn"


def imbalance(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """A pool whose load differs from its weights by more than chance explains."""
    service = reading.service
    if service.scheduler not in _BALANCED or service.persistence is not None:
        return
    found = _skew(reading, pool, case)
    if found is None:
        return
    rows, shares, skew, chance, active = found
    worst = max(range(len(rows)), key=lambda at: abs(shares[at][0] - shares[at][1]))
    share, due = shares[worst]
    name = server_text(rows[worst].server.key)
    text = f"{skew:.0%} of its load is elsewhere than the weights say: {name} has {share:.0%}, due is {due:.0%}"
    seen = (
        Evidence("sample", f"{active} active connections on {len(rows)} servers", _TABLE),
        Evidence("half the sum of |share - due|", f"{skew:.3f}, chance explains {chance:.3f}", "computed"),
        *(
            Evidence(f"active on {server_text(row.server.key)}", f"{row.active}, weight {row.server.weight}", _TABLE)
            for row in rows[:4]
        ),
    )
    risk = "one server works more than its share: it is slow, or a server has just come back"
    here = "watch it for some minutes; w sets a weight, s another scheduler (wlc evens out)"
    yield Finding("imbalance", NOTICE, service_text(service.key), text, seen, risk, (), here, service=service.key)


def _skew(
    reading: ServiceReading, pool: Pool, case: Case
) -> tuple[list[ServerReading], list[tuple[float, float]], float, float, int] | None:
    """The servers that share the load of a pool, what each has and what is due to it; half the sum of the differences,
    what chance explains of that, and the connections it is made of. None where that is too little to be said."""
    load, enough = pool.load, case.limits.imbalance_sample
    if load.active < enough or load.live < 2:
        return None
    rows = [row for row in pool if row.server.weight and not _full(row)]
    active = sum([row.active for row in rows])
    weights = [1 if reading.service.scheduler in _EVEN else row.server.weight for row in rows]
    if len(rows) < 2 or active < enough:
        return None
    whole, least = sum(weights), case.limits.imbalance / 100
    shares = [(row.active / active, weight / whole) for row, weight in zip(rows, weights, strict=True)]
    skew = sum([abs(share - due) for share, due in shares]) / 2
    if skew <= least:
        return None  # as in most pools
    chance = sum((due * (1 - due) / active) ** 0.5 for _, due in shares)
    return (rows, shares, skew, chance, active) if skew > least + chance else None


def persistence_skew(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """A pool whose load is elsewhere than its weights say, for persistence binds clients to their servers."""
    service = reading.service
    if service.persistence is None or service.scheduler not in _BALANCED:
        return
    found = _skew(reading, pool, case)
    if found is None:
        return
    rows, shares, skew, chance, active = found
    worst = max(range(len(rows)), key=lambda at: shares[at][0] - shares[at][1])
    share, due = shares[worst]
    name, bound = server_text(rows[worst].server.key), sum(row.persistent for row in rows)
    text = f"persistence keeps {share:.0%} of its load on {name}, due is {due:.0%}; {bound} clients are known"
    seen = (
        Evidence("sample", f"{active} active connections on {len(rows)} servers", _TABLE),
        Evidence("half the sum of |share - due|", f"{skew:.3f}, chance explains {chance:.3f}", "computed"),
        *(
            Evidence(
                f"active, known clients on {server_text(row.server.key)}", f"{row.active}, {row.persistent}", _TABLE
            )
            for row in rows[:4]
        ),
    )
    risk = "one server works more than its share, and one that is added stays idle"
    here = "e sets a shorter persistence, or a longer mask"
    subject = service_text(service.key)
    yield Finding("persistence-skew", NOTICE, subject, text, seen, risk, (), here, service=service.key)


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
        if flowing.tcp >= FEW and flowing.unanswered / flowing.tcp > case.limits.unanswered / 100:
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
            Evidence("sample", _sampled(case), _SAMPLE),
            Evidence("packets out", str(grown.out_packets), _TABLE),
            Evidence("packets in per connection", f"{each:.1f}{': they loop' if loops else ''}", _TABLE),
        )
        risk = "clients that are sent there time out"
        if not spoken and row.server.forward == Forward.MASQ:
            risk += "; no server of the service answers: look at ip_forward"
        elif not spoken:
            risk += "; no server of the service answers: a SYN flood looks the same, its servers count SYN-RECV (ss -s)"
        here = "P probes its port from here; x drains it"
        subject = f"{server_text(row.server.key)} in {service_text(key)}"
        yield Finding("unanswered", CRITICAL, subject, text, seen, risk, do, here, service=key)


def _half_open(reading: ServiceReading, row: ServerReading, flowing: Flowing, case: Case) -> Finding | None:
    """A NAT server that answers SYNs, and whose clients do not go on. Answers that bypass the director are not seen,
    like those of direct routing and tunnels."""
    grown = _grown(case, reading, row)
    least, most = (_RST + 1) * grown.out_packets, _SYN_ACK * grown.out_packets
    if row.server.forward != Forward.MASQ or grown.out_packets < max(FEW, grown.connections / 2):
        return None
    if not least <= grown.out_bytes <= (most if row.server.key.family == 4 else 2 * most):
        return None  # it sends more than answers to SYNs
    text = "it answers, and clients do not finish the handshake: a SYN flood, or its answers do not reach them"
    seen = (
        Evidence("SYN_RECV", f"{flowing.unanswered} of {flowing.tcp} sampled connections", _SAMPLE),
        Evidence(f"from {address_text(flowing.client)}, the most of one address", str(flowing.largest), _SAMPLE),
        Evidence("sample", _sampled(case), _SAMPLE),
        Evidence("packets out, connections", f"{grown.out_packets}, {grown.connections}", _TABLE),
    )
    do = (
        f"ip route get {address_text(flowing.client)}   (do answers leave to where these clients are?)",
        f"on {address_text(row.server.key.address)}: sysctl -w net.ipv4.tcp_syncookies=1",
        "sysctl -w net.ipv4.vs.drop_entry=1   (drops half-open connections when memory runs low)",
    )
    risk = "half-open connections fill the table; with a flood, clients wait"
    return _plain("half-open", WARNING, reading, row, text, seen, risk, do, "3 shows the clients")


def _around(reading: ServiceReading, row: ServerReading, flowing: Flowing, case: Case) -> Finding | None:
    """A NAT server that answers, but not through this director, as far as that can be seen from here: its clients are
    on its own network, or its port opened from here."""
    key, server = reading.service.key, row.server.key
    if row.server.forward != Forward.MASQ:
        return None
    seen = [
        Evidence("SYN_RECV", f"{flowing.unanswered} of {flowing.tcp} sampled connections", _SAMPLE),
        Evidence("sample", _sampled(case), _SAMPLE),
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
    return _plain("return-path", CRITICAL, reading, row, text, tuple(seen), risk, do, here)


def _silent(row: ServerReading, each: float, grown: Counters) -> tuple[str, tuple[str, ...]]:
    """What is wrong with a server that does not answer, and what mends it. `each`: the packets of a connection where
    they loop, else 0."""
    forward, host = row.server.forward, address_text(row.server.key.address)
    if each:
        text = f"does not answer, and its packets loop ({each:.0f} for a connection): it has no virtual address"
        return text, (f"on {host}: ip addr add VIP/32 dev lo",)
    text = "does not answer: its connections stay half open"
    if forward == Forward.MASQ and grown.out_packets >= FEW:
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
    if row.server.forward != Forward.MASQ or row.server.key.family != 4 or grown.out_packets < FEW:
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
    if (found := case.ipvs("pmtu_disc")) is not None:
        seen.append(Evidence("net.ipv4.vs.pmtu_disc", str(found), "/proc/sys"))
    do = (
        "sysctl -w net.ipv4.vs.pmtu_disc=0   (sends fragments instead)",
        f"on {host}: ip route change default via ROUTER advmss 1400",
        "let ICMP type 3 code 4 through to clients",
    )
    risk = "uploads and long requests hang" if deaf else "the first large packet of a client comes twice"
    severity = WARNING if deaf else NOTICE
    return _plain("tunnel-mtu", severity, reading, row, text, tuple(seen), risk, do, "x drains it")


def drained_in_use(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """Drained servers to which persistence still sends known clients."""
    if case.ipvs("expire_quiescent_template") != 0 or reading.service.persistence is None:
        return
    for row in pool:
        if not row.server.weight and row.persistent:
            text = f"is drained, and persistence still sends {row.persistent} known clients there"
            seen = (
                Evidence("weight", "0", _TABLE),
                Evidence("persistent", str(row.persistent), _TABLE),
                Evidence("net.ipv4.vs.expire_quiescent_template", "0", "/proc/sys"),
            )
            do = ("sysctl -w net.ipv4.vs.expire_quiescent_template=1",)
            risk = "the drain does not end while these clients come back"
            yield _plain("drained-in-use", WARNING, reading, row, text, seen, risk, do, "")


def orphans(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """Connections to servers that are not in the table, whose packets the kernel drops silently. A sync daemon also
    brings those of servers that were never in it."""
    key = reading.service.key
    if case.sample is None or case.ipvs("expire_nodest_conn") != 0:
        return
    there = {row.server.key for row in pool} if case.sample.orphans else frozenset()
    for (service, server), number in case.sample.orphans.items():
        if service == key and server not in there:  # it may be there again, and the sample older
            name = f"{server_text(server)} in {service_text(key)}"
            least = "" if case.sample.whole else "at least "
            seen = (
                Evidence("connections to it", str(number), _SAMPLE),
                Evidence("sample", _sampled(case), _SAMPLE),
                Evidence("net.ipv4.vs.expire_nodest_conn", "0", "/proc/sys"),
            )
            if case.state.vrrp.role != "MASTER" and any(one.role == "backup" for one in case.state.sync or ()):
                text = f"is not in the table, and {least}{number} connections to it came from the other director"
                risk = "the other director serves them; after a failover to this one they hang until they time out"
                here = "a adds the server, where it is missing here"
                yield Finding("orphans", NOTICE, name, text, seen, risk, (), here, service=key)
                continue
            text = f"is not in the table, and {least}{number} of its connections hang until they time out"
            do = ("sysctl -w net.ipv4.vs.expire_nodest_conn=1",)
            risk = "their clients wait for up to 15 minutes; with 1 they are reset and come back at once"
            yield Finding("orphans", WARNING, name, text, seen, risk, do, "a adds the server again", service=key)


def one_client(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """A client address that has most connections of a service that binds each client to one server."""
    service = reading.service
    if case.sample is None or (service.persistence is None and service.scheduler not in ("sh", "mh")):
        return
    flows = [(row, flow) for row in pool if (flow := case.flowing(service.key, row.server.key)) is not None]
    rows = sum(flow.rows for _, flow in flows)
    if rows < _ENOUGH or len(pool) < 2:
        return
    row, most = max(flows, key=lambda one: one[1].largest)
    if most.largest / rows > case.limits.one_client / 100:
        client, way = address_text(most.client), "persistence" if service.persistence is not None else service.scheduler
        text = f"{most.largest / rows:.0%} of its connections come from {client}, and {way} sends them to one server"
        seen = (
            Evidence(f"connections of {client}", f"{most.largest} of {rows} sampled", _SAMPLE),
            Evidence("server", server_text(row.server.key), _SAMPLE),
        )
        risk = "many users behind one address load one server"
        here = "e: sh-port, a shorter persistence; or s: wlc"
        yield Finding("one-client", NOTICE, service_text(service.key), text, seen, risk, (), here, service=service.key)


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
    return _plain(name, severity, reading, row, text, seen, risk, do, here)


def _plain(
    name: str,
    severity: int,
    reading: ServiceReading,
    row: ServerReading,
    text: str,
    seen: tuple[Evidence, ...],
    risk: str,
    do: tuple[str, ...],
    here: str,
) -> Finding:
    subject = f"{server_text(row.server.key)} in {service_text(reading.service.key)}"
    return Finding(name, severity, subject, text, seen, risk, do, here, service=reading.service.key)


def _full(row: ServerReading) -> bool:
    return bool(row.server.upper) and row.active + row.inactive >= (row.server.upper or 0)


def _sampled(case: Case) -> str:
    sample = case.sample
    if sample is None:
        return "none"
    age = case.state.taken - sample.at
    when = f", {age:.0f} s ago" if age >= _OLD else ""
    return f"{sample.rows} rows" + (", all there are" if sample.whole else " of more") + when

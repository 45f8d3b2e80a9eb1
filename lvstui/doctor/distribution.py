"""Findings on where the connections of one service go: other shares than its weights say, one client with most of
them, and servers that are drained or not in the table at all."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.model import address_text, server_text
from lvstui.director.state import Pool, ServerReading, ServiceReading
from lvstui.doctor.case import Case
from lvstui.doctor.finding import NOTICE, WARNING, Evidence, Finding, of_server, of_service

_BALANCED = {"rr", "wrr", "lc", "wlc", "sed", "nq"}
"""Schedulers that distribute by weight, or evenly."""
_EVEN = {"rr", "lc"}
_ENOUGH = 50
"""The least number of sampled connections of a service before a client is named."""
_TABLE, _SAMPLE = "IPVS table", "/proc/net/ip_vs_conn"


def imbalance(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """A pool whose load differs from its weights by more than chance explains."""
    service = reading.service
    if service.scheduler not in _BALANCED or service.persistence is not None:
        return
    skewed = _skew(reading, pool, case)
    if skewed is None:
        return
    rows, shares, skew, chance, active = skewed
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
    yield of_service("imbalance", NOTICE, service.key, text, seen, risk, here=here)


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
    skewed = _skew(reading, pool, case)
    if skewed is None:
        return
    rows, shares, skew, chance, active = skewed
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
    yield of_service("persistence-skew", NOTICE, service.key, text, seen, risk, here=here)


def one_client(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """A client address that has most connections of a service that binds each client to one server."""
    service = reading.service
    if case.sample is None or (service.persistence is None and service.scheduler not in ("sh", "mh")):
        return
    flows = [(row, flow) for row in pool if (flow := case.flowing(service.key, row.server.key)) is not None]
    rows = sum(flow.rows for _, flow in flows)
    if rows < _ENOUGH or len(pool) < 2:
        return
    row, most = max(flows, key=lambda flow: flow[1].largest)
    if most.largest / rows > case.limits.one_client / 100:
        client, way = address_text(most.client), "persistence" if service.persistence is not None else service.scheduler
        text = f"{most.largest / rows:.0%} of its connections come from {client}, and {way} sends them to one server"
        seen = (
            Evidence(f"connections of {client}", f"{most.largest} of {rows} sampled", _SAMPLE),
            Evidence("server", server_text(row.server.key), _SAMPLE),
        )
        risk = "many users behind one address load one server"
        here = "e: sh-port, a shorter persistence; or s: wlc"
        yield of_service("one-client", NOTICE, service.key, text, seen, risk, here=here)


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
            yield of_server("drained-in-use", WARNING, reading.service.key, row.server.key, text, seen, risk, do, "")


def orphans(reading: ServiceReading, pool: Pool, case: Case) -> Iterator[Finding]:
    """Connections to servers that are not in the table, whose packets the kernel drops silently. A sync daemon also
    brings those of servers that were never in it."""
    key = reading.service.key
    if case.sample is None or case.ipvs("expire_nodest_conn") != 0:
        return
    there = {row.server.key for row in pool} if case.sample.orphans else frozenset()
    for (service, server), number in case.sample.orphans.items():
        if service == key and server not in there:  # it may be there again, and the sample older
            least = "" if case.sample.whole else "at least "
            seen = (
                Evidence("connections to it", str(number), _SAMPLE),
                Evidence("sample", case.sampled, _SAMPLE),
                Evidence("net.ipv4.vs.expire_nodest_conn", "0", "/proc/sys"),
            )
            if case.state.vrrp.role != "MASTER" and any(daemon.role == "backup" for daemon in case.state.sync or ()):
                text = f"is not in the table, and {least}{number} connections to it came from the other director"
                risk = "the other director serves them; after a failover to this one they hang until they time out"
                here = "a adds the server, where it is missing here"
                yield of_server("orphans", NOTICE, key, server, text, seen, risk, here=here)
                continue
            text = f"is not in the table, and {least}{number} of its connections hang until they time out"
            do = ("sysctl -w net.ipv4.vs.expire_nodest_conn=1",)
            risk = "their clients wait for up to 15 minutes; with 1 they are reset and come back at once"
            yield of_server("orphans", WARNING, key, server, text, seen, risk, do, "a adds the server again")


def _full(row: ServerReading) -> bool:
    return bool(row.server.upper) and row.active + row.inactive >= (row.server.upper or 0)

"""What the schedulers and flags of a virtual service do, for operators who do not know them (net/netfilter/ipvs of
Linux)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvstui.director.model import Service, netmask_text

SCHEDULERS: Mapping[str, tuple[str, str]] = {
    "rr": ("round robin: each server in turn", "weights are ignored, except 0: such a server gets nothing"),
    "wrr": (
        "weighted round robin: each server in turn, as often as its weight says",
        "a server of weight 3 gets three new connections where one of weight 1 gets one",
    ),
    "lc": (
        "least connections: the server with the fewest connections",
        "weights are ignored, except 0; an active connection counts as much as 256 inactive ones",
    ),
    "wlc": (
        "weighted least connections: the server with the fewest connections for its weight",
        "an active connection counts as much as 256 inactive ones; long connections even out by themselves",
    ),
    "lblc": (
        "locality-based least connections: all that goes to one destination address goes to one server",
        "meant for caches; another server is taken when that one is overloaded and one stands idle",
    ),
    "lblcr": (
        "lblc with replication: one destination address may go to a set of servers",
        "meant for caches; the set grows under load, and shrinks when it has stood still for a while",
    ),
    "dh": (
        "destination hashing: the server follows from the destination address",
        "meant for caches in front of many addresses; with one virtual address all goes to one server",
    ),
    "sh": (
        "source hashing: the server follows from the client's address, as long as the servers stay the same",
        "clients of a server that is full or at weight 0 are refused, unless sh-fallback is set",
    ),
    "mh": (
        "Maglev hashing: the server follows from the client's address; few clients move when servers change",
        "clients of a server that is full or at weight 0 are refused, unless mh-fallback is set",
    ),
    "sed": (
        "shortest expected delay: the server with the least (connections + 1) for its weight",
        "strong servers are taken first, and weak ones may stay idle while there is little to do",
    ),
    "nq": ("never queue: a server that is idle, whatever its weight", "when none is idle, as sed does"),
    "fo": (
        "fail over: the server with the highest weight gets everything",
        "the others stand by, and the next in weight follows when it goes",
    ),
    "ovf": (
        "overflow: the server with the highest weight, until it has as many active connections as its weight",
        "then the next; a weight is a capacity here, and when all are full, clients are refused",
    ),
    "twos": (
        "power of two choices: two servers are drawn by their weights, and the less loaded of them is taken",
        "nearly as even as wlc, at less cost with many servers",
    ),
}

_UNKNOWN = ("a scheduler that lvstui does not know", "see its kernel module")


def scheduler(name: str) -> tuple[str, str]:
    """What a scheduler does, in two lines."""
    return SCHEDULERS.get(name, _UNKNOWN)


def options(service: Service) -> Iterator[tuple[str, str]]:
    """Each option that a service has, and what the option does."""
    if service.persistence is not None:
        mask = ""
        if service.netmask is not None:
            mask = f", all of a network {netmask_text(service.netmask, service.key.family)} together"
        yield (
            f"-p {service.persistence}",
            f"a client stays with its server until {service.persistence} s after its last connection{mask}",
        )
    if service.engine:
        yield (
            f"--pe {service.engine}",
            "clients are grouped by the SIP Call-ID, not by their address",
        )
    if service.one_packet:
        yield "-o", "each packet is scheduled by itself; no connection is remembered"
    fallback = f"{service.scheduler}-fallback"
    if service.scheduler in ("sh", "mh"):
        if service.flags & 1:
            yield fallback, "clients of a server that takes none go to another one"
        else:
            yield f"no {fallback}", "clients of a server that is full or at weight 0 are refused"
        if service.flags & 2:
            yield f"{service.scheduler}-port", "the client's port counts too: its connections go to different servers"
    elif service.flags & 3:
        yield "flag-1, flag-2", f"{service.scheduler} ignores these flags"
    if service.flags & 4:
        yield "flag-3", "no scheduler of Linux uses it"

"""What a virtual service carries at a moment, in closed form. Connections arrive at a rate that rises and falls; a
service's real servers share them as its scheduler would. A Life holds the state at the last change of the service's
rules, so that a reading needs only the Life and the Moment, and two readings of one moment are equal, whatever was read
before."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, exp, sin, sqrt, tau
from zlib import crc32

from lvstui.director.model import UDP, Entry, Forward, Server, ServerKey, Service
from lvstui.director.state import Counters, Load, Rates, ServerReading, ServiceReading
from lvstui.values import NamedTuple

STEP = 2.0
"""Seconds between two movements of the counters, as in the kernel (ip_vs_est.c)."""
CLOSING = 120.0
"""Seconds that a closed TCP connection stays in the table: FIN_WAIT as the director of direct routing sees it."""
_EBB = 40.0
"""Seconds in which inactive connections change by a factor of e after a change."""


class Moment(NamedTuple):
    """An instant of a world. `at` is seconds since it began, `carried` seconds of those with traffic here, `counted`
    the same when the counters last moved. `level` is how far connections have ebbed (0) or grown (1) after the VRRP
    role moved; `carrying` whether traffic comes here now."""

    at: float
    carried: float
    counted: float
    level: float = 1.0
    carrying: bool = True


class Traits(NamedTuple):
    """A service's own habits. The arrival rate is `base` with two waves on it; `stay` is how long a connection is
    active; the rest is per connection."""

    base: float
    slow: float
    slow_phase: float
    fast: float
    fast_phase: float
    stay: float
    in_packets: int
    out_packets: int
    in_bytes: int
    out_bytes: int
    age: float


class ServerTraffic(NamedTuple):
    """A real server's part: its share of arrivals, connections counted (`out` while translated), and by how much its
    connections in the table differed from its share when the rules last changed."""

    server: Server
    share: float
    conns: float
    out: float
    active: float
    inactive: float
    persistent: float
    salt: int


class Life(NamedTuple):
    """A service since its rules last changed: at `since`, with the counters of that moment, which had moved at
    `counted`."""

    service: Service
    traits: Traits
    since: float
    counted: float
    conns: float
    out: float
    members: Mapping[ServerKey, ServerTraffic]


def traits_of(service: Service, seed: int) -> Traits:
    """A service's habits: the same for the same key and seed."""
    key = service.key
    name = b"%d/%d/%d/%b/%d" % (key.fwmark, key.family, key.protocol, key.address, key.port)
    dice = [crc32(b"%d:%d:" % (seed, i) + name) / 2**32 for i in range(6)]
    reply = int(4_000 + 36_000 * dice[5] ** 3)
    return Traits(
        base=20 * 10 ** dice[0],
        slow=tau / (40 + 50 * dice[1]),
        slow_phase=tau * dice[2],
        fast=tau / (9 + 8 * dice[3]),
        fast_phase=tau * dice[4],
        stay=4 + 8 * dice[3],
        in_packets=6 + int(8 * dice[4]),
        out_packets=5 + reply // 1400,
        in_bytes=500 + int(1500 * dice[5]),
        out_bytes=reply,
        age=3600 * (20 + 200 * dice[1]),
    )


def rate(traits: Traits, carried: float) -> float:
    """Connections per second."""
    slow = sin(traits.slow * carried + traits.slow_phase)
    fast = sin(traits.fast * carried + traits.fast_phase)
    return traits.base * (1 + 0.25 * slow + 0.12 * fast)


def arrived(traits: Traits, start: float, end: float) -> float:
    """Connections that arrived between two moments: the integral of `rate`."""

    def until(carried: float) -> float:
        slow = cos(traits.slow * carried + traits.slow_phase) / traits.slow
        fast = cos(traits.fast * carried + traits.fast_phase) / traits.fast
        return carried - 0.25 * slow - 0.12 * fast

    return traits.base * (until(end) - until(start))


def shares(entry: Entry) -> dict[ServerKey, float]:
    """Each real server's share of a service's connections; empty if none can get any."""
    live = {key: server.weight for key, server in entry.servers.items() if server.weight > 0}
    if not live:
        return {}
    if entry.service.scheduler in ("fo", "ovf"):
        return {max(live, key=lambda key: live[key]): 1.0}  # until it overflows, which here it never does
    if entry.service.scheduler in ("rr", "lc"):
        return dict.fromkeys(live, 1 / len(live))
    whole = sum(live.values())
    return {key: weight / whole for key, weight in live.items()}


def grown(entry: Entry, seed: int) -> Life:
    """A service that has existed for long when the world begins."""
    service, traits = entry.service, traits_of(entry.service, seed)
    conns = traits.base * traits.age
    parts = shares(entry)
    members = {
        key: ServerTraffic(
            server,
            part := parts.get(key, 0.0),
            conns * part,
            conns * part if server.forward == Forward.MASQ else 0.0,
            0.0,
            0.0,
            0.0,
            _salt(key, seed),
        )
        for key, server in entry.servers.items()
    }
    out = sum(member.out for member in members.values())
    return Life(service, traits, 0.0, 0.0, conns if parts else 0.0, out, members)


def newborn(entry: Entry, seed: int, now: Moment) -> Life:
    """A service that is created now, without connections."""
    life = Life(entry.service, traits_of(entry.service, seed), now.at, now.counted, 0.0, 0.0, {})
    return changed(life, entry, seed, now)


def changed(life: Life, entry: Entry, seed: int, now: Moment, *, zero: bool = False) -> Life:
    """The service with other rules from now on. Its connections stay, and then decrease or grow. `zero` sets the
    counters to zero."""
    conns, out = _counted(life, now)
    service, traits, parts = entry.service, life.traits, shares(entry)
    members = {}
    for key, server in entry.servers.items():
        part = parts.get(key, 0.0)
        old = life.members.get(key)
        have = (0.0, 0.0)
        if old is not None and not zero:
            have = _counted_by(life, old, now)
        was = _connections(life, old, now) if old is not None else (0.0, 0.0, 0.0)
        goal = _goals(service, traits, part, now)
        active, inactive, persistent = (w - g for w, g in zip(was, goal, strict=True))
        salt = old.salt if old is not None else _salt(key, seed)
        members[key] = ServerTraffic(server, part, *have, active, inactive, persistent, salt)
    if zero:
        conns = out = 0.0
    return Life(service, traits, now.at, now.counted, conns, out, members)


def service_reading(life: Life, now: Moment) -> ServiceReading:
    flow = rate(life.traits, now.counted) if now.carrying else 0.0
    flow_in = flow if any(member.share for member in life.members.values()) else 0.0
    flow_out = flow * _translated(life)
    return ServiceReading(life.service, _counters(life, *_counted(life, now)), _rates(life, flow_in, flow_out))


def server_reading(life: Life, member: ServerTraffic, now: Moment) -> ServerReading:
    flow = rate(life.traits, now.counted) * member.share if now.carrying else 0.0
    flow_out = flow if member.server.forward == Forward.MASQ else 0.0
    counters = _counters(life, *_counted_by(life, member, now))
    return ServerReading(member.server, *connections(life, member, now), counters, _rates(life, flow, flow_out))


def connections(life: Life, member: ServerTraffic, now: Moment) -> tuple[int, int, int]:
    """A real server's active, inactive and persistent connections."""
    active, inactive, persistent = _connections(life, member, now)
    active, inactive = _flicker(active, member.salt, int(now.at)), _flicker(inactive, ~member.salt, int(now.at))
    if member.server.upper:
        # An overloaded server gets nothing more until connections end, the closing ones included.
        active = min(active, member.server.upper)
        inactive = min(inactive, member.server.upper - active)
    return round(active), round(inactive), round(persistent)


def load(life: Life, now: Moment) -> Load:
    """The whole pool, without making its rows."""
    live = weight = active = inactive = 0
    for member in life.members.values():
        live += member.server.weight > 0
        weight += member.server.weight
        a, i, _ = connections(life, member, now)
        active += a
        inactive += i
    return Load(len(life.members), live, weight, active, inactive)


def averages(life: Life) -> tuple[Load, Rates]:
    """What the service carries on average."""
    traits, members = life.traits, life.members.values()
    live = weight = 0
    share = out = 0.0
    for member in members:
        live += member.server.weight > 0
        weight += member.server.weight
        share += member.share
        out += member.share if member.server.forward == Forward.MASQ else 0.0
    udp, hidden = life.service.key.protocol == UDP, life.service.one_packet
    active = 0 if hidden or udp else int(traits.base * share * traits.stay)
    inactive = 0 if hidden else int(traits.base * share * (traits.stay * 4 if udp else CLOSING))
    return Load(len(members), live, weight, active, inactive), _rates(life, traits.base * share, traits.base * out)


def _connections(life: Life, member: ServerTraffic, now: Moment) -> tuple[float, float, float]:
    goals = _goals(life.service, life.traits, member.share, now)
    if not (member.active or member.inactive or member.persistent):
        return goals
    service, passed = life.service, now.at - life.since
    # Clients bound by persistence come back to a drained server until their template expires.
    hold = 3 if service.persistence is not None else 1
    return (
        max(0.0, goals[0] + member.active * exp(-passed / (life.traits.stay * hold))),
        max(0.0, goals[1] + member.inactive * exp(-passed / (_EBB * hold))),
        max(0.0, goals[2] + member.persistent * exp(-passed / ((service.persistence or 60) / 2))),
    )


def _goals(service: Service, traits: Traits, share: float, now: Moment) -> tuple[float, float, float]:
    """The connections that a share of the arrivals keeps in the table."""
    if not share:
        return 0.0, 0.0, 0.0
    flow = rate(traits, now.carried) * share * now.level
    bound = 0.2 * flow * min(service.persistence, 300) if service.persistence is not None else 0.0
    if service.one_packet:
        return 0.0, 0.0, 0.0  # they never enter the table
    if service.key.protocol == UDP:
        return 0.0, flow * traits.stay * 4, bound  # the kernel counts every UDP connection as inactive
    # Two minutes of closed connections even the waves out, and outlast a move of the role.
    return flow * traits.stay, traits.base * share * CLOSING * now.level**0.125, bound


def _counted(life: Life, now: Moment) -> tuple[float, float]:
    """A service's connections so far, and those of them whose replies passed through here."""
    if not any(member.share for member in life.members.values()):
        return life.conns, life.out
    new = arrived(life.traits, life.counted, now.counted)
    return life.conns + new, life.out + new * _translated(life)


def _counted_by(life: Life, member: ServerTraffic, now: Moment) -> tuple[float, float]:
    new = arrived(life.traits, life.counted, now.counted) * member.share if member.share else 0.0
    return member.conns + new, member.out + (new if member.server.forward == Forward.MASQ else 0.0)


def _translated(life: Life) -> float:
    """The share of connections whose replies come back through the director; those of direct routing and tunnels go
    straight to the client."""
    return sum(member.share for member in life.members.values() if member.server.forward == Forward.MASQ)


def _counters(life: Life, conns: float, out: float) -> Counters:
    traits = life.traits
    return Counters(
        int(conns),
        int(conns * traits.in_packets),
        int(out * traits.out_packets),
        int(conns * traits.in_bytes),
        int(out * traits.out_bytes),
    )


def _rates(life: Life, flow: float, out: float) -> Rates:
    traits = life.traits
    return Rates(
        float(round(flow)),
        float(round(flow * traits.in_packets)),
        float(round(out * traits.out_packets)),
        float(round(flow * traits.in_bytes)),
        float(round(out * traits.out_bytes)),
    )


def _flicker(value: float, salt: int, second: int) -> float:
    """A little more or less, different each second, like counts of many short connections."""
    dice = ((salt + second * 0x9E3779B1) * 0x85EBCA6B >> 11) & 0xFFFF
    return value + (dice / 0x10000 - 0.5) * 1.5 * sqrt(value)


def _salt(key: ServerKey, seed: int) -> int:
    return crc32(b"%d:%b:%d" % (seed, key.address, key.port))

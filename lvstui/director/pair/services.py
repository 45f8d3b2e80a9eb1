"""Compares the tables of two directors: services and real servers missing from one, servers that only one cannot reach,
and different rules and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvstui.director.checks.sorry import real
from lvstui.director.checks.verdicts import DOWN, OPEN, SORRY, Verdict, service_verdicts
from lvstui.director.edits import rule_edits, service_edits
from lvstui.director.model import Entry, Server, ServerKey, Service, ServiceKey, server_text, service_text
from lvstui.director.pair.point import (
    CHECK,
    DIFFERS,
    EQUAL,
    MISSING,
    NOT_KNOWN,
    RULE,
    SERVER,
    SERVICE,
    UNKNOWN,
    WEIGHT,
    Point,
    Side,
    lacking,
    standing,
)
from lvstui.director.state import Pool
from lvstui.values import NamedTuple

_ATTRIBUTES = {"flags": "flags", "engine": "engine", "persistence": "persistence"}
_LIMITS = {"upper": "thresholds", "lower": "thresholds", "tunnel": "tunnel"}
"""The names under which a State reports attributes that it cannot read."""


class _Status(NamedTuple):
    """A real server on one side: in the table, in the configuration, and its verdict."""

    there: Server | None = None
    configured: Server | None = None
    verdict: Verdict | None = None

    @property
    def exists(self) -> bool:
        return self.there is not None or self.configured is not None

    @property
    def failed(self) -> bool:
        """Whether its check removed it, as far as is known; keepalived reports no reason."""
        verdict = self.verdict
        return verdict is not None and (
            (verdict.state == DOWN)
            or (verdict.state == OPEN and ("check" in verdict.words or "not up" in verdict.words))
        )

    @property
    def live(self) -> bool:
        return self.there is not None and self.there.weight > 0 and not self.failed

    @property
    def words(self) -> str:
        if self.failed and self.verdict is not None:
            return self.verdict.words
        if self.there is not None:
            return f"weight {self.there.weight}"
        return self.verdict.words if self.verdict is not None else MISSING


_NOWHERE = _Status()


def points(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """The points about the tables; with `whole`, also what is equal."""
    yield from _untold(this, other)
    ours, theirs = this.state.services, other.state.services
    keys = ours.keys if ours.keys == theirs.keys else sorted({*ours.keys, *theirs.keys})
    for key in keys:
        here, there = ours.find(key), theirs.find(key)
        if here is None or there is None:
            yield _one_sided(key, this, other)
        else:
            yield from _service(key, here.service, there.service, this, other, whole)
            yield from _servers(key, this, other, whole)


def _untold(this: Side, other: Side) -> Iterator[Point]:
    """The points about attributes that a source cannot read."""
    lost = this.state.unknown | other.state.unknown
    if lost := lost - {"counters"}:
        words = [NOT_KNOWN if side.state.unknown else "known" for side in (this, other)]
        yield Point(RULE, "every service", ", ".join(sorted(lost)), words[0], words[1], UNKNOWN)


def _one_sided(key: ServiceKey, this: Side, other: Side) -> Point:
    here = this.state.services.find(key) is not None
    words = [_described(key, side) or _absent(key, side) for side in (this, other)]
    twin = key._replace(family=10 - key.family)  # /proc does not show the family of a firewall mark
    lost = "family" in this.state.unknown | other.state.unknown
    if (
        key.fwmark
        and lost
        and all(key in s.state.services.keys or twin in s.state.services.keys for s in (this, other))
    ):
        return Point(SERVICE, service_text(key), "family", NOT_KNOWN, NOT_KNOWN, UNKNOWN)
    return Point(SERVICE, service_text(key), "service", words[0], words[1], DIFFERS, lacking(here, not here))


def _described(key: ServiceKey, side: Side) -> str:
    reading = side.state.services.find(key)
    if reading is None:
        return ""
    pool = side.state.pools.get(key)
    if pool is None:
        return reading.service.scheduler
    return f"{reading.service.scheduler}, {len(pool)} server{'' if len(pool) == 1 else 's'}"


def _absent(key: ServiceKey, side: Side) -> str:
    configured = side.configured is not None and key in side.configured.rules.rules
    return "only configured" if configured else MISSING


def _service(key: ServiceKey, here: Service, there: Service, this: Side, other: Side, whole: bool) -> Iterator[Point]:
    lost = this.state.unknown | other.state.unknown
    about = service_text(key)
    edits = [edit for edit in service_edits(here, there) if _ATTRIBUTES.get(_first(edit[0]), "") not in lost]
    for name, mine, yours in edits:
        yield Point(RULE, about, name, mine, yours)
    if whole and not edits:
        yield Point(RULE, about, "scheduler", here.scheduler, there.scheduler, EQUAL)


def _first(name: str) -> str:
    return "persistence" if name == "mask" else name


def _servers(key: ServiceKey, this: Side, other: Side, whole: bool) -> Iterator[Point]:
    ours, theirs = this.state.pools.get(key), other.state.pools.get(key)
    if ours is None or theirs is None:
        words = [NOT_KNOWN if pool is None else f"{len(pool)} servers" for pool in (ours, theirs)]
        yield Point(SERVER, service_text(key), "servers", words[0], words[1], UNKNOWN)
        return
    if not whole and _plain(key, ours, theirs, this, other):
        return
    mine, yours = _statuses(key, ours, this), _statuses(key, theirs, other)
    for name in sorted(mine.keys() | yours.keys()):
        yield from _server(key, name, mine.get(name, _NOWHERE), yours.get(name, _NOWHERE), this, other, whole)


def _plain(key: ServiceKey, ours: Pool, theirs: Pool, this: Side, other: Side) -> bool:
    """Whether both have the same servers, all of them serving, with the same configuration, as most services do."""
    mine, yours = ours.servers(), theirs.servers()
    if len(mine) != len(yours) or any(a != b or not a.weight for a, b in zip(mine, yours, strict=True)):
        return False
    first, second = _configured(key, this), _configured(key, other)
    there = {server.key for server in mine}
    return first == second and (first is None or first.keys() == there)


def _configured(key: ServiceKey, side: Side) -> dict[ServerKey, Server] | None:
    """The configured real servers; None where they are not known, or the service is not configured."""
    configuration = side.configured
    return real(key, configuration) if configuration is not None and key in configuration.rules.rules else None


def _statuses(key: ServiceKey, pool: Pool, side: Side) -> Mapping[ServerKey, _Status]:
    servers, keeping = pool.servers(), side.keeping
    judged = None
    if keeping is not None:
        judged = service_verdicts(key, servers, keeping, side.settled(key), changed=side.changed(key))
    verdicts = judged.verdicts if judged is not None else {}
    configured = _configured(key, side) or {}
    live = {server.key: server for server in servers}
    names = {*live, *configured}
    return {
        name: _Status(live.get(name), configured.get(name), verdicts.get(name))
        for name in names
        if name not in verdicts or verdicts[name].state != SORRY
    }


def _server(
    key: ServiceKey, name: ServerKey, mine: _Status, yours: _Status, this: Side, other: Side, whole: bool
) -> Iterator[Point]:
    about, of = server_text(name), service_text(key)
    if not mine.exists or not yours.exists:
        if any(_stands_in(key, name, side) for side in (this, other)):
            return
        words = _words(mine, this), _words(yours, other)
        yield Point(SERVER, about, "server", *words, DIFFERS, lacking(mine.exists, yours.exists), of)
        return
    if mine.failed != yours.failed and (mine.live or yours.live):
        yield Point(CHECK, about, "check", mine.words, yours.words, DIFFERS, lacking(mine.live, yours.live), of)
    elif (mine.there is None) != (yours.there is None) and not (mine.failed and yours.failed):
        lacks = lacking(mine.there is not None, yours.there is not None)
        yield Point(SERVER, about, "server", mine.words, yours.words, DIFFERS, lacks, of)
    elif whole and mine.failed and yours.failed:
        yield Point(CHECK, about, "check", mine.words, yours.words, EQUAL, "", of)
    yield from _shape(about, of, mine, yours, this, other)
    yield from _weights(about, of, mine, yours, whole)


def _stands_in(key: ServiceKey, name: ServerKey, side: Side) -> bool:
    """Whether it is the sorry server of the service. The failed servers already show that it has taken over."""
    sorry = side.configured.sorry.get(key) if side.configured is not None else None
    return sorry is not None and sorry.key == name


def _words(status: _Status, side: Side) -> str:
    if status.exists:
        return status.words
    # A server that keepalived removed is not in the table, and without its configuration it is not known.
    unsure = side.keeping is None and side.state.owner in (None, "keepalived")
    return "missing or failed" if unsure else MISSING


def _shape(about: str, of: str, mine: _Status, yours: _Status, this: Side, other: Side) -> Iterator[Point]:
    server, two = mine.there or mine.configured, yours.there or yours.configured
    if server is None or two is None:
        return
    lost = this.state.unknown | other.state.unknown
    for attribute, ours, theirs in rule_edits(server, two):
        if _LIMITS.get(attribute, "") not in lost:
            yield Point(RULE, about, attribute, ours, theirs, DIFFERS, "", of)


def _weights(about: str, of: str, mine: _Status, yours: _Status, whole: bool) -> Iterator[Point]:
    planned = None
    if mine.configured is not None and yours.configured is not None:
        planned = mine.configured.weight, yours.configured.weight
        if planned[0] != planned[1]:
            yield Point(WEIGHT, about, "weight, configured", str(planned[0]), str(planned[1]), DIFFERS, "", of)
    if mine.there is None or yours.there is None or mine.failed or yours.failed:
        return
    weights = mine.there.weight, yours.there.weight
    configured_so = planned is not None and planned[0] != planned[1] and weights == planned
    if not configured_so and (whole or weights[0] != weights[1]):
        yield Point(WEIGHT, about, "weight", str(weights[0]), str(weights[1]), standing(*weights), "", of)


def entries(side: Side) -> Mapping[ServiceKey, Entry]:
    """The configured services, empty where they are not known."""
    return side.configured.rules.rules if side.configured is not None else {}

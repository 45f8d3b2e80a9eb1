"""The screens as text, to be read in review. LVSTUI_GOLDENS=1 writes them again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lvstui.config import Settings
from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.connections import Connection, ConnectionSample, ReadLimits
from lvstui.director.model import Entry, RuleSet, Server, Service, ServiceKey, Tunnel, server_key, service_key
from lvstui.director.model import address_packed as packed
from lvstui.director.probe import Probes
from lvstui.director.record import Record, Who
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import (
    Counters,
    Pool,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    Vrrp,
    rules_of,
    total,
)
from lvstui.director.vrrp.adverts import Advert
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, Tracked, VirtualAddress
from lvstui.store.audit import Log
from tests import screenshots
from tests.console.stage import Stage, opened
from tests.director.pair.made import FAULTY, MASTER

GOLDENS = Path(__file__).parent / "goldens"


class Still:
    """A director with one of everything, where nothing ever moves."""

    def __init__(self, state: State) -> None:
        self._state = state

    def read(self, scope: Scope) -> State:
        return self._state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        return ()

    def close(self) -> None:
        pass


def world() -> State:
    web, shop = service_key(6, "192.0.2.10", 80), service_key(6, "192.0.2.10", 443)
    mail, dns = service_key(6, "2001:db8:10::25", 25), service_key(17, "192.0.2.53", 53)
    sip, mark, far = service_key(17, "192.0.2.50", 5060), service_key(fwmark=7), service_key(6, "192.0.2.90", 8080)
    rules: list[tuple[Service, list[tuple[Server, int, int]]]] = [
        (
            Service(web, "wrr"),
            [
                (Server(server_key("10.0.0.11", 80), weight=3), 132, 2987),
                (Server(server_key("10.0.0.12", 80), weight=3), 141, 3011),
                (Server(server_key("10.0.0.13", 80), weight=0), 6, 120),
            ],
        ),
        (Service(shop, "wlc", persistence=600), [(Server(server_key("10.0.0.11", 443), weight=1), 2210, 15_322)]),
        (Service(dns, "rr", one_packet=True), [(Server(server_key("10.0.0.21", 53), 0, 1), 0, 0)]),
        (Service(sip, "rr", persistence=60, engine="sip"), [(Server(server_key("10.0.0.31", 5060), 0, 0), 0, 12)]),
        (
            Service(far, "sh", flags=3),
            [(Server(server_key("10.9.0.1", 8080), 2, 10, 1000, 800, Tunnel(1, 6080, 1)), 77, 3)],
        ),
        (Service(mail, "lc"), [(Server(server_key("2001:db8:10::a", 25), weight=1), 9, 41)]),
        (Service(mark, "mh", flags=2, persistence=360, netmask=0xFFFFFF00), []),
    ]
    pools: dict[ServiceKey, Pool] = {}
    readings = []
    for service, servers in rules:
        rows = []
        for server, active, inactive in servers:
            counters = Counters(active * 9001, active * 70_000, active * 66_000, active * 9_000_000, active * 8_000_000)
            rates = Rates(active / 9, active * 3.0, active * 2.8, active * 1200.0, active * 8800.0)
            rows.append(ServerReading(server, active, inactive, 0, counters, rates))
        pools[service.key] = PoolRows(0.0, rows)
        counted = [Counters(*map(sum, zip(*(row.counters for row in rows), strict=True)))] if rows else [Counters()]
        rated = [Rates(*map(sum, zip(*(row.rates for row in rows), strict=True)))] if rows else [Rates()]
        readings.append(ServiceReading(service, counted[0], rated[0]))
    return State(
        at=0.0,
        taken=0.0,
        host="lvs1",
        services=ServiceRows(readings),
        pools=pools,
        swept=0.0,
        load=total(pool.load for pool in pools.values()),
        traffic=Rates(290, 8000, 7000, 3_090_000, 22_600_000),
        owner="",
        vrrp=Vrrp("MASTER", ("192.0.2.10", "192.0.2.50", "192.0.2.53", "192.0.2.90"), True),
    )


CASES = {
    "services-80x24": ((80, 24), ()),
    "services-160x48": ((160, 48), ()),
    "services-200x60": ((200, 60), ("down",)),
    "servers-80x24": ((80, 24), ("enter",)),
    "servers-160x48": ((160, 48), ("enter", "j")),
    "weight-80x24": ((80, 24), ("enter", "plus")),
    "delete-80x24": ((80, 24), ("d",)),
    "form-80x24": ((80, 24), ("down", "e")),
    "form-server-160x48": ((160, 48), ("down", "enter", "e")),
    "help-80x24": ((80, 24), ("question_mark",)),
    "hosts-80x24": ((80, 24), ("2",)),
    "hosts-160x48": ((160, 48), ("2", "down")),
    "host-80x24": ((80, 24), ("2", "enter")),
    "host-160x48": ((160, 48), ("2", "enter")),
    "sorted-80x24": ((80, 24), ("o",)),
}


@pytest.mark.parametrize("name", sorted(CASES))
async def test_screen(name: str) -> None:
    size, keys = CASES[name]
    async with opened(Still(world()), size=size) as stage:
        await stage.press(*(("g",) if keys else ()), *keys)  # what is shown is the first service, not the worst
        await _compare(name, stage, size)


async def test_screen_of_one_who_may_only_read() -> None:
    poor = world()._replace(
        host="a-rather-long-host-name.example.org",
        read_only="no permission for netlink",
        unknown=frozenset(("counters", "thresholds", "flags", "family", "tunnel")),
        traffic=None,
        vrrp=Vrrp("BACKUP", (), True),
        notes=("run_estimation=0: counters and rates stand still",),
    )
    async with opened(Still(poor)) as stage:
        await _compare("read-only-80x24", stage, (80, 24))


async def test_screen_of_an_empty_table() -> None:
    empty = State(0.0, 0.0, "lvs1", vrrp=Vrrp("", (), False), swept=0.0)
    async with opened(Still(empty)) as stage:
        await _compare("empty-80x24", stage, (80, 24))


INCIDENT = {
    "incident-services-80x24": ((80, 24), ()),
    "incident-services-100x30": ((100, 30), ()),
    "incident-services-160x48": ((160, 48), ()),
    "incident-services-220x60": ((220, 60), ()),
    "incident-inside-80x24": ((80, 24), ("enter",)),
    "incident-server-80x24": ((80, 24), ("enter", "enter")),
    "incident-hosts-80x24": ((80, 24), ("2",)),
    "incident-audit-80x24": ((80, 24), ("6",)),
    "incident-audit-100x30": ((100, 30), ("6",)),
    "incident-vrrp-80x24": ((80, 24), ("4",)),
    "incident-doctor-80x24": ((80, 24), ("5",)),
}
NIGHT_OF_THE_INCIDENT = screenshots.BEGAN + 319_590.0
"""27 November 2026, 02:46:30 UTC, as in the design of these screens (tests/demo/test_mockups.py)."""


@pytest.mark.parametrize("name", sorted(INCIDENT))
async def test_screens_of_the_incident(name: str, tmp_path: Path) -> None:
    """The world of sixteen services in which admin is DOWN, ten seconds after it was opened."""
    size, keys = INCIDENT[name]
    clock = screenshots.Clock()
    with screenshots.fixed(clock, NIGHT_OF_THE_INCIDENT):
        world, names = screenshots.opened_world("incident", tmp_path, clock, NIGHT_OF_THE_INCIDENT)
        async with opened(world, size=size, folder=tmp_path, settings=Settings(names=names)) as stage:
            await screenshots.passes(stage, clock, 10.0)
            await stage.press(*keys)
            await stage.settle()
            await _compare(name, stage, size)


class Clocked(Still):
    """The same, read now."""

    def read(self, scope: Scope) -> State:
        return super().read(scope)._replace(taken=time.time())


class Sampled(Still):
    """The same with rows in its connection table, of which half are read."""

    def probes(self) -> Probes:
        return self  # type: ignore[return-value]

    def connections(self, wanted: ReadLimits, going: Callable[[], bool]) -> ConnectionSample:
        return ConnectionSample(tuple(connections()), 400, 0, False, 9000.0, 0.2)


def connections() -> Iterator[Connection]:
    """Of each state, of both families, bound clients, a server that is gone, one that was told of."""
    web, shop, mail = packed("192.0.2.10"), packed("192.0.2.10"), packed("2001:db8:10::25")
    servers = [server_key(f"10.0.0.{n}", 80) for n in (11, 12, 14)]
    six = server_key("2001:db8:10::a", 25)
    states = ("ESTABLISHED", "TIME_WAIT", "TIME_WAIT", "SYN_RECV", "FIN_WAIT")
    for n in range(350):
        client = bytes((203, 0, 113, n % 40 + 1)) if n % 3 else bytes((198, 51, 100, n % 7 + 1))
        server = servers[2] if not n % 50 else servers[n % 2]
        yield Connection(6, client, 40_000 + n, web, 80, server, states[n % 5], n * 2, n % 10 == 0)
    for n in range(30):
        yield Connection(6, packed(f"2001:db8:c0::{n % 4 + 1}"), 50_000 + n, mail, 25, six, "ESTABLISHED", 899, False)
    for n in range(20):
        client, port = bytes((203, 0, 113, n)), 0xFFFF if n == 3 else 443
        yield Connection(6, client, 0, shop, port, server_key("10.0.0.11", port), "ASSURED", 30 * n, False)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("connections", ("3",)),
        ("connections-clients", ("3", "tab")),
        ("connections-inside", ("3", "enter")),
        ("connections-bound", ("3", "tab", "tab", "tab", "tab")),
    ],
)
async def test_screens_of_the_connections(
    name: str, keys: Sequence[str], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        async with opened(Sampled(world()._replace(taken=9001.0)), size=size) as stage:
            await stage.press(keys[0])
            await stage.shows("sample: 400 of about")
            await stage.press(*keys[1:])
            await _compare(f"{name}-{size[0]}x{size[1]}", stage, size)
    finally:
        monkeypatch.undo()
        time.tzset()


def instances() -> Vrrp:
    """A master, a backup of which another says it is master too, and a fault."""
    web, far = (VirtualAddress(bytes((192, 0, 2, last)), 24, "eth1") for last in (10, 50))
    advert = Advert(52, 2, bytes((192, 0, 2, 3)), 90, 1.0, (far.address,), True)
    split = "split brain: 192.0.2.3 (priority 90) is master too"
    script = Tracked("script", "haproxy", 0, False)
    one = Instance("VI_web", "MASTER", 39_990.0, "eth1", 51, 4, 2, 100, 100, 1.0, True, (web,), group="G1")
    two = Instance("VI_far", "MASTER", 100.0, "eth1", 52, 4, 2, 100, 95, 1.0, False, (far,), group="G1")
    three = Instance("VI_v6", "FAULT", 39_000.0, "eth2", 53, 6, 3, 100, 100, 0.5, tracked=(script,), faults=1)
    standings = (
        InstanceStatus(one, "MASTER", (True,), True, (advert._replace(vrid=51, source=web.address),)),
        InstanceStatus(two, "MASTER", (True,), True, (advert,), (split,)),
        InstanceStatus(three, "FAULT", (), False, (), ("eth2 is down", "1 of what it tracks failed: script haproxy")),
    )
    timed = tuple(one._replace(since=one.instance.since) for one in standings)
    return Vrrp("PARTIAL", ("192.0.2.10", "192.0.2.50"), True, timed, "dump", 39_995.0)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(("name", "keys"), [("vrrp", ("4", "down")), ("instance", ("4", "down", "enter"))])
async def test_screens_of_vrrp(
    name: str, keys: Sequence[str], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        async with opened(Still(world()._replace(taken=40_000.0, vrrp=instances())), size=size) as stage:
            await stage.press(*keys)
            await _compare(f"{name}-{size[0]}x{size[1]}", stage, size)
    finally:
        monkeypatch.undo()
        time.tzset()


NIGHT = 86_400.0
"""The midnight before what the audit log tells of today: no record is older than the epoch."""


def records() -> list[Record]:
    """One of each kind, earliest first: one of yesterday, the others of today."""
    web, server = service_key(6, "192.0.2.10", 80), Server(server_key("10.0.0.13", 80), weight=0)
    ann = Who("ann", "root", "ann", "203.0.113.9", "pts/3")
    drain = "ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.13:80 -g -w 0"
    back = (EditServer(web, server._replace(weight=3)),)
    here, there = ("lvs1", "net-4026531840"), "keepalived?"
    delete = "ipvsadm -d -t 192.0.2.10:80 -r 10.0.0.14:80"
    return [
        Record(NIGHT - 50_000.0, ann, *here, "restore", "restore friday.toml", f"{drain} and 1200 more", "done"),
        Record(NIGHT + 120.0, Who(), *here, "keepalived", "VRRP BACKUP -> MASTER, now holds 192.0.2.10", "", "seen"),
        Record(NIGHT + 34_201.5, ann, *here, "console", "drain 10.0.0.13:80", drain, "done", "", "new disk",
               EditServer(web, server), back),
        Record(NIGHT + 34_217.0, ann, *here, "console", "weight of 10.0.0.13:80", drain, "refused", "no such server"),
        Record(NIGHT + 34_291.0, Who(), *here, there, "10.0.0.14:80 removed from tcp 192.0.2.10:80", delete, "seen",
               "", "", DeleteServer(web, server_key("10.0.0.14", 80)),
               (AddServer(web, Server(server_key("10.0.0.14", 80))),)),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(("name", "keys"), [("audit", ("6",)), ("record", ("6", "down", "down", "enter"))])
async def test_screens_of_the_audit_log(
    name: str, keys: Sequence[str], size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        Log(tmp_path, system=False).write(records())
        async with opened(Still(world()._replace(taken=NIGHT + 40_000.0)), size=size, folder=tmp_path) as stage:
            await stage.press(*keys)
            await _compare(f"{name}-{size[0]}x{size[1]}", stage, size)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(("name", "keys"), [("snapshots", ("7",)), ("contents", ("7", "enter"))])
async def test_screens_of_the_snapshots(
    name: str, keys: Sequence[str], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        now = rules_of(world())
        web, mail = service_key(6, "192.0.2.10", 80), service_key(6, "2001:db8:10::25", 25)
        ten = server_key("10.0.0.13", 80)
        servers = {**now.rules[web].servers, ten: now.rules[web].servers[ten]._replace(weight=3)}
        friday = {**now.rules, web: Entry(Service(web, "wlc"), servers)}
        del friday[mail]
        stored = {Path("/snapshots/friday.toml"): RuleSet(friday), Path("/snapshots/lvs1-20261120.toml"): now,
                  Path("/lvstui/snapshots/nat.toml"): RuleSet()}  # fmt: skip
        async with opened(Still(world()), size=size, stored=stored) as stage:
            await stage.press(*keys)
            await _compare(f"{name}-{size[0]}x{size[1]}", stage, size)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
@pytest.mark.parametrize(("name", "keys"), [("pair", ("8",)), ("pair-all", ("8", "tab"))])
async def test_screens_of_the_pair(name: str, keys: Sequence[str], size: tuple[int, int]) -> None:
    other = Clocked(FAULTY)
    async with opened(Clocked(MASTER), size=size, opener=lambda host: other, pair="lvs2") as stage:
        await stage.until(lambda: bool((reading := stage.app.peer.reading) and reading.compared))
        await stage.press(*keys)
        await stage.shows("if lvs2 took over now")
        await _compare(f"{name}-{size[0]}x{size[1]}", stage, size)


async def _compare(name: str, stage: Stage, size: tuple[int, int]) -> None:
    """A page may be drawn in two steps, so its last one is waited for. A read that takes a busy machine more than a
    second is said to hang until the next one, half a minute later."""
    path = GOLDENS / f"{name}.txt"
    limit = time.monotonic() + (2.5 if os.environ.get("LVSTUI_GOLDENS") else 90.0)
    while not (path.is_file() and path.read_text() == stage.screen() + "\n") and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    screen = stage.screen()
    lines = screen.split("\n")
    assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)
    if os.environ.get("LVSTUI_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(screen + "\n")
    assert path.read_text() == screen + "\n"


@pytest.mark.parametrize("size", [(300, 100), (60, 15), (30, 8), (12, 5)])
async def test_other_sizes_hold(size: tuple[int, int]) -> None:
    async with opened(Still(world()), size=size) as stage:
        for key in ("down", "enter", "question_mark", "k", "escape", "d", "n", "a"):
            await stage.press(key)
            lines = stage.screen().split("\n")
            assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)

"""Where a client goes: by its template, by the hash, or not known; and the hash itself. tests/lab/test_connections.py
holds the hashes against a kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from lvstui.director.client_path import ClientPath, candidates, masked, masks, way
from lvstui.director.connections import Connection, ConnectionSample, Places, places
from lvstui.director.hashing import HashMember, chosen
from lvstui.director.model import Server as Rule
from lvstui.director.model import ServerKey, Service, server_key, service_key
from lvstui.director.model import address_packed as packed
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State

WEB = service_key(6, "192.0.2.100", 80)
ONE, TWO, GONE = server_key("10.0.0.11", 80), server_key("10.0.0.12", 80), server_key("10.0.0.13", 80)
CLIENT = packed("203.0.113.7")
ZERO = Counters(), Rates()
EMPTY, NOWHERE = ConnectionSample((), 0, 0, True, 0, 0), Places((), ())


def state(service: Service, *weights: int, **more: Any) -> State:
    readings = [
        ServerReading(Rule(key, 0, weight, *limit), 10, 0, 0, *ZERO)
        for key, weight, limit in zip((ONE, TWO), weights, ((0, 0), (0, 0)), strict=False)
    ]
    rows = ServiceRows([ServiceReading(service, *ZERO)])
    return State(0.0, 0.0, "lvs1", services=rows, pools={service.key: PoolRows(0.0, readings)}, **more)


def row(server: ServerKey = ONE, port: int = 4000, client: bytes = CLIENT, left: int = 60, **more: Any) -> Connection:
    made = Connection(6, client, port, WEB.address, 80, server, "ESTABLISHED" if port else "ASSURED", left, False)
    return made._replace(**more)


def told(service: Service, here: State, *rows: Connection, whole: bool = True, drained: Any = None) -> ClientPath:
    order = [reading.server.key for reading in here.pools[service.key]]
    sample = ConnectionSample(rows, len(rows), 0, whole, 0.0, 0.1)
    return way(CLIENT, service, sample, places(rows, here), here, order, drained or {})


def test_the_connections_of_a_client_are_listed_by_server_and_state() -> None:
    here = state(Service(WEB, "wlc"), 1, 1)
    found = told(
        Service(WEB, "wlc"),
        here,
        row(),
        row(port=4001, left=99, state="FIN_WAIT"),
        row(TWO, client=packed("203.0.113.8")),
    )
    assert found.now == ((ONE, Counter(ESTABLISHED=1, FIN_WAIT=1), 99),)
    assert (found.server, found.refused) == (None, False) and "wlc chooses by load" in found.why


BOUND = Service(WEB, "rr", persistence=300, netmask=0xFFFFFF00)


def test_a_template_binds_a_client_even_to_a_server_at_weight_0() -> None:
    template = row(TWO, 0, packed("203.0.113.0"), 42)
    found = told(BOUND, state(BOUND, 1, 1), template, row(TWO, 0, packed("203.0.114.0")))
    assert (found.server, found.bound) == (TWO, template) and "binds it" in found.why
    drained = told(BOUND, state(BOUND, 1, 0), template)
    assert drained.server == TWO and "weight 0" in drained.why
    ends = told(BOUND, state(BOUND, 1, 0, sysctls={"expire_quiescent_template": 1}), template)
    assert ends.server == ONE and "its template ends" in ends.why
    gone = told(BOUND, state(BOUND, 1, 1), row(GONE, 0, packed("203.0.113.0")))
    assert gone.server is None and "gone" in gone.why and "rr chooses" in gone.why
    ended = told(BOUND, state(BOUND, 1, 0), template._replace(virtual_port=0xFFFF, server=TWO._replace(port=0xFFFF)))
    assert (ended.server, ended.bound) == (ONE, None)


def test_nothing_is_claimed_about_unread_rows() -> None:
    found = told(BOUND, state(BOUND, 1, 1), whole=False)
    assert (
        found.server is None and not found.refused and "no template of this client was found in the part" in found.why
    )


def test_the_masks_used_to_find_a_client() -> None:
    six = Service(service_key(6, "2001:db8::1", 80), "rr", persistence=300, netmask=64)
    assert masked(CLIENT, BOUND) == packed("203.0.113.0") and masked(CLIENT, Service(WEB)) == CLIENT
    assert masked(packed("2001:db8:1:2:3::7"), six) == packed("2001:db8:1:2::")
    assert masks(CLIENT, state(BOUND, 1)) == {CLIENT, packed("203.0.113.0")}
    assert candidates(packed("2001:db8::7"), NOWHERE, state(BOUND, 1)) == ([], 0)


@pytest.mark.parametrize(("weights", "refused"), [((), True), ((0, 0), True), ((0, 5), False)])
def test_a_service_with_no_server_or_one(weights: Sequence[int], refused: bool) -> None:
    service = Service(WEB, "rr")
    found = told(service, state(service, *weights))
    assert found.refused is refused and (found.server == TWO) is not refused


def test_sh_with_a_drained_server_refuses_some_clients_and_fallback_sends_them_elsewhere() -> None:
    strict, kind = Service(WEB, "sh"), Service(WEB, "sh", flags=1)
    refused = sent = 0
    for last in range(1, 200):
        client = packed(f"203.0.113.{last}")
        here = state(strict, 1, 0)
        found = way(client, strict, EMPTY, NOWHERE, here, (ONE, TWO), {})
        refused += found.refused
        assert found.refused or found.server == ONE
        sent += way(client, kind, EMPTY, NOWHERE, state(kind, 1, 0), (ONE, TWO), {}).server == ONE
    assert 60 < refused < 140 and sent == 199


def test_clients_whose_server_no_hash_decides() -> None:
    by_port, mark = Service(WEB, "sh", flags=2), Service(service_key(fwmark=7), "dh")
    assert "sh-port" in told(by_port, state(by_port, 1, 1)).why
    assert "firewall mark" in told(mark, state(mark, 1, 1)).why
    mh = Service(WEB, "mh")
    assert "weight from before the drain" in told(mh, state(mh, 1, 0)).why
    known = told(mh, state(mh, 3, 0), drained={(WEB, TWO): 3})
    assert (known.server == ONE) is not known.refused and "hash of its address (mh)" in known.why
    moved = way(CLIENT, mh, EMPTY, NOWHERE, state(mh, 1, 1), (ONE,), {})
    assert moved.server is None and "order" in moved.why


def test_the_shares_of_the_hashes_are_those_of_the_weights() -> None:
    members = [HashMember(ONE, 3, True, 3), HashMember(TWO, 1, True, 1)]
    for name in ("sh", "mh"):
        found = Counter(chosen(name, members, (n * 7919).to_bytes(4, "big"), WEB.address, False) for n in range(2000))
        assert 0.70 < found[ONE] / 2000 < 0.80, (name, found)
    assert chosen("dh", members, CLIENT, WEB.address, False) in (ONE, TWO)
    assert chosen("sh", [], CLIENT, WEB.address, True) is None


def limited(service: Service, *held: int, upper: int = 100, lower: int = 0) -> State:
    """Servers with thresholds and so many connections."""
    readings = [
        ServerReading(Rule(key, 0, 1, upper, lower), number, 0, 0, *ZERO)
        for key, number in zip((ONE, TWO), held, strict=False)
    ]
    rows = ServiceRows([ServiceReading(service, *ZERO)])
    return State(0.0, 0.0, "lvs1", services=rows, pools={service.key: PoolRows(0.0, readings)})


@pytest.mark.parametrize(
    ("held", "lower", "server", "why"),
    [
        (74, 0, ONE, "no other server"),
        (75, 0, None, "10.0.0.11:80 may still be full: it has 75, and reopens below 75 connections"),
        (50, 50, None, "reopens below 50 connections"),
        (49, 50, ONE, "no other server"),
    ],
)
def test_a_server_that_was_full_takes_none_until_it_is_below_its_lower_threshold(
    held: int, lower: int, server: ServerKey | None, why: str
) -> None:
    for scheduler in ("rr", "sh", "dh"):
        service = Service(WEB, scheduler)
        found = told(service, limited(service, held, lower=lower))
        assert (found.server, found.refused) == (server, False), scheduler
        assert why in found.why or (server and "hash" in found.why), found.why
    full = told(Service(WEB, "rr"), limited(Service(WEB, "rr"), 100, lower=lower))
    assert full.refused and full.server is None


def test_fallback_does_not_skip_a_server_that_may_take_connections() -> None:
    service = Service(WEB, "sh", flags=1)
    ways = [
        way(packed(f"203.0.113.{last}"), service, EMPTY, NOWHERE, limited(service, 80, 1), (ONE, TWO), {})
        for last in range(1, 60)
    ]
    assert {found.server for found in ways} == {None, TWO} and not any(found.refused for found in ways)


def test_an_engine_binds_calls_and_not_a_client() -> None:
    phone = Service(WEB, "rr", persistence=300, engine="sip")
    calls = [row(ONE, 0, engine="sip", data="a@b", left=99), row(TWO, 0, engine="sip", data="c@d")]
    found = told(phone, state(phone, 1, 1), *calls)
    assert (found.server, found.refused, found.bound) == (None, False, None)
    assert found.why == "the sip engine binds each call by itself: 2 bound, a new one is scheduled"
    assert "2 bound in what was read" in told(phone, state(phone, 1, 1), *calls, whole=False).why

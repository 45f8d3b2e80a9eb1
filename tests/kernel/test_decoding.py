"""What real kernels sent is read right, by the fast way and by the general one, and both say the same."""

from __future__ import annotations

import struct

import pytest

from lvstui.director.lazy_servers import columns
from lvstui.director.model import IPV4, ServiceKey
from lvstui.director.remembered import Written, lines
from lvstui.director.spell import server_line, service_line
from lvstui.director.state import flow, listed
from lvstui.kernel.ipvs.attributes import COMMAND, decode
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.kernel.ipvs.layout import HEADERS, MessageLayout
from lvstui.kernel.ipvs.pools import DestLayout, PackedPool, PoolSweep, general_pool
from lvstui.kernel.ipvs.rules import service_reading
from lvstui.kernel.ipvs.services import PackedServices, ServiceLayouts
from lvstui.kernel.netlink import Netlink
from tests.kernel.captured import KERNELS, RULES, Capture, capture


@pytest.fixture(params=KERNELS)
def captured(request: pytest.FixtureRequest) -> Capture:
    return capture(request.param)


def messages(data: bytes) -> list[bytes]:
    found = []
    while data:
        (length,) = struct.unpack_from("=I", data)
        found.append(data[:length])
        data = data[length:]
    return found


def pool_of(data: bytes) -> PackedPool:
    layout = DestLayout.learn(messages(data)[0])
    assert layout is not None
    assert layout.layout.fit_all(memoryview(data))
    return PackedPool(0.0, memoryview(data), layout)


def test_every_rule_is_read_as_ipvsadm_loaded_it(captured: Capture) -> None:
    services = PackedServices(memoryview(captured.services), ServiceLayouts())
    lines = [service_line(reading.service) for reading in services]
    for key, data in captured.dests.items():
        lines += [server_line(key, server) for server in pool_of(data).servers()]
    assert sorted(lines) == sorted(RULES.splitlines())


def test_a_pool_read_in_one_go_is_its_rows(captured: Capture) -> None:
    for data in captured.dests.values():
        pool = pool_of(data)
        assert list(pool) == [pool[i] for i in range(len(pool))] and [r.server for r in pool] == pool.servers()


def test_the_recorded_numbers_are_those_of_the_rows(captured: Capture) -> None:
    for data in captured.dests.values():
        pool = pool_of(data)
        assert list(pool.numbers()) == [(*row[1:4], *row.counters) for row in pool]


def test_the_general_decoder_gives_the_same_result(captured: Capture) -> None:
    services = PackedServices(memoryview(captured.services), ServiceLayouts())
    general = {}
    for message in messages(captured.services):
        values = decode(COMMAND, message[HEADERS:])["service"]
        assert isinstance(values, dict)
        reading = service_reading(values)
        general[reading.service.key] = reading
    assert {key: services.find(key) for key in services.keys} == general
    for key, data in captured.dests.items():
        slow = general_pool(data, key.family)
        slow.sort(key=lambda row: row.server.key)
        pool = pool_of(data)
        assert list(pool) == slow and pool.servers() == [row.server for row in slow]
        written = Written(lambda port, rule: f" {port} {rule}", brackets=True)
        assert list(pool.listed(written)) == listed(slow, written)
        assert pool.lines(written) == lines([row.server for row in slow], written)


@pytest.mark.parametrize("plain", [True, False])
def test_a_sweep_writes_all_pools_at_once_as_one_after_the_other(captured: Capture, plain: bool) -> None:
    """Only where all are IPv4 and of one layout, and for the services that were swept; elsewhere it says so."""
    dests = captured.dests
    if plain:
        key, whole = next((key, data) for key, data in dests.items() if data and _ipv4(data))
        parts = (whole, b"", messages(whole)[0], b"".join(reversed(messages(whole))))
        dests = {key._replace(port=port): data for port, data in enumerate(parts)}
    keys = tuple(sorted(dests))
    layout = DestLayout.learn(next(message for key in keys for message in messages(dests[key])))
    assert layout is not None
    data = b"".join(dests[key] for key in keys)
    bounds = [0]
    for key in keys:
        bounds.append(bounds[-1] + len(dests[key]))
    index = {key: number for number, key in enumerate(keys)}
    sweep = PoolSweep(0.0, index, memoryview(data), bounds, layout, {})
    written = Written(lambda port, rule: f" {port} {rule}", brackets=True)
    lines_, listed_ = sweep.all_lines(keys, written), sweep.all_listed(keys, written)
    columns_ = sweep.all_columns(keys, written)
    if not plain:
        assert lines_ is None and listed_ is None and columns_ is None
        return
    assert lines_ is not None and listed_ is not None and columns_ is not None
    assert [*columns_] == [columns(sorted(sweep[key].servers()), written) for key in keys]
    assert [*lines_] == [lines([row.server for row in sorted(sweep[key])], written) for key in keys]
    assert [*listed_] == [listed(sorted(sweep[key]), written) for key in keys]
    assert sweep.all_lines(keys[1:], written) is None and sweep.all_listed(keys[::-1], written) is None
    odd = PoolSweep(0.0, index, memoryview(data), bounds, layout, {0: sweep[keys[0]]})
    assert odd.all_lines(keys, written) is None and odd.all_columns(keys, written) is None


def _ipv4(data: bytes) -> bool:
    """Whether all servers of a pool are of IPv4."""
    return all(server.key.family == IPV4 for server in pool_of(data).servers())


def test_the_numbers_alone_are_those_of_the_rows(captured: Capture) -> None:
    for data in captured.dests.values():
        layout = DestLayout.learn(messages(data)[0]) if data else None
        if layout is not None and layout.layout.fit_all(memoryview(data)):
            pool = PackedPool(0.0, memoryview(data), layout)
            assert sorted(pool.flows()) == sorted(flow(reading) for reading in pool)


def test_services_with_one_layout_are_read_like_those_with_several(captured: Capture) -> None:
    """Word by word where all lie alike, message by message where they do not: also whether the set is the same."""
    first = messages(captured.services)[0]
    start = MessageLayout(first).positions["port"][0]
    several = []
    for number in (3, 1, 2):
        one = bytearray(first)
        struct.pack_into(">H", one, start, number)
        several.append(bytes(one))
    alike = PackedServices(memoryview(b"".join(several)), ServiceLayouts())
    assert alike._same is not None
    other = next(message for message in messages(captured.services) if len(message) != len(first))
    mixed = PackedServices(memoryview(b"".join([*several, other])), ServiceLayouts())
    assert mixed._same is None
    assert [key.port for key in alike.keys] == [1, 2, 3]
    assert [mixed.find(key) for key in alike.keys] == list(alike) == [alike[i] for i in range(3)]
    assert alike.services() == [reading.service for reading in alike]
    again = PackedServices(memoryview(b"".join(several)), ServiceLayouts(), alike)
    assert again.keys is alike.keys
    turned = PackedServices(memoryview(b"".join(reversed(several))), ServiceLayouts(), alike)
    assert turned.keys is alike.keys and list(turned) == list(alike)
    fewer = PackedServices(memoryview(b"".join(several[:2])), ServiceLayouts(), alike)
    assert [key.port for key in fewer.keys] == [1, 3]


def test_rows_come_in_the_order_of_their_keys(captured: Capture) -> None:
    services = PackedServices(memoryview(captured.services), ServiceLayouts())
    assert list(services.keys) == sorted(services.keys)
    assert [reading.service.key for reading in services] == list(services.keys)
    for data in captured.dests.values():
        rows = list(pool_of(data))
        assert rows == sorted(rows, key=lambda row: row.server.key)


def test_keys_stay_the_same_object_while_the_set_of_services_does(captured: Capture) -> None:
    first = PackedServices(memoryview(captured.services), ServiceLayouts())
    parts = messages(captured.services)
    again = PackedServices(memoryview(b"".join(reversed(parts))), ServiceLayouts(), first)
    assert again.keys is first.keys
    fewer = PackedServices(memoryview(b"".join(parts[1:])), ServiceLayouts(), first)
    assert len(fewer.keys) == len(first.keys) - 1


def test_a_layout_refuses_every_message_whose_frame_differs(captured: Capture) -> None:
    data = next(data for data in captured.dests.values() if len(messages(data)) == 2)
    first, second = messages(data)
    layout = MessageLayout(first)
    assert layout.fits(second)
    for position in (0, 4, 16, 20, 22, 24, 26):  # lengths and numbers of the headers and the first attributes
        broken = bytearray(second)
        broken[position] ^= 1
        assert not layout.fits(bytes(broken))
        assert not layout.fit_all(memoryview(first + bytes(broken)))
    assert not layout.fits(second[:-4])


def test_verifying_many_messages_at_once_equals_verifying_each(captured: Capture) -> None:
    """Word by word over all of them, or one after the other: every byte counts in both or in neither."""
    for data in [captured.services, *filter(None, captured.dests.values())]:
        message = messages(data)[0]
        layout = MessageLayout(message)
        assert layout.fit_all(memoryview(message * 3)) and layout.fit_all(memoryview(b""))
        assert not layout.fit_all(memoryview(message * 3)[:-4])
        for position in range(len(message)):
            broken = bytearray(message * 3)
            broken[len(message) + position] ^= 0x81
            one = bytes(broken[len(message) : 2 * len(message)])
            assert layout.fit_all(memoryview(bytes(broken))) == layout.fits(one), position


def test_a_pool_with_another_layout_is_read_by_the_general_decoder(captured: Capture) -> None:
    key, data = next((k, d) for k, d in captured.dests.items() if len(messages(d)) == 2)
    first, second = messages(data)
    # A kernel that does not speak of tunnels: the three attributes are cut out of the second message.
    layout = DestLayout.learn(first)
    assert layout is not None
    start = layout.layout.positions["tunnel_kind"][0] - 4
    shorter = bytearray(second[:start] + second[start + 24 :])
    struct.pack_into("=I", shorter, 0, len(shorter))
    struct.pack_into("=H", shorter, HEADERS, len(shorter) - HEADERS)
    family = object.__new__(Ipvs)  # only its decoding is wanted, not its socket
    family._dest = layout
    pool = family._pool(memoryview(first + bytes(shorter)), key.family)
    assert not isinstance(pool, PackedPool)
    assert len(pool) == 2
    rows = {row.server.key: row.server for row in pool}
    whole = {row.server.key: row.server for row in pool_of(data)}
    assert rows.keys() == whole.keys()
    assert DestLayout.learn(bytes(shorter)) is None
    packed, bounds, odd = family._sort_out(
        memoryview(first + bytes(shorter) + first), [0, len(first), len(first) + len(shorter)], [key, key], layout
    )
    assert bounds == [0, len(first), len(first)]
    assert bytes(packed) == first
    assert list(odd) == [1]


def test_counters_and_connections_are_read(captured: Capture) -> None:
    key, data = next((k, d) for k, d in captured.dests.items() if k.port == 443)
    layout = DestLayout.learn(messages(data)[0])
    assert layout is not None
    changed = bytearray(data)
    for number, name in enumerate(("active", "inactive", "persistent"), 7):
        struct.pack_into("=I", changed, layout.layout.positions[name][0], number)
    struct.pack_into("=Q", changed, layout.layout.positions["stats.in_bytes"][0], 2**40)
    struct.pack_into("=Q", changed, layout.layout.positions["stats.out_bps"][0], 12345)
    pool = PackedPool(0.0, memoryview(bytes(changed)), layout)
    first = messages(bytes(changed))[0]
    (raw,) = [row for row in pool if row.active]
    assert (raw.active, raw.inactive, raw.persistent) == (7, 8, 9)
    assert raw.counters.in_bytes == 2**40
    assert raw.rates.out_bytes == 12345
    assert general_pool(first, key.family) == [raw]
    assert pool.load == (2, 2, 4, 7, 8)


def test_the_address_family_of_a_key_is_its_services(captured: Capture) -> None:
    services = PackedServices(memoryview(captured.services), ServiceLayouts())
    assert ServiceKey(4000000000, 6, 0, b"", 0) in services.keys


def test_the_requests_of_a_sweep_are_those_of_each_pool(captured: Capture) -> None:
    services = PackedServices(memoryview(captured.services), ServiceLayouts())
    assert {key.family for key in services.keys} == {4, 6} and any(key.fwmark for key in services.keys)
    ipvs = object.__new__(Ipvs)
    ipvs._netlink = object.__new__(Netlink)
    ipvs._netlink._type, ipvs._netlink._version, ipvs._requests = 28, 1, (None, [])
    assert ipvs._sweep_requests(services) == [ipvs._pool_request(key) for key in services.keys]

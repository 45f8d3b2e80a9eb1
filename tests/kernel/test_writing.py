"""Changes as messages: the fast way builds the same bytes as the attribute table, and reading them gives them back."""

from __future__ import annotations

from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import IPIP, Forward, Server, Service, ServiceKey, SyncDaemon, Timeouts, Tunnel, server_key
from lvstui.kernel.ipvs.attributes import COMMAND, Cmd, Values, decode, encode
from lvstui.kernel.ipvs.keys import key_nest
from lvstui.kernel.ipvs.rules import (
    daemon_from,
    key_from,
    key_values,
    server_reading,
    server_values,
    service_reading,
    service_values,
)
from lvstui.kernel.ipvs.writer import request, requests, server_nest, service_nest

u31 = st.integers(0, 2**31 - 1)
ports = st.integers(0, 65535)
addresses = st.sampled_from(["10.0.0.1", "203.0.113.255", "2001:db8::1", "fe80::1"])
servers = st.builds(
    Server,
    st.builds(server_key, addresses, ports),
    st.integers(0, 7),
    u31,
    u31,
    u31,
    st.builds(Tunnel, st.integers(0, 255), ports, ports),
)
keys = st.one_of(
    st.builds(
        lambda mark, family: ServiceKey(mark, family, 0, b"", 0), st.integers(1, 2**32 - 1), st.sampled_from([4, 6])
    ),
    st.builds(
        lambda address, protocol, port: ServiceKey(0, 4 if len(address) == 4 else 6, protocol, address, port),
        st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)),
        st.integers(0, 255),
        ports,
    ),
)


@st.composite
def services(draw: st.DrawFn) -> Service:
    key = draw(keys)
    masks = st.integers(1, 127) if key.family == 6 else st.integers(0, 2**32 - 2)
    return Service(
        key,
        draw(st.text("abcdefghij", min_size=1, max_size=15)),
        draw(st.integers(0, 7)),
        draw(st.none() | st.integers(0, 2_678_400)),
        draw(st.none() | masks),
        draw(st.sampled_from(["", "sip"])),
        draw(st.booleans()),
    )


def nest(payload: bytes, name: str) -> Values:
    return cast(Values, decode(COMMAND, payload)[name])


@given(servers)
@settings(max_examples=200)
def test_the_fast_encoder_writes_the_same_server_as_the_table(server: Server) -> None:
    assert server_nest(server) == encode(COMMAND, {"dest": server_values(server)})
    tunnel = server.tunnel if server.forward == Forward.TUNNEL else IPIP  # it counts with that method only
    assert server_reading(nest(server_nest(server), "dest"), 4).server == server._replace(tunnel=tunnel)


@given(services())
@settings(max_examples=200)
def test_a_service_comes_back_from_its_own_message(service: Service) -> None:
    assert service_nest(service) == encode(COMMAND, {"service": service_values(service)})
    assert key_nest(service.key) == encode(COMMAND, {"service": key_values(service.key)})
    values = nest(service_nest(service), "service")
    assert service_reading(values).service == service


@given(keys, servers)
def test_a_server_change_names_its_service(key: ServiceKey, server: Server) -> None:
    for change, command in ((AddServer(key, server), Cmd.NEW_DEST), (EditServer(key, server), Cmd.SET_DEST)):
        number, payload = request(change)
        assert number == command
        if key.fwmark or key.address:
            assert key_from(nest(payload, "service")) == key


@given(st.lists(st.tuples(keys, servers, st.integers(1, 3))))
def test_building_many_changes_at_once_equals_building_each(rows: list[tuple[ServiceKey, Server, int]]) -> None:
    changes: list[Change] = []
    for key, server, count in rows:
        changes += [AddServer(key, server)] * count + [EditServer(key, server), DeleteServer(key, server.key)]
    assert list(requests(changes)) == [request(change) for change in changes]


def test_a_timeout_of_0_is_not_sent() -> None:
    command, payload = request(SetTimeouts(Timeouts(900, 0, 300)))
    assert command == Cmd.SET_CONFIG
    assert decode(COMMAND, payload) == {"tcp": 900, "udp": 300}


def test_a_daemon_comes_back_from_its_own_message() -> None:
    for daemon in (
        SyncDaemon("master", "eth1", 51),
        SyncDaemon("backup", "eth0", 0, 1400, "224.0.0.90", 8849, 3),
        SyncDaemon("master", "eth0", 255, 1400, "ff02::81", 8848, 1),
    ):
        command, payload = request(StartSync(daemon))
        assert command == Cmd.NEW_DAEMON
        assert daemon_from(nest(payload, "daemon")) == daemon
    assert nest(request(StopSync("backup"))[1], "daemon") == {"state": 2}


def test_zeroing_all_sends_no_service() -> None:
    assert request(Zero()) == (Cmd.ZERO, b"")


def test_ports_of_services_and_tunnels_are_in_network_order() -> None:
    payload = server_nest(Server(server_key("10.0.0.1", 0x1234), 2, 1, 0, 0, Tunnel(1, 6080, 1)))
    assert b"\x12\x34" in payload
    assert (6080).to_bytes(2, "big") in payload


def test_a_service_is_added_edited_and_deleted_by_its_own_commands() -> None:
    service = Service(ServiceKey(0, 4, 6, bytes((192, 0, 2, 1)), 80), "wrr", persistence=360)
    assert request(AddService(service)) == (Cmd.NEW_SERVICE, service_nest(service))
    assert request(EditService(service)) == (Cmd.SET_SERVICE, service_nest(service))
    assert request(DeleteService(service.key)) == (Cmd.DEL_SERVICE, key_nest(service.key))

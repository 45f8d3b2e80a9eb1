"""What a sample of the connection table says: shares, services, totals of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lvstui.director.connection_summary import RowGroup, summary
from lvstui.director.connections import Connection, ConnectionSample, Network, Places, ReadLimits, network, places
from lvstui.director.model import Server, ServerKey, Service, ServiceKey, server_key, service_key
from lvstui.director.model import address_packed as packed
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.kernel.connection_table import read
from tests.connections import NETWORKS, SERVERS, STATES, table

WEB, EVERY, MARK = service_key(6, "192.0.2.100", 80), service_key(6, "192.0.2.100", 0), service_key(fwmark=7)
ONE, TWO = server_key("10.0.0.11", 80), server_key("10.0.0.12", 80)


def state(*pools: tuple[ServiceKey, Sequence[tuple[Server, int, int, int]]]) -> State:
    zero = Counters(), Rates()
    return State(
        0.0,
        0.0,
        "lvs1",
        services=ServiceRows([ServiceReading(Service(key), *zero) for key, _ in pools]),
        pools={key: PoolRows(0.0, [ServerReading(*one, *zero) for one in of]) for key, of in pools},
    )


def row(client: str = "203.0.113.7", port: int = 40000, **fields: Any) -> Connection:
    made = Connection(6, packed(client), port, packed("192.0.2.100"), 80, ONE, "ESTABLISHED", 899, False)
    return made._replace(**fields)


def sample(*rows: Connection, whole: bool = True) -> ConnectionSample:
    return ConnectionSample(rows, len(rows), 0, whole, 0.0, 0.1)


def test_shares_of_a_sample_are_within_two_percent_of_the_truth(tmp_path: Path) -> None:
    found = read(ReadLimits(10_000, 600.0), path=table(tmp_path, 200_000))
    said = summary(found, state((WEB, [(Server(ONE), 100_000, 60_000, 0), (Server(TWO), 40_000, 0, 0)])))
    assert (len(said.connections), said.kernel_counts.total) == (10_000, 200_000)

    def shares(groups: Sequence[RowGroup]) -> dict[object, float]:
        return {group.of: 100 * len(group.rows) / len(said.connections) for group in groups}

    truth = [
        (shares(said.by_state), STATES.items()),
        (shares(said.by_server), ((_server(text), of) for text, of in SERVERS.items())),
        (shares(said.by_network), ((Network(bytes.fromhex(text) + b"\0", 24), of) for text, of in NETWORKS.items())),
    ]
    for counted, true in truth:
        for key, share in true:
            assert abs(counted[key] - share) <= 2, (key, share, counted)
    assert [len(group.rows) for group in said.by_service] == [10_000]


def _server(text: str) -> tuple[ServiceKey, object]:
    return WEB, server_key(".".join(str(byte) for byte in bytes.fromhex(text)), 80)


def test_the_service_of_a_row() -> None:
    other = service_key(6, "192.0.2.101", 80)
    here = state((EVERY, [(Server(ONE), 1, 0, 0)]), (MARK, [(Server(server_key("10.0.0.9", 443)), 1, 0, 0)]))
    template = row(protocol=0, port=0, client_port=0, virtual=bytes((0, 0, 0, 7)), virtual_port=0)
    rows = (
        row(),
        row(virtual=other.address),
        row(virtual=other.address, server=server_key("10.0.0.9", 443)),
        template,
        row(port=0, virtual_port=0xFFFF, server=ONE._replace(port=0xFFFF)),
    )
    assert places(rows, here).services == (EVERY, None, MARK, MARK, EVERY)
    both = state((EVERY, []), (WEB, []))
    assert places((row(), row(virtual_port=8080)), both).services == (WEB, EVERY)


def test_templates_and_synced_rows_are_distinguished() -> None:
    rows = (row(), row(synced=True), row(port=0, state="ASSURED"), row(port=0, virtual_port=0xFFFF, server=ONE))
    said = summary(sample(*rows), state((WEB, [(Server(ONE), 2, 0, 2)])))
    assert (list(said.connections), list(said.templates), said.synced) == ([0, 1], [2, 3], 1)
    assert summary(sample(row(synced=None)), state()).synced is None
    only = summary(sample(*rows), state(), [1])
    assert (list(only.connections), only.synced) == ([1], 1)


def test_the_total_is_the_kernels_or_a_complete_count() -> None:
    here = state((WEB, [(Server(ONE, weight=3), 100, 20, 5), (Server(TWO, weight=0), 10, 2, 0)]))
    part, whole = summary(sample(row(), whole=False), here), summary(sample(row()), here)
    assert (part.kernel_counts.total, whole.kernel_counts.total) == (137, 1)
    assert part.kernel_counts.servers[WEB, TWO] == (10, 2, 0) and part.kernel_counts.services[WEB] == (110, 22, 5)
    assert part.kernel_counts.weights == {(WEB, ONE): 3, (WEB, TWO): 0}
    assert summary(sample(row(), whole=False), here._replace(pools={})).kernel_counts.total is None


def test_networks() -> None:
    assert network(packed("203.0.113.7")) == Network(packed("203.0.113.0"), 24)
    assert network(packed("2001:db8:1:2:3::7")) == Network(packed("2001:db8:1:2::"), 64)


EIGHT = service_key(fwmark=8)
FTP = service_key(6, "192.0.2.100", 21)
BARE = ONE._replace(port=0)


def served(*pools: tuple[Service, Sequence[ServerKey]]) -> State:
    readings = [ServiceReading(service, Counters(), Rates()) for service, _ in pools]
    return State(
        0.0,
        0.0,
        "lvs1",
        services=ServiceRows(readings),
        pools={
            service.key: PoolRows(0.0, [ServerReading(Server(key), 1, 0, 0, Counters(), Rates()) for key in of])
            for service, of in pools
        },
    )


def mark_template(server: ServerKey) -> Connection:
    return row(protocol=0, client_port=0, virtual=bytes((0, 0, 0, 7)), virtual_port=0, server=server, state="ASSURED")


AWAY = ONE._replace(port=40123)
HEALTHY = [
    ("a server without a port", Service(WEB), BARE, row()),
    ("a mark without ports", Service(MARK), BARE, row(virtual_port=443, server=ONE._replace(port=443))),
    ("a mark with a port", Service(MARK), ONE, row(virtual_port=443)),
    ("a persistent mark", Service(MARK, persistence=60), ONE, row(virtual_port=443, server=ONE._replace(port=443))),
    ("the template of a mark", Service(MARK, persistence=60), ONE, mark_template(BARE)),
    ("all ports", Service(EVERY, persistence=60), ONE, row(virtual_port=443, server=ONE._replace(port=443))),
    ("the template of all ports", Service(EVERY, persistence=60), ONE, row(virtual_port=0, client_port=0, server=BARE)),
    ("active FTP", Service(FTP), ONE._replace(port=21), row(virtual_port=20, server=ONE._replace(port=20))),
    ("passive FTP", Service(FTP), ONE._replace(port=21), row(virtual_port=40123, server=AWAY)),
    ("the template of FTP", Service(FTP), ONE._replace(port=21), row(virtual_port=0, client_port=0, server=BARE)),
]


@pytest.mark.parametrize(("service", "rule", "one"), [case[1:] for case in HEALTHY], ids=[case[0] for case in HEALTHY])
def test_a_row_belongs_to_the_server_of_its_service_with_any_port_in_the_table(
    service: Service, rule: ServerKey, one: Connection
) -> None:
    here = served((service, [rule, TWO._replace(port=rule.port)]))
    found = places([one], here)
    assert (found.services, found.servers, found.doubtful) == ((service.key,), (rule,), frozenset())
    said = summary(sample(one), here)
    assert said.kernel_counts.servers[service.key, rule] == (1, 0, 0)


def test_a_row_with_an_unknown_service_is_in_doubt_and_not_lost() -> None:
    both = served((Service(MARK), [BARE]), (Service(EIGHT), [BARE]))
    assert places([row()], both) == Places((None,), (ONE,), frozenset({(WEB, ONE)}))
    two = Service(MARK, persistence=60), [ONE, ONE._replace(port=8080)]
    asked = ONE._replace(port=443)
    found = places([row(virtual_port=443, server=asked)], served(two))
    assert found == Places((MARK,), (asked,), frozenset({(MARK, asked)}))
    unread = served((Service(WEB), [ONE]), (Service(MARK), [BARE]))._replace(pools={})
    assert places([row(), row(virtual_port=443)], unread).doubtful == {(WEB, ONE), (WEB._replace(port=443), ONE)}
    assert summary(sample(row()), unread).kernel_counts.services == {WEB: None}


def test_a_row_that_is_certainly_lost_is_not_in_doubt() -> None:
    here = served((Service(WEB), [TWO]), (Service(FTP), [TWO]), (Service(MARK), [TWO]))
    found = places([row(), row(virtual_port=40123), row(virtual=packed("192.0.2.9"))], here)
    assert found.doubtful == frozenset() and set(found.servers) == {ONE}
    twin = served((Service(WEB), [TWO]), (Service(MARK), [BARE]))  # the mark goes first
    assert places([row()], twin)[:2] == ((MARK,), (BARE,))


def test_a_template_that_ended_belongs_to_the_service_that_has_its_server() -> None:
    here = served((Service(WEB), [ONE]), (Service(FTP), [TWO]))
    end = row(client_port=0, virtual_port=0xFFFF, server=ONE._replace(port=0xFFFF))
    assert places([end], here)[:2] == ((WEB,), (ONE,))

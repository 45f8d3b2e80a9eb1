"""Real servers by host: sums over services, what is missing, and rates."""

from __future__ import annotations

import pytest

from lvstui.director.change import Change, DeleteServer, DeleteService, inverse
from lvstui.director.hosts import MISSED, Host, HostKey, host_rates, hosts
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, SEEN, Record, Who
from lvstui.director.source import EVERYTHING
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, State
from tests.memory import MemoryDirector

WEB, TLS, DNS = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 443), service_key(17, "2001:db8::1", 53)
ONE, TWO = HostKey(4, bytes((10, 0, 0, 1))), HostKey(4, bytes((10, 0, 0, 2)))
V6 = HostKey(6, bytes.fromhex("20010db8000000000000000000000099"))


def _rules(*, tls: bool = True) -> RuleSet:
    entries = [
        (Service(WEB), [Server(server_key("10.0.0.1", 80), weight=3), Server(server_key("10.0.0.1", 81), weight=0)]),
        (Service(TLS), [Server(server_key("10.0.0.1", 443), weight=1), Server(server_key("10.0.0.2", 443))]),
        (Service(DNS), [Server(server_key("2001:db8::99", 53))]),
    ]
    return RuleSet(rules_from(entries if tls else [entries[0], entries[2]]))


def _state(rules: RuleSet, at: float) -> State:
    return MemoryDirector(rules).read(EVERYTHING)._replace(at=at, swept=at)


def test_an_address_is_one_row_over_all_services_and_ports() -> None:
    found = hosts(_state(_rules(), 0.0)).by_key
    assert list(found) == [ONE, TWO, V6]
    host = found[ONE]
    assert (len(host.places), host.services, host.live, host.lightest, host.heaviest) == (3, 2, 2, 0, 3)


def test_connections_and_counters_are_added_up_over_parts_of_the_table() -> None:
    # More services than are added up at a time.
    keys = [service_key(6, f"10.1.{n // 250}.{n % 250 + 1}", 80) for n in range(600)]
    row = ServerReading(
        Server(server_key("10.0.0.1", 80), weight=2), 1, 2, 3, Counters(1, 2, 3, 4, 5), Rates(0.5, 0, 0, 0, 2)
    )
    state = _state(RuleSet(rules_from([(Service(key), []) for key in keys])), 0.0)
    state = state._replace(pools={key: PoolRows(0.0, [row]) for key in keys[1:]})
    made = hosts(state)
    assert made.unread == 1
    assert made.by_key == {
        ONE: Host(ONE, list(made.by_key[ONE].places), 599, 2, 2, 599, 1198, 1797, Counters(599, 1198, 1797, 2396, 2995),
                  Rates(299.5, 0, 0, 0, 1198))
    }  # fmt: skip
    services = {state.services.keys[number] for number in made.by_key[ONE].places}
    assert services == set(keys[1:])


def test_the_servers_that_a_host_lost_are_shown_for_a_while() -> None:
    before = hosts(_state(_rules(), 0.0))
    after = hosts(_state(_rules(tls=False), 10.0), before)
    assert (after.by_key[ONE].missing, len(after.by_key[ONE].places)) == (1, 2)
    assert (after.by_key[TWO].missing, after.by_key[TWO].places) == (1, ())
    later = hosts(_state(_rules(tls=False), MISSED + 11.0), after)
    assert later.by_key[ONE].missing == 0
    assert TWO not in later.by_key


def _record(epoch: float, change: Change, result: str = DONE) -> Record:
    undo = inverse(change, _rules()) if result != ROLLED_BACK else ()
    return Record(epoch, Who(), "", "", "console", "", "", result, change=change, inverse=undo)


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (_record(5.0, DeleteService(TLS)), (0, 0)),
        (_record(5.0, DeleteServer(TLS, server_key("10.0.0.2", 443))), (1, 0)),
        (_record(5.0, DeleteServer(TLS, server_key("10.0.0.2", 443)), ROLLED_BACK), (1, 0)),
        (_record(5.0, DeleteService(TLS), REFUSED), (1, 1)),
        (_record(5.0, DeleteService(TLS), SEEN), (1, 1)),
        (_record(-2.0, DeleteService(TLS)), (1, 1)),
    ],
)
def test_what_was_deleted_with_lvstui_is_not_missing(record: Record, missing: tuple[int, int]) -> None:
    """A server that was added and taken back, for one."""
    made = hosts(_state(_rules(), 0.0)._replace(taken=0.0))
    for at in (10.0, 12.0, 14.0):
        state = _state(_rules(tls=False), at)._replace(taken=at)
        made = hosts(state, made, [record])
        found = [host.missing if (host := made.by_key.get(key)) is not None else 0 for key in (ONE, TWO)]
        assert (*found,) == missing
        assert (TWO in made.by_key) is bool(missing[1])


def test_nothing_is_added_up_again_between_sweeps() -> None:
    state = _state(_rules(), 0.0)
    made = hosts(state)
    assert hosts(state._replace(at=1.0), made) is made


def test_rates_are_differences_between_sweeps() -> None:
    made = None
    for at in range(0, 12, 2):
        server = Server(server_key("10.0.0.1", 80))
        pools = {
            WEB: PoolRows(at, [ServerReading(server, 0, 0, 0, Counters(at * 5), Rates())]),
            TLS: PoolRows(at, [ServerReading(server, 0, 0, 0, Counters(at * 2), Rates())]),
        }
        made = hosts(_state(_rules(), float(at))._replace(pools=pools), made)
    assert made is not None
    found = host_rates(made, ONE)
    assert found is not None and found.connections == 7

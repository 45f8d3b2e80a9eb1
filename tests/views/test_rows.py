"""Services and servers as rows: the text of each cell, what is unknown, and that only visible rows are made."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from lvstui.director.hosts import HostKey, hosts
from lvstui.director.model import Server, ServerKey, Service, ServiceKey, Tunnel, server_key, service_key
from lvstui.director.rates import History, step
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    Vrrp,
)
from lvstui.views import server_fields, service_fields, table
from lvstui.views.around import RowContext
from lvstui.views.column import Column, Row, needed, shown
from lvstui.views.grid_view import GridView
from lvstui.views.host import HostView
from lvstui.views.hosts import HostsView
from lvstui.views.look import Look, keeps
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import Place, ServersView
from lvstui.views.services import ServicesView

WEB = service_key(6, "192.0.2.1", 80)
DNS = service_key(17, "2001:db8::1", 53)
MARK = service_key(fwmark=7)
LIMITS = Look(columns="limits")
ONE, TWO, THREE = (server_key(f"10.0.0.{n}", 80) for n in (1, 2, 3))


def reading(server: Server, active: int = 0, inactive: int = 0, connections: int = 0) -> ServerReading:
    return ServerReading(server, active, inactive, 0, Counters(connections), Rates(1.5, 0, 0, 12_345, 0))


def state(at: float = 100.0, connections: int = 0, unknown: frozenset[str] = frozenset()) -> State:
    counters = Counters(connections, 0, 0, connections * 100, 0)
    rows = [
        ServiceReading(Service(WEB, "wrr"), counters, Rates(1.5, 0, 0, 12_345, 0)),
        ServiceReading(Service(DNS, "rr", one_packet=True), Counters(), Rates()),
        ServiceReading(Service(MARK, "sh", flags=2, persistence=360, netmask=0xFFFFFF00), Counters(), Rates()),
    ]
    pool = PoolRows(
        at,
        [
            reading(Server(ONE, weight=3), 10, 20, connections),
            reading(Server(TWO, weight=0), 30, 0),
            reading(Server(THREE, weight=1, upper=100, lower=50), 0, 0),
        ],
    )
    pools = {WEB: pool, MARK: PoolRows(at, [])}
    return State(at, 0.0, "lvs1", ServiceRows(rows), pools, at, unknown=unknown, owner="")


def cells(row: Row[Hashable], columns: Sequence[Column]) -> dict[str, str]:
    return dict(zip((column.key for column in columns), row.cells, strict=True))


def service(key: ServiceKey, of: State, history: History = ()) -> dict[str, str]:
    view = ServicesView(of, Look(), history)
    place = view.place(key)
    assert place is not None
    return cells(view.row(place), view.columns)


def server(key: ServerKey, of: State, history: History = (), look: Look = Look()) -> dict[str, str]:  # noqa: B008
    view = ServersView(of, WEB, look, history)
    place = view.place(Place(WEB, key))
    assert place is not None
    return cells(view.row(place), view.columns)


def test_a_service() -> None:
    found = service(WEB, state())
    assert found["name"] == "TCP 192.0.2.1:80"
    assert (found["scheduler"], found["live"], found["weight"]) == ("wrr", "2/3", "4")
    assert (found["active"], found["inactive"]) == ("40", "20")


def test_options_of_services() -> None:
    assert service(MARK, state())["options"] == "p360/24 sh-port"
    assert service(DNS, state())["options"] == "ops"


def test_an_unread_pool_is_not_shown_as_empty() -> None:
    assert service(DNS, state())["live"] == "…"
    assert service(MARK, state())["live"] == "0/0"


def test_until_our_own_rates_are_known_the_kernels_are_shown() -> None:
    assert service(WEB, state())["cps"] == "~1.5"
    history: History = ()
    for n in range(8):
        now = state(100.0 + n, connections=20 * (n // 2))
        history = step(history, now, [WEB])
    assert service(WEB, now, history)["cps"] == "10"
    assert server(ONE, now, history)["cps"] == "10"


def test_unknown_rates_are_not_zero() -> None:
    poor = state(unknown=frozenset(("counters", "flags", "family", "thresholds")))
    found = service(WEB, poor)
    assert (found["cps"], found["in"], found["conns"]) == ("?", "?", "?")
    assert service(MARK, poor)["name"] == "FWM 7 v4/v6?"
    assert service(WEB, poor)["options"] == "?"
    assert server(THREE, poor, look=LIMITS)["upper"] == "?"


def test_outgoing_traffic_of_routed_servers_has_no_number() -> None:
    assert service(WEB, state())["out"] == "–"
    assert server(ONE, state())["out"] == "–"


def test_a_drained_server_shows_its_former_weight() -> None:
    assert (server(TWO, state())["weight"], server(TWO, state())["state"]) == ("0", "draining")
    view = ServersView(state(), WEB, Look(), (), RowContext(drained={Place(WEB, TWO): 3}))
    row = view.row(1)
    assert cells(row, view.columns)["weight"] == "0 was 3"
    assert row.tone == "drained"


def test_limits() -> None:
    found = server(THREE, state(), look=LIMITS)
    assert (found["upper"], found["lower"], found["used"]) == ("100", "50", "0%")
    assert server(ONE, state(), look=LIMITS)["upper"] == server(ONE, state(), look=LIMITS)["used"] == ""
    view = ServicesView(state(), LIMITS, ())
    limits = cells(view.row(0), view.columns)
    assert (limits["limited"], limits["full"], limits["upper"]) == ("1", "", "")


def test_shares_of_the_load_and_of_the_weight() -> None:
    assert server(TWO, state())["share"] == "━━━━━    75%"
    assert server(ONE, state())["share"] == "━━   │   25%"
    view = ServersView(state(), WEB, Look(), ())
    # The drained server is what is skewed, and that is no remark on it; the others carry much less than is due.
    assert [view.row(n).warned for n in range(3)] == ["share", "", "share"]
    assert service(WEB, state())["skew"] == "75%"
    assert service(MARK, state())["skew"] == ""


def test_a_service_without_a_live_server_is_down() -> None:
    pool = PoolRows(1.0, [reading(Server(ONE, weight=0))])
    one = state()._replace(pools={WEB: pool})
    view = ServicesView(one, Look(), ())
    assert (view.row(0).tone, view.row(0).tones["name"], view.row(0).sign) == ("down", "down", "▼")
    drained = ServicesView(state(), Look(), ()).row(0)
    assert (drained.tones["live"], drained.sign) == ("drained", "="), "it is meant, and looks it"


def test_sorting_services() -> None:
    names = [row.key for row in rows(ServicesView(state(), Look(sort="active"), ()))]
    assert names[0] == WEB
    names = [row.key for row in rows(ServicesView(state(), Look(sort="active", reverse=True), ()))]
    assert names == [MARK, WEB, DNS]  # what is not known comes last, whichever way
    assert [row.key for row in rows(ServicesView(state(), Look(sort="scheduler"), ()))] == [DNS, MARK, WEB]
    assert [row.key for row in rows(ServicesView(state(), Look(reverse=True), ()))] == [MARK, DNS, WEB]
    for column in service_fields.FIELDS:
        assert len(rows(ServicesView(state(), Look(sort=column), ()))) == 3


def test_sorting_servers() -> None:
    view = ServersView(state(), WEB, Look(sort="active"), ())
    assert [view.key(n).server for n in range(3)] == [TWO, ONE, THREE]
    assert [view.place(view.key(n)) for n in range(3)] == [0, 1, 2]
    for column in server_fields.FIELDS:
        assert len(ServersView(state(), WEB, Look(sort=column), ())) == 3


def test_filters() -> None:
    assert keeps("TCP 192.0.2.1:80", "tcp") and not keeps("TCP 192.0.2.1:80", "!tcp")
    assert keeps("anything", "") and keeps("anything", "!")
    assert [row.key for row in rows(ServicesView(state(), Look(filter="udp"), ()))] == [DNS]
    assert [row.key for row in rows(ServicesView(state(), Look(filter="sh"), ()))] == [MARK]
    view = ServersView(state(), WEB, Look(filter="!0.2:"), ())
    assert [view.key(n).server for n in range(len(view))] == [ONE, THREE]
    assert view.place(Place(WEB, TWO)) is None
    assert view.place(Place(WEB, THREE)) == 1


def test_a_missing_key_has_no_position() -> None:
    view = ServicesView(state(), Look(), ())
    assert view.place(service_key(6, "192.0.2.1", 81)) is None
    assert view.place(Place(WEB, ONE)) is None
    inside = ServersView(state(), WEB, Look(), ())
    assert inside.place(Place(WEB, server_key("10.0.0.9", 80))) is None
    assert inside.place(Place(DNS, ONE)) is None
    assert inside.place(WEB) is None


def test_the_order_stays_while_nothing_can_have_moved() -> None:
    first = state()
    one = ServicesView(first, Look(), ())
    two = ServicesView(first._replace(at=101.0), Look(), (), one)
    assert two._order is one._order
    sorted_one = ServicesView(first, Look(sort="active"), (), two)
    assert ServicesView(first, Look(sort="active"), (), sorted_one)._order is sorted_one._order
    assert (
        ServicesView(first._replace(swept=102.0), Look(sort="active"), (), sorted_one)._order is not sorted_one._order
    )


def test_only_visible_rows_are_made() -> None:
    made: list[int] = []

    class Watched(ServiceRows):
        def __getitem__(self, index: int, /) -> ServiceReading:
            made.append(index)
            return super().__getitem__(index)

    keys = [service_key(6, f"10.0.{n >> 8}.{n & 255}", 80) for n in range(5000)]
    many = State(1.0, 1.0, "x", Watched([ServiceReading(Service(key), Counters(), Rates()) for key in keys]))
    view = ServicesView(many, Look(), ())
    for n in range(20):
        view.row(n)
    assert len(view) == 5000
    assert sorted(set(made)) == list(range(20))


def test_values_fit_their_columns() -> None:
    for columns in (one.columns for one in (*service_fields.SETS, *server_fields.SETS)):
        for width in range(80, 260):
            gap = 1 if width < 100 else 2 if width < 168 else 3
            assert needed(shown(columns, width, gap), gap) <= width


def test_tunnels_are_named() -> None:
    tunnel = Server(ONE, 2, 1, tunnel=Tunnel(1, 6080, 1))
    one = state()._replace(pools={WEB: PoolRows(1.0, [reading(tunnel)])})
    assert server(ONE, one)["forward"] == "Tunnel gue:6080 csum"


def test_the_table_as_plain_text() -> None:
    lines = list(table.plain(state()._replace(vrrp=Vrrp("MASTER", (), True))))
    assert lines[0] == "lvs1  MASTER  3 virtual services\n"
    assert all(line.endswith("\n") for line in lines)
    text = "".join(lines)
    assert "TCP 192.0.2.1:80                               wrr\n" in text
    assert "  -> 10.0.0.3:80" in text and "100/50" in text
    assert "  -> ?\n" in text  # the servers of a service that were not read
    assert text.isascii()


def test_the_plain_table_names_unknown_values() -> None:
    poor = state(unknown=frozenset(("thresholds",)))._replace(read_only="not root")
    text = "".join(table.plain(poor))
    assert "not root; not available from /proc: thresholds" in text
    assert text.count("?") >= 3


def rows(view: ServicesView) -> list[Row[ServiceKey]]:
    return [view.row(n) for n in range(len(view))]


def test_a_filter_that_matches_only_a_server_names_its_service() -> None:
    assert ServicesView(state(), Look(filter="10.0.0.2"), ()).empty.startswith(
        "the filter 10.0.0.2 hides every service; TCP 192.0.2.1:80 has such a server"
    )
    named = RowContext(OperatorNames({WEB: "www", TWO: "web2"}))
    assert "; www has such a server" in ServicesView(state(), Look(filter="web2"), (), around=named).empty
    assert ServicesView(state(), Look(filter="nobody"), ()).empty == (
        "the filter nobody hides every service; Esc clears it"
    )


def test_a_filter_that_hides_all_rows_says_so_and_how_it_is_cleared() -> None:
    """It said that no server passes the filter, and at three in the morning the table was taken for empty."""
    here, look = state(), Look(filter="nobody")
    views: list[tuple[GridView[Any], str]] = [
        (ServicesView(here, look, ()), "service"),
        (ServersView(here, WEB, look, ()), "server"),
        (HostsView(here, hosts(here), look), "host"),
        (HostView(here, hosts(here), HostKey(4, TWO.address), look, ()), "service"),
    ]
    for view, what in views:
        assert (len(view), view.empty) == (0, f"the filter nobody hides every {what}; Esc clears it")
    long = ServersView(here, WEB, Look(filter="nobody with such a very long name"), ()).empty
    assert long == "the filter nobody with such a very~ hides every server; Esc clears it"


def test_an_empty_service_says_how_to_add_servers_from_here() -> None:
    none = state()._replace(pools={WEB: PoolRows(1.0, [])})
    assert ServersView(none, WEB, Look(), ()).empty == "no real servers: enter the service, a adds one"
    assert ServersView(none, WEB, Look(inside=WEB), ()).empty == "no real servers: a adds one"


def test_the_weight_from_before_a_drain_is_never_truncated() -> None:
    for before, text in ((3, "0 was 3"), (100, "0/100"), (65535, "0/65535")):
        view = ServersView(state(), WEB, Look(), (), RowContext(drained={Place(WEB, TWO): before}))
        assert cells(view.row(1), view.columns)["weight"] == text

"""The hosts as rows: states, weights that differ, names, order, the filter's language; and one host's rules."""

from __future__ import annotations

from collections.abc import Callable

from lvstui.director.hosts import Host, HostKey, Hosts, hosts
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.record import DONE, Record, Who
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State, Vrrp
from lvstui.views import host_page
from lvstui.views.around import RowContext
from lvstui.views.audit_index import Events
from lvstui.views.column import Row
from lvstui.views.host import HostView
from lvstui.views.host_fields import state_word
from lvstui.views.hosts import HostsView
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.sight import Sight
from tests.memory import MemoryDirector

WEB, TLS = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 443)
ONE, TWO, NINE = (HostKey(4, bytes((10, 0, 0, n))) for n in (1, 2, 9))
RULES = RuleSet(
    rules_from(
        [
            (
                Service(WEB),
                [
                    Server(server_key("10.0.0.1", 80), weight=3),
                    Server(server_key("10.0.0.1", 81), weight=0),
                    Server(server_key("10.0.0.2", 80), weight=0),
                ],
            ),
            (Service(TLS), [Server(server_key("10.0.0.1", 443), weight=1), Server(server_key("10.0.0.9", 443))]),
        ]
    )
)


def _state(rules: RuleSet = RULES, at: float = 0.0) -> State:
    return MemoryDirector(rules).read(EVERYTHING)._replace(at=at, swept=at)


def _view(look: Look, names: OperatorNames = OperatorNames(), rules: RuleSet = RULES) -> HostsView:  # noqa: B008
    state = _state(rules)
    return HostsView(state, hosts(state), look, None, names)


def _cell(view: HostsView | HostView) -> Callable[[Row[HostKey], str], str]:
    keys = [column.key for column in view.columns]
    return lambda row, key: row.cells[keys.index(key)]


def test_a_host_is_described_by_its_rules() -> None:
    view = _view(Look(), OperatorNames({ONE.address: "web1"}))
    cell = _cell(view)
    names = ("name", "state", "services", "weight", "live")
    found = [(*(cell(row, name) for name in names), row.tones["state"]) for row in map(view.row, range(len(view)))]
    assert found == [
        ("10.0.0.1", "1 drained", "2", "0-3", "2/?", "drained"),
        ("10.0.0.2", "drained", "1", "0", "0/?", "drained"),
        ("10.0.0.9", "up", "1", "1", "1/?", "up"),
    ]


def test_states_in_words() -> None:
    assert state_word(Host(ONE, missing=2)) == "gone"
    assert state_word(Host(ONE, (0, 1), live=2, missing=1)) == "1 gone"
    assert state_word(Host(ONE, (0, 1), live=0, missing=1)) == "drained"


def test_the_filter_uses_states_columns_and_names() -> None:
    def found(text: str, names: OperatorNames = OperatorNames()) -> list[HostKey]:  # noqa: B008
        view = _view(Look(filter=text), names)
        return [view.key(n) for n in range(len(view))]

    assert found("drained") == [ONE, TWO]
    assert found("!drained") == [NINE]
    assert found("services>1") == [ONE]
    assert found("rules=3") == [ONE]
    assert found("state=up") == [NINE]
    assert found("WEB", OperatorNames({TWO.address: "web2"})) == [TWO]
    assert _view(Look(filter="svc>1")).complaint.startswith("no column svc")


def test_sorting_and_the_place_of_a_host() -> None:
    view = _view(Look(sort="services"))
    assert [view.key(n) for n in range(3)] == [ONE, TWO, NINE]
    assert [view.place(key) for key in (ONE, TWO, NINE, WEB)] == [0, 1, 2, None]
    view = _view(Look(sort="weight", reverse=True))
    assert [view.key(n) for n in range(3)] == [TWO, NINE, ONE]
    assert _view(Look(filter="drained")).place(NINE) is None


def test_the_order_stays_between_sweeps() -> None:
    state = _state()
    made = hosts(state)
    first = HostsView(state, made, Look(sort="active"))
    second = HostsView(state, made, Look(sort="active"), first)
    assert second._order is first._order
    assert HostsView(state, made, Look(sort="inactive"), first)._order is not first._order


def test_a_host_that_is_gone_shows_only_that() -> None:
    before = hosts(_state())
    rest = RuleSet({WEB: RULES.rules[WEB]})
    state = _state(rest, 5.0)
    view = HostsView(state, hosts(state, before), Look())
    row = view.row(2)
    assert (row.key, row.tone, _cell(view)(row, "state"), _cell(view)(row, "weight")) == (NINE, "down", "gone", "")


def test_after_a_hand_over_a_host_that_is_gone_is_no_failure() -> None:
    """keepalived empties the table as it stops: each host was red on a side that is not meant to serve."""
    state = _state(RuleSet(), 5.0)._replace(taken=1_000.0)
    made = hosts(state, hosts(_state()))
    stop = Record(960.0, Who("kim"), "lb1", "", "console", "fail over VI_1", "systemctl stop keepalived", DONE)
    sight = Sight(state, events=Events((stop,)), hosts=made)
    assert _gone(sight) == ("alert", "alert")
    view = HostsView(state, made, Look(), sight=sight)
    assert _cell(view)(view.row(0), "why").startswith("this side does not serve; handed over by kim at ")
    backup = Sight(state._replace(vrrp=Vrrp("BACKUP", (), True)), hosts=made)
    serves = state._replace(vrrp=Vrrp("MASTER", ("192.0.2.1",), True))
    crashed = Sight(state._replace(vrrp=Vrrp("", (), False)), hosts=made)
    assert [_gone(one) for one in (backup, crashed, sight._replace(state=serves))] == [
        ("alert", "alert"),
        ("down", "down"),
        ("down", "down"),
    ]


def _gone(sight: Sight) -> tuple[str, str]:
    """The tone of a host that is gone, in the table and in the title of its page."""
    view = HostsView(sight.state, sight.hosts or Hosts(None), Look(), sight=sight)
    row = view.row(0)
    (role,) = (piece.role for piece in host_page.head(sight, row.key, 120)[0] if piece.text == "gone")
    return row.tones["state"], role


def _rules(look: Look, state: State | None = None, made: Hosts | None = None) -> HostView:
    there = _state()
    return HostView(state or there, made or hosts(there), ONE, look, ())


def test_inside_a_host_each_of_its_rules_has_a_row() -> None:
    view = _rules(Look())
    rows = [view.row(n) for n in range(len(view))]
    assert [(row.cells[0], row.cells[1], row.tone) for row in rows] == [
        ("TCP 192.0.2.1:80", "80", ""),
        ("TCP 192.0.2.1:80", "81", "drained"),
        ("TCP 192.0.2.1:443", "443", ""),
    ]
    assert [view.place(row.key) for row in rows] == [0, 1, 2]
    assert [row.key.server for row in rows] == [server_key("10.0.0.1", port) for port in (80, 81, 443)]


def test_the_rules_of_a_host_have_the_names_of_their_services() -> None:
    state = _state()
    names = OperatorNames({WEB: "shop"})
    view = HostView(state, hosts(state), ONE, Look(), (), RowContext(names))
    called = [column.key for column in view.columns].index("called")
    assert [(row.cells[0], row.cells[called]) for row in map(view.row, range(len(view)))] == [
        ("TCP 192.0.2.1:80", "shop"),
        ("TCP 192.0.2.1:80", "shop"),
        ("TCP 192.0.2.1:443", ""),
    ]
    for none in (OperatorNames(), OperatorNames({TWO.address: "web2"})):
        unnamed = HostView(state, hosts(state), ONE, Look(), (), RowContext(none))
        assert "called" not in [column.key for column in unnamed.columns]


def test_the_rules_of_a_host_are_sorted_and_filtered() -> None:
    view = _rules(Look(sort="weight"))
    assert [view.row(n).cells[1] for n in range(3)] == ["80", "443", "81"]
    view = _rules(Look(filter="drained"))
    assert [view.row(n).cells[1] for n in range(len(view))] == ["81"]
    view = _rules(Look(filter="192.0.2.1:443 port=443"))
    assert len(view) == 1


def test_a_rule_removed_since_the_sweep_keeps_its_line_until_the_next() -> None:
    web = RULES.rules[WEB]
    rest = {key: server for key, server in web.servers.items() if key.port != 81}
    state = _state(RuleSet({**RULES.rules, WEB: web._replace(servers=rest)}))
    view = _rules(Look(), state, hosts(_state()))
    assert len(view) == 3
    assert view.row(1).cells[1:] == ("…",) * (len(view.columns) - 1)
    assert view.place(view.key(1)) == 1
    assert len(_rules(Look(sort="weight"), state, hosts(_state()))) == 3

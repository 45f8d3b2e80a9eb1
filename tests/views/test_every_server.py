"""The flat table of all real servers."""

from __future__ import annotations

from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.rates import History
from lvstui.director.serving import tallied
from lvstui.director.source import EVERYTHING
from lvstui.director.state import PoolRows, State
from lvstui.views.around import RowContext
from lvstui.views.every_server import EveryView
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.place import Place
from tests.memory import MemoryDirector

WEB, DNS = service_key(6, "192.0.2.1", 80), service_key(17, "192.0.2.2", 53)
ONE, TWO, THREE = (server_key(f"10.0.0.{last}", port) for last, port in ((1, 80), (2, 80), (1, 53)))
RULES = RuleSet(
    rules_from(
        [
            (Service(WEB, "wrr"), [Server(ONE, weight=3), Server(TWO, weight=0)]),
            (Service(DNS, "rr"), [Server(THREE, weight=1)]),
        ]
    )
)


def state(swept: float = 1.0, busy: int = 70) -> State:
    found = MemoryDirector(RULES).read(EVERYTHING)._replace(swept=swept)
    active = {ONE: 50, TWO: 5, THREE: busy}
    pools = {
        key: PoolRows(pool.at, [row._replace(active=active[row.server.key]) for row in pool])
        for key, pool in found.pools.items()
    }
    return found._replace(pools=pools)


def view(look: Look, of: State, before: EveryView | None = None) -> EveryView:
    around = RowContext(OperatorNames({WEB: "shop", ONE: "web1"}))
    return EveryView(of, look, History(), around, before=before)


def test_servers_with_a_problem_come_first_and_what_is_not_seen_of_them_is_counted() -> None:
    of = state()
    shown = EveryView(of, Look(), History(), tally=tallied(of))
    assert keys(shown) == [Place(WEB, TWO), Place(WEB, ONE), Place(DNS, THREE)]
    assert (shown.unseen(range(1)), shown.unseen(range(1, 3))) == ("", "1 drained")
    assert keys(EveryView(of, Look(sort="address"), History(), tally=tallied(of)))[0] == Place(WEB, ONE)
    held = EveryView(state(2.0), Look(), History(), before=shown, held=True)
    assert keys(held) == keys(shown), "while a question is open the rows stay"


def keys(shown: EveryView) -> list[Place]:
    return [shown.key(number) for number in range(len(shown))]


def test_every_server_of_every_service_is_a_row_sorted_and_filtered_over_all() -> None:
    every = [Place(WEB, ONE), Place(WEB, TWO), Place(DNS, THREE)]
    assert keys(view(Look(), state())) == every
    assert keys(view(Look(sort="active"), state())) == [every[2], every[0], every[1]]
    assert keys(view(Look(filter="active>20 shop"), state())) == [every[0]]
    assert keys(view(Look(filter="service=shop", sort="weight"), state())) == every[:2]
    assert keys(view(Look(filter="drained"), state())) == [every[1]]
    shown = view(Look(filter="web1"), state())
    assert keys(shown) == [every[0]] and shown.heading == "1 of 3 real servers in 2 services"
    cells = dict(zip([column.key for column in shown.columns], shown.row(0).cells, strict=True))
    assert (cells["name"], cells["called"], cells["service"], cells["active"]) == ("10.0.0.1:80", "web1", "shop", "50")
    assert shown.place(every[0]) == 0 and shown.place(every[1]) is None


def test_the_order_stays_until_the_next_sweep_and_the_cells_are_updated() -> None:
    before = view(Look(sort="active"), state())
    tick = view(Look(sort="active"), state(busy=1), before)
    assert keys(tick) == keys(before) and "1" in tick.row(0).cells
    assert keys(view(Look(sort="active"), state(2.0, 1), before)) != keys(before)

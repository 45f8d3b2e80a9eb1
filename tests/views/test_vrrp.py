"""VRRP: the instances, everything about one, and what the first line says of them."""

from __future__ import annotations

from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus as Stands
from lvstui.director.vrrp.instances import Instance, VirtualAddress
from lvstui.views.grid_view import FactKey
from lvstui.views.head import ScreenStatus, head
from lvstui.views.look import Look
from lvstui.views.vrrp import InstanceKey, InstancesView, InstanceView

WEB, FAR = (VirtualAddress(bytes((192, 0, 2, last)), 32, "eth1") for last in (10, 50))
LONG = "priority 100 is also that of 192.0.2.3 (priority 100): their addresses decide which one wins"
ONE = Instance("VI_1", "", interface="eth1", vrid=51, priority=100, effective=100, addresses=(WEB,), excluded=(FAR,))


def state(*findings: str) -> State:
    found = Stands(ONE, "PARTIAL", (True, False), True, (), findings, 10.0)
    return State(0.0, 50.0, "lvs1", vrrp=Vrrp("PARTIAL", ("192.0.2.10",), True, (found,), "configuration"))


def masthead(known: State) -> str:
    return "".join(piece.text for piece in head(known, ScreenStatus(), 80)[0])


def test_an_instance_in_a_row() -> None:
    view = InstancesView(state("split brain: 192.0.2.3 (priority 90) is master too"), Look())
    cells = dict(zip((column.key for column in view.columns), view.row(0).cells, strict=True))
    assert (cells["addresses"], cells["since"], cells["master"]) == ("1/2 192.0.2.10..", "1 min", "nobody")
    assert cells["finding"].startswith("split brain") and view.row(0).tone == "down"


def test_everything_about_an_instance() -> None:
    view = InstanceView(state(LONG), InstanceKey("VI_1"))
    lines = [view.row(index).cells for index in range(len(view))]
    assert lines[0][0] == "finding" and lines[1][0] == "", "a long finding goes on in the next line"
    assert f"{lines[0][1]} {lines[1][1]}" == LONG and max(len(text) for _, text in lines) <= 61
    assert ("virtual address", "192.0.2.10/32 dev eth1   on the interface") in lines
    assert ("excluded address", "192.0.2.50/32 dev eth1   not here") in lines
    assert view.place(FactKey(InstanceKey("VI_1"), 1)) == 1 and view.place(FactKey(InstanceKey("VI_1"), 99)) is None


def test_the_masthead_names_the_problem() -> None:
    split = head(state("split brain: 192.0.2.3 (priority 90) is master too"), ScreenStatus(), 80)[0]
    assert (" split brain ", "alarm") in split
    assert "  eth1 is down, 1 more VRRP fault  " in masthead(state("eth1 is down", LONG))
    assert "priority 100 is also that of 192.0.2.3  " in masthead(state(LONG))
    assert masthead(state()).startswith(" lvs1  PARTIAL ")

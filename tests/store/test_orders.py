"""Orders to keepalived go through the same wrappers as changes: refused when read-only, recorded in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.daemon import Daemon, KeepalivedOrder, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet
from lvstui.director.record import DONE, REFUSED, Who
from lvstui.director.source import UNNAMED, KeepalivedControl, Purpose, ReadOnly, ordered
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from tests.memory import MemoryDirector

DAEMON = Daemon(7, "/etc/keepalived/keepalived.conf", "systemctl reload ka", "systemctl stop ka", "systemctl start ka")


class Kept(MemoryDirector):
    """A director with a keepalived that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(RuleSet())
        self.told: list[KeepalivedOrder] = []
        self.why = ""

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        if self.why:
            raise NotDone("keepalived", self.why)
        self.told.append(order)
        return OrderAnswer(DAEMON)


def _audited(source: Kept, folder: Path) -> Audited:
    return Audited(source, Log(folder, system=False), Who("ann"), "console", "net-1")


def test_a_director_without_keepalived_says_so() -> None:
    assert not isinstance(MemoryDirector(RuleSet()), KeepalivedControl)
    with pytest.raises(NotDone, match="no keepalived that lvstui can control"):
        ordered(ReadOnly(MemoryDirector(RuleSet())), KeepalivedOrder.LOOK)


def test_read_only_allows_only_a_test_of_the_configuration() -> None:
    source = Kept()
    guard = ReadOnly(source, "as asked")
    for order in KeepalivedOrder:
        if order.changes:
            with pytest.raises(NotDone, match="as asked; nothing was sent to keepalived"):
                guard.order(order)
        else:
            assert guard.order(order).daemon == DAEMON
    assert source.told == [KeepalivedOrder.LOOK, KeepalivedOrder.TEST]


def test_orders_to_keepalived_are_logged(tmp_path: Path) -> None:
    source = Kept()
    audited = _audited(source, tmp_path)
    audited.order(KeepalivedOrder.TEST)
    assert audited.log.latest() == ()
    audited.order(KeepalivedOrder.STOP, Purpose("fail over to the peer", "new disk"))
    audited.order(KeepalivedOrder.RELOAD)
    source.why = "process 7 is gone"
    with pytest.raises(NotDone):
        audited.order(KeepalivedOrder.RELOAD)
    assert [record[4:11] for record in reversed(audited.log.latest())] == [
        ("console", "fail over to the peer", "systemctl stop ka", DONE, "", "new disk", None),
        ("console", "keepalived: reload", "systemctl reload ka", DONE, "", "", None),
        ("console", "keepalived: reload", "", REFUSED, "process 7 is gone", "", None),
    ]

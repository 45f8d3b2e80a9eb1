"""`:reload` and `:failover` on a director with a keepalived that obeys."""

from __future__ import annotations

import pytest

from lvstui.director.configured import Configured
from lvstui.director.daemon import Complaint, Daemon, KeepalivedOrder, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server
from lvstui.director.record import Record
from lvstui.director.source import UNNAMED, Purpose, ReadOnly, Scope
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from tests.console.stage import ONE, RULES, WEB, Stage, opened, say
from tests.memory import MemoryDirector

CONF = "/etc/keepalived/keepalived.conf"
DAEMON = Daemon(7, CONF, "systemctl reload ka", "systemctl stop ka", "systemctl start ka", "ka.service")
MASTER = Vrrp("MASTER", ("192.0.2.1",), True, (InstanceStatus(Instance("VI_1", "MASTER"), "MASTER", masters=()),))


def weighing(weight: int) -> RuleSet:
    entry = RULES.rules[WEB]
    return RULES._replace(
        rules={**RULES.rules, WEB: Entry(entry.service, {**entry.servers, ONE: Server(ONE, weight=weight)})}
    )


class Kept(MemoryDirector):
    """Its keepalived has loaded `loaded`, while its file says `file`."""

    def __init__(self, file: RuleSet = RULES) -> None:
        super().__init__(RULES)
        self.file = file
        self.loaded = RULES
        self.told: list[KeepalivedOrder] = []
        self.complaints: tuple[Complaint, ...] = ()
        self.refuses = False
        self.vrrp = MASTER
        self.config = CONF
        self.successors: tuple[tuple[str, str], ...] = (("VI_1", "192.0.2.9 (priority 99)"),)

    def read(self, scope: Scope) -> State:
        keeping = KeepalivedState(self.config, Configured(self.file, []), Configured(self.loaded, []))
        return super().read(scope)._replace(keeping=keeping, vrrp=self.vrrp, owner="keepalived")

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        self.told.append(order)
        if order is KeepalivedOrder.RELOAD:
            self.loaded = self.file
            self.replace(self.file)
        if order is KeepalivedOrder.STOP:
            self.vrrp = Vrrp("", (), False)
        return OrderAnswer(DAEMON, self.complaints, self.refuses, self.successors)


def _records(stage: Stage) -> tuple[Record, ...]:
    """What was written down of what keepalived was told."""
    assert stage.app.context.storage.audited is not None
    return tuple(record for record in stage.app.context.storage.audited.log.latest() if record.source == "console")


async def until_asked(stage: Stage, words: str) -> None:
    await stage.until(lambda: words in stage.screen())


async def test_a_reload_shows_its_changes_asks_and_then_shows_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lvstui.commands.reloading.SettleWait.SETTLES", 0.0)
    monkeypatch.setattr("lvstui.operations.keepalived.LOOKS", 0.02)
    director = Kept(weighing(7))
    async with opened(director) as stage:
        await say(stage, "reload")
        await stage.until(lambda: "reload? y/N" in stage.bottom)
        assert "systemctl reload ka" in stage.bottom
        assert "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 7" in stage.bottom
        await stage.press("n")
        await stage.until(lambda: "nothing was sent" in stage.bottom)
        assert KeepalivedOrder.RELOAD not in director.told
        await say(stage, "reload")
        await stage.until(lambda: "reload? y/N" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "after the reload nothing differs" in stage.bottom)
        assert director.told.count(KeepalivedOrder.RELOAD) == 1
        (record,) = _records(stage)
        assert (record.title, record.command) == ("reload keepalived", "systemctl reload ka")


async def test_what_differs_after_the_reload_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lvstui.commands.reloading.SettleWait.SETTLES", 0.0)
    director = Kept()
    async with opened(director) as stage:
        director.replace(weighing(9))
        await say(stage, "reload")
        await stage.until(lambda: "1 made by hand stays" in stage.bottom)
        director.order = lambda order, purpose=UNNAMED: OrderAnswer(DAEMON)  # type: ignore[method-assign]
        await stage.press("y")
        await until_asked(stage, "after the reload 1 rule differs from the configuration: table -> configuration")
        assert "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 9 -> 3" in stage.screen()
        await stage.press("q")
        await stage.until(lambda: "after the reload 1 rule differs" in stage.bottom)


async def test_a_configuration_that_keepalived_refuses_is_shown_line_by_line_and_nothing_is_sent() -> None:
    director = Kept(weighing(7))
    director.refuses = True
    director.complaints = (Complaint("Unknown keyword 'protocl'", CONF, 12), Complaint("no protocol set"))
    async with opened(director) as stage:
        await say(stage, "reload")
        await until_asked(stage, f"{CONF} line 12: Unknown keyword 'protocl'")
        await stage.press("y")
        await stage.until(lambda: "nothing was sent" in stage.bottom)
        assert f"{CONF} line 12" in stage.bottom
        assert director.told == [KeepalivedOrder.TEST]


@pytest.mark.parametrize(("key", "goes_on"), [("y", True), ("n", False), ("escape", False)])
async def test_warnings_are_shown_and_a_question_is_asked(key: str, goes_on: bool) -> None:
    director = Kept(weighing(7))
    director.complaints = (Complaint("SECURITY VIOLATION"),)
    async with opened(director) as stage:
        await say(stage, "reload")
        await until_asked(stage, "SECURITY VIOLATION")
        await stage.press(key)
        await stage.until(lambda: ("reload? y/N" if goes_on else "nothing was sent") in stage.bottom)
        assert KeepalivedOrder.RELOAD not in director.told


async def test_a_failover_is_confirmed_by_the_capital_alone() -> None:
    director = Kept()
    async with opened(director) as stage:
        await say(stage, 'failover reason "new disk"')
        await until_asked(stage, "Y hands over")
        assert "This director is master of VI_1 and holds 192.0.2.1." in stage.screen()
        assert "To start it again: systemctl start ka" in stage.screen()
        await stage.press("y")
        await stage.until(lambda: "nothing was sent" in stage.bottom)
        await say(stage, 'failover reason "new disk"')
        await until_asked(stage, "Y hands over")
        await stage.press("Y")
        await stage.until(lambda: "handed over: 192.0.2.9 (priority 99) is master of VI_1 now" in stage.bottom)
        assert director.told.count(KeepalivedOrder.STOP) == 1
        (record,) = _records(stage)
        assert (record.title, record.reason) == ("fail over VI_1", "new disk")
        await stage.until(lambda: "no keepalived" in stage.screen())


async def test_a_failover_without_a_successor_says_so() -> None:
    director = Kept()
    director.successors = ()
    async with opened(director) as stage:
        await say(stage, "failover")
        await until_asked(stage, "Y hands over")
        await stage.press("Y")
        await stage.until(lambda: "no other director was heard taking over" in stage.bottom)


async def test_failover_on_a_backup_is_refused() -> None:
    director = Kept()
    director.vrrp = Vrrp("BACKUP", (), True)
    async with opened(director) as stage:
        await say(stage, "failover")
        await stage.until(lambda: "it is master of nothing" in stage.bottom)
        assert director.told == [KeepalivedOrder.LOOK]


@pytest.mark.parametrize("line", ["reload", "failover"])
async def test_a_read_only_director_and_one_without_keepalived_get_no_order(line: str) -> None:
    director = Kept()
    async with opened(ReadOnly(director, "as asked")) as stage:
        await say(stage, line)
        await stage.until(lambda: "as asked" in stage.bottom)
        assert director.told == []
    async with opened(MemoryDirector(RULES)) as stage:
        await say(stage, line)
        await stage.until(lambda: "no keepalived that lvstui can control" in stage.bottom)


async def test_keepalived_may_have_ended_meanwhile() -> None:
    director = Kept(weighing(7))

    def gone(order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        raise NotDone("keepalived", "process 7 is gone")

    async with opened(director) as stage:
        await say(stage, "reload")
        await stage.until(lambda: "reload? y/N" in stage.bottom)
        director.order = gone  # type: ignore[method-assign]
        await stage.press("y")
        await stage.until(lambda: "process 7 is gone" in stage.bottom)

"""Drains in the console: reason, memory, countdown, a host everywhere, marked rows; and ramps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest

from lvstui.config import Settings
from lvstui.director.change import Change, EditServer
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import PoolRows, State
from lvstui.store import drained
from tests.console.stage import DEFAULTS, ONE, RULES, TWO, WEB, opened, say
from tests.memory import MemoryDirector

TLS = service_key(6, "192.0.2.1", 443)
ONE_TLS = server_key("10.0.0.1", 443)
HOSTS = RuleSet(
    rules_from(
        [
            (Service(WEB, "wrr"), [Server(ONE, weight=3), Server(TWO, weight=3)]),
            (Service(TLS, "wrr"), [Server(ONE_TLS, weight=2), Server(server_key("10.0.0.2", 443), weight=2)]),
        ]
    )
)


NINE = server_key("10.0.0.9", 80)


class Busy(MemoryDirector):
    """Every server has this many connections."""

    active = 12
    owner = ""
    sysctls: dict[str, int] = {}  # noqa: RUF012

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        pools = {
            key: PoolRows(pool.at, [row._replace(active=self.active) for row in pool])
            for key, pool in state.pools.items()
        }
        return state._replace(pools=pools, owner=self.owner, sysctls=self.sysctls)


async def test_the_reason_and_the_weight_outlive_the_session(tmp_path: Path) -> None:
    director = MemoryDirector(RULES)
    async with opened(director, folder=tmp_path) as stage:
        await stage.press("enter", "x")
        await stage.type("new disk")
        await stage.press("enter", "y")
        await stage.until(lambda: "0 was 3" in stage.screen())
        await stage.until(lambda: bool(drained.read(tmp_path).drains))
    async with opened(director, folder=tmp_path) as stage:
        await stage.press("enter")
        await stage.until(lambda: "0 was 3" in stage.screen())
        await stage.until(lambda: "(new disk)" in stage.bottom)
        await stage.press("x", "y")
        await stage.until(lambda: len(director.sent) == 2)
        assert director.sent[-1] == EditServer(WEB, Server(ONE, weight=3))
        await stage.until(lambda: not drained.read(tmp_path).drains)


async def test_escape_at_the_reason_drains_nothing() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "x", "escape")
        assert director.sent == [] and not stage.app.prompt.asking


async def test_a_damaged_memory_is_one_line_and_the_console_opens(tmp_path: Path) -> None:
    (tmp_path / drained.NAME).write_text('{"format": 1, "drained": [{"service": "tcp"}]}')
    async with opened(folder=tmp_path) as stage:
        await stage.until(lambda: "it is not known what was drained" in stage.bottom)
        assert "192.0.2.1:80" in stage.screen()


async def test_remaining_connections_count_down_until_the_server_is_safe_to_remove() -> None:
    director = Busy(RULES)
    async with opened(director, interval=0.05) as stage:
        await stage.press("enter", "x", "enter", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 0)
        await stage.until(lambda: "10.0.0.1:80 draining, 12 connections left" in stage.bottom)
        director.active = 1
        await stage.until(lambda: "1 connection left" in stage.bottom)
        director.active = 0
        await stage.until(lambda: "no connections left: safe to remove" in stage.bottom)


async def test_drain_with_wait_says_when_the_time_is_over() -> None:
    director = Busy(RULES)
    async with opened(director, interval=0.05) as stage:
        await say(stage, 'drain 10.0.0.1:80 wait 0.3s reason "x"')
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "12 connections left after 0.3 s; it stays drained" in stage.bottom)


async def test_a_drained_server_is_called_by_its_name() -> None:
    director = Busy(RULES)
    async with opened(director, interval=0.05, settings=DEFAULTS._replace(names={ONE: "web1", WEB: "shop"})) as stage:
        await stage.press("enter", "x", "enter", "y")
        await stage.until(lambda: "web1 draining, 12 connections left" in stage.bottom)
        director.active = 0
        await stage.until(lambda: "web1 of shop: no connections left: safe to remove" in stage.bottom)


async def test_a_server_that_is_drained_in_two_services_is_spoken_of_once() -> None:
    """It was `web1 drained; web1 drained`, and each of the two was announced."""
    director = Busy(HOSTS)
    named = DEFAULTS._replace(names={ONE.address: "web1", WEB: "shop"})
    async with opened(director, interval=0.05, settings=named) as stage:
        ui = stage.app.context.ui
        with mock.patch.object(ui, "status", side_effect=ui.status) as said:
            await say(stage, "drain host 10.0.0.1 wait 50s reason disks")
            await stage.until(lambda: "apply?" in stage.bottom)
            await stage.press("y")
            await stage.until(lambda: "web1 draining in 2 services, 24 connections left (disks)" in stage.bottom)
            director.active = 0
            await stage.until(lambda: "web1 drained in 2 services (disks)" in stage.bottom)
            await stage.until(lambda: "watch" not in [worker.group for worker in stage.app.workers])
    texts = [call.args[0] for call in said.call_args_list]
    ends = [text for text in texts if "no connections left" in text]
    assert ends == ["web1 of 2 services: no connections left: safe to remove"], texts


async def test_a_host_is_drained_and_undrained_everywhere() -> None:
    director = MemoryDirector(HOSTS)
    async with opened(director) as stage:
        await stage.press("enter", "X", "enter")
        await stage.until(lambda: "2 changes" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)
        weights = {key.port: entry.servers[ONE._replace(port=key.port)].weight for key, entry in _rules(director)}
        assert weights == {80: 0, 443: 0}
        await stage.until(lambda: "done: drain" in stage.bottom)
        await stage.press("X", "y")
        await stage.until(lambda: len(director.sent) == 4)
        assert director.rules.rules == HOSTS.rules


async def test_a_host_is_drained_from_the_view_of_hosts() -> None:
    director = MemoryDirector(HOSTS)
    async with opened(director) as stage:
        await stage.press("2")
        await stage.until(lambda: "10.0.0.1" in stage.screen())
        await stage.press("X", "enter")
        await stage.until(lambda: "2 changes" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)


async def test_marked_servers_are_drained_weighed_and_deleted_together() -> None:
    director = MemoryDirector(HOSTS)
    async with opened(director) as stage:
        await stage.press("enter", "space", "space", "w")
        await stage.until(lambda: "2 marked" in stage.bottom)
        await stage.type("+1")
        await stage.press("enter", "y")
        await stage.until(lambda: len(director.sent) == 2)
        await stage.until(lambda: "done:" in stage.bottom)
        await stage.press("x", "enter")
        await stage.until(lambda: "outage! Y applies" in stage.bottom)
        assert "loses its last live server" in stage.bottom
        await stage.press("y")
        assert len(director.sent) == 2
        await stage.press("d")
        await stage.until(lambda: "outage! Y applies" in stage.bottom)
        await stage.press("Y")
        await stage.until(lambda: len(director.sent) == 4)
        assert not director.rules.rules[TLS].servers or not director.rules.rules[WEB].servers
        await stage.until(lambda: not stage.app.look.marked)
        await stage.until(lambda: "marked" not in stage.screen())


async def test_the_confirmation_says_why_clients_keep_coming_and_who_overwrites_the_change() -> None:
    rules = RuleSet({WEB: RULES.rules[WEB]._replace(service=Service(WEB, "wrr", persistence=300))})
    director = Busy(rules)
    director.sysctls = {"expire_quiescent_template": 0}
    director.owner = "keepalived"
    async with opened(director, size=(160, 48)) as stage:
        await stage.press("enter", "x", "enter")
        await stage.until(lambda: "expire_quiescent_template=0" in stage.bottom)
        assert "keepalived owns this table" in stage.bottom


async def test_a_ramp_continues_in_the_background_and_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    director = MemoryDirector(RULES)
    async with opened(director, settings=Settings(names={server_key("10.0.0.1", 80): "web1"})) as stage:
        said: list[str] = []  # all of it: a ramp of 1.5 s may be over before a busy machine looks
        say_ = stage.app.prompt._say

        def saying(pieces: Sequence[tuple[str, str]], field: bool = False) -> None:
            said.append("".join(words for words, _ in pieces))
            say_(pieces, field)

        monkeypatch.setattr(stage.app.prompt, "_say", saying)
        await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 6 1.5s")
        await stage.until(lambda: "3 steps of 3 to 6" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: any("web1 ramps 3 >" in line for line in said))
        await stage.until(lambda: "done: ramp of web1" in stage.bottom)
        assert [change.server.weight for change in director.sent if isinstance(change, EditServer)] == [4, 5, 6]
        await stage.press("u")
        await stage.until(lambda: "-w 3" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules == RULES.rules)


async def test_escape_ends_a_ramp_where_it_is() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 300 60s")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 1)
        await stage.press("escape")
        await stage.until(lambda: "stopped: 10.0.0.1:80 stays at" in stage.bottom)
        sent = len(director.sent)
        await stage.until(lambda: not stage.under_way)
        assert len(director.sent) == sent
        await say(stage, "ramp stop")
        await stage.until(lambda: "no ramp is under way" in stage.bottom)


async def test_a_ramp_ends_when_someone_else_changes_the_weight() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "ramp 192.0.2.1:80 10.0.0.1:80 300 60s")
        await stage.until(lambda: "apply?" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 1)
        web = RULES.rules[WEB]
        servers = {**web.servers, ONE: Server(ONE, weight=77)}
        director.replace(RuleSet({**RULES.rules, WEB: web._replace(servers=servers)}))
        await stage.until(
            lambda: "is at 77, but the ramp left it at" in stage.bottom and "the ramp ends" in stage.bottom
        )
        assert director.rules.rules[WEB].servers[ONE].weight == 77


def _rules(director: MemoryDirector):  # type: ignore[no-untyped-def]
    return director.rules.rules.items()


async def test_the_undo_of_a_deletion_brings_the_weight_from_before_the_drain(tmp_path: Path) -> None:
    director = MemoryDirector(RULES)
    async with opened(director, folder=tmp_path) as stage:
        await stage.press("enter", "x", "enter", "y")
        await stage.until(lambda: len(director.sent) == 1)
        await stage.press("d", "y")
        await stage.until(lambda: len(director.sent) == 2)
        await stage.until(lambda: "done: delete" in stage.bottom)
        await stage.press("u", "y")
        await stage.until(lambda: len(director.sent) == 3)
        await stage.until(lambda: "0 was 3" in stage.screen())
    assert [drain.weight for drain in drained.read(tmp_path).drains.values()] == [3]


async def test_the_weights_are_on_disk_before_they_are_sent(tmp_path: Path) -> None:
    class Looking(MemoryDirector):
        on_disk = -1

        def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
            self.on_disk = len(drained.read(tmp_path).drains)
            return super().send(changes, purpose)

    director = Looking(HOSTS)
    async with opened(director, folder=tmp_path) as stage:
        await stage.press("enter", "X", "enter", "y")
        await stage.until(lambda: director.on_disk == 2)


async def test_if_there_are_many_drains_the_bottom_line_reports_on_the_newest(tmp_path: Path) -> None:
    many = RuleSet(
        rules_from(
            [
                (Service(service_key(17, "192.0.2.1", port), "sh"), [Server(server_key("10.0.0.1", port), weight=0)])
                for port in range(1000, 1600)
            ]
        )
    )
    drains = {(key, name): drained.Drain(3, 1.0) for key, entry in many.rules.items() for name in entry.servers}
    drained.update(tmp_path, drains, ())
    async with opened(MemoryDirector(many), folder=tmp_path) as stage:
        await stage.until(lambda: "and 498 more servers; 100 older drains are remembered" in stage.bottom)


async def test_a_host_is_replaced_as_one_change_with_one_undo_and_one_redo() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "replace host 10.0.0.1 10.0.0.9 wait 50s")
        await stage.until(lambda: "continue anyway?" in stage.bottom and "cannot be probed" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "apply" in stage.bottom)
        assert director.sent == []
        await stage.press("y")
        await stage.until(lambda: "done: replace host 10.0.0.1 by 10.0.0.9 in 1 service" in stage.bottom)
        replaced = {**RULES.rules[WEB].servers, NINE: Server(NINE, weight=3)}
        del replaced[ONE]
        assert director.rules.rules == {**RULES.rules, WEB: RULES.rules[WEB]._replace(servers=replaced)}
        for key, rules in (("u", RULES.rules[WEB].servers), ("U", replaced)):
            await stage.press(key)
            await stage.until(lambda: "apply" in stage.bottom)
            await stage.press("y")
            await stage.until(lambda rules=rules: director.rules.rules[WEB].servers == rules)  # type: ignore[misc]
            await stage.settle()


async def test_a_stopped_replacement_leaves_both_hosts_and_can_be_undone() -> None:
    director = Busy(RULES)
    async with opened(director) as stage:
        await say(stage, "replace host 10.0.0.1 10.0.0.9")
        for asked in ("continue anyway?", "apply"):
            await stage.until(lambda asked=asked: asked in stage.bottom)  # type: ignore[misc]
            await stage.press("y")
        await stage.until(lambda: "replace host 10.0.0.1 by 10.0.0.9 in 1 service: 12 connections left" in stage.bottom)
        await stage.press("escape")
        await stage.until(lambda: "both hosts stay, nothing was deleted" in stage.bottom)
        servers = director.rules.rules[WEB].servers
        assert servers[ONE].weight == 0 and servers[NINE].weight == 3
        await stage.until(lambda: not stage.under_way)
        await stage.press("u")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules == RULES.rules)

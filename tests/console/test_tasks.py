"""What an operator comes for at 3 a.m., done by keys at 80x24, each with at most so many. What is typed (names,
reasons) is not counted, nor are moves of the cursor."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lvstui.config import Settings
from lvstui.demo import World
from lvstui.director.model import RuleSet, ServiceKey, server_key, service_key
from lvstui.director.source import Scope
from lvstui.director.state import rules_of
from lvstui.store.replay import Replay
from tests import screenshots
from tests.console.stage import Stage, opened

ADMIN = service_key(6, "192.0.2.14", 8443)
WWW, WWW_TLS, WWW_V6 = (service_key(6, *of) for of in (("192.0.2.10", 80), ("192.0.2.10", 443), ("2001:db8::10", 443)))
IMG = service_key(6, "192.0.2.12", 80)
MOVES = frozenset(("up", "down", "j", "k", "g", "G", "home", "end", "pageup", "pagedown", "tab"))


class Hand:
    """Presses keys in the world of the incident, and counts them."""

    def __init__(self, stage: Stage, world: World, clock: screenshots.Clock) -> None:
        self.stage = stage
        self.count = 0
        self._world = world
        self._clock = clock

    async def press(self, *keys: str) -> None:
        self.count += sum(key not in MOVES for key in keys)
        await self.stage.press(*keys)

    async def type(self, text: str) -> None:
        await self.stage.type(text)

    async def passes(self, seconds: float) -> None:
        await screenshots.passes(self.stage, self._clock, seconds)

    async def sees(self, *words: str) -> None:
        await self.stage.shows(*words)

    async def on(self, key: object) -> None:
        """Moves the cursor to a row."""
        await self.press("g")
        for _ in range(len(list(self.stage.app.main.keys()))):
            if self.stage.app.main.key == key:
                return
            await self.press("j")
        raise AssertionError(f"{key} is not on the screen:\n{self.stage.screen()}")

    @property
    def table(self) -> RuleSet:
        """What the director has."""
        return rules_of(self._world.read(Scope(sweep=True, settings=True)))

    def weights(self, service: ServiceKey) -> dict[str, int]:
        servers = self.table.rules[service].servers
        return {f"{key.address[-1]}": one.weight for key, one in servers.items()}

    @property
    def bottom(self) -> str:
        return self.stage.bottom

    @property
    def screen(self) -> str:
        return self.stage.screen()


@asynccontextmanager
async def incident(folder: Path, stored: dict[Path, RuleSet] | None = None) -> AsyncIterator[Hand]:
    clock = screenshots.Clock()
    with screenshots.fixed(clock):
        world, names = screenshots.opened_world("incident", folder, clock)
        settings = Settings(names=names)
        async with opened(world, size=(80, 24), folder=folder, settings=settings, stored=stored) as stage:
            hand = Hand(stage, world, clock)
            await hand.passes(4.0)
            yield hand


async def test_which_service_is_down_since_when_why_what_clients_notice_and_what_to_do(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.sees(
            "1 service DOWN", "admin  DOWN since 09:54:37", "web3: down by TCP_CHECK", "disk swap, CHG 4711"
        )
        await hand.sees("so      clients get", "do      undrain web4", "skew ")  # which pool is skewed stands there too
        assert re.search(r"img +skew \d\d%", hand.screen)
        assert hand.count == 0


async def test_the_next_problem_from_any_view(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("6")
        hand.count = 0
        await hand.press("n")
        await hand.sees("problem 1 of", "admin: DOWN")
        assert hand.count == 1


async def test_a_host_is_drained_with_a_reason_seen_empty_and_replaced(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("2")
        await hand.press("slash")  # the cursor is brought to it
        await hand.type("web1")
        await hand.press("enter")
        hand.count = 1
        await hand.press("X")
        await hand.type("new fans")
        await hand.press("enter")
        await hand.sees("nothing is sent yet", "web1")
        await hand.press("y")
        await hand.sees("done: drain")
        assert hand.count == 4 and [hand.weights(key)["11"] for key in (WWW, WWW_TLS, WWW_V6)] == [0, 0, 0]

        hand.count = 0
        for _ in range(60):
            await hand.passes(4.0)
            if "safe to remove" in " ".join(hand.bottom.split()):
                break
        await hand.sees("drained", "new fans")
        assert "safe to remove" in " ".join(hand.bottom.split()) and hand.count == 0

        await hand.press("colon")
        await hand.type("replace host web1 203.0.113.15")
        await hand.press("enter")
        await hand.sees("replace host web1 by 203.0.113.15 in 3 services", "one key for all")
        await hand.press("y")
        for _ in range(60):
            await hand.passes(4.0)
            if "11" not in hand.weights(WWW):
                break
        assert [hand.weights(key) for key in (WWW_V6,)] == [{"12": 10, "15": 10}]
        assert hand.weights(WWW) == {"12": 10, "14": 10, "15": 10} and hand.count == 3
        await hand.stage.until(lambda: not hand.stage.under_way)
        await hand.press("u", "y")
        await hand.stage.until(lambda: hand.weights(WWW) == {"11": 0, "12": 10, "14": 10})
        await hand.press("slash", *["backspace"] * 4, "enter")
        await hand.passes(4.0)
        assert "web1" in hand.screen and "203.0.113.15" not in hand.screen, "what was undone is no trouble"


async def test_the_scheduler_of_three_services(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("space", "space", "space", "s")
        await hand.type("wrr")
        await hand.press("enter")
        await hand.sees("nothing is sent yet")
        await hand.press("y")
        await hand.sees("done")
        schedulers = [hand.table.rules[key].service.scheduler for key in (ADMIN, WWW, WWW_TLS)]
        assert schedulers == ["wrr"] * 3 and hand.count <= 7


@pytest.mark.parametrize(
    ("address", "servers", "first"),
    [
        ("192.0.2.40", "203.0.113.11-14:8080", server_key("203.0.113.11", 8080)),
        ("2001:db8::40", "[2001:db8:1::11-14]:8080", server_key("2001:db8:1::11", 8080)),
    ],
)
async def test_a_new_service_with_four_servers(tmp_path: Path, address: str, servers: str, first: object) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("a")
        await hand.type(address)
        await hand.press("tab", "tab")
        await hand.type(servers)
        await hand.press("enter")
        await hand.sees("nothing is sent yet")
        await hand.press("y")
        await hand.sees("done")
        made = hand.table.rules[service_key(6, address, 80)]
        assert len(made.servers) == 4 and first in made.servers and hand.count <= 6


async def test_weights_of_three_marked_servers_then_two_undos_and_one_redo(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.on(WWW_V6)
        hand.count = 0
        await hand.press("enter", "space", "space", "w")
        await hand.type("+50%")
        await hand.press("enter")
        await hand.sees("nothing is sent yet", "10 -> 15")
        await hand.press("y")
        await hand.sees("done")
        assert set(hand.weights(WWW_V6).values()) == {15} and hand.count <= 7

        await hand.press("backslash", "g", "w")
        await hand.type("7")
        await hand.press("enter", "y")
        await hand.stage.until(lambda: hand.weights(WWW_V6) == {"11": 7, "12": 15})
        hand.count = 0
        await hand.press("u", "y")
        await hand.stage.until(lambda: hand.weights(WWW_V6) == {"11": 15, "12": 15})
        await hand.press("u", "y")
        await hand.stage.until(lambda: set(hand.weights(WWW_V6).values()) == {10})
        await hand.press("U", "y")
        await hand.stage.until(lambda: set(hand.weights(WWW_V6).values()) == {15})
        assert hand.count == 6


async def test_a_snapshot_is_saved_and_an_older_one_looked_at_and_restored(tmp_path: Path) -> None:
    stored: dict[Path, RuleSet] = {Path("/snapshots/before.toml"): RuleSet()}
    async with incident(tmp_path, stored) as hand:
        older = hand.table.rules
        entry = older[IMG]
        stored[Path("/snapshots/before.toml")] = RuleSet(
            {**older, IMG: entry._replace(service=entry.service._replace(scheduler="wrr"))}
        )
        await hand.press("S", "enter")
        await hand.sees("saved 16 services")
        await hand.press("7", "enter")
        await hand.sees("before.toml", "1 service changed", "rr -> wrr")
        await hand.press("R")
        await hand.sees("ipvsadm -E -t 192.0.2.12:80 -s wrr", "y applies 1 change")
        await hand.press("y")
        await hand.stage.until(lambda: hand.table.rules[IMG].service.scheduler == "wrr")
        assert hand.count <= 7


async def test_who_is_master_since_when_why_and_what_would_move_the_role(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("4")
        await hand.sees("lb1 is MASTER of VI_1 since", "why     ", "next    ")
        assert hand.count == 1


async def test_why_a_server_is_down_how_often_before_and_who_is_on_it(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("enter", "enter")
        await hand.sees("admin > web3  DOWN since 09:54:37", "down by TCP_CHECK", "Last changes")
        assert hand.count == 2
        await hand.press("escape", "escape")
        await hand.on(WWW)
        hand.count = 0
        await hand.press("enter", "g", "3")
        await hand.sees("to web1:80 in www", "client", "left")
        assert hand.count == 2
        await hand.press("ctrl+o")
        hand.count = 0
        assert hand.stage.app.view == "services" and hand.stage.app.inside == WWW


async def test_all_busy_servers_of_all_services_by_their_rate(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("colon")
        await hand.type("servers active>100")
        await hand.press("enter", "colon")
        await hand.type("sort conn/s")
        await hand.press("enter")
        await hand.sees("real servers in 16 services   filter: active>100   by cps")
        rates = [
            float(re.findall(r"~?(\S+)$", line)[0].strip("~"))
            for line in hand.screen.splitlines()
            if "203.0.113." in line
        ]
        assert rates == sorted(rates, reverse=True) and len(rates) > 5 and hand.count <= 5
        actives = [line.split() for line in hand.screen.splitlines() if "203.0.113." in line]
        assert all(int(words[-2]) > 50 for words in actives), "a table that moves: about 100 and more"


async def test_what_happened_to_a_service_by_checks_and_by_hand_and_its_commands(tmp_path: Path) -> None:
    async with incident(tmp_path) as hand:
        await hand.press("6")
        await hand.sees("keepalived", "kim", "someone else", "web3 removed from www, www-tls, admin")
        assert hand.count == 1
        await hand.press("1")
        hand.count = 0
        await hand.press("y")
        await hand.sees("sent to the clipboard: 2 commands, ipvsadm -A -t 192.0.2.14:8443 -s wlc")
        assert hand.count == 1


async def test_a_recording_is_made_and_n_jumps_to_its_failure(tmp_path: Path) -> None:
    tape = tmp_path / "failure.tape"
    async with incident(tmp_path) as hand:
        await hand.press("colon")
        await hand.type(f"record {tape}")
        await hand.press("enter")
        await hand.sees("REC")
        await hand.passes(4.0)
        await hand.on(WWW_V6)
        await hand.press("enter", "x", "enter", "y")
        await hand.stage.until(lambda: hand.weights(WWW_V6) == {"11": 0, "12": 10})
        await hand.passes(8.0)
        recording = hand.stage.app.context.storage.recording
        assert recording is not None
        recording.finish()
    replay = Replay(tape, lambda: 0.0)
    async with opened(replay, size=(80, 24), folder=tmp_path / "replayed") as stage:
        await stage.press("n")
        await stage.shows("drained", "203.0.113.11:443")

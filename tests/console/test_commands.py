"""`:`: every command typed in the console, its completion, its history, the palette and the help."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.commands.command_table import COMMANDS
from lvstui.commands.make import makes
from lvstui.console.actions.registry import REGISTRY
from lvstui.director.change import (
    AddServer,
    AddService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.errors import NotDone
from lvstui.director.model import Server, Service, SyncDaemon, Timeouts, server_key, service_key
from lvstui.director.source import EVERYTHING, ReadOnly
from lvstui.director.spell import spell
from lvstui.store import command_history
from lvstui.store.replay import Replay
from tests.console.stage import ONE, RULES, TWO, WEB, opened, say
from tests.memory import MemoryDirector


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (
            "add service tcp 192.0.2.9:80 wrr persist 300",
            [AddService(Service(service_key(6, "192.0.2.9", 80), "wrr", persistence=300))],
        ),
        (
            "add server 192.0.2.1:80 10.0.0.11-12:80 weight 4",
            [AddServer(WEB, Server(server_key(f"10.0.0.{n}", 80), weight=4)) for n in (11, 12)],
        ),
        ("edit service sched rr", [EditService(Service(WEB, "rr"))]),
        ("edit server 10.0.0.1:80 upper 9", [EditServer(WEB, Server(ONE, weight=3, upper=9))]),
        ("weight 10.0.0.1:80 50", [EditServer(WEB, Server(ONE, weight=50))]),
        ("sched wlc", [EditService(Service(WEB, "wlc"))]),
        ("zero", [Zero(WEB)]),
        ("zero all", [Zero(None)]),
        ("timeouts 800 0 0", [SetTimeouts(Timeouts(800, 0, 0))]),
        ("sync start master eth0 id 51", [StartSync(SyncDaemon("master", "eth0", 51))]),
        (
            "clone 192.0.2.1:80 as 192.0.2.8:80",
            [
                AddService(Service(service_key(6, "192.0.2.8", 80), "wrr")),
                AddServer(service_key(6, "192.0.2.8", 80), Server(ONE, weight=3)),
                AddServer(service_key(6, "192.0.2.8", 80), Server(TWO, weight=3)),
            ],
        ),
        ('drain 10.0.0.1:80 reason "disk"', [EditServer(WEB, Server(ONE, weight=0))]),
    ],
)
async def test_a_command_is_shown_asked_for_and_sent(line: str, sent: list[object]) -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, line)
        await stage.until(lambda: "apply? y/N" in stage.bottom)
        await stage.shows(f"ipvsadm {spell(sent[0])}")  # type: ignore[arg-type]
        assert director.sent == []
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == len(sent))
        assert director.sent == sent


async def test_deleting_the_last_server_needs_the_capital() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "delete 10.0.0.3:53")
        await stage.until(lambda: "outage! Y applies" in stage.bottom)
        await stage.press("y")
        assert director.sent == []
        await say(stage, "delete 10.0.0.3:53")
        await stage.until(lambda: "loses its last live server" in stage.bottom)
        await stage.press("Y")
        await stage.until(lambda: len(director.sent) == 1)


async def test_settings_can_be_undone() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "timeouts 800 100 200")
        await stage.until(lambda: "apply? y/N" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "done: timeouts" in stage.bottom)
        assert director.rules.timeouts == Timeouts(800, 100, 200)
        await say(stage, "undo")
        await stage.until(lambda: "--set 900 120 300" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.timeouts == Timeouts(900, 120, 300))


async def test_sync_stop() -> None:
    director = MemoryDirector(RULES._replace(sync=(SyncDaemon("master", "eth0", 51),)))
    async with opened(director) as stage:
        await say(stage, "sync stop")
        await stage.until(lambda: "--stop-daemon master" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.sent == [StopSync("master")])


async def test_an_unknown_command_is_reported_with_the_nearest_one() -> None:
    async with opened() as stage:
        await say(stage, "wieght 5")
        await stage.until(lambda: "did you mean weight?" in stage.bottom)
        await say(stage, "drain 10.0.0.7:80")
        await stage.until(lambda: "is not a real server" in stage.bottom)


async def test_looks(tmp_path: Path) -> None:
    async with opened() as stage:
        await say(stage, "filter 192.0.2.2")
        await stage.until(lambda: stage.app.look.filter == "192.0.2.2")
        await say(stage, "filter")
        await stage.until(lambda: stage.app.look.filter == "")
        await say(stage, "view 2")
        await stage.until(lambda: stage.app.tables.pane.id == "hosts")
        await say(stage, "view services")
        await stage.until(lambda: stage.app.tables.pane.id == "services")
        await say(stage, "view 99")
        await stage.until(lambda: "there is none" in stage.bottom)
        await say(stage, "theme light")
        await stage.until(lambda: stage.app.theme == "light")
        await say(stage, "theme lihgt")
        await stage.until(lambda: "did you mean light?" in stage.bottom)
        await say(stage, "interval 5s")
        await stage.until(lambda: stage.app.settings.interval == 5)
        await say(stage, "pause")
        await stage.until(lambda: stage.app.look.paused)
        await say(stage, "netns nowhere")
        await stage.until(lambda: "no such network namespace" in stage.bottom)
        await say(stage, "save /tmp/x.toml")
        await stage.until(lambda: Path("/tmp/x.toml") in stage.files.saved)
        await say(stage, "q")
        await stage.until(lambda: not stage.app.is_running)


async def test_restore_from_a_file_shows_its_plan() -> None:
    path = Path("/x.toml")
    async with opened(stored={path: RULES._replace(rules={WEB: RULES.rules[WEB]})}) as stage:
        await say(stage, "restore /x.toml")
        await stage.until(lambda: "restore /x.toml:" in stage.screen())
        await stage.press("escape")


async def test_tab_completes_and_goes_through_the_possible_next_words() -> None:
    async with opened() as stage:
        await stage.press("colon")
        await stage.type("wei")
        await stage.press("tab")
        assert stage.app.prompt.typed_text == "weight "
        await stage.type("10.0.0.1")
        await stage.press("tab")
        assert stage.app.prompt.typed_text == "weight 10.0.0.1:80"
        await stage.press("escape")
        await stage.press("colon")
        await stage.type("sync st")
        first = []
        for _ in range(3):
            await stage.press("tab")
            first.append(stage.app.prompt.typed_text)
        assert first == ["sync start ", "sync stop ", "sync st"]


async def test_history_is_kept_for_the_next_session(tmp_path: Path) -> None:
    async with opened(folder=tmp_path) as stage:
        # Each is written by a thread that nobody waits for, not the console that is left either.
        await say(stage, "filter 1")
        await stage.until(lambda: command_history.read(tmp_path) == ["filter 1"])
        await say(stage, "filter 2")
        await stage.until(lambda: command_history.read(tmp_path) == ["filter 1", "filter 2"])
        await stage.until(lambda: stage.app.look.filter == "2")
    assert (tmp_path / command_history.NAME).stat().st_mode & 0o777 == 0o600
    async with opened(folder=tmp_path) as stage:
        await stage.until(lambda: stage.app.context.session.history == ["filter 1", "filter 2"])
        await stage.press("colon")
        await stage.type("vi")
        await stage.press("up")
        assert stage.app.prompt.typed_text == "filter 2"
        await stage.press("up", "up")
        assert stage.app.prompt.typed_text == "filter 1"
        await stage.press("down", "down")
        assert stage.app.prompt.typed_text == "vi"


def test_the_history_is_limited_and_has_each_line_once() -> None:
    lines: list[str] = []
    for number in range(command_history.MOST + 50):
        lines = command_history.with_line(lines, f"weight {number}")
    assert len(command_history.with_line(lines, "weight 100")) == command_history.MOST
    assert command_history.with_line(["a", "b"], "a") == ["b", "a"]


async def test_the_palette_finds_commands_and_actions() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(100, 40)) as stage:
        await stage.press("ctrl+p")
        await stage.until(lambda: "add server SERVERS" in stage.screen())
        await stage.type("zero all")
        await stage.until(lambda: "zero all counters" in stage.screen() and "add server" not in stage.screen())
        await stage.press("enter")
        await stage.until(lambda: "ipvsadm -Z" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.sent == [Zero(None)])


async def test_the_palette_opens_the_line_for_a_command_that_needs_more() -> None:
    async with opened(size=(100, 40)) as stage:
        await stage.press("ctrl+p")
        await stage.type("sched scheduler")
        await stage.until(lambda: "change the scheduler" in stage.screen() and "add server" not in stage.screen())
        await stage.press("enter")
        await stage.until(lambda: stage.app.prompt.typed_text == "sched ")


async def test_read_only_can_be_switched_on_and_off() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("ctrl+r")
        await stage.until(lambda: "READ-ONLY" in stage.screen())
        await stage.settle()
        await stage.press("z")
        await stage.until(lambda: "read-only" in stage.bottom)
        await say(stage, "zero all")
        await stage.until(lambda: "read-only" in stage.bottom and not stage.app.prompt.asking)
        await say(stage, "read-only off")
        await stage.until(
            lambda: "read-only is off: changes are allowed" in stage.bottom and "READ-ONLY" not in stage.screen()
        )
        await stage.press("z", "y")
        await stage.until(lambda: director.sent == [Zero(WEB)])


async def test_a_session_that_was_started_read_only_stays_read_only() -> None:
    director = MemoryDirector(RULES)
    async with opened(ReadOnly(director, "--read-only")) as stage:
        await stage.press("ctrl+r")
        await stage.until(lambda: "read-only: --read-only" in stage.bottom)
        assert "READ-ONLY" in stage.screen()
        await stage.press("z")
        assert director.sent == []


def test_a_wrapper_that_is_read_only_from_the_start_is_never_released() -> None:
    director = MemoryDirector(RULES)
    source = ReadOnly(director, "--read-only")
    with pytest.raises(NotDone, match="lvstui was started with it"):
        source.release()
    with pytest.raises(NotDone):
        source.send([Zero(None)])
    held = ReadOnly(director)
    held.hold("switched on here")
    with pytest.raises(NotDone, match="switched on here"):
        held.send([Zero(None)])
    assert held.read(EVERYTHING).read_only == "switched on here" and director.sent == []
    held.release()
    assert not held.read(EVERYTHING).read_only
    held.send([Zero(None)])
    assert director.sent == [Zero(None)]


async def test_a_command_is_about_the_marked_rows() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "asterisk")
        await say(stage, "weight 9")
        await stage.until(lambda: "2 changes" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)
        assert director.sent == [EditServer(WEB, Server(ONE, weight=9)), EditServer(WEB, Server(TWO, weight=9))]


async def test_another_namespace_closes_the_console_and_opens_it_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lvstui.console.actions.command_line.namespaces", lambda: ["lvs1"])
    async with opened() as stage:
        await say(stage, "netns lvs1")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.elsewhere == "lvs1"


async def test_another_namespace_by_a_path() -> None:
    """As docker keeps them, and as a process has one."""
    async with opened() as stage:
        await say(stage, "netns /nowhere/ns")
        await stage.until(lambda: "the path leads nowhere" in stage.bottom)
        await say(stage, "netns /etc/passwd")
        await stage.until(lambda: "is not a network namespace" in stage.bottom)
        await say(stage, "netns /proc/self/ns/../ns/net")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.elsewhere == "/proc/self/ns/net"


async def test_record_and_stop(tmp_path: Path) -> None:
    path = tmp_path / "table.tape"
    async with opened(interval=0.05) as stage:
        await say(stage, f"record {path}")
        await stage.until(lambda: "REC" in stage.screen())
        await stage.until(lambda: path.stat().st_size > 100)
        await say(stage, f"record {path}")
        await stage.until(lambda: "a recording is under way" in stage.bottom)
        await say(stage, "record")
        await stage.until(lambda: "the recording is closed" in stage.bottom)
        assert Replay(path).read(EVERYTHING).services.keys[0] == WEB


def test_every_command_has_an_action() -> None:
    done = {command.id for command in COMMANDS if makes(command.id)}
    done |= {name for name, act in REGISTRY.items() if act.line is not None or act.key is not None}
    assert done >= {command.id for command in COMMANDS}

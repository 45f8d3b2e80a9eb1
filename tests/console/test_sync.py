"""Sync daemons in the console: the rows below the VRRP instances, the key that begins a line, and the count."""

from __future__ import annotations

from lvstui.demo import World
from lvstui.director.model import SyncDaemon
from tests.console.stage import RULES, Stage, opened


def _line(stage: Stage, text: str) -> bool:
    """Whether the command line begins so."""
    return f"\n : {text}" in stage.screen()


async def test_a_daemon_is_started_from_view_4_and_stopped_again() -> None:
    async with opened(World(RULES, seed=1), size=(170, 32)) as stage:
        await stage.press("4")
        await stage.until(lambda: "sync daemon" in stage.screen())
        assert "sync daemon" in stage.screen() and "none runs: a failover" in stage.screen()
        await stage.press("Y")
        await stage.until(lambda: _line(stage, "sync start master eth0 id 51"))
        await stage.press("enter")
        await stage.until(lambda: "ipvsadm --start-daemon master --mcast-interface eth0 --syncid 51" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "id 51" in stage.screen())
        await stage.until(lambda: "sync master" in stage.screen().split("\n")[1])
        await stage.press("end", "enter")
        assert "224.0.0.81:8848" in stage.screen()
        assert "vrrp > sync daemon master" in stage.screen()
        await stage.press("Y")
        await stage.until(lambda: _line(stage, "sync stop master"))
        await stage.press("enter")
        await stage.until(lambda: "a failover ends the connections" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "the master daemon is gone" in stage.screen())


async def test_a_role_that_contradicts_vrrp_is_warned_about_before_and_after_the_change() -> None:
    rules = RULES._replace(sync=(SyncDaemon("backup", "eth0", 51),))
    async with opened(World(rules, seed=1), size=(170, 32)) as stage:
        await stage.until(lambda: "sync backup" in stage.screen().split("\n")[0])
        await stage.press("4")
        await stage.until(lambda: "sync daemon" in stage.screen())
        await stage.press("end")
        words = "MASTER, but only a backup daemon: nothing is sent"
        await stage.until(lambda: words in stage.screen())
        await stage.press("slash")
        await stage.type("daemon")
        await stage.press("enter")
        await stage.until(lambda: stage.app.main.rows == 1)
        assert "sync daemon" in stage.screen()


async def test_sync_check_counts_connections() -> None:
    rules = RULES._replace(sync=(SyncDaemon("master", "eth0", 51),))
    async with opened(World(rules, seed=1), size=(170, 32)) as stage:
        await stage.press("colon")
        await stage.type("sync check")
        await stage.press("enter")
        await stage.until(lambda: "whose connections this director knows" in stage.screen())
        assert "200 connections of its own" in stage.screen()
        assert "tcp 192.0.2.1:80   100 of its own" in stage.screen()
        await stage.press("q")
        assert "whose connections" not in stage.screen()


async def test_a_director_that_cannot_count_connections_says_so() -> None:
    async with opened() as stage:
        await stage.press("colon")
        await stage.type("sync check")
        await stage.press("enter")
        await stage.until(lambda: "no network to probe" in stage.bottom)

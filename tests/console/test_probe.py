"""The key and the commands that probe from this director."""

from __future__ import annotations

import threading

from tests.console.probes import MAC, VIP, Tried
from tests.console.stage import ONE, RULES, TWO, Stage, opened, say
from tests.memory import MemoryDirector


async def shows(stage: Stage, words: str) -> None:
    await stage.until(lambda: words in stage.screen())


async def test_p_on_a_service_tries_all_its_servers() -> None:
    tried = Tried()
    async with opened(tried) as stage:
        await stage.press("P")
        await shows(stage, "1 of 2 open; any key goes back")
        screen = stage.screen()
        assert "tcp 192.0.2.1:80  10.0.0.1:80  open, 0.4 ms" in screen
        assert "tcp 192.0.2.1:80  10.0.0.2:80  refused, after 0.4 ms" in screen
        await stage.press("escape")
        await shows(stage, "virtual service ")
        assert [one.server for one in tried.knocked] == [ONE, TWO]


async def test_p_inside_a_service_tries_the_server_under_the_cursor() -> None:
    tried = Tried()
    async with opened(tried) as stage:
        await stage.press("enter", "down", "P")
        await shows(stage, "0 of 1 open; any key goes back")
        assert [one.server for one in tried.knocked] == [TWO]


async def test_servers_that_cannot_be_probed_are_named() -> None:
    async with opened(Tried()) as stage:
        await say(stage, "probe udp 192.0.2.2:53")
        await shows(stage, "not tried: udp is not probed")
        await shows(stage, "1 not tried; any key goes back")


async def test_nothing_is_probed_unasked() -> None:
    tried = Tried()
    async with opened(tried, interval=0.05) as stage:
        for key in ("1", "4"):
            await stage.press(key)
            reads = tried.reads
            await stage.until(lambda reads=reads: tried.reads > reads + 4)  # type: ignore[misc]
        assert (tried.knocked, tried.asked) == ([], [])


async def test_leaving_the_page_cancels_the_probes() -> None:
    tried = Tried()
    tried.held = threading.Event()
    async with opened(tried) as stage:
        await stage.press("P")
        await stage.until(lambda: len(tried.knocked) == 1)
        await stage.press("escape")
        await shows(stage, "virtual service ")
        await stage.press("down")  # keys are taken again
        tried.held.set()
        await stage.until(lambda: tried.left)
        assert len(tried.knocked) == 1


async def test_leaving_the_console_during_a_probe_does_not_hang() -> None:
    tried = Tried()
    tried.held = threading.Event()
    async with opened(tried) as stage:
        await stage.press("P")
        await stage.until(lambda: len(tried.knocked) == 1)
        await stage.press("ctrl+c")
        await stage.until(lambda: not stage.app.is_running)
    tried.held.set()


async def test_p_in_view_4_asks_who_answers_for_the_address_of_the_instance() -> None:
    tried = Tried()
    async with opened(tried, size=(110, 24)) as stage:
        await stage.press("4", "P")
        await shows(stage, "any key goes back")
        screen = " ".join(stage.screen().split())
        assert "192.0.2.1 held here; asked on eth1 for 1 s" in screen
        assert f"192.0.2.1: it is held here, and {MAC} answers for it too: split brain" in screen
        assert tried.asked == [(VIP, "eth1")]


async def test_p_in_view_5_probes_everything_and_the_doctor_uses_the_results() -> None:
    tried = Tried()
    async with opened(tried, size=(110, 24), interval=0.05) as stage:
        await stage.press("5", "P")
        await shows(stage, "view 5 says what it means; any key goes back")
        assert {one.server for one in tried.knocked} >= {ONE, TWO}
        assert [device for _, device in tried.asked] == ["eth1", ""]
        await stage.press("escape")
        await shows(stage, f"it is held here, and {MAC} answers for it too")
        await shows(stage, "its port did not open: ")


async def test_p_in_view_5_keeps_its_results_if_arp_is_not_allowed() -> None:
    tried = Tried()
    tried.privileged = False
    async with opened(tried, size=(110, 24), interval=0.05) as stage:
        await stage.press("5", "P")
        await shows(stage, "needs CAP_NET_RAW")
        await shows(stage, "any key goes back")
        await stage.press("escape")
        await shows(stage, "its port did not open: ")


async def test_who_without_an_address_asks_for_all_virtual_ones() -> None:
    tried = Tried()
    async with opened(tried) as stage:
        await say(stage, "who")
        await shows(stage, "any key goes back")
        assert [device for _, device in tried.asked] == ["eth1", ""]


async def test_without_the_privilege_it_says_so_on_the_page() -> None:
    tried = Tried()
    tried.privileged = False
    async with opened(tried) as stage:
        await say(stage, "arp 192.0.2.1")
        await shows(stage, "needs CAP_NET_RAW; run as root")
        await stage.press("escape")
        await shows(stage, "virtual service ")


async def test_a_director_that_cannot_probe_says_so() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("P")
        await stage.until(lambda: "this director has no network to probe" in stage.bottom)

"""The audit log on the screen: own changes, changes by others, and undoing what still applies."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.change import EditServer
from lvstui.director.model import Entry, RuleSet, Server, Service, server_key, service_key
from tests.console.stage import ONE, RULES, TWO, WEB, Stage, opened
from tests.memory import MemoryDirector


async def _drain(stage: Stage) -> None:
    await stage.press("enter", "x", "enter", "y")
    await stage.until(lambda: "done: drain" in stage.bottom)


async def test_changes_made_here_are_listed_with_person_time_and_result() -> None:
    async with opened() as stage:
        await _drain(stage)
        await stage.press("6")
        row = next(line for line in stage.screen().split("\n") if "drain 10.0.0.1:80" in line)
        assert row.split()[-4:] == ["lvstui", "ann", "drain", "10.0.0.1:80"]
        await stage.press("enter")
        page = stage.screen()
        for words in ("ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0", "-w 3", "through sudo by ann", "net-1"):
            assert words in page, words


async def test_an_earlier_record_can_be_undone_while_it_still_applies() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await _drain(stage)
        await stage.press("escape", "d", "y")
        await stage.until(lambda: WEB not in director.rules.rules)
        await stage.press("6", "u")
        assert "apply? y/N  3 changes" in stage.bottom and "ipvsadm -A -t 192.0.2.1:80 -s wrr" in stage.screen()
        await stage.press("y")
        await stage.until(lambda: WEB in director.rules.rules)
        assert director.rules.rules[WEB].servers[ONE].weight == 0
        # Now the drain below the two: it stands again as it was left.
        await stage.press("end", "u", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 3)


async def test_undoing_a_record_that_no_longer_applies_says_why_not() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await _drain(stage)
        web = director.rules.rules[WEB]
        director.replace(RuleSet({WEB: Entry(web.service, {**web.servers, ONE: Server(ONE, weight=7)})}))
        sent = len(director.sent)
        await stage.press("6", "end", "u")
        await stage.until(lambda: "it no longer applies: its weight is 7 now, not 0" in stage.bottom)
        assert len(director.sent) == sent


async def test_changes_by_others_are_seen_and_can_be_undone() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05) as stage:
        await stage.press("6")
        web = director.rules.rules[WEB]
        director.replace(director.rules._replace(rules={WEB: Entry(web.service, {TWO: web.servers[TWO]})}))
        await stage.until(lambda: "10.0.0.1:80 removed from tcp 192.0.2.1:80" in stage.screen())
        assert "someone else" in stage.screen()
        await stage.press("slash", *"10.0.0.1:80", "enter", "u", "y")
        await stage.until(lambda: ONE in director.rules.rules[WEB].servers)
        assert director.rules.rules[WEB] == web


async def test_a_record_is_undone_from_its_page() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await _drain(stage)
        await stage.press("6", "enter", "u", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 3)
        assert isinstance(director.sent[-1], EditServer)


async def test_a_log_that_cannot_be_written_is_reported_once_and_stops_nothing(tmp_path: Path) -> None:
    director = MemoryDirector(RULES)
    (tmp_path / "audit.jsonl").mkdir()
    async with opened(director, folder=tmp_path) as stage:
        await stage.press("enter", "x", "enter", "y")
        await stage.until(lambda: "cannot be written" in stage.bottom)
        assert director.rules.rules[WEB].servers[ONE].weight == 0
        await stage.press("x", "y")
        await stage.until(lambda: "done: undrain" in stage.bottom)


async def test_filtering_and_reversing() -> None:
    async with opened() as stage:
        await _drain(stage)
        await stage.press("x", "y")
        await stage.until(lambda: "done: undrain" in stage.bottom)
        await stage.press("6")
        assert [words in stage.screen() for words in (" drain 10", " undrain 10")] == [True, True]
        await stage.press("O")
        lines = stage.screen().split("\n")
        first = next(n for n, line in enumerate(lines) if " drain 10" in line)
        assert "undrain" in lines[first + 1] and "undrain" not in lines[first]
        await stage.press("slash", *"undrain", "enter")
        assert stage.app.main.rows == 1


async def test_an_action_of_several_commands_is_one_row_and_one_undo() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 30)) as stage:
        await stage.press("enter", "asterisk", "plus")
        await stage.until(lambda: "y/N" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "done: " in stage.bottom)
        await stage.press("6")
        await stage.shows("(2 changes)")
        assert stage.app.main.rows == 1
        await stage.press("u", "y")
        await stage.until(lambda: director.rules.rules == RULES.rules)


async def test_tab_shows_one_kind_of_records_after_the_other() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05, size=(120, 30)) as stage:
        await _drain(stage)
        web = director.rules.rules[WEB]
        director.replace(director.rules._replace(rules={WEB: Entry(web.service, {TWO: web.servers[TWO]})}))
        await stage.press("6")
        await stage.shows("drain 10.0.0.1:80", "10.0.0.1:80 removed from tcp 192.0.2.1:80")
        await stage.press("tab")
        await stage.until(lambda: "[lvstui]" in stage.screen() and " removed from " not in stage.screen())
        await stage.press("tab")
        await stage.shows("[keepalived]", "there is no record of this kind; Tab shows the others")
        await stage.press("tab")
        await stage.until(lambda: "[someone]" in stage.screen() and " drain 10" not in stage.screen())
        await stage.shows("- ", "removed from")
        await stage.press("tab")
        await stage.shows("[vrrp]", "there is no record of this kind; Tab shows the others")


async def test_o_on_a_page_opens_the_records_of_its_row_and_a_key_those_of_any_row() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, size=(120, 30)) as stage:
        await _drain(stage)
        await stage.press("down", "w", *"7", "enter", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[TWO].weight == 7)
        await stage.press("home", "enter", "o")
        await stage.shows("audit log > 10.0.0.1:80 in TCP 192.0.2.1:80", "drain 10.0.0.1:80")
        assert stage.app.main.rows == 1
        await stage.press("ctrl+o")
        await stage.shows("services > TCP 192.0.2.1:80 > 10.0.0.1:80")
        await stage.press("escape", "escape", "A")
        await stage.shows("audit log > TCP 192.0.2.1:80", "drain 10.0.0.1:80", "weight of 10.0.0.2:80")
        await stage.press("escape")
        await stage.until(lambda: "audit log >" not in stage.screen())
        assert stage.app.main.rows == 2


async def test_a_row_without_records_says_so() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("A")
        await stage.shows("the audit log has nothing about it")


async def test_records_of_a_row_are_undone_as_in_the_whole_log() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await _drain(stage)
        await stage.press("A", "u", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 3)


async def test_a_host_removed_from_several_services_at_once_is_one_row_and_one_undo() -> None:
    tls = service_key(6, "192.0.2.1", 443)
    ssl = server_key("10.0.0.1", 443)
    web = RULES.rules[WEB]
    both = RULES._replace(rules={**RULES.rules, tls: Entry(Service(tls, "wlc"), {ssl: Server(ssl, weight=1)})})
    director = MemoryDirector(both)
    async with opened(director, interval=0.05, size=(120, 30)) as stage:
        await stage.press("6")
        left = Entry(web.service, {key: server for key, server in web.servers.items() if key != ONE})
        director.replace(both._replace(rules={**both.rules, WEB: left, tls: both.rules[tls]._replace(servers={})}))
        await stage.shows("10.0.0.1 removed from 2 services")
        assert stage.app.main.rows == 1
        await stage.press("enter")
        await stage.shows("ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.1:80", "ipvsadm -d -t 192.0.2.1:443 -r 10.0.0.1:443")
        await stage.press("escape", "u")
        await stage.until(lambda: "y/N" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules == both.rules)

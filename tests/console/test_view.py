"""Keys that change only the display: sets of columns, marks, all digits, scrolling, the filter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lvstui.config.settings import WordsEntry
from lvstui.director.hosts import Hosts, hosts
from lvstui.director.model import Entry, RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.state import State
from lvstui.director.subject import Subject
from lvstui.views.opened import OpenedRow
from lvstui.views.place import Place
from tests.console.stage import DEFAULTS, DNS, MARK, RULES, TWO, WEB, Stage, opened, say
from tests.console.test_goldens import Still, world
from tests.memory import MemoryDirector


def titles(stage: Stage) -> str:
    """The columns' titles: the line above the first row."""
    return stage.screen().split("\n")[stage.app.main.region.y + stage.app.main.above - 1]


def heading(stage: Stage) -> str:
    """The line of the views, and what was chosen of the one that is open."""
    return " ".join(stage.screen().split("\n")[2 : 2 + stage.app.main.above])


async def test_tab_goes_through_the_sets_and_back_to_the_first() -> None:
    async with opened(size=(90, 24)) as stage:
        for name, title in (("traffic", "out B/s"), ("totals", "out bytes"), ("limits", "upper"), ("state", "skew")):
            await stage.press("tab")
            assert f"[{name}]" in heading(stage) and title in titles(stage)


async def test_the_set_is_kept_inside_a_service_and_every_view_has_its_own() -> None:
    async with opened(size=(90, 24)) as stage:
        await stage.press("tab", "enter")
        assert "[traffic]" in heading(stage) and "out B/s" in titles(stage)
        await stage.press("2", "1", "escape")
        assert "[traffic]" in heading(stage)


async def test_the_table_below_has_the_same_set() -> None:
    async with opened(size=(80, 24)) as stage:
        await stage.press("tab", "tab")
        assert stage.screen().count("in bytes") == 2


async def test_sorting_goes_through_the_visible_columns_and_shows_the_direction() -> None:
    async with opened(Still(world())) as stage:
        await stage.press("o")
        assert "↓ACTIVE" in titles(stage)
        await stage.press("O")
        assert "↑ACTIVE" in titles(stage)
        seen = []
        while stage.app.look.sort:
            seen.append(stage.app.look.sort)
            await stage.press("o")
        assert seen == ["active", "cps", "in", "skew", "state", "live", "address"]
        await stage.press("O")
        assert "VIRTUAL SERVICE↓" in titles(stage)


async def test_marks_move_with_their_rows_and_are_shown_in_the_gutter() -> None:
    async with opened() as stage:
        await stage.press("space")
        assert stage.app.look.marked == {WEB} and stage.app.main.key == DNS
        assert "\n●  TCP 192.0.2.1:80" in stage.screen() and "1 marked" in stage.screen()
        await stage.press("O")
        assert "●  TCP 192.0.2.1:80" in stage.screen() and stage.screen().count("●") == 1
        await stage.press("home", "end", "space")
        assert stage.app.look.marked == frozenset()


async def test_all_rows_that_pass_the_filter_can_be_marked_and_unmarked() -> None:
    async with opened() as stage:
        await stage.press("slash", *"192", "enter", "asterisk")
        assert stage.app.look.marked == {WEB, DNS}
        await stage.press("escape")
        assert stage.app.look.marked == frozenset() and stage.app.look.filter == "192"
        await stage.press("escape", "asterisk")
        assert stage.app.look.marked == {WEB, DNS, MARK}
        await stage.press("asterisk")
        assert stage.app.look.marked == frozenset()
        await stage.press("asterisk", "backslash")
        assert stage.app.look.marked == frozenset()


async def test_numbers_can_be_shown_in_full_and_short_again() -> None:
    async with opened(Still(world()), size=(160, 48)) as stage:
        await stage.press("tab", "tab")
        assert "19.9M" in stage.screen()
        await stage.press("E")
        assert "19,892,210" in stage.screen() and "19.9M" not in stage.screen()
        await stage.press("E")
        assert "19.9M" in stage.screen()


async def test_columns_scroll_until_the_last_and_the_first_stays() -> None:
    async with opened(Still(world())) as stage:
        hidden = titles(stage)
        assert "+9 cols" in heading(stage) and "out pk/s" not in hidden
        await stage.press("greater_than_sign")
        assert titles(stage).startswith("‹  virtual service") and " since" not in titles(stage)
        assert "state" in titles(stage), "it is never scrolled past"
        for _ in range(30):
            await stage.press("shift+right")
        assert titles(stage).rstrip().endswith("out pk/s") and titles(stage).startswith("‹  virtual service")
        furthest = stage.app.look.scroll
        await stage.press("less_than_sign")
        assert stage.app.look.scroll == furthest - 1
        for _ in range(30):
            await stage.press("shift+left")
        assert titles(stage) == hidden


async def test_nothing_scrolls_if_everything_fits() -> None:
    async with opened(Still(world()), size=(380, 40)) as stage:
        before = stage.screen()
        await stage.press("greater_than_sign")
        assert stage.screen() == before and "more" not in heading(stage) and "hidden" not in heading(stage)


async def test_a_filter_over_columns_and_states() -> None:
    async with opened(Still(world())) as stage:
        for text, rows in (("active>100", 2), ("down", 1), ("empty", 1), ("!down tcp", 4), ("drained", 1)):
            await stage.press("slash", *text, "enter")
            assert stage.app.main.rows == rows, text
            await stage.press("escape")


async def test_an_unknown_filter_term_is_reported_and_keeps_every_row() -> None:
    async with opened() as stage:
        await stage.press("slash", *"activ>1")
        assert "no column activ; did you mean active?" in stage.screen()
        assert stage.app.main.rows == 3
        await stage.press("enter")
        assert "filter: no column activ; did you mean active?" in stage.bottom
        await stage.press("slash", "escape")
        await stage.press("enter")
        assert stage.app.look.filter == ""


async def test_the_filter_inside_a_service() -> None:
    async with opened() as stage:
        await stage.press("enter", "slash", *"weight>2 10.0.0.2", "enter")
        assert stage.app.main.rows == 1


async def test_columns_of_the_configuration() -> None:
    wanted = {
        "services": WordsEntry(("name", "conns", "active"), "config.toml line 4"),
        "servers-traffic": WordsEntry(("out", "in"), "config.toml line 5"),
    }
    async with opened(settings=DEFAULTS._replace(columns=wanted)) as stage:
        assert titles(stage).split() == ["virtual", "service", "conns", "active"]
        await stage.press("enter", "tab")
        assert titles(stage).split() == ["real", "server", "out", "B/s", "in", "B/s"]


async def test_unknown_columns_are_named_and_change_nothing() -> None:
    wanted = {
        "services": WordsEntry(("name", "activ"), "config.toml line 4"),
        "servrs": WordsEntry(("in",), "config.toml line 5"),
    }
    async with opened(settings=DEFAULTS._replace(columns=wanted), size=(160, 40)) as stage:
        assert 'config.toml line 4: services: no column "activ"; did you mean active?' in stage.screen()
        assert 'config.toml line 5: no table "servrs" with columns to choose; did you mean servers?' in stage.screen()
        assert "live active  inact conn/s in B/s skew" in titles(stage)


async def test_names_and_notes_are_shown_beside_their_rows() -> None:
    settings = DEFAULTS._replace(names={WEB: "shop"}, notes={WEB: "ask Kim first"})
    async with opened(settings=settings, size=(200, 40)) as stage:
        assert re.search("TCP 192.0.2.1:80 +shop", stage.screen()) and "ask Kim first" in stage.screen()
        await stage.press("slash", *"kim", "enter")
        assert stage.app.main.rows == 1


async def test_a_weight_that_someone_changes_is_marked() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05) as stage:
        key = service_key(6, "192.0.2.1", 80)
        servers = [Server(server_key("10.0.0.1", 80), weight=9), Server(server_key("10.0.0.2", 80), weight=0)]
        director.replace(RuleSet(rules_from([(Service(key, "wrr"), servers)])))
        await stage.until(lambda: "▲9" in stage.screen() and "▼0" in stage.screen())


async def test_the_order_is_kept_for_every_service_that_is_entered() -> None:
    async with opened() as stage:
        await stage.press("enter", "o", "O", "tab", "slash", *"10", "enter", "escape", "escape")
        assert stage.app.look.inside is None and stage.app.look.sort == ""
        await stage.press("down", "enter")
        look = stage.app.look
        assert (look.inside, look.sort, look.reverse, look.columns, look.filter) == (DNS, "active", True, "traffic", "")


async def test_all_real_servers_in_one_table_sorted_filtered_marked_and_changed_together() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await say(stage, "servers weight>1")
        await stage.shows("2 of 3 real servers in 3 services", "filter: weight>1", "10.0.0.1:80", "10.0.0.2:80")
        await say(stage, "filter")
        await stage.shows("3 real servers in 3 services", "10.0.0.3:53")
        await say(stage, "sort weight")
        await stage.until(lambda: stage.app.look.sort == "weight" and not stage.app.look.reverse)
        await say(stage, "sort weight")
        await stage.until(lambda: stage.app.look.reverse)
        await say(stage, "sort wieght")
        await stage.until(lambda: "'wieght' is not a column" in stage.bottom and "weight" in stage.bottom)
        await stage.press("asterisk", "w")
        await stage.type("+50%")
        await stage.press("enter")
        await stage.shows("apply? y/N", "3 changes", "weight 3 -> 5", "weight 1 -> 2")
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 3)
        await stage.settle()
        await stage.press("g", "enter")
        await stage.until(lambda: isinstance(stage.app.look.inside, OpenedRow))
        await stage.press("escape")
        await stage.shows("3 real servers in 3 services")


async def test_goto_leads_to_a_service_a_server_and_a_host() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await say(stage, "goto udp 192.0.2.2:53")
        await stage.until(lambda: stage.app.main.key == DNS)
        await say(stage, "go 10.0.0.2:80")
        await stage.until(lambda: stage.app.look.inside == WEB and stage.app.main.key == Place(WEB, TWO))
        await say(stage, "goto 192.0.2.1:80")
        await stage.until(lambda: stage.app.look.inside is None and stage.app.main.key == WEB)
        await say(stage, "goto 10.9.9.9:80")
        await stage.until(lambda: "is not a real server" in stage.bottom)


async def test_a_recording_without_a_name_goes_into_the_state_folder(tmp_path: Path) -> None:
    async with opened(MemoryDirector(RULES), folder=tmp_path) as stage:
        await say(stage, "record")
        await stage.until(lambda: "recording to" in stage.bottom)
        (tape,) = (tmp_path / "recordings").iterdir()
        assert tape.suffix == ".tape" and tape.parent.stat().st_mode & 0o777 == 0o700
        await say(stage, "record")
        await stage.until(lambda: "the recording is closed" in stage.bottom)


async def test_the_possible_next_words_of_a_command_are_listed_below_the_table() -> None:
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("colon")
        await stage.type("we")
        await stage.shows("weight WEIGHT", "set weights", "192.0.2.1:80")
        await stage.type("ight 192.0.2.1:80 ")
        await stage.shows("a real server: 10.0.0.5:80", "10.0.0.1:80  ", "weight 3  0 active")
        assert "10.0.0.3:53" not in stage.screen().split("a real server:")[1]
        await stage.press("escape")
        await stage.until(lambda: "a real server:" not in stage.screen())


async def test_columns_are_chosen_on_the_screen_or_by_name_and_saved_on_request(tmp_path: Path) -> None:
    async with opened(MemoryDirector(RULES), folder=tmp_path) as stage:
        await say(stage, "columns active inactive scheduler")
        await stage.until(
            lambda: [one.key for one in stage.app.main.columns][1:] == ["active", "inactive", "scheduler"]
        )
        await say(stage, "columns actve")
        await stage.until(lambda: 'no column "actve"; did you mean active?' in stage.bottom)
        await say(stage, "columns")
        await stage.shows("columns of services", "Enter takes them", "* active", "* inact (inactive)")
        await stage.press(
            "down", "space", "up", "minus", "S"
        )  # without inactive, and active behind the scheduler's place
        await stage.until(lambda: "saved for next time" in stage.bottom)
        chosen = [one.key for one in stage.app.main.columns][1:]
        assert "inactive" not in chosen and set(chosen) == {"active", "scheduler"}
    async with opened(MemoryDirector(RULES), folder=tmp_path) as stage:
        await stage.until(lambda: [one.key for one in stage.app.main.columns][1:] == chosen)
        await say(stage, "columns")
        await stage.shows("columns of services")
        await stage.press("space", "escape")
        await stage.until(lambda: "the columns are unchanged" in stage.bottom)


async def test_on_a_very_low_screen_only_the_table_stays() -> None:
    for size in ((80, 8), (40, 10), (80, 13)):
        async with opened(Still(world()), size=size) as stage:
            await stage.until(lambda: "2.10:80 " in stage.screen() and "why" not in stage.screen())
    async with opened(Still(world()), size=(80, 20)) as stage:
        await stage.shows("192.0.2.10:80", "why")


@pytest.mark.parametrize("width", [40, 30])
async def test_on_a_very_narrow_screen_states_are_whole_words_and_every_view_has_rows(width: int) -> None:
    """The operator's name of a row stands for its address there; live or weight, and active, follow while they fit."""
    name: dict[Subject, str] = {server_key("192.0.2.10", 80).address: "www"}
    async with opened(Still(world()), size=(width, 10), settings=DEFAULTS._replace(names=name)) as stage:
        await stage.shows("state", "50:5060", " DOWN", "www", "1 drained")
        assert ("active" in titles(stage)) is (width == 40) and "n goes there" not in stage.bottom
        await stage.press("enter")
        await stage.until(
            lambda: re.search(r"state.*\n.*:5060 +(down|removed|draining|out)\b", stage.screen()) is not None
        )
        await stage.press("escape", "2")
        await stage.until(lambda: re.search(r"state.*\n.*(down|removed|drained|out)\b", stage.screen()) is not None)


async def test_a_screen_that_was_narrow_for_a_while_looks_as_before() -> None:
    # Nothing moves there: a busy machine reads a second time before the screen is wide again, and rates appear.
    async with opened(Still(world()), size=(160, 40)) as stage:
        await stage.settle()
        tables = stage.app.tables
        first, room = stage.screen(), tables.query_one("#right").size
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: tables.query_one("#right").size.height < room.height)
        await stage.pilot.resize_terminal(160, 40)
        await stage.until(lambda: tables.query_one("#right").size == room)
        await stage.until(lambda: stage.screen() == first)


@pytest.mark.parametrize(
    ("size", "services", "listed"), [((220, 60), 3, True), ((80, 24), 3, False), ((220, 60), 65, False)]
)
async def test_hosts_are_added_up_below_a_short_table_on_a_large_screen_alone(
    size: tuple[int, int], services: int, listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[State] = []

    def adding(state: State, *known: Any) -> Hosts:
        added.extend([state] if len(state.services) else [])
        return hosts(state, *known)

    monkeypatch.setattr("lvstui.console.panes.displayed.hosts", adding)
    one = server_key("10.0.0.1", 80)
    keys = [service_key(6, "192.0.2.1", port) for port in range(1, services + 1)]
    rules = RuleSet({key: Entry(Service(key, "rr"), {one: Server(one, 3, 1)}) for key in keys})
    async with opened(MemoryDirector(rules), size=size) as stage:
        await stage.shows("192.0.2.1:1 ")
        if listed:
            await stage.shows("Hosts ─", "1 host, 0 to look at")
        else:
            first = stage.app.director.latest.at
            await stage.app.director.fresh()
            await stage.until(lambda: stage.app.director.latest.at > first)
        assert bool(added) is listed and ("Hosts ─" in stage.screen()) is listed


async def test_while_a_question_is_open_the_footer_has_only_the_keys_that_answer_it() -> None:
    async with opened() as stage:
        usual = stage.screen().splitlines()[-1]
        await stage.press("d")
        assert stage.screen().splitlines()[-1].split() == ["y", "yes", "Tab", "more", "or", "less", "Esc", "no"]
        await stage.press("escape")
        assert stage.screen().splitlines()[-1] == usual
        await stage.press("slash")
        assert stage.screen().splitlines()[-1] == usual, "a short line does not pay for another footer"
        await stage.press("escape", "colon", *"tour")
        assert stage.screen().splitlines()[-1].split()[:5] == ["Enter", "take", "it", "Tab", "complete"]
        await stage.press("enter")
        await stage.shows("Tour, 1 of 6")
        assert stage.screen().splitlines()[-1].split() == ["Esc", "leave"], "the bottom line names the others"
        await stage.press("escape")
        await stage.until(lambda: stage.screen().splitlines()[-1] == usual)

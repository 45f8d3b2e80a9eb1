"""Every action by its key: its question, and the changes it sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.console.actions.registry import REGISTRY
from lvstui.console.keys.actions import ACTIONS
from lvstui.director.change import (
    AddServer,
    AddService,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Zero,
)
from lvstui.director.errors import NotDone, Refused
from lvstui.director.model import RuleSet, Server, ServerKey, Service, ServiceKey, rules_from, server_key, service_key
from lvstui.director.source import ReadOnly
from tests.console.stage import DEFAULTS, DNS, MARK, ONE, RULES, TWO, WEB, opened
from tests.memory import MemoryDirector


def test_every_action_has_something_to_do() -> None:
    assert {action.id for action in ACTIONS} == {name for name, act in REGISTRY.items() if act.key is not None}


def test_no_key_has_two_actions() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


async def test_enter_goes_into_the_service_and_escape_comes_back_to_it() -> None:
    async with opened() as stage:
        await stage.press("down", "enter")
        assert stage.app.look.inside == DNS
        assert "10.0.0.3:53" in stage.screen()
        await stage.press("escape")
        assert "services > " not in stage.screen()
        assert stage.app.main.key == DNS


async def test_server_keys_on_a_service_say_to_enter_it() -> None:
    for key in ("plus", "minus"):
        async with opened() as stage:
            await stage.press(key)
            assert "press Enter first" in stage.bottom


async def test_drain_and_weight_on_a_service_open_it_and_ask_which_server() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("x")
        await stage.shows("services > TCP 192.0.2.1:80", "which server is to be drained?")
        assert not director.sent
        await stage.press("x", "enter", "y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 0)
    async with opened(MemoryDirector(RULES)) as stage:
        await stage.press("w")
        await stage.shows("services > TCP 192.0.2.1:80", "which server is to be given another weight?")
        await stage.press("escape", "space", "x")
        await stage.shows("press Enter first")


async def test_add_a_service() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("a")
        await stage.type("192.0.2.9")
        assert "ipvsadm -A -t 192.0.2.9:80 -s" in stage.screen()
        await stage.press("enter")
        assert stage.bottom.startswith("apply? y/N")
        assert director.sent == []
        await stage.press("y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [AddService(Service(service_key(6, "192.0.2.9", 80), "wrr"))]
        await stage.until(lambda: "192.0.2.9:80" in stage.screen())


async def test_a_form_shows_errors_while_you_type() -> None:
    async with opened() as stage:
        await stage.press("a")
        await stage.type("192.0.2.1")
        assert "already exists" in stage.screen()
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 2


async def test_the_form_for_a_new_server_begins_with_the_settings_of_its_siblings() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "a")
        await stage.type("10.0.0.9")
        await stage.press("enter", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [AddServer(WEB, Server(server_key("10.0.0.9", 80), weight=3))]


async def test_edit_a_server() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "e", "down")
        await stage.press("end", "backspace")
        await stage.type("8")
        await stage.press("enter", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [EditServer(WEB, Server(ONE, weight=8))]


async def test_editing_a_service_without_a_change_sends_nothing() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("e", "enter")
        assert "nothing to change" in stage.bottom
        assert director.sent == []


async def test_edit_notices_that_someone_else_changed_the_rule_meanwhile() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("e")
        director.replace(_with_scheduler("sh"))
        await stage.press("enter")
        await stage.until(lambda: "someone else changed this" in stage.bottom)
        assert director.sent == []


async def test_delete_names_the_servers_and_asks() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("d")
        assert "ipvsadm -D -t 192.0.2.1:80" in stage.bottom
        assert "2 servers" in stage.bottom
        await stage.press("n")
        assert director.sent == []
        await stage.press("d", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [DeleteService(WEB)]
        await stage.until(lambda: stage.app.main.key == DNS)


async def test_undo_of_a_deleted_service_brings_back_its_servers() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("d", "y")
        await stage.until(lambda: bool(director.sent))
        await stage.settle()
        await stage.press("u")
        assert "3 changes" in stage.bottom
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 4)
        assert director.rules.rules == RULES.rules


async def test_drain_remembers_the_weight_and_undrain_brings_it_back() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "x", "enter")
        assert "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0" in stage.bottom
        await stage.press("y")
        await stage.until(lambda: "0 was 3" in stage.screen())
        await stage.press("x", "y")
        await stage.until(lambda: len(director.sent) == 2)
        assert director.sent == [EditServer(WEB, Server(ONE, weight=0)), EditServer(WEB, Server(ONE, weight=3))]


async def test_undrain_of_a_server_drained_elsewhere_asks_for_the_weight() -> None:
    servers = [Server(ONE, weight=0), Server(TWO, weight=5)]
    director = MemoryDirector(RuleSet(rules_from([(Service(WEB, "wrr"), servers)])))
    async with opened(director) as stage:
        await stage.press("enter", "x")
        assert "undrain 10.0.0.1:80 to weight" in stage.bottom
        await stage.press("enter", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [EditServer(WEB, Server(ONE, weight=5))]


async def test_the_scheduler_is_completed() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("s")
        await stage.type("se")
        await stage.press("tab", "enter", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [EditService(Service(WEB, "sed"))]


@pytest.mark.parametrize(("typed", "weight"), [("5", 5), ("+1", 4), ("-1", 2), ("50%", 2)])
async def test_weight(typed: str, weight: int) -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "w")
        await stage.type(typed)
        await stage.press("enter", "y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [EditServer(WEB, Server(ONE, weight=weight))]


async def test_a_burst_of_plus_and_minus_adds_up_to_one_question() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter")
        await stage.burst("plus", "plus", "minus", "plus")
        await stage.until(lambda: "-w 5" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [EditServer(WEB, Server(ONE, weight=5))]


async def test_a_burst_that_adds_up_to_nothing_sends_nothing() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "plus", "minus")
        assert "stays 3" in stage.bottom
        await stage.press("y")
        assert director.sent == []


async def test_undo_refuses_what_someone_else_has_changed_since() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("s")
        await stage.type("rr")
        await stage.press("enter", "y")
        await stage.until(lambda: bool(director.sent))
        await stage.settle()
        director.replace(_with_scheduler("sh"))
        await stage.press("u")
        await stage.until(lambda: "someone else changed this since" in stage.bottom)
        assert len(director.sent) == 1


async def test_after_a_refused_undo_u_offers_the_change_before_it_and_then_says_again_why_not() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        for scheduler in ("rr", "wlc"):
            await stage.press("s")
            await stage.type(scheduler)
            await stage.press("enter", "y")
            await stage.shows("done: ")
            await stage.press("down")
        director.replace(_with_scheduler("sh", DNS, director.rules))
        await stage.press("u")
        await stage.shows("someone else changed this since")
        await stage.press("u")
        await stage.shows("apply?", "-s wrr")
        await stage.press("y")
        await stage.shows("done: undo")
        await stage.press("u")
        await stage.shows("someone else changed this since", "scheduler")
        director.replace(_with_scheduler("wlc", DNS, director.rules))
        await stage.press("u")
        await stage.shows("apply?", "-s rr")


async def test_redo_repeats_what_was_undone() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("s")
        await stage.type("rr")
        await stage.press("enter", "y")
        for key, done in (("u", "undo edit"), ("U", "edit"), ("u", "undo edit")):
            await stage.until(lambda: "done: " in stage.bottom)
            await stage.press(key)
            await stage.until(lambda: "apply?" in stage.bottom)
            await stage.press("y")
            await stage.until(lambda done=done: f"done: {done}" in stage.bottom)  # type: ignore[misc]
        assert [change.service.scheduler for change in director.sent if isinstance(change, EditService)] == [
            "rr",
            "wrr",
            "rr",
            "wrr",
        ]
        await stage.press("u")
        assert "nothing left to undo: the only change of this session is undone" in stage.bottom


async def test_undo_of_a_batch__names_and_keeps_what_somebody_else_changed_and_undoes_the_rest() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "asterisk", "w")
        await stage.type("5")
        await stage.press("enter")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)
        await stage.settle()
        web = RULES.rules[WEB]
        servers = {ONE: Server(ONE, weight=5), TWO: Server(TWO, weight=9)}
        director.replace(RULES._replace(rules={**RULES.rules, WEB: web._replace(servers=servers)}))
        await stage.press("u")
        await stage.until(lambda: "someone else changed weight 5 -> 9 of 10.0.0.2:80" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: director.rules.rules[WEB].servers[ONE].weight == 3)
        assert director.rules.rules[WEB].servers[TWO].weight == 9


async def test_nothing_is_sent_if_the_target_changed_while_the_question_was_open() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("s")
        await stage.type("rr")
        await stage.press("enter")
        director.replace(_with_scheduler("sh"))
        await stage.press("y")
        await stage.until(lambda: "someone else changed this meanwhile" in stage.bottom)
        assert director.sent == []


async def test_a_refusal_is_shown_in_its_own_words() -> None:
    director = MemoryDirector(RULES)
    director.refuse = lambda change: Refused("zero", "the kernel is in no mood", "try later")
    async with opened(director) as stage:
        await stage.press("z", "y")
        await stage.until(lambda: "the kernel is in no mood" in stage.bottom)


async def test_zero_cannot_be_undone_and_says_so() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("z")
        assert "cannot be undone" in stage.bottom
        await stage.press("y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [Zero(WEB)]
        assert stage.app.context.session.undos == []


async def test_save_asks_for_a_name() -> None:
    async with opened() as stage:
        await stage.press("S")
        assert "save as" in stage.bottom
        await stage.press("enter")
        await stage.until(lambda: bool(stage.files.saved))
        (path,) = stage.files.saved
        assert path.parent == Path("/snapshots") and path.suffix == ".toml"


async def test_restore_shows_the_plan_keeps_the_table_and_can_be_undone() -> None:
    wanted = RuleSet(rules_from([(Service(WEB, "wrr"), [Server(ONE, weight=4), Server(TWO, weight=3)])]))
    director = MemoryDirector(RULES)
    async with opened(director, stored={Path("/snapshots/a.toml"): wanted}) as stage:
        await stage.press("R", "enter")
        await stage.until(lambda: "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 4" in stage.screen())
        await stage.press("n")
        assert director.sent == []
        await stage.press("R", "enter")
        await stage.until(lambda: "ipvsadm -D" in stage.screen())
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 3)
        assert set(director.sent) == {EditServer(WEB, Server(ONE, weight=4)), DeleteService(DNS), DeleteService(MARK)}
        assert len(list(stage.files.place.snapshots.glob("before-restore-*.toml"))) == 1
        assert not stage.files.place.journal.exists()
        await stage.until(lambda: stage.bottom.startswith("done: restore a.toml"))
        await stage.press("u", "y")
        await stage.until(lambda: director.rules.rules == RULES.rules)


async def test_the_filter_applies_while_it_is_typed_and_escape_restores_the_old_one() -> None:
    async with opened() as stage:
        await stage.press("slash")
        await stage.type("fwm")
        assert "(1 row)" in stage.bottom
        assert "192.0.2.1:80" not in stage.screen()
        await stage.press("enter")
        assert "filter: fwm" in stage.screen()
        assert stage.app.main.key == MARK
        await stage.press("escape")
        assert "192.0.2.1:80" in stage.screen()


async def test_an_inverted_filter() -> None:
    async with opened() as stage:
        await stage.press("slash")
        await stage.type("!tcp")
        await stage.press("enter")
        assert stage.app.main.rows == 2


async def test_sort_and_reverse_are_shown() -> None:
    async with opened() as stage:
        await stage.press("o")
        assert "by active" in stage.screen()
        await stage.press("O")
        assert "by active, reversed" in stage.screen()


async def test_the_cursor_stays_with_its_row() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.1) as stage:
        await stage.press("down")
        assert stage.app.main.key == DNS
        first = service_key(6, "10.0.0.1", 1)
        director.replace(RuleSet({**RULES.rules, **rules_from([(Service(first), [])])}))
        await stage.until(lambda: "10.0.0.1:1 " in stage.screen())
        assert stage.app.main.key == DNS
        await stage.press("O")
        assert stage.app.main.key == DNS


async def test_pause_freezes_the_screen() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05) as stage:
        await stage.press("p")
        assert "PAUSED" in stage.screen()
        director.replace(RuleSet())
        await stage.settle()
        await stage.until(lambda: stage.app.director.state is not None and not len(stage.app.director.state.services))
        assert "192.0.2.1:80" in stage.screen()
        await stage.press("p")
        await stage.until(lambda: "no virtual services" in stage.screen())


async def test_copy_sends_the_commands_to_the_clipboard() -> None:
    async with opened() as stage:
        await stage.press("y")
        assert stage.app.clipboard == (
            "ipvsadm -A -t 192.0.2.1:80 -s wrr\n"
            "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"
            "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n"
        )


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit_at_once(key: str) -> None:
    async with opened() as stage:
        await stage.burst(key)
        await stage.until(lambda: stage.app.return_code == 0)


async def test_ctrl_c_quits_from_a_question_too() -> None:
    async with opened() as stage:
        await stage.press("d")
        await stage.burst("ctrl+c")
        await stage.until(lambda: stage.app.return_code == 0)


async def test_while_a_question_is_open_no_other_key_acts() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("d", "x")
        assert "nothing was changed" in stage.bottom
        assert director.sent == []


async def test_read_only_refuses_every_writing_key_with_the_reason() -> None:
    director = MemoryDirector(RULES)
    async with opened(ReadOnly(director, "--read-only")) as stage:
        assert "READ-ONLY" in stage.screen()
        for key in ("a", "e", "d", "s", "u", "R", "z"):
            await stage.press(key)
            assert "read-only" in stage.bottom
        assert director.sent == []


async def test_a_deleted_server_is_named_with_its_connections() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "j", "d")
        assert "no connections" in stage.bottom
        await stage.press("y")
        await stage.until(lambda: bool(director.sent))
        assert director.sent == [DeleteServer(WEB, TWO)]


async def test_when_the_opened_service_vanishes_the_view_goes_back() -> None:
    director = MemoryDirector(RULES)
    async with opened(director, interval=0.05) as stage:
        await stage.press("enter")
        director.replace(RuleSet({key: entry for key, entry in RULES.rules.items() if key != WEB}))
        await stage.until(lambda: stage.app.look.inside is None)
        assert "tcp 192.0.2.1:80 is gone" in stage.bottom


def _with_scheduler(name: str, key: ServiceKey = WEB, rules: RuleSet = RULES) -> RuleSet:
    entry = rules.rules[key]
    return RuleSet({**rules.rules, key: entry._replace(service=entry.service._replace(scheduler=name))})


async def test_tab_does_not_move_the_focus() -> None:
    async with opened() as stage:
        await stage.press("tab", "tab", "down")
        assert stage.app.main.key == DNS


async def test_the_mouse_selects_and_scrolls() -> None:
    async with opened() as stage:
        await stage.pilot.click("#main", offset=(5, 2))
        assert stage.app.main.key == DNS
        await stage.pilot.click("#main", offset=(5, 9))
        assert stage.app.main.key == DNS


async def test_marks_apply_to_the_scheduler_the_counters_and_added_servers_but_some_actions_need_one_service() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("space", "space", "s")
        assert "scheduler of 2 marked services, now rr, wrr:" in stage.bottom
        await stage.type("sh")
        await stage.press("enter")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)
        assert {key for key in (WEB, DNS) if director.rules.rules[key].service.scheduler == "sh"} == {WEB, DNS}
        await stage.settle()
        await stage.press("z")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: set(director.sent[2:]) == {Zero(WEB), Zero(DNS)})
        await stage.settle()
        await stage.press("colon")
        await stage.type("add server 10.0.0.9 weight 4")
        await stage.press("enter")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 6)
        nine = {server_key("10.0.0.9", 80), server_key("10.0.0.9", 53)}
        assert {change.server.key for change in director.sent[4:] if isinstance(change, AddServer)} == nine
        await stage.settle()
        for key in ("c", "L"):
            await stage.press(key)
            await stage.until(lambda: "2 services are marked; name one, or \\ unmarks them" in stage.bottom)


async def test_marks_apply_to_weights_and_to_the_fields_that_rows_have_in_common() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("enter", "asterisk", "plus", "plus")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 2)
        assert [server.weight for server in director.rules.rules[WEB].servers.values()] == [5, 5]
        await stage.settle()
        await stage.press("e")
        await stage.shows("edit 2 marked real servers", "route")
        await stage.press("tab")  # from forward, the first that can be changed, to the weight
        await stage.press("ctrl+a", "ctrl+k")
        await stage.type("7")
        await stage.press("enter")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: len(director.sent) == 4)
        assert [server.weight for server in director.rules.rules[WEB].servers.values()] == [7, 7]
        await stage.settle()
        await stage.press("d")
        await stage.until(lambda: "Y applies" in stage.bottom)
        await stage.press("Y")
        await stage.until(lambda: not director.rules.rules[WEB].servers)
        await stage.until(lambda: not stage.app.look.marked)


async def test_a_service_is_added_with_its_real_servers_and_the_cursor_is_on_it() -> None:
    director = MemoryDirector(RULES)
    async with opened(director) as stage:
        await stage.press("a")
        await stage.shows("add a virtual service")
        await stage.type("192.0.2.9")
        await stage.press("tab", "tab")
        await stage.type("10.0.0.11-14:8080")
        await stage.press("enter")
        await stage.until(lambda: "apply" in stage.bottom)
        await stage.press("y")
        await stage.until(lambda: "done: add tcp 192.0.2.9:80 with 4 real servers   P probes it" in stage.bottom)
        nine = service_key(6, "192.0.2.9", 80)
        assert list(director.rules.rules[nine].servers.values()) == [
            Server(server_key(f"10.0.0.{last}", 8080), 0, 1) for last in (11, 12, 13, 14)
        ]
        await stage.until(lambda: stage.app.main.key == nine)


async def test_a_question_about_several_changes_is_unfolded_and_one_of_them_can_be_left_out() -> None:
    director = MemoryDirector(RULES)
    notes: dict[bytes | ServerKey | ServiceKey, str] = {ONE: "ask the DBAs first", TWO: "new disk"}
    async with opened(director, settings=DEFAULTS._replace(names={ONE: "web1"}, notes=notes)) as stage:
        await stage.press("enter", "asterisk", "w")
        await stage.type("+100%")
        await stage.press("enter")
        await stage.shows("apply? y/N", "2 changes", "nothing is sent yet", "web1", "weight 3 -> 6", "none: no service")
        await stage.shows('note       web1: "ask the DBAs first"', '10.0.0.2:80: "new disk"', "one key for all 2")
        await stage.shows("ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 6", "-r 10.0.0.2:80 -g -w 6")
        await stage.until(lambda: not stage.app.tables.display)
        shares = "share now -> then"
        await stage.shows(" in tcp 192.0.2.1:80   nothing is sent yet")
        await stage.shows(shares, "weight 3 -> 6  0       50% -> 50%", "none on the shares: the weights keep their")
        await stage.press("down", "space")
        await stage.shows("1 of 2 changes", "left out", "but for 1", "1 command", "50% -> 67%", "50% -> 33%   left out")
        await stage.press("up", "space")
        await stage.shows("it cannot be left out", "1 of 2 changes")
        await stage.press("tab")
        await stage.shows("apply? y/N  ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 6")
        await stage.until(lambda: bool(stage.app.tables.display))
        await stage.press("tab", "y")
        await stage.until(lambda: director.sent == [EditServer(WEB, Server(ONE, weight=6))])
        await stage.until(lambda: bool(stage.app.tables.display))
        await stage.press("u")
        await stage.shows("apply? y/N", "weight 6 -> 3", 'note web1: "ask the DBAs first"', "Tab tells more")
        await stage.press("question_mark")
        await stage.shows("but for 1 in tcp 192.0.2.1:80   nothing is", "1 command")
        await stage.press("n")
        await stage.until(lambda: bool(stage.app.tables.display) and "nothing was changed" in stage.bottom)


async def test_the_end_of_a_long_unfolded_question_is_announced_and_reached() -> None:
    async with opened(size=(80, 14)) as stage:
        await stage.press("asterisk", "d")
        await stage.shows("nothing is sent yet", "below: Down")
        assert "ipvsadm -D -f 7" not in stage.screen()
        await stage.press(*(["down"] * 12))
        await stage.shows("above: Up", "ipvsadm -D -f 7")
        await stage.press("escape")
        await stage.until(lambda: bool(stage.app.tables.display))


async def test_a_refusal_calls_a_server_by_its_name_and_its_remedy_keeps_the_address() -> None:
    async def refused() -> None:
        raise NotDone("10.0.0.1:80", "is no longer in tcp 192.0.2.1:80", "ipvsadm -a -t 192.0.2.1:80 adds it")

    async with opened(settings=DEFAULTS._replace(names={ONE: "web1", WEB: "shop"})) as stage:
        await stage.app.runner._run(refused)
        await stage.shows("web1 is no longer in shop; ipvsadm -a -t 192.0.2.1:80 adds it")

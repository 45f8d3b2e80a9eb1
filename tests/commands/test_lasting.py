"""The keepalived.conf lines that make a service permanent as it is in the table."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lvstui.commands.lasting import Lines, files, key_of, lines
from lvstui.commands.parse import parse
from lvstui.commands.targets import CommandContext
from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Server, Service, ServiceKey, rules_from, server_key, service_key
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State
from lvstui.views.operator_names import NO_NAMES
from lvstui.views.past import Past
from tests.memory import MemoryDirector

WEB, MAIL = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 25)
ONE, TWO, NEW = (server_key(f"10.0.0.{n}", 80) for n in (1, 2, 9))
CONF = "/proc/77/root/etc/keepalived/keepalived.conf"
SHOWN = "/etc/keepalived/keepalived.conf"
FILE = RuleSet(rules_from([(Service(WEB, "wrr"), [Server(ONE, weight=3), Server(TWO, weight=3)])]))
KINDS = {(WEB, ONE): ("TCP_CHECK",), (WEB, TWO): ("HTTP_GET",)}
LINES: Mapping[object, tuple[str, int]] = {WEB: (CONF, 20), (WEB, ONE): (CONF, 25), (WEB, TWO): (CONF, 35)}


def table(*servers: Server, scheduler: str = "wrr", key: ServiceKey = WEB) -> RuleSet:
    return RuleSet(rules_from([(Service(key, scheduler), list(servers))]))


def state(now: RuleSet, watched: CheckedService | None = None) -> State:
    meant = Configured(FILE, [], checked=KINDS, lines=LINES, files=(CONF,))  # type: ignore[arg-type]
    found = MemoryDirector(now).read(EVERYTHING)
    told = {WEB: watched} if watched is not None else {}
    return found._replace(keeping=KeepalivedState(CONF, meant, meant, told, found.taken + 5), owner="keepalived")


def told(of: State) -> Lines:
    past = Past()
    past.see(of, of.services.keys)
    return lines(of, WEB, past)


def head(found: Lines) -> list[str]:
    return [line for line in found.text.splitlines() if line.startswith("#")]


def test_a_weight_changed_by_hand_shows_its_line_and_the_whole_block() -> None:
    found = told(state(table(Server(ONE, weight=7), Server(TWO, weight=3))))
    assert found.changes == 1
    assert (
        found.text
        == f"""\
# To make tcp 192.0.2.1:80 last as it is now, change:
#   {SHOWN} line 25: weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 7
# Or replace the block with this, and keep its other lines (delay_loop, quorum, checkers, notify):
virtual_server 192.0.2.1 80 {{
    protocol TCP
    lvs_sched wrr
    lvs_method DR
    real_server 10.0.0.1 80 {{
        weight 7
        # TCP_CHECK: see {SHOWN} line 25
    }}
    real_server 10.0.0.2 80 {{
        weight 3
        # HTTP_GET: see {SHOWN} line 35
    }}
}}

"""
    )


def test_nothing_is_shown_for_what_the_file_already_says() -> None:
    found = told(state(FILE))
    assert found.changes == 0
    assert head(found) == [f"# {SHOWN} line 20 already says this: nothing to change."]


def test_an_added_server_and_a_changed_scheduler() -> None:
    found = told(state(table(*FILE.rules[WEB].servers.values(), Server(NEW, weight=2), scheduler="wlc")))
    assert head(found)[1:3] == [
        f"#   {SHOWN} line 20: scheduler of tcp 192.0.2.1:80: wrr -> wlc",
        f"#   {SHOWN} line 20: add real_server 10.0.0.9:80, weight 2",
    ]
    assert "not configured yet: a checker belongs here" in found.text


def watched(two_alive: bool) -> CheckedService:
    servers = tuple(
        CheckedServer(key, 3, 3, alive, alive, checkers=(Checker("HTTP_GET", alive, True),))
        for key, alive in ((ONE, True), (TWO, two_alive))
    )
    return CheckedService(WEB, 1, True, None, servers)


def test_a_server_that_failed_its_check_stays_configured() -> None:
    found = told(state(table(Server(ONE, weight=3)), watched(two_alive=False)))
    assert found.changes == 0
    assert f"# down by HTTP_GET; HTTP_GET: see {SHOWN} line 35" in found.text


def test_a_server_that_was_removed_by_hand_is_left_out() -> None:
    gone = watched(two_alive=True)
    gone = gone._replace(servers=tuple(one._replace(programmed=True) for one in gone.servers))
    found = told(state(table(Server(ONE, weight=3)), gone))
    assert head(found)[1] == f"#   {SHOWN} line 35: remove real_server 10.0.0.2:80"
    assert "real_server 10.0.0.2 80 {" not in found.text


def test_rules_of_unknown_origin_stay_with_a_remark() -> None:
    found = told(state(table(Server(ONE, weight=3))))
    assert found.changes == 0
    assert f"# out by check or hand; HTTP_GET: see {SHOWN} line 35" in found.text


def test_a_service_that_is_not_in_the_file() -> None:
    of = state(table(Server(server_key("10.0.0.1", 25), weight=3), key=MAIL))
    found = lines(of, MAIL, Past())
    assert head(found) == [f"# {SHOWN} does not have tcp 192.0.2.1:25: append this, with checkers."]
    assert "virtual_server 192.0.2.1 25 {" in found.text


def test_a_setting_that_keepalived_does_not_have_is_named() -> None:
    of = state(table(Server(ONE, weight=3), key=MAIL))
    said = [line for line in head(lines(of, MAIL, Past())) if "cannot express this" in line]
    assert said[0].endswith("10.0.0.1:80 of tcp 192.0.2.1:25: without NAT keepalived gives it the service's port")


def test_a_service_that_is_not_in_the_table() -> None:
    of = state(RuleSet())
    assert lines(of, WEB, Past()) == (f"# tcp 192.0.2.1:80 is not in the table: take out {SHOWN} line 20\n", 1)
    with pytest.raises(NotDone, match="neither in the table nor"):
        lines(of, MAIL, Past())
    world = CommandContext(of, NO_NAMES)
    for text in ("conf tcp 192.0.2.1:80", "conf 192.0.2.1:80"):
        assert key_of(parse(text), world) == WEB
    with pytest.raises(BadInput):
        key_of(parse("conf 192.0.2.1:81"), world)


def test_without_a_keepalived_it_is_a_block_of_its_own() -> None:
    of = MemoryDirector(FILE).read(EVERYTHING)
    assert head(lines(of, WEB, Past())) == [
        "# No keepalived configuration is known here: this is a new block, without checkers."
    ]
    assert files(of) == frozenset()
    assert files(state(FILE)) == {CONF}


def test_several_services_of_one_virtual_server() -> None:
    of = state(table(Server(ONE, weight=7), Server(TWO, weight=3)))
    assert of.keeping is not None and of.keeping.on_disk is not None
    meant = of.keeping.on_disk._replace(lines={**LINES, MAIL: (CONF, 20)})  # type: ignore[dict-item]
    found = told(of._replace(keeping=of.keeping._replace(on_disk=meant)))
    assert "# It is one of 2 services of this virtual_server, which all change with it." in head(found)

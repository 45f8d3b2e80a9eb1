"""What a reload of keepalived changes, as said before it, and what differs after it."""

from __future__ import annotations

from lvstui.commands.reloading import ReloadForecast, SettleWait, ahead, differing, differs, question, settled, verdict
from lvstui.director.change import AddServer
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Server, Service, ServiceKey, rules_from, server_key, service_key
from lvstui.director.plan import plan
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State, rules_of
from tests.memory import MemoryDirector

WEB, DNS = service_key(6, "192.0.2.1", 80), service_key(17, "192.0.2.2", 53)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)


def rules(one: int = 3, two: int | None = 3, scheduler: str = "wrr", dns: bool = True) -> RuleSet:
    servers = [Server(ONE, weight=one)] + ([Server(TWO, weight=two)] if two is not None else [])
    more = [(Service(DNS, "rr"), [Server(server_key("10.0.0.3", 53))])] if dns else []
    return RuleSet(rules_from([(Service(WEB, scheduler), servers), *more]))


def state(table: RuleSet, file: RuleSet | None, loaded: RuleSet | None) -> State:
    meant, was = (None if found is None else Configured(found, []) for found in (file, loaded))
    return (
        MemoryDirector(table).read(EVERYTHING)._replace(keeping=KeepalivedState("ka.conf", meant, was, trouble="torn"))
    )


def said(table: RuleSet, file: RuleSet | None, loaded: RuleSet | None) -> str:
    found = state(table, file, loaded)
    return question(ahead(found), found)


def test_no_change_is_pending() -> None:
    assert said(rules(), rules(), rules()) == "changes nothing in the table"


def test_a_reload_applies_changes_of_the_file_and_keeps_changes_by_hand() -> None:
    table = rules(one=3, two=9)
    assert said(table, rules(one=5), rules()) == (
        "changes weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 5; 1 made by hand stays"
    )


def test_a_rule_changed_in_both_becomes_as_in_the_file() -> None:
    table = rules(one=9)
    found = ahead(state(table, rules(one=5), rules()))
    assert (len(found.changes or ()), found.by_hand) == (1, 0)
    assert "9 -> 5" in question(found, state(table, rules(one=5), rules()))


def test_a_rule_that_is_not_in_the_table_is_not_changed() -> None:
    """A reload edits a service that an operator has deleted, and fails."""
    table = RuleSet({key: entry for key, entry in rules().rules.items() if key != WEB})
    assert ahead(state(table, rules(one=5), rules())) == ReloadForecast((), 1)


def test_removing_the_last_server_is_an_outage() -> None:
    found = ahead(state(rules(two=None), rules(one=0, two=None), rules(two=None)))
    assert found.outages == ("tcp 192.0.2.1:80 loses its last live server",)


def test_unknown_effects_are_reported() -> None:
    assert said(rules(), None, rules()) == "it is not known what this changes in the table: torn"
    assert said(rules(), rules(), None).endswith("it is not known which configuration it has loaded")
    nothing = MemoryDirector(rules()).read(EVERYTHING)
    assert question(ahead(nothing), nothing).endswith("its configuration has not been read")
    assert differing(nothing) is None
    assert settled(nothing)


def test_many_differences_are_counted() -> None:
    text = said(rules(), rules(one=5, two=None, scheduler="wlc", dns=False), rules())
    assert text.count(";") == 3
    assert text.endswith("; and 1 more change")


def test_each_difference_in_words() -> None:
    table, file = rules(two=None), rules(one=5, scheduler="wlc", dns=False)
    assert [differs(change, table) for change in plan(table, file)] == [
        "scheduler of tcp 192.0.2.1:80: wrr -> wlc",
        "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 5",
        "10.0.0.2:80 in tcp 192.0.2.1:80: none -> weight 3",
        "udp 192.0.2.2:53: in the table -> not configured",
    ]
    assert [differs(change, file) for change in plan(file, table)] == [
        "scheduler of tcp 192.0.2.1:80: wlc -> wrr",
        "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 5 -> 3",
        "udp 192.0.2.2:53: none -> configured",
        "10.0.0.3:53 in udp 192.0.2.2:53: none -> weight 1",
        "10.0.0.2:80 in tcp 192.0.2.1:80: in the table -> not configured",
    ]


def test_the_verdict() -> None:
    found = plan(rules(), rules(one=5, two=5))
    assert verdict(()) == "after the reload nothing differs from the configuration"
    assert verdict(found[:1]) == "after the reload 1 rule differs from the configuration"
    assert verdict(found) == "after the reload 2 rules differ from the configuration"


def test_the_wait_ends_when_the_table_stops_changing() -> None:
    before, after = state(rules(), rules(one=5), rules()), state(rules(one=5), rules(one=5), rules(one=5))
    wait = SettleWait(100.0)
    assert not wait.over(before, 100.1)
    assert not wait.over(before, 103.0)  # keepalived has not read it
    assert not wait.over(after, 103.5)
    assert not wait.over(after, 104.0)
    assert wait.over(after, 105.1)
    assert rules_of(after).rules[WEB].servers[ONE].weight == 5


def test_the_wait_ends_even_if_nothing_changes() -> None:
    before = state(rules(), rules(one=5), rules())
    assert SettleWait(100.0).over(before, 108.0)


def test_an_entry_added_to_a_group_gets_the_servers_that_keepalived_gives_it() -> None:
    """keepalived 2.2.7 names them by the port that is written; and it leaves the service of an entry that goes."""
    gone, new = (service_key(6, "192.0.2.1", port) for port in (443, 2333))

    def meant(*keys: ServiceKey) -> Configured:
        servers = {key: server_key("10.0.0.1", key.port) for key in keys}
        table = RuleSet(rules_from([(Service(key, "rr"), [Server(name, weight=3)]) for key, name in servers.items()]))
        ports = dict.fromkeys(servers.items(), 0)
        return Configured(table, [], groups=dict.fromkeys(keys, "g"), ports=ports)

    was, file = meant(WEB, gone), meant(WEB, new)
    found = MemoryDirector(was.rules).read(EVERYTHING)._replace(keeping=KeepalivedState("ka.conf", file, was))
    added = [change for change in ahead(found).changes or () if isinstance(change, AddServer)]
    assert len(ahead(found).changes or ()) == 2  # the service and its server; nothing goes
    assert [(change.service, change.server.key.port) for change in added] == [(new, 0)]

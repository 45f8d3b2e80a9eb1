"""The wrapper that records what is sent, and what others do between two sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lvstui.director.change import (
    AddServer,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Zero,
    apply_all,
)
from lvstui.director.errors import Refused, Stale
from lvstui.director.model import Entry, RuleSet, Server, Service, ServiceKey, rules_from, server_key, service_key
from lvstui.director.observed import MANY
from lvstui.director.record import DONE, REFUSED, ROLLED_BACK, SEEN, UNKNOWN, Record, Who
from lvstui.director.source import EVERYTHING, Outcome, Purpose, ReadOnly, Scope
from lvstui.director.state import State, Vrrp
from lvstui.director.transaction import carry_out
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from tests.memory import MemoryDirector

WEB, DNS = service_key(6, "192.0.2.1", 80), service_key(17, "192.0.2.2", 53)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)
RULES = RuleSet(
    rules_from([(Service(WEB, "wrr"), [Server(ONE, weight=3), Server(TWO, weight=3)]), (Service(DNS, "rr"), [])])
)


class Table(MemoryDirector):
    """A director of which the VRRP role is known."""

    vrrp = Vrrp("MASTER", ("192.0.2.1",), True)

    def read(self, scope: Scope) -> State:
        return super().read(scope)._replace(vrrp=self.vrrp)


def _audited(table: MemoryDirector, folder: Path, watching: bool = True) -> Audited:
    found = Audited(table, Log(folder, system=False), Who("ann"), "console", "net-1", watching)
    found.read(EVERYTHING)
    return found


def _rules_with(table: MemoryDirector, changed: Mapping[ServiceKey, Entry]) -> RuleSet:
    return table.rules._replace(rules={**table.rules.rules, **changed})


def _results(audited: Audited) -> list[tuple[str, str]]:
    """What was written down, earliest first."""
    return [(record.result, record.command.removeprefix("ipvsadm ")) for record in reversed(audited.log.latest())]


def test_a_change_is_logged_with_its_undo(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    audited.send([EditServer(WEB, Server(ONE, weight=0))], Purpose("drain 10.0.0.1:80", "new disk"))
    (record,) = audited.log.latest()
    assert (
        record[1:]
        == Record(
            0.0,
            Who("ann"),
            "memory",
            "net-1",
            "console",
            "drain 10.0.0.1:80",
            "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0",
            DONE,
            "",
            "new disk",
            EditServer(WEB, Server(ONE, weight=0)),
            (EditServer(WEB, Server(ONE, weight=3)),),
        )[1:]
    )
    assert apply_all(record.inverse, table.rules) == table.rules._replace(rules=RULES.rules)


def test_a_refusal_and_the_changes_taken_back_for_it_are_logged(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    table.refuse = lambda change: Refused("x", "the kernel says no") if isinstance(change, DeleteServer) else None
    changes: list[Change] = [EditServer(WEB, Server(ONE, weight=9)), DeleteServer(WEB, TWO)]
    with pytest.raises(Refused):
        carry_out(audited, changes, RULES, purpose=Purpose("restore x.toml"))
    assert _results(audited) == [
        (DONE, "-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 9"),
        (REFUSED, "-d -t 192.0.2.1:80 -r 10.0.0.2:80"),
        (ROLLED_BACK, "-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3"),
    ]
    refused = audited.log.latest()[1]
    assert refused.why == "the kernel says no" and refused.inverse == ()
    # The next thing that is done is no taking back, though it be the same change.
    audited.send([EditServer(WEB, Server(ONE, weight=3))], Purpose("weight"))
    assert audited.log.latest()[0].result == DONE


def test_a_lost_answer_is_logged(tmp_path: Path) -> None:
    class Lost(Table):
        def send(self, changes: object, purpose: object = None) -> tuple[Outcome, ...]:
            raise Stale("send", "no answer")

    audited = _audited(Lost(RULES), tmp_path)
    with pytest.raises(Stale):
        audited.send([DeleteService(DNS)])
    assert _results(audited) == [(UNKNOWN, "-D -u 192.0.2.2:53")]


def test_very_many_changes_are_one_line(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    servers = [AddServer(WEB, Server(server_key(f"10.1.{n // 250}.{n % 250 + 1}", 80))) for n in range(MANY + 1)]
    audited.send(servers)
    assert _results(audited) == [(DONE, f"-a -t 192.0.2.1:80 -r 10.1.0.1:80 -g -w 1 and {MANY} more")]
    # And seen done by someone else, one line too.
    table.replace(RULES)
    audited.read(EVERYTHING)
    assert audited.log.latest()[0].title == f"{MANY + 1} rules changed"


def test_a_change_refused_by_read_only_is_not_logged(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    with pytest.raises(Exception, match="not sent"):
        ReadOnly(audited, "--read-only").send([DeleteService(DNS)])
    assert audited.log.latest() == () and table.sent == []


def test_changes_by_others_are_logged_once_in_words(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    web = RULES.rules[WEB]
    steps: list[tuple[Mapping[ServiceKey, Entry], str]] = [
        ({WEB: Entry(web.service, {TWO: web.servers[TWO]})}, "10.0.0.1:80 removed from tcp 192.0.2.1:80"),
        ({WEB: web}, "10.0.0.1:80 added to tcp 192.0.2.1:80, weight 3"),
        (
            {WEB: Entry(web.service, {**web.servers, ONE: Server(ONE, weight=0)})},
            "weight 3 -> 0: 10.0.0.1:80 of tcp 192.0.2.1:80",
        ),
        (
            {WEB: Entry(Service(WEB, "wlc"), {**web.servers, ONE: Server(ONE, weight=0)})},
            "scheduler wrr -> wlc: tcp 192.0.2.1:80",
        ),
    ]
    for number, (changed, words) in enumerate(steps):
        table.replace(_rules_with(table, changed))
        audited.read(EVERYTHING)
        audited.read(EVERYTHING)
        found = audited.log.latest()
        assert (found[0].title, found[0].result, found[0].source) == (words, SEEN, "keepalived?")
        assert len(found) == number + 1
        assert found[0].who == Who()
    table.replace(table.rules._replace(rules={WEB: table.rules.rules[WEB]}))
    audited.read(EVERYTHING)
    last = audited.log.latest()[0]
    assert last.title == "udp 192.0.2.2:53 removed"
    assert apply_all(last.inverse, table.rules).rules[DNS] == RULES.rules[DNS]


def test_our_own_changes_are_not_taken_for_those_of_others(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    audited.send([EditServer(WEB, Server(ONE, weight=0)), DeleteServer(WEB, TWO)])
    table.replace(_rules_with(table, {DNS: Entry(Service(DNS, "wlc"), {})}))
    audited.read(EVERYTHING)
    assert [result for result, _ in _results(audited)] == [DONE, DONE, SEEN]
    # Someone takes our change back: that is theirs.
    audited.send([EditService(Service(WEB, "rr"))])
    table.replace(_rules_with(table, {WEB: Entry(Service(WEB, "wrr"), table.rules.rules[WEB].servers)}))
    audited.read(EVERYTHING)
    assert audited.log.latest()[0].title == "scheduler rr -> wrr: tcp 192.0.2.1:80"


def test_what_another_console_logged_is_not_logged_twice(tmp_path: Path) -> None:
    table = Table(RULES)
    one, two = _audited(table, tmp_path), _audited(table, tmp_path)
    one.send([DeleteServer(WEB, ONE)])
    two.read(EVERYTHING)
    table.replace(RULES)
    one.read(EVERYTHING)
    two.read(EVERYTHING)
    assert [result for result, _ in _results(one)] == [DONE, SEEN]


def test_a_deletion_is_logged_even_if_another_console_just_zeroed_the_same_service(tmp_path: Path) -> None:
    table = Table(RULES)
    ours, theirs = _audited(table, tmp_path), _audited(table, tmp_path)
    theirs.send([Zero(WEB)])
    table.send([DeleteService(WEB)])
    ours.read(EVERYTHING)
    assert (SEEN, "-D -t 192.0.2.1:80") in _results(ours)


def test_an_address_that_moves_is_seen(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path)
    table.vrrp = Vrrp("BACKUP", (), True)
    audited.read(EVERYTHING)
    (record,) = audited.log.latest()
    assert record.title == "VRRP MASTER -> BACKUP, no longer holds 192.0.2.1"
    assert (record.source, record.change) == ("keepalived", None)


def test_what_happens_again_within_a_second_is_logged_again(tmp_path: Path) -> None:
    """A failover that goes to and fro, and a real server that does: each move has its record."""
    table = Table(RULES)
    one, two = _audited(table, tmp_path), _audited(table, tmp_path)
    without = RULES.rules[WEB]._replace(servers={TWO: RULES.rules[WEB].servers[TWO]})
    moves = [(Vrrp("BACKUP", (), True), _rules_with(table, {WEB: without})), (Table.vrrp, RULES)] * 3
    for table.vrrp, rules in moves:
        table.replace(rules)
        one.read(EVERYTHING)
        two.read(EVERYTHING)
    titles = [record.title for record in reversed(one.log.latest())]
    away, back = "MASTER -> BACKUP, no longer holds", "BACKUP -> MASTER, now holds"
    assert [title for title in titles if title.startswith("VRRP")] == [
        f"VRRP {away} 192.0.2.1",
        f"VRRP {back} 192.0.2.1",
    ] * 3
    assert [title.split()[1] for title in titles if not title.startswith("VRRP")] == ["removed", "added"] * 3


def test_a_verb_does_not_log_changes_by_others(tmp_path: Path) -> None:
    table = Table(RULES)
    audited = _audited(table, tmp_path, watching=False)
    table.replace(RuleSet())
    audited.read(EVERYTHING)
    assert audited.log.latest() == ()

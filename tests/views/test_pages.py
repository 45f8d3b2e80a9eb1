"""The pages of a server and of a service: what they say, how it is known, and what is left out on a low screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    SCHEDULERS,
    Entry,
    RuleSet,
    Server,
    Service,
    ServiceKey,
    server_key,
    service_key,
)
from lvstui.director.probe import ProbeResult, ProbeTarget
from lvstui.director.record import DONE, SEEN, Record, Who
from lvstui.director.serving import tallied
from lvstui.director.since import row_states
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.director.subject import subject
from lvstui.views import audit_index, explained, server_page, servers, service_page, services, since, story
from lvstui.views.around import RowContext
from lvstui.views.audit_index import Events
from lvstui.views.head import Line
from lvstui.views.look import Look
from lvstui.views.operator_names import OperatorNames
from lvstui.views.past import STEP, Past
from lvstui.views.place import Place
from lvstui.views.sight import LastProbe, Sight
from lvstui.views.since import RememberedDrain

pytestmark = pytest.mark.usefixtures("utc")

NOW = 100_000.0
WEB, TLS = service_key(6, "192.0.2.1", 80), service_key(6, "192.0.2.1", 443)
ONE, TWO, SSL = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80), server_key("10.0.0.1", 443)
NAMES = OperatorNames(
    {subject("10.0.0.1"): "web1", subject("tcp 192.0.2.1:80"): "www"}, {subject("10.0.0.1"): "old blade"}
)
KIM, NOBODY = Who("kim", "root", "kim"), Who()


def state(pools: dict[ServiceKey, list[tuple[Server, int]]], down: Sequence[object] = (), told: bool = True) -> State:
    """A table that keepalived makes of two servers for WEB and one for TLS, of which those that are `down` fail."""
    rules = {
        WEB: Entry(Service(WEB, "wlc"), {key: Server(key, 3, 10) for key in (ONE, TWO)}),
        TLS: Entry(Service(TLS, "wlc"), {SSL: Server(SSL, 3, 10)}),
    }
    checked = {(key, server): ("TCP_CHECK",) for key, entry in rules.items() for server in entry.servers}
    found = {}
    for key, entry in rules.items():
        servers = tuple(
            CheckedServer(
                name, 10, 10, name not in down, name not in down, False, (Checker("TCP_CHECK", name not in down, True),)
            )
            for name in entry.servers
        )
        found[key] = CheckedService(key, 1, True, None, servers)
    meant = Configured(RuleSet(rules), [], checked=checked)
    keeping = KeepalivedState("keepalived.conf", meant, meant, found if told else {}, NOW + 1 if told else None)
    rows = {
        key: PoolRows(NOW, [ServerReading(server, active, 5, 0, Counters(), Rates()) for server, active in pool])
        for key, pool in pools.items()
    }
    services = ServiceRows([ServiceReading(rules[key].service, Counters(), Rates()) for key in pools])
    return State(NOW, NOW, "lvs1", services, rows, NOW, keeping=keeping, owner="keepalived")


def sight(now: State, *records: Record, **more: object) -> Sight:
    past = Past()
    for step in range(30, -1, -1):
        was = now if step < 10 else state(up(30, 7, 3))
        earlier = was._replace(at=NOW - step * STEP, taken=NOW - step * STEP)
        past.sweep(earlier)
        past.see(earlier, now.services.keys)
    tally = tallied(now)
    around = RowContext(NAMES, past, {place: drain[0] for place, drain in dict(more.get("drains") or {}).items()})  # type: ignore[call-overload]
    return Sight(now, (), around, tally, Events(records), row_states(now, tally, None), **more)  # type: ignore[arg-type]


def record(age: float, change: Change, undo: Change, who: Who = NOBODY, result: str = SEEN, reason: str = "") -> Record:
    source = "keepalived?" if result == SEEN else "console"
    return Record(NOW - age, who, "lvs1", "", source, "t", "ipvsadm", result, "", reason, change, (undo,))


def drawn(lines: Sequence[Line]) -> str:
    return "\n".join("".join(piece.text for piece in line).rstrip() for line in lines)


def text(lines: Sequence[Line]) -> str:
    """What stands there, however far apart."""
    return re.sub(" +", " ", drawn(lines))


def up(*active: int) -> dict[ServiceKey, list[tuple[Server, int]]]:
    return {
        WEB: [(Server(ONE, 3, 10), active[0]), (Server(TWO, 3, 10), active[1])],
        TLS: [(Server(SSL, 3, 10), active[2])],
    }


GONE = {WEB: [(Server(TWO, 3, 10), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
TAKEN = record(300.0, DeleteServer(WEB, ONE), AddServer(WEB, Server(ONE, 3, 10)))


def test_a_server_that_is_down_says_since_when_why_and_what_to_do() -> None:
    seen = sight(
        state(GONE, down=[ONE]), TAKEN, record(9000.0, AddServer(WEB, Server(ONE, 3, 10)), DeleteServer(WEB, ONE))
    )
    page = text(server_page.lines(seen, Place(WEB, ONE), 80, 30, "services > www > "))
    first = page.splitlines()[0]
    assert first.startswith(" services > www > web1 DOWN since 03:41:40 (5 min) ─") and first.endswith("10.0.0.1:80")
    for words in (
        "why down by TCP_CHECK",
        "known by the audit log",
        "check TCP_CHECK fails (keepalived's dump, under 10 s old)",
        "so www runs on 1/2 servers",
        "do start port 80 on web1; keepalived then puts it back by itself",
        'note "old blade"',
        "weight now –, configured 10",
        "The same host elsewhere: state, weight, active ───",
        "TCP 192.0.2.1:443",
        "- 03:41:40 taken out of the table by keepalived?",
        "+ 01:16:40 put into the table, weight 10 by keepalived?",
    ):
        assert words in page, words


def test_the_time_is_unknown_if_no_source_has_it() -> None:
    seen = sight(state(GONE, down=[ONE]))
    page = text(server_page.lines(seen, Place(WEB, ONE), 80, 30))
    assert "DOWN since before 03:46:40" in page and "this console started then; nothing older in the audit log" in page
    # A record that is not how it stands now tells nothing of now.
    came = record(300.0, AddServer(WEB, Server(ONE, 3, 10)), DeleteServer(WEB, ONE))
    page = text(server_page.lines(sight(state(GONE, down=[ONE]), came), Place(WEB, ONE), 80, 30))
    assert "DOWN since before 03:46:40" in page


def test_the_result_of_a_check_is_unknown_without_a_report() -> None:
    seen = sight(state(GONE, told=False), TAKEN)
    page = text(server_page.lines(seen, Place(WEB, ONE), 100, 30))
    assert "out by check or hand" in page and "DOWN" not in page
    assert "TCP_CHECK; its last answer is not known (keepalived was not asked; K in view 4 asks it)" in page
    assert "K in view 4 asks keepalived which it is; P tries its port" in page


def test_where_a_check_may_be_the_reason_too_the_page_names_who_deleted_the_server() -> None:
    deleted = record(600.0, DeleteServer(WEB, ONE), AddServer(WEB, Server(ONE, 3, 10)), KIM, DONE, "old blade")
    page = text(server_page.lines(sight(state(GONE, told=False), deleted), Place(WEB, ONE), 100, 30))
    assert "out by check or hand; deleted by kim with lvstui at" in page and '"old blade"' in page
    assert "a adds it again; K in view 4 asks keepalived" in page


def test_a_drain_shows_person_reason_and_the_weight_to_return_to() -> None:
    zero = {WEB: [(Server(ONE, 3, 0), 46), (Server(TWO, 3, 10), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    drained = record(
        600.0, EditServer(WEB, Server(ONE, 3, 0)), EditServer(WEB, Server(ONE, 3, 10)), KIM, DONE, "disk swap"
    )
    drains: dict[Place, RememberedDrain] = {Place(WEB, ONE): (10, NOW - 600.0, "disk swap")}
    seen = sight(state(zero), drained, drains=drains)
    page = text(server_page.lines(seen, Place(WEB, ONE), 90, 30))
    for words in (
        "draining since 03:36:40 (10 min)",
        'why drained by kim with lvstui at 03:36:40: "disk swap"',
        "do x undrains it: weight 10 again; 46 active connections left",
        "weight now 0, configured 10, 10 before the drain",
        '* 03:36:40 drained, weight 10 -> 0 by kim: "disk swap"',
    ):
        assert words in page, words
    alone = sight(state(zero))
    assert "weight 0 by hand" in text(server_page.lines(alone, Place(WEB, ONE), 90, 30))


def test_a_full_server_shows_its_limits_and_an_old_probe() -> None:
    full = {WEB: [(Server(ONE, 3, 10, 800, 600), 795), (Server(TWO, 3, 10), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    tried = {
        Place(WEB, ONE): LastProbe(ProbeResult(ProbeTarget(WEB, ONE, ONE.address, 80), 0.001, "refused"), NOW - 100)
    }
    page = text(server_page.lines(sight(state(full), last_probes=tried), Place(WEB, ONE), 80, 30))
    assert "800 of 800 connections; it takes new ones again below 600" in page
    assert "limits full at 800, again below 600" in page
    assert "tried 03:45:00 from here: refused" in page


def test_a_healthy_server_says_so_and_one_that_does_not_exist_is_gone() -> None:
    seen = sight(state(up(5, 5, 5)), record(9000.0, AddServer(WEB, Server(ONE, 3, 10)), DeleteServer(WEB, ONE)))
    page = text(server_page.lines(seen, Place(WEB, ONE), 80, 30))
    assert "web1 up since 01:16:40 (2 h)" in page and "why" not in page and " do " not in page
    assert "TCP_CHECK passes" in page
    assert "is gone" in text(server_page.lines(seen, Place(WEB, SSL), 80, 30))


@pytest.mark.parametrize("width", [40, 65, 80, 100, 160])
@pytest.mark.parametrize("height", [8, 12, 19, 26, 43])
def test_a_page_fits_its_room_and_keeps_what_matters(width: int, height: int) -> None:
    records = [TAKEN._replace(epoch=NOW - 300 - n) for n in range(20)]
    seen = sight(state(GONE, down=[ONE]), *records)
    lines = server_page.lines(seen, Place(WEB, ONE), width, height)
    page = drawn(lines)
    assert len(lines) <= height and "DOWN" in page.splitlines()[0] and "why" in page
    if width >= 65:
        assert all(len(line) <= width for line in page.splitlines())
    if height >= 19:
        assert "Last changes" in page and "active  0" in page
    if height >= 26 and width >= 65:
        assert "Active connections" in page and "TCP 192.0.2.1:443" in page
    assert (page.count("30 min") > 1) is ((height >= 19 and width >= 100) or height >= 43)


def test_a_service_that_is_down_says_what_clients_notice() -> None:
    bad = {WEB: [(Server(TWO, 3, 0), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    zero = record(
        600.0, EditServer(WEB, Server(TWO, 3, 0)), EditServer(WEB, Server(TWO, 3, 10)), KIM, DONE, "disk swap"
    )
    seen = sight(state(bad, down=[ONE]), TAKEN, zero, drains={Place(WEB, TWO): (10, NOW - 600.0, "disk swap")})
    head = text(service_page.head(seen, WEB, 90))
    assert " www DOWN since 03:41:40 (5 min)" in head
    assert "web1: down by TCP_CHECK" in head and "10.0.0.2:80: drained by kim" in head
    assert 'so clients get "connection refused" at once' in head
    assert "do undrain 10.0.0.2:80 (x on it), or start port 80 on web1" in head


def test_a_services_page_explains_and_has_its_rules() -> None:
    seen = sight(state(up(30, 60, 5)))
    page = text(service_page.lines(seen, WEB, 100, "virtual_server 192.0.2.1 80 {\n}\n", "services > "))
    for words in (
        "services > www skew 17%",
        "skew 17%: that much of the load is not where the weights put it",
        "wlc: weighted least connections",
        "keepalived.conf; quorum 1",
        "ipvsadm -A -t 192.0.2.1:80 -s wlc",
        "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 10",
        "virtual_server 192.0.2.1 80 {",
    ):
        assert words in page, words
    assert all(len(line) <= 100 for line in drawn(service_page.lines(seen, WEB, 100, "")).splitlines())


def test_every_scheduler_and_flag_is_explained_in_words() -> None:
    for name in SCHEDULERS:
        both = explained.scheduler(name)
        assert len(both) == 2 and all(both) and "does not know" not in both[0]
    assert "does not know" in explained.scheduler("new")[0]
    service = Service(WEB, "sh", 3, 360, 0xFFFFFF00, "sip", True)
    words = dict(explained.options(service))
    assert set(words) == {"-p 360", "--pe sip", "-o", "sh-fallback", "sh-port"}
    assert "255.255.255.0" in words["-p 360"]
    assert "are refused" in dict(explained.options(Service(WEB, "mh")))["no mh-fallback"]
    assert not dict(explained.options(Service(WEB, "wlc")))


def test_the_later_of_the_seen_and_the_logged_time_counts() -> None:
    before = state(up(5, 5, 5))
    first = row_states(before, tallied(before), None)
    now = state(GONE, down=[ONE])._replace(taken=NOW + 50)
    after = row_states(now, tallied(now), first)
    seen = Sight(now, tally=tallied(now), events=Events([TAKEN]), row_states=after)
    telling = story.server(seen, Place(WEB, ONE))
    assert telling is not None and (telling.since.epoch, telling.since.how) == (NOW + 50, since.HERE)
    late = TAKEN._replace(epoch=NOW + 49)
    telling = story.server(seen._replace(events=Events([late])), Place(WEB, ONE))
    assert telling is not None and (telling.since.epoch, telling.since.how) == (NOW + 49, since.AUDIT)


def cells(view: services.ServicesView | servers.ServersView) -> list[str]:
    """The column `since`, row by row; nothing where there is none."""
    place = next((n for n, column in enumerate(view.columns) if column.key == "since"), None)
    return [] if place is None else [view.row(n).cells[place] for n in range(len(view))]


def services_of(seen: Sight) -> services.ServicesView:
    return services.ServicesView(seen.state, Look(), (), around=seen.around._replace(time_sources=seen.time_sources))


def servers_of(seen: Sight, of: ServiceKey = WEB) -> servers.ServersView:
    return servers.ServersView(seen.state, of, Look(), (), seen.around._replace(time_sources=seen.time_sources))


def test_tables_show_since_when_a_row_has_a_problem_and_nothing_for_a_healthy_one() -> None:
    bad = {WEB: [(Server(TWO, 3, 0), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    zero = record(86_400.0, EditServer(WEB, Server(TWO, 3, 0)), EditServer(WEB, Server(TWO, 3, 10)), KIM, DONE)
    seen = sight(state(bad, down=[ONE]), TAKEN, zero)
    assert cells(services_of(seen)) == ["03:41", ""], "it fails since the last of its servers went"
    assert cells(servers_of(seen)) == ["03:41", "1 Jan"], "a day ago with its date"
    tones = services_of(seen).row(0).tones
    assert tones["since"] == tones["state"] == "down"


def test_a_row_with_a_problem_from_before_the_start_says_before() -> None:
    seen = sight(state(GONE, down=[ONE]))
    assert cells(services_of(seen)) == ["<03:46", ""] and cells(servers_of(seen)) == ["<03:46", ""]
    assert cells(servers_of(seen, TLS)) == [], "no column where there is nothing to tell"
    assert cells(services_of(sight(state(up(5, 5, 5))))) == []


def test_the_cell_with_the_time_does_not_change_until_midnight() -> None:
    begun = since.Since(NOW - 300.0)
    assert {begun.cell(NOW + second) for second in range(0, 3600, 7)} == {"03:41"}
    assert begun.cell(NOW + 86_400) == "2 Jan"
    assert since.Since(None, "", NOW).cell(NOW + 86_400) == "<2Jan" and since.Since(None).cell(NOW) == ""


def test_the_page_of_a_service_and_its_row_have_the_same_time() -> None:
    drained = {WEB: [(Server(ONE, 3, 10), 7), (Server(TWO, 3, 0), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    zero = record(600.0, EditServer(WEB, Server(TWO, 3, 0)), EditServer(WEB, Server(TWO, 3, 10)), KIM, DONE)
    seen = sight(state(drained), zero)
    assert cells(services_of(seen)) == ["03:36", ""]
    assert "1 drained since 03:36:40 (10 min)" in text(service_page.head(seen, WEB, 90))


def of(service: Service, weights: Sequence[int], **more: object) -> Sight:
    """A service by itself, whose servers have these weights."""
    rows = [ServerReading(Server(server_key(f"10.0.0.{n}", service.key.port), 3, w), 3, 0, 0, Counters(), Rates())
            for n, w in enumerate(weights, 1)]  # fmt: skip
    services = ServiceRows([ServiceReading(service, Counters(), Rates())])
    now = State(NOW, NOW, "lvs1", services, {service.key: PoolRows(NOW, rows)}, NOW, owner="")
    now = now._replace(**more)  # type: ignore[arg-type]
    tally = tallied(now)
    return Sight(now, (), RowContext(), tally, Events(), row_states(now, tally, None))


DNS, MARK = service_key(17, "192.0.2.1", 53), service_key(fwmark=7)


def so(seen: Sight, key: ServiceKey) -> str:
    tale = story.service(seen, key)
    assert tale is not None
    return tale.so


def test_what_clients_notice_depends_on_the_protocol() -> None:
    """Only TCP is told that a connection is refused."""
    assert so(of(Service(WEB, "wlc"), [0, 0]), WEB) == 'clients get "connection refused" at once'
    assert so(of(Service(DNS, "wlc"), [0, 0]), DNS) == "clients get an ICMP error, or no answer"
    assert so(of(Service(MARK, "wlc"), [0]), MARK).endswith("by TCP, else an ICMP error or no answer")
    page = text(server_page.lines(of(Service(DNS, "wlc"), [0]), Place(DNS, server_key("10.0.0.1", 53)), 110, 30))
    assert "has no server left: clients get an ICMP error, or no answer" in page
    # The kernel sends the clients that it remembers to a server of weight 0, too.
    assert so(of(Service(WEB, "wlc", 0, 300), [0]), WEB) == 'new clients get "connection refused" at once'


@pytest.mark.parametrize(
    ("scheduler", "flags", "refuses"), [("sh", 0, True), ("dh", 0, True), ("sh", 1, False), ("wlc", 0, False)]
)
def test_clients_may_be_refused_if_a_hash_selects_a_server_at_weight_0(
    scheduler: str, flags: int, refuses: bool
) -> None:
    limit = Server(ONE, 3, 1, 3)
    rows = [ServerReading(one, 3, 0, 0, Counters(), Rates()) for one in (limit, Server(TWO, 3, 1))]
    seen = of(Service(WEB, scheduler, flags), [1, 1], pools={WEB: PoolRows(NOW, rows)})
    assert ("are refused; the others are served" in so(seen, WEB)) is refuses
    assert ("no client is refused" in so(seen, WEB)) is not refuses
    unread = of(Service(WEB, "sh"), [0, 1], unknown=frozenset({"flags"}))
    assert "no client is refused" not in so(unread, WEB) and "refused" not in so(unread, WEB)


@pytest.mark.parametrize(
    ("parted", "do"),
    [
        ((), "start its service on 10.0.0.9; keepalived then puts it back by itself"),
        (
            (MARK,),
            "start its service on 10.0.0.9, and add the missing service of its group; keepalived then puts it back",
        ),
    ],
    ids=("alone", "in a group that lacks a service"),
)
def test_the_advice_for_a_server_without_a_port_names_no_port(parted: tuple[ServiceKey, ...], do: str) -> None:
    bare = server_key("10.0.0.9", 0)
    rules = {MARK: Entry(Service(MARK, "wlc"), {bare: Server(bare, 3, 10), TWO: Server(TWO, 3, 10)})}
    checked = {(MARK, name): ("TCP_CHECK",) for name in (bare, TWO)}
    meant = Configured(RuleSet(rules), [], checked=checked)
    failed = CheckedServer(bare, 10, 10, False, False, False, (Checker("TCP_CHECK", False, True),))
    keeping = KeepalivedState("x.conf", meant, meant, {MARK: CheckedService(MARK, 1, True, None, (failed,))}, NOW + 1)
    keeping = keeping._replace(parted=frozenset(parted))
    rows = PoolRows(NOW, [ServerReading(Server(TWO, 3, 10), 0, 0, 0, Counters(), Rates())])
    seen = of(rules[MARK].service, [1], pools={MARK: rows}, owner="keepalived", keeping=keeping)
    past = Past()
    past.see(seen.state, seen.state.services.keys)
    telling = story.server(seen._replace(around=RowContext(NAMES, past)), Place(MARK, bare))
    assert telling is not None and telling.word == "down"
    assert telling.do == do


@pytest.mark.parametrize(
    ("loaded", "file", "flushes", "words"),
    [
        ((), (), False, "not in x.conf: keepalived leaves it as it is, at a restart too"),
        ((), (), True, "not in x.conf: gone when keepalived restarts, for lvs_flush empties the table"),
        ((), (WEB,), False, "in x.conf, and not loaded yet: a reload or a restart brings it"),
        ((WEB,), (), False, "x.conf; quorum 1"),
    ],
)
def test_the_page_says_where_keepalived_has_a_service_from(
    loaded: tuple[ServiceKey, ...], file: tuple[ServiceKey, ...], flushes: bool, words: str
) -> None:
    """keepalived takes away what is its own (tests/lab/test_drift.py does it)."""

    def meant(keys: Sequence[ServiceKey]) -> Configured:
        return Configured(RuleSet({key: Entry(Service(key, "wlc"), {}) for key in keys}), [], flushes=flushes)

    keeping = KeepalivedState("x.conf", meant(file), meant(loaded))
    seen = of(Service(WEB, "wlc"), [1], owner="keepalived", keeping=keeping)
    assert f"from {words}" in text(service_page.lines(seen, WEB, 110))
    # A line of the file as it was when it was loaded is found nowhere once the file was edited.
    moved = keeping._replace(
        on_disk=meant((WEB,))._replace(lines={WEB: ("x.conf", 12)}),
        loaded=meant((WEB,))._replace(lines={WEB: ("x.conf", 7)}),
    )
    page = text(service_page.lines(of(Service(WEB, "wlc"), [1], owner="keepalived", keeping=moved), WEB, 110))
    assert "from x.conf, line 12; quorum 1" in page


def test_pages_say_when_drains_and_changes_are_not_known() -> None:
    """On a recording, and on a director elsewhere, this machine's memory of drains is not the one that counts."""
    seen = of(Service(WEB, "wlc"), [0, 1])
    telling = story.server(seen, Place(WEB, ONE))
    assert telling is not None and telling.why == "weight 0; no drain with lvstui is known here"
    assert "the audit log has none" in text(server_page.lines(seen, Place(WEB, ONE), 110, 30))
    played = seen._replace(events=Events((), audit_index.TAPE))
    assert "the recording has none" in text(server_page.lines(played, Place(WEB, ONE), 110, 30))
    assert "the recording has none" in text(service_page.lines(played, WEB, 110))

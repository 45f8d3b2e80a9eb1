"""View 3: a sample of the connection table, read when asked for, given up when the view is left."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine, Hashable, Iterator
from typing import Any

import pytest
from textual import events

from lvstui.console.panes import connections as panes_connections
from lvstui.console.session import sampler
from lvstui.demo import World
from lvstui.director import connection_summary
from lvstui.director.connection_summary import ConnectionSummary, summary
from lvstui.director.connections import MORE, ROWS, Connection, ConnectionSample
from lvstui.director.model import RuleSet, Server, Service, rules_from, server_key, service_key
from lvstui.director.model import address_packed as packed
from lvstui.director.source import EVERYTHING
from lvstui.director.state import State
from lvstui.views.connection_fields import GivenUp, Going, Texts, always
from lvstui.views.connections import AT_ONCE, ComputedRows, GroupKey, RowsRequest, make, rows_request
from lvstui.views.look import Look
from lvstui.views.operator_names import NO_NAMES
from tests.console.probes import Tried
from tests.console.stage import ONE, RULES, TWO, Stage, opened
from tests.console.test_goldens import Still
from tests.memory import MemoryDirector

WEB = packed("192.0.2.1")


def row(n: int, **fields: object) -> Connection:
    client = bytes((203, 0, 113, n % 9)) if n % 4 else bytes((198, 51, 100, 7))
    made = Connection(6, client, 40_000 + n, WEB, 80, TWO if n % 5 == 0 else ONE, "ESTABLISHED", 60 + n, False)
    return made._replace(**fields)  # type: ignore[arg-type]


def table(count: int = 200) -> Tried:
    tried = Tried()
    bound = (
        row(1, client_port=0, state="ASSURED"),
        row(2, client_port=0, state="ASSURED", engine="sip", data="a\x1b[2J"),
    )
    tried.rows = (*(row(n, state="SYN_RECV" if n % 10 == 3 else "ESTABLISHED") for n in range(count)), *bound)
    return tried


async def read(stage: Stage) -> None:
    await stage.press("3")
    await stage.until(lambda: not stage.app.sampler.reading.under_way)
    await stage.settle()


async def test_view_3_shows_who_is_connected_to_what_and_enter_lists_them() -> None:
    async with opened(table()) as stage:
        await read(stage)
        screen = stage.screen()
        assert "all 202 rows, 0.2 s" in screen and "ESTABLISHED 90%   SYN_RECV 10%   2 templates" in screen
        first = next(line for line in screen.split("\n") if "10.0.0.1:80" in line)
        assert first.split()[1:] == ["10.0.0.1:80", "TCP", "192.0.2.1:80", "160", "80%", "140", "20", "10"]
        assert "10.0.0.1:80: its clients" in screen
        await stage.press("enter")
        assert "connections > to 10.0.0.1:80 in TCP 192.0.2.1:80  162 in the sample" in stage.screen()
        assert "bound ASSUR" in stage.screen() and "198.51.100.7:" in stage.screen()
        await stage.press("escape", "tab")
        assert "198.51.100.0/24" in stage.screen() and "203.0.113.0/24" in stage.screen()
        await stage.press("tab", "tab")
        assert "not answered yet, or a flood" in stage.screen()
        await stage.press("tab")
        assert "client bound" in stage.screen() and "\x1b" not in stage.screen()


async def test_a_filter_selects_connections() -> None:
    async with opened(table()) as stage:
        await read(stage)
        for words, passed in (
            ("state=syn_recv", 20),
            ("client=198.51.100.7", 50),
            ("server=10.0.0.2", 40),
            ("proto=udp", 0),
        ):
            await stage.press("slash")
            await stage.type(words)
            await stage.press("enter")
            assert f"{passed} pass" in stage.screen(), words
            await stage.press("escape")
        await stage.press("slash")
        await stage.type("clint=1")
        assert "client?" in stage.bottom or "no column clint" in stage.bottom


async def test_r_reads_again_and_m_reads_more_up_to_a_limit() -> None:
    source = table(11_000)
    async with opened(source) as stage:
        await read(stage)
        assert "sample: 11,002 of an unknown" in stage.screen() or "M reads more" in stage.screen()
        await stage.press("r")
        await stage.until(lambda: len(source.wanted) == 2 and not stage.app.sampler.reading.under_way)
        await stage.press("M")
        await stage.until(lambda: len(source.wanted) == 3 and not stage.app.sampler.reading.under_way)
        assert [(one.rows, one.seconds) for one in source.wanted] == [(10_000, 0.2), (10_000, 0.2), (30_000, 2.0)]
        await stage.press("M")
        assert "there are no more" in stage.bottom and len(source.wanted) == 3


async def test_the_sample_waits_for_the_first_read_of_the_rules() -> None:
    """Else every connection would lead to no service."""
    source, rules, tasks = table(), list[State](), list[asyncio.Task[None]]()

    def beside(run: Callable[[], Coroutine[None, None, object]], title: str) -> None:
        tasks.append(asyncio.ensure_future(run()))  # type: ignore[arg-type]

    early = sampler.Sampler(source, lambda: rules[0] if rules else None, beside, lambda: None)
    early.open()
    await asyncio.sleep(0)
    assert early.reading.under_way and not source.wanted
    rules.append(source.read(EVERYTHING))
    await tasks[0]
    assert (
        early.reading.summary is not None
        and service_key(6, "192.0.2.1", 80) in early.reading.summary.kernel_counts.services
    )


async def test_leaving_the_view_stops_the_read() -> None:
    source = table()
    source.held = threading.Event()
    async with opened(source) as stage:
        await stage.press("3")
        await stage.shows("the connection table is being read")
        await stage.press("1")
        await stage.until(lambda: source.left)
        source.held = None
        await read(stage)
        assert "all 202 rows" in stage.screen()


async def test_nothing_is_computed_again_while_the_sample_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "_OLD", 1e9)  # however long the machine takes from key to key
    source = table()
    async with opened(source) as stage:
        await read(stage)
        shown = stage.app.main._view, stage.app.tables._below._view
        await stage.app.director.fresh()
        stage.app._arrived()
        await stage.settle()
        assert (stage.app.main._view, stage.app.tables._below._view) == shown and len(source.wanted) == 1
        await stage.press("1", "3")
        assert len(source.wanted) == 1  # it was read a moment ago


class Watched(tuple[Any, ...]):
    """Counts looks at its items: in `looks` those of the thread that handles keys, in `beside` the others."""

    looks = beside = 0
    keys = 0
    """The thread that handles keys."""

    @classmethod
    def note(cls) -> None:
        if threading.get_ident() == cls.keys:
            cls.looks += 1
        else:
            cls.beside += 1

    def __getitem__(self, index: Any) -> Any:
        Watched.note()
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[Any]:
        for one in super().__iter__():
            Watched.note()
            yield one


def watched(sample: ConnectionSample, state: State) -> ConnectionSummary:
    """The summary of a sample, in which every look at a row, at its place or at a number of it is counted."""
    made = summary(sample, state)
    for groups in (made.by_server, made.by_network, made.by_service, made.by_state):
        for group in groups:
            group.rows = Watched(group.rows)
    places = made.places._replace(services=Watched(made.places.services), servers=Watched(made.places.servers))
    rows = made.sample._replace(rows=Watched(made.sample.rows))
    return made._replace(
        sample=rows, places=places, connections=Watched(made.connections), templates=Watched(made.templates)
    )


@pytest.mark.parametrize(("rows", "step"), [(ROWS, 0), (MORE[-1][0], len(MORE) - 1)])
async def test_no_key_waits_for_a_pass_over_the_sample(monkeypatch: pytest.MonkeyPatch, rows: int, step: int) -> None:
    """Counted, because a time measured on a busy machine says nothing; for the largest sample that is read unasked, and
    for the largest of all. A pass over it would be a look at each row; a screen has some hundred cells."""
    monkeypatch.setattr(sampler, "_OLD", 1e9)
    monkeypatch.setattr(connection_summary, "summary", watched)
    Watched.looks, Watched.beside, Watched.keys = 0, 0, threading.get_ident()
    bound = (row(n, client_port=0, state="ASSURED", client=packed(f"192.0.2.{n % 250}"), left=n) for n in range(2_000))
    source = table(rows - 2_002)
    source.rows = (*bound, *source.rows)
    async with opened(source, size=(120, 40)) as stage:
        monkeypatch.setattr(stage.app.sampler, "open", lambda: None)
        stage.app.sampler._step = step
        stage.app.sampler.read()
        await read(stage)
        reading = stage.app.sampler.reading
        assert reading.summary is not None and len(reading.summary.sample.rows) == rows and not reading.trouble
        assert Watched.looks == 0, "the sample is added up beside the screen"

        async def looks(*keys: str) -> int:
            most = 0
            for key in keys:
                before = Watched.looks
                await stage.press(key)
                await stage.settle()
                most = max(most, Watched.looks - before)
            return most

        async def filters(text: str) -> int:
            return await looks("slash", *text, "enter")

        screen, moves = 1_000, ("down", "up")
        if rows == ROWS:
            assert await looks(*moves, "tab", *moves, "tab", *moves, "tab", *moves) == 0, "servers to states"
            assert await looks("tab", *moves, "G", "g") < screen and "client bound" in stage.screen()
            assert await looks(*["o"] * 3, "O") < screen, "templates, by each column and the other way round"
            assert await looks("tab", *["o"] * 5, "O", "O") == 0, "servers, by each column and the other way round"
        before, passing = Watched.beside, sum(one.state == "SYN_RECV" for one in source.rows)
        assert await filters("syn" if rows == ROWS else "y") < screen and f"{passing:,} pass" in stage.screen()
        assert Watched.beside - before > 3 * rows, "the first letter asks each row, beside the screen"
        assert await looks(*moves, "tab", *moves, "o", "n", "asterisk") < screen
        assert await looks("escape", "enter") < screen and "in the sample" in stage.screen(), "single rows"
        orders = 3 if rows == ROWS else 1
        assert await looks(*moves, "pagedown", "G", "g", *["o"] * orders, "O") < screen, "in another order"
        assert await looks("slash", "1") < screen and await looks("enter", "n", "asterisk", "escape") < screen


async def test_no_key_waits_while_garbage_is_looked_for_among_the_rows() -> None:
    """Python stops all threads for that, and it takes as long as there are rows."""

    def looked_through() -> int:
        return sum(type(one) is Connection and one.data == "mine" for one in gc.get_objects())

    source = table(0)
    try:
        async with opened(source) as stage:
            await read(stage)
            source.rows = tuple(row(n, data="mine") for n in range(100))
            assert looked_through() == 100
            await stage.press("r")
            await stage.until(lambda: not stage.app.sampler.reading.under_way)
            assert looked_through() == 0
            source.rows, source.unread = (row(1, data="mine"),), "Permission denied"
            await stage.press("r")
            await stage.shows("Permission denied")
            assert looked_through() == 0
    finally:
        gc.unfreeze()


async def test_rows_stay_until_those_of_the_filter_are_there_and_the_next_letter_gives_up_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler, "_OLD", 1e9)
    given_up = []

    def slow(
        wanted: RowsRequest, look: Look, cursor: Hashable, before: ComputedRows | None, going: Going = always
    ) -> ComputedRows:
        if wanted.filter == "1":
            while going():
                time.sleep(0.002)
            given_up.append(wanted.filter)
            raise GivenUp
        return make(wanted, look, cursor, before, going)

    monkeypatch.setattr(panes_connections, "make", slow)
    source = table(2 * AT_ONCE)
    source.rows = (*source.rows, row(5, client=packed("192.0.2.77"), server=TWO))
    async with opened(source) as stage:
        await read(stage)
        before = stage.app.main._view
        await stage.press("slash")
        stage.app.post_message(events.Key("1", "1"))
        await stage.until(lambda: stage.app.prompt.typed_text == "1" and stage.app.tables.maker.busy)
        assert stage.app.main._view is before and "(2 rows)" in stage.bottom and not given_up
        await stage.type("92.0.2.77")
        await stage.shows("1 pass", "(1 row)")
        assert given_up == ["1"]
        stage.app.post_message(events.Key("equals_sign", "="))
        await stage.shows(
            "no column 192.0.2.77"
        )  # a filter that is not understood is told of before its rows are there


def test_rows_that_nobody_wants_any_more_are_given_up() -> None:
    made = summary(
        ConnectionSample(table(AT_ONCE).rows, AT_ONCE, 0, True, 0.0, 0.0), MemoryDirector(RULES).read(EVERYTHING)
    )
    texts = Texts(made, NO_NAMES)
    group = GroupKey("states", "ESTABLISHED")
    for look in (Look(filter="syn"), Look(sort="client", inside=group), Look(columns="bound", sort="client")):
        assert len(make(rows_request(texts, look), look, None, None).view) > 0
        with pytest.raises(GivenUp):
            make(rows_request(Texts(made, NO_NAMES), look), look, None, None, lambda: False)


async def test_an_unexpected_error_in_a_thread_is_reported_and_the_console_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*asked: object) -> ComputedRows:
        raise ValueError("strange")

    async with opened(table(2 * AT_ONCE)) as stage:
        await read(stage)
        monkeypatch.setattr(panes_connections, "make", broken)
        await stage.press("o")
        await stage.shows("unexpected: ValueError: strange", "10.0.0.1:80")
        monkeypatch.undo()
        await stage.press("O")
        await stage.until(lambda: not stage.app.tables.maker.busy)
        assert "10.0.0.1:80" in stage.screen()


async def test_the_cursor_stays_with_its_row_in_another_order_and_under_a_filter() -> None:
    async with opened(table(2 * AT_ONCE), size=(120, 40)) as stage:
        await read(stage)
        await stage.press("enter", "pagedown", "down", "down")
        key = stage.app.main.key
        for presses in (("o",), ("o",), ("O",), ("slash", *"estab", "enter"), ("r",)):
            await stage.press(*presses)
            await stage.until(lambda: not stage.app.sampler.reading.under_way)
            await stage.settle()
            assert stage.app.main.key == key and key in stage.app.main.in_sight(), presses


async def test_on_a_real_server_3_shows_its_connections() -> None:
    async with opened(table()) as stage:
        await stage.press("g", "enter", "3")
        await stage.shows("connections > to 10.0.0.1:80 in TCP 192.0.2.1:80")
        await stage.press("escape")
        assert stage.app.look.inside is None and stage.app.view == "connections"


async def test_3_shows_the_connections_of_the_service_or_host_under_the_cursor_and_no_others() -> None:
    """Two services, and two firewall marks, with the same server: what is of one is not shown for the other."""
    other, one = service_key(6, "192.0.2.2", 80), server_key("10.0.0.1", 80)
    seven, eight = service_key(fwmark=7), service_key(fwmark=8)
    marked = server_key("10.0.0.7", 80)
    rules = [(Service(key), [Server(one)]) for key in (service_key(6, "192.0.2.1", 80), other)]
    rules += [(Service(key, persistence=60), [Server(marked)]) for key in (seven, eight)]
    source = Tried(RuleSet(rules_from(rules)))
    mark = {"protocol": 0, "client_port": 0, "server": marked, "virtual_port": 0}
    source.rows = (
        *(row(n, server=one) for n in range(3)),
        *(row(n, server=one, virtual=other.address) for n in range(5)),
        row(7, virtual=bytes((0, 0, 0, 7)), **mark),
        row(8, virtual=bytes((0, 0, 0, 8)), **mark),
        *(row(n, server=marked, virtual=packed("192.0.2.9")) for n in range(4)),  # of which mark, nobody can tell
    )
    async with opened(source, size=(100, 30)) as stage:
        for steps, found in (
            ((), "to TCP 192.0.2.1:80  3 in the sample"),
            (("down",), "to TCP 192.0.2.2:80  5 in the sample"),
            (("down", "down"), "to FWM 7  1 in the sample"),
            (("down", "down", "down"), "to FWM 8  1 in the sample"),
        ):
            await stage.press("1", "g", *steps, "3")
            await stage.shows("all 14 rows")
            await stage.press("3")
            await stage.shows(f"connections > {found}")
            await stage.press("3")
            assert stage.app.look.inside is None and "all 14 rows" in stage.screen()
        await stage.press("2", "g", "3", "3")
        await stage.shows("connections > to 10.0.0.1  8 in the sample")
        await stage.press("escape")
        assert stage.app.look.inside is None and stage.app.view == "connections"


async def test_a_table_that_cannot_be_read_is_reported() -> None:
    source = table()
    source.unread = "Permission denied"
    async with opened(source) as stage:
        await read(stage)
        assert "not read: Permission denied; run as root" in stage.screen()
    async with opened(Still(State(0.0, 0.0, "lvs1", swept=0.0))) as stage:
        await read(stage)
        assert "has no network to probe" in stage.screen()


async def test_a_read_that_fails_leaves_the_old_rows_with_their_time() -> None:
    source = table()
    async with opened(source) as stage:
        await read(stage)
        taken = next(line for line in stage.screen().split("\n") if "all 202 rows, 0.2 s, at" in line)
        source.unread = "Permission denied"
        await stage.press("r")
        await stage.shows("not read again: Permission denied; run as root")
        assert taken.split("   ")[0] in stage.screen() and "10.0.0.1:80" in stage.screen()


async def test_an_unexpected_error_ends_the_read_and_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    source = table()

    def broken(*asked: object) -> ConnectionSample:
        raise ValueError("strange")

    async with opened(source) as stage:
        monkeypatch.setattr(source, "connections", broken)
        await stage.press("3")
        await stage.shows("not read: unexpected: ValueError: strange")
        assert not stage.app.sampler.reading.under_way
        monkeypatch.undo()
        await stage.press("r")
        await stage.shows("all 202 rows")


async def test_a_state_is_opening_closing_or_neither() -> None:
    source = Tried()
    states = ("ESTABLISHED", "SYN_RECV", "SYN_SENT", "FIN_WAIT", "LAST_ACK", "NONE", "LISTEN")
    source.rows = tuple(row(5, client_port=40_000 + n, state=state) for n, state in enumerate(states))
    async with opened(source) as stage:
        await read(stage)
        view = stage.app.main._view
        assert view is not None
        named = dict(zip((column.key for column in view.columns), view.row(0).cells, strict=True))
        assert [named[key] for key in ("count", "open", "half", "closing")] == ["7", "1", "2", "2"]


async def test_a_group_without_rows_says_that_it_has_none() -> None:
    source = table()
    source.rows = source.rows[:1]  # of the other server
    async with opened(source) as stage:
        await stage.press("g", "enter", "3")
        await stage.shows("connections > to 10.0.0.1:80", "no row of it is in the sample")


async def test_a_server_that_is_gone_and_rows_of_no_service() -> None:
    source = Tried()
    gone = server_key("10.0.0.9", 80)
    source.rows = (row(1, server=gone), row(2, virtual=packed("192.0.2.99")))
    async with opened(source) as stage:
        await read(stage)
        screen = stage.screen()
        assert "▼ 10.0.0.9:80" in screen and "gone: TCP 192.0.2.1:80" in screen
        assert "no service: TCP 19" in screen
        assert "2 sampled rows lead to no server: they hang, or expire_nodest_conn ends them" in screen


async def test_rows_of_a_mark_are_healthy_if_the_kernel_wrote_the_requested_port() -> None:
    seven, eight, one = service_key(fwmark=7), service_key(fwmark=8), server_key("10.0.0.11", 0)
    marks = RuleSet(
        rules_from([(Service(seven), [Server(one)]), (Service(eight), [Server(server_key("10.0.0.12", 0))])])
    )
    source = Tried(marks)
    source.rows = (row(1, server=server_key("10.0.0.11", 80)),)
    async with opened(source) as stage:
        await read(stage)
        assert "10.0.0.11:0" in stage.screen() and "FWM 7" in stage.screen()
        assert "gone" not in stage.screen() and "to no server" not in stage.screen() and "▼" not in stage.screen()
        await stage.press("1", "g", "enter", "3")
        await stage.shows("connections > to 10.0.0.11:0 in FWM 7  1 in the sample")
    shared = RuleSet(rules_from([(Service(seven), [Server(one)]), (Service(eight), [Server(one)])]))
    source = Tried(shared)
    source.rows = (row(1, server=server_key("10.0.0.11", 80)),)
    async with opened(source, size=(160, 40)) as stage:
        await read(stage)
        assert "not known: TCP 192.0." in stage.screen()
        assert "to no server" not in stage.screen() and "▼" not in stage.screen()


async def test_the_demo_writes_the_requested_port() -> None:
    bare = server_key("10.0.0.11", 0)
    rules = RuleSet(rules_from([(Service(service_key(fwmark=7), persistence=60), [Server(bare, weight=1)])]))
    async with opened(World(rules, seed=1)) as stage:
        await read(stage)
        summary = stage.app.sampler.reading.summary
        assert summary is not None and summary.connections
        assert {summary.sample.rows[n].server.port for n in summary.connections} == {443}
        assert set(summary.places.servers) == {bare} and "to no server" not in stage.screen()


async def test_the_demo_has_connections() -> None:
    async with opened(World(RULES, seed=1)) as stage:
        await read(stage)
        assert "sample: 10,000 of about" in stage.screen() or "all " in stage.screen()
        assert "198.51.100" in stage.screen() or "203.0.113" in stage.screen()


async def test_client_shows_where_a_client_goes_and_so_does_enter_on_a_row() -> None:
    async with opened(table(), size=(120, 40)) as stage:
        await stage.press("colon")
        await stage.type("client 198.51.100.7")
        await stage.press("enter")
        await stage.shows("client 198.51.100.7", "the whole table was read", "TCP 192.0.2.1:80")
        assert "40 to 10.0.0.1:80: 40 open" in stage.screen() and "10 to 10.0.0.2:80" in stage.screen()
        assert "next  not known: wrr chooses by load or by turn, not by client" in stage.screen()
        await stage.press("escape")
        await read(stage)
        await stage.press("enter", "down", "down", "down", "enter")
        await stage.shows("the whole table was read", "next  not known")


async def test_an_invalid_client_is_refused_in_one_line() -> None:
    async with opened(table()) as stage:
        await stage.press("colon")
        await stage.type("client nowhere")
        await stage.press("enter")
        assert "is not an IP address" in stage.bottom

"""The page of directors: each in a row of its own, read beside the others; Enter opens one, and Esc leads back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from textual import events

from lvstui import consoles, places
from lvstui.config import Settings, WordsEntry
from lvstui.console import directors
from lvstui.console.directors import Directors
from lvstui.console.session import fleet
from lvstui.console.session.choices import SavedChoices
from lvstui.console.session.fleet import Fleet
from lvstui.demo import World
from lvstui.director.errors import Lost, NotDone, Unavailable
from lvstui.director.model import service_key
from lvstui.director.source import EVERYTHING, Scope, Source
from lvstui.director.state import State
from lvstui.formats import rule_files
from lvstui.views.directors import Director, DirectorsView, about, head, wrong
from lvstui.views.look import Look
from tests.console.stage import press

_PATIENCE = 300.0
WHY, MEND = "connection: its sshd does not listen", "is sshd running there, and on which port?"


def world(host: str) -> Source:
    if host == "dead":
        raise Unavailable(host, WHY, MEND)
    return World(rule_files.read_rules(str(places.snapshots() / "seed-cluster.rules")).rules)


def until(holds: Callable[[], bool], what: str) -> None:
    """Waits in an ordinary thread."""
    waits = threading.Event()
    for _ in range(int(_PATIENCE * 20)):
        if holds():
            return
        waits.wait(0.05)
    raise AssertionError(f"not within {_PATIENCE:g} s: {what}")


@pytest.fixture
def site() -> Iterator[Fleet]:
    found = Fleet(["lvs1", "dead", "lvs2"], world)
    found.start()
    until(lambda: all(one.state is not None or one.trouble for one in found.directors), "all were looked at")
    yield found
    found.close()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_each_has_a_row_and_enter_opens_one(site: Fleet, size: tuple[int, int]) -> None:
    app = Directors(site, Settings(theme="ansi-dark"), (places.themes(),))
    async with app.run_test(size=size) as pilot:
        await press(app, pilot)
        lines = [strip.text for strip in map(app.grid.render_line, range(4))]
        heads = ["director", "role", "services", "down", "findings", "drift", "active", "age"]
        assert lines[0].split() == heads + (["what", "is", "wrong"] if size[0] > 80 else [])
        assert lines[1].split()[:4] == ["▌", "lvs1", "MASTER", "1"]
        row = lines[2].split()
        assert row[:8] == ["▼", "dead", "lost", "?", "?", "?", "?", "?"]
        assert " ".join(row[8:]).startswith(WHY if size[0] > 80 else "") and bool(row[8:]) == (size[0] > 80)
        assert "3 directors over ssh   1 not reached" in app.query_one("#masthead").text()  # type: ignore[attr-defined]
        await press(app, pilot, "down")
        told = " ".join(app.query_one("#told").text().split())  # type: ignore[attr-defined]
        assert told == f"dead: {WHY}; {MEND}"
        await press(app, pilot, "down", "enter")
    assert app.chosen == "lvs2"


async def test_the_page_can_be_left_without_a_choice_and_the_cursor_comes_back_to_its_row(site: Fleet) -> None:
    app = Directors(site, Settings(theme="ansi-dark"), (places.themes(),), at="lvs2", message="lvs2: it is away")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(app, pilot)
        assert app.grid.key == "lvs2"
        assert "lvs2: it is away" in app.query_one("#told").text()  # type: ignore[attr-defined]
        await press(app, pilot, "q")
    assert app.chosen == ""


async def test_it_is_sorted_and_filtered_with_the_keys_of_the_other_views(site: Fleet) -> None:
    app = Directors(site, Settings(theme="ansi-dark"), (places.themes(),))

    def rows() -> list[str]:
        return list(map(str, app.grid.keys()))

    async with app.run_test(size=(100, 24)) as pilot:
        await press(app, pilot)
        assert rows() == ["lvs1", "dead", "lvs2"]
        await press(app, pilot, "o")  # by the name
        assert rows() == ["dead", "lvs1", "lvs2"]
        await press(app, pilot, "O")
        assert rows() == ["lvs2", "lvs1", "dead"]
        await press(app, pilot, "slash", *"lost")
        assert rows() == ["dead"] and app.chosen == ""
        await press(app, pilot, "escape")
        assert rows() == ["lvs2", "lvs1", "dead"]
        await press(app, pilot, "slash", "exclamation_mark", *"lost", "enter")
        assert rows() == ["lvs2", "lvs1"] and app.chosen == ""
        assert "filter: !lost (2 of 3); Esc clears it" in "".join(
            strip.text for strip in map(app.grid.render_line, range(app.grid.size.height))
        )
        await press(app, pilot, "slash", *(["backspace"] * 5), *"quark>3", "enter")
        assert "filter: no column quark" in app.query_one("#told").text()  # type: ignore[attr-defined]
        await press(app, pilot, "escape")
        assert site.look == Look(sort="host", reverse=True)  # and so it stands when the page is opened again
        await press(app, pilot, "question_mark")
        await press(app, pilot)
        assert type(app.screen).__name__ == "HelpPage"
        await press(app, pilot, "escape", "q")
    assert app.chosen == ""


@pytest.mark.parametrize("turns", [0, 1, 4])
async def test_a_filter_that_arrives_at_once_is_whole_and_the_key_behind_it_is_for_the_page(
    site: Fleet, turns: int
) -> None:
    app = Directors(site, Settings(theme="ansi-dark"), (places.themes(),))
    async with app.run_test(size=(100, 24)) as pilot:
        await press(app, pilot)
        for key in ("slash", *"lost", "enter", "O"):
            app.post_message(events.Key(key, {"slash": "/", "enter": None}.get(key, key)))
            for _ in range(turns):
                await asyncio.sleep(0)
        limit = time.monotonic() + _PATIENCE
        while not site.look.reverse and time.monotonic() < limit:
            await asyncio.sleep(0.01)
        assert site.look == Look(filter="lost", reverse=True)


async def test_n_leads_to_the_next_director_with_trouble(site: Fleet) -> None:
    well = [one._replace(tally=None, findings=0, drift=0, trouble="", note="") for one in site.directors]
    note = "the restore of a.toml was cut off"
    site.close()
    hosts = ("a", "lost", "b", "cut", "c")
    kinds = (well[0], well[0]._replace(trouble="no"), well[0], well[0]._replace(note=note), well[0])
    site._known = {host: one._replace(host=host) for host, one in zip(hosts, kinds, strict=True)}
    app = Directors(site, Settings(theme="ansi-dark"), (places.themes(),))
    site.hosts = hosts
    async with app.run_test(size=(100, 24)) as pilot:
        await press(app, pilot)
        seen = []
        for key in ("n", "n", "n", "N", "N"):
            await press(app, pilot, key)
            seen.append(app.grid.key)
        assert seen == ["lost", "cut", "lost", "cut", "lost"]
        site._known = {host: one._replace(trouble="", note="") for host, one in site._known.items()}
        await press(app, pilot, "n")
        assert app.grid.key == "lost"
        assert "no director here is in trouble" in app.query_one("#told").text()  # type: ignore[attr-defined]
        await press(app, pilot, "q")


async def test_its_keys_are_those_of_the_key_map(site: Fleet) -> None:
    keys = {"sort": WordsEntry(("f5",), "config"), "quit": WordsEntry(("Q",), "config")}
    app = Directors(site, Settings(theme="ansi-dark", keys=keys), (places.themes(),))
    async with app.run_test(size=(100, 24)) as pilot:
        await press(app, pilot, "q", "o", "f5")
        assert site.look.sort == "host" and app.is_running
        await press(app, pilot, "Q")
    assert app.chosen == ""


def test_a_director_that_was_never_read_comes_last_in_every_order() -> None:
    state = State(0.0, 0.0, "")
    known = [Director(name, state, findings=n, seen=float(n)) for n, name in enumerate(("a", "b"))]
    every = [Director("silent"), *known, Director("dead", trouble="no")]
    for look in (Look(sort="findings"), Look(sort="age"), Look(sort="active")):
        for one in (look, look._replace(reverse=True)):
            view = DirectorsView(every, 9.0, one)
            assert {view.key(2), view.key(3)} == {"silent", "dead"} or look.sort == "active"
    assert [DirectorsView(every, 9.0, Look(sort="findings")).key(n) for n in range(2)] == ["b", "a"]


class Moody:
    """A director that is lost after its first read, and comes back when it may."""

    def __init__(self) -> None:
        self.reads = 0
        self.well = threading.Event()
        self.state = World(rule_files.read_rules(str(places.snapshots() / "seed-cluster.rules")).rules).read(
            Scope(sweep=True)
        )

    def read(self, scope: Scope) -> State:
        self.reads += 1
        if self.reads > 1 and not self.well.is_set():
            raise Lost("lvs1", "no answer for 15 s", "", 0.01)
        return self.state

    def send(self, *_: object) -> Any:
        raise NotDone("read-only", "it is only looked at")

    def close(self) -> None:
        pass


def test_the_last_state_stays_while_the_link_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "_LEAST", 0.01)
    monkeypatch.setattr(fleet, "INTERVAL", 0.01)
    moody = Moody()
    found = Fleet(["lvs1"], lambda host: moody)
    found.start()
    until(lambda: bool(found.directors[0].trouble), "it is lost")
    one = found.directors[0]
    row = DirectorsView([one], now=(one.seen or 0.0) + 20).row(0)
    assert one.trouble == "no answer for 15 s" and one.state is moody.state
    assert (row.tone, row.sign, row.cells[-2:]) == ("drained", "▼", ("20s", one.trouble))
    moody.well.set()
    until(lambda: not found.directors[0].trouble, "it is back")
    found.close()


def test_no_more_than_eight_are_opened_at_a_time() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    gate = threading.Barrier(fleet.TOGETHER)

    def opener(host: str) -> Source:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(_PATIENCE)  # all of these are under way at once
        with lock:
            now[0] -= 1
        return world(host)

    found = Fleet([f"lvs{n}" for n in range(5 * fleet.TOGETHER)], opener)
    found.start()
    until(lambda: all(one.state is not None for one in found.directors), "all forty are read")
    assert most[0] == fleet.TOGETHER
    found.close()


def test_the_text_about_all_directors_and_about_one() -> None:
    note = "the restore of a.toml by root, begun at 03:12:07, was cut off: lvstui --on lvs1 --resume finishes it"
    one = Director("lvs1", note=note)
    assert "".join(piece.text for line in about(one, 60) for piece in line).split() == f"lvs1: {note}".split()
    assert about(None, 80) == ((), ())
    waiting = "".join(piece.text for line in head([one, Director("lvs2", trouble="no")]) for piece in line)
    wanted = "2 directors over ssh 1 not reached 1 with an unfinished restore 1 not read yet"
    assert " ".join(waiting.split()) == wanted


def test_the_page_and_the_console_lead_to_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Esc leads back to the page, at the director that was open; one that cannot be opened is told there; q leaves."""
    pages: list[tuple[str, str]] = []
    choices = iter(("lvs1", "dead", "lvs2"))
    opened: list[str] = []

    def page(_fleet: Fleet, _settings: Settings, _themes: object, at: str, told: str) -> str:
        pages.append((at, told))
        return next(choices)

    def console(arguments: Any, _choices: SavedChoices, back: Callable[[], None]) -> int:
        opened.append(arguments.on)
        if arguments.on == "dead":
            raise Unavailable("dead", WHY, MEND)
        if arguments.on == "lvs1":
            back()
        return 7

    monkeypatch.setattr(directors, "run", page)
    monkeypatch.setattr(consoles, "_console", console)
    monkeypatch.setattr(fleet.Fleet, "start", lambda self: None)
    arguments = SimpleNamespace(on="lvs1,dead,lvs2", settings=Settings(), record=None, sudo=False, demo=None)
    assert consoles._directors(arguments, SavedChoices()) == 7
    assert opened == ["lvs1", "dead", "lvs2"]
    assert pages == [("", ""), ("lvs1", ""), ("dead", f"dead: {WHY}; {MEND}")]


def test_a_director_with_an_unfinished_restore_needs_attention() -> None:
    well = Director("lvs1", State(0.0, 0.0, ""), seen=0.0)
    assert "nothing is wrong" in "".join(piece.text for piece in head([well])[0])
    first = "".join(piece.text for piece in head([well, well._replace(host="lvs2", note="the restore was cut off")])[0])
    assert "1 with an unfinished restore" in first and "nothing is wrong" not in first


def test_a_row_says_what_is_wrong_and_the_name_of_a_host_is_whole_where_there_is_room() -> None:
    state = world("lvs1").read(EVERYTHING)
    keys = [service_key(6, f"192.0.2.{n}", 80) for n in range(1, 5)]
    tally: Any = SimpleNamespace(down=keys[:3], degraded=keys[3:])
    one = Director("lvs-with-a-long-name.example.org", state, tally, findings=2, seen=1.0)
    said = "tcp 192.0.2.1:80 DOWN, tcp 192.0.2.2:80 DOWN, 1 more service DOWN, 1 service degraded, 2 findings"
    assert DirectorsView([one], 2.0).row(0).cells[-1] == said and wrong(one) == said
    assert wrong(one._replace(trouble="the link is lost")) == "the link is lost"
    assert "".join(piece.text for line in about(one, 200) for piece in line).strip().endswith("Esc there comes back")
    widths = [DirectorsView([one], 2.0, width=width).columns[0].width for width in (80, 100)]
    assert widths == [14, 30]

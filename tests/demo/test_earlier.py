"""What a world carried in the half hour before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.demo import World
from lvstui.director.model import server_key, service_key
from lvstui.director.source import EVERYTHING, ReadOnly, memory
from lvstui.director.state import rules_of
from lvstui.views.graph import HALF_HOUR
from lvstui.views.past import STEP, STEPS, Past
from lvstui.views.place import Place
from tests import screenshots
from tests.memory import MemoryDirector

ADMIN, WWW, IMG = (service_key(6, *of) for of in (("192.0.2.14", 8443), ("192.0.2.10", 80), ("192.0.2.12", 80)))
WEB3, WEB1, CDN1 = (server_key(f"203.0.113.{last}", port) for last, port in ((13, 80), (11, 80), (61, 80)))
DOWN_FOR = 323.0


@pytest.fixture
def clock() -> screenshots.Clock:
    made = screenshots.Clock()
    made.now = 50_000.0
    return made


@pytest.fixture
def world(clock: screenshots.Clock, tmp_path: Path) -> World:
    with screenshots.fixed(clock):
        return screenshots.opened_world("incident", tmp_path, clock)[0]


def test_a_server_that_failed_carried_something_until_it_did(world: World, clock: screenshots.Clock) -> None:
    told = memory(ReadOnly(world))
    assert told is not None
    begins = clock.now
    before, after = told(WWW, WEB3, begins - DOWN_FOR - 60), told(WWW, WEB3, begins - DOWN_FOR + 60)
    assert before is not None and before[0] > 50 and before[1] > 0 and after is None
    other = told(WWW, WEB1, begins - DOWN_FOR - 60), told(WWW, WEB1, begins - DOWN_FOR + 60)
    assert other[0] is not None and other[1] is not None and other[1][1] > 1.2 * other[0][1], (
        "the others carry its part"
    )
    assert told(WWW, WEB1, begins) is None, "from then on the console reads"


def test_what_it_carried_leads_to_what_it_carries(world: World, clock: screenshots.Clock) -> None:
    told = memory(world)
    state = world.read(EVERYTHING)
    assert told is not None
    for key in rules_of(state).rules:
        known, pool, reading = told(key, None, clock.now - 1.0), state.pools[key], state.services.find(key)
        assert known is not None and reading is not None
        assert known[0] == pytest.approx(pool.load.active, rel=0.15, abs=12)
        assert known[1] == pytest.approx(reading.rates.connections, rel=0.3, abs=6)
        parts = [told(key, row.server.key, clock.now - 1.0) for row in pool]
        assert known[0] == sum(part[0] for part in parts if part is not None)


def test_a_graph_has_its_half_hour_from_the_first_reading_on(world: World, clock: screenshots.Clock) -> None:
    past = Past(memory(world))
    past.see(world.read(EVERYTHING), [WWW, ADMIN])
    columns = int(HALF_HOUR // STEP)
    assert None not in past.trend(WWW, columns) and None not in past.trend(WWW, columns, rate=True)
    gone = past.trend(Place(WWW, WEB3), columns)
    lost = int(DOWN_FOR // STEP)
    assert None not in gone[: columns - lost - 2] and set(gone[columns - lost + 2 :]) == {None}
    assert past.before(Place(WWW, WEB3), clock.now - DOWN_FOR) == pytest.approx(gone[columns - lost - 2], rel=0.3)
    clock.now += 60.0
    past.see(world.read(EVERYTHING), [WWW, ADMIN])
    assert None not in past.trend(WWW, columns - 8)[: columns - 16], "what was read since does not hide it"


def test_only_what_is_drawn_is_computed(world: World, clock: screenshots.Clock) -> None:
    asked = []
    past = Past(lambda key, server, at: asked.append((key, server)))
    state = world.read(EVERYTHING)
    past.see(state, state.services.keys)
    past.sweep(state)
    assert asked == []
    for _ in range(3):
        past.trend(IMG, 12)
        past.trend(Place(IMG, CDN1), 12)
    assert len(asked) < 2 * STEPS and set(asked) == {(IMG, None), (IMG, CDN1)}


def test_a_real_director_does_not_know() -> None:
    assert memory(ReadOnly(MemoryDirector(screenshots.rules()))) is None

"""Since when a finding exists: the moment of its row, only where that tells of the same thing."""

from __future__ import annotations

from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.drift.all import followed
from lvstui.director.model import Server, ServerKey, ServiceKey, server_key
from lvstui.director.serving import ServiceHealth
from lvstui.doctor.diagnosis import diagnosed
from lvstui.doctor.thresholds import USUAL
from lvstui.views.audit_index import Events
from lvstui.views.finding_since import dated
from lvstui.views.sight import Sight
from lvstui.views.since import TimeSources, left_since, service_since
from tests.views.test_pages import GONE, NOW, ONE, SSL, TAKEN, TLS, TWO, WEB, record, sight, state

NOBODY_LEFT = {WEB: [], TLS: [(Server(SSL, 3, 10), 3)]}
THREE = server_key("10.0.0.3", 80)


def went(age: float, server: ServerKey, key: ServiceKey = WEB) -> tuple[float, Change, Change]:
    return age, DeleteServer(key, server), AddServer(key, Server(server, 3, 10))


def moments(seen: Sight, limit: float = 1) -> dict[str, float | None]:
    """Of the findings of service WEB, by their ids."""
    limits = USUAL._replace(last_live=limit)
    drifts = followed(seen.state)
    found = diagnosed(seen.state, seen.tally, drifts, limits=limits)  # type: ignore[arg-type]
    told = dated(found, seen.time_sources, seen.tally, limits, drifts)
    return {one.id: one.since for one in told.findings if one.service == WEB}


def test_a_finding_about_a_service_has_the_time_of_its_row() -> None:
    seen = sight(state(GONE, down=[ONE]), TAKEN)
    assert moments(seen)["last-live"] == NOW - 300.0
    assert moments(seen)["last-live"] == service_since(seen.time_sources, WEB, seen.tally.of(WEB), ()).epoch  # type: ignore[union-attr]
    seen = sight(state(NOBODY_LEFT, down=[ONE, TWO]), record(*went(60.0, TWO)), TAKEN)
    assert moments(seen)["no-live"] == NOW - 60.0, "it fails since the last of its servers went"


def test_a_finding_without_a_record_has_no_time() -> None:
    assert moments(sight(state(GONE, down=[ONE])))["last-live"] is None
    came = record(300.0, AddServer(WEB, Server(ONE, 3, 10)), DeleteServer(WEB, ONE))
    assert moments(sight(state(GONE, down=[ONE]), came))["last-live"] is None, "that is not how it stands now"
    other = record(*went(300.0, ONE, TLS))
    assert moments(sight(state(GONE, down=[ONE]), other))["last-live"] is None, "that is another service"
    half = sight(state(NOBODY_LEFT, down=[ONE, TWO]), TAKEN)
    assert moments(half)["no-live"] is None, "the other server may have gone later"
    raised = record(300.0, EditServer(WEB, Server(TWO, 3, 10)), EditServer(WEB, Server(TWO, 3, 5)))
    drift = moments(sight(state({WEB: [(Server(ONE, 3, 10), 1), (Server(TWO, 3, 9), 1)]}), raised))
    assert drift == {"drift": None}, "the last record of a server is not always that of what differs"


def test_a_drift_has_the_time_of_the_record_that_made_it() -> None:
    def drifts(table: list[tuple[Server, int]], *records: tuple[float, Change, Change], down: bool = False) -> object:
        seen = sight(state({WEB: table}, down=[ONE] if down else []), *(record(*one) for one in records))
        return moments(seen).get("drift", "no drift")

    one, two = (Server(ONE, 3, 10), 1), (Server(TWO, 3, 0), 1)
    drain = 300.0, EditServer(WEB, Server(TWO, 3, 0)), EditServer(WEB, Server(TWO, 3, 10))
    assert drifts([one, two], drain) == NOW - 300.0
    assert drifts([one], went(200.0, TWO), drain) == NOW - 200.0
    assert drifts([one, two], went(200.0, TWO), drain) is None, "somebody put it back unseen"
    other = 100.0, EditServer(WEB, Server(ONE, 3, 7)), EditServer(WEB, Server(ONE, 3, 10))
    assert drifts([(Server(ONE, 3, 7), 1), two], other, drain) == NOW - 300.0, "since the first of two"
    assert drifts([(Server(ONE, 3, 7), 1), two], drain) is None, "the other may have come earlier"
    assert drifts([one, two]) is None


def test_too_few_servers_are_left_since_the_last_one_that_left() -> None:
    records = [record(*went(age, server)) for age, server in ((60.0, TWO), (300.0, ONE))]
    one = ServiceHealth(1, 3, down=2, ill=(ONE, TWO), gone=(ONE, TWO))
    known = TimeSources(Events(records))
    live = [Server(THREE, 3, 10)]
    assert left_since(known, WEB, one, live, 1).epoch == NOW - 60.0
    assert left_since(known, WEB, one, live, 2).epoch == NOW - 300.0
    assert left_since(known, WEB, one, live, 5).epoch == NOW - 300.0, "it has had no more than five for as long"
    assert left_since(TimeSources(Events(records[1:])), WEB, one, live, 1).epoch is None, (
        "when the other went is not known"
    )
    assert service_since(known, WEB, one, live).epoch == NOW - 300.0, "the row says since when it is not whole"


def test_a_drain_counts_for_what_is_left_but_not_for_what_is_degraded() -> None:
    table = {WEB: [(Server(TWO, 3, 0), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    drain = record(60.0, EditServer(WEB, Server(TWO, 3, 0)), EditServer(WEB, Server(TWO, 3, 10)))
    assert moments(sight(state(table, down=[ONE]), drain, TAKEN))["no-live"] == NOW - 60.0
    whole = {WEB: [(Server(ONE, 3, 10), 7), (Server(TWO, 3, 0), 7)], TLS: [(Server(SSL, 3, 10), 3)]}
    assert moments(sight(state(whole), drain))["last-live"] == NOW - 60.0

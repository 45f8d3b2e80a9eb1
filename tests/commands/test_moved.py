"""What somebody else did to rules that were about to be changed, and who it was."""

from __future__ import annotations

import time

import pytest

from lvstui.commands.moved import described, moved
from lvstui.director.change import AddService, Change, DeleteServer, DeleteService, EditServer, EditService
from lvstui.director.model import Entry, RuleSet, Server, Service
from lvstui.director.observed import KEEPER, NOT_KEPT
from lvstui.director.record import DONE, REFUSED, SEEN, Record, Who
from tests.console.stage import ONE, RULES, WEB

NIGHT = time.mktime((2026, 11, 24, 2, 41, 7, 0, 0, -1))
MINE = EditServer(WEB, Server(ONE, weight=4))
THEIRS = EditServer(WEB, Server(ONE, weight=9))
SERVICE = RULES.rules[WEB].service


def record(change: Change, source: str, result: str = DONE, user: str = "") -> Record:
    return Record(NIGHT, Who(user=user), "lvs1", "", source, "", "", result, change=change)


def having(entry: Entry | None) -> RuleSet:
    others = {key: one for key, one in RULES.rules.items() if key != WEB}
    return RULES._replace(rules={**others, **({WEB: entry} if entry is not None else {})})


NINE = having(Entry(SERVICE, {**RULES.rules[WEB].servers, ONE: THEIRS.server}))


@pytest.mark.parametrize(
    ("records", "who"),
    [
        ([record(THEIRS, "console", user="ann")], ", by ann at 02:41:07"),
        ([record(THEIRS, KEEPER, SEEN)], ", probably by keepalived at 02:41:07"),
        ([record(THEIRS, NOT_KEPT, SEEN)], ", by hand or another program, not keepalived, at 02:41:07"),
        ([record(THEIRS, "restore")], ", by another program at 02:41:07"),
        ([record(THEIRS, "console", REFUSED, "bob")], ""),
        ([record(MINE, "console", user="kim")], ""),
        ([], ""),
    ],
    ids=["another user", "keepalived", "a hand", "nobody's name", "refused", "an older one", "not logged"],
)
def test_who_changed_a_weight_is_said_where_it_is_known(records: list[Record], who: str) -> None:
    changes = moved([MINE], RULES, NINE)
    assert described(changes, RULES, NINE, records) == f"weight 3 -> 9 of 10.0.0.1:80 of tcp 192.0.2.1:80{who}"


@pytest.mark.parametrize(
    ("mine", "entry", "theirs", "words"),
    [
        (MINE, Entry(SERVICE, {}), DeleteServer(WEB, ONE), "10.0.0.1:80 of tcp 192.0.2.1:80 is gone"),
        (MINE, None, DeleteService(WEB), "tcp 192.0.2.1:80 is gone"),
        (
            EditService(SERVICE._replace(scheduler="rr")),
            RULES.rules[WEB]._replace(service=SERVICE._replace(scheduler="sh")),
            EditService(SERVICE._replace(scheduler="sh")),
            "scheduler wrr -> sh of tcp 192.0.2.1:80",
        ),
    ],
    ids=["server deleted", "service deleted", "scheduler"],
)
def test_who_deleted_a_rule_or_changed_a_service(mine: Change, entry: Entry | None, theirs: Change, words: str) -> None:
    now = having(entry)
    said = described(moved([mine], RULES, now), RULES, now, [record(theirs, "console", user="ann")])
    assert said == f"{words}, by ann at 02:41:07"


def test_who_added_a_service_again() -> None:
    gone, service = having(None), Service(WEB, "rr")
    now = having(Entry(service, {}))
    said = described(
        moved([AddService(SERVICE)], gone, now), gone, now, [record(AddService(service), "console", user="ann")]
    )
    assert said == "tcp 192.0.2.1:80 is there now, by ann at 02:41:07"

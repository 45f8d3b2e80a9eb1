"""Two real keepaliveds over one table: both are named, neither is signalled in place of the other, and what one of them
removes as it ends is not called a change by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.session import Job, LabMissing, Session
from tests.lab.waiting import wait_until

CONF = "/run/two.conf"
CONFIGURATION = """
virtual_server 192.0.2.1 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.1 80 {
        weight 1
    }
}
virtual_server 192.0.2.2 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.1 80 {
        weight 1
    }
}
"""
# As a console does: reads until the end, and prints the notes and the drift whenever they are others.
WATCH = """
import json, sys, time
from lvstui.director.drift.all import followed
from lvstui.director.source import Scope
from lvstui.live import open_source
source, drifts, said = open_source(), None, None
while True:
    state = source.read(Scope(vrrp=True, sweep=True, owner=True, settings=True))
    drifts = followed(state, drifts)
    found = drifts.by_service.values() if drifts is not None else ()
    words = [one.words for of in found for one in of]
    line = json.dumps({"notes": state.notes, "known": drifts is not None, "drift": words})
    if line != said:
        said = line
        print(line, flush=True)
    time.sleep(0.3)
"""


class Two:
    def __init__(self, director: Director) -> None:
        self.director = director
        director.run(["tee", CONF], stdin=CONFIGURATION).ok()
        self.first = self.start("one")
        self.second = self.start("two")

    def start(self, name: str) -> Job:
        files = ("-p", f"/run/{name}.pid", "-c", f"/run/{name}-checkers.pid")
        job = self.director.spawn(["keepalived", "-C", "--dont-fork", "--log-console", "-f", CONF, *files])
        checking = f"/run/{name}-checkers.pid"
        there = lambda: self.director.run(["test", "-s", checking]).code == 0 and len(self.director.rules()) == 4  # noqa: E731
        wait_until(there, f"{name} checks", story=job.stderr)
        return job

    def pid(self, name: str) -> str:
        return self.director.run(["cat", f"/run/{name}.pid"]).ok().strip()


@pytest.fixture
def two(lab: Session) -> Iterator[Two]:
    with needing_a_lab():
        missing = needs.missing(("keepalived",))
        if missing:
            raise LabMissing(needs.advice(missing))
    made = Two(Director.make(lab, "two"))
    yield made
    for job in (made.second, made.first):
        job.stop()
    made.director.close()


def said(job: Job) -> list[dict[str, Any]]:
    return [json.loads(line) for line in job.stdout().splitlines() if line.endswith("}")]


def test_both_are_named_and_deletions_by_one_that_ends_are_not_by_hand(two: Two) -> None:
    director = two.director
    one, other = two.pid("one"), two.pid("two")
    both = f"pid {one} ({CONF}) and pid {other} ({CONF})"
    finding = f"2 keepaliveds program this table: {both}; each undoes what the other does: end one"
    told = json.loads(director.lvstui("--list", "--format", "json").ok())
    assert told["director"]["notes"] == [finding]
    for words in (("reload",), ("reload", "--dry-run"), ("failover", "--allow-outage")):
        done = director.lvstui("--do", *words)
        assert done.code == 1 and both in done.stderr and "it is not known which one to use" in done.stderr, done
    watching = director.spawn([director.lab.python, "-c", WATCH])
    calm = {"notes": [finding], "known": True, "drift": []}
    wait_until(lambda: calm in said(watching), "both are seen", story=lambda: str(said(watching)))
    two.second.stop()
    wait_until(lambda: director.rules() == [], "it took its services out")
    gone = f"deleted by hand or by pid {other}"
    alone = {"notes": [], "known": True, "drift": [gone, gone]}
    wait_until(lambda: alone in said(watching), "it is told", story=lambda: str(said(watching)))
    assert not any(words == "deleted by hand" for line in said(watching) for words in line["drift"])
    watching.stop()
    # Who looks only now knows nothing of the one that has ended.
    fresh = director.spawn([director.lab.python, "-c", WATCH])
    unknown = "deleted by hand, or by another keepalived as it ended"
    wait_until(
        lambda: {"notes": [], "known": True, "drift": [unknown, unknown]} in said(fresh),
        "it is left open",
        story=lambda: str(said(fresh)),
    )
    fresh.stop()
    assert two.first.poll(0.1) is None

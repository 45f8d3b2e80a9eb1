"""What directors know of their VRRP while a test moves it: watched.py runs on each, and beside it `ip monitor`.

Both use the clock of the same kernel for their times, so a test can measure the time from the move of an address until
lvstui knows it, however busy the lab's machine is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.lab.cluster import DIRECTORS, Cluster
from tests.lab.session import Job
from tests.lab.waiting import PATIENCE, wait_until

Record = dict[str, Any]
WAYS = ("addresses", "dumps")
"""Whether keepalived itself is asked."""
PATIENT = PATIENCE
HELD_UP = 1.0
"""Seconds for which a machine must stand still to miss adverts: they come every second, and VRRP waits for three."""

# Sends a signal to every keepalived of this network namespace. All are stopped first, parents before their children: a
# parent that sees a child end starts another.
SIGNAL = """
import os, signal, sys
ours = os.stat("/proc/self/ns/net").st_ino
found = []
for name in sorted(filter(str.isdecimal, os.listdir("/proc")), key=int):
    try:
        here = os.stat(f"/proc/{name}/ns/net").st_ino == ours
        if here and open(f"/proc/{name}/comm").read().startswith("keepalived"):
            found.append(int(name))
    except OSError:
        continue
for number in (signal.SIGSTOP, getattr(signal, f"SIG{sys.argv[1]}")):
    for pid in found:
        os.kill(pid, number)
assert found
"""


@dataclass(slots=True)
class Watching:
    """The watchers of both directors. `mark` forgets what they have said so far."""

    cluster: Cluster
    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    monitors: dict[str, Job] = field(default_factory=dict)
    marks: dict[Job, int] = field(default_factory=dict)
    delays: list[str] = field(default_factory=list)

    def start(self) -> None:
        lab = self.cluster.lab
        for name in DIRECTORS:
            for way in WAYS:
                command = self.cluster.argv(name, [lab.python, "-m", "tests.lab.watched", way])
                self.jobs[name, way] = lab.spawn(command, env={"LVSTUI_STATE": f"/run/state-{way}"})
            command = self.cluster.argv(name, ["ip", "-ts", "-o", "monitor", "address"])
            self.monitors[name] = lab.spawn(command)

    def stop(self) -> None:
        for job in (*self.jobs.values(), *self.monitors.values()):
            job.stop()

    def mark(self) -> None:
        for job in (*self.jobs.values(), *self.monitors.values()):
            self.marks[job] = len(_lines(job))

    def said(self, name: str, way: str) -> list[Record]:
        """Everything it printed since the mark."""
        job = self.jobs[name, way]
        return [json.loads(line) for line in _lines(job)[self.marks.get(job, 0) :]]

    def now(self, name: str, way: str) -> Record:
        """What it printed last, before the mark or after."""
        lines = _lines(self.jobs[name, way])
        return json.loads(lines[-1]) if lines else {}

    def wait(self, name: str, what: str, holds: Callable[[Record], bool], ways: tuple[str, ...] = WAYS) -> None:
        """Wait until what a director knows last satisfies, by each way."""
        for way in ways:
            wait_until(
                lambda way=way: bool(known := self.now(name, way)) and holds(known),  # type: ignore[misc]
                f"{name}, by {way}: {what}",
                timeout=PATIENT,
                story=lambda way=way: self.story(name, way),  # type: ignore[misc]
            )

    def wait_role(self, name: str, role: str, ways: tuple[str, ...] = WAYS) -> None:
        self.wait(name, role or "no role", lambda known: bool(known["role"] == role), ways)

    def wait_finding(self, name: str, words: str, ways: tuple[str, ...] = WAYS) -> None:
        self.wait(name, words, lambda known: any(words in finding for finding in known["findings"]), ways)

    def wait_well(self, name: str, ways: tuple[str, ...] = WAYS) -> None:
        self.wait(name, "no finding", lambda known: not known["findings"], ways)

    def steady(self, what: str, wanted: Mapping[tuple[str, str], Callable[[Record], bool]], seconds: float) -> None:
        """Wait until what is known by each director and way satisfies, and then that for so long it never ceases to.
        Begins anew where the machine itself stood still meanwhile: adverts are missed then, and rightly told to be."""
        end = time.monotonic() + PATIENT
        while not self._stays(what, wanted, seconds, last=time.monotonic() > end):
            pass

    def _stays(
        self, what: str, wanted: Mapping[tuple[str, str], Callable[[Record], bool]], seconds: float, *, last: bool
    ) -> bool:
        """One such time; False when it ceased on a machine that stood still, which the `last` time is no excuse."""
        for (name, way), holds in wanted.items():
            self.wait(name, what, holds, (way,))
        stood: dict[tuple[str, str], tuple[int, float]] = {}

        def all_at_once() -> bool:
            for one, holds in wanted.items():
                lines = _lines(self.jobs[one])
                record = json.loads(lines[-1])
                stood[one] = len(lines) - 1, record["at"] + seconds
                if not holds(record):
                    return False
            return True

        wait_until(all_at_once, f"{what}, all at once", story=lambda: "\n".join(self.story(*one) for one in wanted))
        for (name, way), (_, until) in stood.items():
            wait_until(
                lambda name=name, way=way, until=until: self.now(name, way)["at"] >= until,  # type: ignore[misc]
                f"{name}, by {way}, says something {seconds:g} s later",
                timeout=seconds + PATIENT,
                story=lambda name=name, way=way: self.story(name, way),  # type: ignore[misc]
            )
        said = {one: [json.loads(line) for line in _lines(self.jobs[one])[first:]] for one, (first, _) in stood.items()}
        ceased = [(one, record) for one, records in said.items() for record in records if not wanted[one](record)]
        if ceased and not last and any(record["late"] > HELD_UP for records in said.values() for record in records):
            return False
        assert not ceased, (what, *ceased[0])
        return True

    def findings(self, name: str, way: str) -> set[str]:
        """Every finding since the mark, even if it is gone again."""
        return {finding for record in self.said(name, way) for finding in record["findings"]}

    def moved(self, name: str, address: str, *, gone: bool) -> float:
        """When the kernel last said since the mark that an address came, or went."""
        job = self.monitors[name]

        def times() -> list[float]:
            return [
                datetime.fromisoformat(line[1 : line.index("]")]).timestamp()
                for line in _lines(job)[self.marks.get(job, 0) :]
                if line.startswith("[") and f" {address}/" in line and ("] Deleted" in line) is gone
            ]

        # `ip monitor` may report an address later than lvstui has seen it.
        wait_until(lambda: bool(times()), f"{name}: {address} moves", story=job.stdout)
        return times()[-1]

    def measure(self, story: str, name: str, address: str, role: str) -> None:
        """How long after the kernel said so the role was known, and written down, by each way."""
        moved = self.moved(name, address, gone=role != "MASTER")
        for way in WAYS:
            known = self.known(name, way, role, moved)
            written = self.written(name, way, role, moved)
            self.delays.append(
                f"{story}: {name} {role} by {way}: {known - moved:.2f} s, written {written - moved:.2f} s"
            )

    def known(self, name: str, way: str, role: str, moved: float) -> float:
        """When it said for the first time after that moment that this is the role; it says what it knows again and
        again, for on a busy machine the program that tells of the move may be later than what it tells."""

        def times() -> list[float]:
            return [one["at"] for one in self.said(name, way) if one["role"] == role and one["at"] > moved]

        wait_until(lambda: bool(times()), f"{name}, by {way}, says {role}", story=lambda: self.story(name, way))
        return times()[0]

    def written(self, name: str, way: str, role: str, moved: float) -> float:
        """When a role was written down that it has since an address moved; waits for the record. The time in it is no
        earlier than the move, but for a second of rounding, and no later than now."""

        def times() -> list[float]:
            found = [line["epoch"] for line in self.audit(name, way) if f"-> {role}" in line["title"]]
            return [epoch for epoch in found if epoch >= moved - 1]

        def story() -> str:
            log = [f"{line['epoch']} {line['title']}" for line in self.audit(name, way)]
            known = [f"{one['at']} {one['role']} {one['held']}" for one in self.said(name, way)]
            return "\n".join([f"moved at {moved}", *log, *known, self.monitors[name].stdout(), self.story(name, way)])

        wait_until(lambda: bool(times()), f"{name}, by {way}, has written down {role}", interval=0.5, story=story)
        epoch = times()[-1]
        now = float(self.cluster.run(name, ["date", "+%s.%N"]).ok())
        assert epoch <= now, (epoch, now)
        return epoch

    def since(self, story: str, name: str, words: str, moved: float) -> None:
        """How long after that moment this was reported."""
        for way in WAYS:
            found = next(
                record["at"] for record in self.said(name, way) if any(words in text for text in record["findings"])
            )
            self.delays.append(f"{story}: {name} found it by {way} after {found - moved:.2f} s")

    def audit(self, name: str, way: str) -> list[Record]:
        """Its audit log."""
        lines = self.cluster.run(name, ["sh", "-c", f"cat /run/state-{way}/*/audit.jsonl"]).ok()
        return [record for line in lines.splitlines() if (record := json.loads(line))["title"].startswith("VRRP")]

    def story(self, name: str, way: str) -> str:
        known = self.now(name, way)
        return f"{known}\n{self.jobs[name, way].stderr()}\n{self.cluster.log(name)[-2000:]}"

    def signal(self, name: str, signal: str) -> None:
        """To every process of a director's keepalived."""
        self.cluster.run(name, [self.cluster.lab.python, "-c", SIGNAL, signal]).ok()


@contextmanager
def watching(cluster: Cluster) -> Iterator[Watching]:
    """Watchers on both directors, ready; at the end they print what was measured."""
    watch = Watching(cluster)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
        print("", *watch.delays, sep="\n")


def _lines(job: Job) -> list[str]:
    """Whole lines only."""
    text = job.stdout()
    return text[: text.rfind("\n") + 1].splitlines()

"""Stories: random sequences of failing and recovering checks, changes by hand, reloads, restarts and failovers, on a
real kernel under real keepalived daemons. After each step everything said is held against what the script knows.

Several directors live in one lab at a time, because a story waits more than it works. `LVSTUI_STORIES` sets how many
stories run (0: as many as fit into 90 seconds; without it none, because they still find statements that are not true),
`LVSTUI_STORY` the number of the first one.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.lab.session import Job, Session
from tests.lab.stories.site import Site
from tests.lab.stories.truth import Config, Real, Said, Truth, Virtual, false, false_at_any_time
from tests.lab.stories.watch import WIDE, in_json
from tests.lab.terminal import Terminal

SECONDS = 90.0
STEPS = 8
BESIDE = 4
"""Directors at a time."""
BEGIN = 0.5
"""The part of the time in which stories begin; in the rest those under way go on."""
QUIET = 120.0
"""Seconds for which what is said may be behind what is true after a step: checks and answers take their time, on a
machine that does much else a long one. What may not be said for a moment is never waited for."""


class Story:
    """A story under way. It is `over` when it has had its steps, or when `wrong` says what was false. In the end
    `--list --format json` tells the same; with `console`, so does the console's masthead. `steps`: those that were
    judged."""

    def __init__(self, lab: Session, number: int, console: bool) -> None:
        self.number = number
        self._lab = lab
        self._console = console
        self._listing: Job | None = None
        self.site = Site(lab, f"story{number}", random.Random(number))
        self.wrong = ""
        self.steps = 0
        self.over = False
        self._since = time.monotonic()

    def go_on(self, ends: bool) -> None:
        """Judges what is said. When all of it is true, the next event happens; or, where the story `ends`, none."""
        site = self.site
        never = [lie for said in site.lines() for lie in false_at_any_time(site.truth, said)]
        said = site.last()
        still = self._still_false(said)
        late = time.monotonic() - self._since > QUIET
        if never or (still and late):
            told = ("FALSE AT A MOMENT:", *never, "FALSE AT LAST:", *still, f"{said}")
            self._end("\n".join(told))
        elif self._listing is not None:
            self._judge_listing(said, late)
        elif not still and said is not None:
            if self.steps < STEPS and not ends:
                site.mark()
                site.happen()
                self.steps += 1
                self._since = time.monotonic()
            elif self._console and (lie := self._on_screen(said)):
                self._end(f"ON THE SCREEN: {lie}")
            else:
                words = [self._lab.python, "-m", "lvstui", "--list", "--format", "json", "--ask-keepalived"]
                self._listing = site.director.spawn(words)

    def _end(self, wrong: str = "") -> None:
        self.over = True
        if wrong:
            story = (*self.site.story, f"{self.site.truth}")
            self.wrong = "\n".join((f"story {self.number}", *story, wrong, self.site.trouble()))

    def _judge_listing(self, said: Said | None, late: bool) -> None:
        """What `--list --format json` printed, once it has ended."""
        listing = self._listing
        assert listing is not None
        code = listing.poll()
        if code is None or said is None:
            if late and code is None:
                self._end("--list --format json does not end")
            return
        if code != 0:
            self._end(f"--list --format json: exit {code}\n{listing.stderr()}")
            return
        document = json.loads(listing.stdout())
        keepers = [said["keepers"][0], document["director"]["owner"]]
        lies = false(self.site.truth, {**said, **in_json(document), "keepers": keepers})
        self._end("\n".join(("FALSE IN --list --format json:", *lies, listing.stdout())) if lies else "")

    def _on_screen(self, said: Said) -> str:
        """What the masthead of a console does not say, however long it is waited for; "" when it says all."""
        drifts, services = len(said["drifts"]), len(said["table"])
        wanted = [f" {self.site.truth.role} ", f" {services} service{'s' if services != 1 else ''} ", "keepalived"]
        wanted += [f"{drifts} drift"] if drifts else []
        words = self.site.director.argv([self._lab.python, "-m", "lvstui", "--ask-keepalived"])
        with Terminal(self._lab, words, size=(WIDE, 40), env={"HOME": f"/run/story{self.number}"}) as screen:
            end = time.monotonic() + QUIET
            while time.monotonic() < end:
                head = " \n ".join(screen.screen().splitlines()[:3])
                missing = [one for one in wanted if one not in f" {head} "]
                if not drifts and "drift" in head:
                    missing.append("no drift")
                if not missing:
                    return ""
                time.sleep(1.0)
        return f"{missing} missing in {head!r}"

    def _still_false(self, said: Said | None) -> list[str]:
        if said is None:
            return ["nothing was said yet"]
        lies = false(self.site.truth, said)
        if not lies and said["table"] != (table := self.site.table()):
            lies = [f"table {said['table']}, true is {table}"]
        return lies


def tell(lab: Session, numbers: Iterator[int], seconds: float) -> list[Story]:
    """Runs one story after the other, several at a time, until there is no further number, or no time to begin one. The
    first of them looks at a console, too."""
    began, running, done, first = time.monotonic(), list[Story](), list[Story](), True
    last, end = began + BEGIN * seconds, began + seconds
    try:
        while True:
            while len(running) < BESIDE and time.monotonic() < last and (number := next(numbers, None)) is not None:
                running.append(Story(lab, number, console=first))
                first = False
            if not running:
                return done
            for story in [*running]:
                story.go_on(time.monotonic() > end)
                if story.over:
                    running.remove(story)
                    story.site.close()
                    done.append(story)
                    print(
                        f"story {story.number}: {story.steps} steps{', ' + story.wrong if story.wrong else ''}",
                        flush=True,
                    )
            time.sleep(0.2)
    finally:
        for story in running:
            story.site.close()


def test_stories__nothing_false_is_said(lab: Session) -> None:
    first, wanted = int(os.environ.get("LVSTUI_STORY", "1")), os.environ.get("LVSTUI_STORIES")
    if wanted is None:
        pytest.skip(
            "stories still find statements that are not true; LVSTUI_STORIES=N runs N of them, 0 what 90 s hold"
        )
    numbers = range(first, first + int(wanted)) if int(wanted) else itertools.count(first)
    done = tell(lab, iter(numbers), float("inf") if int(wanted) else SECONDS)
    wrong = [story.wrong for story in done if story.wrong]
    steps = sum(story.steps for story in done)
    print(f"\n{len(done)} stories, {steps} steps, {len(wrong)} stories in which something false was said")
    assert done
    assert not wrong, "\n\n".join(wrong)


# --- the judge itself, on what would be false

SITE = Config((Virtual((1,), "wrr", (Real(1, 3), Real(2, 3, inhibits=True)), sorry=9),))
TRUE: Said = {
    "table": {"1": ["wrr", {"1": 3, "2": 3}]},
    "verdicts": {"1": {"1": "up", "2": "up"}},
    "json_verdicts": {"1": {"1": "up", "2": "up"}},
    "quorums": {"1": ""},
    "json_quorums": {"1": ""},
    "drifts": [],
    "json_drifts": [],
    "role": "MASTER",
    "json_role": "MASTER",
    "findings": [],
    "head": [" lvs1  MASTER ", " 1 service "],
    "keepers": ["keepalived", "keepalived"],
}


def test_stories__the_judge_sees_each_kind_of_falsehood() -> None:
    truth = Truth(SITE, SITE, {1, 2})
    assert false(truth, TRUE) == []
    lies: dict[str, Said] = {
        "a hand that was not": {"verdicts": {"1": {"1": "weight 0 by hand", "2": "up"}}},
        "a drift that is none": {
            "drifts": [{"service": 1, "server": 1, "kind": "weight", "words": "weight 3 by hand"}]
        },
        "a server forgotten": {"json_verdicts": {"1": {"1": "up"}}},
        "a lost quorum": {"json_quorums": {"1": "quorum 1 lost"}},
        "a role": {"json_role": "BACKUP"},
        "a finding": {"findings": ["v0 is down"]},
        "an owner": {"keepers": ["keepalived", "nobody"]},
        "a count": {"head": [" lvs1  MASTER ", " 2 services "]},
    }
    for what, lie in lies.items():
        assert false(truth, {**TRUE, **lie}), what
    assert false(replace(truth, answering={2}), TRUE), "a failed check that is not told"
    assert false(replace(truth, link=False), TRUE), "a lost link that is not told"

"""Stories: random sequences of failing and recovering checks, changes by hand, reloads, restarts and failovers, on a
real kernel under real keepalived daemons. After each step everything said is held against what the script knows.

Several directors live in one lab at a time, because a story waits more than it works. `LVSTUI_STORIES` sets how many
stories run (without it as many as fit into 90 seconds), `LVSTUI_STORY` the number of the first one: a story with the
same number is the same. `LVSTUI_STORY_STEPS` prints each step and how long it took until all that was said was true.
With `pytest -s` each story is told as it ends: a long run in parts (twenty from 1, twenty from 21 ...) keeps what is
done.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.session import LabTimeout, Session
from tests.lab.stories import nursery
from tests.lab.stories.nursery import Child, Nursery
from tests.lab.stories.site import Site
from tests.lab.stories.truth import (
    Config,
    Real,
    Said,
    Truth,
    Virtual,
    false,
    false_at_any_time,
    false_in_diff,
    false_on_screen,
    table_of,
)
from tests.lab.stories.watch import in_json, last_of
from tests.lab.terminal import Terminal

SECONDS = 90.0
STEPS = 8
BESIDE = 3
"""Directors at a time."""
BEGIN, GO_ON = 0.5, 0.75
"""The parts of the time in which stories begin, and in which those under way go on; then the verbs are judged."""
STEP_BY_STEP = bool(os.environ.get("LVSTUI_STORY_STEPS"))
QUIET = 180.0
"""Seconds for which what is said may be behind what is true after a step: checks and answers take their time, on a
machine that does much else a long one. What may not be said for a moment is never waited for."""
ENDS = 600.0
"""Seconds for which a verb may run. Eight start at once where the stories of four directors end together."""

STARTS = 900.0
"""Seconds for which a console may start, beside three directors that are watched."""
STILL = 5.0
"""The most seconds that count between two looks: a test that was stopped for a while has not waited meanwhile."""


ANEW = 3
"""How often verbs are run anew at the most."""


class Story:
    """A story under way. It is `over` when it has had its steps, or when `wrong` says what was false. In the end
    `--list --format json` and `--diff` with keepalived's file tell the same; with `console`, so does a console: its
    masthead, the check of each real server, its view of VRRP. `steps`: those that were judged."""

    def __init__(self, lab: Session, nursery: Nursery, number: int, console: bool) -> None:
        self.number = number
        self._lab = lab
        self._console = console
        self._verbs: dict[str, Child] = {}
        self._moved = False  # whether the watcher, too, said something else for a moment while verbs ran
        self._anew = 0
        self.site = Site(lab, nursery, f"story{number}", random.Random(number))
        self.wrong = ""
        self.steps = 0
        self.over = False
        self._waited = 0.0  # seconds for which this event has been judged
        self._looked = time.monotonic()

    def go_on(self, ends: bool) -> None:
        """Judges what is said. When all of it is true, the next event happens; or, where the story `ends`, none."""
        site = self.site
        heard = site.heard()
        never = [lie for said in heard for lie in false_at_any_time(site.truth, said)]
        self._moved |= any(false(site.truth, said) for said in heard)
        said = site.said
        still = self._still_false(said)
        now = time.monotonic()
        self._waited += min(now - self._looked, STILL)
        self._looked = now
        late = self._waited > (ENDS if self._verbs else QUIET)
        if site.blind():
            self.fails(f"NOBODY WATCHES ANY LONGER:\n{site.trouble()}")
        elif never or (still and late):
            told = ("FALSE AT A MOMENT:", *never, "FALSE AT LAST:", *still, f"{said}")
            self.fails("\n".join(told))
        elif self._verbs:
            self._judge_verbs(said, late)
        elif not still and said is not None:
            if (self.steps < STEPS and not ends) or not site.truth.runs:
                if STEP_BY_STEP:
                    print(self.number, self.steps, round(self._waited, 1), site.story[-1][:70], flush=True)
                site.happen()
                self.steps += 1
                self._waited = 0.0
            elif self._console and (lie := self._on_screen(said)):
                self.fails(f"ON THE SCREEN: {lie}")
            else:
                self._start_verbs()

    def _start_verbs(self) -> None:
        verbs = {
            "--list": ["--list", "--format", "json", "--ask-keepalived"],
            "--diff": ["--diff", self.site.file(), "--format", "json"],
        }
        self._moved, self._waited = False, 0.0
        self._verbs = {name: self.site.verb(words) for name, words in verbs.items()}

    def fails(self, wrong: str = "") -> None:
        self.over = True
        if wrong:
            story = (*self.site.story, f"{self.site.truth}")
            self.wrong = "\n".join((f"story {self.number}", *story, wrong, self.site.trouble()))

    def _judge_verbs(self, said: Said | None, late: bool) -> None:
        """What the verbs printed, once they have ended."""
        codes = {name: job.poll() for name, job in self._verbs.items()}
        if said is None or None in codes.values():
            if late and None in codes.values():
                self.fails(f"one does not end: {codes}")
            return
        listing, diff = self._verbs["--list"], self._verbs["--diff"]
        if codes["--list"] != 0 or codes["--diff"] not in (0, 1):
            self.fails(f"exits {codes}\n{listing.stderr()}{diff.stderr()}")
            return
        document = json.loads(listing.stdout())
        keepers = [said["keepers"][0], document["director"]["owner"]]
        lies = false(self.site.truth, {**said, **in_json(document), "keepers": keepers})
        changes = [
            {**one, "number": last_of(one["service"]), "server_number": last_of(one.get("server"))}
            for one in json.loads(diff.stdout())
        ]
        lies += false_in_diff(self.site.truth, table_of(said), changes)
        if lies and self._moved and self._anew < ANEW:
            self._anew += 1
            # A machine that stands still misses adverts, and then it is otherwise for a moment: judged anew.
            self._start_verbs()
            return
        self.fails("\n".join(("FALSE IN A VERB:", *lies, listing.stdout(), diff.stdout())) if lies else "")

    def _on_screen(self, said: Said) -> str:
        """What a console says that is false, however long it is waited for; "" when all is true."""
        truth, now = self.site.truth, table_of(said)
        drifts, services = len(said["drifts"]), len(now)
        wanted = [f" {truth.role} ", f" {services} service{'s' if services != 1 else ''} ", "keepalived"]
        wanted += [f"{drifts} drift"] if drifts else []

        def head_lies(screen: str) -> list[str]:
            head = " \n ".join(screen.splitlines()[:3])
            missing = [one for one in wanted if one not in f" {head} "]
            more = ["no drift"] if not drifts and "drift" in head else []
            return [f"masthead {head!r} does not say {one!r}" for one in missing + more]

        def row_lies(screen: str) -> list[str]:
            number, rows = shown(screen)
            if not number:
                return ["the check of no service is shown"]
            seen.add(number)
            return [*head_lies(screen), *false_on_screen(truth, now, number, rows)]

        def vrrp_lies(screen: str) -> list[str]:
            row = next((line for line in screen.splitlines() if re.match(r"\W*VI  ", line)), "")
            return (
                [] if f" {truth.role} " in row and all(one in screen for one in truth.findings) else [f"VRRP: {row!r}"]
            )

        words = self.site.director.argv([self._lab.python, "-m", "lvstui", "--fresh", "--ask-keepalived"])
        seen: set[int] = set()
        with Terminal(self._lab, words, size=(BELOW, 45), env={"HOME": f"/run/story{self.number}"}) as screen:
            screen.wait_for("real server", timeout=STARTS)
            screen.send(":")  # the worst service stands first, and has the cursor
            screen.type("sort address")
            screen.send("Enter")
            screen.wait_for("VIRTUAL SERVICE")
            screen.send("g")
            screen.wait_for(lambda text: shown(text)[0] == min(now))
            for _ in range(services):
                if lies := _at_last(screen, row_lies):
                    return "\n".join(lies)
                before = len(seen)
                screen.send("Down")
                if before < services:
                    screen.wait_for(lambda text: shown(text)[0] not in seen)
            screen.send("4")
            if lies := _at_last(screen, vrrp_lies):
                return "\n".join(lies)
        return "" if seen == set(now) else f"services {seen}, true is {set(now)}"

    def _still_false(self, said: Said | None) -> list[str]:
        if said is None:
            return ["nothing was said yet"]
        lies = false(self.site.truth, said)
        if not lies and said["table"] != (table := self.site.table()):
            lies = [f"table {said['table']}, true is {table}"]
        return lies


def _at_last(screen: Terminal, lies: Callable[[str], list[str]]) -> list[str]:
    """What a screen says that is false, and goes on saying."""
    end = time.monotonic() + QUIET
    while (found := lies(text := screen.screen())) and time.monotonic() < end:
        time.sleep(0.5)
    return [*found, text] if found else []


BELOW = 159
"""Columns of a console whose real servers stand below the services, with the column *check*; on a wider one details
take its place."""


def shown(screen: str) -> tuple[int, dict[int, str]]:
    """The service whose real servers a console shows, and the word of each in the column *check*; 0 while it shows
    none. Services and servers by the last numbers of their addresses."""
    lines = screen.splitlines()
    place = next((i for i, line in enumerate(lines) if line.lstrip().startswith("real server ")), 0)
    above = (re.match(r"\W*TCP 192\.0\.2\.(\d+):80 ", line) for line in lines[:place])
    named = next((one for one in reversed(list(above)) if one is not None), None)
    title = f"{lines[place]} " if named is not None else ""
    if named is None or " check " not in title:
        return 0, {}
    column = title.index(" check ") + 1
    rows = {}
    for line in lines[place + 1 :]:
        if found := re.match(r"\W*10\.0\.0\.(\d+):80\b", line):
            rows[int(found[1])] = re.split(r"\s{2,}", line[column:])[0].strip()
    return int(named[1]), rows


def tell(lab: Session, numbers: Iterator[int], seconds: float) -> list[Story]:
    """Runs one story after the other, several at a time, until there is no further number, or no time to begin one. The
    first of them looks at a console, too."""
    began, running, done, first = time.monotonic(), list[Story](), list[Story](), True
    last, end = began + BEGIN * seconds, began + GO_ON * seconds
    nursery = Nursery(lab)
    try:
        while True:
            while len(running) < BESIDE and time.monotonic() < last and (number := next(numbers, None)) is not None:
                running.append(Story(lab, nursery, number, console=first))
                first = False
            if not running:
                return done
            for story in [*running]:
                try:
                    story.go_on(time.monotonic() > end)
                except LabTimeout as error:
                    story.fails(f"WHAT MUST HAPPEN DOES NOT: {error}")
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
        nursery.close()


def test_stories__everything_shown_is_true(lab: Session, record_property: Callable[[str, object], None]) -> None:
    first, wanted = int(os.environ.get("LVSTUI_STORY", "1")), int(os.environ.get("LVSTUI_STORIES", "0"))
    numbers = range(first, first + wanted) if wanted else itertools.count(first)
    done = tell(lab, iter(numbers), float("inf") if wanted else SECONDS)
    wrong = [story.wrong for story in done if story.wrong]
    steps = sum(story.steps for story in done)
    record_property(
        "told", f"{len(done)} stories, {steps} steps, {len(wrong)} stories in which something false was said"
    )
    assert done
    assert not wrong, "\n\n".join(wrong)


def test_stories__the_nursery_notes_children_that_end_while_it_notes_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal of the second comes while the first is noted, and its handler runs within the other."""
    born = {}
    for number in range(3):
        if (pid := os.fork()) == 0:
            os._exit(number)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        born[pid] = str(tmp_path / str(number))
        (tmp_path / str(number)).mkdir()

    def put(path: str, text: str) -> None:
        nursery.reap(born)
        Path(path).write_text(text)

    monkeypatch.setattr(nursery, "put", put)
    nursery.reap(born)
    assert [(tmp_path / str(number) / "code").read_text() for number in range(3)] == ["0", "1", "2"]
    assert not born


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
    "blamed": [],
}


def test_stories__the_judge_finds_each_kind_of_false_statement() -> None:
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
        "a hand in the audit log": {"blamed": [[1, 1, 3]]},
    }
    for what, lie in lies.items():
        assert false(truth, {**TRUE, **lie}), what
    assert false(replace(truth, made={(1, 1, 3)}), {**TRUE, "blamed": [[1, 1, 3]]}) == []
    assert false(replace(truth, answering={2}), TRUE), "a failed check that is not told"
    assert false(replace(truth, link=False), TRUE), "a lost link that is not told"


def test_stories__the_judge_finds_false_statements_about_a_killed_keepalived() -> None:
    truth = Truth(SITE, SITE, {1, 2}, runs=False, left=True, peer=False)
    dead: Said = {
        **TRUE,
        **{key: {} for key in ("verdicts", "json_verdicts", "quorums", "json_quorums")},
        "findings": ["keepalived is not running, and 192.0.2.254 is still on v0"],
        "keepers": ["", "nobody"],
    }
    assert false(truth, dead) == []
    for part in ("verdicts", "findings", "keepers"):
        assert false(truth, {**dead, part: TRUE[part]}), part
    assert false(replace(truth, left=False), dead), "a role that nothing keeps"
    assert false(replace(truth, peer=True), dead), "a split brain that is not told"


def test_stories__the_judge_knows_what_keepalived_makes_of_servers_that_are_up_while_the_quorum_is_lost() -> None:
    """Of two servers one is down. The other is taken out, or set to weight 0 where it inhibits; a hand puts it back."""
    for inhibits, weight, words in (
        (False, None, "out with its quorum"),
        (False, 4, "out with its quorum, serves by hand"),
        (True, 0, "weight 0 with its quorum"),
        (True, 4, "weight 0 with its quorum, serves by hand"),
        (True, None, "taken out by hand"),
    ):
        virtual = Virtual((1,), "wrr", (Real(1, 3, inhibits=inhibits), Real(2, 3)), quorum=4, sorry=9)
        site = Config((virtual,))
        touched: set[tuple[int, int | None]] = {(1, 1)} if "hand" in words else set()
        truth = Truth(site, site, {1}, touched=touched)
        told = {"1": words, "2": "down by TCP_CHECK", "9": "sorry server"}
        drift = [{"service": 1, "server": 1, "kind": "weight", "words": "weight 4 by hand"}] if touched else []
        said: Said = {
            **TRUE,
            "table": {"1": ["wrr", {**({"1": weight} if weight is not None else {}), "9": 1}]},
            **{key: {"1": told} for key in ("verdicts", "json_verdicts")},
            **{key: {"1": "quorum 4 lost, the sorry server serves"} for key in ("quorums", "json_quorums")},
            **dict.fromkeys(("drifts", "json_drifts"), drift),
            "head": [f" lvs1  MASTER {' 1 drift ' if drift else ''}", " 1 service "],
        }
        assert false(truth, said) == [], (inhibits, weight)
        up = {**said, "verdicts": {"1": {**told, "1": "up"}}}
        assert len(false(truth, up)) == 1, (inhibits, weight)


def test_stories__what_keepalived_itself_does_not_know_about_a_group_is_not_false() -> None:
    """10.0.0.2 inhibits, its group lacks a service, and its check has failed: keepalived says that it is up."""
    group = Config((replace(SITE.services[0], numbers=(1, 11)),))
    truth = Truth(group, group, {1}, touched={(11, None)})
    deleted = {"service": 11, "server": None, "kind": "deleted", "words": "deleted by hand"}
    said: Said = {
        **TRUE,
        "drifts": [deleted],
        "json_drifts": [deleted],
        "head": [" lvs1  MASTER   1 drift ", " 1 service "],
    }
    assert false(truth, said) == []
    whole = {**said, "table": {**said["table"], "11": said["table"]["1"]}}
    assert any("down by TCP_CHECK" in one for one in false(truth, whole))


def test_stories__the_judge_of_diff_and_of_a_console() -> None:
    truth = Truth(SITE, SITE, {1, 2}, touched={(1, 1)})
    now = {1: ("wrr", {2: 3})}
    out = {"change": "failed-check", "number": 1, "server_number": 1, "words": "out by check or hand"}
    assert false_in_diff(truth, now, [out]) == []
    assert false_in_diff(truth, now, [{**out, "words": "failed its check"}]), "a check that has not failed"
    assert false_in_diff(truth, now, []), "a difference that is not told"
    differs = {"change": "edit-server", "number": 1, "server_number": 2, "drift": "weight 3 by hand"}
    assert len(false_in_diff(truth, now, [out, differs])) == 2, "a difference that is none, and a hand that was not"
    assert false_on_screen(truth, now, 1, {1: "taken out by hand", 2: "up"}) == []
    assert false_on_screen(truth, now, 1, {1: "taken out by ha…", 2: "up"}) == []
    serves, fails = {1: ("wrr", {1: 2, 2: 3})}, replace(truth, answering={2})
    assert false_on_screen(fails, serves, 1, {1: "down by TCP_CHECK, serves by hand or by an earl…", 2: "up"}) == []
    for lie in (
        {1: "down by TCP_CHECK", 2: "up"},
        {2: "up"},
        {1: "", 2: "up"},
        {1: "taken out by hand", 2: "up", 3: "up"},
    ):
        assert false_on_screen(truth, now, 1, lie), lie


def test_stories__the_rows_of_a_console_are_read() -> None:
    screen = """\
 virtual service           state    check    conns
 TCP 192.0.2.1:80          up                 16.1M
 TCP 192.0.2.2:80          up                 16.1M
 TCP 192.0.2.2:80  wlc
 real server    state    forward   check                         conns
 10.0.0.1:80    up       Masq      up                                0
▌10.0.0.2:80    removed  Masq      taken out by hand
"""
    assert shown(screen) == (2, {1: "up", 2: "taken out by hand"})
    assert shown("") == (0, {})

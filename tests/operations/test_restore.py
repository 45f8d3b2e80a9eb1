"""A restore is one operation: what it remembers, what it checks again, and what a cancel leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lvstui.console.actions.ramp import Ramping
from lvstui.director.errors import NotDone
from lvstui.director.lazy_servers import as_read
from lvstui.director.model import Entry, RuleSet
from lvstui.director.plan import in_runs, plan
from lvstui.director.recovery import undertaking
from lvstui.director.source import EVERYTHING, Scope, Source
from lvstui.director.state import State, rules_of
from lvstui.formats import ipvsadm, json
from lvstui.formats.contents import contents_of
from lvstui.operations.restore import plan_recovery, recover, restore
from lvstui.operations.steps import YES, Confirm, Lock, Plan, ReadState, Say, Send, Unlock, Ways, Work
from lvstui.store import drained, journal
from lvstui.verbs.disk import Disk
from lvstui.verbs.restore import RestoreOptions
from tests.console.stage import RULES, TWO, WEB, opened
from tests.console.test_concurrency import Slow, _ramping
from tests.director.test_runs import texts
from tests.memory import MemoryDirector
from tests.verbs.fake import Fake
from tests.verbs.test_restore import WEB as TABLE
from tests.verbs.test_restore import kept_in, run

DRAINED = TABLE.replace("10.0.0.2:80 -g -w 3", "10.0.0.2:80 -g -w 0")


class Counted(MemoryDirector):
    """Counts how often it is read."""

    reads = 0

    def read(self, scope: Scope) -> State:
        self.reads += 1
        return super().read(scope)


def weighing(weight: int) -> RuleSet:
    web = RULES.rules[WEB]
    servers = {**web.servers, TWO: web.servers[TWO]._replace(weight=weight)}
    return RuleSet({**RULES.rules, WEB: Entry(web.service, servers)})


def answer(step: Any, source: Source) -> Any:
    """What a runner with nobody to ask would answer."""
    match step:
        case Plan() | Confirm():
            return YES
        case Ways():
            return True
        case ReadState():
            return source.read(EVERYTHING)
        case Work(call):
            return call()
        case Lock() | Unlock() | Send() | Say():
            return None
        case _:
            raise TypeError(step)


def test_restore__the_weight_of_a_server_that_it_drains_is_remembered(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    run(fake, DRAINED, tmp_path)
    (drain,) = drained.read(tmp_path).drains.values()
    assert drain.weight == 3
    run(fake, TABLE, tmp_path)
    assert drained.read(tmp_path).drains == {}


def test_restore__a_refused_drain_is_not_remembered(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    fake.meanwhile = lambda rules: rules._replace(rules={})
    with pytest.raises(NotDone, match="meanwhile"):
        run(fake, DRAINED, tmp_path, RestoreOptions(yes=True))
    assert drained.read(tmp_path).drains == {}


def test_restore__the_journal_is_on_disk_before_anything_is_sent_and_removed_if_nothing_is(
    tmp_path: Path,
) -> None:
    """Left before it sends, it leaves nothing behind; left while it sends, the journal stays."""
    kept, director = kept_in(tmp_path), MemoryDirector(RULES)
    for leave_at, journalled in ((ReadState, False), (Send, True)):
        operation = restore(weighing(0), "old.toml", kept)
        step: Any = next(operation)
        read_before = False
        while not (isinstance(step, leave_at) and (read_before or leave_at is Send)):
            assert not isinstance(step, Send)
            read_before = read_before or isinstance(step, ReadState)
            step = operation.send(answer(step, director))
        assert kept.journal.exists()
        operation.close()
        assert kept.journal.exists() is journalled
        assert bool(list(kept.snapshots.glob("*.toml"))) is journalled


@pytest.mark.parametrize(("before", "after"), [(3, 5), (9, 3)], ids=["less is left to do", "more is left to do"])
def test_recover__a_change_while_the_question_is_open_is_seen(tmp_path: Path, before: int, after: int) -> None:
    kept, now = kept_in(tmp_path), rules_of(MemoryDirector(RULES).read(EVERYTHING))
    wanted = weighing(9)
    director = MemoryDirector(weighing(before))
    begun = undertaking(plan(now, wanted), now)
    was, goal = (json.write(contents_of(rules)) for rules in (begun.was, begun.wanted))
    journal.begin(kept.journal, journal.About("new.rules", "/kept.toml", 1, 1795402386.0, "this boot"), was, goal)
    operation = recover((True, False), kept, "recover")
    step: Any = next(operation)
    with pytest.raises(NotDone, match="someone else changed the table meanwhile; nothing was changed"):
        while True:
            assert not isinstance(step, Send)
            given = answer(step, director)
            if isinstance(step, Ways):
                director.replace(weighing(after))
            step = operation.send(given)
    assert kept.journal.exists()


TWO_SERVICES = "".join(
    f"-A -t {vip} -s wlc\n-a -t {vip} -r 10.1.0.1:80 -g -w 1\n" for vip in ("10.0.0.1:80", "10.0.0.2:80")
)
LATER = (
    *("", "-E -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.1.0.9:80 -g -w 3", "-D -t 10.0.0.1:80"),
    *("-A -u 10.0.0.1:80 -s wlc", "-A -t [2001:db8::1]:80 -s wlc\n-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -g -w 1"),
)


@given(texts(), texts(), st.sampled_from(LATER), st.booleans())
@example(now="", wanted=TWO_SERVICES, line=LATER[1], forward=True)
def test_recover__services_in_the_journal_as_lines_are_the_same_as_in_values(
    tmp_path_factory: pytest.TempPathFactory, now: str, wanted: str, line: str, forward: bool
) -> None:
    kept, text = kept_in(tmp_path_factory.mktemp("kept")), f"{wanted}{line}\n"
    state = MemoryDirector(ipvsadm.read(now)[0]).read(EVERYTHING)
    there, (rules, _), about = rules_of(state), ipvsadm.read(text), journal.About("f", "/kept.toml", 1, 1e9, "boot")
    plans = []
    for split in (True, False):
        begun = undertaking(in_runs(there, rules), there)
        rest, lines = as_read(begun.wanted) if split else (begun.wanted, "")
        was, goal = (json.write(contents_of(one)) for one in (begun.was, rest))
        journal.begin(kept.journal, about, was, goal, lines)
        cut = journal.unfinished(kept.journal)
        assert cut is not None and cut.lines == lines
        for live in (state, MemoryDirector(rules).read(EVERYTHING), MemoryDirector(RuleSet()).read(EVERYTHING)):
            found = plan_recovery(cut, live, forward)
            plans.append((sorted(found.changes, key=repr), found.now, sorted(found.left)))
    assert plans[:3] == plans[3:]


def test_restore_into_an_empty_table__the_journal_has_the_lines_of_the_text(tmp_path: Path) -> None:
    kept, director = kept_in(tmp_path), MemoryDirector(RuleSet())
    operation: Any = restore(ipvsadm.read(TABLE)[0], "f", kept)
    step = next(operation)
    while not isinstance(step, Send):
        step = operation.send(answer(step, director))
    cut = journal.unfinished(kept.journal)
    assert cut is not None and sorted(cut.lines.split("\n")) == sorted(TABLE.split("\n")) and "service" in cut.wanted
    assert not cut.wanted["service"]
    operation.close()


def test_restore_of_a_keepalived_conf__the_console_also_says_whose_rules_they_are(tmp_path: Path) -> None:
    conf = tmp_path / "keepalived.conf"
    conf.write_text("virtual_server 192.0.2.1 80 {\n  protocol TCP\n  real_server 10.0.0.1 80 {\n  }\n}\n")
    _, remarks = Disk(kept_in(tmp_path / "state")).load(conf)
    assert any("keepalived makes these rules itself" in remark for remark in remarks)


async def test_restore__leaving_in_the_middle_of_it_waits_until_it_is_complete(tmp_path: Path) -> None:
    director = Slow(RULES)
    stored = {Path("/s/old.toml"): weighing(9)}
    async with opened(director, folder=tmp_path, stored=stored) as stage:
        await stage.press("R", "enter")
        await stage.shows("y applies 1 change")
        director.gate.clear()
        await stage.press("y")
        await stage.until(director.waits.is_set)
        assert stage.files.place.journal.exists()
        await stage.burst("q")
        assert stage.app.is_running
        director.gate.set()
        await stage.until(lambda: not stage.app.is_running)
        assert director.rules.rules[WEB].servers[TWO].weight == 9
        assert not stage.files.place.journal.exists()


async def test_restore__a_ramp_waits_while_its_plan_is_read_and_then_continues(tmp_path: Path) -> None:
    director = Counted(RULES)
    async with opened(director, (100, 30), folder=tmp_path, stored={Path("/s/old.toml"): weighing(9)}) as stage:
        await _ramping(stage)
        await stage.until(lambda: len(director.sent) == 1)
        await stage.press("R", "enter")
        await stage.shows("y applies")
        (ramp,) = stage.under_way
        assert isinstance(ramp, Ramping)
        reads, reached = director.reads, ramp.weight
        await stage.until(lambda: director.reads > reads)  # its next step is due
        await stage.press("n")
        await stage.until(lambda: ramp.weight > reached)
        assert stage.under_way == [ramp]
        await stage.press("escape")
        await stage.until(lambda: not stage.under_way)


async def test_restore_in_the_console__the_log_names_the_file_by_its_path(tmp_path: Path) -> None:
    stored = {Path("/s/old.toml"): weighing(9)}
    async with opened(MemoryDirector(RULES), folder=tmp_path, stored=stored) as stage:
        await stage.press("R", "enter")
        await stage.shows("y applies")
        await stage.press("y")
        await stage.shows("done: restore old.toml")
        assert stage.app.context.storage.audited is not None
        (record,) = [one for one in stage.app.context.storage.audited.log.latest() if one.change is not None]
        assert record.title == "restore /s/old.toml"

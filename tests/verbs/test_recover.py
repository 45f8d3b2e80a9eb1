"""A restore that is killed between any two changes: --resume gives the wanted table, --rollback the old one."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from lvstui.director import transaction
from lvstui.director.change import Change, EditServer, apply
from lvstui.director.errors import BadInput, NotDone, RollbackFailed
from lvstui.director.plan import plan
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.formats.rule_files import parse
from lvstui.operations.lock import warning
from lvstui.places import TablePaths
from lvstui.store.lock import is_locked, locked
from lvstui.verbs import recover, restore
from lvstui.verbs.restore import RestoreOptions
from tests.verbs.fake import Fake, done
from tests.verbs.test_restore import DNS, WEB, kept_in, nobody

MEANT = RestoreOptions(yes=True, allow_outage=True)
OLD = "".join(
    f"-A -t 192.0.2.1:{port} -s rr\n"
    + "".join(f"-a -t 192.0.2.1:{port} -r 10.0.0.{server}:{port} -g -w 1\n" for server in range(1, 5))
    for port in range(80, 90)
)
NEW = (
    OLD.replace("10.0.0.2:", "10.0.0.22:")
    .replace("192.0.2.1:80 -s rr", "192.0.2.1:80 -s wlc")
    .replace("192.0.2.1:89", "192.0.2.1:99")
    .replace(":99 -g", ":89 -g")
    .replace("10.0.0.3:81 -g -w 1", "10.0.0.3:81 -g -w 7")
    .replace(":89 -g", ":99 -g")
)


class Killed(BaseException):
    """As kill -9: nothing of the program runs any more."""


class Mortal(Fake):
    """Dies after so many changes."""

    def __init__(self, text: str, lives: int) -> None:
        super().__init__(text)
        self.lives = lives

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        outcomes = []
        for change in changes:
            if not self.lives:
                raise Killed
            self.lives -= 1
            self.rules = apply(change, self.rules)
            outcomes.append(Outcome(change))
        if not self.lives:
            raise Killed
        return tuple(outcomes)


def begin(fake: Fake, kept: TablePaths, wanted: str = NEW, options: RestoreOptions = MEANT) -> None:
    done(restore.run(fake, parse(wanted, "ipvsadm", "f"), "f", options, kept, nobody))


def finish(fake: Fake, kept: TablePaths, forward: bool, dry_run: bool = False) -> tuple[int, str, str]:
    code, text, remarks = done(recover.run(fake, forward, kept, dry_run, True, nobody))
    return code, text, "\n".join(map(str, remarks))


SENT = len(plan(parse(OLD, "ipvsadm").rules, parse(NEW, "ipvsadm").rules))


def test_the_restore_has_several_steps() -> None:
    assert SENT >= 25


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("options", [MEANT, MEANT._replace(replace=True)])
def test_a_restore_killed_at_any_step_is_recovered(tmp_path: Path, forward: bool, options: RestoreOptions) -> None:
    for step in range(SENT + 1):
        kept = kept_in(tmp_path / str(step))
        fake = Mortal(OLD, step)
        with pytest.raises(Killed):
            begin(fake, kept, options=options)
        assert kept.journal.stat().st_mode & 0o777 == 0o600
        assert "--resume" in warning(kept) and not is_locked(kept.lock)
        fake.lives = -1
        with pytest.raises(NotDone) as caught:
            begin(fake, kept)
        assert "cut off" in caught.value.why and "--rollback" in caught.value.mend
        there = sorted(fake.text.splitlines()) == sorted((NEW if forward else OLD).splitlines())
        assert finish(fake, kept, forward, dry_run=True)[0] == (0 if there else 1)
        assert finish(fake, kept, forward)[0] == 0
        assert sorted(fake.text.splitlines()) == sorted((NEW if forward else OLD).splitlines())
        assert not kept.journal.exists() and not warning(kept)
        with pytest.raises(NotDone):
            finish(fake, kept, forward)


def test_changes_by_someone_else_since_are_left_alone(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    fake = Mortal(WEB + DNS, 1)
    with pytest.raises(Killed):
        begin(fake, kept, (WEB + DNS).replace("-w 3", "-w 5"))
    fake.lives = -1
    other = parse(WEB.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 9") + DNS, "ipvsadm").rules
    key = next(iter(parse(WEB, "ipvsadm").rules.rules))
    server = other.rules[key].servers
    fake.rules = apply(EditServer(key, next(s for s in server.values() if s.weight == 9)), fake.rules)
    code, _, remarks = finish(fake, kept, False)
    assert code == 1
    assert "10.0.0.1:80 of tcp 192.0.2.1:80 was changed by someone else: left as it is" in remarks
    assert "10.0.0.1:80 -g -w 9" in fake.text and "10.0.0.2:80 -g -w 3" in fake.text
    assert not kept.journal.exists()


def test_a_roll_back_that_failed_can_be_tried_again(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    fake = Fake(WEB)
    fake.refuses = lambda number: number >= 1
    with pytest.raises(RollbackFailed) as caught:
        begin(fake, kept, WEB + DNS)
    assert "--rollback" in caught.value.mend
    fake.refuses = lambda number: False
    assert finish(fake, kept, False)[0] == 0
    assert fake.text == WEB


def test_a_journal_from_before_a_reboot_is_void(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    fake = Mortal(WEB, 1)
    with pytest.raises(Killed):
        begin(fake, kept, WEB + DNS)
    later = kept._replace(boot="the next one")
    assert "when the machine went down; the table as it was: " in warning(later)
    fake.lives = -1
    with pytest.raises(NotDone) as caught:
        finish(fake, later, True)
    assert "went down" in caught.value.why and not kept.journal.exists()
    with pytest.raises(NotDone):
        finish(fake, later, True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"journal": 1}', '{"journal": {"format": 2}}', '{"journal": {"format": 1}}']
)
def test_a_journal_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    kept = kept_in(tmp_path)
    kept.journal.write_text(text)
    for attempt in (lambda: begin(Fake(WEB), kept, WEB + DNS), lambda: finish(Fake(WEB), kept, True)):
        with pytest.raises(BadInput) as caught:
            attempt()
        assert caught.value.what == str(kept.journal)


def test_a_journal_whose_rules_cannot_be_read(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    with pytest.raises(Killed):
        begin(Mortal(WEB, 1), kept, WEB + DNS)
    data = json.loads(kept.journal.read_text())
    data["was"]["service"] = [{"protocol": "tcp"}]
    kept.journal.write_text(json.dumps(data))
    with pytest.raises(BadInput):
        finish(Fake(WEB), kept, True)
    assert kept.journal.exists()


def test_two_at_once_exclude_each_other(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    fake = Fake(WEB)
    with locked(kept.lock, "restore"):
        assert is_locked(kept.lock)
        for attempt in (lambda: begin(fake, kept, WEB + DNS), lambda: finish(fake, kept, True)):
            with pytest.raises(NotDone) as caught:
                attempt()
            assert caught.value.exit_code == 1 and f"pid {os.getpid()}" in caught.value.why
    assert fake.scopes == [] and fake.sent == []
    begin(fake, kept, WEB + DNS)
    assert fake.text == WEB + DNS


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(NotDone) as caught:
        begin(Fake(WEB), kept_in(tmp_path), WEB + DNS)
    assert "LVSTUI_RUN" in caught.value.mend
    (tmp_path / "run").unlink()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "restore.lock").symlink_to("/etc/passwd")
    with pytest.raises(NotDone):
        begin(Fake(WEB), kept_in(tmp_path), WEB + DNS)


def test_an_interrupt_between_batches_takes_back_and_ends_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "BATCH", 1)
    kept = kept_in(tmp_path)
    fake = Fake(WEB)
    send = fake.send

    def interrupted(changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        os.kill(os.getpid(), 15)
        return send(changes, purpose)

    fake.send = interrupted  # type: ignore[method-assign]
    with pytest.raises(NotDone):
        begin(fake, kept, WEB + DNS)
    assert fake.text == WEB and not kept.journal.exists()


def test_merge_keep_weights_and_replace(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    fake = Fake(WEB + DNS)
    begin(fake, kept, "-A -t 192.0.2.1:81 -s rr\n", RestoreOptions(yes=True, merge=True))
    assert "192.0.2.1:81" in fake.text and WEB in fake.text and DNS in fake.text
    fake = Fake(WEB.replace("-w 3", "-w 0", 1))
    begin(fake, kept, WEB.replace("wrr", "wlc"), RestoreOptions(yes=True, keep_weights=True))
    assert fake.text == WEB.replace("-w 3", "-w 0", 1).replace("wrr", "wlc")
    fake = Fake(WEB)
    with pytest.raises(NotDone) as caught:
        begin(fake, kept, DNS, RestoreOptions(yes=True, replace=True))
    assert "emptied" in caught.value.why
    with pytest.raises(BadInput):
        begin(fake, kept, DNS, RestoreOptions(merge=True, replace=True))
    code, text, remarks = done(
        restore.run(fake, parse(DNS, "ipvsadm"), "f", MEANT._replace(replace=True), kept, nobody)
    )
    assert (code, fake.text) == (0, DNS)
    assert "table emptied" in text and "nothing is served between" in str(remarks[0])

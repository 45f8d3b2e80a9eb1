"""One lock and one notice for one table, whoever works on it and wherever their state is; and restores that meet a full
disk, too few descriptors, or a journal that stays."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lvstui import cli, places
from lvstui.director.errors import NotDone, Unavailable
from lvstui.formats.rule_files import RuleFile, parse
from lvstui.operations.lock import alone, warning
from lvstui.places import TablePaths
from lvstui.store import journal, lock, noticed
from lvstui.store.lock import locked
from lvstui.store.snapshots import AUTOMATIC, BEFORE, Store
from lvstui.verbs import recover, restore
from tests.verbs.fake import Fake, done
from tests.verbs.test_restore import nobody

WEB = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"
WANTED = WEB.replace("-w 3", "-w 5")
YES = restore.RestoreOptions(yes=True)


def kept_of(folder: Path, who: str, most: int = 50) -> TablePaths:
    """What `who` keeps of the table: a state of their own, and the lock that is everybody's."""
    return TablePaths(folder / who / "host", folder / "run" / "host", "this boot", most)


def read(text: str) -> RuleFile:
    return parse(text, "ipvsadm", "f")


class Killed(BaseException):
    pass


def cut_off(kept: TablePaths) -> Fake:
    """A restore that was killed at its first change."""
    fake = Fake(WEB)

    def dies(changes: object, purpose: object) -> None:
        raise Killed

    send, fake.send = fake.send, dies  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        done(restore.run(fake, read(WANTED), "friday.toml", YES, kept, nobody))
    fake.send = send  # type: ignore[method-assign]
    return fake


def test_an_unfinished_restore_of_another_user_comes_first(tmp_path: Path) -> None:
    ann, root = kept_of(tmp_path, "ann"), kept_of(tmp_path, "root")
    fake = cut_off(ann)
    text = warning(root)
    assert "the restore of friday.toml by" in text and "was cut off" in text and str(ann.journal) in text, text
    with pytest.raises(NotDone) as caught:
        done(restore.run(fake, read(WANTED), "f", YES, root, nobody))
    assert "was cut off, and comes first" in caught.value.why and "--resume by" in caught.value.mend
    with pytest.raises(NotDone, match="was cut off"):
        done(recover.run(fake, True, root, False, True, nobody))
    assert fake.text == WEB
    done(recover.run(fake, True, ann, False, True, nobody))
    assert fake.text == WANTED and warning(root) == warning(ann) == ""
    done(restore.run(fake, read(WEB), "f", YES, root, nobody))
    assert fake.text == WEB


def test_a_notice_whose_journal_was_removed_by_hand_is_over(tmp_path: Path) -> None:
    ann, root = kept_of(tmp_path, "ann"), kept_of(tmp_path, "root")
    fake = cut_off(ann)
    ann.journal.unlink()
    assert warning(root) == ""
    done(restore.run(fake, read(WANTED), "f", YES, root, nobody))
    assert fake.text == WANTED and noticed.read(root.notice) is None


def test_the_notice_says_who_works(tmp_path: Path) -> None:
    kept = kept_of(tmp_path, "ann")
    with alone(kept):
        told = noticed.read(kept.notice)
        assert told is not None and (told.pid, told.journal) == (os.getpid(), "")
        assert warning(kept_of(tmp_path, "root")) == ""
        assert kept.notice.stat().st_mode & 0o777 == (0o644 if os.geteuid() == 0 else 0o600)
    assert noticed.read(kept.notice) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes the lock of a group")
def test_only_members_of_its_group_can_take_the_lock(tmp_path: Path) -> None:
    import grp

    kept = kept_of(tmp_path, "root")._replace(group="daemon")
    with alone(kept):
        found = kept.lock.stat()
        assert (found.st_mode & 0o777, found.st_uid, grp.getgrgid(found.st_gid).gr_name) == (0o660, 0, "daemon")
        assert kept.notice.stat().st_mode & 0o777 == 0o664
        assert kept.run.stat().st_mode & 0o777 == 0o755
    with alone(kept._replace(group="")):
        found = kept.lock.stat()
        assert (found.st_mode & 0o777, found.st_gid) == (0o660, 0)
        assert kept.notice.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("text", ["", "{", "[]", '{"who": 7}', '{"who":"a","pid":"b"}', "9" * 5000, "[" * 5000])
def test_a_damaged_notice_says_nothing(tmp_path: Path, text: str) -> None:
    kept = kept_of(tmp_path, "ann")
    with alone(kept):
        pass
    kept.notice.write_text(text)
    assert noticed.read(kept.notice) is None and warning(kept) == ""
    with alone(kept):
        pass


def test_checking_whether_the_lock_is_held_disturbs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held for an instant by whoever looks; a restore that begins then is not refused."""
    import threading

    kept = kept_of(tmp_path, "ann")
    with locked(kept.lock, "restore"):
        pass
    looks = os.open(kept.lock, os.O_RDONLY)
    fcntl.flock(looks, fcntl.LOCK_SH)
    assert lock._ASIDE > 0
    monkeypatch.setattr(lock, "_ASIDE", 60.0)  # a busy machine may not let the timer run for a while
    timer = threading.Timer(0.05, os.close, [looks])
    timer.start()
    with alone(kept):
        pass
    timer.join()


def test_the_snapshot_before_an_unfinished_restore_is_never_deleted(tmp_path: Path) -> None:
    kept = kept_of(tmp_path, "ann", most=1)
    cut_off(kept)
    cut = journal.unfinished(kept.journal)
    assert cut is not None
    store = Store(kept.snapshots, kept.most, kept.journal)
    for second in range(3):
        store.keep(AUTOMATIC, 2e9 + second, [""])
        store.keep(BEFORE, 2e9 + second, [""])
    assert Path(cut.about.table_before).exists()
    with pytest.raises(NotDone, match="not finished"):
        store.remove(Path(cut.about.table_before))
    assert len(store.listed()) == 2
    journal.end(kept.journal)
    store.keep(AUTOMATIC, 2e9 + 9, [""])
    assert not Path(cut.about.table_before).exists()


def test_the_snapshot_before_a_restore_exists_even_if_another_deleted_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the journal names it, a console with keep_snapshots = 1 may take one of its own."""
    kept = kept_of(tmp_path, "ann", most=1)
    begin = journal.begin

    def between(*args: object) -> None:
        Store(kept.snapshots, 1, kept.journal).keep(AUTOMATIC, 2e9, [""])
        begin(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(journal, "begin", between)
    cut_off(kept)
    cut = journal.unfinished(kept.journal)
    assert cut is not None and "10.0.0.1" in Path(cut.about.table_before).read_text()


def test_a_journal_that_cannot_be_removed_is_reported_and_the_restore_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = kept_of(tmp_path, "ann")
    fake = Fake(WEB)

    def fails(path: Path) -> None:
        raise NotDone(str(path), "is finished, but cannot be removed: Too many open files", "remove it")

    monkeypatch.setattr(journal, "end", fails)
    code, text, remarks = done(restore.run(fake, read(WANTED), "f", YES, kept, nobody))
    assert (code, fake.text) == (0, WANTED) and "done: 1 change" in text
    assert "all changes are done" in str(remarks[-1]) and "cannot be removed" in str(remarks[-1])


LIMITED = """
import resource, sys
from pathlib import Path
from lvstui import cli, live, places
from tests.verbs.fake import Fake
fake = Fake(Path(sys.argv[1]).read_text())
live.open_source = lambda load_module=False: fake
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[3]), limits[1]))
code = cli.main(["--restore", sys.argv[2], "--yes"])
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
print(code, fake.text == Path(sys.argv[2]).read_text())
"""


def test_with_any_number_of_descriptors_the_exit_code_says_what_was_done(tmp_path: Path) -> None:
    """`ulimit -n 8` and the others: 0 where the table is as wanted, else nothing was changed, and no defect."""
    (tmp_path / "now.rules").write_text(WEB)
    (tmp_path / "wanted.rules").write_text(WANTED)
    seen = set()
    for limit in range(3, 14):
        state = {"LVSTUI_STATE": str(tmp_path / f"state{limit}"), "LVSTUI_RUN": str(tmp_path / f"run{limit}")}
        files = [str(tmp_path / "now.rules"), str(tmp_path / "wanted.rules")]
        command = [sys.executable, "-c", LIMITED, *files, str(limit)]
        ran = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **state}, cwd=Path(cli.__file__).parents[1]
        )
        assert ran.returncode == 0 and ran.stdout, ran
        code, changed = ran.stdout.splitlines()[-1].split()
        assert (code == "0") == (changed == "True"), (limit, ran)
        assert code in "0123" and "defect" not in ran.stderr and "Traceback" not in ran.stderr, (limit, ran)
        seen.add(code)
    assert "0" in seen and len(seen) > 1, seen


@pytest.mark.parametrize("verb", [["--list"], ["--do", "weight 10.0.0.1:80 4", "--dry-run"], ["--diff", "@1"]])
def test_a_verb_says_that_a_restore_is_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    from lvstui import live, places

    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path / "state"))
    kept = places.table_paths()
    fake = cut_off(kept)
    monkeypatch.setattr(live, "open_source", lambda load_module=False: fake)
    cli.main(verb)
    told = capsys.readouterr().err
    assert "was cut off; lvstui --resume finishes it, --rollback takes it back" in told, told


def test_the_lock_is_held_even_if_its_holder_cannot_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the text of the lock is only a courtesy."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    path = tmp_path / "run" / "restore.lock"
    with locked(path, "restore"), pytest.raises(NotDone, match="not yet named"), locked(path, "restore"):
        pass


def test_a_file_system_without_locks_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refused)
    with (
        pytest.raises(NotDone, match=r"restore\.lock cannot be locked: No locks available"),
        locked(tmp_path / "restore.lock", "restore"),
    ):
        raise AssertionError("the lock is not held")


@pytest.mark.parametrize(("group", "named"), [("lvs-ops", "-g lvs-ops -m 660"), ("", "-g GROUP -m 660")])
def test_the_advice_to_an_ordinary_user_without_a_lock_names_the_group_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, named: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr(places, "EVERYBODYS", str(tmp_path))
    with pytest.raises(Unavailable) as caught, locked(tmp_path / "host" / "restore.lock", "restore", group):
        raise AssertionError("the lock is not held")
    assert named in caught.value.mend


def test_a_lock_that_is_missing_or_a_link_is_not_held(tmp_path: Path) -> None:
    assert lock.is_locked(tmp_path / "none.lock") is False
    (tmp_path / "link.lock").symlink_to(tmp_path / "real.lock")
    with locked(tmp_path / "real.lock", "restore"):
        assert lock.is_locked(tmp_path / "real.lock") is True
        assert lock.is_locked(tmp_path / "link.lock") is False

"""Our own folders and files: private whatever the umask, and refused by name where another user may write them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.model import server_key, service_key
from lvstui.director.record import DONE, Record, Who
from lvstui.director.source import EVERYTHING
from lvstui.operations.lock import alone, warning
from lvstui.places import TablePaths
from lvstui.store import choices, columns, command_history, drained, journal
from lvstui.store.audit import Log
from lvstui.store.earlier_folders import taken_over
from lvstui.store.lock import locked
from lvstui.store.snapshots import BEFORE, MEND, Store
from lvstui.verbs import snapshots
from lvstui.verbs.disk import Disk
from tests.verbs.fake import Fake, done

STRANGER = 65534
RECORD = Record(1e9, Who("ann"), "lvs1", "host", "console", "drain", "ipvsadm -C", DONE)
ABOUT = journal.About("f", "/kept", 1, 1e9, "this boot")
WEB = "-A -t 192.0.2.1:80 -s wrr\n"
DRAINED = service_key(6, "192.0.2.1", 80), server_key("10.0.0.1", 80)


def kept_in(folder: Path) -> TablePaths:
    return TablePaths(folder / "state" / "host", folder / "run" / "host", "this boot")


def filled(tmp_path: Path) -> TablePaths:
    """Everything that is kept of a table, made by us."""
    kept = kept_in(tmp_path)
    with locked(kept.lock, "restore"):
        pass
    Log(kept.folder, system=False).write([RECORD])
    command_history.add(kept.folder, "drain 10.0.0.1")
    columns.write(kept.folder, {"services": ["active"]})
    choices.write(kept.folder / "choices.toml", choices.Choices("hosts"))
    drained.update(kept.folder, {}, ())
    (kept.folder / drained.NAME).write_text('{"format": 1, "drained": []}')
    (kept.folder / drained.NAME).chmod(0o600)
    Store(kept.snapshots).keep(BEFORE, 1.0, [""])
    Disk(kept).save(Fake(WEB).read(EVERYTHING), kept.snapshots / "mine.toml")
    journal.begin(kept.journal, ABOUT, ["{}"], ["{}"])
    return kept


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_new_files_are_private_with_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        kept = kept_in(tmp_path / "new" / "parent")
        Log(kept.folder, system=False).write([RECORD])
        if umask != 0o777:  # files that are written in place need their owner's bits
            command_history.add(kept.folder, "line")
            columns.write(kept.folder, {"services": ["active"]})
            drained.update(kept.folder, {DRAINED: drained.Drain(3, 1e9)}, ())
            with locked(kept.lock, "restore"):
                pass
            made = {path.name for path in kept.folder.iterdir()}
            assert {"audit.jsonl", "columns", "drained.json", "history"} <= made
        Store(kept.snapshots).keep(BEFORE, 1.0, [""])
        journal.begin(kept.journal, ABOUT, ["{}"], ["{}"])
    finally:
        os.umask(before)
    for path in (tmp_path / "new").rglob("*"):
        mode = path.stat().st_mode & 0o777
        if path.name == "restore.lock":
            assert mode in (0o600, 0o660)  # it is for its group too where root made it
        elif tmp_path / "new" / "parent" / "run" in (path, *path.parents):
            assert not mode & 0o022, path
        else:
            assert not mode & 0o077, path
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def writable_by_all(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o002)


def writable_by_the_group(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o020)


def a_strangers(path: Path) -> None:
    os.chown(path, STRANGER, STRANGER)


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def a_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


SPOILS = [
    writable_by_all,
    writable_by_the_group,
    pytest.param(
        a_strangers, marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
    ),
    a_link,
]
USES: dict[str, tuple[str, Callable[[TablePaths], None]]] = {}


def use(name: str) -> Callable[[Callable[[TablePaths], None]], Callable[[TablePaths], None]]:
    def keep(function: Callable[[TablePaths], None]) -> Callable[[TablePaths], None]:
        USES[function.__name__] = name, function
        return function

    return keep


@use("restore.journal")
def the_journal(kept: TablePaths) -> None:
    for attempt in (lambda: journal.unfinished(kept.journal), lambda: warning(kept)):
        with pytest.raises(BadInput, match=r"restore.journal|belongs|written|link"):
            attempt()


@use("drained.json")
def the_drained_weights(kept: TablePaths) -> None:
    memory = drained.read(kept.folder)
    assert memory.drains == {} and str(kept.folder.parent) in memory.complaint, memory


@use("audit.jsonl")
def the_audit_log(kept: TablePaths) -> None:
    log = Log(kept.folder, system=False)
    assert log.latest() == ()
    log.write([RECORD])
    assert str(kept.folder.parent) in log.trouble


@use("history")
def the_history(kept: TablePaths) -> None:
    assert command_history.read(kept.folder) == []


@use("columns")
def the_chosen_columns(kept: TablePaths) -> None:
    assert columns.read(kept.folder) == {}


@use("choices.toml")
def what_was_chosen_on_the_screen(kept: TablePaths) -> None:
    chosen, complaint = choices.read(kept.folder / "choices.toml")
    assert chosen == choices.NOTHING and str(kept.folder.parent) in complaint


@use("snapshots/mine.toml")
def the_snapshots(kept: TablePaths) -> None:
    if (kept.snapshots / "mine.toml").is_symlink():
        return  # an operator's own link, in a folder that is ours alone
    for attempt in (
        lambda: Store(kept.snapshots).address("@mine"),
        lambda: Disk(kept).load(kept.snapshots / "mine.toml"),
    ):
        with pytest.raises(BadInput, match="is not used"):
            attempt()


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", USES)
def test_a_file_that_others_can_write_is_refused(tmp_path: Path, spoil: Callable[[Path], None], name: str) -> None:
    kept = filled(tmp_path)
    file, judge = USES[name]
    spoil(kept.folder / file)
    judge(kept)


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", USES)
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, spoil: Callable[[Path], None], name: str) -> None:
    kept = filled(tmp_path)
    spoil(kept.folder)
    USES[name][1](kept)
    with pytest.raises(LvsError, match=r"belongs to user 65534|is writable by|is a link"):
        Store(kept.snapshots).keep(BEFORE, 1.0, [""])
    with pytest.raises(LvsError, match=r"belongs to user 65534|is writable by|is a link"):
        journal.begin(kept.journal, ABOUT, ["{}"], ["{}"])
    old = kept._replace(at=kept.folder.with_name("new"), old=(str(kept.at),))
    assert taken_over(old).folder == old.folder and not old.folder.exists()


@pytest.mark.parametrize("spoil", SPOILS)
def test_snapshots_that_others_can_write_are_not_listed_as_ours(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    kept = filled(tmp_path)
    store = Store(kept.snapshots)
    if spoil is not a_link:
        spoil(kept.snapshots / "mine.toml")
        _, text, _ = done(snapshots.run(None, store, "table", 2e9))
        line = next(line for line in text.splitlines() if "mine" in line)
        assert "is not used" in line and "before-restore" in text
    spoil(kept.snapshots)
    with pytest.raises(NotDone, match=r"belongs to user 65534|is writable by|is a link"):
        done(snapshots.run(None, store, "table", 2e9))


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("which", ["snapshots", "folder"])
def test_the_console_says_which_folder_is_refused_and_how_to_fix_it(
    tmp_path: Path, spoil: Callable[[Path], None], which: str
) -> None:
    kept = filled(tmp_path)
    assert Disk(kept).refused() == ""
    folder: Path = getattr(kept, which)
    spoil(folder)
    said = Disk(kept).refused()
    assert str(folder) in said and said.endswith(f": {MEND}")


@pytest.mark.parametrize("name", [name for name in USES if name != "the_snapshots"])
@pytest.mark.parametrize("spoil", [a_pipe, a_device])
def test_something_that_is_not_a_file_never_hangs(tmp_path: Path, spoil: Callable[[Path], None], name: str) -> None:
    kept = filled(tmp_path)
    file, judge = USES[name]
    spoil(kept.folder / file)
    judge(kept)


@pytest.mark.parametrize("spoil", [writable_by_all, a_link, a_pipe, a_device])
def test_a_lock_that_is_not_ours_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    kept = filled(tmp_path)
    journal.end(kept.journal)
    spoil(kept.lock)
    with pytest.raises(NotDone), alone(kept):
        pass


@pytest.mark.parametrize("spoil", [writable_by_all, a_link])
def test_a_folder_of_locks_that_is_not_ours_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    kept = filled(tmp_path)
    journal.end(kept.journal)
    spoil(kept.run)
    with pytest.raises(NotDone, match=r"is writable by everybody|is a link"), alone(kept):
        pass


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("started", "yesterday"),
        ("started", None),
        ("started", 1e300),
        ("started", float("nan")),
        ("started", True),
        ("changes", "many"),
        ("name", 7),
        ("kept", ["x"]),
        ("boot", None),
        ("flushed", "no"),
    ],
)
def test_a_journal_with_a_field_of_the_wrong_type(tmp_path: Path, field: str, value: object) -> None:
    kept = kept_in(tmp_path)
    journal.begin(kept.journal, ABOUT, ["{}"], ["{}"])
    data = json.loads(kept.journal.read_text())
    data["journal"][field] = value
    kept.journal.write_text(json.dumps(data))
    for attempt in (lambda: journal.unfinished(kept.journal), lambda: warning(kept)):
        with pytest.raises(BadInput, match=f"is not a journal: its '{field}'"):
            attempt()
    with pytest.raises(BadInput), alone(kept):
        pass


DIGITS = "9" * 5000


def test_a_journal_with_an_endless_number(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    journal.begin(kept.journal, ABOUT, ["{}"], ["{}"])
    kept.journal.write_text(kept.journal.read_text().replace('"changes": 1', f'"changes": {DIGITS}'))
    with pytest.raises(BadInput, match="it has a number of more than 4,300 digits"):
        warning(kept)


def test_drained_weights_with_an_endless_number(tmp_path: Path) -> None:
    kept = filled(tmp_path)
    for text in (f'{{"format": 1, "drained": [{DIGITS}]}}', f'{{"format": {DIGITS}}}'):
        (kept.folder / drained.NAME).write_text(text)
        assert "a number of more than 4,300 digits" in drained.read(kept.folder).complaint


def test_two_sessions_that_save_history_at_once_lose_no_line(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom pathlib import Path\nfrom lvstui.store import private, command_history\n"
        "private.waited.__defaults__ = (120.0,)\n"  # a busy disk may hold up whoever holds the lock
        "for n in range(60): command_history.add(Path(sys.argv[1]), f'line {sys.argv[2]} {n}')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, tmp_path / "state", str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    lines = command_history.read(tmp_path / "state")
    assert sorted(lines) == sorted(f"line {who} {n}" for who in range(3) for n in range(60))

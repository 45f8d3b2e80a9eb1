"""A journal that is not one is refused with the reason, because a restore that was cut off may depend on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvstui.director.errors import BadInput
from lvstui.store import journal

HEAD = {"format": 2, "name": "web.toml", "kept": "", "changes": 3, "started": 1_700_000_000.0, "boot": "one",
        "flushed": False}  # fmt: skip


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "restore.journal"
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def _made(**head: object) -> bytes:
    return json.dumps({"journal": {**HEAD, **head}, "was": {}, "wanted": {}, "lines": ""}).encode()


def test_journal__one_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    cut = journal.unfinished(_written(tmp_path, _made(format=1)))
    assert cut is not None and (cut.about.name, cut.about.changes, cut.about.boot) == ("web.toml", 3, "one")
    assert cut.lines == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff", "cannot be read: 'utf-8' codec"),
        (b"{", "is not a journal: Expecting property name"),
        (b"[]", "is not a journal: list indices"),
        (_made(format=3), "is of version 3, this program knows 2"),
        (_made().replace(b'"lines": ""', b'"lines": [1]'), "is not a journal: its 'lines' is [1]"),
        (_made().replace(b'"lines"', b'"line"'), "is not a journal: 'lines'"),
        (_made(changes="3"), "is not a journal: its 'changes' is '3'"),
        (_made(flushed=1), "is not a journal: its 'flushed' is 1"),
        (_made(started=-1), "is not a journal: its 'started' is -1, which is not a time"),
        (_made(more=1), "is not a journal: "),
    ],
)
def test_journal__one_that_is_damaged_is_refused_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = _written(tmp_path, content)
    with pytest.raises(BadInput) as caught:
        journal.unfinished(path)
    assert caught.value.why.startswith(why) and caught.value.what == str(path)
    assert journal.names(path) == ""


def test_journal__without_a_file_there_is_no_journal(tmp_path: Path) -> None:
    assert journal.unfinished(tmp_path / "restore.journal") is None

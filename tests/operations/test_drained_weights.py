"""The memory of drained weights never stops a change: what cannot be written is reported, and the change is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.store import drained
from tests.verbs.fake import Fake
from tests.verbs.test_do import TABLE, told

DRAIN = "drain 192.0.2.1:80 10.0.0.1:80"
UNDRAIN = "undrain 192.0.2.1:80 10.0.0.1:80"


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A state folder in which nobody can take the lock of the memory."""
    (tmp_path / "drained.lock").mkdir()
    return tmp_path


def test_memory__a_drain_that_cannot_be_remembered_is_done_with_a_remark(unwritable: Path) -> None:
    fake = Fake(TABLE)
    code, text, remarks = told(unwritable, fake, DRAIN)
    assert code == 0 and "10.0.0.1:80 -g -w 0" in fake.text
    assert any("the earlier weights are not on disk" in f"{one}" for one in (text, *remarks))


def test_memory__an_undrain_that_cannot_be_noted_is_done_with_a_remark(tmp_path: Path) -> None:
    fake = Fake(TABLE)
    told(tmp_path, fake, DRAIN)
    lock = tmp_path / "drained.lock"
    lock.unlink()
    lock.mkdir()
    code, text, remarks = told(tmp_path, fake, UNDRAIN)
    assert code == 0 and fake.text == TABLE
    assert any("the earlier weights are not on disk" in f"{one}" for one in (text, *remarks))


def test_memory__a_change_of_no_weight_does_not_touch_it(unwritable: Path) -> None:
    fake = Fake(TABLE)
    code, text, remarks = told(unwritable, fake, "scheduler 192.0.2.1:80 wlc")
    assert code == 0 and "-s wlc" in fake.text
    assert not any("not on disk" in f"{one}" for one in (text, *remarks))
    assert drained.read(unwritable).drains == {} and not (unwritable / drained.NAME).exists()

"""A ramp is confirmed as a whole, through the same guards in console and verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import NotDone
from lvstui.director.model import RuleSet
from lvstui.director.source import Scope
from lvstui.director.state import State, Vrrp
from tests.verbs.fake import Fake
from tests.verbs.test_do import TABLE, Hours, told


def test_ramp_from_a_script__a_change_by_somebody_else_after_the_read_is_seen_before_the_first_step(
    tmp_path: Path,
) -> None:
    fake = Fake(TABLE)

    def meddles(rules: RuleSet) -> RuleSet:
        return Fake(TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 5")).rules

    fake.meanwhile = meddles
    with pytest.raises(NotDone, match="someone else changed this meanwhile; nothing was changed"):
        told(tmp_path, fake, "ramp 10.0.0.1:80 6 30s", Hours())
    assert fake.sent == []


def test_ramp_from_a_script__warnings_are_printed(tmp_path: Path) -> None:
    class Backup(Fake):
        def read(self, scope: Scope) -> State:
            return super().read(scope)._replace(vrrp=Vrrp("BACKUP", (), True))

    code, _, remarks = told(tmp_path, Backup(TABLE), "ramp 10.0.0.1:80 6 30s", Hours(), dry_run=True)
    assert code == 1
    assert any("BACKUP" in remark.text for remark in remarks)

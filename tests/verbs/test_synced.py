"""--do 'sync check'."""

from __future__ import annotations

from pathlib import Path

from lvstui.demo import World
from lvstui.director.model import SyncDaemon
from tests.demo.worlds import CLUSTER
from tests.verbs.test_do import told


def test_sync_check_prints_the_counts_and_whether_all_is_well(tmp_path: Path) -> None:
    for role, code, words in (
        ("master", 0, "of its own: :sync check on the backup shows whether it holds them"),
        ("backup", 1, "finding: backup daemon: MASTER, but only a backup daemon"),
    ):
        world = World(CLUSTER._replace(sync=(SyncDaemon(role, "eth1", 51),)), seed=1)
        result, text, _ = told(tmp_path, world, "sync check")
        assert result == code
        assert words in text
        assert "tcp 192.168.80.200:80   100 of its own" in text

"""--do 'sync check'."""

from __future__ import annotations

from lvstui.director.model import SyncDaemon
from lvstui.director.source import EVERYTHING
from lvstui.director.world import World
from lvstui.verbs import synced
from tests.director.worlds import CLUSTER
from tests.verbs.fake import done


def test_it_tells_what_is_held_and_whether_all_is_well() -> None:
    for role, code, words in (
        ("master", 0, "of its own: the backup holds them when sync check says so there"),
        ("backup", 1, "finding: backup daemon: MASTER with a backup daemon alone"),
    ):
        world = World(CLUSTER._replace(sync=(SyncDaemon(role, "eth1", 51),)), seed=1)
        result, text, _ = done(synced.run(world, world.read(EVERYTHING)))
        assert result == code
        assert words in text
        assert "tcp 192.168.80.200:80   100 of its own" in text

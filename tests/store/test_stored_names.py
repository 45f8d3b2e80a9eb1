"""The names in files stay those of the first version, whatever the code calls its kinds and fields."""

from __future__ import annotations

import json

from lvstui.director.configured import Configured, ConfiguredSync
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, SyncDaemon
from lvstui.director.state import Vrrp
from lvstui.store import stored_names
from lvstui.store.journal import About
from lvstui.store.json_values import _KINDS, plain, typed

SYNC = ConfiguredSync(SyncDaemon("master", "eth0", 1), "VI_1")
KEEPALIVED = KeepalivedState("k.conf", Configured(RuleSet(), [], sync=SYNC), reported_at=5.0, read_at=7.0)


def test_stored_names__earlier_versions_know_each() -> None:
    stored = plain(KEEPALIVED)
    assert stored.keys() == {"=", "config", "meant", "told", "looked"}
    assert (stored["="], stored["meant"]["="], stored["meant"]["sync"]["="]) == ("Keeping", "Meant", "MeantSync")
    assert plain(Vrrp(reported_at=3.0)) == {"=": "Vrrp", "told": 3.0}


def test_stored_names__what_earlier_versions_wrote_is_read() -> None:
    text = '{"=": "Keeping", "config": "k.conf", "meant": {"=": "Meant", "rules": {"=": "RuleSet", "rules": '
    text += '{"=": "map", "of": []}}, "remarks": []}, "told": 5.0, "looked": 7.0}'
    found = typed(json.loads(text))
    assert found == KEEPALIVED._replace(on_disk=Configured(RuleSet(), []))
    assert typed(plain(KEEPALIVED)) == KEEPALIVED


def test_stored_names__each_is_of_a_kind_and_field_that_exist() -> None:
    kinds = {**_KINDS, About.__name__: About}
    assert stored_names._KINDS.keys() <= kinds.keys()
    for kind, field in stored_names._FIELDS:
        assert field in kinds[kind]._fields
    for kind in kinds.values():
        stored = [stored_names.stored_field(kind.__name__, field) for field in kind._fields]
        assert len(set(stored)) == len(stored)
        assert [stored_names.field_of_stored(kind.__name__, name) for name in stored] == list(kind._fields)

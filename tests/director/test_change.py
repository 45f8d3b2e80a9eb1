"""Changes as values: which are equal."""

from __future__ import annotations

from typing import get_args

from lvstui.director import change
from lvstui.director.change import AddServer, AddService, Change, DeleteService, EditServer, EditService, Zero
from lvstui.director.model import Server, Service, server_key, service_key


def test_changes__those_of_different_kinds_are_never_equal() -> None:
    server = Server(server_key("10.0.0.1", 80))
    key = service_key(6, "192.0.2.1", 80)
    pairs: list[tuple[Change, Change]] = [
        (Zero(key), DeleteService(key)),
        (AddService(Service(key)), EditService(Service(key))),
        (AddServer(key, server), EditServer(key, server)),
    ]
    for one, other in pairs:
        assert one != other
        assert len({one, other}) == 2
        assert one == type(one)(*one)


def test_all_kinds_of_a_change_are_listed() -> None:
    union = eval(str(change.Change), vars(change))
    assert set(change.KINDS) == set(get_args(union)) and len(change.KINDS) == 11

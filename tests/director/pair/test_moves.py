"""Changes of VRRP on both directors in one list."""

from __future__ import annotations

from lvstui.director.pair.moves import Move, followed, together
from lvstui.director.pair.point import OTHER, THIS
from lvstui.director.state import State
from tests.director.pair.made import BACKUP, MASTER, instance


def at(state: State, role: str, since: float | None, taken: float) -> State:
    standing = instance(role, 100)._replace(since=since)
    return state._replace(taken=taken, vrrp=state.vrrp._replace(instances=(standing,)))


def test_a_state_at_the_first_look_has_the_time_that_its_director_reports() -> None:
    assert followed((), THIS, None, at(MASTER, "MASTER", 900.0, 1000.0), 0.0) == (
        Move(900.0, THIS, "VI_1", "", "MASTER"),
    )
    assert followed((), THIS, None, at(MASTER, "MASTER", None, 1000.0), 0.0) == ()


def test_the_steps_of_a_failover_are_in_order_even_if_the_clocks_differ() -> None:
    """The other's clock is 30 s ahead: by its own words it took over long after."""
    one, two = at(MASTER, "MASTER", 900.0, 1000.0), at(BACKUP, "BACKUP", 930.0, 1030.0)
    ours = followed((), THIS, None, one, 0.0)
    theirs = followed((), OTHER, None, two, 30.0)
    ours = followed(ours, THIS, one, at(MASTER, "FAULT", 1001.0, 1002.0), 0.0)
    theirs = followed(theirs, OTHER, two, at(BACKUP, "MASTER", 1034.5, 1035.0), 30.0)
    told = [(move.at, move.side, move.before, move.state) for move in together(ours, theirs)]
    assert told == [
        (1004.5, OTHER, "BACKUP", "MASTER"),
        (1001.0, THIS, "MASTER", "FAULT"),
        (900.0, THIS, "", "MASTER"),
        (900.0, OTHER, "", "BACKUP"),
    ]


def test_moves__without_a_move_the_list_is_the_same_object_and_an_undated_move_happened_now() -> None:
    one = at(MASTER, "MASTER", 900.0, 1000.0)
    known = followed((), THIS, None, one, 0.0)
    assert followed(known, THIS, one, one._replace(taken=1001.0), 0.0) is known
    later = followed(known, THIS, one, at(MASTER, "BACKUP", 900.0, 1002.0), 0.0)
    assert later[-1] == Move(1002.0, THIS, "VI_1", "MASTER", "BACKUP")
    assert followed(known, THIS, one, at(MASTER, "", None, 1003.0), 0.0) is known, "not known is no change"

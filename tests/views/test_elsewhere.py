"""A director elsewhere is named in the first line, in a colour of its own, from the first moment on."""

from __future__ import annotations

import pytest

from lvstui.director.state import State
from lvstui.views.head import ScreenStatus, head


@pytest.mark.parametrize(
    ("told", "host", "name"),
    [
        ("lvs2", "lvs2", "lvs2 over ssh"),
        ("lvs2", "admin@lvs2", "admin@lvs2 over ssh"),
        ("director02", "lvs2", "lvs2 (director02) over ssh"),
        ("lvs2", "", "lvs2"),
    ],
)
def test_the_masthead_names_the_director_of_the_table(told: str, host: str, name: str) -> None:
    first = head(State(1.0, 2.0, told), ScreenStatus(host=host), 120)[0][0]
    assert first.text.strip() == name
    assert first.role == ("mode" if host else "name")


def test_a_director_elsewhere_is_named_before_anything_is_read() -> None:
    first = head(None, ScreenStatus(host="lvs2"), 80)[0][0]
    assert (first.text.strip(), first.role) == ("lvs2", "mode")

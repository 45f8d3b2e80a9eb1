"""Why something was not done, as a sentence."""

from __future__ import annotations

import pytest

from lvstui.director.errors import BadInput, NotDone, refusal


@pytest.mark.parametrize(
    ("what", "why", "sentence"),
    [
        ("web9", "is not a real server of any service", "web9 is not a real server of any service"),
        ("10.0.0.1:80, 10.0.0.2:80", "are already at weight 0", "10.0.0.1:80, 10.0.0.2:80 are already at weight 0"),
        ("table.toml", "cannot be read: Is a directory", "table.toml cannot be read: Is a directory"),
        ("keepalived", "does not answer within 5 s", "keepalived does not answer within 5 s"),
        ("--record", "takes one director at a time", "--record takes one director at a time"),
        ("web1", "no longer has a rule", "web1 no longer has a rule"),
        ("drift", "no keepalived programs this table", "drift: no keepalived programs this table"),
        ("table.toml line 3", "cannot read 'x'", "table.toml line 3: cannot read 'x'"),
        ("keepalived", "its configuration has not been read", "keepalived: its configuration has not been read"),
        ("which service?", "4 services are marked", "which service? 4 services are marked"),
    ],
)
def test_a_reason_that_says_something_of_what_was_wanted_makes_one_sentence(what: str, why: str, sentence: str) -> None:
    """It read `web9: is not a real server`."""
    assert refusal(what, why) == sentence == str(NotDone(what, why)) == NotDone(what, why).sentence


def test_the_remedy_stands_behind_it() -> None:
    assert BadInput("web9", "is not a host", "did you mean web1?").text == "web9 is not a host; did you mean web1?"
    assert BadInput("web9", "is not a host").text == "web9 is not a host"

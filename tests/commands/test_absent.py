"""Names in the settings that match nothing in the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lvstui.commands import targets
from lvstui.commands.targets import CommandContext, NamedTarget
from lvstui.director.errors import BadInput
from lvstui.director.state import State
from lvstui.director.subject import subject
from lvstui.views.operator_names import OperatorNames

WORLD = CommandContext(
    State(0.0, 0.0, "lb1"), OperatorNames({subject("tcp 192.0.2.200:80"): "shop", subject("10.0.0.200"): "old-web"})
)


@pytest.mark.parametrize(("name", "whom"), [("shop", "tcp 192.0.2.200:80"), ("old-web", "10.0.0.200")])
@pytest.mark.parametrize(
    "find", [lambda wanted: targets.services(wanted, WORLD), lambda wanted: targets.places(wanted, None, WORLD)]
)
def test_a_missing_row_says_what_its_name_belongs_to(
    find: Callable[[NamedTarget], object], name: str, whom: str
) -> None:
    with pytest.raises(BadInput) as found:
        find(targets.named(name))
    assert f"your name for {whom}" in found.value.why and "did you mean" not in found.value.mend

"""Root and another user who may change the table: Ann, who has CAP_NET_ADMIN and is in the lock's group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.director import Director
from tests.lab.session import Result

# The checkout may lie in a home that only its owner enters.
MAY = "--inh-caps=-all,+net_admin,+dac_read_search", "--ambient-caps=+net_admin,+dac_read_search"
GROUP = {"LVSTUI_CONFIG": "/run/group.toml"}
ANN = {"HOME": "/run/ann", "LVSTUI_CONFIG": "/dev/null"}
IN_GROUP = "1"
"""The number of the group `daemon`."""


def ann(groups: str = IN_GROUP) -> list[str]:
    """What starts a command as Ann, in these groups."""
    return ["setpriv", "--reuid=2000", "--regid=2000", f"--groups={groups}", *MAY]


def by(director: Director, groups: str, *words: str) -> Result:
    """lvstui as Ann."""
    return director.run([*ann(groups), director.lab.python, "-m", "lvstui", *words], env=ANN)


@contextmanager
def shared(director: Director) -> Iterator[Director]:
    """The lock of this director is for the group `daemon` too, and Ann has a home."""
    director.run(["tee", "/run/group.toml"], stdin='lock_group = "daemon"\n').ok()
    director.run(["install", "-d", "-m", "700", "-o", "2000", "-g", "2000", "/run/ann"]).ok()
    yield director
    director.run(["rm", "-rf", "/run/ann", "/run/group.toml"]).ok()

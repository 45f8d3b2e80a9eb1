"""lvstui that waits for minutes where it would give up after seconds: for what keepalived means and tells, and does. It
says rightly that something is not known yet; a test that is about what is said once it is known runs this instead.

    python -m tests.lab.patient ARGUMENTS...
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from lvstui import cli
from lvstui.commands import reloading
from lvstui.director.state import State
from lvstui.keepalived import control
from lvstui.keepalived.dump import ask
from lvstui.operations import reading
from lvstui.operations.steps import Operation
from lvstui.verbs import list as listing

PATIENCE = 150.0
_known = reading.known


def known(what: str, enough: Callable[[State], bool], patience: float) -> Operation[State]:
    return _known(what, enough, max(patience, PATIENCE))


def main(argv: list[str]) -> int:
    reading.known = known
    reloading.Wait.PATIENCE = control.PATIENCE = ask.PATIENCE = PATIENCE
    listing._PATIENCE = listing._ANSWER = PATIENCE
    return cli.main(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""lvstui that waits for minutes, not seconds, for keepalived's configuration, answers and actions, and for
directors elsewhere.
On a busy machine lvstui rightly says that something is not known yet; a test of what it says once it knows runs this.

    python -m tests.lab.patient ARGUMENTS...
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from lvstui import cli
from lvstui.commands import reloading
from lvstui.director import observed
from lvstui.director.state import State
from lvstui.keepalived import control
from lvstui.keepalived.dump import ask
from lvstui.operations import complete_reads
from lvstui.operations.steps import Operation
from lvstui.verbs import list as listing

PATIENCE = 150.0
_known = complete_reads.with_keepalived_report


def known(what: str, enough: Callable[[State], bool], patience: float) -> Operation[State]:
    return _known(what, enough, max(patience, PATIENCE))


def main(argv: list[str]) -> int:
    complete_reads.with_keepalived_report = known
    reloading.SettleWait.PATIENCE = control.PATIENCE = ask.PATIENCE = PATIENCE
    listing._PATIENCE = listing._ANSWER = observed._WAITS = PATIENCE
    if "--on" in argv:
        from lvstui.remote import link
        from lvstui.verbs import together

        link.SshLink.__init__.__defaults__ = (None, PATIENCE)
        link.SshLink.begin.__defaults__ = (PATIENCE,)
        together._LEARNING = PATIENCE
    return cli.main(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

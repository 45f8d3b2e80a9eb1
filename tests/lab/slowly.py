"""lvstui with changes that are sent a few at a time, so that a test can come between them.

python -m tests.lab.slowly SECONDS WORDS...      so many seconds before each few changes
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from lvstui import cli, live
from lvstui.director import transaction
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose

FEW = 3


def main() -> int:
    seconds, send = float(sys.argv[1]), live.LiveSource.send

    def slow(self: live.LiveSource, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        time.sleep(seconds)
        return send(self, changes, purpose)

    live.LiveSource.send = slow  # type: ignore[method-assign]
    transaction.BATCH = FEW
    return cli.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())

"""lvstui that sends a few changes at a time, each few only when a test lets them go, so that the test can come between
them however fast or slow the machine is.

python -m tests.lab.slowly GATE WORDS...                sends as many times as there are files in the folder GATE
python -m tests.lab.slowly GATE --until-left WORDS...   a console that sends freely once it is being left
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence

from lvstui import cli, live
from lvstui.console.session.director_client import DirectorClient
from lvstui.director import transaction
from lvstui.director.change import Change
from lvstui.director.errors import LvsError
from lvstui.director.source import UNNAMED, Outcome, Purpose
from tests.lab.director import Director

FEW = 3
UNTIL_LEFT = "--until-left"


class Gate:
    """The test's end: a folder in the lab."""

    def __init__(self, director: Director) -> None:
        self.path = f"/run/gate-{director.netns}"
        self._director = director
        director.run(["sh", "-c", f"rm -rf {self.path} && mkdir {self.path}"]).ok()

    def argv(self, *words: str) -> list[str]:
        """The command line of an lvstui that waits here."""
        return [self._director.lab.python, "-m", "tests.lab.slowly", self.path, *words]

    def let(self, times: int) -> None:
        """Lets it send so many times in all, counted from its start."""
        self._director.run(["sh", "-c", f"seq -f {self.path}/%.0f {times} | xargs touch"]).ok()


def main() -> int:
    gate, *words = sys.argv[1:]
    send, end, numbers = live.LiveSource.send, DirectorClient.end, itertools.count(1)
    left = threading.Event()

    def slow(self: live.LiveSource, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        mine = f"{gate}/{next(numbers)}"
        while not os.path.exists(mine) and not left.is_set():
            time.sleep(0.02)
        return send(self, changes, purpose)

    async def ended(self: DirectorClient, changes: Callable[[], bool]) -> LvsError | None:
        asyncio.get_running_loop().call_soon(left.set)  # it is interrupted by then
        return await end(self, changes)

    live.LiveSource.send = slow  # type: ignore[method-assign]
    transaction.BATCH = FEW
    if words[0] == UNTIL_LEFT:
        DirectorClient.end = ended  # type: ignore[method-assign]
        del words[0]
    return cli.main(words)


if __name__ == "__main__":
    sys.exit(main())

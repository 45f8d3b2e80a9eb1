"""Runs on a director in the lab, as a console without a screen: the same reads of the same source, with the
console's audit log. It prints what it knows of VRRP, with the time, whenever that changes, and from time to time when
nothing changed, so that a test can tell silence from calm.

    python -m tests.lab.watched addresses|dumps
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial

from lvstui import places
from lvstui.console.session.director_client import DirectorClient
from lvstui.director.model import address_text
from lvstui.director.state import Vrrp
from lvstui.live import open_source
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.who import who
from lvstui.views.vrrp import InstanceKey, InstanceView


def said(vrrp: Vrrp) -> dict[str, object]:
    """What a test checks, as in JSON."""
    return {
        "role": vrrp.role,
        "held": list(vrrp.held or ()),
        "keepalived": vrrp.keepalived,
        "source": vrrp.source,
        "trouble": vrrp.trouble,
        "states": {one.instance.name: one.state for one in vrrp.instances},
        "priorities": {one.instance.name: one.instance.effective for one in vrrp.instances},
        "findings": [text for one in vrrp.instances for text in one.findings],
        "masters": {
            one.instance.name: [f"{address_text(a.source)} {a.priority}" for a in one.masters or ()]
            for one in vrrp.instances
        },
    }


BEAT = 2.0
"""Seconds after which what is known is printed again."""
PULSE = 0.25


class Pulse:
    """The longest time for which this machine has kept this process waiting, since the last call."""

    def __init__(self) -> None:
        self._at, self._worst = time.monotonic(), 0.0

    def late(self) -> float:
        self._look()
        worst, self._worst = self._worst, 0.0
        return worst

    def _look(self) -> None:
        self._worst = max(self._worst, time.monotonic() - self._at - PULSE)

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(PULSE)
            self._look()
            self._at = time.monotonic()


async def main(how: str) -> None:
    folder = places.table_paths().folder
    source = Audited(open_source(), Log(folder, system=False), who(), "console", folder.name, watching=True)
    before: dict[str, object] = {}
    printed = 0.0

    def show() -> None:
        nonlocal before, printed
        if poll.state is None:
            return

        now = said(poll.state.vrrp)
        if now != before or time.monotonic() - printed >= BEAT:
            facts = {}
            for one in poll.state.vrrp.instances:
                view = InstanceView(poll.state, InstanceKey(one.instance.name))
                facts[one.instance.name] = [list(view.row(index).cells) for index in range(len(view))]
            print(json.dumps({"at": time.time(), "late": pulse.late(), **now, "facts": facts}), flush=True)
            before, printed = now, time.monotonic()

    poll = DirectorClient(source, 1.0, show, frozenset)
    poll.asks_keepalived = how == "dumps"
    pulse = Pulse()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pulse.beat())
        tasks.create_task(poll.run())


if __name__ == "__main__":
    with_how = partial(main, sys.argv[1])
    asyncio.run(with_how())

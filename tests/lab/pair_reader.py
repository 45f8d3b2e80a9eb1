"""Runs on a director in the lab: reads it as a console does, and prints each State, so that a test can compare two of
them in a process of its own. A line is the time at which the read began, and a State and its tally, pickled and in
base64.

    python -m tests.lab.pair_reader
"""

from __future__ import annotations

import base64
import copyreg
import pickle
import time
from types import MappingProxyType
from typing import Any, cast

from lvstui.director.model import ServiceKey
from lvstui.director.serving import Tally, tallied
from lvstui.director.source import Scope
from lvstui.director.state import Pool, PoolRows, ServiceRows, State
from lvstui.live import open_source

SCOPE = Scope(sweep=True, settings=True, vrrp=True, ask=True, owner=True, facts=True, examine=True)
BEAT = 0.7
"""Seconds between two reads."""


def plain(state: State) -> State:
    """With rows of a kind that can leave this process."""
    pools: dict[ServiceKey, Pool] = {key: PoolRows(pool.at, list(pool)) for key, pool in state.pools.items()}
    return state._replace(services=ServiceRows(list(state.services)), pools=pools)


def written(state: State, tally: Tally) -> str:
    """What a line says."""
    copyreg.pickle(MappingProxyType, lambda view: cast(Any, (dict, (dict(view),))))
    said = tally.reported_at, tally.since, dict(tally.stood)
    return base64.b64encode(pickle.dumps((plain(state), said))).decode()


def read(line: str) -> tuple[State, Any]:
    """The State of a line, and of its tally what was told when, and since when services are as they are."""
    state, said = pickle.loads(base64.b64decode(line.split()[1]))
    return state, said


def began(line: str) -> float:
    """When the read of a line began."""
    return float(line.split()[0])


def main() -> None:
    source = open_source()
    tally: Tally | None = None
    while True:
        began = time.time()
        state = source.read(SCOPE)
        tally = tallied(state, tally)
        print(began, written(state, tally), flush=True)
        time.sleep(BEAT)


if __name__ == "__main__":
    main()

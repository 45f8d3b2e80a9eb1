"""The output of --watch: the table once, then a line for each change in it. It is for terminals that cannot move a
cursor and for screen readers: nothing is said twice, and a mere change of numbers is not reported."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.director.sweeps import ObservedChanges, described
from lvstui.plain import plain
from lvstui.views.number import count, short

MANY = 20
"""The most changes at once that have a line each."""


def line(taken: float, text: str) -> str:
    """`12:00:01  text`, by the clock of this machine."""
    return f"{time.strftime('%T', time.localtime(taken))}  {plain(text)}\n"


def changes(state: State, difference: ObservedChanges, tally: Tally) -> Iterator[str]:
    """A line for each change between two readings."""
    if difference.vrrp:
        yield line(state.taken, f"VRRP {difference.vrrp}")
    for change in difference.changes[:MANY]:
        yield line(state.taken, described(change, difference.before))
    if len(difference.changes) > MANY:
        yield line(
            state.taken, f"and {count(len(difference.changes) - MANY, 'more change')}; now {totals(state, tally)}"
        )


def standing(state: State) -> str:
    """The role and the addresses that are held, "" until either is known."""
    if state.vrrp.keepalived is None and not state.vrrp.role:
        return ""
    role = state.vrrp.role or ("no role" if state.vrrp.keepalived else "no keepalived")
    held = state.vrrp.held or ()
    more = f" and {count(len(held) - 4, 'more address')}" if len(held) > 4 else ""
    return f"VRRP {role}" + (f", holds {', '.join(held[:4])}{more}" if held else "")


def totals(state: State, tally: Tally) -> str:
    """`7 services, 9 of 11 servers live, 1 service DOWN, 273 active, 6118 inactive, 290 new a second`."""
    words = [count(len(state.services), "service")]
    if (load := state.load) is not None:
        words += [serving(tally), *trouble(tally)]
        words += [f"{short(load.active)} active", f"{short(load.inactive)} inactive"]
    if state.traffic is not None:
        words.append(f"{short(state.traffic.connections)} new a second")
    return ", ".join(words)


def serving(tally: Tally) -> str:
    """`9 of 11 servers live`; without the total if that is not known."""
    if tally.configured is None:
        return f"{count(tally.live, 'server')} live"
    return f"{tally.live} of {count(tally.configured, 'server')} live"


def trouble(tally: Tally) -> list[str]:
    """`1 service DOWN`, `3 degraded`: as in the masthead of the console."""
    down, degraded = len(tally.down), len(tally.degraded)
    return [*([f"{count(down, 'service')} DOWN"] if down else []), *([f"{degraded} degraded"] if degraded else [])]

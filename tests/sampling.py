"""How much of a long list is tried: usually a fixed sample, so that a change is judged in minutes; `make soak`: all."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
RULE_SETS = int(os.environ.get("LVSTUI_RULE_SETS", "0"))
"""Random rule sets that `make soak` asks for; 0 in an ordinary run."""
SOAK = RULE_SETS >= 100


def some(cases: Iterable[T], count: int) -> list[T]:
    """This many of the cases, the same ones in every run, in their order; all of them in `make soak`."""
    every = list(cases)
    if SOAK or count >= len(every):
        return every
    chosen = sorted(random.Random(len(every)).sample(range(len(every)), count))
    return [every[number] for number in chosen]

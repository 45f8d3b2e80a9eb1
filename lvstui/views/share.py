"""Each server's share of a pool compared with its share by weight: imbalance at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

FEW = 20
"""If a pool has fewer active connections, shares are chance."""
MUCH = 0.15
"""How far the two shares of a server must lie apart to be mentioned."""


_EVEN = frozenset(("rr", "lc"))
_WEIGHED = frozenset(("wrr", "wlc", "sed", "nq", "sh", "mh", "twos"))
"""Schedulers that give each server with a weight the same, and those that give it what its weight says. Others choose
by destination or by what stands idle."""
_Key = TypeVar("_Key")


def due(weights: Mapping[_Key, int], scheduler: str) -> dict[_Key, float] | None:
    """Each server's share of new connections by its weight, 0 to 1; None if this scheduler does not share by weight."""
    if scheduler in _EVEN:
        weights = {key: min(1, weight) for key, weight in weights.items()}
    elif scheduler == "fo":
        first = max(weights, key=weights.__getitem__, default=None)
        weights = {key: weight if key == first else 0 for key, weight in weights.items()}
    elif scheduler not in _WEIGHED:
        return None
    whole = sum(weights.values())
    return {key: weight / whole if whole else 0.0 for key, weight in weights.items()}


def bar(share: float, due: float, width: int) -> str:
    """The share of the active connections as a line of so many cells, with a mark at the share due by weight, and the
    percentage: `━━━━━│━╸ 55%` for a server with more than its share, `━━━ │ 30%` for one with less."""
    halves = round(min(1.0, share) * width * 2)
    cells = list(f"{'━' * (halves // 2) + '╸' * (halves % 2):<{width}}")
    mark = min(width - 1, round(due * width))
    if due > 0:
        cells[mark] = "│" if cells[mark] == " " else "┿"
    return f"{''.join(cells)} {share * 100:3.0f}%"


def skewed(share: float, due: float, active: int) -> bool:
    """Whether a server of a pool with so many active connections carries much more or much less than its share."""
    return active >= FEW and abs(share - due) > MUCH


def skew(pool: Iterable[tuple[int, int]]) -> float | None:
    """The share of a pool's load that is not where its weights would put it, 0 to 1, from (weight, active) pairs: half
    the sum of the differences between each server's two shares. None if there is too little load to say."""
    rows = list(pool)
    weight, active = sum(row[0] for row in rows), sum(row[1] for row in rows)
    if active < FEW or not weight or len(rows) < 2:
        return None
    return sum(abs(a / active - w / weight) for w, a in rows) / 2

"""Look: what the operator has chosen to see. Frozen; a key press makes the next one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple


class Look(NamedTuple):
    """`inside`: what was gone into, a service or a host; None for the view's own rows. `sort` is a column's key, ""
    for the stable order of the rules. `filter`: text that a row's name must have, with a leading `!` must not."""

    inside: Hashable | None = None
    sort: str = ""
    reverse: bool = False
    filter: str = ""
    paused: bool = False

    def enter(self, key: Hashable) -> Look:
        return self._replace(inside=key, sort="", reverse=False, filter="")

    def leave(self) -> Look:
        return self._replace(inside=None, sort="", reverse=False, filter="")

    def sorted_by_next(self, keys: tuple[str, ...]) -> Look:
        """Sorted by the column after the one it is sorted by now; after the last, by the rules' order again."""
        around = ("", *keys)
        place = around.index(self.sort) if self.sort in around else 0
        return self._replace(sort=around[(place + 1) % len(around)], reverse=False)


def keeps(text: str, pattern: str) -> bool:
    """Whether a row with this text passes a filter; letters of either case are the same."""
    inverted = pattern.startswith("!")
    wanted = pattern.removeprefix("!").strip().lower()
    return not wanted or (wanted in text.lower()) is not inverted

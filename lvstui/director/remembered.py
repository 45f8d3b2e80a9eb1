"""What a function made of each key: of thousands of rows most are alike but for an address and a number."""

from __future__ import annotations

from _collections_abc import Callable

from lvstui.values import TypeVar

K = TypeVar("K")
V = TypeVar("V")


_MOST = 65_536
"""Values that are kept; a console goes on for months."""


class Remembered(dict[K, V]):
    """Makes the value of a key that is asked for first, and keeps it."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        if len(self) >= _MOST:
            self.clear()
        made = self[key] = self._make(key)
        return made

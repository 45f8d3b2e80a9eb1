"""An operation that continues beside the screen after one confirmation."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.operations.change import Undo


class UnderWay(ABC):
    """An operation in progress; `undo` takes back what was done so far."""

    kind = ""

    def __init__(self) -> None:
        self.undo: Undo | None = None
        self.task: asyncio.Task[None] | None = None

    @abstractmethod
    def text(self, now: float) -> str:
        """Its progress, for the bottom line."""

    @abstractmethod
    def stays(self) -> str:
        """The state in which it stays if it is ended now."""

    @abstractmethod
    def done(self) -> str:
        """Its result, once it is done."""

"""Choices on the screen, remembered until the next start of the console."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from lvstui import log
from lvstui.console.terminal.xterm256 import many_colours
from lvstui.director.errors import LvsError
from lvstui.store import choices as store
from lvstui.store import private
from lvstui.store.choices import NOTHING, Choices

_EVERY = 60.0
"""The shortest time between two writes, in seconds, except for the last one."""


class SavedChoices:
    """`choices` is what the console starts with. Without a path nothing is remembered: on a simulated director, in a
    recording, with --fresh, and after :forget. `fresh`: saved columns are ignored too; `themed`: the settings name a
    theme."""

    def __init__(self, path: Path | None = None, choices: Choices = NOTHING, complaint: str = "", fresh: bool = False):
        self.path = path
        self.saved = choices
        self.complaint = complaint
        self.fresh = fresh
        self.themed = False
        self._written = -_EVERY

    def theme(self, environment: Mapping[str, str] = os.environ) -> str:
        """The theme that was chosen last; "" on a terminal with few colours, for which it may not be suitable."""
        return self.saved.theme if many_colours(environment) else ""

    def due(self, choices: Choices) -> bool:
        """Whether these are to be saved now: they differ from the saved ones, which are a minute old."""
        return self.path is not None and choices != self.saved and time.monotonic() >= self._written + _EVERY

    def keep(self, choices: Choices) -> None:
        """Saves these if they differ. Raises NotDone."""
        if self.path is not None and choices != self.saved:
            self._written = time.monotonic()
            store.write(self.path, choices)
            self.saved = choices

    async def keep_beside(self, choices: Choices, say: Callable[[str], None]) -> None:
        """Saves these in a thread. If they cannot be written, `say` gets the reason, and nothing more is saved."""
        from lvstui.console.session.threads import in_thread  # with asyncio, which the first frame does without

        try:
            await in_thread(partial(self.keep, choices))
        except LvsError as error:
            say(f"what you choose here is not remembered: {error}")
            self.path = None

    def keep_last(self, choices: Choices) -> None:
        """Saves these when the console ends, when nobody reads a message any more: an error goes to the log."""
        try:
            self.keep(choices)
        except LvsError as error:
            log.note("choices: %s", error)

    def forget(self) -> None:
        """Removes what was saved, and saves nothing more. Raises OSError."""
        path, self.path, self.saved = self.path, None, NOTHING
        if path is not None:
            private.remove(path)


def remembered(path: Path, simulated: bool = False, fresh: bool = False) -> SavedChoices:
    """What a file has saved. A simulated director and a recording use only its theme, and save nothing."""
    if fresh:
        return SavedChoices(fresh=True)
    choices, complaint = store.read(path)
    return SavedChoices(None, Choices(theme=choices.theme)) if simulated else SavedChoices(path, choices, complaint)

"""Settings: what flags choose, as one frozen value that is handed to whoever needs it."""

from __future__ import annotations

from typing import NamedTuple


class Settings(NamedTuple):
    """`interval`: seconds between two reads. `theme`: a theme's name, "" for the terminal's own colours. `netns`: the
    network namespace that was entered, "" for the one we started in."""

    interval: float = 1.0
    theme: str = ""
    read_only: bool = False
    netns: str = ""
    ascii: bool = False
    mouse: bool = False

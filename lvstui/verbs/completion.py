"""--completion SHELL: the script that makes a shell complete lvstui's command line."""

from __future__ import annotations

from lvstui import places
from lvstui.director.errors import NotDone
from lvstui.verbs.verb import Verb

FILES = {"bash": "lvstui.bash", "zsh": "_lvstui", "fish": "lvstui.fish"}
"""The files by shell, with the names that each shell expects."""


def run(shell: str) -> Verb:
    """Prints the script. Raises NotDone when it is missing from this installation."""
    path = places.completions() / FILES[shell]
    try:
        yield path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotDone("--completion", f"{path} cannot be read: {error.strerror or error}") from None
    return 0

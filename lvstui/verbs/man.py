"""--man: the manual page as man(1) reads it, for an installation that put it nowhere."""

from __future__ import annotations

from lvstui import places
from lvstui.director.errors import NotDone
from lvstui.verbs.verb import Verb


def run() -> Verb:
    """Raises NotDone when the page was left out of this installation."""
    path = places.manual()
    try:
        yield path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotDone("--man", f"{path} cannot be read: {error.strerror or error}") from None
    return 0

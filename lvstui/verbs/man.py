"""--man: prints the manual page in the format of man(1), for an installation that has not installed it."""

from __future__ import annotations

from lvstui import places
from lvstui.director.errors import NotDone
from lvstui.verbs.verb import Verb


def run() -> Verb:
    """Prints the page. Raises NotDone when it is missing from this installation."""
    path = places.manual()
    try:
        yield path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotDone("--man", f"{path} cannot be read: {error.strerror or error}") from None
    return 0

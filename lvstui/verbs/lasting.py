"""--do conf: the keepalived.conf lines with which a service lasts as it is now."""

from __future__ import annotations

from pathlib import Path

from lvstui.commands.lasting import files, key_of, lines
from lvstui.commands.parse import Asked
from lvstui.commands.targets import World
from lvstui.store.beside import write_beside
from lvstui.verbs.verb import Verb
from lvstui.views.past import Past


def run(asked: Asked, world: World) -> Verb:
    """Prints the lines, or writes them to the file that is named. Returns 0. Raises BadInput for a service that is not
    there, NotDone for a file that cannot or must not be written."""
    found = lines(world.state, key_of(asked, world), Past())
    file = asked.get("file")
    if file is None:
        yield found.text
        return 0
    path = Path(file).expanduser()
    write_beside(path, found.text, files(world.state))
    yield f"written: {path}\n"
    return 0

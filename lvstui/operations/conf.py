"""The keepalived.conf lines that make a service last as it is now. They are shown, or written to a file; keepalived's
own files are never written."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from lvstui.commands.lasting import files, lines
from lvstui.director.model import ServiceKey, service_text
from lvstui.director.state import State
from lvstui.operations.steps import YES, Operation, ShowConfLines, work
from lvstui.places import TablePaths
from lvstui.store.beside import write_beside
from lvstui.views.past import Past


def conf(state: State, key: ServiceKey, past: Past, paths: TablePaths, file: str | None) -> Operation[Path | None]:
    """Writes the lines of a service to `file`. Without `file` it shows them, and writes them to the state folder if the
    operator wants that. `past` knows which is newer, the table or a dump. Returns the path written, None for none.
    Raises NotDone where the service is neither in the table nor configured, or where the file belongs to keepalived or
    cannot be written."""
    conf_lines = lines(state, key, past)
    path = Path(file).expanduser() if file is not None else paths.folder / "conf" / f"{_name(key)}.conf"
    if file is None and (yield ShowConfLines(key, conf_lines, path)) != YES:
        return None
    yield from work(partial(write_beside, path, conf_lines.text, files(state)))
    return path


def _name(key: ServiceKey) -> str:
    """A service as a file name: `tcp-192.0.2.1-80`."""
    return re.sub(r"[^\w.]+", "-", service_text(key)).strip("-")

"""What was changed by hand, as lines for keepalived.conf: shown, copied, or written to a file beside. keepalived's own
file is left alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.commands.parse import Asked
from lvstui.console.aside import aside
from lvstui.director.model import ServiceKey, service_text
from lvstui.views.number import count

if TYPE_CHECKING:
    from lvstui.console.app import Console


async def show(app: Console) -> None:
    """The lines of the service under the cursor."""
    await _show(app, app.desk.service(), None)


async def conf(app: Console, asked: Asked) -> None:
    """`:conf`"""
    from lvstui.commands.lasting import key_of

    await _show(app, key_of(asked, app.desk.world()), asked.get("file"))


async def _show(app: Console, key: ServiceKey, file: str | None) -> None:
    from lvstui.commands.lasting import lines
    from lvstui.console.copying import copied
    from lvstui.console.pages import TextPage

    found = lines(await app.poll.fresh([key]), key, app.poll.past)
    if file is not None:
        await _write(app, found.text, Path(file).expanduser())
        return
    beside = app.files.kept.folder / "conf" / f"{_name(key)}.conf"
    text = [[(line, "dim" if line.lstrip().startswith("#") else "")] for line in found.text.splitlines()]
    what = count(found.changes, "change") if found.changes else "nothing to change"
    title = f"{service_text(key)} in keepalived.conf: {what}"
    pressed = await app.push_screen_wait(
        TextPage(title, text, f"y copies   w writes {beside}   other keys leave", "yw")
    )
    if pressed == "y":
        await copied(app, found.text, count(found.text.count("\n"), "line"))
    elif pressed == "w":
        await _write(app, found.text, beside)


async def _write(app: Console, text: str, path: Path) -> None:
    """Writes the lines to a file. Raises NotDone where it is one of keepalived's, or cannot be written."""
    from lvstui.commands.lasting import files
    from lvstui.store.beside import write_beside

    await aside(write_beside, path, text, files(app.desk.state))
    app.prompt.status(f"written to {path}; keepalived's own file is as it was", "good")


def _name(key: ServiceKey) -> str:
    """A service as a file name: `tcp-192.0.2.1-80`."""
    return re.sub(r"[^\w.]+", "-", service_text(key)).strip("-")

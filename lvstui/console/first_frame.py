"""The first frame: the masthead and the rows in plain text, while Textual is loaded, which takes longer than all else
at the start. The rows are those of the console's first read, made by the same views; Textual paints over them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from lvstui.config import Settings
from lvstui.console.panes import BROAD, PANES, Pane, Scene, opened_first
from lvstui.console.panes.displayed import Displayed
from lvstui.console.session.director_client import SMALL, DirectorClient
from lvstui.console.session.navigation import ViewStack
from lvstui.console.session.read_ahead import ReadAhead
from lvstui.console.session.storage import Storage
from lvstui.console.terminal import alternate_screen
from lvstui.console.terminal.ascii import ASCII, only_ascii
from lvstui.console.widgets.column_layout import WIDEST, fit
from lvstui.console.widgets.text import clip, line_text
from lvstui.director.source import Source
from lvstui.director.state import State
from lvstui.views.grid_view import GridView
from lvstui.views.head import head
from lvstui.views.look import Look

PATIENCE = 0.4
"""The longest time in seconds for which Textual waits for the read. A large table, for which there is no such frame,
takes longer."""
_OUTPUT = 1
_AROUND = 2
"""The lines below the rows: for messages, and for the keys."""


@contextmanager
def shown(first: ReadAhead, settings: Settings, storage: Storage, demo: bool) -> Iterator[None]:
    """Shows it while this context is open, until Textual takes the terminal over; or nothing, if the read takes long,
    the table is large, or the terminal belongs to another program now."""
    state = first.within(PATIENCE)
    if state is None or len(state.services) > SMALL or not _ours():
        yield
        return
    width, height = shutil.get_terminal_size()
    drawn = lines(first.source, state, settings, storage, demo, width, height)
    if settings.ascii or only_ascii(sys.__stdout__):
        drawn = [line.translate(ASCII) for line in drawn]
    with alternate_screen.showing(drawn, "utf-8"):
        yield


def _ours() -> bool:
    """Whether this program is in the foreground of its terminal, or of one that has no foreground."""
    try:
        return os.tcgetpgrp(_OUTPUT) == os.getpgrp()
    except OSError:
        return True


def lines(
    source: Source, state: State, settings: Settings, storage: Storage, demo: bool, width: int, height: int
) -> list[str]:
    """The lines of a screen of this size."""
    left = storage.choices.saved
    where = ViewStack(opened_first(left.view))
    where.arrange(left.tables)
    client = DirectorClient(source, settings.interval, lambda: None, frozenset)
    client.state = state
    displayed = Displayed(where, client, settings, lambda: storage)
    displayed.swept(state)
    displayed.take()
    displayed.relist()
    scene = displayed.scene({}, {}, width)
    pane, look = PANES[where.view], where.look
    table = pane.show(scene, look, None)
    view = table.view
    room = scene.beside(width >= BROAD and _detailed(pane, scene, view, look))
    over = pane.over(scene, look, room)
    layout = fit(view.columns, min(room, WIDEST), look)
    made = [
        *map(line_text, head(state, displayed.standing()._replace(demo=demo), width)),
        "",
        *map(line_text, over),
        *([f" {table.heading}"] if table.heading else []),
        layout.titles(look),
    ]
    if not len(view):
        made.append(f" {table.empty}")
    for number in range(min(len(view), height - len(made) - _AROUND)):
        row = view.row(number)
        made.append(f" {row.sign or ' '} {layout.gap.join(layout.fields(row.cells))}")
    return [clip(line, width).rstrip() for line in made[:height]]


def _detailed(pane: Pane, scene: Scene, view: GridView[Hashable], look: Look) -> bool:
    """Whether there is something about the row under the cursor to show beside the table."""
    if not len(view):
        return True  # the place stays free
    key = view.key(0)
    return pane.below(scene, key, look, True) is not None or bool(pane.detail(scene, key, look, 60, 40))

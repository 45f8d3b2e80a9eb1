"""Opens the console on a director, or the page of several."""

from __future__ import annotations

import gc
import os
import sys
from _collections_abc import Callable

from lvstui import sources
from lvstui.arguments import Arguments
from lvstui.director.errors import BadInput
from lvstui.dispatch import judging
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.console.session.choices import SavedChoices


def run(arguments: Arguments) -> int:
    """Runs the console and returns its exit code. Raises BadInput where there is no terminal."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None or not stream.isatty():
            raise BadInput(
                "console",
                f"standard {name} is not a terminal",
                "lvstui --list prints the table, --watch what changes",
            )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise BadInput("console", "this terminal is dumb (TERM)", "lvstui --watch prints the table, then what changes")
    # Until the first frame stands nearly all that is made stays: collecting garbage among it is wasted time, and so it
    # is later (ActionRunner.ready).
    gc.disable()
    try:
        return _run(arguments)
    finally:
        gc.enable()


def _run(arguments: Arguments) -> int:
    from lvstui import places
    from lvstui.console.session.choices import remembered

    choices = remembered(places.choices(), arguments.demo is not None or bool(arguments.replay), arguments.fresh)
    choices.themed = bool(arguments.settings.theme)
    if not choices.themed:
        arguments.settings = arguments.settings._replace(theme=choices.theme())
    if arguments.on:
        from lvstui.verbs import fleet  # with all that reaches a director elsewhere

        if fleet.several(arguments.on):
            return _directors(arguments, choices)
    return _console(arguments, choices)


def _directors(arguments: Arguments, choices: SavedChoices) -> int:
    """The page of several directors, and the console on each that is opened from it; Esc leads back. Raises
    BadInput."""
    from copy import copy
    from functools import partial

    from lvstui import places
    from lvstui.console import directors
    from lvstui.console.session.fleet import Fleet
    from lvstui.director.errors import LvsError
    from lvstui.verbs import fleet

    if arguments.record:
        raise BadInput("--record", "takes one director at a time", "lvstui HOST --record FILE")
    silence, limits, _ = judging(arguments)
    all_of_them = Fleet(fleet.hosts(arguments.on), partial(sources.elsewhere, arguments), silence, limits)
    all_of_them.start()
    host, error_text = "", ""
    try:
        while host := directors.run(all_of_them, arguments.settings, places.theme_folders(), host, error_text):
            of_host, back = copy(arguments), list[bool]()
            of_host.on, error_text = host, ""
            try:
                code = _console(of_host, choices, partial(back.append, True))
            except LvsError as error:
                error_text = f"{host}: {error.why}; {error.mend}" if error.mend else f"{host}: {error.why}"
            else:
                if not back:
                    return code
    finally:
        all_of_them.close()
    return 0


def _console(arguments: Arguments, choices: SavedChoices, back: Callable[[], None] | None = None) -> int:
    """The console on one director. `back`: what is called when it is left for the page that it was opened from."""
    from functools import partial

    opened = sources.ahead(arguments) if not arguments.replay else None
    if arguments.on or opened is None:
        from lvstui.console import app  # loaded while the connection is made
    from contextlib import AbstractContextManager, nullcontext

    from lvstui import places
    from lvstui.console.session.storage import Storage
    from lvstui.verbs.disk import Disk

    paths = sources.table_paths(arguments)
    disk = Disk(paths)
    files = Storage(
        save=disk.save,
        load=disk.load,
        due=disk.due,
        keep=disk.keep,
        listed=disk.listed,
        remove=disk.remove,
        to_read=disk.to_read,
        to_write=disk.to_write,
        folder=disk.folder,
        themes=places.theme_folders(),
        paths=paths,
        refused=disk.refused,
        choices=choices,
    )
    if opened is None:
        replay = sources.replay(arguments.replay)
        played: int = app.run(replay, arguments.settings, files._replace(replay=replay))
        return played
    director = opened()
    recording = sources.recorded(arguments, director)
    audited = sources.audited(arguments, recording or director, "console", watching=True)
    files = files._replace(audited=audited, recording=recording, host=arguments.on, back=back)
    if arguments.on and arguments.demo is None:
        files = files._replace(around=arguments.remote.go_round)
    source = sources.guarded(arguments, audited)
    opener = partial(sources.elsewhere, arguments)
    first = None
    shown: AbstractContextManager[None] = nullcontext()
    if not arguments.on:
        from lvstui.console import first_frame
        from lvstui.console.session.read_ahead import ReadAhead

        first = ReadAhead(source, arguments.settings.ask_keepalived)
        shown = first_frame.shown(first, arguments.settings, files, arguments.demo is not None)
    with shown:
        from lvstui.console import app

        simulated = arguments.demo is not None
        code: int = app.run(source, arguments.settings, files, simulated, sources.again, opener, arguments.pair, first)
    return code

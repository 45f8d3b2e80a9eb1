"""The command line: arguments -> a verb or the console. It alone writes standard output, standard error and exit codes.

Nothing is imported before it is needed: a verb should start as fast as the interpreter lets it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.arguments import Arguments, parse
from lvstui.director.errors import BadInput, LvsError, NotDone, Unavailable

if TYPE_CHECKING:
    from lvstui.director.remarks import Remark
    from lvstui.director.source import Source
    from lvstui.places import Kept
    from lvstui.store.audited import Audited
    from lvstui.store.recording import Recording
    from lvstui.store.replay import Replay
    from lvstui.verbs.address import File
    from lvstui.verbs.verb import Verb

_REMARKS = 20
"""Warnings shown before the rest are only counted."""

INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Does what the arguments say and returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character gets its escape, which TOML and JSON read as the character.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        arguments = parse(argv)
        if arguments is None:
            return 0
        return _run(arguments)
    except LvsError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        _mute()  # the reader has seen enough: `lvstui --list | head`
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("LVSTUI_DEBUG"):
            raise
        _complain(_unexpected(error))
        return 1


def _run(arguments: Arguments) -> int:
    arguments.log = None
    if arguments.verb != "completion":
        _settle(arguments)
    if arguments.netns:
        _enter(arguments.netns)
    verb = _verb(arguments)
    if verb is None:
        return _console(arguments)
    _warn(arguments)
    if arguments.verb != "watch":
        # What a verb makes it needs until it leaves: looking for garbage among fifty thousand rules only costs.
        import gc

        gc.disable()
    try:
        return _show(verb, at_once=arguments.verb in ("do", "watch"))
    finally:
        if arguments.log is not None and arguments.log.trouble:
            print(f"lvstui: {_plain(arguments.log.trouble)}", file=sys.stderr)


def _warn(arguments: Arguments) -> None:
    """Says that a restore stands cut off, to whoever looks at the table."""
    if arguments.verb not in ("list", "save", "diff", "watch") or arguments.demo is not None:
        return
    kept = _kept(arguments)
    if kept.journal.exists():
        from lvstui.restoring import warning

        try:
            text = warning(kept)
        except BadInput as error:
            text = f"{error}; {error.mend}"
        if text:
            print(f"lvstui: {_plain(text)}", file=sys.stderr)


def _settle(arguments: Arguments) -> None:
    """What files and flags choose together, as `arguments.settings`. The console says what is amiss in a file."""
    from pathlib import Path

    from lvstui import places
    from lvstui.config.gathering import gather

    explicit = Path(arguments.config) if arguments.config else None
    settings, origins = gather(places.configs(), vars(arguments), explicit)
    arguments.settings, arguments.origins = settings._replace(netns=arguments.netns), origins
    arguments.read_only = settings.read_only
    if arguments.verb:
        for complaint in settings.complaints:
            print(f"lvstui: {_plain(complaint)}", file=sys.stderr)


def _show(verb: Verb, at_once: bool = False) -> int:
    """Writes what a verb yields and returns its exit code; each part `at_once` where a verb takes its time."""
    remarks = 0
    try:
        while True:
            try:
                part = next(verb)
            except StopIteration as end:
                code: int = end.value
                _print("")
                return code
            if isinstance(part, str):
                _print(part, flush=at_once)
                continue
            remarks += 1
            if remarks <= _REMARKS:
                _remark(part)
    finally:
        if remarks > _REMARKS:
            print(f"lvstui: and {remarks - _REMARKS} more warnings", file=sys.stderr)


def _print(text: str, *, flush: bool = True) -> None:
    """Standard output. Raises NotDone when it cannot be written, BrokenPipeError when nobody reads it any more."""
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _mute()
        raise NotDone("standard output", f"cannot be written: {error.strerror or error}") from None


def _mute() -> None:
    """Lets what is still in the buffer go nowhere; else the interpreter complains of it when it leaves."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _verb(arguments: Arguments) -> Verb | None:
    """The verb that is asked for, None for the console."""
    match arguments.verb:
        case "list":
            return _list(arguments)
        case "save":
            from lvstui.verbs import save

            kind = _kind(arguments, "ipvsadm", "toml", "json")
            return save.run(_source(arguments), _to_write(arguments, arguments.save), kind)
        case "restore":
            return _restore(arguments)
        case "resume" | "rollback":
            from lvstui.verbs import recover

            source = _source(arguments, by=arguments.verb)
            forward = arguments.verb == "resume"
            return recover.run(source, forward, _kept(arguments), arguments.dry_run, arguments.yes, _ask)
        case "diff":
            return _diff(arguments)
        case "convert":
            from lvstui.verbs import convert

            path, target = _to_read(arguments, arguments.convert[0]).path, _to_write(arguments, arguments.convert[1])
            return convert.run(path, target, _kind(arguments, *convert.KINDS), resolve=arguments.resolve)
        case "do":
            return _do(arguments)
        case "watch":
            return _watch(arguments)
        case "snapshots":
            return _snapshots(arguments)
        case "install_unit":
            from lvstui import places
            from lvstui.verbs import unit

            return unit.run(places.unit(), places.boot_rules(), arguments.yes, _ask)
        case "where":
            from lvstui.verbs import where

            return where.run()
        case "print_config":
            return _print_config(arguments)
        case "completion":
            from lvstui.verbs import completion

            return completion.run(arguments.completion)
        case _:
            return None


def _print_config(arguments: Arguments) -> Verb:
    from pathlib import Path

    from lvstui import places
    from lvstui.config.sample import Known
    from lvstui.console.keymap import mapped
    from lvstui.console.keynames import written_key
    from lvstui.verbs import print_config

    actions, complaints = mapped(arguments.settings.keys)
    for complaint in complaints:
        print(f"lvstui: {_plain(complaint)}", file=sys.stderr)
    settings = arguments.settings._replace(complaints=(*arguments.settings.complaints, *complaints))
    files = (Path(arguments.config),) if arguments.config else places.configs()
    keys = [Known(action.id, tuple(map(written_key, action.keys)), action.help) for action in actions]
    # What was complained of, by file and line, has no effect.
    refused = {complaint.partition(": ")[0] for complaint in complaints}
    origins = {path: where for path, where in arguments.origins.items() if where not in refused}
    return print_config.run(settings, origins, files, {"keys": keys})


def _list(arguments: Arguments) -> Verb:
    from lvstui.verbs import list as listing

    kind = _kind(arguments, *listing.FORMATS) or "table"
    return listing.run(_source(arguments), kind)


def _watch(arguments: Arguments) -> Verb:
    from lvstui.verbs import watch

    if arguments.replay:
        return watch.of(_replay(arguments.replay))
    director = _director(arguments)
    return watch.run(_recorded(arguments, director) or director, arguments.settings.interval)


def _snapshots(arguments: Arguments) -> Verb:
    import time

    from lvstui.store.snapshots import Store
    from lvstui.verbs import snapshots

    kept = _kept(arguments)
    source: Source | None = None
    try:
        source = _source(arguments)
    except Unavailable as error:
        print(f"lvstui: not compared with the table: {_plain(error.why)}", file=sys.stderr)
    kind = _kind(arguments, *snapshots.FORMATS) or "table"
    return snapshots.run(source, Store(kept.snapshots, kept.most), kind, time.time())


def _to_read(arguments: Arguments, name: str) -> File:
    """@1, @name and @boot, or the name as it is."""
    from lvstui.verbs import address

    file = address.to_read(name, _kept(arguments))
    if file.remark is not None:
        _remark(file.remark)
    return file


def _to_write(arguments: Arguments, name: str) -> str:
    from lvstui.verbs import address

    if name == address.BOOT and arguments.demo is not None and not os.environ.get("LVSTUI_BOOT"):
        raise NotDone(f"--save {name}", "these are the demo's rules, and no machine should start with them")
    return address.to_write(name, _kept(arguments))


def _restore(arguments: Arguments) -> Verb:
    from lvstui.verbs import restore
    from lvstui.verbs.reading import KINDS, read_for_restore

    name = arguments.restore
    file = _to_read(arguments, name)
    read = read_for_restore(file.path, _kind(arguments, *KINDS) or file.kind, resolve=arguments.resolve)
    options = restore.Options(
        dry_run=arguments.dry_run,
        yes=arguments.yes,
        allow_outage=arguments.allow_outage,
        merge=arguments.merge,
        keep_weights=arguments.keep_weights,
        replace=arguments.replace,
    )
    # A dry run only reads, and readers load no kernel modules.
    source = _source(
        arguments, load_module=not options.dry_run, by="" if options.dry_run else f"restore {_plain(name)}"
    )
    return restore.run(source, read, _plain(name), options, _kept(arguments), _ask)


def _do(arguments: Arguments) -> Verb:
    from lvstui.commands.parse import parse as understood
    from lvstui.verbs import do
    from lvstui.views.names import Names

    asked = understood(arguments.do)
    do.refuse_looks(asked)
    if asked.command.id == "save":
        from lvstui.verbs import save

        return save.run(_source(arguments), _to_write(arguments, asked.values["file"]), "")
    if asked.command.id == "restore":
        arguments.restore, arguments.yes = asked.values["file"], True
        return _restore(arguments)
    director = _director(arguments)
    audited = _audited(arguments, director, "do")
    settings = arguments.settings
    names, options = Names(settings.names, settings.notes), do.Options(arguments.dry_run, arguments.allow_outage)
    return do.run(_guarded(arguments, audited), asked, names, options, _kept(arguments), doing=audited.doing)


def _diff(arguments: Arguments) -> Verb:
    from lvstui.director.state import rules_of
    from lvstui.verbs import diff
    from lvstui.verbs.reading import KEEPALIVED, checked, read_any
    from lvstui.verbs.verb import complete

    if len(arguments.diff) > 2:
        raise BadInput("--diff", f"takes one file or two, and has {len(arguments.diff)}")
    kind = _kind(arguments, *diff.FORMATS) or "text"
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    files = [_to_read(arguments, name) for name in arguments.diff]
    reads = [read_any(file.path, file.kind, resolve=arguments.resolve) for file in files]
    for read in reads:
        for remark in read.remarks[:_REMARKS]:
            _remark(remark)
    if len(reads) == 2:
        return diff.run(reads[0].rules, reads[1].rules, kind, colour=colour)
    now = rules_of(complete(_source(arguments), "--diff"))
    if reads[0].kind == KEEPALIVED and arguments.demo is None:
        wanted, failed = checked(files[0].path, now)
        return diff.run(now, wanted, kind, [diff.Failed(*one) for one in failed], colour)
    return diff.run(now, reads[0].rules, kind, colour=colour)


def _console(arguments: Arguments) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput(
            "console",
            "standard input and output must be a terminal",
            "lvstui --list prints the table, --watch what changes",
        )
    if os.environ.get("TERM", "dumb") == "dumb":
        raise BadInput("console", "this terminal is dumb (TERM)", "lvstui --watch prints the table, then what changes")
    from lvstui import places
    from lvstui.console import app
    from lvstui.console.files import Files
    from lvstui.verbs.disk import Disk

    kept = _kept(arguments)
    disk = Disk(kept)
    files = Files(
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
        kept=kept,
    )
    if arguments.replay:
        replay = _replay(arguments.replay)
        played: int = app.run(replay, arguments.settings, files._replace(replay=replay))
        return played
    director = _director(arguments)
    recording = _recorded(arguments, director)
    audited = _audited(arguments, recording or director, "console", watching=True)
    files = files._replace(audited=audited, recording=recording)
    source = _guarded(arguments, audited)
    code: int = app.run(source, arguments.settings, files, arguments.demo is not None, _again)
    return code


def _again(netns: str) -> None:
    """Starts anew in another network namespace: one is entered before anything is opened."""
    words = iter(sys.orig_argv[1:])
    kept = []
    for word in words:
        if word == "--netns":
            next(words, "")
        elif not word.startswith("--netns="):
            kept.append(word)
    os.execv(sys.executable, [sys.executable, *kept, "--netns", netns])


def _replay(name: str) -> Replay:
    from pathlib import Path

    from lvstui.store.replay import Replay

    return Replay(Path(name))


def _recorded(arguments: Arguments, source: Source) -> Recording | None:
    """The source with what is read of it recorded, None where nobody asked for that."""
    if not arguments.record:
        return None
    from pathlib import Path

    from lvstui.store.recording import Recording
    from lvstui.store.tape import Writer

    return Recording(source, Writer(Path(arguments.record)))


def _kept(arguments: Arguments) -> Kept:
    from lvstui import places

    kept = places.kept(arguments.demo is not None or bool(arguments.replay))
    return kept._replace(most=arguments.settings.keep_snapshots)


def _source(arguments: Arguments, *, load_module: bool = False, by: str = "") -> Source:
    """The director that the arguments name: this one, or the simulated one. `by`: the verb that changes it; its
    changes are written down."""
    source = _director(arguments, load_module=load_module)
    return _guarded(arguments, _audited(arguments, source, by) if by else source)


def _director(arguments: Arguments, *, load_module: bool = False) -> Source:
    if arguments.demo is not None:
        return _world(arguments.demo)
    from lvstui.live import open_source

    return open_source(load_module=load_module)


def _guarded(arguments: Arguments, source: Source) -> Source:
    """Wrapped when it must not be changed."""
    if arguments.read_only:
        from lvstui.director.source import ReadOnly

        return ReadOnly(source, arguments.origins[("read_only",)])
    return source


def _audited(arguments: Arguments, source: Source, name: str, watching: bool = False) -> Audited:
    """The source under the one wrapper that writes down what is sent to it. The simulated director's changes are
    nothing to the machine's own log."""
    from lvstui.store import audit, audited, who

    folder = _kept(arguments).folder
    log = audit.Log(folder, system=arguments.demo is None)
    arguments.log = log
    return audited.Audited(source, log, who.who(), name, arguments.netns or folder.name, watching)


def _world(name: str) -> Source:
    """The simulated director, whose rules are a snapshot: a file, or one of ours by its name."""
    from pathlib import Path

    from lvstui import places
    from lvstui.verbs.reading import read_any

    ours = places.snapshots() / f"{name or 'seed-cluster'}.toml"
    path = Path(name) if name and Path(name).exists() else ours
    if not path.exists():
        from lvstui.director.remarks import nearest

        worlds = sorted(file.stem for file in places.snapshots().glob("*.toml"))
        raise BadInput(
            f"--demo {name}", "no such file or world", nearest(name, worlds) or "one of " + ", ".join(worlds)
        )
    from lvstui.director.world import World

    return World(read_any(str(path)).rules)


def _enter(name: str) -> None:
    """Enters a network namespace before anything is opened in the old one."""
    from pyroute2 import netns

    try:
        netns.setns(name, flags=0)
    except FileNotFoundError:
        mend = "ip netns list shows those there are"
        raise BadInput(f"--netns {name}", "no such network namespace", mend) from None
    except OSError as error:
        raise Unavailable(f"--netns {name}", f"cannot be entered: {error.strerror or error}", "run as root") from None


def _kind(arguments: Arguments, *fit: str) -> str:
    """--format, where it fits the verb."""
    kind: str = arguments.format or ""
    if kind and kind not in fit:
        raise BadInput(f"--format {kind}", f"does not fit --{arguments.verb}", "one of " + ", ".join(fit))
    return kind


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        raise NotDone("--restore", "standard input is no terminal, so there is nobody to ask", "give --yes")
    _print(f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remark(remark: Remark) -> None:
    print(f"lvstui: {_plain(str(remark))}", file=sys.stderr)


def _complain(error: LvsError) -> None:
    """One line of what and why, then how to mend it."""
    sys.stdout.flush()
    print(f"lvstui: {_plain(error.what)}: {_plain(error.why)}", file=sys.stderr)
    if error.mend:
        print(f"        {_plain(error.mend)}", file=sys.stderr)


def _unexpected(error: Exception) -> LvsError:
    from lvstui import __version__

    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    mend = f"this is a defect of lvstui {__version__}: report it with what LVSTUI_DEBUG=1 prints"
    return LvsError("unexpected", why, mend)


def _plain(text: str) -> str:
    """Text from outside on one line, without control characters."""
    return "".join(char if char.isprintable() else "?" for char in text)

"""The command line: runs a verb or the console. Only this module writes standard output, standard error and exit codes.

Nothing is imported before it is needed, because a verb should start as fast as the interpreter allows.
"""

from __future__ import annotations

import io
import os
import sys
from _collections_abc import Sequence
from errno import EMFILE, ENFILE

from lvstui import log
from lvstui.arguments import Arguments, parse
from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.plain import plain, plain_lines
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from lvstui.director.remarks import Remark
    from lvstui.verbs.verb import Coloured, Verb

_REMARKS = 20
"""Warnings shown before the rest are only counted."""

INTERRUPTED = 130
_TO_THE_END = ("do", "restore", "resume", "rollback", "check", "diff", "install_unit")
"""Verbs whose exit code says what was done or found: they continue where nobody reads what they print."""


def main(argv: Sequence[str]) -> int:
    """Runs what the arguments ask for, and returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character gets its escape, which TOML and JSON read as the character.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if argv[:1] == ["--complete"]:  # a shell asks while its user waits
            from lvstui.verbs import complete

            return _show(complete.run(argv[1:]))
        arguments = parse(argv)
        if arguments is None:
            return 0
        if path := arguments.log_file or os.environ.get("LVSTUI_LOG"):
            from lvstui import logfile

            logfile.start(path)
            log.note("lvstui %s %s", _version(), " ".join(argv))
        return _run(arguments)
    except LvsError as error:
        return _unknown(error) if _checks(argv) else _complained(error)
    except BrokenPipeError:
        _mute()  # the reader has seen enough: `lvstui --list | head`
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        log.failure("unexpected")
        known = _too_few(error) or _unexpected(error)
        return _unknown(known) if _checks(argv) else _complained(known, 1)


def _run(arguments: Arguments) -> int:
    from lvstui import sources

    arguments.log, arguments.past, arguments.world = None, (), None
    if arguments.verb not in ("completion", "man"):
        _settle(arguments)
    if arguments.verb == "serve_stdio":
        from lvstui.remote import stdio_server

        return stdio_server.run()
    if arguments.netns:
        sources.enter(arguments.netns)
    takes_its_time = not arguments.verb or arguments.verb in ("do", "watch", "events") or bool(arguments.on)
    if not takes_its_time:
        # A verb needs its objects until it exits: collecting garbage among fifty thousand rules is wasted time.
        import gc

        gc.disable()
    try:
        if arguments.on:
            from lvstui.elsewhere import verb as asked
        else:
            from lvstui.dispatch import verb as asked
        verb = asked(arguments, _ask)
        if verb is not None:
            _warn(arguments)
            return _show(verb, at_once=takes_its_time, to_the_end=arguments.verb in _TO_THE_END)
    finally:
        if not takes_its_time:
            gc.enable()
        if arguments.log is not None and arguments.log.trouble:
            _say(f"lvstui: {arguments.log.trouble}")
    from lvstui import consoles

    return consoles.run(arguments)


def _warn(arguments: Arguments) -> None:
    """Warns of a restore that was cut off, whenever the table is shown or partly changed."""
    looks = arguments.verb in ("list", "save", "diff", "watch", "do", "snapshots") or arguments.dry_run
    if (
        not looks
        or arguments.verb in ("resume", "rollback")
        or arguments.demo is not None
        or arguments.replay
        or arguments.on
    ):
        return
    from lvstui import sources

    paths = sources.table_paths(arguments)
    if not paths.quiet:
        from lvstui.operations.lock import warning

        try:
            text = warning(paths)
        except BadInput as error:
            text = f"{error}; {error.mend}"
        if text:
            _say(f"lvstui: {text}")


def _settle(arguments: Arguments) -> None:
    """Sets `arguments.settings` from the settings files and the flags. The console shows complaints about a file by
    itself."""
    from lvstui import places
    from lvstui.config.gathering import gather

    settings, origins = gather(places.configs(), vars(arguments), arguments.config or None)
    arguments.settings, arguments.origins = settings._replace(netns=arguments.netns), origins
    arguments.read_only = settings.read_only
    if arguments.verb:
        for complaint in settings.complaints:
            _say(f"lvstui: {complaint}")


def _show(verb: Verb, at_once: bool = False, to_the_end: bool = False) -> int:
    """Writes what a verb yields and returns its exit code. `at_once`: flush each part, for verbs that run for long.
    `to_the_end`: run the verb to its end also where standard output cannot be written, so that the exit code is
    true."""
    from lvstui.director.remarks import Remark

    written = _print_or_mute if to_the_end else _print
    remarks = 0
    try:
        while True:
            try:
                part = next(verb)
            except StopIteration as end:
                code: int = end.value
                written("", flush=True)
                return code
            if not isinstance(part, Remark):
                written(part, flush=at_once)
                continue
            remarks += 1
            if remarks <= _REMARKS:
                _remark(part)
    finally:
        if remarks > _REMARKS:
            _say(f"lvstui: and {remarks - _REMARKS} more warnings")


def _print(part: str | Coloured, *, flush: bool = True) -> None:
    """Writes to standard output; nothing else does. Only the colour sequences of Coloured parts pass, no other control
    sequence. Raises NotDone when it cannot be written, BrokenPipeError when nobody reads it any more."""
    if sys.stdout is None:
        raise NotDone("standard output", "is closed")
    if isinstance(part, str):
        text = plain_lines(part)
    else:
        text = "\n".join(f"\x1b[{part.colour}m{plain_lines(line)}\x1b[0m" for line in part.text.split("\n")) + "\n"
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _mute()
        raise NotDone("standard output", f"cannot be written: {error.strerror or error}") from None


def _print_or_mute(part: str | Coloured, *, flush: bool = True) -> None:
    """The same for a verb that continues where this cannot be written. What it prints from then on is discarded; one
    line on standard error says why, except where the reader has seen enough."""
    try:
        _print(part, flush=flush)
    except BrokenPipeError:
        _mute()
    except NotDone as error:
        _mute()
        _say(f"lvstui: {error.sentence}; what follows is not printed")


def _say(line: str) -> None:
    """Writes a line to standard error; nothing else does. Where that is closed, full or not read any more, nothing is
    left that could be told, and the work and its exit code do not depend on it."""
    if sys.stderr is None:
        return  # print() would take standard output instead, and the line would stand among the rules
    try:
        print(plain(line), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def _mute() -> None:
    """Discards what is still in the buffer of standard output, and what follows."""
    global _muted
    _muted = True
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    else:
        _discard(sys.stdout)


_muted = False
"""Whether standard output was given up."""


def _discard(stream: TextIO) -> None:
    """Leads a stream that cannot be written into nothing; otherwise the interpreter complains about it at exit, with an
    exit code of its own."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def _ask(question: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise NotDone("--restore", "standard input is not a terminal, so nobody can confirm", "give --yes")
    _print(f"{question} [y/N] ")
    if _muted:
        raise NotDone("--restore", "standard output cannot be written, so nobody can confirm", "give --yes")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _remark(remark: Remark) -> None:
    _say(f"lvstui: {remark}")


def _complained(error: LvsError, code: int | None = None) -> int:
    _complain(error)
    return error.exit_code if code is None else code


def _checks(argv: Sequence[str]) -> bool:
    """Whether --check was given, even where the arguments cannot be understood."""
    return any(word.partition("=")[0] == "--check" for word in argv)


def _unknown(error: LvsError) -> int:
    """Prints the line for monitoring where nothing can be judged, and returns the exit code for that."""
    from lvstui.verbs.check import UNKNOWN, unknown_line

    try:
        _print(unknown_line(error.text))
    except LvsError as unwritten:
        _complain(unwritten)
    return UNKNOWN


def _complain(error: LvsError) -> None:
    """Writes an error in two lines: what and why, then the remedy."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _mute()
    _say(f"lvstui: {error.sentence}")
    if error.mend:
        _say(f"        {error.mend}")


def _too_few(error: Exception) -> LvsError | None:
    """The error for a limit on open files that is too low even to load a module; None for any other exception."""
    if isinstance(error, OSError) and error.errno in (EMFILE, ENFILE):
        return LvsError("files", f"the limit on open files is too low: {error.strerror}", "ulimit -n 64, or more")
    return None


def _unexpected(error: Exception) -> LvsError:
    why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    mend = f"this is a bug in lvstui {_version()}: please report it; {log.hint()}"
    return LvsError("unexpected", why, mend)


def _version() -> str:
    from lvstui import __version__

    return __version__

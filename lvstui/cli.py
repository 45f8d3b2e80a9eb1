"""The command line: arguments -> a verb or the console. It alone writes standard output, standard error and exit codes.

Nothing is imported before it is needed: a verb should start as fast as the interpreter lets it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from lvstui.director.errors import BadInput, LvsError, NotDone, Unavailable

if TYPE_CHECKING:
    from lvstui.director.source import Source
    from lvstui.formats.remarks import Remark
    from lvstui.verbs.verb import Verb

_VERBS = ("list", "save", "restore", "diff", "convert", "where", "version")
_KINDS = ("table", "text", "ipvsadm", "toml", "json")
_REMARKS = 20
"""Warnings shown before the rest are only counted."""

INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Does what the arguments say and returns the exit code."""
    try:
        arguments = _parse(argv)
        if arguments is None:
            return 0
        return _run(arguments)
    except LvsError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader has seen enough (`lvstui --list | head`); without this the interpreter complains when it leaves.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("LVSTUI_DEBUG"):
            raise
        _complain(_unexpected(error))
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if arguments.netns:
        _enter(arguments.netns)
    verb = _verb(arguments)
    if verb is None:
        return _console(arguments)
    # What a verb makes it needs until it leaves: looking for garbage among fifty thousand rules only costs.
    import gc

    gc.disable()
    return _show(verb)


def _show(verb: Verb) -> int:
    """Writes what a verb yields and returns its exit code."""
    remarks = 0
    try:
        while True:
            try:
                part = next(verb)
            except StopIteration as end:
                code: int = end.value
                sys.stdout.flush()
                return code
            if isinstance(part, str):
                sys.stdout.write(part)
                continue
            remarks += 1
            if remarks <= _REMARKS:
                _remark(part)
    finally:
        if remarks > _REMARKS:
            print(f"lvstui: and {remarks - _REMARKS} more warnings", file=sys.stderr)


def _verb(arguments: argparse.Namespace) -> Verb | None:
    """The verb that is asked for, None for the console."""
    match arguments.verb:
        case "list":
            return _list(arguments)
        case "save":
            from lvstui.verbs import save

            kind = _kind(arguments, "ipvsadm", "toml", "json")
            return save.run(_source(arguments), arguments.save, kind)
        case "restore":
            return _restore(arguments)
        case "diff":
            return _diff(arguments)
        case "convert":
            from lvstui.verbs import convert

            path, target = arguments.convert
            return convert.run(path, target, _kind(arguments, "ipvsadm", "toml", "json"))
        case "where":
            from lvstui.verbs import where

            return where.run()
        case _:
            return None


def _list(arguments: argparse.Namespace) -> Verb:
    from lvstui.verbs import list as listing

    kind = _kind(arguments, *listing.FORMATS) or "table"
    return listing.run(_source(arguments), kind)


def _restore(arguments: argparse.Namespace) -> Verb:
    from lvstui import places
    from lvstui.formats.files import read_rules
    from lvstui.verbs import restore

    name = arguments.restore
    read = read_rules(name, _kind(arguments, "ipvsadm", "toml", "json"))
    options = restore.Options(arguments.dry_run, arguments.yes, arguments.allow_outage)
    # A dry run only reads, and readers load no kernel modules.
    source = _source(arguments, load_module=not options.dry_run)
    state = places.state()
    folder = state / "demo" if arguments.demo is not None else places.of_table(state)
    return restore.run(source, read, _plain(name), options, folder, _ask)


def _diff(arguments: argparse.Namespace) -> Verb:
    from lvstui.director.state import rules_of
    from lvstui.formats.files import read_rules
    from lvstui.verbs import diff
    from lvstui.verbs.verb import complete

    if len(arguments.diff) > 2:
        raise BadInput("--diff", f"takes one file or two, and has {len(arguments.diff)}")
    kind = _kind(arguments, *diff.FORMATS) or "text"
    reads = [read_rules(name) for name in arguments.diff]
    for read in reads:
        for remark in read.remarks[:_REMARKS]:
            _remark(remark)
    if len(reads) == 2:
        return diff.run(reads[0].rules, reads[1].rules, kind)
    return diff.run(rules_of(complete(_source(arguments), "--diff")), reads[0].rules, kind)


def _console(arguments: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput("console", "standard input and output must be a terminal", "lvstui --list prints the table")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise BadInput("console", "this terminal is dumb (TERM)", "lvstui --list prints the table")
    from lvstui.config import Settings
    from lvstui.console import app

    settings = Settings(
        interval=arguments.interval,
        theme=arguments.theme,
        read_only=arguments.read_only,
        netns=arguments.netns,
        ascii=arguments.ascii,
        mouse=arguments.mouse,
    )
    code: int = app.run(_source(arguments), settings)
    return code


def _source(arguments: argparse.Namespace, *, load_module: bool = False) -> Source:
    """The director that the arguments name: this one, or the simulated one; wrapped when it must not be changed."""
    if arguments.demo is not None:
        source = _world(arguments.demo)
    else:
        from lvstui.live import open_source

        source = open_source(load_module=load_module)
    if arguments.read_only:
        from lvstui.director.source import ReadOnly

        return ReadOnly(source, "--read-only")
    return source


def _world(name: str) -> Source:
    """The simulated director, whose rules are a snapshot: a file, or one of ours by its name."""
    from pathlib import Path

    from lvstui import places
    from lvstui.formats.files import read_rules

    ours = places.snapshots() / f"{name or 'seed-cluster'}.toml"
    path = Path(name) if name and Path(name).exists() else ours
    if not path.exists():
        from lvstui.formats.remarks import nearest

        worlds = sorted(file.stem for file in places.snapshots().glob("*.toml"))
        raise BadInput(
            f"--demo {name}", "no such file or world", nearest(name, worlds) or "one of " + ", ".join(worlds)
        )
    from lvstui.director.world import World

    return World(read_rules(str(path)).rules)


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


def _kind(arguments: argparse.Namespace, *fit: str) -> str:
    """--format, where it fits the verb."""
    kind: str = arguments.format or ""
    if kind and kind not in fit:
        raise BadInput(f"--format {kind}", f"does not fit --{arguments.verb}", "one of " + ", ".join(fit))
    return kind


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        raise NotDone("--restore", "standard input is no terminal, so there is nobody to ask", "give --yes")
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
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


class _Parser(argparse.ArgumentParser):
    """argparse, whose complaints are ours."""

    def error(self, message: str) -> NoReturn:
        unknown = message.partition("unrecognized arguments: ")[2].split(" ")[0]
        mend = "lvstui --help"
        if unknown.startswith("-"):
            from lvstui.formats.remarks import nearest

            known = (option for action in self._actions for option in action.option_strings)
            mend = nearest(unknown.partition("=")[0], known) or mend
        raise BadInput("arguments", message, mend)


def _parse(argv: Sequence[str]) -> argparse.Namespace | None:
    """The arguments, None where --version or --help has answered already. Raises BadInput."""
    from lvstui import __version__

    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:
        return None
    given = [name for name in _VERBS if getattr(arguments, name) not in (None, False)]
    if len(given) > 1:
        raise BadInput("arguments", f"--{given[0]} and --{given[1]} exclude each other")
    arguments.verb = given[0] if given else ""
    for name in ("dry_run", "yes", "allow_outage"):
        if getattr(arguments, name) and arguments.verb != "restore":
            raise BadInput(f"--{name.replace('_', '-')}", "goes with --restore alone")
    if arguments.format and arguments.verb in ("", "where", "version"):
        raise BadInput("--format", "goes with --list, --save, --restore, --diff and --convert")
    if arguments.version:
        print(f"lvstui {__version__}")
        return None
    return arguments


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 3600:
        raise ValueError
    return seconds


_interval.__name__ = "interval"


def _help(prog: str) -> argparse.HelpFormatter:
    """A fixed width: argparse makes one of these for every option it is told of, and asking for the terminal's width
    would load half a dozen archive modules."""
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lvstui",
        description="A console for Linux Virtual Server. Without a verb it opens the console on this director.",
        epilog="A file's kind goes by its name: .toml, .json, anything else is ipvsadm text.",
        allow_abbrev=False,
        formatter_class=_help,
    )
    verbs = parser.add_argument_group("verbs")
    verbs.add_argument("--list", action="store_true", help="print the table once")
    verbs.add_argument("--save", metavar="FILE", help="save the rules; '-' is standard output")
    verbs.add_argument("--restore", metavar="FILE", help="make the kernel equal FILE by the smallest set of changes")
    verbs.add_argument("--diff", metavar="FILE", nargs="+", help="what --restore FILE would do; or FILE against FILE2")
    verbs.add_argument("--convert", metavar=("FILE", "FILE2"), nargs=2, help="between kinds of files")
    verbs.add_argument("--where", action="store_true", help="print every path that is used")
    verbs.add_argument("--version", action="store_true", help="print the version")
    restoring = parser.add_argument_group("with --restore")
    restoring.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    restoring.add_argument("--yes", action="store_true", help="do not ask")
    restoring.add_argument(
        "--allow-outage", action="store_true", help="take a service's last live server if so planned"
    )
    common = parser.add_argument_group("options")
    common.add_argument("--format", choices=_KINDS, help="instead of what the verb or the file's name says")
    common.add_argument(
        "--demo", metavar="WORLD", nargs="?", const="", help="the simulated director; WORLD is a snapshot"
    )
    common.add_argument("--netns", metavar="NAME", default="", help="the director in this network namespace")
    common.add_argument("--read-only", action="store_true", help="refuse every change")
    common.add_argument("--interval", metavar="S", type=_interval, default=1.0, help="seconds between two reads")
    common.add_argument("--theme", metavar="NAME", default="", help="the console's theme")
    common.add_argument("--ascii", action="store_true", help="the console draws with ASCII alone")
    common.add_argument("--mouse", action="store_true", help="the console takes the mouse")
    return parser

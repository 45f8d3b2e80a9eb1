"""Arguments -> what is asked for, checked; complaints are BadInput with the nearest option."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from lvstui.config.options import OPTIONS, Option
from lvstui.director.errors import BadInput

_VERBS = (
    *("list", "save", "restore", "resume", "rollback", "diff", "convert", "do", "watch"),
    *("snapshots", "check", "metrics", "events", "install_unit"),
    *("where", "print_config", "completion", "man", "version"),
)
_WITH = {
    "dry_run": ("restore", "resume", "rollback", "do"),
    "yes": ("restore", "resume", "rollback", "install_unit"),
    "allow_outage": ("restore", "do"),
    "merge": ("restore",),
    "keep_weights": ("restore",),
    "replace": ("restore",),
    "record": ("", "watch"),
    "replay": ("", "watch"),
    "format": ("list", "save", "restore", "diff", "convert", "snapshots", "check", "events"),
    "resolve": ("restore", "diff", "convert"),
}
"""Options that only some verbs take."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What word processors and web pages make of a hyphen."""

UNITS = ("restore", "metrics")
SHELLS = ("bash", "zsh", "fish")
_KINDS = ("table", "text", "ipvsadm", "toml", "json", "keepalived", "realserver")

Arguments = argparse.Namespace
"""The options by name, and `verb`: the one that is asked for, "" for the console."""


class _Parser(argparse.ArgumentParser):
    """argparse, whose complaints are ours."""

    def error(self, message: str) -> NoReturn:
        unknown = message.partition("unrecognized arguments: ")[2].split(" ")[0]
        mend = "lvstui --help"
        if unknown and unknown[0] in _DASHES:
            message = f"{unknown} begins with U+{ord(unknown[0]):04X}, a dash of typography, and an option with hyphens"
            mend = f"write --{unknown.lstrip(_DASHES + '-')}"
        if unknown.startswith("-"):
            from lvstui.director.remarks import nearest

            known = (option for action in self._actions for option in action.option_strings)
            mend = nearest(unknown.partition("=")[0], known) or mend
        raise BadInput("arguments", message, mend)


def parse(argv: Sequence[str]) -> Arguments | None:
    """The arguments, None where --version or --help has answered already. Raises BadInput."""
    from lvstui import __version__

    parser = arguments_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:
        return None
    given = [name for name in _VERBS if getattr(arguments, name) not in (None, False)]
    if len(given) > 1:
        raise BadInput("arguments", f"--{given[0]} and --{given[1]} exclude each other")
    arguments.verb = given[0] if given else ""
    for name, verbs in _WITH.items():
        if getattr(arguments, name) and arguments.verb not in verbs:
            only = ", ".join(f"--{verb.replace('_', '-')}" if verb else "the console" for verb in verbs)
            raise BadInput(f"--{name.replace('_', '-')}", f"goes with {only} alone")
    if arguments.replay:
        others = {"record": arguments.record, "netns": arguments.netns, "demo": arguments.demo is not None}
        for name, given_too in others.items():
            if given_too:
                raise BadInput("arguments", f"--replay and --{name} exclude each other")
    if arguments.version:
        print(f"lvstui {__version__}")
        return None
    return arguments


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    """The flag of a setting; None where it is not given, for then files count."""
    kind = option.kind
    if kind.word is None:
        group.add_argument(option.switch, action=argparse.BooleanOptionalAction, help=option.help)
        return

    def word(text: str) -> Any:
        try:
            return kind.word and kind.word(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {kind.wants}, and is {text!r}") from None

    group.add_argument(option.switch, metavar=option.metavar, type=word, help=option.help)


def _help(prog: str) -> argparse.HelpFormatter:
    """A fixed width: argparse makes one of these for every option it is told of, and asking for the terminal's width
    would load half a dozen archive modules."""
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)


def arguments_parser() -> argparse.ArgumentParser:
    """The one parser: the manual page and the completions of the shells are made from it, too."""
    parser = _Parser(
        prog="lvstui",
        description="A console for Linux Virtual Server. Without a verb it opens the console on this director.",
        epilog="A file's kind goes by its name: .toml, .json, .conf (keepalived), .sh (a real server's side of direct "
        "routing), else ipvsadm text.",
        allow_abbrev=False,
        add_help=False,
        formatter_class=_help,
    )
    verbs = parser.add_argument_group("verbs")
    verbs.add_argument("--list", action="store_true", help="print the table once")
    verbs.add_argument("--save", metavar="FILE", help="save the rules; '-' is standard output, @NAME the store")
    verbs.add_argument("--restore", metavar="FILE", help="make the kernel equal FILE by the smallest set of changes")
    verbs.add_argument("--resume", action="store_true", help="finish a restore that was cut off")
    verbs.add_argument("--rollback", action="store_true", help="take back a restore that was cut off")
    verbs.add_argument("--diff", metavar="FILE", nargs="+", help="what --restore FILE would do; or FILE against FILE2")
    verbs.add_argument("--convert", metavar=("FILE", "FILE2"), nargs=2, help="between kinds of files")
    verbs.add_argument(
        "--do", metavar="COMMAND", help="one command of the console, as in 'drain host 10.0.0.5 wait 60s'"
    )
    verbs.add_argument("--snapshots", action="store_true", help="list the snapshots: @1 is the latest")
    verbs.add_argument(
        "--check", metavar="ID", nargs="*", help="what is wrong, for monitoring: one line, exit code 0, 1, 2 or 3"
    )
    verbs.add_argument("--metrics", action="store_true", help="print everything that counts, for Prometheus")
    verbs.add_argument("--events", action="store_true", help="print a line for each finding, transition and change")
    verbs.add_argument(
        "--install-unit",
        choices=UNITS,
        nargs="?",
        const=UNITS[0],
        help="install the systemd unit that restores @boot, or the one that writes metrics",
    )
    verbs.add_argument("--watch", action="store_true", help="print the table, then a line for each change")
    verbs.add_argument("--where", action="store_true", help="print every path that is used")
    verbs.add_argument(
        "--print-config", action="store_true", help="print the settings in effect, and where each was set"
    )
    verbs.add_argument("--completion", choices=SHELLS, help="print the completion script for a shell")
    verbs.add_argument("--man", action="store_true", help="print the manual page: lvstui --man | man -l -")
    verbs.add_argument("--version", action="store_true", help="print the version")
    verbs.add_argument("-h", "--help", action="help", help="print what the command line takes")
    restoring = parser.add_argument_group("with --restore")
    restoring.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    restoring.add_argument("--yes", action="store_true", help="do not ask")
    restoring.add_argument(
        "--allow-outage", action="store_true", help="take a service's last live server if so planned"
    )
    restoring.add_argument("--merge", action="store_true", help="delete nothing: lay FILE over what is there")
    restoring.add_argument("--keep-weights", action="store_true", help="servers that are there keep their weights")
    restoring.add_argument("--replace", action="store_true", help="empty the table first: nothing is served meanwhile")
    common = parser.add_argument_group("options")
    common.add_argument("--format", choices=_KINDS, help="instead of what the verb or the file's name says")
    common.add_argument(
        "--resolve", action="store_true", help="look up the names of hosts in ipvsadm text; else they are refused"
    )
    common.add_argument(
        "--demo", metavar="WORLD", nargs="?", const="", help="the simulated director; WORLD is a snapshot"
    )
    common.add_argument("--record", metavar="FILE", help="record what is read, or go on with a recording")
    common.add_argument("--replay", metavar="FILE", help="the console on a recording; with --watch all of it as text")
    common.add_argument(
        "--netns", metavar="NAME", default="", help="the director in this network namespace, by name or path"
    )
    common.add_argument("--config", metavar="FILE", help="settings from this file alone")
    common.add_argument(
        "--log", dest="log_file", metavar="FILE", help="write what the program does into FILE, to find its faults"
    )
    for option in OPTIONS:
        if option.flag:
            _add(common, option)
    return parser

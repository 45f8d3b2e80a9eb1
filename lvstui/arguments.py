"""Parses and checks the command line. A complaint is BadInput and names the nearest option.

There are two ways, as for ipvsadm text. A plain command line is parsed with the table of flags (flags.py). Any other,
and any wrong one, goes to argparse (argparser.py), which is made from the same table but takes longer to load than many
verbs run. tests/test_arguments.py compares the two.
"""

from __future__ import annotations

from _collections_abc import Sequence
from types import SimpleNamespace

from lvstui.config.options import OPTIONS
from lvstui.director.errors import BadInput
from lvstui.flags import GROUPS
from lvstui.values import Any

_VERBS = (
    *("list", "save", "restore", "resume", "rollback", "diff", "convert", "report", "do", "watch"),
    *("snapshots", "check", "metrics", "events", "install_unit", "serve_stdio"),
    *("where", "print_config", "completion", "man", "version"),
)
_WITH = {
    "dry_run": ("restore", "resume", "rollback", "do"),
    "yes": ("restore", "resume", "rollback", "install_unit", "do"),
    "allow_outage": ("restore", "do"),
    "merge": ("restore",),
    "keep_weights": ("restore",),
    "replace": ("restore",),
    "called": ("restore",),
    "record": ("", "watch"),
    "replay": ("", "watch"),
    "on": (
        "",
        "list",
        "save",
        "restore",
        "resume",
        "rollback",
        "diff",
        "do",
        "watch",
        "check",
        "metrics",
        "events",
        "snapshots",
        "where",
    ),
    "format": ("list", "save", "restore", "diff", "convert", "snapshots", "check", "events"),
    "probe": ("check",),
    "resolve": ("restore", "diff", "convert"),
    "fresh": ("",),
}
"""Options that only some verbs take."""

Arguments = SimpleNamespace
"""The options by name, and `verb`: the verb asked for, "" for the console."""


def parse(argv: Sequence[str]) -> Arguments | None:
    """Parses the arguments. None where --version or --help has already answered. Raises BadInput."""
    hosts, argv = _hosts(argv)
    arguments = taken(argv)
    if arguments is None:
        from lvstui.argparser import arguments_parser

        parser = arguments_parser()
        try:
            known, further = parser.parse_known_args(argv, Arguments())
            if any(not word or _flag(word) for word in further):
                parser.error(f"unrecognized arguments: {' '.join(further)}")
        except SystemExit:
            return None
        arguments, hosts = known, [*hosts, *further]
    given = [name for name in _VERBS if getattr(arguments, name) not in (None, False)]
    if len(given) > 1:
        raise BadInput("arguments", f"--{given[0]} and --{given[1]} cannot be used together")
    arguments.verb = given[0] if given else ""
    for name, verbs in _WITH.items():
        if getattr(arguments, name) and arguments.verb not in verbs:
            only = ", ".join(f"--{verb.replace('_', '-')}" if verb else "the console" for verb in verbs)
            flag = "as" if name == "called" else name.replace("_", "-")
            raise BadInput(f"--{flag}", f"works only with {only}")
    if arguments.replay:
        others = {"record": arguments.record, "netns": arguments.netns, "demo": arguments.demo is not None}
        for name, given_too in others.items():
            if given_too:
                raise BadInput("arguments", f"--replay and --{name} cannot be used together")
    _elsewhere(arguments, hosts)
    if arguments.version:
        from lvstui import __version__

        print(f"lvstui {__version__}")
        return None
    return arguments


def _hosts(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The hosts before the first flag, and the rest. `lvstui lvs2` opens the console on lvs2; those behind a flag
    are left over by argparse."""
    count = next((i for i, word in enumerate(argv) if not word or _flag(word)), len(argv))
    return argv[:count], argv[count:]


def _flag(word: str) -> bool:
    """Whether a word is an option, or was meant to be one: no host begins with a typographic dash."""
    if word[0].isascii():
        return word[0] == "-"
    from lvstui.director.dashes import DASHES

    return word[0] in DASHES


def _elsewhere(arguments: Arguments, hosts: Sequence[str]) -> None:
    """Checks the arguments for a director elsewhere. Raises BadInput."""
    arguments.pair = ""
    if hosts:
        if arguments.verb or arguments.on:
            raise BadInput(
                "arguments",
                f"{hosts[0]!r} is not an option; a host without a verb opens the console",
                _suggested_command(hosts[0]),
            )
        if len(hosts) > 2:
            raise BadInput("arguments", "the console shows one director, or a pair", f"lvstui {hosts[0]} {hosts[1]}")
        if hosts[0].replace("-", "_") in _VERBS:
            raise BadInput("arguments", f"{hosts[0]!r} is not an option", _suggested_command(hosts[0]))
        arguments.on, arguments.pair = hosts[0], hosts[1] if hosts[1:] else ""
    if arguments.sudo and not arguments.on and not (arguments.diff and arguments.diff[0].endswith(":")):
        raise BadInput("--sudo", "works only with a director elsewhere", "lvstui --on HOST --sudo")
    if arguments.on:
        others = {"replay": arguments.replay, "netns": arguments.netns, "demo": arguments.demo is not None}
        for name, given_too in others.items():
            if given_too:
                raise BadInput("arguments", f"--on and --{name} cannot be used together")


def _suggested_command(word: str) -> str:
    name = word.replace("-", "_")
    return f"lvstui --{word}" if name in _VERBS else f"lvstui --on {word} --list"


_FEWEST: dict[int | str | None, int] = {None: 1, "?": 0, "*": 0, "+": 1}
_MOST: dict[int | str | None, int] = {None: 1, "?": 1}


def taken(argv: Sequence[str]) -> Arguments | None:
    """The arguments of a plain command line, as argparse would give them; None for any other, and for a wrong one."""
    table = {argument.flag: argument for arguments in GROUPS.values() for argument in arguments}
    settings = {option.switch: option for option in OPTIONS if option.flag}
    values: dict[str, Any] = {flag.name: False if flag.switch else flag.default for flag in table.values()}
    values |= dict.fromkeys(option.name for option in settings.values())
    words = [*argv]
    while words:
        flag, equals, word = words.pop(0).partition("=")
        argument, option = table.get(flag), settings.get(flag.replace("--no-", "--", 1))
        if option is not None and option.kind.word is None and not equals:
            values[option.name] = not flag.startswith("--no-")
        elif option is not None and option.kind.word is not None and option.switch == flag:
            following = [word] if equals else _words(words, 1)
            try:
                values[option.name] = option.kind.word(*following)
            except (ValueError, TypeError):
                return None
        elif argument is not None and argument.switch and not equals:
            values[argument.name] = True
        elif argument is not None and not argument.switch:
            nargs = argument.nargs
            most = nargs if isinstance(nargs, int) else _MOST.get(nargs, len(words))
            following = [word] if equals else _words(words, most)
            if len(following) < (nargs if isinstance(nargs, int) else _FEWEST[nargs]):
                return None
            if argument.choices and not set(following) <= set(argument.choices):
                return None
            single = nargs in (None, "?")
            values[argument.name] = following if not single else following[0] if following else argument.const
        else:
            return None
    return Arguments(**values)


def _words(words: list[str], most: int) -> list[str]:
    """Takes the next words that are not flags, at most `most`."""
    count = 0
    while count < min(most, len(words)) and (words[count] == "-" or not words[count].startswith("-")):
        count += 1
    taken_words, words[:] = words[:count], words[count:]
    return taken_words

"""Makes an argparse parser from the table of flags. It reports errors and prints the help; the manual page and the
completions are made from it. It is loaded only where a command line is not plain."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from lvstui.config.options import OPTIONS, Option
from lvstui.director.dashes import DASHES
from lvstui.director.errors import BadInput
from lvstui.flags import GROUPS, Argument


class _Parser(argparse.ArgumentParser):
    """argparse with lvstui's own error messages."""

    def error(self, message: str) -> NoReturn:
        unknown = message.partition("unrecognized arguments: ")[2].split(" ")[0]
        mend = "lvstui --help"
        if unknown and unknown[0] in DASHES:
            message = f"{unknown} begins with U+{ord(unknown[0]):04X}, a typographic dash; options start with hyphens"
            mend = f"write --{unknown.lstrip(DASHES + '-')}"
        if unknown.startswith("-"):
            from lvstui.director.remarks import nearest

            known = (option for action in self._actions for option in action.option_strings)
            mend = nearest(unknown.partition("=")[0], known) or mend
        raise BadInput("arguments", message, mend)


def arguments_parser() -> argparse.ArgumentParser:
    """Makes the parser."""
    parser = _Parser(
        prog="lvstui",
        description="A console for Linux Virtual Server. Without a verb, it opens the console on this "
        "director, or on the director you name: lvstui lvs2.",
        epilog="The name of a file tells its kind: .toml, .json, .conf (keepalived), .sh (a real server's side of "
        "direct routing), else ipvsadm text.",
        allow_abbrev=False,
        add_help=False,
        formatter_class=_help,
    )
    for title, arguments in GROUPS.items():
        group = parser.add_argument_group(title)
        for argument in arguments:
            _add(group, argument)
            if argument.name == "version":
                group.add_argument("-h", "--help", action="help", help="print what the command line takes")
    for option in OPTIONS:
        if option.flag:
            _add_option(group, option)
    return parser


def _add(group: argparse._ArgumentGroup, argument: Argument) -> None:
    given: dict[str, Any] = {"help": argument.help, "dest": argument.name}
    if argument.switch:
        given["action"] = "store_true"
    else:
        given |= {"metavar": argument.metavar or None, "choices": argument.choices or None}
        given |= {"nargs": argument.nargs, "const": argument.const, "default": argument.default}
    group.add_argument(argument.flag, **given)


def _add_option(group: argparse._ArgumentGroup, option: Option) -> None:
    """Adds the flag of a setting. Its value is None where it is not given, because then the settings files decide."""
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
    """A help formatter with a fixed width. argparse makes one for every option added, and asking for the terminal's
    width would load half a dozen archive modules."""
    return argparse.HelpFormatter(prog, max_help_position=32, width=100)

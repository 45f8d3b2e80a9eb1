"""The parser and docs/lvstui.1.in -> the manual page docs/lvstui.1.

The template is the page as it is written by hand; a line `.\\" SYNOPSIS`, `.\\" GROUP verbs` or the like is replaced by
what the parser knows. argparse-manpage was tried: it writes the synopsis as one wall of options, names no section and
leaves no room between its own parts for what only a person can tell."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from lvstui import __version__
from lvstui.argparser import arguments_parser

_MARK = re.compile(r'^\.\\" (SYNOPSIS|GROUP (.+))$')

_ALONE = ("where", "completion", "man", "version", "help")
"""Verbs to which no option makes a difference."""


def page(template: str) -> str:
    """The page. Raises KeyError for a group that the parser lacks, ValueError for a group of the parser that is
    left out."""
    groups = {group.title: group._group_actions for group in arguments_parser()._action_groups}
    lines, told = ['.\\" Made from lvstui.1.in and the parser of lvstui by `make docs`; do not edit.'], set()
    for line in template.splitlines():
        mark = _MARK.match(line)
        if mark is None:
            lines.append(line.replace("@VERSION@", __version__))
        elif mark[1] == "SYNOPSIS":
            lines += _synopsis(groups["verbs"])
        else:
            told.add(mark[2])
            lines += [text for action in groups[mark[2]] for text in _entry(action)]
    left = {title for title, actions in groups.items() if actions} - told
    if left:
        raise ValueError(f"groups of the parser that the manual page leaves out: {left}")
    return "\n".join(lines) + "\n"


def _synopsis(verbs: list[argparse.Action]) -> list[str]:
    lines = []
    for action in (None, *verbs):
        lines.append(".SY lvstui")
        if action is not None:
            lines.append(_spelled(action, action.option_strings[-1:]))
        if action is None or action.dest not in _ALONE:
            lines.append(".RI [ options ]")
        lines.append(".YS")
    return lines


def _entry(action: argparse.Action) -> list[str]:
    text = (action.help or "").strip()
    return [".TP", _spelled(action), roff(f"{text[:1].upper()}{text[1:]}.")]


def _spelled(action: argparse.Action, names: Sequence[str] = ()) -> str:
    """`.BI --save " FILE"`: options bold, what they take in italics."""
    options = ", ".join(names or action.option_strings)
    takes = _takes(action)
    return f'.BI "{roff(options)} " "{roff(takes)}"' if takes else f'.B "{roff(options)}"'


def _takes(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    name = action.metavar or "|".join(action.choices or ())
    if isinstance(name, tuple):
        return " ".join(name)
    if action.nargs == "?":
        return f"[{name}]"
    return f"{name} [{name}2]" if action.nargs == "+" else name


def roff(text: str) -> str:
    """Text that troff prints as it is."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return re.sub(r"^([.'])", r"\\&\1", text)

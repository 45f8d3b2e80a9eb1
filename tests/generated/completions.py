"""The parser -> completion scripts for bash, zsh and fish, by shtab."""

from __future__ import annotations

import shtab

from lvstui import places
from lvstui.argparser import arguments_parser
from lvstui.flags import SHELLS

_NETNS = {
    "bash": "_lvstui_netns",
    "zsh": "_lvstui_netns",
    "fish": "(command ls /run/netns 2>/dev/null)",
}
_PREAMBLE = {
    "bash": '_lvstui_netns() { compgen -W "$(command ls /run/netns 2>/dev/null)" -- "$1"; }',
    "zsh": "_lvstui_netns() { compadd -- /run/netns/*(N:t); }",
}
_INSTALL = {
    "bash": "lvstui --completion bash > /etc/bash_completion.d/lvstui",
    "zsh": "lvstui --completion zsh > /usr/local/share/zsh/site-functions/_lvstui",
    "fish": "lvstui --completion fish > /etc/fish/completions/lvstui.fish",
}


def scripts() -> dict[str, str]:
    """The scripts by shell."""
    return {shell: _script(shell) for shell in SHELLS}


def _script(shell: str) -> str:
    parser = arguments_parser()
    for action in parser._actions:
        if "FILE" in (action.metavar or ""):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
            action.metavar = "FILE"
        elif action.dest == "theme":
            action.choices = sorted(path.stem for path in places.themes().glob("*.toml"))
        elif action.dest == "demo":
            action.choices = sorted(path.stem for folder in places.worlds() for path in folder.glob("*.toml"))
        elif action.dest == "netns":
            action.complete = _NETNS  # type: ignore[attr-defined]
    # The second file of --diff and --convert: to shtab an option has one argument, whatever stands further is its own.
    further = parser.add_argument("further", metavar="FILE", nargs="*")
    further.complete = shtab.FILE  # type: ignore[attr-defined]
    text = shtab.complete(parser, shell, preamble=_PREAMBLE)  # type: ignore[arg-type]
    lines = [line.rstrip() for line in text.strip().split("\n")]
    # In place of shtab's own: a line of what it is, and four or five of where to put it.
    first = next(number for number, line in enumerate(lines) if line.startswith("# AUTOMATICALLY"))
    last = next(number for number, line in enumerate(lines) if number > first and not line.startswith("#"))
    head = [
        "# Made from lvstui's parser by shtab, https://github.com/tqdm/shtab; do not edit.",
        f"# To install it: {_INSTALL[shell]}",
    ]
    return "\n".join([*lines[:first], *head, *lines[last:]]) + "\n"

"""--complete, which the completion scripts of the shells call: the words that can stand at the cursor.

It must answer while the user waits for a Tab. So it is not in the parser, it reads settings only for names of hosts,
and it opens no netlink: it takes the table from /proc/net/ip_vs, and leaves out what it cannot learn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress

from lvstui import places
from lvstui.director.errors import LvsError
from lvstui.verbs.verb import Verb


def run(words: Sequence[str]) -> Verb:
    """`--complete KIND BEGUN`: prints a line for each possible word."""
    kind, begun = (*words, "", "")[:2]
    completions: Iterable[str] = ()
    if kind == "name":
        completions = _names(begun)
    elif kind == "theme":
        completions = _themes()
    elif kind == "do":
        completions = _lines(begun)
    elif kind == "host":
        from lvstui.verbs import known_hosts

        completions = known_hosts.completions(begun)
    for text in completions:
        if text.startswith(begun):
            yield f"{text}\n"
    return 0


def _names(begun: str) -> Iterable[str]:
    """The stored snapshots, as @names."""
    if not begun.startswith("@"):
        return
    yield "@boot"
    with suppress(OSError):
        for name in sorted(os.listdir(places.table_paths().snapshots)):
            stem, suffix = os.path.splitext(name)
            if suffix in (".toml", ".json") and not stem.startswith("."):
                yield f"@{stem}"


def _themes() -> Iterable[str]:
    names = set()
    for folder in places.theme_folders():
        with suppress(OSError):
            names |= {name[: -len(".toml")] for name in os.listdir(folder) if name.endswith(".toml")}
    return sorted(names)


def _lines(begun: str) -> Iterable[str]:
    """The possible continuations of a --do command: its words, then services, real servers and hosts of the table."""
    from lvstui.commands.command_table import COMMANDS
    from lvstui.commands.complete import CompletionSources, complete
    from lvstui.commands.targets import CommandContext
    from lvstui.director.state import ServiceRows, State

    if not begun.strip():
        return [f"{command.words[0]} " for command in COMMANDS if command.here]
    state = State(0, 0, "")
    if begun.rstrip() != begun or " " in begun.strip():
        with suppress(LvsError):
            from lvstui.kernel import proc

            services, pools = proc.parse(proc.shown(), 0)  # a candidate may be missing
            state = state._replace(services=ServiceRows(services), pools=pools)
    only_here = {command.words[0] for command in COMMANDS if not command.here}
    around = CompletionSources(CommandContext(state))
    return [line for line in complete(begun, around) if line.strip() not in only_here]

"""The one table of options: what files may set, with kind, range and a sentence. The flags that set the same, the
complaints about a file, `--print-config` and docs/configuration.md come from it; defaults are those of Settings."""

from __future__ import annotations

from lvstui.config.option_kinds import (
    GROUP,
    SWITCH,
    WORD,
    OptionKind,
    hosts,
    number,
    numbers,
    one_of,
    texts,
    whole,
    words,
)
from lvstui.config.settings import Settings
from lvstui.values import Any, NamedTuple


class Option(NamedTuple):
    """`name` is the field of Settings and the key in a file. `help`: its sentence. `metavar`: what its flag takes, ""
    for a switch; `flag` False where it has none. `unsure`: the value that a file means which cannot be understood, None
    for the default."""

    name: str
    kind: OptionKind
    help: str
    metavar: str = ""
    flag: bool = True
    unsure: Any = None

    @property
    def default(self) -> Any:
        return Settings._field_defaults[self.name]

    @property
    def switch(self) -> str:
        """Its flag, `--read-only`."""
        return "--" + self.name.replace("_", "-")


BRAILLE, BLOCKS, OFF = "braille", "blocks", "off"

OPTIONS = (
    Option("interval", number(0.1, 3600), "seconds between two reads", "S"),
    Option("theme", WORD, "the console's theme; without one, a theme that suits the terminal", "NAME"),
    Option("read_only", SWITCH, "refuse every change", unsure=True),
    Option("ascii", SWITCH, "draw the console in ASCII only"),
    Option("graphs", one_of(BRAILLE, BLOCKS, OFF), "how the console draws graphs of the last half hour", "KIND"),
    Option("mouse", SWITCH, "let the console use the mouse"),
    Option("keep_snapshots", whole(1, 10_000), "how many automatic snapshots are kept", "N", flag=False),
    Option("lock_group", GROUP, "group that may change the table, besides root; root sets it", "G", flag=False),
    Option("ask_keepalived", SWITCH, "ask keepalived for the state of its instances; it writes files to answer"),
)

TABLES = (
    words(
        "columns",
        "which columns a view shows, in which order",
        "a view",
        "a list of its columns, in quotes",
        'services = ["name", "active", "conns"]',
    ),
    words(
        "keys",
        "which keys an action has; an empty list removes them",
        "an action",
        "a key in quotes, or a list of keys",
        'drain = ["x", "ctrl+d"]',
    ),
    texts("names", "what you call services and servers", '"10.0.0.11" = "web1"'),
    texts("notes", "your notes on services and servers", '"tcp 192.0.2.1:443" = "shop; ask Kim first"'),
    words(
        "silence",
        "findings of the doctor to silence, and why",
        "a finding's id, or its id and subject",
        "the reason, in quotes",
        '"last-live tcp 192.0.2.1:25" = "one server is enough at night"',
    ),
    numbers("thresholds", "when the doctor reports something", "a threshold", "imbalance = 25"),
    hosts("hosts", "directors elsewhere that are read, and changed, as root by sudo -n", "lvs2 = { sudo = true }"),
)

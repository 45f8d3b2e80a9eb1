"""Parses the words that keepalived was started with as its getopt_long does (keepalived core/main.c): short options in
one word, values attached or separate, abbreviated long options, other words in between.

The table covers all versions from 1.2 to 2.4, with and without optional parts of a build: they agree on each letter. An
unknown word may take the next one as its value, so the words after it are uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.remarks import shown
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

_NONE, _NEEDED, _OPTIONAL = range(3)
_LONG: dict[str, tuple[str, int]] = {
    "use-file": ("f", _NEEDED),
    "vrrp": ("P", _NONE),
    "check": ("C", _NONE),
    "no_bfd": ("B", _NONE),
    "all": ("", _NONE),
    "log-console": ("l", _NONE),
    "log-detail": ("D", _NONE),
    "log-facility": ("S", _NEEDED),
    "log-file": ("g", _OPTIONAL),
    "all-config": ("e", _NONE),
    "flush-log-file": ("", _NONE),
    "no-syslog": ("G", _NONE),
    "umask": ("u", _NEEDED),
    "release-vips": ("X", _NONE),
    "dont-release-vrrp": ("V", _NONE),
    "dont-release-ipvs": ("I", _NONE),
    "dont-respawn": ("R", _NONE),
    "dont-fork": ("n", _NONE),
    "dump-conf": ("d", _NONE),
    "pid": ("p", _NEEDED),
    "vrrp_pid": ("r", _NEEDED),
    "genhash": ("T", _NONE),
    "checkers_pid": ("c", _NEEDED),
    "address-monitoring": ("a", _NONE),
    "bfd_pid": ("b", _NEEDED),
    "snmp": ("x", _NONE),
    "snmp-agent-socket": ("A", _NEEDED),
    "core-dump": ("m", _NONE),
    "core-dump-pattern": ("M", _OPTIONAL),
    "no-mem-check": ("", _NONE),
    "mem-check-log": ("L", _NONE),
    "openssl-mem-check": ("O", _NONE),
    "namespace": ("s", _NEEDED),
    "config-id": ("i", _NEEDED),
    "signum": ("", _NEEDED),
    "config-test": ("t", _OPTIONAL),
    "config-fd": ("", _NEEDED),
    "ignore-sigint": ("", _NONE),
    "perf": ("", _OPTIONAL),
    "debug": ("", _OPTIONAL),
    "version": ("v", _NONE),
    "help": ("h", _NONE),
}
"""Of each long option the letter that means the same, "" for none, and whether it takes a value."""
_SHORT = {letter: value for letter, value in _LONG.values() if letter}


class DaemonOptions(NamedTuple):
    """`alone`: the letters of the options without a value. `config` and `config_id`: the values of -f and -i, "" where
    not given. `doubt`: why the values are uncertain, "" where they are not; `alone` then has what is known all the
    same."""

    alone: frozenset[str] = frozenset()
    config: str = ""
    config_id: str = ""
    doubt: str = ""


def read_options(words: Sequence[str]) -> DaemonOptions:
    """Parses a command line, including its first word, the program. Of several values the last one is used."""
    alone: set[str] = set()
    values = {"f": "", "i": ""}

    def unsure(word: str) -> DaemonOptions:
        return DaemonOptions(frozenset(alone), doubt=f"it was started with {shown(word)}, which lvstui does not know")

    if not words:
        return DaemonOptions(doubt="the words it was started with cannot be read")
    rest = iter(words[1:])
    for word in rest:
        if word == "--":
            break
        taken = _long(word[2:]) if word.startswith("--") else _short(word[1:], alone) if word[:1] == "-" else []
        if taken is None:
            return unsure(word)
        for letter, kind, value in taken:
            if kind == _NONE:
                alone.add(letter)
                continue
            given = next(rest, None) if value is None and kind == _NEEDED else value
            if letter in values:
                if not given:  # keepalived exits where -f has no value, so it was not started like this
                    return unsure(word)
                values[letter] = given
    return DaemonOptions(frozenset(alone), values["f"], values["i"])


_Taken: TypeAlias = "list[tuple[str, int, str | None]]"


def _long(text: str) -> _Taken | None:
    """A long option: itself, or the beginning of one and no other; None where that cannot be told."""
    name, equals, value = text.partition("=")
    names = [name] if name in _LONG else [long for long in _LONG if long.startswith(name)]
    if len(names) != 1:
        return None
    letter, kind = _LONG[names[0]]
    return None if equals and kind == _NONE else [(letter, kind, value if equals else None)]


def _short(letters: str, alone: set[str]) -> _Taken | None:
    """Letters in one word: the first that takes a value has what is left of the word as its own. None where one is
    unknown; those before it are added to `alone`."""
    for at, letter in enumerate(letters):
        kind = _SHORT.get(letter)
        if kind is None:
            return None
        if kind != _NONE:
            return [(letter, kind, letters[at + 1 :] or None)]
        alone.add(letter)
    return []

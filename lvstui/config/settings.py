"""The settings in effect. Their kinds, ranges and sentences are in options.py."""

from __future__ import annotations

from _collections_abc import Mapping
from types import MappingProxyType

from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lvstui.director.subject import Subject


class WordsEntry(NamedTuple):
    """Words of a table that only its user can judge. `where`: file and line, for the complaint."""

    words: tuple[str, ...]
    where: str = ""


class NumberEntry(NamedTuple):
    """A number of a table that only its user can judge. `where`: file and line, for the complaint."""

    number: float
    where: str = ""


_NO_NUMBERS: Mapping[str, NumberEntry] = MappingProxyType({})
_NO_WORDS: Mapping[str, WordsEntry] = MappingProxyType({})
_NO_TEXTS: Mapping[Subject, str] = MappingProxyType({})

_NO_HOSTS: Mapping[str, Mapping[str, bool]] = MappingProxyType({})


class Settings(NamedTuple):
    """`interval`: seconds between two reads. `theme`: a theme's name, "" for what suits the terminal. `netns`: the
    network namespace that was entered, "" for the one we started in. `graphs`: what they are drawn with, "braille",
    "blocks" or "off". `keys`: an action's id -> its keys, as operators spell them. `columns`: a view -> its columns, in
    order. `names`, `notes`: texts for services and servers. `silence`: findings that are not to alarm, by id or by id
    and subject, with the reason; `thresholds`: when something becomes a finding. `hosts`: switches of directors
    elsewhere ("sudo"). `complaints`: what could not be understood in the settings files, one
    line each."""

    interval: float = 1.0
    theme: str = ""
    read_only: bool = False
    netns: str = ""
    ascii: bool = False
    mouse: bool = False
    graphs: str = "braille"
    ask_keepalived: bool = False
    keep_snapshots: int = 50
    lock_group: str = ""
    keys: Mapping[str, WordsEntry] = _NO_WORDS
    columns: Mapping[str, WordsEntry] = _NO_WORDS
    names: Mapping[Subject, str] = _NO_TEXTS
    notes: Mapping[Subject, str] = _NO_TEXTS
    silence: Mapping[str, WordsEntry] = _NO_WORDS
    thresholds: Mapping[str, NumberEntry] = _NO_NUMBERS
    hosts: Mapping[str, Mapping[str, bool]] = _NO_HOSTS
    complaints: tuple[str, ...] = ()

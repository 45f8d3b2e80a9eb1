"""Hostile text put into everything that lvstui shows; and the check of what comes out.

    python -m tests.hostile rich|poor TEXT-IN-HEX [WORD ... [, WORD ...]]

is lvstui with these words, and then with those behind each comma, on a director whose every text is that one. Without
words it is the console. A poor director tells that it cannot be changed, and what it cannot tell; a rich one leaves
those two texts out.
"""

from __future__ import annotations

import base64
import importlib
import itertools
import pkgutil
import re
import sys
import time
import types
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

import lvstui.director
from lvstui.director.change import Change
from lvstui.director.model import IPV4, Entry, RuleSet, Server, ServerKey, Service, ServiceKey
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import State
from tests.memory import MemoryDirector

ATTACKS = (
    *(
        "\x1b]0;owned\x07",
        "\x1b[2J",
        "\x1bc",
        "\x1b[6n",
        "\x1bP+q6e\x1b\\",
        "\x1b[?2004h",
        "\x07",
        "\x08\x08",
        "\r",
        "\n",
    ),
    *("\x9b2J", "\x9d0;owned\x9c", "\x90q\x9c", "\x85", "\x7f", "\x00", "\x0e", "\t"),
    *("\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u061c"),
    *("\ufe0f", "\U000e0100", "\U000e0041", "\U000e007f", "\u034f", "\u3164", "\u115f", "\u2028", "\u2029"),
    *("\udc9b", "\ud800", "\ue000", "\U0010ffff", "\u0301" * 9, "\u00a0"),
)
"""What a terminal obeys, turns round, or does not draw."""

_parts = st.sampled_from(ATTACKS) | st.characters() | st.sampled_from(("a", "é", "網", "[b]", "?"))
texts = st.lists(st.sampled_from(ATTACKS) | _parts, min_size=1, max_size=12).map("".join)


OURS = re.compile(
    r"\x1b\[(?:[0-9;]*m"  # colours
    r"|(?:[0-9]+(?:;[0-9]+)?)?H|[0-9]*C"  # where the cursor goes
    r"|\?(?:25|7|1049|1004|2004|2026|2048|100[0-6]|1015|1016)[hl]|\?(?:2026|2048)\$p"  # modes of the terminal
    r"|[<>=][0-9;]*u)"  # how keys are told
    r"|\x1b\]22;default\x07"  # the shape of the pointer
    r"|\x1b\]52;c;([A-Za-z0-9+/=]*)\x07"  # what is copied
)
"""The control sequences that are the console's own."""
_HIDDEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"


def harm(text: str, lines: bool = True) -> list[str]:
    """Characters that a terminal would not simply draw. `lines`: line ends and tabs are allowed."""
    found = []
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        hidden = char in _HIDDEN or 0xFE00 <= ord(char) <= 0xFE0F or 0xE0000 <= ord(char) <= 0xE0FFF
        if (kind[0] == "C" or kind in ("Zl", "Zp") or hidden or marks > 3) and not (lines and char in "\n\t"):
            found.append(char)
    return found


def judged(output: bytes) -> None:
    """What was written to a terminal only draws, apart from our own sequences. Copied text is checked, too."""
    text = output.decode("utf-8", "surrogatepass")
    for copied in OURS.finditer(text):
        assert not harm(base64.b64decode(copied[1] or "").decode()), copied
    rest = OURS.sub("", text)
    found = harm(rest.replace("\r\n", "\n"))
    assert not found, f"{found[0]!r} in {rest[max(0, rest.index(found[0]) - 60) :][:120]!r}"


def namespace() -> dict[str, Any]:
    """Every name of the director's modules: annotations are written with them."""
    names: dict[str, Any] = {}
    for module in pkgutil.walk_packages(lvstui.director.__path__, "lvstui.director."):
        names |= {name: value for name, value in vars(importlib.import_module(module.name)).items() if name[0] != "_"}
    return names


def filled(kind: Any, text: str, names: Mapping[str, Any], left: Mapping[str, Any] | None = None) -> Any:
    """A value of this type in which every text is `text`, nothing is empty and nothing is None. `left`: fields that are
    given."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return filled(next(part for part in parts if part is not type(None)), text, names)
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        # Two modules may have a name: a type's own module has the first word.
        hints = get_type_hints(kind, localns={**names, **vars(sys.modules[kind.__module__])})
        # What a reader of frames takes no other values of, the kernel and keepalived write no text into.
        given = {"family": IPV4, "present": (True, True), "secret": bytes(8), **(left or {})}
        given |= {"role": "master"} if kind.__name__ == "SyncDaemon" else {}
        return kind(**{n: given[n] if n in given else filled(hint, text, names) for n, hint in hints.items()})
    if origin is tuple:
        return tuple(filled(part, text, names) for part in parts if part is not Ellipsis)
    if origin in (list, frozenset):
        return origin([filled(parts[0], text, names)])
    if origin is not None and issubclass(origin, Mapping):
        return {filled(parts[0], text, names): filled(parts[1], text, names)}
    return {str: text, bytes: bytes((192, 0, 2, 10)), bool: True, int: 6, float: 6.0}[kind]


def texts_in(value: Any) -> int:
    """How many texts there are in a value, counted through everything that it holds."""
    if isinstance(value, str):
        return 1
    if isinstance(value, Mapping):
        return sum(texts_in(key) + texts_in(item) for key, item in value.items())
    return sum(map(texts_in, value)) if isinstance(value, tuple | list | frozenset) else 0


def rules(text: str) -> RuleSet:
    """One service and one real server, whose words are `text`."""
    service = Service(ServiceKey(0, IPV4, 6, bytes((192, 0, 2, 10)), 80), text, engine=text)
    server = Server(ServerKey(IPV4, bytes((10, 0, 0, 1)), 80), 3, 1)
    return RuleSet({service.key: Entry(service, {server.key: server})})


class Hostile:
    """A source whose every text is the same one."""

    def __init__(self, text: str, poor: bool) -> None:
        table = MemoryDirector(rules(text)).read(Scope(sweep=True))
        kept = ("services", "pools", "load", "traffic", "swept", "taken", "at")
        self._state: State = filled(State, text, namespace(), {name: getattr(table, name) for name in kept})
        if not poor:
            self._state = self._state._replace(read_only="", unknown=frozenset())

    def read(self, scope: Scope) -> State:
        return self._state._replace(at=time.monotonic(), taken=time.time())

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        return tuple(Outcome(change) for change in changes)

    def close(self) -> None:
        pass


def _lasting() -> None:
    """What a console says in its bottom line stays there: a test on a busy machine may look at it late."""
    from lvstui.console.context import ui

    ui.LINGERS = 3600.0
    from lvstui.console.widgets import prompt

    prompt._BRIEF = 3600.0


def main(text: str, poor: bool, words: Sequence[str]) -> int:
    from lvstui import cli, sources

    def director(*_: object, **__: object) -> Hostile:
        return Hostile(text, poor)

    sources.director = director
    *before, last = (
        list(group) for comma, group in itertools.groupby(words or [""], lambda word: word == ",") if not comma
    )
    for some in before:
        cli.main(some)
    if not last[0]:
        _lasting()
    return cli.main(list(filter(None, last)))


if __name__ == "__main__":
    sys.exit(main(bytes.fromhex(sys.argv[2]).decode("utf-8", "surrogatepass"), sys.argv[1] == "poor", sys.argv[3:]))

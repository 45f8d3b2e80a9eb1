"""The passwords of a configuration, and the rule that none of their words is repeated.

A password may be a word that is also used elsewhere: a keyword, a number, a name. A remark that would repeat such a
word says only that it is hidden: hiding the one word would reveal which one it is. The remark's own words, which are
the same for every file, are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

HIDDEN = "this remark is hidden: a word of the line is also a password in this file"

_KEYWORDS = ("auth_pass", "passw", "passp")
"""How a keyword begins that a password follows."""
_RAW = re.compile(rb"(?:auth_pass|password)[ \t]+([^\r\n!#{}]+)")
"""Also matches in lines for another machine, and in values of definitions."""
_MOST = 10_000


def secret(words: Sequence[str]) -> bool:
    """Whether the words after the first are passwords."""
    return words[0].startswith(_KEYWORDS)


def written(data: bytes) -> set[str]:
    """The passwords in the raw text of a file."""
    from lvstui.keepalived.conf.tokens import split_words

    return {
        word for found in _RAW.finditer(data) for word in split_words(found[1].decode("utf-8", "replace").strip())[0]
    }


def said(lines: Iterable[Sequence[str]]) -> set[str]:
    """The passwords in logical lines: with definitions inserted, and on a separate line below their keyword."""
    found: set[str] = set()
    before: Sequence[str] = ("",)
    for words in lines:
        if secret(words):
            found.update(words[1:])
        if len(before) == 1 and secret(before) and words[0] not in "{}":
            found.update(words)
        before = words
    return found


class Concealed:
    """Whether a text repeats one of these passwords as a word, or a part of a word."""

    def __init__(self, passwords: Collection[str]) -> None:
        some = sorted(filter(None, passwords), key=len, reverse=True)[:_MOST]
        any_of = "|".join(map(re.escape, some))
        self._search = re.compile(rf"(?<![A-Za-z0-9_])(?:{any_of})(?![A-Za-z0-9_])") if some else None

    def words(self, text: str) -> set[str]:
        """The passwords that stand in it."""
        return set(self._search.findall(text)) if self._search is not None else set()

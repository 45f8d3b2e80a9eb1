"""A line of words: split where spaces are, quoted text kept together."""

from __future__ import annotations

import re

from lvstui.director.errors import BadInput
from lvstui.values import NamedTuple

_WORD = re.compile(r'"(?P<double>[^"]*)"|\'(?P<single>[^\']*)\'|(?P<open>["\'].*)|(?P<plain>\S+)')


class Word(NamedTuple):
    """A word and where it begins. One in quotes is never a keyword."""

    text: str
    at: int
    quoted: bool = False


def split(text: str) -> list[Word]:
    """The words of a line. Raises BadInput when a quote is not closed."""
    words = []
    for match in _WORD.finditer(text):
        if match["open"] is not None:
            raise BadInput(f"command {text.strip()!r}", f"the quote before {match['open'][1:]!r} is not closed")
        if match["plain"] is not None:
            words.append(Word(match["plain"], match.start()))
        else:
            words.append(Word(match["double"] or match["single"] or "", match.start(), True))
    return words


def quoted(text: str) -> str:
    """A text as one word of a line."""
    if text and not re.search(r"[\s\"']", text):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'

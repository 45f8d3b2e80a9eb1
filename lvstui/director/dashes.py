"""Typographic dashes that documents and chats put in place of a hyphen; they appear in typed and pasted text."""

from __future__ import annotations

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_HYPHENS = str.maketrans(dict.fromkeys(DASHES, "-"))


def hyphens(text: str) -> str:
    """The text with each dash replaced by a hyphen: `10.0.0.11-14`, even when written with an en dash."""
    return text.translate(_HYPHENS)

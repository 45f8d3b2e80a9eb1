"""Text from outside, made harmless to show: file names, remarks of daemons, recordings, whatever a stranger wrote.

A terminal obeys some characters (C0, C1 and DEL begin its control sequences), turns the line round at others (the
bidirectional controls), and draws nothing at all for a third kind (zero-width characters, variation selectors, tags,
fillers), so that two names look the same. Line and paragraph separators break a line; a lone surrogate cannot be
written. Each of them is shown as one `?`, never left out: the text keeps its length, and who reads it sees that there
was something. Private and unassigned characters are shown so too, for nobody knows what a terminal makes of them.
A space of another kind becomes a space. Letters of every script stay, and so do their accents, up to three each.

Two gates use it. cli.py lets everything through it that goes to standard output and standard error. On its way to the
screen text is cleaned before it is measured (console/widgets/text.py), and the differ, the last step before the
terminal, looks at each cell again (console/terminal/differ.py).
"""

from __future__ import annotations

SUBSTITUTE = "?"

_INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE1000),
    )
)
"""What Unicode calls ignorable by default and Python calls printable. Emoji lose their variation selector to it."""

_DRAWN = bytes(range(0x20, 0x7F)) + b"\n\t"
"""What ASCII has that is only drawn, with line ends and tabs."""

ACCENTS = 3
"""Marks on one letter: some languages need as many. A heap of them would run over the lines above."""


def harmless(char: str) -> bool:
    """Whether a terminal draws this character, and only draws it."""
    return char.isprintable() and ord(char) not in _INVISIBLE


def plain(text: str) -> str:
    """Text on one line, each harmful character replaced."""
    if text.isascii():
        return text if text.isprintable() else "".join(c if c.isprintable() else SUBSTITUTE for c in text)
    from unicodedata import category

    shown = []
    marks = ACCENTS  # an accent at the very beginning would stand on whatever was drawn before
    for char in text:
        kind = category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind == "Zs":
            shown.append(" ")
        else:
            shown.append(char if harmless(char) and marks <= ACCENTS else SUBSTITUTE)
    return "".join(shown)


def plain_lines(text: str) -> str:
    """Several lines, each of them plain. Line ends and tabs stay."""
    if text.isascii() and not text.encode().translate(None, _DRAWN):
        return text
    return "\n".join("\t".join(map(plain, line.split("\t"))) for line in text.split("\n"))

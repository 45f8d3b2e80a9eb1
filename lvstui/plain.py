"""Makes text from outside harmless to show: file names, messages of daemons, recordings, whatever a stranger wrote.

A terminal obeys some characters (C0, C1 and DEL begin its control sequences), reverses the line at others (the
bidirectional controls), and draws nothing for a third kind (zero-width characters, variation selectors, tags, fillers),
so that two names look the same. Line and paragraph separators break a line; a lone surrogate cannot be written. Each of
these is shown as one `?` and never left out: the text keeps its length, and the reader sees that there was something.
So are private and unassigned characters, because it is not known what a terminal does with them. A space of another
kind becomes a space. Letters of every script stay, and so do their accents, up to three each.

Two gates use this module. cli.py passes everything through it that goes to standard output and standard error. Text for
the screen is cleaned before it is measured (console/widgets/text.py), and the differ, the last step before the
terminal, checks each cell again (console/terminal/differ.py).
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
"""Characters that Unicode calls ignorable by default and Python calls printable. Emoji lose their variation
selector."""

_DRAWN = bytes(range(0x20, 0x7F)) + b"\n\t"
"""The ASCII characters that are only drawn, with line ends and tabs."""

ACCENTS = 3
"""Accents allowed on one letter, as some languages need several. A pile of them would run over the lines above."""


def harmless(char: str) -> bool:
    """Whether a terminal draws this character, and only draws it."""
    return char.isprintable() and ord(char) not in _INVISIBLE


def plain(text: str) -> str:
    """Text on one line, each harmful character replaced."""
    if text.isascii():
        return text if text.isprintable() else "".join(c if c.isprintable() else SUBSTITUTE for c in text)
    from unicodedata import category

    shown = []
    marks = ACCENTS  # an accent at the beginning would land on whatever was drawn before
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

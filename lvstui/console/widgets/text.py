"""Prepares text for the screen: cut to its place, and without terminal controls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from lvstui.plain import plain
from lvstui.views.head import Line, Piece
from lvstui.views.number import count
from lvstui.views.sheet import balanced


def clip(text: str, width: int, right: bool = False, middle: bool = False) -> str:
    """A text in exactly so many cells: padded, or cut with a tilde; cut in the `middle`, so that the port at the end of
    an address stays."""
    if width <= 0:
        return ""
    text = plain(text)
    if text.isascii():
        size = len(text)
        if size <= width:
            return text.rjust(width) if right else text.ljust(width)
        if middle and width > 2:
            return f"{text[: width // 2]}~{text[len(text) - (width - width // 2 - 1) :]}"
        return text[: width - 1] + "~"
    size = cell_len(text)
    if size <= width:
        return " " * (width - size) + text if right else text + " " * (width - size)
    return set_cell_size(text, width - 1) + "~"


def too_small(width: int, height: int) -> str:
    """The text about a terminal that is smaller than the screens need, "" if it is not."""
    return f"{width}x{height}: made for 80x24 and more" if width < 80 or height < 24 else ""


def several(complaints: Sequence[str], most: int = 3) -> str:
    """Complaints of the settings, one below the other; of many, the first, the number of the others, and the command
    that shows them."""
    if len(complaints) > most:
        more = f"and {count(len(complaints) - most + 1, 'more complaint')}: lvstui --print-config shows them"
        complaints = [*complaints[: most - 1], more]
    return "\n".join(map(plain, complaints))


def wrapped(pieces: Iterable[tuple[str, str]], width: int, indent: int = 0, whole: bool = False) -> list[Line]:
    """Pieces wrapped over as many lines as they need, at line ends, and between words if possible. `indent`: blanks
    before each line that continues. `whole`: an ipvsadm command that fits a line begins a new one rather than being
    broken: `-w` at the end of a line and `0` on the next are easily misread."""
    given = tuple(pieces)
    longest = indent + max((cell_len(word) for text, _ in given for word in text.split()), default=0)
    laid = balanced(lambda cells: _laid(given, cells, indent, whole), width, longest, line_text)
    return [tuple(line) for line in laid]


def line_text(line: Line) -> str:
    """A line without its colours."""
    return "".join(piece.text for piece in line)


def _laid(pieces: Iterable[tuple[str, str]], width: int, indent: int, whole: bool = False) -> list[Line]:
    before = [Piece(" " * indent, "")] if indent else []
    lines: list[list[Piece]] = [[]]
    left = width
    parts = ((part, role, bool(i)) for text, role in pieces for i, part in enumerate(text.split("\n")))
    for text, role, anew in parts:
        if anew:
            lines.append([Piece(" ", "")])
            left = width - 1
        size = cell_len(plain(text).strip()) if whole and text.lstrip().startswith("ipvsadm ") else 0
        if left - 1 < size <= width - indent and lines[-1] not in ([], before):
            lines.append([*before])
            left, text = width - indent, text.lstrip()
        for i, word in enumerate(plain(text).split(" ")):
            word = f" {word}" if i else word
            if cell_len(word) > left and cell_len(word.strip()) > 0 and lines[-1] not in ([], before):
                lines.append([*before])
                left, word = width - indent, word.lstrip()
            while cell_len(word) > left:
                lines[-1].append(Piece(word[:left], role))
                lines.append([*before])
                left, word = width - indent, word[left:]
            lines[-1].append(Piece(word, role))
            left -= cell_len(word)
    return [tuple(line) for line in lines]

"""Text on its way to the screen: clipped to its place, and without what a terminal would obey."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def clip(text: str, width: int, right: bool = False) -> str:
    """Exactly so many cells: padded, or cut with a tilde where something is lost."""
    if width <= 0:
        return ""
    if text.isascii():
        size = len(text)
        if size <= width:
            return text.rjust(width) if right else text.ljust(width)
        return text[: width - 1] + "~"
    size = cell_len(text)
    if size <= width:
        return " " * (width - size) + text if right else text + " " * (width - size)
    return set_cell_size(text, width - 1) + "~"


def plain(text: str) -> str:
    """Text from outside on one line, without control characters: a name must not move the terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)

"""The characters of the screen in ASCII, for a terminal that has no others."""

from __future__ import annotations


class _Ascii(dict[int, str]):
    """For str.translate: one ASCII character for every other character, so that nothing moves."""

    def __missing__(self, code: int) -> str:
        if 0x2800 <= code < 0x2900:  # braille: the more dots, the darker
            return " .:#"[-(-(code - 0x2800).bit_count() * 3 // 8)]
        return chr(code) if code < 128 else "?"


_LIKE = (
    *(("…·", "."), ("–—─━╸", "-"), ("│┃", "|"), ("┿└", "+"), ("█▊■", "#"), ("●", "*"), ("▌", ">"), ("≠", "%")),
    *(("▲", "^"), ("▼", "v"), ("↑", "+"), ("↓", "-"), ("‹", "<")),
    *(("▁", "_"), ("▂", "."), ("▃", ":"), ("▄", "-"), ("▅", "="), ("▆", "+"), ("▇", "*")),
)
"""The replacements; the bars of a trend grow darker as they grow."""

ASCII = _Ascii({ord(char): plain for chars, plain in _LIKE for char in chars})


def only_ascii(stream: object) -> bool:
    """Whether a stream's terminal has ASCII alone, by its encoding."""
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "") != "utf8"

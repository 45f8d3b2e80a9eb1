"""Filters typed and pasted text before Textual sees it. Textual takes escape sequences inside a paste for keys, so text
copied from a page could press `d` and `y`. Here a paste becomes text that can be shown, and nothing else."""

from __future__ import annotations

from codecs import getincrementaldecoder

from lvstui.plain import plain_lines

START, END = "\x1b[200~", "\x1b[201~"
"""The marks around a paste, if the terminal has bracketed paste."""


class Decoder:
    """Bytes of a terminal -> text, piece by piece. Bytes of another encoding become U+FFFD."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")
        self._inside = False
        self._before = ""

    def decode(self, data: bytes, final: bool = False) -> str:
        return self._cleaned(self._decoder.decode(data, final), final)

    def _cleaned(self, text: str, final: bool) -> str:
        """`_before`: outside a paste the last characters that were passed on, which may contain the beginning of its
        mark; inside a paste the characters that are held back, because its end mark may begin with them."""
        shown = []
        while True:
            whole = self._before + text
            handed_on = 0 if self._inside else len(self._before)
            mark = END if self._inside else START
            at = whole.find(mark)
            if at < 0:
                break
            end = at + len(mark)
            shown.append(_pasted(whole[:at]) + mark if self._inside else whole[handed_on:end])
            text = whole[end:]
            self._inside, self._before = not self._inside, ""
        if self._inside:
            held = 0 if final else _beginning(whole, END)
            self._before = whole[len(whole) - held :]
            shown.append(_pasted(whole[: len(whole) - held]))
        else:
            shown.append(whole[handed_on:])
            self._before = whole[-(len(START) - 1) :]
        return "".join(shown)


def _pasted(text: str) -> str:
    return plain_lines(text.replace("\r\n", "\n").replace("\r", "\n"))


def _beginning(text: str, mark: str) -> int:
    """The number of characters at the end of a text that are a beginning of `mark`."""
    return next((size for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), 0)

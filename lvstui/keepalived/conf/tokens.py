"""One line of a configuration: without its comment, its words, its numbers, all as keepalived 2.2 reads them
(lib/parser.c)."""

from __future__ import annotations

import re

BLANK = " \t"
WHITE = " \t\f\n\r\v"
LONGEST = 1023
"""The most bytes of a line read at once; the rest becomes another line."""

_MARKS = re.compile(r'[!#"\\]')
_BACKSLASH = re.compile(r"\\")
_WORD = re.compile(f"[^{WHITE}]+")
_SPLIT = re.compile(r'[{}"]')
_NUMBER = re.compile(r"[+-]?[0-9]+")
_ULONG = 2**64 - 1


def without_comment(line: str) -> tuple[str, bool]:
    """The line without its comment and the blanks around it, and whether a quote in it is left open. `#` and `!` start
    a comment anywhere outside double quotes, also inside a word. A backslash that ends the line is kept: it continues
    a definition."""
    text = line.lstrip(BLANK)
    if _MARKS.search(text) is None:
        return text.rstrip(BLANK), False
    quoted, continued = False, False
    cut: int | None = None
    at = 0
    while (match := (_MARKS if cut is None else _BACKSLASH).search(text, at)) is not None:
        at = match.start()
        mark = text[at]
        if mark == '"':
            quoted = not quoted
        elif mark == "\\":
            following = text[at + 1 : at + 2]
            if not following:
                text, continued = text[:at], True
                break
            if not quoted and following in "#!":
                text = text[:at] + text[at + 1 :]
            else:
                at += 1
        elif not quoted:
            cut = at
        at += 1
    text = (text if cut is None else text[:cut]).rstrip(BLANK)
    return text + "\\" if continued else text, quoted


def split_words(line: str) -> tuple[tuple[str, ...], bool]:
    """The words of a line, and whether its last quote is left open (the words before it count). A word in double quotes
    is one word; a quote also ends the word before it."""
    if '"' not in line:
        return tuple(_WORD.findall(line)), False
    words: list[str] = []
    at, end = 0, len(line)
    while True:
        while at < end and line[at] in WHITE:
            at += 1
        if at >= end:
            return tuple(words), False
        if line[at] == '"':
            closing = line.find('"', at + 1)
            if closing < 0:
                return tuple(words), True
            words.append(line[at + 1 : closing])
            at = closing + 1
            continue
        start = at
        while at < end and line[at] not in WHITE and line[at] != '"':
            at += 1
        words.append(line[start:at])


def split_brace(line: str) -> tuple[str, str]:
    """A line up to its first brace outside quotes, and the rest, which is read as the next line. A brace at the start
    is a line of its own."""
    if line[0] in "{}":
        return line[0], line[1:].strip(BLANK)
    at = 0
    while (match := _SPLIT.search(line, at)) is not None:
        if match[0] != '"':
            return line[: match.start()].rstrip(BLANK), line[match.start() :].rstrip(BLANK)
        closing = line.find('"', match.end())
        if closing < 0:
            break
        at = closing + 1
    return line.rstrip(BLANK), ""


def unsigned(text: str, low: int, high: int, *, lenient: bool = True) -> tuple[int | None, str]:
    """The number that keepalived reads from a word, None when it refuses it, and its complaint, "" for none. In lenient
    mode it reads `80x` as 80 and `abc` as 0, within the limits."""
    bare = text.lstrip(WHITE)
    match = _NUMBER.match(bare)
    digits = match[0] if match else ""
    size = int(digits[-25:].lstrip("+-") or "0") if len(digits) <= 25 else _ULONG + 1
    value = _ULONG if size > _ULONG else size
    if digits.startswith("-") and size <= _ULONG:
        value = -size % (_ULONG + 1)
    if bare.startswith("-"):
        wrong = "is negative"
    elif bare[len(digits) :]:
        wrong = "is not a number"
    elif not low <= value <= high:
        return None, f"is not within {low} to {high}"
    else:
        return value, ""
    return (value if lenient and low <= value <= high else None), wrong


def true_or_false(word: str) -> bool | None:
    """on, true, yes; off, false, no; None for any other word."""
    if word in ("true", "on", "yes"):
        return True
    return False if word in ("false", "off", "no") else None

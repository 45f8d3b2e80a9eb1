"""Turns logical lines into blocks, as one of keepalived's processes sees them (lib/parser.c, process_stream).

Each process reads the whole configuration with its own table of keywords and skips the blocks of others, so there is a
tree for each: that of the parent (global_defs) and that of the checker (virtual servers). The table decides what is a
block, not the braces: after an unknown keyword an opening brace is ignored, and the closing one ends the surrounding
block.
"""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.keepalived.conf.addresses import endpoint, port_problem
from lvstui.keepalived.conf.keywords import ENDPOINT, NAMED, SERVICE, Keyword, Keywords
from lvstui.keepalived.conf.logical_lines import LogicalLine
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.secrets import named, quoted, secret
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.values import NamedTuple


def problem(kind: str, words: Sequence[str]) -> str:
    """Why a block with these words is skipped as a whole, "" when it is not."""
    return _PROBLEMS[kind](words) if kind else ""


def _service(words: Sequence[str]) -> str:
    if words[1] == "fwmark":
        number, wrong = unsigned(words[2] if len(words) > 2 else "0", 0, 2**32 - 1)
        return f"firewall mark {named(words[2])} {wrong}" if number is None else ""
    if words[1] == "group":
        return ""
    return _endpoint(words)


def _endpoint(words: Sequence[str]) -> str:
    port = words[2] if len(words) > 2 else ""
    return port_problem(port) or ("" if endpoint(words[1], port) else f"{named(words[1])} is not an IP address")


def _one_name(words: Sequence[str]) -> str:
    return "" if len(words) == 2 else f"{words[0]} needs one name"


_PROBLEMS = {SERVICE: _service, ENDPOINT: _endpoint, NAMED: _one_name}


class Node(NamedTuple):
    """A keyword with its words, itself first, where it stands, and the lines of its block. `skipped` holds for a block
    that is another process's or not valid: its lines were not looked at."""

    words: tuple[str, ...]
    where: Where
    inside: tuple[Node, ...] = ()
    skipped: bool = False


def blocks(lines: Sequence[LogicalLine], keywords: Keywords, notes: Notes) -> tuple[Node, ...]:
    """The tree of all lines. Raises BadInput where keepalived would exit."""
    return _Blocks(lines, notes).level(keywords, need_brace=False, depth=0)[0]


_OPEN, _CLOSE = "{", "}"
_AWAITED = -1
"""Of `_skip`: the opening brace of a block to skip has not come yet."""


class _Blocks:
    def __init__(self, lines: Sequence[LogicalLine], notes: Notes) -> None:
        self._lines = iter(lines)
        self._notes = notes
        self._skip = 0  # open braces in a skipped block
        self._open = 0
        self._last = lines[-1].where if lines else Where("", 0)
        self._ended = False
        self._before: LogicalLine | None = None
        self._last_read: LogicalLine | None = None

    def level(self, keywords: Keywords, *, need_brace: bool, depth: int) -> tuple[tuple[Node, ...], bool]:
        """The lines up to the end of this block, and whether the block was skipped."""
        nodes: list[Node] = []
        while (line := self._next()) is not None:
            word = line.words[0]
            if self._skip == _AWAITED:
                if word == _OPEN:
                    self._skip, need_brace = 1, False
                    continue
                self._skip = 0
            if self._skip:
                self._skip += (word == _OPEN) - (word == _CLOSE)
                if not self._skip and depth:
                    return (), True
                continue
            if need_brace:
                need_brace = False
                if word == _OPEN:
                    continue
                self._notes.add(line.where, "the block above has no '{'; keepalived reads on as if it had")
            elif word == _OPEN:
                self._notes.add(
                    line.where, "'{' does not open a block here: what follows belongs to the block around it"
                )
                continue
            if word == _CLOSE and depth:
                return tuple(nodes), False
            keyword = keywords.get(word)
            if keyword is None:
                self._unknown(line, keywords)
            else:
                nodes.append(self._node(line, keyword, depth))
        if not depth:
            self._end()
        return tuple(nodes), False

    def _node(self, line: LogicalLine, keyword: Keyword, depth: int) -> Node:
        words, where = line
        if len(words) < keyword.least:
            raise bad(where, f"{words[0]} lacks a value, at which keepalived stops and programs nothing")
        if keyword.foreign:
            self._skip = _AWAITED
            return Node(words, where, skipped=True)
        if keyword.values:
            return Node(words, where, self._values(line, keyword))
        if keyword.inside is None:
            return Node(words, where)
        wrong = problem(keyword.valid, words)
        if wrong:
            self._notes.add(where, f"{wrong}: the block is skipped")
            self._skip = _AWAITED
        inside, skipped = self.level(keyword.inside, need_brace=True, depth=depth + 1)
        if wrong and not skipped:
            why = f"{wrong}, and no '{{' follows: keepalived 2.2 gives what follows to another block, or crashes"
            raise bad(where, why)
        return Node(words, where, inside, skipped)

    def _values(self, head: LogicalLine, keyword: Keyword) -> tuple[Node, ...]:
        """A block of plain lines."""
        words, where = head
        if len(words) > keyword.least:
            if keyword.brace:
                raise bad(where, f"{words[0]} has a word too many, at which keepalived stops and programs nothing")
            self._notes.add(where, f"{words[0]} takes its values inside {{ }}: what stands behind it here is ignored")
        nodes = []
        first = True
        while (line := self._next()) is not None:
            if first:
                first = False
                if line.words[0] == _OPEN:
                    continue
                if keyword.brace:
                    raise bad(where, f"{words[0]} has no '{{', at which keepalived stops and programs nothing")
                said = "keepalived takes all lines up to the next '}' for its values"
                self._notes.add(line.where, f"the {words[0]} block has no '{{': {said}")
            if line.words[0] == _CLOSE and len(line.words) == 1:
                break
            nodes.append(Node(*line))
        return tuple(nodes)

    def _next(self) -> LogicalLine | None:
        self._before, self._last_read = self._last_read, next(self._lines, None)
        line = self._last_read
        if line is None:
            return None
        if line.words == (_OPEN,):
            self._open += 1
        elif line.words == (_CLOSE,):
            self._open -= 1
            if self._open < 0:
                self._notes.add(line.where, "one '}' too many")
                self._open = 0
        return line

    def _unknown(self, line: LogicalLine, keywords: Keywords) -> None:
        word = line.words[0]
        if word == _CLOSE:
            self._notes.add(line.where, "'}' ends no block that keepalived knows: ignored")
            return
        if self._before is not None and len(self._before.words) == 1 and secret(self._before.words):
            self._notes.add(line.where, f"what belongs behind {self._before.words[0]} is on a line of its own")
            return
        said = f"keepalived does not know {quoted(word, keyword=True)} here and ignores the line"
        self._notes.add(line.where, said + self._notes.hint(word, keywords))

    def _end(self) -> None:
        if self._open > 0 and not self._ended:
            self._ended = True
            many = f"{self._open} blocks are" if self._open > 1 else "a block is"
            self._notes.add(self._last, f"{many} not closed at the end")

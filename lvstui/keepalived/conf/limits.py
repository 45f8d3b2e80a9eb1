"""Limits on the size of one configuration. Definitions, sequences, wildcards and braces let a few words demand any
amount. The limits count steps of work and not seconds, so that an exploding file stops at the same line everywhere."""

from __future__ import annotations

from lvstui.keepalived.conf.notes import Where, bad

LINES = 500_000
"""Logical lines, after all replacements and cuts at braces."""
REPEATS = 65_536
"""Repetitions of all ~SEQ and ~LST together: 300 services of 100 servers take 30,300."""
USES = 65_536
"""Uses of definitions that have several lines."""
TEXT = 48 * 2**20
"""Characters processed: those of each line, and again each time that a definition is inserted."""
TURN = 60
"""The least number of characters that each text counts as, however short it is."""
BYTES = 32 * 2**20
"""Bytes of all files together: 50,000 real servers take 15 MiB."""
FILES = 10_000
"""Files opened, each as often as it is included."""
NAMES = 400_000
"""Names matched with the wildcards and braces of all includes. Each part of a pattern counts as PART names, because a
folder is opened for it."""
PART = 5
AGAIN = 8 * 2**20
"""Characters in lines of files that were included before, counted as in TEXT: three levels of three hundred includes
make 27 million lines."""
STRANGE = 50_000
"""Lines of included files that begin with a word that keepalived does not have: a wildcard matches files that are not
configuration."""
RULES = 250_000
"""Services and real servers programmed, each as often as it is: the range of a group can name millions."""

_SAID = {
    "lines": (LINES, "comes to more than {} lines", "look at its ~SEQ lines and includes"),
    "repeats": (REPEATS, "repeats more than {} times", "look at its ~SEQ and ~LST lines"),
    "uses": (USES, "puts definitions of several lines in more than {} times", "look at what its definitions use"),
    "bytes": (BYTES, "includes more than {} bytes", "look at its include lines"),
    "text": (TEXT, "grows beyond {} characters", "look at its definitions and ~SEQ lines"),
    "files": (FILES, "includes more than {} files", "look at its include lines"),
    "names": (NAMES, "looks at more than {} names of files", "look at the wildcards and braces of its include lines"),
    "again": (AGAIN, "includes the same files again, for more than {} characters", "look at its include lines"),
    "strange": (STRANGE, "includes more than {} lines that keepalived does not know", "look at its include lines"),
    "rules": (RULES, "makes more than {} rules", "look at the ranges of its groups"),
}


class ReadingLimits:
    """The rest of each limit while a configuration is read."""

    def __init__(self) -> None:
        self._left = {name: most for name, (most, _, _) in _SAID.items()}

    def take(self, name: str, where: Where, amount: int = 1) -> None:
        """Counts an amount of one kind ("lines", "text", ...). Raises BadInput where the limit is exceeded."""
        left = self._left[name] = self._left[name] - amount
        if left < 0:
            most, said, mend = _SAID[name]
            raise bad(where, f"the configuration {said.format(f'{most:,}')} by this line", mend)

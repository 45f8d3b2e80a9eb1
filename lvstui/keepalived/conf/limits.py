"""How much one configuration may come to. Definitions, sequences, wildcards and braces let a few words ask for any
amount. Steps of work are counted here, not seconds, so that one that explodes ends at the same line everywhere."""

from __future__ import annotations

from lvstui.keepalived.conf.notes import Where, bad

LINES = 500_000
"""Logical lines, with everything put in and cut at braces."""
REPEATS = 65_536
"""Repetitions of all ~SEQ and ~LST together: 300 services of 100 servers are 30,300."""
USES = 65_536
"""Places at which definitions of several lines are put in."""
TEXT = 48 * 2**20
"""Characters that are gone through: of each line, and again each time that a definition is put into it."""
TURN = 60
"""Characters that one more text costs as much as, however short it is."""
BYTES = 32 * 2**20
"""Of all files together: 50,000 real servers are 15 MiB."""
FILES = 10_000
"""Files that are opened, each as often as it is included."""
NAMES = 400_000
"""Names that the wildcards and braces of all includes are held against. Each of their parts counts as PART names: a
folder is opened for it."""
PART = 5
AGAIN = 8 * 2**20
"""Characters of the lines of files that were included before, as TEXT counts them: three levels of three hundred
includes are 27 million lines."""
STRANGE = 50_000
"""Lines of included files that begin with no word that keepalived knows: wildcards that lead to what is no
configuration."""
RULES = 250_000
"""Services and real servers that are programmed, each as often as it is: a group's range can name millions."""

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


class Limits:
    """What is left of each amount while a configuration is read."""

    def __init__(self) -> None:
        self._left = {name: most for name, (most, _, _) in _SAID.items()}

    def take(self, name: str, where: Where, amount: int = 1) -> None:
        """Counts an amount of one kind ("lines", "text", ...). Raises BadInput where it is more than is left."""
        left = self._left[name] = self._left[name] - amount
        if left < 0:
            most, said, mend = _SAID[name]
            raise bad(where, f"the configuration {said.format(f'{most:,}')} by this line", mend)

"""Reading whatever kind of file an operator names: rule files, and keepalived.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.director.remarks import Remark
from lvstui.formats import files
from lvstui.formats.contents import Header
from lvstui.formats.files import Read

if TYPE_CHECKING:
    from lvstui.director.judged import Judged

KEEPALIVED = "keepalived"
KINDS = (*files.KINDS, KEEPALIVED)
"""What can be read."""


def read_any(path: str, kind: str = "", *, resolve: bool = False) -> Read:
    """Reads a file of any kind; `-` is standard input. The kind goes by the name (`.conf` is keepalived's) unless it is
    given, never by what is in the file. `resolve` looks up the names of hosts in ipvsadm text. Raises BadInput naming
    file and line."""
    kind = kind or files.kind_of(path)
    if kind == "realserver":
        raise BadInput(path, "a real server's script is written and not read", "--format ipvsadm if it is rules")
    if kind != KEEPALIVED:
        return files.read_rules(path, kind, resolve=resolve)
    from lvstui.keepalived.conf import read_config

    meant = read_config(path)
    return Read(meant.rules, meant.remarks, KEEPALIVED, Header())


def checked(path: str, now: RuleSet) -> Judged:
    """What a keepalived.conf means for the table as it is: where a keepalived runs here, servers that failed their
    checks are as they should be. Raises BadInput."""
    from lvstui.director.judged import Judged, judge
    from lvstui.keepalived.conf import read_config
    from lvstui.keepalived.process import look

    meant = read_config(path)
    return judge(now, meant) if look().running else Judged(meant.rules, ())


def read_for_restore(path: str, kind: str = "", *, resolve: bool = False) -> Read:
    """The same, with a warning where the rules are another program's to make."""
    read = read_any(path, kind, resolve=resolve)
    if read.kind == KEEPALIVED:
        why = "keepalived makes these rules itself and does not see what others change: mend its file and reload it"
        read.remarks.append(Remark("standard input" if path == "-" else path, 0, why))
    return read

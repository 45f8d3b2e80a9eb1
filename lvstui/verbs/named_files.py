"""Reads any kind of file that an operator names: rule files and keepalived.conf."""

from __future__ import annotations

from lvstui import formats
from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.director.remarks import Remark
from lvstui.formats import rule_files
from lvstui.formats.contents import Header
from lvstui.formats.rule_files import RuleFile
from lvstui.values import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from lvstui.director.checks.judged import ExpectedRules
    from lvstui.director.configured import Configured
    from lvstui.director.drift.drift import Drift
    from lvstui.keepalived.process import KeepalivedProcesses, Parent

KEEPALIVED = "keepalived"
KINDS = (*formats.KINDS, KEEPALIVED)
"""The kinds that can be read."""


def read_any(path: str, kind: str = "", *, resolve: bool = False) -> RuleFile:
    """Reads a file of any kind; `-` is standard input. `kind`, or else the name, gives the kind (`.conf` is
    keepalived's); the content never does. `resolve` looks up host names in ipvsadm text. Raises BadInput with file and
    line."""
    kind = kind or rule_files.kind_of(path)
    if kind == "realserver":
        raise BadInput(path, "a real server's script is written and not read", "--format ipvsadm if it is rules")
    if kind != KEEPALIVED:
        return rule_files.read_rules(path, kind, resolve=resolve)
    from lvstui.keepalived.conf import read_config

    configured = read_config(path)
    remarks = list(configured.remarks)
    if not configured.rules.rules:
        name = "standard input" if path == "-" else path
        remarks.append(
            Remark(name, 0, "keepalived programs no service with this file: the table that it makes is empty")
        )
    return RuleFile(configured.rules, remarks, KEEPALIVED, Header())


class Configuration(NamedTuple):
    """A keepalived.conf as it was read, and the keepalived that runs here: whether one does, and its parent process
    where the file is its own and it programs the table. `rivals`: process ids of other keepaliveds that program it too.
    `doubt`: why it is not known whether the file belongs to a running one, "" where it is."""

    path: str
    configured: Configured
    runs: bool
    parent: Parent | None
    rivals: tuple[int, ...] = ()
    doubt: str = ""

    @property
    def remarks(self) -> list[Remark]:
        """The reader's remarks, and why nothing is said about what keepalived will do to each difference."""
        unsaid = f"{self.doubt}: not shown are what it does to these differences and which were made by hand"
        return [*self.configured.remarks, *([Remark(self.path, 0, unsaid)] if self.doubt else [])]

    def settles(self) -> float:
        """Seconds for which that keepalived may still be changing the table to its newly loaded configuration."""
        from lvstui.keepalived.loaded import settling

        return settling(self.parent) if self.parent is not None else 0.0


def configuration(path: str) -> Configuration:
    """Reads a keepalived.conf once, in the way of the keepalived that it belongs to. Raises BadInput with file and
    line."""
    from lvstui.keepalived.conf import read_config
    from lvstui.keepalived.process import look

    processes = look()
    writers = (processes.parent, *processes.rivals) if processes.owner == KEEPALIVED else ()
    own = (
        writer for writer in writers if writer is not None and writer.config is not None and _same(path, writer.config)
    )
    parent = next(own, None)
    configured = read_config(path, parent.config_id) if parent is not None else read_config(path)
    rivals = tuple(writer.pid for writer in writers if writer is not None and writer is not parent)
    return Configuration(
        path, configured, bool(processes.running), parent, rivals, "" if parent is not None else _doubt(processes)
    )


def _doubt(processes: KeepalivedProcesses) -> str:
    """Why it is not known whether a file belongs to a running keepalived, "" where it is."""
    if processes.running is None:
        return "a keepalived may run here, but cannot be inspected: run as root"
    if processes.owner != KEEPALIVED:
        return ""
    if processes.parent is None:
        return "the parent process of the keepalived that runs here is in another network namespace"
    unknown = (parent for parent in (processes.parent, *processes.rivals) if parent.config is None)
    return next((f"keepalived {parent.pid}: {parent.trouble}" for parent in unknown), "")


class ComparedConfiguration(NamedTuple):
    """A keepalived.conf compared with a table. `judged`: with servers that failed their checks as they should be;
    `drifts`: where the file belongs to the running keepalived, and that is not about to end."""

    judged: ExpectedRules
    drifts: tuple[Drift, ...] = ()


def compared(file: Configuration, now: RuleSet) -> ComparedConfiguration:
    """Compares a keepalived.conf with the present table."""
    from lvstui.director.checks.judged import ExpectedRules, judge

    judged = judge(now, file.configured) if file.runs else ExpectedRules(file.configured.rules, ())
    if file.parent is None:
        return ComparedConfiguration(judged)
    from lvstui.director.causes import unwatched
    from lvstui.director.drift.all import drifts
    from lvstui.director.keepalived_state import KeepalivedState
    from lvstui.keepalived import loaded
    from lvstui.keepalived.process import ends

    if ends(file.parent.pid):  # it has removed its services itself
        return ComparedConfiguration(judged)
    copy = loaded.loaded(file.parent, loaded.ReadConfiguration(file.path, (), file.configured))
    causes = unwatched(now, copy.configured or file.configured)
    keeping = KeepalivedState(file.path, file.configured, copy.configured, rivals=file.rivals, causes=causes)
    return ComparedConfiguration(judged, drifts(now, keeping.beside(now.rules)))


def _same(path: str, other: Path) -> bool:
    try:
        return other.samefile(path)
    except OSError:
        return False


def read_for_restore(path: str, kind: str = "", *, resolve: bool = False) -> RuleFile:
    """The same, with a warning where another program makes the rules."""
    read = read_any(path, kind, resolve=resolve)
    if read.kind == KEEPALIVED:
        why = "keepalived makes these rules itself and does not see what others change: change its file and reload it"
        read.remarks.append(Remark("standard input" if path == "-" else path, 0, why))
    return read

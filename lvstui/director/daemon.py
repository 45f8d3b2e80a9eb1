"""Orders that the keepalived of this table can be given, and its answers. Values only; a Source sends them
(source.KeepalivedControl)."""

from __future__ import annotations

from enum import Enum

from lvstui.values import NamedTuple


class KeepalivedOrder(Enum):
    """LOOK: find out which keepalived runs, and how to control it. TEST: let it test its present configuration. RELOAD:
    let it read its configuration again. STOP: stop it cleanly, which hands its virtual addresses to the peer."""

    LOOK = "look"
    TEST = "test"
    RELOAD = "reload"
    STOP = "stop"

    @property
    def changes(self) -> bool:
        """Whether the order changes anything."""
        return self in (KeepalivedOrder.RELOAD, KeepalivedOrder.STOP)


class Complaint(NamedTuple):
    """One complaint from keepalived's test of its configuration; `line` is 0 where it names none."""

    words: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """`/etc/keepalived/keepalived.conf line 12: Unknown keyword 'protocl'`"""
        return f"{self.file} line {self.line}: {self.words}" if self.line else self.words


class Daemon(NamedTuple):
    """A running keepalived. `config`: its configuration file as keepalived names it; `unit`: its systemd unit, "" for
    none; `reload`, `stop`, `start`: the commands that do this. `keeps_addresses`, `keeps_table`: it was started so that
    it leaves its virtual addresses, or its services, behind when it stops (--dont-release-vrrp,
    --dont-release-ipvs)."""

    pid: int
    config: str
    reload: str
    stop: str
    start: str
    unit: str = ""
    keeps_addresses: bool = False
    keeps_table: bool = False


class OrderAnswer(NamedTuple):
    """`complaints` of a TEST; `refused`: one of them is an error, so keepalived should not read this configuration;
    otherwise all are warnings. `successors` after a STOP: each instance that this director was master of, and the
    director heard taking over. `remark`: a remark on how the order was sent, "" for none."""

    daemon: Daemon
    complaints: tuple[Complaint, ...] = ()
    refused: bool = False
    successors: tuple[tuple[str, str], ...] = ()
    remark: str = ""

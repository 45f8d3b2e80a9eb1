"""What the keepalived that programs this table may be told, and what it answers. Values alone; who tells it is a Source
(source.Obeying)."""

from __future__ import annotations

from enum import Enum

from lvstui.values import NamedTuple


class Order(Enum):
    """LOOK: which one runs, and how it would be told. TEST: let it test its configuration as it is now. RELOAD: let it
    read its configuration again. STOP: end it cleanly, which hands its virtual addresses over."""

    LOOK = "look"
    TEST = "test"
    RELOAD = "reload"
    STOP = "stop"

    @property
    def changes(self) -> bool:
        """Whether anything is other afterwards."""
        return self in (Order.RELOAD, Order.STOP)


class Complaint(NamedTuple):
    """One complaint of keepalived's test of its configuration; `line` is 0 where it names none."""

    words: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """`/etc/keepalived/keepalived.conf line 12: Unknown keyword 'protocl'`"""
        return f"{self.file} line {self.line}: {self.words}" if self.line else self.words


class Daemon(NamedTuple):
    """A running keepalived. `config`: its configuration file as it names it itself; `unit`: the unit of systemd whose
    main process it is, "" when it is none; `reload`, `stop`, `start`: the commands with which it is told, and started
    again. `keeps_addresses`, `keeps_table`: it was started to leave its virtual addresses, or its services, behind when
    it ends (--dont-release-vrrp, --dont-release-ipvs)."""

    pid: int
    config: str
    reload: str
    stop: str
    start: str
    unit: str = ""
    keeps_addresses: bool = False
    keeps_table: bool = False


class Answer(NamedTuple):
    """`complaints` of a TEST; `refused`: among them is an error, so that it should not be let to read this
    configuration; warnings otherwise. `successors` after a STOP: each instance that this director was master of and
    whom it has heard take over. `remark`: what must be said of how it was told, "" for nothing."""

    daemon: Daemon
    complaints: tuple[Complaint, ...] = ()
    refused: bool = False
    successors: tuple[tuple[str, str], ...] = ()
    remark: str = ""

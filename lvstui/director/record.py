"""Record: one thing that was done to a director, or seen done to it by others. Written to the audit log, read back for
its view, undone from there."""

from __future__ import annotations

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    stated,
)
from lvstui.director.model import RuleSet, Server, server_text, service_text
from lvstui.values import NamedTuple

DONE, REFUSED, ROLLED_BACK, UNKNOWN, SEEN = "done", "refused", "rolled back", "unknown", "seen"
"""Results: done; refused by the kernel; taken back because another change was refused; sent, and nobody knows what
became of it; done by someone else."""


class Who(NamedTuple):
    """Whose hands these are. `login`: who logged in, whatever they became since; `user`: who they are now; `sudo`: who
    called sudo; `origin`: the address that SSH comes from; `tty`: the terminal. "" for what is not known."""

    login: str = ""
    user: str = ""
    sudo: str = ""
    origin: str = ""
    tty: str = ""

    @property
    def name(self) -> str:
        """The person rather than root."""
        return self.login or self.sudo or self.user


class Record(NamedTuple):
    """`epoch`: seconds of the epoch. `source`: where it was done, "console", "restore", or who is thought to have done
    it. `title` says what in words, `command` as ipvsadm would. `why`: of a refusal; `reason`: what the operator gave.
    `change` and `inverse` undo it; None and () where there is nothing to undo by: a summary, a VRRP role."""

    epoch: float
    who: Who
    host: str
    netns: str
    source: str
    title: str
    command: str
    result: str
    why: str = ""
    reason: str = ""
    change: Change | None = None
    inverse: tuple[Change, ...] = ()

    @property
    def of_role(self) -> bool:
        """Whether it tells of the VRRP role, not of the table."""
        return self.change is None and self.title.startswith("VRRP ")


def changed_since(change: Change, now: RuleSet) -> str:
    """Why undoing a change would no longer undo just that: how the rules are no longer as it left them. "" when they
    are."""
    match change:
        case AddServer(key, server) | EditServer(key, server):
            entry = now.rules.get(key)
            there = entry.servers.get(server.key) if entry is not None else None
            if there is None:
                return f"{server_text(server.key)} is no longer in {service_text(key)}"
            return _differs(stated(server, there), there)
        case DeleteServer(key, name):
            entry = now.rules.get(key)
            if entry is None:
                return f"{service_text(key)} is gone"
            return f"{server_text(name)} is in {service_text(key)} again" if name in entry.servers else ""
        case AddService(service) | EditService(service):
            entry = now.rules.get(service.key)
            if entry is None:
                return f"{service_text(service.key)} is gone"
            if isinstance(change, AddService) and entry.servers:
                return f"{service_text(service.key)} has real servers now"
            return "" if entry.service == service else f"{service_text(service.key)} was changed since"
        case DeleteService(key):
            return f"{service_text(key)} is there again" if key in now.rules else ""
        case Flush():
            return "the table is no longer empty" if now.rules else ""
        case SetTimeouts(timeouts):
            live = now.timeouts or timeouts
            same = all(not want or want == have for want, have in zip(timeouts, live, strict=True))
            return "" if same else "the timeouts were changed since"
        case StartSync(daemon):
            return "" if any(d.role == daemon.role for d in now.sync or ()) else "the daemon no longer runs"
        case StopSync(role):
            return "a daemon runs again" if any(d.role == role for d in now.sync or ()) else ""
        case _:
            return "nothing undoes this"


def _differs(wanted: Server, there: Server) -> str:
    if wanted == there:
        return ""
    if wanted._replace(weight=there.weight) == there:
        return f"its weight is {there.weight} now, not {wanted.weight}"
    return f"{server_text(there.key)} was changed since"

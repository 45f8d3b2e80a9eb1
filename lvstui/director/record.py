"""Record: one change made to a director, or seen to be made by others. It is written to the audit log, read back for
its view, and undone from there."""

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
"""Results: done; refused by the kernel; taken back because another change was refused; sent with unknown outcome; done
by someone else."""


class Who(NamedTuple):
    """Who did something. `login`: the user who logged in, whoever they became later; `user`: the current user; `sudo`:
    the user who called sudo; `origin`: the address of the SSH client; `tty`: the terminal. "" where it is not known."""

    login: str = ""
    user: str = ""
    sudo: str = ""
    origin: str = ""
    tty: str = ""

    @property
    def name(self) -> str:
        """The name of the person, not "root" where that is known."""
        return self.login or self.sudo or self.user


class Record(NamedTuple):
    """`epoch`: seconds of the epoch. `source`: where it was done ("console", "restore"), or the program that probably
    did it. `title` is the change in words, `command` the ipvsadm command. `why`: the reason of a refusal; `reason`: the
    operator's reason. `change` and `inverse` undo it; None and () where it cannot be undone: a summary, a VRRP role."""

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
        """Whether it is about the VRRP role and not the table."""
        return self.change is None and self.title.startswith("VRRP ")


def changed_since(change: Change, now: RuleSet) -> str:
    """Why undoing a change would no longer undo only that: what has changed in the rules since. "" when nothing has."""
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

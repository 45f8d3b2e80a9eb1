"""The sync daemons: a row for each below the VRRP instances, and all details of one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lvstui.director.model import SyncDaemon
from lvstui.director.state import State
from lvstui.director.sync.daemons import BACKUP, configured_daemons, daemon_text, findings, of
from lvstui.values import NamedTuple
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.grid_view import FactLines, GridView
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN

NAME = "sync daemon"


class SyncKey(NamedTuple):
    """The sync daemon of a role, "" where none runs."""

    role: str


class WithSync:
    """The instances, and below them the sync daemons in the same columns."""

    def __init__(self, instances: GridView[Hashable], state: State, look: Look) -> None:
        self._instances = instances
        self.sets, self.columns, self.complaint = instances.sets, instances.columns, instances.complaint
        self.empty = instances.empty
        rows = _rows(state, [column.key for column in instances.columns])
        self._rows = [row for row in rows if keeps(" ".join(row.cells), look.filter)]

    def __len__(self) -> int:
        return len(self._instances) + len(self._rows)

    def key(self, index: int) -> Hashable:
        below = index - len(self._instances)
        return self._instances.key(index) if below < 0 else self._rows[below].key

    def place(self, key: Hashable) -> int | None:
        if not isinstance(key, SyncKey):
            return self._instances.place(key)
        keys = [row.key for row in self._rows]
        return len(self._instances) + keys.index(key) if key in keys else None

    def row(self, index: int) -> Row[Hashable]:
        below = index - len(self._instances)
        return self._instances.row(index) if below < 0 else self._rows[below]


def _rows(state: State, columns: Sequence[str]) -> list[Row[Hashable]]:
    """A row for each daemon that runs, one for each that should and does not, and one if none runs although VRRP fails
    over."""
    remarks = findings(state)
    running = {daemon.role: daemon for daemon in state.sync or ()}
    rows = []
    for role in dict.fromkeys((*running, *(remark.role for remark in remarks))):
        of_role = of(role, remarks)
        cells = {"name": NAME, "state": role or "none", "finding": "; ".join(finding.text for finding in of_role)}
        if role in running:
            daemon = running[role]
            down = state.links.get(daemon.interface, True)
            cells["interface"] = daemon.interface + (" missing" if down is None else "" if down else " down")
            cells["priority"] = f"id {daemon.id}"
            cells["addresses"] = daemon_text(daemon)
        elif role:
            cells["state"] = f"no {role}"
        tone = "down" if any(finding.grave for finding in of_role) else "" if role in running else "drained"
        rows.append(Row[Hashable](SyncKey(role), tuple(cells.get(column, "") for column in columns), tone))
    return rows


class SyncView(FactLines):
    """All details of one sync daemon, a line for each."""

    columns = (
        Column("name", "what", 18, right=False, kind=TEXT),
        Column("value", "is", 59, right=False, kind=TEXT),
    )
    sets = (ColumnSet("state", columns),)

    def __init__(self, state: State, key: SyncKey) -> None:
        super().__init__(key, _facts(state, key.role))
        self._role = key.role

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return f"the {self._role or 'sync'} daemon is gone"


def title(key: SyncKey) -> str:
    """`sync daemon master`."""
    return f"{NAME} {key.role}".rstrip()


def _facts(state: State, role: str) -> list[tuple[str, str, str]]:
    of_role = of(role, findings(state))
    daemon = next((candidate for candidate in state.sync or () if candidate.role == role), None)
    if daemon is None and not of_role:
        return []
    facts = [("finding", finding.text, "down" if finding.grave else "") for finding in of_role]
    if daemon is None:
        facts.append(("to start one", "Y opens the command line with it begun", ""))
    else:
        facts += _of_daemon(daemon, state)
    plan = configured_daemons(state)
    if plan is not None:
        when = f"follows VRRP instance {plan.instance}, now {plan.state or UNKNOWN}" if plan.instance else "both roles"
        facts.append(("by keepalived.conf", f"lvs_sync_daemon: {when}", ""))
    facts += [("kernel switch", f"{name}={state.sysctls[name]}   {words}", "") for name, words in _switches(state)]
    if daemon is not None:
        words = "counts what it holds, for each service" if role == BACKUP else "on the backup counts what it holds"
        facts.append((":sync check", words, ""))
    return facts


def _of_daemon(daemon: SyncDaemon, state: State) -> list[tuple[str, str, str]]:
    up = {True: "up", False: "down", None: "missing"}[state.links[daemon.interface]] if _known(daemon, state) else ""
    every = "   every id is accepted" if daemon.role == BACKUP and not daemon.id else ""
    return [
        ("interface", f"{daemon.interface} {up}".rstrip(), "" if up in ("up", "") else "down"),
        ("id", f"{daemon.id}{every}", ""),
        ("group and port", daemon_text(daemon), ""),
        ("longest message", f"{daemon.max_length} bytes" if daemon.max_length else UNKNOWN, ""),
        ("ttl", str(daemon.ttl) if daemon.ttl else UNKNOWN, ""),
    ]


def _known(daemon: SyncDaemon, state: State) -> bool:
    return daemon.interface in state.links


_SWITCHES = {
    "sync_threshold": "packets until a connection is sent",
    "sync_refresh_period": "seconds between two updates, 0: by packets",
    "sync_persist_mode": "1: of persistence, only the templates are sent",
    "sync_version": "1: the format since Linux 2.6.39",
    "sync_ports": "threads and ports of it",
    "sloppy_tcp": "1: an unknown connection is scheduled midstream",
}
"""Switches in net.ipv4.vs (ipvs-sysctl.rst)."""


def _switches(state: State) -> list[tuple[str, str]]:
    return [(name, words) for name, words in _SWITCHES.items() if name in state.sysctls]


def in_brief(state: State) -> tuple[str, bool]:
    """`sync master`, `sync master+backup`, for one line; and whether something is wrong with it. ("", False) if none
    runs and none should."""
    grave = any(finding.grave for finding in findings(state))
    roles = "+".join(daemon.role for daemon in state.sync or ())
    return (f"sync {roles or 'missing'}" if roles or grave else ""), grave

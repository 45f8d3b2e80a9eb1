"""The console's views, one file each. A new one is one entry here; its key, the help and the footer follow. The command
line needs their ids to check key maps, so these files import nothing slow at their head."""

from __future__ import annotations

from lvstui.console.panes.audit import AuditPane
from lvstui.console.panes.connections import ConnectionsPane
from lvstui.console.panes.doctor import DoctorPane
from lvstui.console.panes.hosts import HostsPane
from lvstui.console.panes.pair import PairPane
from lvstui.console.panes.pane import BROAD, Pane, Scene, Shown
from lvstui.console.panes.services import ServicesPane
from lvstui.console.panes.snapshots import SnapshotsPane
from lvstui.console.panes.vrrp import VrrpPane

__all__ = ["BROAD", "PANES", "Pane", "Scene", "Shown", "opened_first"]

_ALL = (
    *(ServicesPane(), HostsPane(), ConnectionsPane(), VrrpPane(), DoctorPane(), AuditPane(), SnapshotsPane()),
    PairPane(),
)
PANES: dict[str, Pane] = {pane.id: pane for pane in _ALL}
"""By id, in the order of their keys."""


def opened_first(view: str) -> str:
    """The view with which the console opens: the one that was left, unless it reads more than others or needs a peer;
    then the first."""
    return view if view in PANES and not PANES[view].samples and view != "pair" else next(iter(PANES))

"""The console's views, one file each. A new one is one entry here; its key, the help and the footer follow.

The command line lists their ids among those that may have other keys, so nothing that is slow to load stands at the
head of these files.
"""

from __future__ import annotations

from lvstui.console.panes.audit import AuditPane
from lvstui.console.panes.connections import ConnectionsPane
from lvstui.console.panes.doctor import DoctorPane
from lvstui.console.panes.hosts import HostsPane
from lvstui.console.panes.pair import PairPane
from lvstui.console.panes.pane import Pane, Scene, Shown
from lvstui.console.panes.services import ServicesPane
from lvstui.console.panes.snapshots import SnapshotsPane
from lvstui.console.panes.vrrp import VrrpPane

__all__ = ["PANES", "Pane", "Scene", "Shown"]

_ALL = (
    *(ServicesPane(), HostsPane(), ConnectionsPane(), VrrpPane(), DoctorPane(), AuditPane(), SnapshotsPane()),
    PairPane(),
)
PANES: dict[str, Pane] = {pane.id: pane for pane in _ALL}
"""By id, in the order of their keys."""

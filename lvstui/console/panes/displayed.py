"""What is looked at: the State that was read last, or the one at which the screen was paused, and what takes long to
make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lvstui.config import Settings
from lvstui.console.panes import Scene
from lvstui.console.session.director_client import SLOWEST, SMALL, SWEEP, Poll
from lvstui.console.session.editor import Desk
from lvstui.console.session.storage import Files
from lvstui.console.widgets.table_panel import Tables
from lvstui.director.drift.all import Drifts, followed
from lvstui.director.hosts import Hosts, hosts
from lvstui.director.serving import Tally, tallied
from lvstui.director.state import State
from lvstui.views.chooser import chosen_sets
from lvstui.views.head import Standing, played
from lvstui.views.names import Names
from lvstui.views.service_table import ServiceTable
from lvstui.views.services import prepared
from lvstui.views.snapshots import Snapshot

NOT_READ = State(at=0.0, taken=0.0, host="")
_FRESH = 2 * SWEEP + SLOWEST
"""Seconds for which what was made of a sweep stands for what is shown: the next may fail, and come slowly."""


class Scenery:
    """Makes the scene that the tables show."""

    def __init__(self, tables: Tables, settings: Settings, unsettled: Callable[[], bool] = lambda: False) -> None:
        """`unsettled`: whether a restore was cut off."""
        self.state = NOT_READ
        self._tables = tables
        self._names = Names(settings.names, settings.notes)
        self._sets, self.complaints = chosen_sets(settings.columns)
        self._hosts: Hosts | None = None
        self._hosts_shown: Hosts | None = None
        self._table: ServiceTable | None = None
        self._drifts: Drifts | None = None
        self._drifts_shown: Drifts | None = None
        self._unsettled = unsettled
        self._unfinished = False
        self._tally: Tally | None = None
        self._tally_shown: Tally | None = None
        self._snapshots: Sequence[Snapshot] = ()
        self._refused = ""

    def swept(self, state: State) -> None:
        """Makes of a sweep what the open view wants; in the thread that read it, before it is shown."""
        self._drifts = followed(state, self._drifts)
        self._tally = tallied(state, self._tally)
        self._unfinished = self._unsettled()
        if self._tables.pane.hosts:
            before = self._hosts
            wound_back = before is not None and before.swept is not None and state.at < before.swept
            self._hosts = hosts(state, None if wound_back else before)
        if self._tables.pane.id == "services" and len(state.services) > SMALL:
            self._table = prepared(state, self._tables.look, self._names, self._table)

    def take(self, poll: Poll) -> None:
        """What was read last is what is looked at."""
        self.state, self._hosts_shown = poll.state or NOT_READ, self._hosts
        self._drifts_shown, self._tally_shown = self._drifts, self._tally

    def moved(self, files: Files) -> None:
        """Another view is open: what it wants is made at once where that is quick, or where no sweep will be taken."""
        self.list_anew(files)
        if self._tables.pane.hosts and (self._tables.look.paused or len(self.state.services) <= SMALL):
            self._hosts = self._hosts_shown = hosts(self.state, self._hosts)

    @property
    def drifts(self) -> Drifts | None:
        """Where the table that is looked at is not what keepalived made of it."""
        return self._drifts_shown

    @property
    def tally(self) -> Tally | None:
        """What serves of the table that is looked at."""
        return self._tally_shown

    def list_anew(self, files: Files) -> None:
        """The snapshots as they are now."""
        shown = self._tables.pane.snapshots
        self._snapshots, self._refused = (files.listed(), files.refused()) if shown else ((), "")

    def standing(self, poll: Poll, files: Files) -> Standing:
        """How far what is shown is to be believed."""
        held = poll.state.at - self.state.at if poll.state is not None else 0.0
        drift = self.drifts.number if self.drifts is not None else 0
        paused = self._tables.look.paused
        tape, sending = self._tape(files), bool(poll.sending)
        return Standing(
            paused=paused,
            age=poll.age,
            trouble=poll.trouble,
            interval=poll.interval,
            held=held,
            tape=tape,
            drift=drift,
            sending=sending,
            tally=self.tally,
            unfinished=self._unfinished,
        )

    def _tape(self, files: Files) -> str:
        if files.replay is not None:
            return played(self.state.taken, *files.replay.position)
        return "REC" if files.recording is not None and not files.recording.trouble else ""

    def scene(self, poll: Poll, desk: Desk, files: Files) -> Scene:
        state, found = self.state, self._hosts_shown
        # What was added up for an earlier visit to the view is no answer to what is.
        known = found if found is not None and abs(state.at - found.at) < _FRESH else None
        audited = files.audited if self._tables.pane.records else None
        records = audited.log.latest() if audited is not None else ()
        read = poll.state is not None
        chosen = (self._names, poll.past, self._sets, self._table, self.drifts, self.tally)
        return Scene(state, read, poll.history, desk.drained, known, records, self._snapshots, *chosen, self._refused)

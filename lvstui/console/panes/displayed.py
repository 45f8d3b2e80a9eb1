"""The displayed State (the one read last, or the one at which the screen was paused), and what takes long to compute
from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from lvstui.config import Settings
from lvstui.config.options import BLOCKS, OFF
from lvstui.config.settings import WordsEntry
from lvstui.console.panes import BROAD, PANES, Pane, Scene
from lvstui.console.session.director_client import NOT_READ, SLOWEST, SMALL, SWEEP, DirectorClient
from lvstui.console.session.navigation import ViewStack
from lvstui.console.session.storage import Storage
from lvstui.director.daemon import OrderAnswer as Tested
from lvstui.director.drift.all import Drifts, followed
from lvstui.director.hosts import Hosts, hosts
from lvstui.director.pair.point import Side
from lvstui.director.probe import ArpAnswers, Probed, ProbeResult
from lvstui.director.record import Record
from lvstui.director.serving import Tally, tallied
from lvstui.director.since import RowStates, row_states
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis, counted, diagnosed
from lvstui.doctor.finding import Finding, Identity
from lvstui.operations.lock import unsettled
from lvstui.store.noticed import unfinished_note
from lvstui.views.audit_index import LOG, NO_EVENTS, TAPE, Events
from lvstui.views.chooser import Choice, choice, chosen_sets
from lvstui.views.connection_words import UNSAMPLED, SampleReading
from lvstui.views.doctor import limits, reasons
from lvstui.views.finding_since import dated
from lvstui.views.head import ScreenStatus, played
from lvstui.views.opened import OpenedRow
from lvstui.views.operator_names import OperatorNames
from lvstui.views.place import Place
from lvstui.views.service_table import ServiceTable
from lvstui.views.services import prepared
from lvstui.views.sight import LastProbe
from lvstui.views.since import RememberedDrain, TimeSources
from lvstui.views.snapshots import ListedSnapshot

if TYPE_CHECKING:
    from lvstui.views.pair import PairReading

_FRESH = 2 * SWEEP + SLOWEST
"""Seconds for which the results of a sweep may be shown with newer States: the next sweep may fail, and be late."""


class Displayed:
    """Makes the scene that the tables show."""

    def __init__(
        self, where: ViewStack, client: DirectorClient, settings: Settings, storage: Callable[[], Storage]
    ) -> None:
        self.state = NOT_READ
        self._where = where
        self._client = client
        self._storage = storage
        self._names = OperatorNames(settings.names, settings.notes)
        self._chosen = dict(settings.columns)
        self._set_in_settings = frozenset(settings.columns)
        self._sets, self.complaints = chosen_sets(self._chosen)
        self._hosts: Hosts | None = None
        self._hosts_shown: Hosts | None = None
        self._table: ServiceTable | None = None
        self._drifts: Drifts | None = None
        self._drifts_shown: Drifts | None = None
        self._unfinished = False
        self._tally: Tally | None = None
        self._tally_shown: Tally | None = None
        self._watched: RowStates | None = None
        self._watched_shown: RowStates | None = None
        self._events = NO_EVENTS
        self.tried: dict[Place, LastProbe] = {}
        self._graphs = settings.graphs
        self._snapshots: Sequence[ListedSnapshot] = ()
        self._refused = ""
        self._diagnosis: Diagnosis | None = None
        self._diagnosis_shown: Diagnosis | None = None
        self._dated: tuple[tuple[object, ...], Diagnosis] | None = None
        self._probed: Probed | None = None
        self._silence, silent = reasons(settings.silence)
        self._limits, wrong = limits(settings.thresholds)
        self.complaints = (*self.complaints, *silent, *wrong)
        self.muted: frozenset[Identity] = frozenset()
        self.connections: Callable[[], SampleReading] = lambda: UNSAMPLED
        self.pair: Callable[[], PairReading | None] = lambda: None
        self.held: Callable[[], bool] = lambda: False
        self._broad = False

    @property
    def _pane(self) -> Pane:
        return PANES[self._where.view]

    def choice(self) -> Choice | None:
        """The columns that can be chosen for the table on the screen, None if there are none."""
        look = self._where.look
        table = self._pane.table(look)
        return choice(table, self._sets[table], look.columns) if table else None

    def choose(self, name: str, words: Sequence[str], over_settings: bool = True) -> str:
        """Chooses other columns for a set of a table, by its name in the settings; returns what is wrong, and then
        changes nothing. `over_settings` False: columns from config.toml stay, because they have priority over saved
        ones."""
        if not over_settings and name in self._set_in_settings:
            return ""
        wanted = {**self._chosen, name: WordsEntry(tuple(words), "chosen")}
        sets, complaints = chosen_sets(wanted)
        wrong = [text.partition(f"{name}: ")[2] or text for text in complaints if text.startswith("chosen: ")]
        if wrong:
            return wrong[0]
        self._chosen, self._sets = wanted, sets
        return ""

    def swept(self, state: State) -> None:
        """Computes what the open view needs from a sweep, in the thread that read it, before it is shown."""
        self._drifts = followed(state, self._drifts)
        self._tally = tallied(state, self._tally)
        self._watched = row_states(state, self._tally, self._watched)
        self._diagnosis = diagnosed(
            state, self._tally, self._drifts, self._diagnosis, self._silence, probed=self._probed, limits=self._limits
        )
        self._unfinished = unsettled(self._storage().paths) or bool(unfinished_note(state.notes))
        if self._adds_hosts(state):
            before = self._hosts
            wound_back = before is not None and before.swept is not None and state.at < before.swept
            self._hosts = hosts(state, None if wound_back else before, self._log())
        if self._where.view == "services" and len(state.services) > SMALL:
            self._table = prepared(state, self._where.look, self._names, self._table)

    def take(self) -> None:
        """Displays the State that was read last."""
        self.state, self._hosts_shown = self._client.latest, self._hosts
        self._drifts_shown, self._tally_shown = self._drifts, self._tally
        self._watched_shown = self._watched
        self._diagnosis_shown = self._diagnosis

    def _adds_hosts(self, state: State) -> bool:
        """Whether hosts are to be added up: a view lists them, a page names the other services of one, or a short table
        on a broad screen leaves room for them."""
        listed = self._broad and self._pane.hosts_below and self._where.look.inside is None
        short = len(state.services) <= SMALL
        return self._pane.hosts or isinstance(self._where.look.inside, OpenedRow) or (listed and short)

    def moved(self) -> None:
        """Called when another view is open: computes what it needs now if that is quick, or if no sweep will come."""
        self.relist()
        self._add_hosts_now()

    def _add_hosts_now(self) -> None:
        if self._adds_hosts(self.state) and (self._where.look.paused or len(self.state.services) <= SMALL):
            self._hosts = self._hosts_shown = hosts(self.state, self._hosts, self._log())

    def _log(self) -> Sequence[Record]:
        """The audit log, latest first; empty where none is written."""
        audited = self._storage().audited
        return audited.log.latest() if audited is not None else ()

    @property
    def drifts(self) -> Drifts | None:
        """The differences between the displayed table and what keepalived programmed."""
        return self._drifts_shown

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings that are not muted here."""
        every = self.diagnosis.findings if self.diagnosis is not None else ()
        return [finding for finding in every if finding.identity not in self.muted]

    def mute(self, identity: Identity) -> bool:
        """Mutes a finding for this console, or shows it again; returns whether it is muted now."""
        self.muted ^= {identity}
        return identity in self.muted

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The doctor's diagnosis of the displayed table."""
        return self._diagnosis_shown

    @property
    def side(self) -> Side | None:
        """The last State with its counts, for the comparison of a pair; None before the first read."""
        state = self._client.state
        return Side(state, self._tally) if state is not None else None

    @property
    def tally(self) -> Tally | None:
        """How many services and servers of the displayed table serve."""
        return self._tally_shown

    def remember(
        self, knocked: Sequence[ProbeResult] = (), answers: Sequence[ArpAnswers] = (), tested: Tested | None = None
    ) -> None:
        """Keeps the results of a probe, for the pages of the servers and for the doctor."""
        now = time.time()
        self.tried |= {Place(result.target.service, result.target.server): LastProbe(result, now) for result in knocked}
        self._probed = (self._probed or Probed()).with_knocked(knocked, now).with_answers(answers, now)
        if tested is not None:
            self._probed = self._probed._replace(tested=(tested, now))

    def relist(self) -> None:
        """Lists the snapshots again."""
        wanted, storage = self._pane.snapshots, self._storage()
        self._snapshots, self._refused = (storage.listed(), storage.refused()) if wanted else ((), "")

    def standing(self) -> ScreenStatus:
        """How old and how complete the display is."""
        client = self._client
        held = client.state.at - self.state.at if client.state is not None else 0.0
        drift = self.drifts.number if self.drifts is not None else 0
        paused = self._where.look.paused
        tape, sending = self._tape(), bool(client.sending)
        return ScreenStatus(
            paused=paused,
            age=client.age,
            trouble=client.trouble,
            interval=client.interval,
            held=held,
            tape=tape,
            drift=drift,
            sending=sending,
            tally=self.tally,
            unfinished=self._unfinished,
            findings=counted(self.diagnosis, self.muted),
            critical=self.diagnosis is not None and self.diagnosis.critical,
            host=self._storage().host,
        )

    def _tape(self) -> str:
        storage = self._storage()
        if storage.replay is not None:
            return played(self.state.taken, *storage.replay.position)
        return "REC" if storage.recording is not None and not storage.recording.trouble else ""

    def scene(self, drained: Mapping[Place, int], drains: Mapping[Place, RememberedDrain], width: int) -> Scene:
        """`drained`: the weights from before the `drains`; `width`: cells of the screen."""
        client = self._client
        if self._broad is not (width >= BROAD):
            self._broad = not self._broad
            self._add_hosts_now()
        state, hosts_now = self.state, self._hosts_shown
        # What was added up for an earlier visit to the view is no answer to what is.
        known = hosts_now if hosts_now is not None and abs(state.at - hosts_now.at) < _FRESH else None
        audited = self._storage().audited
        replay = self._storage().replay
        records = audited.log.latest() if audited is not None else replay.records if replay is not None else ()
        so_far = records if replay is None else tuple(record for record in records if record.epoch <= state.taken)
        if self._events.records is not so_far and (replay is None or self._events.records != so_far):
            self._events = Events(so_far, LOG if replay is None else TAPE)
        read = client.state is not None
        chosen = (self._names, client.past, self._sets, self._table, self.drifts, self.tally)
        seen = (self._events, self._watched_shown, drains, self.tried)
        graphs = (self._graphs == BLOCKS, self._graphs != OFF)
        return Scene(
            state,
            read,
            client.history,
            drained,
            known,
            records,
            self._snapshots,
            *chosen,
            self._refused,
            *seen,
            *graphs,
            self._dated_by(TimeSources(self._events, self._watched_shown, drains)),
            self.muted,
            self.connections(),
            self.pair(),
            self.held(),
            width,
        )

    def _dated_by(self, sources: TimeSources) -> Diagnosis | None:
        """The findings with the times of their rows; computed again if one of these has changed."""
        diagnosis = self._diagnosis_shown
        if diagnosis is None:
            return None
        before, made_of = self._dated, (diagnosis, sources.events, sources.row_states, dict(sources.drains))
        if (
            before is None
            or before[0][3] != made_of[3]
            or any(a is not b for a, b in zip(before[0][:3], made_of[:3], strict=True))
        ):
            self._dated = before = (
                made_of,
                dated(diagnosis, sources, self._tally_shown, self._limits, self._drifts_shown),
            )
        return before[1]

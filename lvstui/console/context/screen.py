"""What is on the screen: the open view (app.py), its rows (widgets/table_panel.py), and what they are made of
(panes/displayed.py)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

from lvstui.director.daemon import OrderAnswer as Tested
from lvstui.director.drift.all import Drifts
from lvstui.director.model import ServiceKey
from lvstui.director.probe import ArpAnswers, ProbeResult
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import Finding, Identity
from lvstui.views.chooser import Choice
from lvstui.views.look import Look


class Navigation(Protocol):
    """Which view is open, how deep in it the operator is, and its options."""

    @property
    def view(self) -> str:
        """The id of the open view."""

    @property
    def kind(self) -> str:
        """The kind of its rows."""

    @property
    def inside(self) -> ServiceKey | None:
        """The service that was entered."""

    @property
    def look(self) -> Look:
        """Its options: order, filter, columns, marks."""

    def look_at(self, look: Look) -> None:
        """Shows the present State with other options, now."""

    def go(
        self, view: str, inside: Hashable | None = None, select: Hashable | None = None, returns: bool = False
    ) -> None:
        """Opens a view, at its own rows or inside one, as it was left. `returns`: Esc leads back to the present
        place."""

    def enter(self, inside: Hashable, select: Hashable | None = None) -> None:
        """Goes one level deeper, with the cursor on a row, or on the first."""

    def leave(self) -> None:
        """Goes one level back."""

    def back(self) -> bool:
        """Goes back to the place that was shown before; returns whether there was one."""


class Table(Protocol):
    """The rows on the screen, and the cursor."""

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None if there is none."""

    @property
    def rows(self) -> int:
        """The number of rows, visible or not."""

    @property
    def furthest(self) -> int:
        """The number of columns that can be scrolled past."""

    @property
    def sets(self) -> list[str]:
        """The names of its sets of columns."""

    @property
    def sorts(self) -> Sequence[str]:
        """The visible columns by which it can be sorted."""

    @property
    def titles(self) -> Mapping[str, str]:
        """The keys of these columns, by key and by title."""

    @property
    def complaint(self) -> str:
        """The part of the filter that was not understood."""

    @property
    def cells(self) -> Sequence[tuple[str, str, str]]:
        """The visible columns: key, title, and the value in the row under the cursor."""

    def keys(self, in_sight: bool = False) -> Iterable[Hashable]:
        """All rows, or only the visible ones."""

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""

    def move(self, rows: int) -> None:
        """Moves the cursor."""


class Display(Protocol):
    """The displayed State (the one read last, or the one at which the screen was paused), and what was computed from
    it."""

    @property
    def state(self) -> State: ...

    @property
    def drifts(self) -> Drifts | None:
        """The differences between its table and what keepalived programmed."""

    @property
    def tally(self) -> Tally | None:
        """How many services and servers serve."""

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The doctor's diagnosis."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The doctor's findings that are not muted here."""

    def mute(self, identity: Identity) -> bool:
        """Mutes a finding for this console, or shows it again; returns whether it is muted now."""

    def remember(
        self, knocked: Sequence[ProbeResult] = (), answers: Sequence[ArpAnswers] = (), tested: Tested | None = None
    ) -> None:
        """Keeps the results of a probe, for the pages of the servers and for the doctor."""

    def choice(self) -> Choice | None:
        """The columns that can be chosen for the table on the screen, None if there are none."""

    def choose(self, name: str, words: Sequence[str], over_settings: bool = True) -> str:
        """Chooses other columns for a set of a table; returns what is wrong with them, "" for nothing. `over_settings`
        False: columns from config.toml stay."""

    def take(self) -> None:
        """Displays the State that was read last, even while the screen is paused."""

    def relist(self) -> None:
        """Lists the snapshots again."""

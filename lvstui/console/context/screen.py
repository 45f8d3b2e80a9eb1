"""What is on the screen: where one is (app.py), the rows there (widgets/table_panel.py), and what they are made of
(panes/displayed.py)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

from lvstui.director.daemon import Answer as Tested
from lvstui.director.drift.all import Drifts
from lvstui.director.model import ServiceKey
from lvstui.director.probe import Answers, Knocked
from lvstui.director.serving import Tally
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import Finding, Identity
from lvstui.views.chooser import Choice
from lvstui.views.look import Look


class Navigation(Protocol):
    """Which view is open, how deep in it the operator is, and how it is shown."""

    @property
    def view(self) -> str:
        """The id of the view that is open."""

    @property
    def kind(self) -> str:
        """What its rows are."""

    @property
    def inside(self) -> ServiceKey | None:
        """The service that was entered."""

    @property
    def look(self) -> Look:
        """What was chosen to be seen: order, filter, columns, marks."""

    def look_at(self, look: Look) -> None:
        """Shows what another Look wants, now."""

    def go(
        self, view: str, inside: Hashable | None = None, select: Hashable | None = None, returns: bool = False
    ) -> None:
        """Opens a view, at its own rows or inside one, as it was left. `returns`: Esc leads back to where one is."""

    def enter(self, inside: Hashable, select: Hashable | None = None) -> None:
        """One level deeper, with the cursor on a row, or on the first."""

    def leave(self) -> None:
        """One level back."""

    def back(self) -> bool:
        """Goes back to the place that was shown before; whether there was one."""


class Table(Protocol):
    """The rows on the screen, and the cursor among them."""

    @property
    def key(self) -> Hashable | None:
        """The row under the cursor, None when there is none."""

    @property
    def rows(self) -> int:
        """How many there are, in sight or not."""

    @property
    def furthest(self) -> int:
        """How many columns there are to scroll past."""

    @property
    def sets(self) -> list[str]:
        """The sets of columns, by name."""

    @property
    def sorts(self) -> Sequence[str]:
        """The columns in sight by which it can be sorted."""

    @property
    def titles(self) -> Mapping[str, str]:
        """The same by what they are called: each by its key and by its title."""

    @property
    def complaint(self) -> str:
        """What of the filter was not understood."""

    @property
    def cells(self) -> Sequence[tuple[str, str, str]]:
        """The columns in sight: key, title, and what the row under the cursor has there."""

    def keys(self, in_sight: bool = False) -> Iterable[Hashable]:
        """All rows, or those on the screen."""

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""

    def move(self, rows: int) -> None:
        """Moves the cursor."""


class Display(Protocol):
    """The displayed State (the one read last, or the one at which the screen was paused), and what was found in it."""

    @property
    def state(self) -> State: ...

    @property
    def drifts(self) -> Drifts | None:
        """The differences between its table and what keepalived programmed."""

    @property
    def tally(self) -> Tally | None:
        """The counts of what serves."""

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the doctor found."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings of the doctor that are not muted here."""

    def mute(self, identity: Identity) -> bool:
        """Mutes a finding for this console, or lets it speak again; returns whether it is muted now."""

    def remember(
        self, knocked: Sequence[Knocked] = (), answers: Sequence[Answers] = (), tested: Tested | None = None
    ) -> None:
        """Keeps the results of a probe, for the pages of the servers and for the doctor."""

    def choice(self) -> Choice | None:
        """The columns that can be chosen for the table on the screen, None where none can."""

    def choose(self, name: str, words: Sequence[str], over_settings: bool = True) -> str:
        """Chooses other columns for a set of a table; returns what is wrong with them, "" for nothing."""

    def take(self) -> None:
        """Displays the State that was read last, even while the screen is paused."""

    def relist(self) -> None:
        """Lists the snapshots again."""

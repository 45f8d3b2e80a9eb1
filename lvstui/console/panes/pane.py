"""Pane: one of the console's views as the App sees it: what it shows of a scene, and what Enter does on its rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lvstui.director.drift.all import Drifts
from lvstui.director.hosts import Hosts
from lvstui.director.rates import History
from lvstui.director.record import Record
from lvstui.director.serving import Tally
from lvstui.director.since import RowStates
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis, counted
from lvstui.doctor.finding import Identity
from lvstui.values import NamedTuple
from lvstui.views.around import RowContext
from lvstui.views.audit_index import NO_EVENTS, Events
from lvstui.views.chooser import AS_THEY_ARE, Sets
from lvstui.views.column import Column
from lvstui.views.connection_words import UNSAMPLED, SampleReading
from lvstui.views.grid_view import GridView
from lvstui.views.head import Line
from lvstui.views.look import Look
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.past import NOTHING_PAST, Past
from lvstui.views.servers import Place
from lvstui.views.service_table import ServiceTable
from lvstui.views.sight import LastProbe, Sight
from lvstui.views.since import RememberedDrain, TimeSources
from lvstui.views.snapshots import ListedSnapshot
from lvstui.views.tabs import NONE as NO_TROUBLE
from lvstui.views.tabs import Trouble
from lvstui.views.worst import ADDRESS

if TYPE_CHECKING:
    from lvstui.console.context import Context
    from lvstui.console.session.threads import Computation
    from lvstui.views.pair import PairReading


BROAD = 160
"""The width of a screen in cells from which details are shown beside the table."""
_BESIDE, _APART = 45, 2
"""The part of the screen, in percent, beside the table, and the cells between the two (console.tcss)."""


class Scene(NamedTuple):
    """Everything that views are made of. `read`: whether anything was read so far. `drained`: weights from before a
    drain. `hosts`: the hosts of the last sweep that added them up; `records`: the audit log, latest first; `snapshots`:
    the list of them; `past`: recent changes; `sets`: the columns that were chosen for each table; `table`: whole
    columns of the services, if they were needed and there are many; `drifts`: the differences between the table and
    what keepalived programmed; `tally`: what serves; `refused`: why the folder of snapshots is not used. `events`: the
    audit log by subject; `row_states`: since when rows are in their state, as far as this console saw it; `drains`:
    with times and reasons; `last_probes`: the result of the last probe of a server. `blocks`: graphs are drawn with
    blocks, not with braille; `graphs`: whether there are any. `diagnosis`: the doctor's; `muted`: findings that this
    console does not show; `connections`: a sample of the connection table; `pair`: the comparison with another
    director, None while no pair is open. `held`: rows keep their places, because the operator is working. `width`:
    cells of the screen."""

    state: State
    read: bool
    history: History
    drained: Mapping[Place, int]
    hosts: Hosts | None = None
    records: Sequence[Record] = ()
    snapshots: Sequence[ListedSnapshot] = ()
    names: OperatorNames = NO_NAMES
    past: Past = NOTHING_PAST
    sets: Sets = AS_THEY_ARE
    table: ServiceTable | None = None
    drifts: Drifts | None = None
    tally: Tally | None = None
    refused: str = ""
    events: Events = NO_EVENTS
    row_states: RowStates | None = None
    drains: Mapping[Place, RememberedDrain] = MappingProxyType({})
    last_probes: Mapping[Place, LastProbe] = MappingProxyType({})
    blocks: bool = False
    graphs: bool = True
    diagnosis: Diagnosis | None = None
    muted: frozenset[Identity] = frozenset()
    connections: SampleReading = UNSAMPLED
    pair: PairReading | None = None
    held: bool = False
    width: int = 80

    @property
    def findings(self) -> int:
        """The number of findings that alarm and have no badge of their own."""
        return counted(self.diagnosis, self.muted)

    @property
    def sight(self) -> Sight:
        """What pages are made of."""
        sources = (self.tally, self.events, self.row_states, self.drains, self.last_probes, self.hosts)
        return Sight(self.state, self.history, self.around, *sources, self.blocks, self.graphs)

    @property
    def around(self) -> RowContext:
        """The context of rows, besides their own readings."""
        return RowContext(
            self.names, self.past, self.drained, self.drifts, TimeSources(self.events, self.row_states, self.drains)
        )

    def aside(self, wide: bool) -> int:
        """The cells of a line below the table; beside it if `wide`."""
        return self.width * _BESIDE // 100 - _APART if wide else self.width

    def beside(self, wide: bool) -> int:
        """The cells of the table that has details beside it, if `wide`."""
        return self.width - (self.width - _APART) * _BESIDE // 100 - _APART if wide else self.width


class Shown(NamedTuple):
    """The content of a grid: a view, the line above it, the text in place of rows, and the text below the rows.
    `awaited`: these are earlier rows, because those of the Look are still being computed; the part of its filter that
    was not understood, None if nothing is awaited."""

    view: GridView[Hashable]
    heading: str
    empty: str
    note: str = ""
    awaited: str | None = None


class Pane(ABC):
    """A view of the console. `id` names it in a key map, `key` opens it, `title` says what it lists."""

    id = ""
    key = ""
    title = ""
    tab = ""
    """Its name in the tabs."""
    hosts = False
    """Whether it needs the hosts added up after each sweep."""
    hosts_below = False
    """Whether it lists hosts below a short table on a broad screen."""
    records = False
    """Whether it needs the audit log."""
    snapshots = False
    """Whether it needs the list of snapshots."""
    samples = False
    """Whether it needs a sample of the connection table."""

    @abstractmethod
    def kind(self, look: Look) -> str:
        """The kind of its rows: "service", "server" or another word that keys/actions.py knows."""

    def table(self, look: Look) -> str:
        """The table whose columns can be chosen, by its name in the settings; "" if there is none."""
        return ""

    def sorts(self, look: Look, columns: Sequence[Column]) -> Sequence[str]:
        """The shown columns by which rows can be sorted, in the order in which `o` goes through them."""
        keys = [column.key for column in columns if column.kind]
        first = keys.index("active") if "active" in keys else 0
        return [*keys[first:], *keys[:first], *([ADDRESS] if self.trouble_first(look) else [])]

    def trouble_first(self, look: Look) -> bool:
        """Whether rows with a problem come first, unless another order is chosen."""
        return False

    def prepare(self, scene: Scene, look: Look, cursor: Hashable | None, later: Callable[[Computation], None]) -> None:
        """Called before `show`: what takes long to compute is given to `later`, after which everything is shown again.
        `cursor`: the row that the cursor is on, or is to be on."""
        return

    @abstractmethod
    def show(self, scene: Scene, look: Look, before: GridView[Hashable] | None) -> Shown:
        """The content of the table. `before`: the last one, None if that was another pane's or another depth's."""

    def below(self, scene: Scene, key: Hashable, look: Look, wide: bool) -> Shown | None:
        """What is shown beside the row under the cursor; None if there is nothing more to show. Of the Look only the
        set of columns and `exact` are given. `wide`: it is to the right of the table, not below it."""
        return None

    def page(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        """The lines of the open page, for so many cells and rows."""
        return ()

    def over(self, scene: Scene, look: Look, width: int) -> Sequence[Line]:
        """The lines above the rows: who is master, why a service is not well."""
        return ()

    def under(self, scene: Scene, look: Look, width: int, height: int) -> Sequence[Line]:
        """The lines below the rows, if there is so much room."""
        return ()

    def about(self, scene: Scene, key: Hashable, width: int) -> Sequence[Line]:
        """The lines about the row under the cursor, above the rows of `below`."""
        return ()

    def detail(self, scene: Scene, key: Hashable, look: Look, width: int, height: int) -> Sequence[Line]:
        """More about the row under the cursor, if there is room beside the table."""
        return ()

    def there(self, scene: Scene) -> bool:
        """Whether it has a tab."""
        return True

    def trouble(self, scene: Scene) -> Trouble:
        """How much is wrong in it."""
        return NO_TROUBLE

    def row(self, ctx: Context) -> Hashable | None:
        """What this view opens for the row under the cursor of another view; None for its own rows."""
        return None

    def lost(self, scene: Scene, look: Look) -> str:
        """A message if what was entered no longer exists, else ""."""
        return ""

    @abstractmethod
    async def enter(self, ctx: Context, key: Hashable) -> None:
        """Called for Enter on a row."""

    async def undo(self, ctx: Context) -> None:
        """Undoes the last change that was made; a view may undo something else."""
        from lvstui.console.editing import editor

        await editor.undo(ctx)

    async def restored(self, ctx: Context) -> None:
        """Called after a restore, an undo or a redo: compares again what was compared with the table."""
        return

    async def delete(self, ctx: Context) -> bool:
        """Deletes the row under the cursor; False if it is a rule, which is deleted as in every view."""
        return False

    def snapshot(self, ctx: Context, what: str) -> Path | None:
        """The snapshot that `what` is about, None if the operator must choose one. Raises NotDone."""
        return None

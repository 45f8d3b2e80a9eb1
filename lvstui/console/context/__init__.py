"""The context: what actions, panes and editing receive of the console, so that none of them knows the App. What they
show comes from `director` (reads of the table), `samples` and `peers` (view 3 and view 8), and `storage`; `display` is
what was made of it. Messages and questions go to `ui` and `pages`; `navigation` and `table` lead to other views and
rows. Changes of the table go through editing/editor.py to `director`, and nowhere else. The parts above this package
are protocols (ui.py, screen.py, program.py), and each is implemented by one class, which its module names. The parts
below it are the classes of console/session. app.py makes the one context of the console; a test makes its own, without
a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lvstui.commands.selected import rows_of
from lvstui.commands.targets import CommandContext
from lvstui.console.context.program import Commands, Program
from lvstui.console.context.screen import Display, Navigation, Table
from lvstui.console.context.ui import Pages, Ui
from lvstui.console.session.director_client import DirectorClient
from lvstui.console.session.peer import Peer
from lvstui.console.session.sampler import Sampler
from lvstui.console.session.storage import Storage
from lvstui.console.session.under_way import UnderWay
from lvstui.director.source import ReadOnly
from lvstui.store.drained import Drain
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import Place

if TYPE_CHECKING:
    from lvstui.operations.change import Undo


@dataclass
class Session:
    """The memory of an open console: work `under_way` beside the screen, the command `history`, the latest `filters`,
    whether the automatic snapshot of the first change was taken, and whose `turn` it is to change the table. `undos`
    say how to take back what was done, `refused` too, but someone else changed that since, and `redos` what was undone;
    `drains` are the remembered drains, the newest last,
    and `drained` the weights from before them."""

    under_way: list[UnderWay] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    filters: tuple[str, ...] = ()
    snapshot_taken: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    undos: list[Undo] = field(default_factory=list)
    refused: list[Undo] = field(default_factory=list)
    redos: list[Undo] = field(default_factory=list)
    drains: Mapping[Place, Drain] = field(default_factory=dict)
    drained: Mapping[Place, int] = field(default_factory=dict)


@dataclass
class Context:
    """The parts. `source` reads the director, and refuses changes while read-only; `storage` is what is on disk.
    `commands` needs the context itself, so app.py sets it right after, with `samples` and `peers`."""

    ui: Ui
    pages: Pages
    director: DirectorClient
    navigation: Navigation
    table: Table
    display: Display
    program: Program
    source: ReadOnly
    storage: Storage
    names: OperatorNames
    session: Session = field(default_factory=Session)
    commands: Commands = field(init=False)
    samples: Sampler = field(init=False)
    peers: Peer = field(init=False)

    def world(self) -> CommandContext:
        """The subject of an action or a command: the marked rows, or else the one under the cursor, in the State that
        was read last."""
        marked = self.navigation.look.marked
        rows = rows_of(marked if marked else (self.table.key,))
        return CommandContext(self.director.latest, self.names, self.navigation.inside, rows)

"""What actions, views and operations receive from the console: a few protocols, and the memory of this session.

app.py builds the context and hands it down. Nothing below app.py knows the App, so each function can be tested with its
own context, without a terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from lvstui.commands.proposals import Proposal
from lvstui.commands.targets import World
from lvstui.console.session.storage import Storage
from lvstui.console.session.under_way import UnderWay
from lvstui.director.change import Change
from lvstui.director.daemon import Answer, Order
from lvstui.director.drift.all import Drifts
from lvstui.director.hosts import HostKey
from lvstui.director.model import ServiceKey
from lvstui.director.probe import Answers, Knocked
from lvstui.director.serving import Tally
from lvstui.director.source import Purpose, ReadOnly, Source
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import Finding, Identity
from lvstui.operations.change import Done, Undo
from lvstui.operations.memory import Noted
from lvstui.store.drained import Drain
from lvstui.views.chooser import Choice
from lvstui.views.connection_words import Reading
from lvstui.views.look import Look
from lvstui.views.names import Names
from lvstui.views.past import Past
from lvstui.views.servers import Place

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Text = Sequence[tuple[str, str]]
"""A line in pieces with roles."""
Changes = tuple[Change, ...]
LINGERS = 20.0
"""Seconds for which the bottom line says what was done; an error stays until something else is said."""


class Typing(NamedTuple):
    """Help for typing a line: `complete` returns its possible completions, `history` has earlier lines, latest last."""

    complete: Callable[[str], Sequence[str]]
    history: Sequence[str] = ()


class Offer(NamedTuple):
    """A line of the command palette, and what it does."""

    text: str
    about: str
    does: Callable[[], None]


class HelpRow(NamedTuple):
    """A key, a command or a sign, and what it does or means. `where`: the views it works in, "" for every view;
    `off`: it is refused now, because the console is read-only."""

    key: str
    words: str
    where: str = ""
    off: bool = False


class HelpTopic(NamedTuple):
    """Rows that belong together, under a title."""

    title: str
    rows: tuple[HelpRow, ...]


class HelpPart(NamedTuple):
    """One page of the help. `wide`: its rows are too long to stand beside others."""

    name: str
    topics: tuple[HelpTopic, ...]
    wide: bool = False


class FormField(NamedTuple):
    """A line of a form. `choices` are suggested; `key` fields name the rule and cannot be edited later."""

    name: str
    hint: str
    choices: Sequence[str] = ()
    key: bool = False


class KeyedAction(Protocol):
    """An action with its keys: a row of keys/actions.py."""

    @property
    def id(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...
    @property
    def writes(self) -> bool: ...
    @property
    def where(self) -> str: ...

    def fits(self, kind: str) -> bool:
        """Whether it makes sense on rows of this kind."""


class Stream(Protocol):
    """A page whose lines come one after the other."""

    left: bool
    """Whether the operator has left it."""

    def add(self, text: str, role: str = "") -> None:
        """One more line."""

    def say(self, text: str, role: str = "key") -> None:
        """What stands at the foot from now on."""


class BottomLine(Protocol):
    """Messages and questions in the bottom line, and beside it."""

    def status(self, text: str, role: str = "", seconds: float = LINGERS) -> None:
        """Says what was done for so many seconds, or what went wrong (`role` "error") until the next words."""

    def also(self, text: str) -> None:
        """Says this behind what is said already, and as long."""

    async def ask(
        self,
        title: str,
        value: str = "",
        suggestions: Sequence[str] = (),
        changed: Callable[[str], str] | None = None,
        typing: Typing | None = None,
    ) -> str | None:
        """A line of text; None when the operator gives it up. `changed` sees every edit and may return a remark."""

    async def key(self, question: Text, keys: Sequence[str]) -> str | None:
        """A question that one of `keys` answers (Textual's names); None when it is declined."""

    def unfold(self, lines: Sequence[Text] | None, above: int = 0) -> int:
        """Shows lines in the place of the tables, but for the first so many, while a question stands; None brings the
        tables back. Returns how many are below the last one that fits."""

    def list_below(self, lines: Sequence[Text]) -> None:
        """Shows lines below the tables, over their lower part; none takes them away."""

    def copy(self, text: str) -> None:
        """Sends a text to the terminal's clipboard."""


class Pages(Protocol):
    """Messages and questions on a page over the table."""

    async def page(self, title: str, lines: Sequence[Text], foot: str, keys: str = "") -> str:
        """Shows lines to read; returns the key of `keys` that left the page, "" for any other."""

    async def help(self, parts: Sequence[HelpPart]) -> None:
        """Shows the help, until the operator closes it."""

    async def pick(self, title: str, paths: Sequence[Path]) -> Path | None:
        """One of these files, or another that is typed."""

    async def form(
        self,
        title: str,
        fields: Sequence[FormField],
        values: Mapping[str, str],
        make: Callable[[Mapping[str, str]], Changes],
        editing: bool = False,
    ) -> Changes | None:
        """The changes that a filled form states. `editing`: the fields that name the rule cannot be changed."""

    async def stream(self, title: str, foot: str, fill: Callable[[Stream], Coroutine[None, None, None]]) -> None:
        """Opens a page and runs `fill` beside it, until the operator leaves it."""

    async def theme(self, names: Sequence[str]) -> str:
        """A theme, tried on while it is chosen; "" when it stays as it was."""

    def palette(self, offers: Callable[[], Iterable[Offer]]) -> None:
        """Opens the command palette."""


class Ui(BottomLine, Pages, Protocol):
    """Messages to the operator, and questions."""


class Director(Protocol):
    """The director: reads and sends, one at a time, and orders to keepalived. All raise LvsError."""

    asks_keepalived: bool
    """Whether keepalived itself is asked for its state."""

    @property
    def latest(self) -> State:
        """What was read last, though the screen may be paused at something older."""

    @property
    def past(self) -> Past:
        """What moved of late."""

    async def fresh(self, keys: Collection[ServiceKey] = ()) -> State:
        """The services as they are now, with the servers of those on the screen and of `keys`."""

    async def everything(self) -> State:
        """All of it as it is now, timeouts and sync daemons too."""

    def wake(self) -> None:
        """Reads again now, everything."""

    def examine(self) -> None:
        """Reads the facts of the machine anew, with everything else, now."""

    async def work(
        self,
        total: int,
        work: Callable[Concatenate[Source, Parameters], Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """What `work` makes of the source while nothing else reads or sends. It sends `total` changes."""

    async def tell(self, order: Order, purpose: Purpose) -> Answer:
        """What keepalived answers to an order."""

    async def sent(self) -> None:
        """Comes back when nothing is being sent, and keepalived has answered."""

    def through(self, wrapped: Callable[[Source], Source]) -> None:
        """Reads and sends through a wrapper around its source from now on."""


class Editor(Protocol):
    """The only way in which the console changes the table, and its undo stack."""

    undos: list[Undo]

    @property
    def drained(self) -> Mapping[Place, int]:
        """The weights that servers had before they were drained."""

    @property
    def drains(self) -> Mapping[Place, Drain]:
        """The drains that are remembered, the newest last."""

    async def confirm(
        self, proposal: Proposal, keys: tuple[str, ...] = (), state: State | None = None, reason: str = ""
    ) -> str | None:
        """Checks, shows, asks, and carries out. Returns "y" when done, one of `keys` when that was pressed instead,
        None when the operator says no. `state`: what the proposal was made on, where that was not the latest."""

    def done(self, done: Done) -> None:
        """Says that a change was carried out, and remembers how to take it back."""

    def note(self, noted: Noted) -> None:
        """Knows what a change did to the memory of drains."""

    def remember(self, undo: Undo) -> None:
        """How to take back what was done."""

    async def undo(self) -> None:
        """Takes back the last change, but for what someone else has changed since."""

    async def redo(self) -> None:
        """Makes the change once more that was undone last."""


class Selection(Protocol):
    """The target of an action: the marked rows, else the one under the cursor. All raise NotDone where there is none of
    the kind."""

    def rows(self) -> list[ServiceKey | Place | HostKey]:
        """Those that are rules or hosts; may be empty."""

    def world(self) -> World:
        """What a command is understood in."""

    def target(self) -> ServiceKey | Place:
        """The row under the cursor."""

    def targets(self) -> list[ServiceKey | Place]:
        """The marked rows, else the one under the cursor."""

    def service(self) -> ServiceKey:
        """The service under the cursor, or the one that was gone into; refused where several are marked."""

    def services(self) -> list[ServiceKey]:
        """The marked services, else the one under the cursor, or the one that was gone into."""

    def servers(self) -> list[Place]:
        """The marked real servers, else the one under the cursor."""


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
        """The service that was gone into."""

    @property
    def look(self) -> Look:
        """What was chosen to be seen: order, filter, columns, marks."""

    def look_at(self, look: Look) -> None:
        """Shows what another Look wants, now."""

    def go(
        self, view: str, inside: Hashable | None = None, select: Hashable | None = None, returns: bool = False
    ) -> None:
        """Opens a view, at its own rows or inside one, as it was left. `returns`: Esc leads back to where one is."""

    def enter(self, inside: Hashable) -> None:
        """One level deeper."""

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

    def keys(self) -> Iterable[Hashable]:
        """All rows, in sight or not."""

    def in_sight(self) -> Sequence[Hashable]:
        """The rows on the screen."""

    def select(self, key: Hashable) -> None:
        """Puts the cursor on this row as soon as a view that has it is shown."""

    def move(self, rows: int) -> None:
        """Moves the cursor."""


class Painter(Protocol):
    """Shows the latest read, and the chosen columns."""

    def paint(self) -> None:
        """Shows the rows anew."""

    def paint_frame(self) -> None:
        """Shows the lines around the table anew."""

    def choice(self) -> Choice | None:
        """What may be chosen of the columns of the table on the screen, None where nothing may."""

    def choose(self, name: str, words: Sequence[str], over_settings: bool = True) -> str:
        """Shows other columns in a set of a table; returns what is wrong with them, "" for nothing."""

    def catch_up(self) -> None:
        """Shows what was read last, though the screen be paused."""

    def relist(self) -> None:
        """Lists the snapshots anew."""


class Display(Painter, Protocol):
    """The displayed State: the one read last, or the one at which the screen was paused."""

    @property
    def state(self) -> State: ...

    @property
    def drifts(self) -> Drifts | None:
        """Where its table is not what keepalived made of it."""

    @property
    def tally(self) -> Tally | None:
        """What serves of it."""

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the doctor found in it."""

    @property
    def cells(self) -> Sequence[tuple[str, str, str]]:
        """The columns in sight: key, title, and what the row under the cursor has there."""

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings of the doctor that are not muted here."""

    def mute(self, identity: Identity) -> bool:
        """Mutes a finding for this console, or lets it speak again; whether it is muted now."""

    def remember(self, knocked: Sequence[Knocked] = (), answers: Sequence[Answers] = ()) -> None:
        """What a probe found, for the pages of the servers and for the doctor."""


class Samples(Protocol):
    """A sample of the connection table."""

    @property
    def reading(self) -> Reading:
        """What there is of it, and whether it is being read."""

    def read(self, more: bool = False) -> bool:
        """Reads anew, more where that is asked for; False where there is no more to ask for."""


class Peers(Protocol):
    """The other director of a pair."""

    @property
    def name(self) -> str:
        """What it is called, "" while no pair is open."""

    def open(self, name: str) -> None:
        """Opens a pair with another director. Raises NotDone."""

    def close(self) -> None:
        """Ends it."""


class Program(Protocol):
    """The console itself."""

    @property
    def actions(self) -> Sequence[KeyedAction]:
        """Every action with the keys it has here."""

    @property
    def theme_names(self) -> Sequence[str]: ...

    def keys(self, action: str) -> tuple[str, ...]:
        """The keys of an action, as Textual names them."""

    def key(self, action: str) -> str:
        """The first of them as operators spell it, "" where it has none."""

    def wear(self, theme: str) -> None:
        """Wears a theme."""

    def pace(self, seconds: float) -> None:
        """Reads once in so many seconds."""

    def beside(self, work: Callable[[], Coroutine[None, None, object]], group: str) -> None:
        """Runs something beside the screen for which nobody waits."""

    def action_suspend_process(self) -> None:
        """Gives the terminal back to the shell."""

    def quit(self) -> None:
        """Leaves the console."""

    def go_elsewhere(self, netns: str) -> None:
        """Leaves, to be opened again in another network namespace."""


class Commands(Protocol):
    """Starts an action or a command by name."""

    def action(self, name: str) -> None:
        """Does an action."""

    def ask(self, begun: str) -> None:
        """Opens the command line, with this much of it typed."""

    def line(self, text: str) -> None:
        """Does a command."""

    async def command(self, begun: str = "") -> None:
        """Asks for a command and does it, within the action that is under way. Raises LvsError."""


@dataclass
class Session:
    """The memory of an open console: work `under_way` beside the screen, the command `history`, the latest `filters`,
    whether the automatic snapshot of the first change was taken, and whose `turn` it is to change the table."""

    under_way: list[UnderWay] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    filters: tuple[str, ...] = ()
    snapshot_taken: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Context:
    """All of it. `source` is what the director is read through, and it refuses changes while read-only; `storage` is
    what is on disk. `editor`, `selection` and `commands` need the context themselves, so app.py sets them, `samples`
    and `peers`, right after."""

    ui: Ui
    director: Director
    navigation: Navigation
    table: Table
    display: Display
    program: Program
    source: ReadOnly
    storage: Storage
    names: Names
    session: Session = field(default_factory=Session)
    editor: Editor = field(init=False)
    selection: Selection = field(init=False)
    commands: Commands = field(init=False)
    samples: Samples = field(init=False)
    peers: Peers = field(init=False)

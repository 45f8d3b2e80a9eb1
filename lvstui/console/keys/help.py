"""The content of the help, part by part: the keys of the open view, all other keys, the commands, and the signs on the
screen. pages/help.py shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvstui.commands.command_table import COMMANDS
from lvstui.console.context.ui import HelpPart, HelpRow, HelpTopic
from lvstui.console.keys.actions import KINDS
from lvstui.console.keys.key_names import shown_key

if TYPE_CHECKING:
    from lvstui.console.context.program import KeyedAction


_TASKS = (
    (
        "Look",
        "enter leave previous_place next_problem previous_problem filter sort reverse columns "
        "scroll_left scroll_right exact",
    ),
    (
        "Change (asks first)",
        "drain weight heavier lighter drain_host scheduler add edit delete clone zero undo redo sync recover",
    ),
    ("Many rows", "mark mark_all unmark_all"),
    ("Keep", "save restore conf copy"),
    ("Tell me more", "explain ask probe drift examine more"),
    ("In a recording", "back on minute_back minute_on slower faster"),
)
"""Actions by purpose, in the order of the help. Views are under "Go to", all others under "lvstui"."""
_VIEWS, _REST = "Go to", "lvstui"
MOVES = HelpTopic(
    "Move",
    (
        HelpRow("arrows j k", "up and down"),
        HelpRow("PgUp PgDn", "a screen up and down"),
        HelpRow("Home g", "first row"),
        HelpRow("End G", "last row"),
        HelpRow("^L", "repaint the screen"),
    ),
)
SIGNS = (
    HelpTopic(
        "State",
        (
            HelpRow("▼", "down, out or removed: it serves nobody"),
            HelpRow("■", "full: at its upper limit, it gets no new connections"),
            HelpRow("=", "drained: weight 0, on purpose"),
            HelpRow("~", "skew: its share of the connections is not that of its weight"),
            HelpRow("skew 28%", "28 % of the connections are not where the weights put them"),
            HelpRow("3/4", "live/configured: 3 of 4 real servers can take new connections"),
            HelpRow("3/?", "the number configured is not known: no keepalived reports it"),
        ),
    ),
    HelpTopic(
        "Figures",
        (
            HelpRow("~12", "the kernel's slow average, for the first four seconds"),
            HelpRow("?", "not available from this source"),
            HelpRow("…", "not read yet"),
            HelpRow("–", "nothing to count: with Route and Tunnel, replies bypass this host"),
            HelpRow("1.2K 3M", "thousands, millions; E shows all digits"),
        ),
    ),
    HelpTopic(
        "Pictures",
        (
            HelpRow("━━━│━", "its share of the active connections; the line is its share of the weight"),
            HelpRow("trend", "the last three minutes; steady draws nothing"),
            HelpRow("▲ ▼", "after a figure: it moved within the last minute"),
        ),
    ),
    HelpTopic(
        "Words",
        (
            HelpRow("active", "connections that are open or opening; never UDP"),
            HelpRow("inact", "connections that are closing, and all of UDP"),
            HelpRow("drift", "the table is not what keepalived programmed: C shows where"),
            HelpRow("MASTER", "this director holds the virtual addresses; BACKUP: another does"),
            HelpRow("STALE", "reads have failed since then: the screen is old"),
        ),
    ),
)


_BRIEF = 8
"""Letters that the keys of one action may take together; if they need more, only the first is shown."""


def help_parts(actions: Sequence[KeyedAction], kind: str, read_only: bool) -> tuple[HelpPart, ...]:
    """The help for a view whose rows are of this kind. Raises nothing; an action without a key is a command."""
    keyed = [action for action in actions if action.keys]
    here = [action for action in keyed if action.where and action.fits(kind)]
    free = [action for action in keyed if not action.where]
    other = [action for action in keyed if action.where and not action.fits(kind)]
    return (
        HelpPart("this view", (*_topics(here + _looking(free), read_only), MOVES)),
        HelpPart("every view", _topics([action for action in free if action not in _looking(free)], read_only)),
        HelpPart("other views", _topics(other, read_only, True)),
        HelpPart("commands", (HelpTopic("After :  (Tab completes)", _commands(read_only)),), True),
        HelpPart("signs", SIGNS),
    )


def search(parts: Sequence[HelpPart], words: str) -> HelpPart:
    """The rows of the help that have all these words, with the views in which each key works."""
    wanted = words.lower().split()
    topics = []
    for part in parts:
        for topic in part.topics:
            rows = tuple(row for row in topic.rows if all(word in _text(row, topic) for word in wanted))
            if rows:
                topics.append(HelpTopic(topic.title, rows))
    return HelpPart(f'found: "{words.strip()}"', tuple(topics), any(part.wide for part in parts))


def _text(row: HelpRow, topic: HelpTopic) -> str:
    return f"{row.key} {row.words} {row.where} {topic.title}".lower()


def _looking(free: Sequence[KeyedAction]) -> list[KeyedAction]:
    """Keys of every view that an operator expects among those of this one."""
    look = f"{_TASKS[0][1]} undo redo".split()
    return [action for action in free if action.id in look]


def _topics(actions: Sequence[KeyedAction], read_only: bool, with_views: bool = False) -> tuple[HelpTopic, ...]:
    """The topics by purpose. `with_views`: each row says in which views its key works."""
    task = {name: title for title, names in _TASKS for name in names.split()}
    order = [*(title for title, _ in _TASKS), _VIEWS, _REST]
    by_task: dict[str, list[HelpRow]] = {title: [] for title in order}
    places = [name for _, names in _TASKS for name in names.split()]
    for action in sorted(
        actions, key=lambda keyed_action: places.index(keyed_action.id) if keyed_action.id in places else len(places)
    ):
        title = _VIEWS if action.id.startswith("view-") else task.get(action.id, _REST)
        keys = " ".join(map(shown_key, action.keys))
        keys = keys if len(keys) <= _BRIEF else shown_key(action.keys[0])
        where = ", ".join(dict.fromkeys(KINDS[word][0] for word in action.where.split() if word in KINDS))
        words = action.help.removeprefix("view: ")
        if with_views and where:
            words = f"{words} (in {where})"
        by_task[title].append(HelpRow(keys, words, where, read_only and action.writes))
    return tuple(HelpTopic(title, tuple(rows)) for title, rows in by_task.items() if rows)


def _commands(read_only: bool) -> tuple[HelpRow, ...]:
    return tuple(HelpRow(command.usage, command.help, "", read_only and command.writes) for command in COMMANDS)

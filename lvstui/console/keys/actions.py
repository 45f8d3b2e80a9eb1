"""The one table of actions, for bindings, footer, help and read-only dimming."""

from __future__ import annotations

from lvstui.console.panes import PANES
from lvstui.director.errors import NotDone
from lvstui.values import NamedTuple


class Action(NamedTuple):
    """A row of the table. `id` names it in a key map; `keys` are Textual's names, the first is shown; `where` it makes
    sense: the kinds of rows (panes name theirs), "" for anywhere; `writes`: it changes the director; `footer`: its
    short title there, "" if only the help has it. An action that `yields` gives up a key that an operator's key map
    uses for something else: it is newer than some key maps."""

    id: str
    keys: tuple[str, ...]
    help: str
    footer: str = ""
    where: str = ""
    writes: bool = False
    yields: bool = False

    def fits(self, kind: str) -> bool:
        """Whether it makes sense on rows of this kind."""
        return not self.where or kind in self.where.split()


_RULES = "service server"
_SERVERS = "server rule server-page"
_LISTED = "service server rule"
_ROWS = f"{_LISTED} server-page service-page"
_SORTED = f"{_LISTED} host snapshot"
_FINDINGS = "finding evidence"
_SAMPLED = "group bound connection"
_DEEPER = "server rule content fact evidence connection server-page service-page"

ACTIONS = (
    Action(
        "enter",
        ("enter", "right"),
        "open the row",
        "open",
        "service server host group bound connection instance rule finding evidence record snapshot service-page",
    ),
    Action("leave", ("escape", "left"), "back; clears marks and filter first", "back", _DEEPER),
    Action("previous_place", ("ctrl+o",), "back to the place shown before", yields=True),
    Action("explain", ("exclamation_mark",), "explain: a service and its load; else the figures", yields=True),
    Action("next_problem", ("n",), "next problem, in any view", "next problem", yields=True),
    Action("previous_problem", ("N",), "previous problem", yields=True),
    Action("ask", ("K",), "ask keepalived every 10 s (it writes files in /tmp)", "ask keepalived", "instance fact"),
    Action("add", ("a",), "add a service; inside one, a real server", "add", _RULES, True),
    Action("edit", ("e",), "edit all fields", "edit", _ROWS, True),
    Action("delete", ("d", "delete"), "delete; shows the effect on connections", "del", f"{_ROWS} snapshot", True),
    Action("drain", ("x",), "drain (weight 0), or undrain", "drain", _SERVERS, True),
    Action("weight", ("w",), "weight: 5, +1, -1, 50% or +50%", "weight", _SERVERS, True),
    Action("heavier", ("plus", "equals_sign"), "weight up; several presses make one change", "", _SERVERS, True),
    Action("lighter", ("minus",), "weight down", "", _SERVERS, True),
    Action("clone", ("c",), "clone the service and its servers", "", _ROWS, True),
    Action("scheduler", ("s",), "change the scheduler", "sched", _ROWS, True),
    Action("drain_host", ("X",), "drain the host in every service, or undrain", "drain host", f"{_SERVERS} host", True),
    Action(
        "examine", ("r",), "look again, now; in view 3, read again", "again", f"{_FINDINGS} {_SAMPLED}", yields=True
    ),
    Action("more", ("M",), "read more of the connection table", "more", _SAMPLED, yields=True),
    Action("mute", ("m",), "mute a finding here, or unmute it", "mute", _FINDINGS, yields=True),
    Action("undo", ("u",), "undo the last change made here; in view 6, that record", "undo", "", True),
    Action("redo", ("U",), "redo the last undone change", "", "", True, yields=True),
    Action("filter", ("slash",), "filter: web, down, active>100, !rr", "filter"),
    Action(
        "columns",
        ("tab",),
        "next set of columns; in view 3, 6, 8 next kind",
        "cols",
        f"{_LISTED} host record point {_SAMPLED}",
    ),
    Action("sort", ("o",), "sort by the next column", "sort", f"{_SORTED} {_SAMPLED}"),
    Action("records", ("A",), "its records in the audit log; on a page o too", "", f"{_ROWS} host", yields=True),
    Action("mark", ("space",), "mark or unmark the row", "mark", _SORTED),
    Action("save", ("S",), "save a snapshot", "save"),
    Action("restore", ("R",), "restore: shows the plan, then asks", "restore", "", True),
    Action("recover", (), "finish or take back a restore that was cut off", "", "", True),
    Action("pause", ("p",), "pause or resume the screen", "pause"),
    Action("back", ("left_square_bracket",), "in a recording: back 10 seconds"),
    Action("on", ("right_square_bracket",), "in a recording: forward 10 seconds"),
    Action("minute_back", ("left_curly_bracket",), "in a recording: back a minute"),
    Action("minute_on", ("right_curly_bracket",), "in a recording: forward a minute"),
    Action("slower", ("comma",), "in a recording: half as fast"),
    Action("faster", ("full_stop",), "in a recording: twice as fast"),
    Action("reverse", ("O",), "reverse the order"),
    Action("mark_all", ("asterisk",), "mark all rows shown, or none"),
    Action("unmark_all", ("backslash",), "unmark all"),
    Action("exact", ("E",), "all digits, or short numbers"),
    Action("scroll_left", ("less_than_sign", "shift+left"), "scroll the columns left"),
    Action("scroll_right", ("greater_than_sign", "shift+right"), "scroll the columns right"),
    Action("zero", ("z",), "zero the service's counters", "", _ROWS, True),
    Action("copy", ("y",), "copy the ipvsadm commands (OSC 52)", "copy", f"{_ROWS} {_FINDINGS}"),
    Action("conf", ("L",), "keepalived.conf lines for this service", "", _ROWS),
    *(Action(f"view-{pane.id}", (pane.key,), f"view: {pane.title}") for pane in PANES.values()),
    Action("drift", ("C",), "drift: what differs from keepalived's own table"),
    Action("theme", ("t",), "choose a theme"),
    Action(
        "probe",
        ("P",),
        "probe ports; in view 4 ARP, in view 5 both",
        "probe",
        f"{_ROWS} {_FINDINGS} host instance fact",
    ),
    Action("sync", ("Y",), "start or stop a sync daemon", "sync", "instance fact", True),
    Action("read_only", ("ctrl+r",), "toggle read-only"),
    Action("around", ("at",), "past a dead ssh master", yields=True),
    Action("command", ("colon",), "command line", "cmd"),
    Action("palette", ("ctrl+p",), "find a command by its words"),
    Action("suspend", ("ctrl+z",), "suspend; fg resumes"),
    Action("help", ("question_mark", "f1"), "this help", "help"),
    Action("quit", ("q", "ctrl+c"), "quit", "quit"),
)

ON_PAGES = {"sort": "records"}
"""What the key of another action does on the page of a row, which has nothing to sort."""
OF_A_SERVER = {"drain": "drained", "weight": "given another weight"}
"""Keys that on the row of a service open it, ask for one of its servers, and act on that."""

BY_ID = {action.id: action for action in ACTIONS}

KINDS = {
    "service": ("the services", "1"),
    "server": ("a service", "1, then Enter"),
    "host": ("the hosts", "2"),
    "rule": ("a host", "2, then Enter"),
    "group": ("the connections", "3"),
    "bound": ("the persistence templates", "3, then Tab"),
    "connection": ("single connections", "3, then Enter"),
    "instance": ("VRRP", "4"),
    "fact": ("a VRRP instance", "4, then Enter"),
    "record": ("the audit log", "6"),
    "snapshot": ("the snapshots", "7"),
    "point": ("the pair", "8"),
    "content": ("a snapshot", "7, then Enter"),
    "server-page": ("a server's page", "Enter on a server"),
    "service-page": ("a service's page", "! on a service"),
}
"""Kinds of rows, by the name of the view that has them and the keys that open it."""


def misplaced(action: Action, kind: str) -> NotDone | None:
    """Why an action cannot be done on rows of this kind, and where it can; None if it can be done here."""
    if action.fits(kind) or action.id in ("enter", "leave"):
        return None
    here, enters = KINDS.get(kind, ("", ""))[0], {"service": "server", "host": "rule"}.get(kind)
    if enters in action.where.split():
        return NotDone(action.help, f"it works inside, not on {here} themselves", "press Enter first")
    places = [KINDS[word] for word in action.where.split() if word in KINDS]
    elsewhere = "; ".join(f"in {name}: {keys}" for name, keys in places[:2])
    return NotDone(action.help, "it does not work in this view", elsewhere)

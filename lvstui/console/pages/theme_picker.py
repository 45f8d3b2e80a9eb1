"""Choosing a theme: a list beside a sample of everything that a theme colours. Moving the cursor tries a theme."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import OptionList

from lvstui.console.pages.pages import Page
from lvstui.console.widgets.text import clip
from lvstui.console.widgets.text_lines import TextLines
from lvstui.plain import plain
from lvstui.views.head import Line, Piece

_NAMES = 20
"""Cells for the list."""


class ThemePage(Page[str]):
    """Themes by name. The App wears the one under the cursor; Enter keeps it, Escape restores the previous one."""

    def __init__(self, names: Sequence[str], worn: str) -> None:
        super().__init__("choose a theme")
        self._names = names
        self._worn = worn

    def compose(self) -> ComposeResult:
        yield self.title_line()
        with Horizontal(id="theme-body"):
            yield OptionList(*(plain(name).replace("[", r"\[") for name in self._names), id="theme-list")
            yield TextLines("theme-sample")
        yield TextLines("page-foot")

    def on_mount(self) -> None:
        self.foot(("arrows", "key"), (" try on   ", ""), ("Enter", "key"), (" takes   ", ""), ("Esc", "key"),
                  (" leaves it as it was", ""))  # fmt: skip
        names = self.query_one(OptionList)
        names.styles.width = _NAMES
        names.highlighted = self._names.index(self._worn) if self._worn in self._names else 0
        self.set_focus(names)
        self.query_one("#theme-sample", TextLines).show(*sample(bool(self.app.no_color)))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.app.theme = self._names[event.option_index]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._names[event.option_index])

    def action_leave(self) -> None:
        self.app.theme = self._worn
        self.dismiss("")


def sample(no_color: bool) -> list[Line]:
    """Every role, in an example of a table. The words say all that the colours say."""
    row = "  {:<22}{:>9}{:>8}{:>9}"
    rows = (
        ("title", ("virtual service", "weight", "live", "active")),
        ("", ("tcp 192.0.2.10:80", "6", "2/2", "273")),
        ("cursor", ("tcp 192.0.2.10:443", "3", "1/1", "2210")),
        ("alert", ("tcp 192.0.2.90:8080", "2", "1/2", "77")),
        ("drained", ("10.0.0.13:80", "0", "", "6")),
        ("down", ("udp 192.0.2.50:5060", "0", "0/1", "0")),
    )
    head = (Piece("  lvs1", "name"), Piece("  MASTER", "master"), Piece("  BACKUP", "backup"))
    flags = (Piece("   READ-ONLY", "alert"), Piece("   STALE 5s", "stale"))
    lines: list[Line] = [
        (*head, *flags),
        (Piece("  2 services   ", ""), Piece("active ", "dim"), Piece("2566")),
        (),
        *((Piece(clip(row.format(*cells), 52), role),) for role, cells in rows),
        (),
        (Piece("  done: weight 3 for 10.0.0.11:80", "up"),),
        (Piece("  weight: must be a number", "down"),),
        (Piece("  d", "key"), Piece(" del ", "dim"), Piece(" x", "off"), Piece(" drain ", "off")),
    ]
    return [*lines, (), (Piece("  NO_COLOR is set: no theme has any colour", "dim"),)] if no_color else lines

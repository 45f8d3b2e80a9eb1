"""Copies through the terminal (OSC 52), which works over ssh; where it does not work, shows the text to mark by hand.

No terminal reports whether it accepted the text, so the message says only what can be known: tmux passes it on only
when configured (`set-clipboard on`; its default since 2.6 ignores programs), and screen and the Linux console do not
support it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lvstui.plain import plain_lines

if TYPE_CHECKING:
    from lvstui.console.context import Context

LARGEST = 74_994
"""The most bytes that terminals accept: xterm's limit is 100,000 for the whole sequence."""

_WITHOUT = ("linux", "vt", "cons", "ansi")
"""Beginnings of TERM for terminals that do not know OSC 52."""


def hindrance(text: str, environment: Mapping[str, str]) -> str:
    """Why a text cannot be copied through this terminal, "" when it may be."""
    term = environment.get("TERM", "")
    if len(text.encode()) > LARGEST:
        return f"it is longer than the {LARGEST // 1000} KB that terminals take"
    if "STY" in environment and "TMUX" not in environment:
        return "screen does not pass text to the clipboard (OSC 52)"
    if term.startswith(_WITHOUT):
        return f"a {term} terminal has no clipboard for programs (OSC 52)"
    return ""


def hint(environment: Mapping[str, str]) -> str:
    """What may still prevent it, "" if nothing is known. Over ssh only TERM shows that there is a tmux."""
    within = "TMUX" in environment or environment.get("TERM", "").startswith(("tmux", "screen"))
    return "   tmux passes it on after: set -g set-clipboard on" if within else ""


async def copied(ctx: Context, text: str, what: str) -> None:
    """Copies a text to the clipboard, or else shows it; `what` names the text."""
    text = plain_lines(text)
    why = hindrance(text, os.environ)
    if why:
        lines = [[(line, "")] for line in text.splitlines()]
        await ctx.pages.page(f"{what}, to be copied by hand", lines, f"{why}; any key goes back")
        return
    ctx.pages.copy(text)
    ctx.ui.status(f"sent to the clipboard: {what}, {text.splitlines()[0]}{hint(os.environ)}")

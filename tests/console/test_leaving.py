"""A page that is opened while the console is being left has no widgets: nothing fails for that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from lvstui.console.context.ui import FormField, HelpPart
from lvstui.console.pages.command_palette import Palette
from lvstui.console.pages.help import HelpPage
from lvstui.console.pages.pages import FormPage, PickPage, TextPage
from lvstui.console.pages.stream_page import StreamPage
from lvstui.console.pages.theme_picker import ThemePage
from tests.console.stage import opened

PAGES: dict[str, Callable[[], Screen[Any]]] = {
    "text": lambda: TextPage("a page", [[("a line", "")]], "any key closes it"),
    "stream": lambda: StreamPage("a page", "it comes"),
    "pick": lambda: PickPage("restore", (Path("one"),)),
    "form": lambda: FormPage("add", (FormField("address", "its own"),), {}, lambda values: ()),
    "help": lambda: HelpPage((HelpPart("keys", ()),)),
    "themes": lambda: ThemePage(("dark", "light"), "dark"),
    "palette": lambda: Palette(lambda: ()),
}


@pytest.mark.parametrize("kind", PAGES)
async def test_the_console_is_left_while_a_page_opens(kind: str) -> None:
    async with opened() as stage:
        _ = stage.app.push_screen(PAGES[kind]())
        stage.app.exit(0)
        await stage.until(lambda: not stage.app.is_running)
    assert stage.app.return_code == 0

"""Themes: those that come with the program are whole, a broken one is passed over, the terminal chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.theme import Theme

from lvstui import places
from lvstui.console import theme
from lvstui.console.theme import ROLES, Themes, choose, default_name, load, parse
from tests.console.stage import opened

SHIPPED = load(places.themes())


def test_the_shipped_themes_are_whole() -> None:
    assert SHIPPED.broken == ()
    assert {"ansi-dark", "ansi-light", "dark", "light", "contrast"} <= set(SHIPPED.found)
    for found in SHIPPED.found.values():
        assert {f"role-{role}" for role in ROLES} <= set(found.variables)


@pytest.mark.parametrize("name", sorted(SHIPPED.found))
async def test_every_theme_opens(name: str) -> None:
    async with opened(theme=name) as stage:
        assert stage.app.theme == name
        await stage.press("a")
        assert "add a virtual service" in stage.screen()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("primary = 3", "primary must be a colour"),
        ('primary = "no such"', "is no colour"),
        ('primary = "red"\nprimry = "red"', "primry is not known"),
        ('secondary = "red"', "primary is missing"),
        ('primary = "red"\n[roles]\nmastr = "red"', "roles.mastr is not known"),
        ("primary = ", "Invalid value"),
    ],
)
def test_a_broken_theme_names_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text, "x")


def test_a_broken_file_is_passed_over_and_told_of(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('primary = "red"')
    (tmp_path / "bad.toml").write_text("primary = ")
    (tmp_path / "worse.toml").write_bytes(b"\xff\xfe")
    found = load(tmp_path)
    assert list(found.found) == ["good"]
    assert len(found.broken) == 2 and found.broken[0].startswith("theme bad.toml: ")


def test_a_folder_that_is_not_there_is_no_theme(tmp_path: Path) -> None:
    assert load(tmp_path / "nothing") == Themes({}, ())


def test_the_terminal_chooses() -> None:
    assert default_name(SHIPPED, environment={"TERM": "xterm-256color"}) == "dark"
    assert default_name(SHIPPED, environment={"TERM": "xterm", "COLORTERM": "truecolor"}) == "dark"
    assert default_name(SHIPPED, environment={"TERM": "linux"}) == "ansi-dark"
    assert default_name(SHIPPED, True, {"TERM": "xterm-256color"}) == "ansi-dark"
    assert default_name(SHIPPED, environment={"TEXTUAL_THEME": "light"}) == "light"


def test_a_name_that_is_none_is_told_of() -> None:
    name, complaint = choose(SHIPPED, "drak")
    assert name in SHIPPED.found and "drak" in complaint
    assert choose(SHIPPED, "light") == ("light", "")
    assert choose(Themes({"a": Theme("a", "red")}, ("theme b.toml: broken",)), "")[1] == "theme b.toml: broken"


async def test_the_console_opens_with_an_unknown_theme_and_says_so() -> None:
    async with opened(theme="nonesuch") as stage:
        assert "theme nonesuch: there is none" in stage.bottom
        assert "192.0.2.1:80" in stage.screen()


async def test_it_opens_without_any_theme_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "themes", lambda: tmp_path)
    async with opened(theme="") as stage:
        assert "192.0.2.1:80" in stage.screen()
        assert set(theme.DEFAULTS) == {f"role-{role}" for role in ROLES}

"""Themes: the shipped ones are complete, a broken one is skipped, the terminal decides the default."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.theme import Theme

from lvstui import places
from lvstui.console.terminal import theme
from lvstui.console.terminal.theme import ROLES, Themes, choose, default_name, load, parse
from lvstui.director.errors import BadInput
from tests.console.stage import opened

SHIPPED = load([places.themes()])


def test_the_shipped_themes_are_complete() -> None:
    assert SHIPPED.broken == ()
    assert len(SHIPPED.by_name) >= 8
    assert {"ansi-dark", "ansi-light", "dark", "light", "contrast", "mono", "colorblind"} <= set(SHIPPED.by_name)
    for found in SHIPPED.by_name.values():
        assert {f"role-{role}" for role in ROLES} <= set(found.variables)


@pytest.mark.parametrize("name", sorted(SHIPPED.by_name))
async def test_every_theme_opens(name: str) -> None:
    async with opened(theme=name) as stage:
        assert stage.app.theme == name
        await stage.press("a")
        assert "add a virtual service" in stage.screen()


async def test_themes_that_differ_in_their_roles_alone_are_worn_one_after_the_other() -> None:
    async with opened(theme="mono") as stage:
        for theme, coloured in (("ansi-dark", True), ("mono", False)):
            stage.app.wear(theme)
            await stage.settle()
            pieces = [piece for strip in stage.app.screen._compositor.render_strips() for piece in strip]
            drawn = {piece.style.color.name for piece in pieces if piece.style and piece.style.color}
            assert (drawn != {"default"}) == coloured, theme


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ("primary = 3", "x.toml line 1", "primary must be a colour"),
        ('dark = 1\nprimary = "red"', "x.toml line 1", "dark must be true or false"),
        ('\n# no\nprimary = "no such"', "x.toml line 3", "primary = 'no such' is not a colour"),
        ('primary = "red"\nprimry = "red"', "x.toml line 2", "unknown key 'primry'"),
        ('secondary = "red"', "x.toml", "primary is missing"),
        ('primary = "red"\n[roles]\n\nmastr = "red"', "x.toml line 4", "unknown role 'mastr'"),
        ('primary = "red"\n[roles]\nup = "greenish"', "x.toml line 3", "roles.up = 'greenish' is not a colour"),
        ('primary = "red"\n[roles]\ncursor-style = "loud"', "x.toml line 3", "cursor-style must be one of"),
        ('primary = "red"\nroles = 3', "x.toml line 2", "roles must be a table"),
        ("dark = true\nprimary = ", "x.toml line 2", "invalid value"),
        ("a = " + "[" * 5000, "x.toml", ""),
    ],
)
def test_a_broken_theme_names_file_line_and_key(text: str, what: str, why: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse(text, "x", "x.toml")
    assert raised.value.what.startswith(what) and why in raised.value.why


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(BadInput) as raised:
        parse('primary = "red"\n[roles]\nmastr = "red"', "x", "x.toml")
    assert raised.value.mend == "did you mean master?"


def test_roles_that_a_theme_does_not_set_use_its_colours() -> None:
    found = parse('primary = "#102030"\nerror = "#fe4020"\nforeground = "#eeeeee"', "x", "x.toml").variables
    assert found["role-title"].upper() == "#102030" and found["role-dim"].upper() == "#EEEEEE"


def test_what_cannot_be_read_is_skipped_and_reported(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('primary = "red"')
    (tmp_path / "bad.toml").write_text("primary = ")
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "huge.toml").write_text("#" * 100_000)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "nowhere.toml").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe.toml")
    found = load([tmp_path])
    assert list(found.by_name) == ["good"]
    begins = ("bad.toml line 1: ", "folder.toml ", "huge.toml ", "latin.toml ", "nowhere.toml ", "pipe.toml ")
    told = [line.rpartition("/")[2] for line in found.broken]
    assert all(line.startswith(begin) for line, begin in zip(told, begins, strict=True)), told


def test_your_own_themes_have_priority_over_ours(tmp_path: Path) -> None:
    (tmp_path / "dark.toml").write_text('primary = "#010203"')
    assert load([places.themes(), tmp_path]).by_name["dark"].primary == "#010203"
    assert set(load([places.themes(), tmp_path]).by_name) == set(SHIPPED.by_name)


def test_the_folders_are_beside_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LVSTUI_CONFIG", raising=False)
    monkeypatch.setattr(places, "_own_config", lambda: str(tmp_path))
    ours, *others = places.theme_folders()
    assert ours == places.themes()
    assert others == [Path("/etc/lvstui/themes"), tmp_path / "lvstui/themes"]


def test_a_missing_folder_has_no_themes(tmp_path: Path) -> None:
    assert load([tmp_path / "nothing"]) == Themes({}, ())


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, "dark"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm"}, "ansi-dark"),
        ({"TERM": "screen"}, "ansi-dark"),
        ({"TERM": "rxvt", "COLORFGBG": "0;default;15"}, "ansi-light"),
        ({"TEXTUAL_THEME": "light"}, "light"),
    ],
)
def test_the_default_theme_depends_on_the_terminal(environment: dict[str, str], name: str) -> None:
    assert default_name(SHIPPED, environment=environment) == name


def test_no_color_selects_the_terminals_own_colours() -> None:
    assert default_name(SHIPPED, True, {"TERM": "xterm-256color"}) == "ansi-dark"


def test_an_invalid_name_is_reported() -> None:
    name, complaints = choose(SHIPPED, "drak")
    assert name in SHIPPED.by_name and complaints == ("theme 'drak': there is none; did you mean dark?",)
    assert choose(SHIPPED, "light") == ("light", ())
    broken = ("b.toml line 3: broken", "c.toml: broken")
    assert choose(Themes({"a": Theme("a", "red")}, broken), "")[1] == broken


async def test_the_console_opens_with_an_unknown_theme_and_says_so() -> None:
    async with opened(theme="nonesuch") as stage:
        assert "theme 'nonesuch': there is none" in stage.bottom
        assert "192.0.2.1:80" in stage.screen()


async def test_the_console_opens_without_any_theme_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "theme_folders", lambda: (tmp_path,))
    async with opened(theme="") as stage:
        assert "192.0.2.1:80" in stage.screen()
        assert set(theme.DEFAULTS) == {
            "role-cursor-style",
            *(f"role-{role}" for role in ROLES),
            *(f"role-cursor-{tone}{end}" for tone in theme._TONES for end in ("", "-background", "-style")),
        }


async def test_a_broken_theme_of_your_own_is_reported_and_the_console_opens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text('primary = "#112233"\n\n[roles]\nup = "greenish"\n')
    monkeypatch.setattr(places, "theme_folders", lambda: (places.themes(), tmp_path))
    async with opened(size=(160, 24)) as stage:
        assert f"{tmp_path}/mine.toml line 4: roles.up = 'greenish' is not a colour" in stage.bottom
        assert "192.0.2.1:80" in stage.screen()


async def test_moving_in_the_list_tries_a_theme() -> None:
    async with opened(theme="dark") as stage:
        await stage.press("t")
        assert "choose a theme" in stage.screen() and stage.app.theme == "dark"
        await stage.press("down")
        assert stage.app.theme == "gruvbox"
        assert stage.app.screen.styles.background.hex == "#282828"
        await stage.press("escape")
        assert stage.app.theme == "dark" and "192.0.2.1:80" in stage.screen()


async def test_enter_keeps_the_theme() -> None:
    async with opened(theme="dark") as stage:
        await stage.press("t", "down", "down", "enter")
        assert stage.app.theme == "light"
        assert "theme light, until you leave" in stage.bottom


async def test_without_colours_the_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(theme="") as stage:
        assert stage.app.theme == "ansi-dark"
        await stage.press("t")
        assert "NO_COLOR is set" in stage.screen()

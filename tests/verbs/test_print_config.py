"""--print-config prints a settings file with the meaning of the settings in effect."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import cli, places
from lvstui.config import Settings
from lvstui.config.gathering import gather
from lvstui.config.options import OPTIONS, TABLES
from lvstui.config.sample import toml
from lvstui.console.keys.actions import ACTIONS
from lvstui.console.keys.keymap import mapped

Print = Callable[..., str]
FULL = """\
interval = 2
theme = "dark"
read_only = true
[columns]
services = ["name", "conns"]
[keys]
drain = ["D", "ctrl+d"]
pause = []
view-hosts = "?"
help = "f9"
undo = "U"
[names]
"10.0.0.11" = 'web1 "one" \\\\'
"TCP [2001:db8::1]:80" = "größe"
[notes]
"fwmark 7 ipv6" = "# no comment"
"""


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Print:
    def printed(*flags: str, code: int = 0) -> str:
        assert cli.main(["--print-config", *flags]) == code
        return capsys.readouterr().out

    return printed


def again(text: str, folder: Path) -> Settings:
    """The settings that a text means, without the places they were read from."""
    path = folder / "printed.toml"
    path.write_text(text, encoding="utf-8")
    settings, _ = gather([path], {})
    assert settings.complaints == ()
    return settings._replace(
        keys={name: choice._replace(where="") for name, choice in settings.keys.items()},
        columns={name: choice._replace(where="") for name, choice in settings.columns.items()},
    )


def test_the_printed_settings_mean_the_same(tmp_path: Path, printed: Print) -> None:
    path = tmp_path / "c.toml"
    path.write_text(FULL, encoding="utf-8")
    text = printed("--config", str(path), "--mouse")
    settings, wanted = again(text, tmp_path), again(FULL, tmp_path)
    assert settings._replace(keys={}) == wanted._replace(keys={}, mouse=True)
    assert mapped(settings.keys)[0] == mapped(wanted.keys)[0] != ACTIONS
    path.write_text(text, encoding="utf-8")
    assert again(printed("--config", str(path)), tmp_path) == settings


def test_the_output_says_where_everything_was_set(tmp_path: Path, printed: Print) -> None:
    path = tmp_path / "c.toml"
    path.write_text(FULL, encoding="utf-8")
    text = printed("--config", str(path), "--mouse", "--interval", "5")
    assert "# set by --interval\ninterval = 5.0\n" in text
    assert "# set by --mouse\nmouse = true\n" in text
    assert f'# set by {path} line 2\ntheme = "dark"\n' in text
    assert re.search(rf'^drain = \["D", "ctrl\+d"\] +# .*; set by {path} line 7$', text, re.MULTILINE)
    assert re.search(rf'^"tcp \[2001:db8::1\]:80" = "größe"  # set by {path} line 14$', text, re.MULTILINE)
    assert f"# Read: {path}." in text


def test_without_settings_the_output_is_a_sample_of_all(tmp_path: Path, printed: Print) -> None:
    text = printed()
    assert again(text, tmp_path) == Settings()
    live = re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)
    settings = again(live, tmp_path)
    assert mapped(settings.keys) == (ACTIONS, ())
    assert set(settings.keys) == {action.id for action in ACTIONS}
    assert settings.names and settings.notes and settings.columns
    for option in OPTIONS:
        assert f"\n#{option.name} = {toml(option.default)}\n" in text
    assert all(f"\n[{table.name}]\n" in text for table in TABLES)
    assert max(map(len, text.splitlines())) <= 120


def test_the_output_names_the_files_that_are_searched(printed: Print, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"# Read: {os.devnull}. Later files" in printed()
    monkeypatch.setattr(places, "configs", lambda: ("/no/a", "/no/b"))
    assert "# Read: /no/a, /no/b. Later files" in printed()


def test_a_broken_file_exits_2_and_its_errors_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text('intervall = 2\nmouse = true\n[keys]\ndrian = "x"\ndrain = "d"\n')
    assert cli.main(["--print-config", "--config", str(path)]) == 2
    out, err = capsys.readouterr()
    assert "\nmouse = true\n" in out
    assert '\n#drain = "x" ' in out and "line 5" not in out
    assert err.splitlines() == [
        f'lvstui: {path} line 1: unknown key "intervall": did you mean interval?',
        f'lvstui: {path} line 4: unknown action "drian": did you mean drain?',
        f'lvstui: {path} line 5: "d" for drain is a key of delete too; give delete another',
    ]
    assert mapped(again(out, tmp_path).keys)[1] == ()

"""A HOME that may not be entered holds no settings; a number of thousands of digits is one clear line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lvstui.config import gathering
from lvstui.config.gathering import gather
from lvstui.console.terminal.theme import parse
from lvstui.director.errors import BadInput


def test_folders_that_may_not_be_read_count_as_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(gathering, "open", refuse, raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert gather((tmp_path / "config.toml",), {})[0].complaints == ()
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    assert "cannot be read: Permission denied" in gather((tmp_path / "config.toml",), {})[0].complaints[0]


def test_a_number_with_thousands_of_digits(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"ascii = true\ninterval = {'9' * 5000}\n")
    (complaint,) = gather((file,), {})[0].complaints
    assert "line 2: a number is too long to read" in complaint


def test_a_number_with_thousands_of_digits_in_a_theme() -> None:
    with pytest.raises(BadInput) as found:
        parse(f"x = {'9' * 5000}\n", "odd", "odd.toml")
    assert found.value.why == "a number is too long to read"

"""The example in docs/snapshot.md is what lvstui prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lvstui import cli

DOCS = Path(__file__).resolve().parents[2] / "docs/snapshot.md"


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    section = DOCS.read_text(encoding="utf-8").partition("\n## keepalived.conf\n")[2]
    configuration, session = re.findall(r"```(?:keepalived|console)\n(.*?)```", section, re.DOTALL)[:2]
    command, _, output = session.partition("\n")
    (tmp_path / "keepalived.conf").write_text(configuration)
    monkeypatch.chdir(tmp_path)
    assert cli.main(command.removeprefix("$ lvstui ").split()) == 0
    said = capsys.readouterr()
    assert said.err + said.out == output

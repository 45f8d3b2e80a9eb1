"""The pages: each is in the site, and the commands that docs/from-ipvsadm.md sets side by side do the same."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lvstui import cli

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| `((?:watch )?ipvsadm.*?)` \| `lvstui ?(.*?)` \|$", (ROOT / "docs/from-ipvsadm.md").read_text(), re.M
)


def test_every_page_is_in_the_site() -> None:
    nav = (ROOT / "packaging/mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= set(re.findall(r": (\S+\.md)$", nav, re.M))


CHANGES = [(old, new) for old, new in ROWS if "--do" in new]


@pytest.mark.parametrize(("old", "new"), CHANGES, ids=[old for old, _ in CHANGES])
def test_the_two_commands_are_the_same(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each right side says itself which ipvsadm command it equals."""
    assert cli.main(["--demo", "seed-cluster", "--dry-run", *shlex.split(new)]) == 1
    assert old in capsys.readouterr().out.splitlines()


def test_the_other_commands_work(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    tried = 0
    for _, new in ROWS:
        words = [str(rules) if word == "rules" else word for word in shlex.split(new)]
        if "--do" in words or not words:
            continue
        assert cli.main(["--demo", *words]) == 0, new
        capsys.readouterr()
        tried += 1
    assert tried == 5 and len(CHANGES) + tried + 1 == len(ROWS)

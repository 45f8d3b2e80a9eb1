"""The example of CONTRIBUTING.md: done word for word on a copy, it works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## An example: a column\n")[2]
STEPS = re.findall(r"^\d\. (.*?)(?=^\d\. |^\S)", EXAMPLE.partition("\n## ")[0], re.M | re.S)


def blocks(step: str) -> list[str]:
    """The code of a step, as a file has it."""
    found = re.findall(r"\n\n((?: {7,}.*\n|\n)+)", step)
    return [textwrap.dedent(text).strip() + "\n" for text in found]


def put(path: Path, text: str, into: str, before: bool) -> None:
    """Writes `text` before or after the one place of a file that has `into`."""
    old = path.read_text(encoding="utf-8")
    assert old.count(into) == 1, f"{path.name}: {into}"
    path.write_text(old.replace(into, text + into if before else into + text), encoding="utf-8")


def test_the_column_of_the_example_is_shown(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lvstui", tmp_path / "lvstui", ignore=shutil.ignore_patterns("__pycache__"))
    views, rows = tmp_path / "lvstui/views", tmp_path / "test_rows.py"
    shutil.copy(ROOT / "tests/views/test_rows.py", rows)
    value, field = blocks(STEPS[0])
    put(views / "server_fields.py", value + "\n\n", "FIELDS = fields(\n", before=True)
    put(views / "server_fields.py", textwrap.indent(field, "    "), "\n)\n\nSETS = (", before=True)
    (shown,) = re.findall(r"`\.\.\. (.*?)`", STEPS[1])
    put(views / "server_fields.py", " free", shown.partition(" free ")[0], before=False)
    put(views / "dropping.py", "free ", '"servers limits": "', before=False)
    (figure,) = blocks(STEPS[3])
    put(views / "figures.py", "    " + figure, "COLUMNS: Mapping[str, Figure] = {\n", before=False)
    (line,) = blocks(STEPS[4])
    first = "def test_limits() -> None:\n    found = server(THREE, state(), look=LIMITS)\n"
    put(rows, "    " + line, first, before=False)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "-k", "test_limits", rows],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr

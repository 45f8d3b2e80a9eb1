"""The forge: its workflows run only what can be run at home, and every page that they name exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_the_makefile_and_ci_run_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"^ *-? *run: *(.*)$", text, re.M)
    assert commands
    for command in commands:
        words = command.split()
        assert words == ["./.ci/run"] or (words[0] == "make" and words[1] in TARGETS), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_of_others_are_pinned_by_their_commit(path: Path) -> None:
    used = re.findall(r"uses: (?!\./)(.*)$", path.read_text(encoding="utf-8"), re.M)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_the_pages_for_contributors_name_targets_that_are_there() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "README.md"))
    named = set(re.findall(r"(?:^    |`)make ([a-z]+)", text, re.M))
    assert {"demo", "test", "lint", "docs", "release"} <= named
    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^(?:```.*?^```|    .*?)$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        name, _, part = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        if part and target.suffix == ".md":
            assert part in anchors(target), link


def anchors(page: Path) -> set[str]:
    """What a forge makes of the headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_workflows_are_valid() -> None:
    actionlint = shutil.which("actionlint")
    if actionlint is None:
        pytest.skip("actionlint is not here: make actions fetches and runs it")
    done = subprocess.run([actionlint, *WORKFLOWS], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "")

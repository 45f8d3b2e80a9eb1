"""The forge: its workflows run only what can be run at home, and every page that they name exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_only_the_makefile_and_ci_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"^ *-? *run: *(.*)$", text, re.M)
    assert commands
    for command in commands:
        words = command.split()
        assert words == ["./.ci/run"] or (words[0] == "make" and words[1] in TARGETS), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_by_others_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (?!\./)(.*)$", path.read_text(encoding="utf-8"), re.M)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_the_pages_for_contributors_name_existing_targets() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "README.md"))
    named = set(re.findall(r"(?:^    |`)make ([a-z]+)", text, re.M))
    assert {"demo", "test", "lint", "docs", "release"} <= named
    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_work(page: Path) -> None:
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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_runs_for_hours_or_leaves_its_token_behind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    jobs = re.findall(r"^  [a-z]+:\n(?:(?:    .*)?\n?)+", text.partition("\njobs:\n")[2], re.M)
    assert jobs
    for job in jobs:
        assert "\n    uses: ./" in job or "\n    timeout-minutes: " in job, job
        assert job.count("actions/checkout@") == job.count("persist-credentials: false"), job


def test_the_workflows_are_valid(tmp_path: Path) -> None:
    """The checker finds a fault that was put in, and none in what is here."""
    faulty = tmp_path / "faulty.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    faulty.write_text(text.replace("matrix.python", "matrix.pithon", 1), encoding="utf-8")
    assert actionlint(faulty)[0] == 1 and 'property "pithon" is not defined' in actionlint(faulty)[1]
    assert actionlint(*WORKFLOWS) == (0, "")


def actionlint(*paths: Path) -> tuple[int, str]:
    """Its exit code and what it found, as `make actions` calls it."""
    (words,) = re.findall(r"^\t\$\(BIN\)/(actionlint .*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    program = Path(sys.executable).parent / words.split()[0]
    done = subprocess.run([program, *words.split()[1:], *paths], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr

"""Command lines of the documents: each is understood; each verb that ends by itself runs on a simulated director."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lvstui import cli
from lvstui.argparser import arguments_parser
from lvstui.arguments import parse

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
OPTIONS = {option for action in arguments_parser()._actions for option in action.option_strings}
WORLD = """\
[snapshot]
format = 1

[[service]]
protocol = "tcp"
address = "192.0.2.10"
port = 80

[[service.server]]
address = "10.0.0.1"
port = 80
weight = 4

[[service.server]]
address = "10.0.0.5"
port = 80
weight = 4

[[service.server]]
address = "10.0.0.11"
port = 80
weight = 4
"""
SETTINGS = '[names]\n"tcp 192.0.2.10:80" = "shop"\n'
CHANGED = {1}
"""The exit code of a dry run that would change something."""
RUN = {
    "--list": {0},
    "--save rules.toml": {0},
    "--diff rules.toml": {0},
    "--restore rules.toml": {0},
    "--do undrain host 10.0.0.5": {0},  # it is not drained: nothing to do
    "--do *": CHANGED,
    "--check": {0, 1, 2},
    "--metrics": {0},
    "--save @boot": {0},
    "--diff @boot": {0},
    "--resume": {1},
    "--rollback": {1},
    "--snapshots": {0},
    "--where": {0},
    "--print-config": {0},
    "--man": {0},
    "--completion bash": {0},
    "--completion zsh": {0},
    "--completion fish": {0},
}
"""The verbs that are run, with their exit codes. All others open a console, or go to another director."""


class Line(NamedTuple):
    """A line of a page, as a shell takes it; and whether it is a pattern (FILE, [--yes]) and no command."""

    page: Path
    number: int
    text: str
    pattern: bool


def lines() -> list[Line]:
    """Each line of each page that begins with lvstui."""
    found = []
    for page in PAGES:
        before = ""
        for number, row in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            printed = re.match(r"    (?! |lvstui|systemctl|cd )", before)  # then this goes on with what lvstui prints
            before = row
            if not printed and (match := re.match(r"    (lvstui(?: .*)?)$", row)):
                text = re.split(r"(?:  |[^\S\n]#|;| >| &&)", match[1])[0].strip()
                pattern = re.search(
                    r"\[|\||\b(?:FILE2?|TAPE|PAGE|COMMAND|SHELL|WORLD)\b|\.\.\.", match[1].rpartition("  #")[0] or text
                )
                found.append(Line(page, number, text, pattern is not None))
    return found


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.page.stem}-{line.number}")
def test_each_command_line_of_a_document_is_valid(line: Line) -> None:
    if line.pattern:
        named = set(re.findall(r"(?<![\w-])--[a-z-]+", line.text))
        assert named <= OPTIONS, named - OPTIONS
    else:
        assert parse(shlex.split(line.text)[1:]) is not None


def test_each_verb_of_a_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "world.toml").write_text(WORLD)
    (here / "config.toml").write_text(SETTINGS)
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    places = {
        "LVSTUI_STATE": "state",
        "LVSTUI_RUN": "run",
        "LVSTUI_BOOT": "boot.toml",
        "LVSTUI_CONFIG": "here/config.toml",
    }
    for name, place in places.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    ran = set()
    for line in lines():
        words = shlex.split(line.text)[1:]
        key = " ".join(words)
        codes = RUN.get(key) or (RUN["--do *"] if words[:1] == ["--do"] else None)
        if line.pattern or codes is None or key in ran:
            continue
        ran.add(key if key in RUN else "--do *")
        dry = ["--dry-run"] if words[0] in ("--do", "--restore") else []
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = cli.main(["--demo", "world.toml", *words, *dry])
        said = f"{line.page.name} line {line.number}: {line.text}\nexit code {code}\n{out.getvalue()}"
        assert code in codes, said
        assert "unexpected" not in out.getvalue(), said
    assert ran == set(RUN)


TRIED = {
    "make demo": "test_bare.py",
    "make lab": "lab/test_demo.py",
    "make pyz": "test_bare.py",
    "make deb": "test_bare.py",
    "make rpm": "test_bare.py",
    "make wheel": "test_bare.py",
    "for host": "lab/test_remote.py has the ssh; scp is OpenSSH's own",
    "ssh -t": "the same",
    "sudo setpriv": "lab/test_documented.py",
    "systemctl daemon-reload": "test_bare.py",
    "cd /usr/local/share": "test_bare.py",
}
"""Commands that stand in README, docs/operating.md and docs/snapshot.md beside lvstui's own, and where each is run."""
LOOKS = {"lvstui", "lvstui lvs2", "--demo site", "--read-only", "--netns lb1", "--watch", "--install-unit"}
"""Lines of lvstui that test_bare.py runs (a console, what does not end by itself), or lab/test_remote.py and
lab/test_namespaces.py."""


def test_each_command_of_the_pages_for_operators_is_run_somewhere() -> None:
    """A new line in one of these pages has to be run, too."""
    found, alone = set(), set()
    for name in ("README.md", "docs/operating.md", "docs/snapshot.md"):
        for row in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if match := re.match(r"    ((?:make|for|ssh|scp|sudo|systemctl|cd|apt-get|dnf|pip|pipx|uv) \S+)", row):
                found.add(match[1])
    for line in lines():
        key = " ".join(shlex.split(line.text)[1:])
        here = line.page.name in ("README.md", "operating.md") and not line.pattern
        if here and key not in RUN and not key.startswith("--do "):
            alone.add(key or "lvstui")
    assert found == set(TRIED)
    assert alone == {one.removeprefix("lvstui ") for one in LOOKS}

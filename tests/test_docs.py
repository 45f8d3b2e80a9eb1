"""The sessions in the documents are what lvstui prints: every ```console block is run, in order, in an empty folder.

A block whose fence names a file (```toml shop.toml) is that file; one of keepalived's without a name is
keepalived.conf. `$ lvstui ...` is run as the command line runs it, `$ cat FILE` shows a file, and `$ echo $?` the exit
code before. `...` stands for anything in a line, or, alone on a line, for any lines: times, ages, traffic.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lvstui import cli

ROOT = Path(__file__).parents[1]
PAGES = [
    page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if "\n$ lvstui" in page.read_text()
]
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


class Step(NamedTuple):
    """A file of the page (`name`), or a command with its expected output."""

    line: int
    name: str
    command: str
    text: str


def steps(page: str) -> Iterator[Step]:
    """The steps of a page, in order."""
    for block in _BLOCK.finditer(page):
        kind, name, text = block.groups()
        line = page.count("\n", 0, block.start()) + 2
        if name or kind == "keepalived":
            yield Step(line, name or "keepalived.conf", "", text)
        elif kind == "console":
            for part in re.split(r"^(?=\$ )", text, flags=re.M)[1:]:
                command, _, output = part.removeprefix("$ ").partition("\n")
                yield Step(line, "", command, output)
                line += part.count("\n")


def alike(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, except for `...`."""
    pattern = ""
    for line in shown.splitlines():
        pattern += "(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n"
    return re.fullmatch(pattern, printed) is not None


def run(command: str) -> tuple[int, str]:
    """One command's exit code, and both its streams as a terminal shows them."""
    words = shlex.split(command)
    if words[0] == "cat":
        return 0, Path(words[1]).read_text(encoding="utf-8")
    assert words[0] == "lvstui", f"what is {words[0]}?"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        return cli.main(words[1:]), out.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sessions(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name, place in (("LVSTUI_STATE", "state"), ("LVSTUI_RUN", "run"), ("LVSTUI_BOOT", "boot.toml")):
        monkeypatch.setenv(name, str(tmp_path / place))
    code, wrong, count = 0, [], 0
    for step in steps(page.read_text(encoding="utf-8")):
        if step.name:
            (here / step.name).write_text(step.text, encoding="utf-8")
            continue
        if step.command == "echo $?":
            printed = f"{code}\n"
        else:
            code, printed = run(step.command)
        count += 1
        printed = printed.replace(str(tmp_path / "state"), "/var/lib/lvstui")
        if not alike(step.text, printed):
            wrong.append(f"{page.name} line {step.line}: $ {step.command}\n{printed}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert count


def test_a_difference_is_found() -> None:
    assert alike("a ... b\n...\nend\n", "a 5 s b\nx\ny\nend\n")
    assert alike("...\nend\n", "end\n")
    assert not alike("a ... b\n", "a 5 c\n")
    assert not alike("a\n", "a\nb\n")
    assert not alike("a.b\n", "axb\n")
    (file, step) = steps("```toml x.toml\na = 1\n```\n\n```console\n$ cat x.toml\na = 1\n```\n")
    assert (file.name, step.command, step.text, step.line) == ("x.toml", "cat x.toml", "a = 1\n", 6)


def test_no_page_advises_to_install_a_name_that_is_not_ours() -> None:
    """Until lvstui is on the package index, whoever takes the name there would be installed."""
    told = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*"), *(ROOT / "lvstui").rglob("*")]
    texts = {path: path.read_text(encoding="utf-8") for path in told if path.suffix in (".md", ".py", ".in", ".1")}
    wrong = re.compile(r"(?<!never `)pip(?:x)? install ['\"]?lvstui(?!-)|lvstui\[dbus\]")
    assert [path.name for path, text in texts.items() if wrong.search(text)] == []

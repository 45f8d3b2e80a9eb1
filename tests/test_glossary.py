"""Every text that lvstui can show keeps to docs/glossary.md: none has a word that the glossary rules out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.argparser import arguments_parser
from lvstui.commands.command_table import COMMANDS
from lvstui.console.keys.actions import ACTIONS

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in GLOSSARY.splitlines() if line.startswith("| ")
]
BANNED = sorted({word for row in ROWS[1:] for word in re.findall(r"`([^`]+)`", row[2])})
_BANNED = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in BANNED), re.IGNORECASE)


def banned(text: str) -> list[str]:
    """The banned words in a text. The values that are put into it are not part of it."""
    return _BANNED.findall(re.sub(r"\{[^{}]*\}", "{}", text))


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each string of a module that can be shown: with a blank in it, and not a docstring."""
    tree = ast.parse(source)
    silent = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        for statement in getattr(node, "body", ()) if isinstance(getattr(node, "body", ()), list) else ():
            if isinstance(statement, ast.Expr):
                silent.add(id(statement.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            whole = node.value
        else:
            continue
        if " " in whole.strip():
            yield node.lineno, whole


def found(source: str) -> list[tuple[int, list[str]]]:
    return [(line, wrong) for line, text in texts(source) if (wrong := banned(text))]


def test_the_glossary_is_a_list_of_short_rows() -> None:
    words = [row[0] for row in ROWS[1:]]
    assert 40 <= len(words) <= 60 and len(set(words)) == len(words)
    assert all(len(row) == 3 and row[0] and row[1] and len(row[1]) <= 100 for row in ROWS[1:])
    assert len(BANNED) >= 30


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "lvstui").iterdir() if path.suffix != ".pyc"))
def test_no_text_of_the_program_has_a_banned_word(folder: str) -> None:
    top = ROOT / "lvstui" / folder
    files = sorted(top.rglob("*.py")) if top.is_dir() else [top]
    wrong = {str(path.relative_to(ROOT)): lines for path in files if (lines := found(path.read_text(encoding="utf-8")))}
    assert not wrong


def test_no_help_has_a_banned_word() -> None:
    helps = [action.help for action in ACTIONS] + [command.help for command in COMMANDS]
    assert len(helps) > 80
    for text in (arguments_parser().format_help(), *helps):
        assert not banned(text), text


@pytest.mark.parametrize("word", BANNED)
def test_a_banned_word_is_found(word: str) -> None:
    assert found(f'def f(x):\n    """Says so."""\n    return f"{{x}}: see {word} here"\n') == [(3, [word])]
    assert found(f'raise NotDone("what", "see {word}", "why not")\n') == [(1, [word])]
    assert found(f'TEXT = ("a part, "\n    "see {word} there")\n') == [(1, [word])]


def test_docstrings_values_and_single_words_are_ignored() -> None:
    assert not found(
        '"""It is told amiss."""\nKEY = "amiss"\ndef f(x):\n    """Mend."""\n    return f"see {x.mend} there"\n'
    )
    assert found('def f(x):\n    return f"to mend {x}"\n') == [(2, ["mend"])]
    assert not banned("amissible, amend, commended, goes-on, ongoing")

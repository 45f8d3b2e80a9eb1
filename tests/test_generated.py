"""Generated files match the code: the manual page, the completions, the tables of the documents."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lvstui.argparser import arguments_parser
from lvstui.commands.command_table import COMMANDS
from lvstui.config.gathering import gather
from lvstui.config.options import OPTIONS, TABLES
from lvstui.console.keys.actions import ACTIONS
from lvstui.console.keys.keymap import mapped
from lvstui.flags import GROUPS, SHELLS

pytest.importorskip("shtab", reason="shtab is not here: make venv")

from tests.generated import man
from tests.generated.made import ROOT, made

PAGE = ROOT / "docs/lvstui.1"
DOCUMENT = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", made(), ids=lambda path: path.name)
def test_each_generated_file_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == made()[path], "make docs"


def test_no_help_repeats_words() -> None:
    texts = [one.help for group in GROUPS.values() for one in group]
    texts += [*(one.help for one in ACTIONS), *(one.help for one in COMMANDS), *(one.help for one in OPTIONS)]
    assert [text for text in texts if re.search(r"\b(\w+( \w+)*) \1\b", text)] == []


def test_every_group_of_options_is_in_the_manual() -> None:
    template = (ROOT / "docs/lvstui.1.in").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="options"):
        man.page(template.replace('.\\" GROUP options\n', ""))
    with pytest.raises(KeyError):
        man.page(template + '.\\" GROUP nonesuch\n')


def test_the_manual_is_rendered_without_a_warning() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not here: make packages")
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-rLL=100n", "-P-cbou", str(PAGE)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    for action in arguments_parser()._actions:
        assert action.option_strings[-1] in done.stdout
    assert "Make the kernel equal FILE by the smallest set of changes." in done.stdout
    assert "--diff FILE [FILE2]" in done.stdout


def test_the_document_has_every_option_table_and_action() -> None:
    for name in (*(option.name for option in OPTIONS), *(action.id for action in ACTIONS)):
        assert f"\n| `{name}` |" in DOCUMENT
    for table in TABLES:
        assert f"\n| `[{table.name}]` |" in DOCUMENT


def test_the_examples_of_the_document_are_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^(?:    .*)?\n)+", DOCUMENT, re.MULTILINE)
    examples = [
        re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks if re.search(r"^    \[", block, re.M)
    ]
    assert len(examples) >= 2
    for example in examples:
        path = tmp_path / "c.toml"
        path.write_text(example)
        settings, origins = gather([path], {})
        assert settings.complaints == () and origins
        assert mapped(settings.keys)[1] == ()


def test_the_error_message_in_the_document_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("\n\nintervall = 2\n")
    (complaint,) = gather([path], {})[0].complaints
    assert f"    lvstui: {complaint}\n".replace(str(tmp_path), "/etc/lvstui") in DOCUMENT


def test_generated_files_name_no_folder_of_this_machine() -> None:
    assert len(made()) == 6 + len(SHELLS)
    assert all(str(ROOT) not in text for text in made().values())

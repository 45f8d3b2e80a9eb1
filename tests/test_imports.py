"""Verbs start fast: the modules they load, counted from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import lvstui

VAGUE = ("words", "lines", "files", "kinds", "names", "order", "memory", "reading", "common", "helpers", "utils")
HEAVY = ("textual", "rich", "pyroute2", "psutil", "hypothesis", "asyncio")
SNAPSHOT = str(Path(__file__).parents[1] / "snapshots" / "seed-cluster")
SETUP = """\
from lvstui import cli, live
def opens(**_):
    from tests.verbs.fake import Fake
    return Fake()
live.open_source = opens
"""


def loaded(code: str) -> set[str]:
    """The modules loaded after a piece of code, in an interpreter of its own."""
    script = f"import sys\n{code}\nprint('|', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("|")[2].split())


@pytest.mark.parametrize(
    "argv",
    [
        ["--version"],
        ["--where"],
        ["--print-config"],
        ["--list", "--format", "json"],
        ["--save", "-"],
        ["--save", "-", "--format", "toml"],
        ["--diff", f"{SNAPSHOT}.toml"],
        ["--restore", f"{SNAPSHOT}.rules", "--dry-run"],
        ["--convert", f"{SNAPSHOT}.toml", "-"],
        ["--demo", "--list"],
        ["--do", "weight 10.0.0.1:80 5"],
        [],
    ],
)
def test_verbs_load_nothing_heavy(argv: list[str]) -> None:
    modules = loaded(f"{SETUP}cli.main({argv!r})")
    assert not modules & set(HEAVY)


@pytest.mark.parametrize("user", [0, 1000])
def test_a_save_loads_little(user: int) -> None:
    """Also for an ordinary user, whose places are worked out."""
    ordinary = f"import os; os.geteuid = lambda: {user}; del os.environ['LVSTUI_STATE'], os.environ['LVSTUI_RUN']\n"
    modules = loaded(f"{ordinary}{SETUP}cli.main(['--save', '-'])")
    spare = {"tomllib", "json", "platformdirs", "difflib", "dataclasses", "datetime", "typing_extensions", "inspect"}
    assert not modules & spare


LIGHT = {"typing", "argparse", "socket", "json", "tomllib", "threading", "subprocess", "difflib", "dataclasses"}
LIGHTEST = LIGHT | {"pathlib", "re", "enum", "functools", "collections", "contextlib", "ipaddress", "urllib"}
CONSOLE, FIRST = 237, 175
CANNED = "from tests.bench import canned; canned.install(canned.Canned(b'', {}))\nfrom lvstui import cli\n"
"""A kernel with an empty table, which takes no module of ours but those that read a kernel."""


@pytest.mark.parametrize(
    ("argv", "ours", "spare"),
    [
        (["--list"], 44, LIGHTEST),
        (["--save", "-"], 53, LIGHTEST),
        (["--save", "-", "--format", "toml"], 52, LIGHTEST),
        (["--restore", f"{SNAPSHOT}.rules", "--dry-run"], 73, LIGHT - {"json"}),
    ],
)
def test_a_verb_loads_few_modules(argv: list[str], ours: int, spare: set[str]) -> None:
    """A ceiling each: a module that a verb does not need is loaded by whoever needs it."""
    modules = loaded(f"{CANNED}cli.main({argv!r})")
    assert not modules & spare
    assert len([name for name in modules if name.split(".")[0] == "lvstui"]) <= ours


def test_the_console_opens_with_only_the_modules_of_its_first_frame() -> None:
    """Beside Textual. What actions do is loaded once the frame stands (ActionRunner.ready)."""
    code = "import textual.app\nfrom textual.drivers import linux_driver\n"
    modules = loaded(f"{code}import lvstui.console.app") - loaded(code)
    ours = {name for name in modules if name.split(".")[0] == "lvstui"}
    assert len(ours) <= CONSOLE
    assert {name.split(".")[0] for name in modules - ours} <= {"json", "_json", "tomllib", "tty", "termios", "gc"}
    spare = ("console.actions.registry", "console.editing.editor", "store.replay", "store.recording", "verbs", "demo")
    assert not modules & {f"lvstui.{name}" for name in spare}


def test_the_plain_first_frame_needs_no_textual() -> None:
    modules = loaded("import lvstui.console.first_frame")
    assert not {name for name in modules if name.split(".")[0] in ("textual", "pyroute2", "psutil")}
    assert len([name for name in modules if name.split(".")[0] == "lvstui"]) <= FIRST


@pytest.mark.parametrize(
    ("words", "ours"),
    [(["name", "@"], 21), (["theme", ""], 21), (["host", ""], 23), (["do", "drain 10"], 42)],
)
def test_completion_loads_few_modules(words: list[str], ours: int) -> None:
    """A user waits for it."""
    modules = loaded(f"from lvstui import cli\ncli.main(['--complete', *{words!r}])")
    assert not modules & LIGHT
    assert len([name for name in modules if name.split(".")[0] == "lvstui"]) <= ours


def test_version_loads_a_dozen_modules() -> None:
    modules = loaded("from lvstui import cli\ncli.main(['--version'])")
    assert not modules & (LIGHT | {"re", "enum", "pathlib"})
    assert len([name for name in modules if name.split(".")[0] == "lvstui"]) <= 13


def test_the_package_itself_loads_nothing() -> None:
    assert {name for name in loaded("import lvstui") if name.startswith("lvstui")} == {"lvstui"}


def test_no_module_imports_itself_through_others() -> None:
    """Not for a type either."""
    assert _circle(grimp.build_graph("lvstui", cache_dir=None)) == set()


def test_a_module_is_called_what_it_holds() -> None:
    """A name that says nothing is soon used several times, and nobody finds the one that is meant."""
    found = [path for path in Path(lvstui.__file__).parent.rglob("*.py") if path.stem in VAGUE]
    assert not found


def test_one_module_imports_the_app() -> None:
    graph = grimp.build_graph("lvstui", cache_dir=None)
    assert graph.find_modules_that_directly_import("lvstui.console.app") == {"lvstui.consoles"}


def _circle(graph: grimp.ImportGraph) -> set[str]:
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    return {one for one in imports if one in _reached(one, imports)}


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    """The modules that a module imports, directly or not; itself only if there is a circle."""
    found: set[str] = set()
    todo = [*imports[start]]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += imports[one]
    return found

"""Instructions that short verbs take, counted by callgrind: the same on a busy machine and from run to run.

    python -m tests.bench.instructions     writes instructions.json beside this file for this Python and machine

Counted without the site's packages, so that what else is installed does not count.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).with_suffix(".json")
WITHIN = 0.03
VERBS = {
    "--version": (["--version"], 0, 0),
    "--list of 10 x 3": (["--list"], 10, 3),
    "--list of 300 x 10": (["--list"], 300, 10),
}
"""The arguments of each, and the table that it finds: virtual services, and real servers of each."""
_RUN = """\
import sys
sys.path.insert(0, {repository!r})
from tests.bench import canned
canned.install(canned.load({kernel!r}))
from lvstui import cli
cli.main({argv!r})
"""
_VERSION = "import sys\nsys.path.insert(0, {repository!r})\nfrom lvstui import cli\ncli.main({argv!r})\n"


def machine() -> str:
    """The key of the figures: they depend on the Python and on the processor."""
    return f"{platform.python_implementation()} {platform.python_version()} {platform.machine()}"


def known() -> dict[str, int]:
    """The figures in the tree for this Python and machine, empty for none."""
    found: dict[str, dict[str, int]] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return found.get(machine(), {})


def counted() -> dict[str, int]:
    """The figures now."""
    from tests.bench import canned

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
            "HOME": name,
            "LVSTUI_CONFIG": "/nonexistent",
            "LVSTUI_STATE": f"{name}/state",
            "LVSTUI_RUN": f"{name}/run",
        }
        found = {}
        for verb, (argv, services, servers) in VERBS.items():
            kernel = folder / f"{services} x {servers}"
            if services and not kernel.exists():
                canned.main(["make", str(kernel), str(services), str(servers)])
            text = (_VERSION if verb == "--version" else _RUN).format(
                repository=str(REPOSITORY), kernel=str(kernel), argv=argv
            )
            python = [sys.executable, "-S", "-c", text]
            subprocess.run(python, env=environment, check=True, capture_output=True)  # compiles
            found[verb] = _instructions(python, environment)
        return found


def _instructions(command: list[str], environment: dict[str, str]) -> int:
    counting = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run([*counting, *command], env=environment, check=True, capture_output=True, text=True)
    match = re.search(r"Collected : (\d+)", done.stderr)
    assert match is not None, done.stderr
    return int(match[1])


def can() -> bool:
    return shutil.which("valgrind") is not None


if __name__ == "__main__":
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures[machine()] = counted()
    FIGURES.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    print(figures[machine()])

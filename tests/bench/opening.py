"""Instructions until the console's first useful frame, beside those of `from textual.app import App`, by callgrind.

    python -m tests.bench.opening [--callgrind FILE]

The console opens on a kernel with recorded answers (canned.py), on a terminal of its own, and ends as soon as it has
written a row of the table: in plain text before Textual is loaded (console/first_frame.py), and, where that frame is
left out, painted by Textual. All numbers have the interpreter in them. FILE takes what each function took. Under
callgrind everything takes fifty times as long, so what waits for a moment after the frame is put off.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
AIM = 1.3
ROW = "10.1.0.0:80"
"""What stands in the first row of the table."""
OPEN = """\
import os, sys
sys.path.insert(0, {repository!r})
from tests.bench import canned
canned.install(canned.load({kernel!r}))
write = os.write
def written(descriptor, data, write=write):
    count = write(descriptor, data)
    if descriptor == 1 and {row!r} in data:
        os._exit(0)
    return count
os.write = written
from lvstui import cli
from lvstui.console import first_frame
first_frame.PATIENCE = {patience}
{later}
cli.main(["--fresh"])
"""
LATER = "from lvstui.console.actions import action_runner; action_runner._STANDS = 1e6"
IMPORT = "from textual.app import App\n"


def counted(code: str, environment: dict[str, str], graph: str = "/dev/null") -> int:
    """The instructions of a Python program on a terminal of its own."""
    counting = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={graph}", sys.executable, "-c", code]
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    process = subprocess.Popen(
        counting, env=environment, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True, close_fds=True
    )
    os.close(theirs)
    shown = b""
    while process.poll() is None:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            pass
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
    assert process.stderr is not None
    said = process.stderr.read()
    os.close(ours)
    match = re.search(r"Collected : (\d+)", said)
    assert match is not None and process.returncode == 0, f"{said}\n{shown!r}"
    return int(match[1])


def main(words: list[str]) -> int:
    from tests.bench import canned

    graph = words[words.index("--callgrind") + 1] if "--callgrind" in words else "/dev/null"
    with tempfile.TemporaryDirectory() as name:
        kernel = f"{name}/kernel"
        canned.main(["make", kernel, "10", "3"])
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "TERM": "xterm-256color",
            "COLUMNS": "80",
            "LINES": "24",
            "PYTHONPYCACHEPREFIX": f"{name}/compiled",
            "HOME": name,
            "LVSTUI_CONFIG": "/nonexistent",
            "LVSTUI_STATE": f"{name}/state",
            "LVSTUI_RUN": f"{name}/run",
        }
        form = partial(OPEN.format, repository=str(REPOSITORY), kernel=kernel, row=ROW.encode())
        plain, painted = form(patience=1e6, later=""), form(patience=0.0, later=LATER)
        for warm in (IMPORT, painted):  # compiles
            counted(warm, environment)
        textual, console = counted(IMPORT, environment), counted(plain, environment, graph)
        ratio, whole = console / textual, counted(painted, environment) / textual
    print(f"import of textual.app: {textual:,} instructions; first useful frame: {console:,}; ratio {ratio:.2f}")
    print(f"where there is no plain frame, Textual's own: ratio {whole:.2f}")
    if ratio > AIM:
        print(f"missed: the aim is {AIM:g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs verbs one after the other where /proc is not mounted, each in a process of its own: exit code, standard output
and standard error of each, as JSON. The console is run on a terminal, and left with q."""

from __future__ import annotations

import json
import os
import pty
import sys
import tempfile
from collections.abc import Sequence

from lvstui.cli import main

RULES = b"-A -t 192.0.2.1:80 -s rr\n"


def run(words: Sequence[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(RULES)
        given.seek(0)
        pid = os.fork()
        if not pid:
            for number, stream in enumerate((given, out, err)):
                os.dup2(stream.fileno(), number)
            code = 99
            try:
                code = main(words)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


def draw(words: Sequence[str]) -> tuple[int, str, str]:
    """On a terminal, until it shows a service or ends."""
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, [sys.executable, "-m", "lvstui", *words])
    seen = b""
    try:
        while part := os.read(terminal, 65536):
            if b"192.168.80" not in seen and b"192.168.80" in seen + part:
                os.write(terminal, b"q")
            seen += part
    except OSError:  # the other side is closed
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode(errors="replace"), ""


found = [[words, *run(words)] for words in json.loads(sys.argv[1])]
found += [[words, *draw(words)] for words in json.loads(sys.argv[2])]
print(json.dumps(found))

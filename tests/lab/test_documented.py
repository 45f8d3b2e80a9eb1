"""The commands that docs/operating.md gives to ordinary users, run as they stand there, by a user with CAP_NET_ADMIN
alone; and a console whose HOME may not be looked into."""

from __future__ import annotations

import re
import shlex
import sys
import sysconfig
from collections.abc import Callable, Iterator

import pytest

from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.session import REPOSITORY, Result
from tests.lab.terminal import Terminal

START = 180.0
SERVER = "-a -t 192.0.2.10:80 -r 10.0.0.{}:80 -g -w 3\n"
RULES = f"-A -t 192.0.2.10:80 -s wrr\n{SERVER.format(1)}{SERVER.format(2)}"
PATHS = f"{REPOSITORY}:{sysconfig.get_path('purelib')}"
COMMANDS = [
    line.strip().removeprefix("sudo ")
    for line in (REPOSITORY / "docs/operating.md").read_text().splitlines()
    if line.startswith("    sudo setpriv ")
]
MAKE = """
cp /etc/passwd /etc/group /run/
echo 'operator1:x:2000:2000::/run/operator1:/bin/sh' >>/etc/passwd
echo 'operator1:x:2000:' >>/etc/group
install -d -m 700 -o 2000 -g 2000 /run/operator1
mkdir -p /etc/lvstui
echo 'lock_group = "operator1"' >/etc/lvstui/config.toml
printf '#!/bin/sh\\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH=%s exec %s -m lvstui "$@"\\n' "$1" "$2" >/usr/local/bin/lvstui
chmod 755 /usr/local/bin/lvstui
"""
UNDO = "cp /run/passwd /run/group /etc/; rm -rf /run/operator1 /run/closed /etc/lvstui /usr/local/bin/lvstui"


def python_of(director: Director) -> str:
    """A Python that this user may run: ours, or the system's where it is of the same version."""
    lower = ["setpriv", "--reuid=2000", "--regid=2000", "--clear-groups", "--inh-caps=-all"]
    same = f"import sys, lvstui, textual; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (director.lab.python, "/usr/bin/python3"):
        if director.run([*lower, "env", f"PYTHONPATH={PATHS}", python, "-c", same]).code == 0:
            return python
    pytest.skip("Python, or this checkout, lies in a home that only its owner enters")


@pytest.fixture
def theirs(director: Director) -> Iterator[Director]:
    """A director with lvstui on the PATH, where the user operator1 is the one who may hold the lock beside root."""
    director.run(["sh", "-ec", MAKE, "sh", PATHS, python_of(director)]).ok()
    try:
        director.ipvsadm("-R", stdin=RULES)
        yield director
    finally:
        director.run(["sh", "-c", UNDO]).ok()


def documented(director: Director, command: str, *more: str) -> Result:
    return director.run([*shlex.split(re.sub(r"\bUSER\b", "operator1", command)), *more])


def test_an_ordinary_user_changes_the_table_by_the_documented_commands(theirs: Director) -> None:
    console, do = COMMANDS
    assert console.endswith(" lvstui") and " lvstui --do " in do
    refused = documented(theirs, do)
    assert refused.code == 3 and "root has not made" in refused.stderr and "Traceback" not in refused.stderr, refused
    theirs.lvstui("--do", "weight 10.0.0.2:80 4").ok()  # root makes the lock
    done = documented(theirs, do)
    assert done.code == 0, done
    assert "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 5" in theirs.rules()
    listed = documented(theirs, console, "--list")
    assert listed.code == 0 and "10.0.0.1:80" in listed.stdout and "read-only" not in listed.stdout, listed


def test_a_console_whose_home_may_not_be_read(theirs: Director, terminal: Callable[..., Terminal]) -> None:
    """History, drained weights and themes of that HOME count as absent, and nothing ends."""
    theirs.run(["install", "-d", "-m", "700", "/run/closed"]).ok()
    theirs.lvstui("--do", "weight 10.0.0.2:80 4").ok()
    kept = ["--reuid=2000", "--regid=2000", "--clear-groups", "--inh-caps=-all,+net_admin", "--ambient-caps=+net_admin"]
    screen = terminal(
        theirs.argv(["setpriv", *kept, "/usr/local/bin/lvstui"]), size=(120, 30), env={"HOME": "/run/closed"}
    )
    screen.wait_for("10.0.0.1:80", timeout=START)
    screen.send("t")
    screen.wait_for("colorblind-light", timeout=START)
    screen.send("Escape")
    screen.wait_for(lambda text: "colorblind-light" not in text and "? help" in text, timeout=START)
    assert "not known" not in screen.screen()  # what was drained: nothing
    screen.send(":")
    screen.wait_for(PROMPT, timeout=START)
    screen.type("drain 10.0.0.1:80")
    screen.send("Enter")
    shown = screen.wait_for("why (may be empty)", timeout=START)
    assert "defect" not in shown and "Traceback" not in shown

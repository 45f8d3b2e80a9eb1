"""Two consoles of two users on one real table: root's, and that of a user who may change it too."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.lab import users
from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.slowly import Gate
from tests.lab.terminal import Terminal
from tests.lab.test_console import START, Desk
from tests.lab.users import ANN, GROUP, IN_GROUP, ann, by
from tests.lab.waiting import wait_until

SERVICE = "-A -t 192.0.2.10:80 -s wrr"
MORE = ["-A -t 192.0.2.11:80 -s wrr"]
MORE += [f"-a -t 192.0.2.11:80 -r 10.0.1.{number}:80 -g -w 1" for number in range(1, 30)]


def server(number: int, weight: int) -> str:
    return f"-a -t 192.0.2.10:80 -r 10.0.0.{number}:80 -g -w {weight}"


@pytest.fixture
def table(director: Director) -> Iterator[Director]:
    director.ipvsadm("-R", stdin="\n".join([SERVICE, server(1, 4), server(2, 3)]) + "\n")
    with users.shared(director):
        assert director.lvstui("--do", "weight 10.0.0.1:80 3", env=GROUP).code == 0  # root makes the lock
        yield director


def command(desk: Desk, text: str) -> None:
    """Types a command, up to the question that it asks."""
    desk.screen.send(":")
    desk.screen.wait_for(PROMPT, timeout=START)
    desk.screen.type(text)
    desk.screen.send("Enter")


def row(text: str, number: int, weight: int) -> bool:
    """Whether the screen shows this server with this weight."""
    return any(re.search(rf"10\.0\.0\.{number}:80 .*[ ▲▼]{weight} ", f"{line} ") for line in text.splitlines())


def test_two_consoles_edit_one_table(table: Director, terminal: Callable[..., Terminal]) -> None:
    words = [table.lab.python, "-m", "lvstui", "--fresh"]
    root = Desk(table, terminal(table.argv(words), size=(110, 24), env=GROUP))
    other = Desk(table, terminal(table.argv([*ann(), *words]), size=(110, 24), env=ANN))
    for desk in (root, other):
        desk.see("192.0.2.10:80", "10.0.0.2:80")

    # Each edits a rule, and the other sees it.
    command(root, "weight 10.0.0.1:80 5")
    root.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 5")
    other.screen.wait_for(lambda text: row(text, 1, 5), timeout=START)
    command(other, "weight 10.0.0.2:80 7")
    other.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 7")
    root.screen.wait_for(lambda text: row(text, 2, 7), timeout=START)
    root.kernel_has(SERVICE, server(1, 5), server(2, 7))

    # One is asked while the other changes the same rule: what was asked is not sent.
    command(other, "weight 10.0.0.1:80 6")
    other.see("y/N", "-r 10.0.0.1:80 -g -w 6")
    command(root, "weight 10.0.0.1:80 8")
    root.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 8")
    other.screen.wait_for(lambda text: row(text, 1, 8), timeout=START)
    other.screen.send("y")
    other.see("someone else changed this meanwhile; nothing was changed")
    root.kernel_has(SERVICE, server(1, 8), server(2, 7))

    # Each takes back what it did itself; not what the other has changed since.
    command(other, "weight 10.0.0.1:80 9")
    other.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 9")
    root.screen.wait_for(lambda text: row(text, 1, 9), timeout=START)
    root.screen.send("u")
    root.see("someone else changed this since", "nothing was changed")
    root.kernel_has(SERVICE, server(1, 9), server(2, 7))
    other.screen.send("u")
    other.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 8")
    other.see("redoes")
    other.screen.send("u")
    other.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 3")
    root.kernel_has(SERVICE, server(1, 8), server(2, 3))


def test_while_one_restores_the_other_waits(table: Director, terminal: Callable[..., Terminal]) -> None:
    table.run(["tee", "/run/more.rules"], stdin="\n".join([SERVICE, server(1, 3), server(2, 3), *MORE]) + "\n").ok()
    root = Desk(table, terminal(table.argv([table.lab.python, "-m", "lvstui", "--fresh"]), size=(110, 24), env=GROUP))
    root.see("192.0.2.10:80", "10.0.0.2:80")
    gate = Gate(table)
    job = table.spawn([*ann(), *gate.argv("--restore", "/run/more.rules", "--yes")], env=ANN)
    gate.let(1)
    wait_until(lambda: len(table.rules()) > 3, "the restore has begun", story=job.stderr)
    command(root, "weight 10.0.0.1:80 5")
    root.see("y/N", "-w 5")
    root.screen.send("y")
    root.see("another one is under way (pid ", "of user 2000")
    job.signal(signal.SIGKILL)
    job.wait()
    root.see("restore unfinished")
    command(root, "weight 10.0.0.1:80 5")
    root.see("y/N", "-w 5")
    root.screen.send("y")
    root.see("by user 2000", "comes first", "--resume by user 2000")
    assert server(1, 3) in table.rules()
    assert by(table, IN_GROUP, "--rollback", "--yes").code == 0
    root.screen.wait_for(lambda text: "restore unfinished" not in text, timeout=START)
    command(root, "weight 10.0.0.1:80 5")
    root.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 5")
    root.kernel_has(SERVICE, server(1, 5), server(2, 3))

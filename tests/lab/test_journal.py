"""A restore that is killed, on a real kernel: finished or taken back from wherever it was; and two at once."""

from __future__ import annotations

import pytest

from tests.lab.director import Director
from tests.lab.session import Job
from tests.lab.waiting import wait_until
from tests.sampling import SOAK

EVERY = 1 if SOAK else 10
"""Steps between two kills: each one in `make soak`."""

RULES = "-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n"

# A restore that waits to be told, once it holds the lock.
WAITS = """
import sys
from lvstui import cli
cli._ask = lambda question: bool(print("asked", flush=True)) or sys.stdin.readline() == "y\\n"
sys.exit(cli.main(["--restore", sys.argv[1]]))
"""


def test_a_restore_killed_at_each_of_fifty_steps_is_recovered(director: Director) -> None:
    done = director.run([director.lab.python, "-m", "tests.lab.killing", str(EVERY)], timeout=600)
    assert done.code == 0, done
    assert done.stdout.splitlines()[-1] == f"{2 * (50 // EVERY + 1)} rounds, 0 wrong", done.stdout


def test_the_next_start_reports_the_unfinished_restore(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    code = (
        "import os\nfrom lvstui import cli, live\n"
        "live.LiveSource.send = lambda self, changes, purpose: os.kill(os.getpid(), 9)\n"
        "cli.main(['--restore', '/run/wanted.rules', '--yes'])\n"
    )
    director.run(["tee", "/run/wanted.rules"], stdin=RULES.replace("-w 3", "-w 5")).ok()
    assert director.python(code).code == -9
    listed = director.lvstui("--list")
    assert listed.code == 0 and "was cut off; lvstui --resume finishes it, --rollback takes it back" in listed.stderr
    again = director.lvstui("--restore", "/run/wanted.rules", "--yes")
    assert again.code == 1 and "--resume" in again.stderr, again
    assert "10.0.0.1:80 -g -w 3" in director.rules()[1]
    done = director.lvstui("--resume", "--yes")
    assert done.code == 0 and "10.0.0.1:80 -g -w 5" in director.rules()[1], done
    assert director.lvstui("--list").stderr == ""


def asking(director: Director, wanted: str) -> Job:
    """A restore that has shown its plan and waits for an answer in /run/answer."""
    director.run(["tee", "/run/wanted.rules"], stdin=wanted).ok()
    director.run(["sh", "-c", "rm -f /run/answer; mkfifo /run/answer"]).ok()
    shell = f"exec 3<>/run/answer; exec {director.lab.python} -c '{WAITS}' /run/wanted.rules <&3"
    job = director.spawn(["sh", "-c", shell])
    wait_until(lambda: "asked" in job.stdout(), "the restore asks", story=job.stderr)
    return job


def test_two_restores_at_once_exclude_each_other(director: Director) -> None:
    """One wins; the other leaves at once with 1 and changes nothing."""
    director.ipvsadm("-R", stdin=RULES)
    first = asking(director, RULES.replace("-w 3", "-w 5"))
    second = director.lvstui("--restore", "-", "--yes", stdin=RULES.replace("-w 3", "-w 9"))
    assert second.code == 1 and "another one is under way (pid " in second.stderr, second
    assert "-w 3" in director.rules()[1]
    director.run(["sh", "-c", "echo y >/run/answer"]).ok()
    done = first.wait()
    assert done.code == 0 and "-w 5" in director.rules()[1], done


@pytest.mark.parametrize(
    "change",
    [
        "-e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 4",
        "-E -t 192.0.2.10:80 -s rr",
        "-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 1",
        "-A -t 192.0.2.11:80 -s rr",
        "-D -t 192.0.2.10:80",
        "--set 100 50 25",
    ],
)
def test_a_change_while_the_plan_is_read_stops_the_restore(director: Director, change: str) -> None:
    director.ipvsadm("-R", stdin=RULES)
    job = asking(director, RULES.replace("-w 3", "-w 5"))
    director.ipvsadm(*change.split())
    there = director.rules()
    director.run(["sh", "-c", "echo y >/run/answer"]).ok()
    done = job.wait()
    assert done.code == 1 and "someone else changed the table meanwhile; nothing was changed" in done.stderr, done
    assert director.rules() == there
    assert director.lvstui("--list").stderr == ""

"""What stands in the table for another cause than a hand, though nothing shows it any longer: told by who watched. On a
real keepalived that is killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.session import Job, LabMissing, Session
from tests.lab.waiting import wait_until

FOLDER = "/run/taken-over"
SERVICE = """
virtual_server 192.0.2.10 80 {{
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    real_server 10.1.0.11 80 {{
        weight {weight}
    }}
    real_server 10.1.0.12 80 {{
        weight 3
    }}
}}
"""
Drifts = list[dict[str, Any]]


class Watched:
    """A keepalived, and somebody who follows the drift."""

    def __init__(self, director: Director) -> None:
        self.director = director
        director.run(["mkdir", "-p", FOLDER]).ok()
        for address in ("10.1.0.11", "10.1.0.12"):
            director.ip("addr", "add", f"{address}/32", "dev", "lo")
        self.write(3)
        self.daemon = self.start()
        wait_until(lambda: len(director.rules()) == 3, "keepalived has made its table", story=self.daemon.stdout)
        self.watching = director.spawn([director.lab.python, "-m", "tests.lab.drifting", "6"])

    def write(self, weight: int) -> None:
        self.director.run(["tee", f"{FOLDER}/keepalived.conf"], stdin=SERVICE.format(weight=weight)).ok()

    def start(self) -> Job:
        words = ["keepalived", "-C", "-D", "-n", "-l", "-f", f"{FOLDER}/keepalived.conf"]
        words += ["-p", f"{FOLDER}/pid", "-c", f"{FOLDER}/checker.pid"]
        return self.director.spawn(words, env={"TMPDIR": FOLDER})

    def kill(self) -> None:
        """Kills all of keepalived. Its processes are stopped first: a checker whose parent dies is told to end, and
        takes its services out of the table if it can."""
        pids = f"$(cat {FOLDER}/pid {FOLDER}/checker.pid)"
        before = self.director.rules()
        self.director.run(["sh", "-c", f"kill -STOP {pids} && kill -9 {pids}"]).ok()
        self.daemon.wait()
        assert self.director.rules() == before, "all of it stays"

    def ipvsadm(self, *words: str) -> None:
        self.director.ipvsadm(*words)

    def all_told(self) -> list[Drifts]:
        """Everything that was ever told, the last of it last."""
        lines = self.watching.stdout().rpartition("\n")[0].splitlines()
        return [json.loads(line)["drifts"] for line in lines]

    def tells(self, what: Callable[[Drifts], bool], words: str) -> None:
        def there() -> bool:
            assert self.watching.poll() is None, self.watching.stderr()
            assert self.daemon.poll() is None, f"keepalived has ended\n{self.daemon.stdout()}{self.daemon.stderr()}"
            told = self.all_told()
            return bool(told) and what(told[-1])

        def story() -> str:
            return json.dumps(self.all_told()[-1:], indent=1) + self.daemon.stdout()[-3000:]

        wait_until(there, words, story=story)

    def close(self) -> None:
        for job in (self.watching, self.daemon):
            job.stop()
        self.director.close()


@pytest.fixture(scope="module")
def watched(lab: Session) -> Iterator[Watched]:
    with needing_a_lab():
        if missing := needs.missing(("keepalived",)):
            raise LabMissing(needs.advice(missing))
    built = Watched(Director.make(lab, "taken"))
    yield built
    built.close()


def of(drifts: Drifts, server: str) -> str:
    return next((one["words"] for one in drifts if (one["server"] or "").startswith(server)), "")


def test_what_a_killed_keepalived_left_is_not_called_made_by_hand(watched: Watched) -> None:
    """The next one has another file, and takes over what stands there. What is changed then is by hand."""
    watched.tells(lambda drifts: not drifts, "nothing drifts")
    watched.kill()
    watched.write(5)
    watched.daemon = watched.start()
    cause = "by hand or by an earlier keepalived"
    watched.tells(lambda drifts: cause in of(drifts, "10.1.0.11"), "another cause is named")
    watched.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.1.0.12:80", "-m", "-w", "9")
    watched.tells(lambda drifts: "by hand" in of(drifts, "10.1.0.12"), "the hand is named too")
    told = watched.all_told()
    assert cause not in of(told[-1], "10.1.0.12") and cause in of(told[-1], "10.1.0.11"), told[-1]
    early = [words for drifts in told if "by hand" in (words := of(drifts, "10.1.0.11"))]
    assert all(cause in words for words in early), "not for a moment either"
    watched.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.1.0.11:80", "-m", "-w", "4")
    watched.tells(lambda drifts: "weight 4" in of(drifts, "10.1.0.11"), "that is by hand now")
    assert cause not in of(watched.all_told()[-1], "10.1.0.11")
    # A verb watched nothing: it names the hand alone only where the audit log has it.
    drift = watched.director.lvstui("--do", "drift")
    assert drift.code == 1 and f"weight 4 {cause}" in drift.stdout and f"weight 9 {cause}" in drift.stdout, drift
    assert watched.director.lvstui("--do", "weight 10.1.0.12:80 8").code == 0
    drift = watched.director.lvstui("--do", "drift")
    assert f"weight 4 {cause}" in drift.stdout and f"weight 8 {cause}" not in drift.stdout, drift
    assert "weight 8 by hand" in drift.stdout, drift
    for server, weight in (("10.1.0.11", "5"), ("10.1.0.12", "3")):
        watched.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", f"{server}:80", "-m", "-w", weight)
    watched.tells(lambda drifts: not drifts, "nothing drifts")

"""Asking keepalived by signal, judged by the real daemon: large, in a mount namespace of its own, among strangers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.session import Job, LabMissing, Session
from tests.lab.waiting import wait_until

MANY = 150
WIRE = """
link add eth1 type veth peer name peer
link set eth1 up
link set peer up
addr add 10.9.0.1/16 dev eth1
"""
ONE = """
vrrp_instance VI_{number} {{
    interface eth1
    virtual_router_id {number}
    priority 100
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass S3CR3T{number}
    }}
    virtual_ipaddress {{
        10.9.1.{number}
        10.9.2.{number}/24 label eth1:{number}
    }}
}}
"""
CONFIGURATION = """
instance one
global_defs {
    data_use_instance
}
""" + "".join(ONE.format(number=number) for number in range(1, MANY + 1))
# Its /tmp is its own, and $TMPDIR a folder there; nothing of it can be seen from outside but through /proc.
START = """
mount -t tmpfs own /tmp
mkdir /tmp/own
chmod 1777 /tmp/own
TMPDIR=/tmp/own exec keepalived --dont-fork --log-console --log-detail -f /run/dumping.conf \
    -p /run/dumping.pid -r /run/dumping-vrrp.pid -c /run/dumping-checkers.pid
"""
# An answer is young for an hour here, and what another process adds to it is waited for: the machine may be busy.
ASK = """
import sys, time
from lvstui.director.errors import NotDone
from lvstui.keepalived.conf.globals import read_answers
from lvstui.keepalived.dump import ask
ask.PATIENCE, ask.SELDOM = float(sys.argv[1]), 3600.0
until = time.monotonic() + ask.PATIENCE
for pid in sys.argv[2:]:
    try:
        answer = ask.report(int(pid), read_answers("/run/dumping.conf"))
        while answer.instances[0].transitions is None and time.monotonic() < until:
            answer = ask.report(int(pid), read_answers("/run/dumping.conf"))
    except NotDone as error:
        print(f"{error.what}: {error.why}")
        continue
    assert "S3CR3T" not in repr(answer)
    first = answer.instances[0]
    print(len(answer.instances), sum(one.state == "MASTER" for one in answer.instances),
          sum(len(one.addresses) for one in answer.instances), first.name, first.transitions is not None, answer.at)
"""
OLD = 'for file in "$@"; do touch -d "2 hours ago" "$file" 2>/dev/null || :; done'
FILES = ("keepalived.one.data", "keepalived.json")


@dataclass
class Kept:
    """A keepalived with many instances, and who asks it."""

    director: Director
    job: Job
    pid: str

    @property
    def folder(self) -> str:
        return f"/proc/{self.pid}/root/tmp/own"

    def ask(self, *pids: str, patience: int = 150) -> str:
        """What one process is told, a line for each that it asks; a complaint where there is one."""
        return self.director.python(ASK, str(patience), *(pids or (self.pid,))).ok().strip()

    def signalled(self) -> int:
        """How often it was told to write its data, by its own log."""
        return self.job.stdout().count("Printing VRRP data for process") + self.job.stderr().count(
            "Printing VRRP data for process"
        )

    def age(self) -> None:
        """As if the last answer were older than it is."""
        self.sh(OLD, *(f"{self.folder}/{name}" for name in FILES))

    def sh(self, script: str, *words: str) -> str:
        return self.director.run(["sh", "-ec", script, "sh", *words]).ok()


@pytest.fixture(scope="module")
def kept(lab: Session) -> Iterator[Kept]:
    with needing_a_lab():
        missing = needs.missing(("keepalived",))
        if missing:
            raise LabMissing(needs.advice(missing))
    director = Director.make(lab, "dumping")
    director.run(["ip", "-batch", "-"], stdin=WIRE).ok()
    director.run(["tee", "/run/dumping.conf"], stdin=CONFIGURATION).ok()
    job = director.spawn(["unshare", "--mount", "sh", "-ec", START])
    wait_until(lambda: director.run(["test", "-s", "/run/dumping.pid"]).code == 0, "keepalived runs", story=job.stderr)
    pid = director.run(["cat", "/run/dumping.pid"]).ok().strip()
    made = Kept(director, job, pid)
    wait_until(lambda: made.director.ip("addr", "show", "eth1").count("eth1:") >= MANY, "it is master")
    yield made
    job.stop()
    director.close()


WHOLE = f"{MANY} {MANY} {2 * MANY} VI_1 True"


def test_all_consoles_together_request_a_large_dump_once(kept: Kept) -> None:
    first = kept.ask()
    assert first.startswith(WHOLE), first
    assert kept.ask() == first  # another process, and the same answer
    assert kept.signalled() == 1
    assert kept.director.run(["sh", "-c", "ls /tmp/keepalived*"]).code != 0
    # Told again only when that is old; and whole, though it is read while it is written.
    kept.age()
    again = kept.ask()
    assert again.startswith(WHOLE) and again != first
    assert kept.signalled() == 2


def test_a_file_that_others_put_in_its_place_is_not_read(kept: Kept) -> None:
    """A link to a file that would be believed, a stranger's file: each is young, and neither keeps us from asking."""
    false = "------< VRRP Topology >------\n VRRP Instance = FALSE\n   State = MASTER\n   Virtual Router ID = 9\n"
    kept.director.run(["tee", "/run/false.data"], stdin=false).ok()
    name = f"{kept.folder}/{FILES[0]}"
    for plant in (
        f"cp /run/false.data {kept.folder}/../false; ln -s /tmp/false {name}",
        f"cp /run/false.data {name}; chown 65534 {name}",
    ):
        before = kept.signalled()
        kept.age()
        kept.sh(f"rm -f {name}; {plant}")
        assert kept.ask().startswith(WHOLE)
        assert kept.signalled() == before + 1
    assert kept.sh(f"cat {kept.folder}/../false") == false.rstrip("\n") + "\n"


def test_an_incomplete_answer_is_reported(kept: Kept) -> None:
    """There is no room where it writes: the file stays as it is, and never becomes whole."""
    kept.sh(f"rm -f {kept.folder}/*")
    inside = ["nsenter", "-t", kept.pid, "--mount"]
    kept.director.run([*inside, "mount", "-o", "remount,size=64k", "/tmp"]).ok()
    try:
        assert "is cut short" in kept.ask(patience=20)
    finally:
        kept.director.run([*inside, "mount", "-o", "remount,size=64m", "/tmp"]).ok()
    kept.age()
    assert kept.ask().startswith(WHOLE)


def test_another_process_is_never_signalled(kept: Kept) -> None:
    """SIGUSR1 would end each of these: a program by another name, one that only has the name, and a script."""
    kept.sh("mkdir -p /run/imposter; cp /bin/sleep /run/imposter/keepalived")
    kept.sh("printf '#!/bin/sh\\nwhile :; do sleep 1; done\\n' >/run/imposter/script; chmod +x /run/imposter/script")
    others = [["sleep", "300"], ["/run/imposter/keepalived", "300"], ["/run/imposter/script"]]
    jobs = [kept.director.spawn(["sh", "-c", 'echo $$; exec "$@"', "sh", *words]) for words in others]
    for job in jobs:
        wait_until(lambda job=job: "\n" in job.stdout(), "it runs")  # type: ignore[misc]
    pids = [job.stdout().strip() for job in jobs]
    gone = kept.director.run(["sh", "-c", "echo $$"]).ok().strip()
    *said, last = kept.ask(*pids, gone).splitlines()
    assert ["is not keepalived" in line or "knows no signal" in line for line in said] == [True] * 3, said
    assert "is gone" in last
    assert [job.poll(0.1) for job in jobs] == [None] * 3
    for job in jobs:
        job.stop()

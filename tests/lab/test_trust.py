"""Processes of ordinary users with keepalived's name, alone and beside the real daemon: nothing of theirs runs as
root or is shown, none of them gets a signal, and the real one is still shown and signalled."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.session import Job, LabMissing, Result, Session
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

HERE = Path(__file__).parent
PLACE = "/tmp/stranger"
HOSTILE = f"{PLACE}/\x1b]0;owned\x07\x1b[31m.conf"
OWNED = "/run/OWNED"
CONF = "/run/trusted.conf"
ASKED = ("-p", "/run/trusted.pid", "-r", "/run/trusted-vrrp.pid", "-c", "/run/trusted-checkers.pid")
CONFIGURATION = """
vrrp_instance VI_1 {
    interface d0
    virtual_router_id 9
    priority 150
    advert_int 1
    virtual_ipaddress {
        192.0.2.1/32
    }
}
virtual_server 192.0.2.1 80 {
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.1 80 {
        weight 3
    }
}
"""
FALSE = CONFIGURATION.replace("VI_1", "VI_FALSE").replace("192.0.2.1 ", "192.0.2.66 ").replace("weight 3", "weight 66")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
OWN_SPACE = ("unshare", "--user", "--map-root-user")
START = f"""
rm -rf {PLACE}
mkdir -p {PLACE}
cp "$1" {PLACE}/keepalived
cp "$1" {PLACE}/other
cat >"$2"
chmod 755 {PLACE}/keepalived {PLACE}/other
chown -R 65534:65534 {PLACE}
"""
# Reads as a console does that asks keepalived, until it knows how VRRP stands or has looked for long enough.
READ = """
import json, sys, time
from lvstui.director.source import Scope
from lvstui.live import open_source
source = open_source()
until = time.monotonic() + 180
while True:
    state = source.read(Scope(vrrp=True, sweep=True, owner=True, ask=True, settings=True))
    vrrp = state.vrrp
    settled = vrrp.keepalived is not None and (not vrrp.keepalived or vrrp.source == "dump")
    if settled or time.monotonic() > until:
        break
    time.sleep(0.2)
print(json.dumps({
    "names": [one.instance.name for one in vrrp.instances],
    "source": vrrp.source,
    "trouble": vrrp.trouble,
    "running": vrrp.keepalived,
    "owner": state.owner,
    "notes": state.notes,
    "config": state.keeping.config if state.keeping else None,
}))
"""


# Number and parent of every process of the ordinary user with keepalived's name.
LOOK = """
import json, os, re
found = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        text = open(f"/proc/{pid}/status").read()
    except OSError:
        continue
    if text.startswith("Name:\\tkeepalived\\n") and "Uid:\\t65534" in text:
        found[pid] = int(re.search(r"PPid:\\t(\\d+)", text)[1])
print(json.dumps(found))
"""
SCAN = ("python3", "-I", "-S", "-c", LOOK)
WAYS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (NOBODY, "keepalived", "named"),
    (NOBODY, "other", "renamed"),
    ((*NOBODY, *OWN_SPACE), "keepalived", "named"),
)
"""By its name, renamed by prctl, and as root of a user namespace of its own (where this kernel lets users have one)."""


class Host:
    """A director on which a stranger and the real keepalived may run."""

    def __init__(self, director: Director, program: str, words: tuple[str, ...]) -> None:
        self.director = director
        self.program = program
        self.words = words
        self.jobs: list[Job] = []
        director.ip("link", "add", "d0", "type", "veth", "peer", "name", "peer")
        director.ip("link", "set", "d0", "up")
        director.ip("link", "set", "peer", "up")
        director.ip("addr", "add", "192.0.2.9/24", "dev", "d0")
        director.run(["tee", CONF], stdin=CONFIGURATION).ok()

    def strangers(self) -> list[int]:
        """Starts one of each kind, and waits until they and their children have the name; their numbers."""
        self.director.run(["sh", "-ec", START, "sh", self.program, HOSTILE], stdin=FALSE).ok()
        ways = WAYS if self.director.run([*NOBODY, *OWN_SPACE, "true"]).code == 0 else WAYS[:2]
        for before, name, mode in ways:
            words = [f"{PLACE}/{name}", *self.words, f"{PLACE}/log", mode, "-f", HOSTILE]
            self.jobs.append(self.director.spawn([*before, *words]))
        wait_until(lambda: len(self.named()) == 5 * len(ways), "the strangers run", story=self.jobs[-1].stderr)
        return [pid for pid, above in self.named().items() if above not in self.named()]

    def named(self) -> dict[int, int]:
        """The strangers' processes that have the name, and whose children they are."""
        found: dict[str, int] = json.loads(self.director.run([*SCAN]).ok())
        return {int(pid): above for pid, above in found.items()}

    def keepalived(self, program: str = "keepalived") -> Job:
        job = self.director.spawn([program, "--dont-fork", "--log-console", "--log-detail", "-f", CONF, *ASKED])
        self.jobs.append(job)
        wait_until(
            lambda: "192.0.2.1/32" in self.director.ip("addr", "show", "d0"),
            "it is master",
            story=job.stderr,
        )
        wait_until(lambda: len(self.director.rules()) == 2, "it has programmed the table", story=job.stderr)
        return job

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.director.python(READ).ok())
        return found

    def untouched(self) -> None:
        """Nothing of the stranger's was run as root, and it got no signal."""
        assert self.director.run(["cat", OWNED]).stdout == ""
        assert self.director.run(["cat", f"{PLACE}/log"]).ok() == ""

    def clean(self) -> None:
        for job in self.jobs:
            if PLACE in " ".join(job.argv):
                job.signal(signal.SIGKILL)
            job.stop()
        self.jobs = []
        script = (
            "rm -rf /run/OWNED /tmp/stranger /run/open /tmp/keepalived*; ipvsadm -C; ip addr flush dev d0 scope global"
        )
        self.director.run(["sh", "-c", f"{script}; ip addr add 192.0.2.9/24 dev d0"]).ok()


@pytest.fixture(scope="module")
def _host(lab: Session) -> Iterator[Host]:
    with needing_a_lab():
        missing = needs.missing(("keepalived",))
        if missing:
            raise LabMissing(needs.advice(missing))
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is not None:
        subprocess.run([compiler, "-o", lab.files / "stranger", HERE / "stranger.c"], check=True)
        made = Host(Director.make(lab, "trusting"), f"{lab.inside}/stranger", ())
    else:
        made = Host(
            Director.make(lab, "trusting"), os.path.realpath(lab.python), ("-I", "-S", str(HERE / "stranger.py"))
        )
    yield made
    made.director.close()


@pytest.fixture
def host(_host: Host) -> Iterator[Host]:
    yield _host
    _host.clean()


def plain(result: Result) -> Result:
    """Nothing of it changes a terminal."""
    assert "\x1b" not in result.stdout + result.stderr
    assert "\x07" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result


def test_processes_of_strangers_are_only_mentioned(host: Host) -> None:
    pids = host.strangers()
    note = f"pid {min(pids)} of user 65534 calls itself keepalived: ignored (and {len(pids) - 1} more)"
    director = host.director
    found = json.loads(plain(director.patient("--list", "--format", "json", "--ask-keepalived")).ok())["director"]
    assert (found["owner"], found["notes"]) == ("nobody", [note])
    known = host.read()
    assert (known["names"], known["running"], known["owner"], known["notes"]) == ([], False, "", [note])
    for words in (("reload",), ("reload", "--dry-run"), ("failover", "--allow-outage")):
        done = plain(director.lvstui("--do", *words))
        assert done.code != 0 and "none runs in this network namespace" in done.stderr, done
    host.untouched()


def test_the_real_keepalived_is_used_even_beside_those_of_strangers(host: Host) -> None:
    """They came first, and have more children."""
    pids = host.strangers()
    real = host.keepalived()
    known = host.read()
    assert (known["names"], known["source"], known["owner"], known["config"]) == (["VI_1"], "dump", "keepalived", CONF)
    assert [note.partition(" of user")[0] for note in known["notes"]] == [f"pid {min(pids)}"]
    director = host.director
    director.run(["sed", "-i", "s/weight 3/weight 7/", CONF]).ok()
    try:
        assert plain(director.patient("--do", "reload", "--dry-run")).code == 1
        plain(director.patient("--do", "reload")).ok()
    finally:
        director.run(["tee", CONF], stdin=CONFIGURATION).ok()
    assert any("-w 7" in rule for rule in director.rules())
    wait_until(lambda: "Reloading" in real.stdout() + real.stderr(), "it reloads")
    done = plain(director.patient("--do", "failover", "--allow-outage"))
    assert done.code == 0, done
    assert real.poll(180.0) is not None
    host.untouched()


def test_the_console_asks_and_reloads_only_the_real_keepalived(host: Host, terminal: Callable[..., Terminal]) -> None:
    host.strangers()
    host.keepalived()
    screen = terminal(host.director.argv([host.director.lab.python, "-m", "lvstui", "--fresh"]), size=(120, 30))
    screen.wait_for("MASTER")
    screen.send("4")
    screen.wait_for("VI_1")
    screen.send("K")
    screen.wait_for("dump")
    assert "VI_FALSE" not in screen.screen()
    host.untouched()
    screen.send("q")


def test_a_root_process_that_only_has_the_name_is_not_run(host: Host) -> None:
    """What `ln -s /usr/bin/sudo keepalived; ./keepalived ./mine` comes to: a process all of root's, whose words an
    ordinary user chose."""
    director = host.director
    director.run(["mkdir", "-p", PLACE]).ok()
    director.run(["ln", "-sf", "/bin/sh", f"{PLACE}/keepalived"]).ok()
    script = f"echo ran >>{OWNED}.sh; [ $(wc -l <{OWNED}.sh) -gt 1 ] && touch {OWNED}; while :; do sleep 1; done"
    director.run(["rm", "-f", f"{OWNED}.sh"])
    host.jobs.append(director.spawn([f"{PLACE}/keepalived", "-c", script, "-f", HOSTILE]))
    wait_until(lambda: director.run(["test", "-s", f"{OWNED}.sh"]).code == 0, "it runs")
    for words in (("reload",), ("failover", "--allow-outage")):
        assert "none runs in this network namespace" in plain(director.lvstui("--do", *words)).stderr
    known = host.read()
    assert (known["running"], known["names"]) == (False, [])
    assert director.run(["wc", "-l", f"{OWNED}.sh"]).ok().split()[0] == "1"


def test_a_binary_that_others_can_write_is_not_run_but_its_daemon_is_asked(host: Host) -> None:
    director = host.director
    director.run(["sh", "-c", "mkdir /run/open && chmod 777 /run/open && cp $(command -v keepalived) /run/open/"]).ok()
    real = host.keepalived("/run/open/keepalived")
    known = host.read()
    assert (known["names"], known["source"], known["owner"]) == (["VI_1"], "dump", "keepalived")
    why = "its binary is not run: /run/open is writable by everybody (mode 0777)"
    assert known["trouble"] == f"{why}; SIGUSR1 was sent, which means DATA in every version"
    done = plain(director.patient("--do", "reload"))
    assert done.code == 1 and why in done.stderr and "kill -HUP" in done.stderr, done
    done = plain(director.patient("--do", "failover", "--allow-outage"))
    assert done.code == 0 and "SIGTERM was sent" in done.stderr, done
    assert real.poll(180.0) is not None


def test_a_configuration_that_others_can_write_is_read_and_named_once(host: Host) -> None:
    director = host.director
    host.keepalived()
    director.run(["chmod", "666", CONF]).ok()
    try:
        known = host.read()
        assert known["names"] == ["VI_1"]
        assert known["notes"] == [
            f"an ordinary user can change keepalived's configuration: {CONF} is writable by everybody (mode 0666)"
        ]
    finally:
        director.run(["chmod", "644", CONF]).ok()
    assert host.read()["notes"] == []

"""keepalived 2.3 of Debian 13, in a root and with a C library of its own: dumps, signal numbers, D-Bus, drift, reload
and hand-over, as with the 2.2 of the other tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import debian13, needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director, weights_of
from tests.lab.session import Job, LabMissing, Session
from tests.lab.test_bus import ADDRESS, BUS
from tests.lab.waiting import wait_until

ROOT = "/run/debian13"
CONF = f"{ROOT}/etc/keepalived/keepalived.conf"
CONFIGURATION = """
global_defs {
    enable_dbus
}
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
    delay_loop 2
    real_server 10.0.0.1 80 {
        weight 3
    }
    real_server 10.0.0.2 80 {
        weight 3
        TCP_CHECK {
            connect_timeout 1
            retry 0
        }
    }
}
"""
PREPARE = f"""
cp -r "$1" {ROOT}
mkdir -p {ROOT}/proc {ROOT}/run/bus {ROOT}/tmp {ROOT}/dev {ROOT}/var /run/bus
chmod 1777 {ROOT}/tmp
cat >{CONF}
"""
START = f"""
mount -t proc proc {ROOT}/proc
mount --rbind /dev {ROOT}/dev
mount --bind /run/bus {ROOT}/run/bus
exec chroot {ROOT} /usr/sbin/keepalived --dont-fork --log-console --log-detail
"""
# What a console knows of it, as soon as it knows enough; with `ask` from its dumps, else from D-Bus.
READ = """
import json, sys, time
from lvstui.director.source import Scope
from lvstui.live import open_source
ask = "ask" in sys.argv
source = open_source()
until = time.monotonic() + 180
while True:
    state = source.read(Scope(vrrp=True, sweep=True, owner=True, ask=ask, settings=True))
    keeping = state.keeping
    asked = keeping is not None and keeping.reported_at is not None
    if (asked if ask else state.vrrp.source == "D-Bus") or time.monotonic() > until:
        break
    time.sleep(0.2)
print(json.dumps({
    "source": state.vrrp.source,
    "trouble": state.vrrp.trouble,
    "states": {one.instance.name: one.state for one in state.vrrp.instances},
    "owner": state.owner,
    "alive": [[one.alive for one in watched.servers] for watched in keeping.checks.values()] if asked else None,
    "notes": state.notes,
}))
"""
NUMBERS = """
import sys
from contextlib import ExitStack
from lvstui.keepalived.binary import Binary
from lvstui.keepalived.held import Process
from lvstui.keepalived.process import look
from lvstui.keepalived.signalling import _number
with ExitStack() as stack:
    binary = Binary(stack.enter_context(Process(look().parent.pid)), stack)
    for name in sys.argv[1:]:
        print(*_number(binary, name))
"""


class Thirteen:
    """A director whose keepalived is that of Debian 13, and a bus that it speaks on."""

    def __init__(self, director: Director) -> None:
        self.director = director
        for words in ("add d0 type veth peer name peer", "set d0 up", "set peer up"):
            director.ip("link", *words.split())
        director.ip("addr", "add", "192.0.2.9/24", "dev", "d0")
        director.run(["sh", "-ec", PREPARE, "sh", str(debian13.root())], stdin=CONFIGURATION).ok()
        director.run(["tee", "/run/bus/conf"], stdin=BUS).ok()
        self.bus = director.spawn(["dbus-daemon", "--config-file=/run/bus/conf", "--nofork", "--nopidfile"])
        wait_until(lambda: director.run(["test", "-S", "/run/bus/socket"]).code == 0, "the bus is up")
        self.daemon = self.start()

    def start(self) -> Job:
        job = self.director.spawn(["unshare", "--mount", "sh", "-ec", START], env=ADDRESS)
        held = lambda: "192.0.2.1/32" in self.director.ip("addr", "show", "d0")  # noqa: E731
        wait_until(held, "it is master", story=lambda: job.stdout() + job.stderr())
        wait_until(lambda: self.weights() == {"10.0.0.1:80": "3"}, "a check has failed")
        return job

    def weights(self) -> dict[str, str]:
        return weights_of(self.director.rules())

    def write(self, text: str) -> None:
        self.director.run(["tee", CONF], stdin=text).ok()

    def read(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.python(READ, *words).strip())
        return found

    def python(self, code: str, *words: str) -> str:
        python = self.director.lab.python
        return self.director.run([python, "-c", code, *words], env=ADDRESS).ok()

    def close(self) -> None:
        self.daemon.stop()
        self.bus.stop()
        self.director.close()


@pytest.fixture(scope="module")
def thirteen(lab: Session) -> Iterator[Thirteen]:
    with needing_a_lab():
        missing = needs.missing(("dbus-daemon",))
        if missing:
            raise LabMissing(needs.advice(missing))
    try:
        debian13.root()
    except LabMissing as why:  # the network may be out of reach, also of a machine that judges a change
        pytest.skip(str(why))
    made = Thirteen(Director.make(lab, "thirteen"))
    yield made
    made.close()


def test_its_dumps_are_requested_and_read(thirteen: Thirteen) -> None:
    """By signal numbers that its own binary tells, in its own root."""
    found = thirteen.read("ask")
    assert found["states"] == {"VI_1": "MASTER"}
    assert (found["owner"], found["alive"], found["notes"]) == ("keepalived", [[True, False]], [])
    assert "does not report the signal" not in found["trouble"] and "was sent" not in found["trouble"], found


def test_its_signal_numbers_are_its_own(thirteen: Thirteen) -> None:
    names = ("DATA", "JSON", "STATS", "STOP", "RELOAD")
    told = [
        thirteen.director.run(["chroot", ROOT, "/usr/sbin/keepalived", f"--signum={name}"]).ok().strip()
        for name in names
    ]
    assert thirteen.python(NUMBERS, *names).split() == told


def test_if_it_reports_no_signal_numbers_the_unchanged_ones_are_used_with_a_remark(thirteen: Thirteen) -> None:
    """Its --signum reads a file of its build, which a minimal container may lack."""
    options = f"{ROOT}/etc/keepalived/keepalived.config-opts"
    thirteen.director.run(["mv", options, f"{options}.away"]).ok()
    try:
        data, stop = thirteen.python(NUMBERS, "DATA", "STOP").splitlines()
        why = "its binary does not report the signal {}: Unable to read build config options file"
        assert data == f"10 {why.format('DATA')}; SIGUSR1 was sent, which means DATA in every version"
        assert stop == f"15 {why.format('STOP')}; SIGTERM was sent, which means STOP in every version"
        python = thirteen.director.lab.python
        refused = thirteen.director.run([python, "-c", NUMBERS, "JSON"])
        assert refused.code and why.format("JSON") in refused.stderr, refused
    finally:
        thirteen.director.run(["mv", f"{options}.away", options]).ok()


def test_it_speaks_on_d_bus(thirteen: Thirteen) -> None:
    found = thirteen.read()
    assert (found["source"], found["states"]) == ("D-Bus", {"VI_1": "MASTER"}), (found, thirteen.daemon.stderr())


def test_a_change_by_hand_is_drift_and_a_reload_acts_as_predicted(thirteen: Thirteen) -> None:
    director = thirteen.director
    director.ipvsadm("-e", "-t", "192.0.2.1:80", "-r", "10.0.0.1:80", "-m", "-w", "9")
    try:
        told = director.patient("--diff", CONF)
        assert told.code == 1 and "9" in told.stdout, told
        thirteen.write(CONFIGURATION.replace("lb_kind", "lb_kint"))
        broken = director.patient("--do", "reload")
        assert broken.code == 2 and "Unknown keyword 'lb_kint'" in broken.stderr, broken
        assert "/etc/keepalived/keepalived.conf line" in broken.stderr and ROOT not in broken.stderr
        assert thirteen.weights() == {"10.0.0.1:80": "9"}
        thirteen.write(CONFIGURATION.replace("weight 3", "weight 7", 1))
        done = director.patient("--do", "reload")
        assert done.code == 0, done
        assert thirteen.weights() == {"10.0.0.1:80": "7"}
    finally:
        thirteen.write(CONFIGURATION)
        director.patient("--do", "reload")
    wait_until(lambda: thirteen.weights() == {"10.0.0.1:80": "3"}, "it has its configuration again")


def test_a_failover_stops_it(thirteen: Thirteen) -> None:
    done = thirteen.director.patient("--do", "failover", "--allow-outage")
    assert done.code == 0, done
    assert thirteen.daemon.poll(180.0) is not None
    thirteen.daemon = thirteen.start()


ENDING = """
import os, signal, sys, time
from lvstui.keepalived.process import ends, look
pid = look().parent.pid
before = ends(pid)
children = [n for n in os.listdir("/proc") if n.isdigit() and f"PPid:\\t{pid}\\n" in open(f"/proc/{n}/status").read()]
first = int(children[0])
os.kill(first, signal.SIGSTOP)  # the parent waits for it, for five seconds at the most
os.kill(pid, signal.SIGTERM)
until = time.monotonic() + 180
while not ends(pid):
    assert time.monotonic() < until, "it is not seen to be ending"
    time.sleep(0.01)
os.kill(first, signal.SIGCONT)
print(before)
"""


def test_its_ending_is_noticed(thirteen: Thirteen) -> None:
    assert thirteen.python(ENDING).split() == ["False"]
    assert thirteen.daemon.poll(180.0) is not None
    thirteen.daemon = thirteen.start()

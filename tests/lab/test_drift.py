"""Changes by hand against the real keepalived: each is named for what it is, and what a reload, a check that fails and
recovers, and a restart do to it is what was said. The table is read with ipvsadm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.lab.differential import as_ipvsadm_saves
from tests.lab.director import Director
from tests.lab.session import Job, Session
from tests.lab.waiting import wait_until

FOLDER = "/run/drift"
CHECK = "TCP_CHECK {\nconnect_port 8080\nconnect_timeout 30\nretry 0\n}"
GLOBAL = """
child_wait_time 600
global_defs {
    lvs_timeouts tcp 700 tcpfin 100 udp 200
    lvs_sync_daemon d0 id 51
}
vrrp_instance VI {
    interface d0
    virtual_router_id 9
    virtual_ipaddress {
        192.0.2.254/32
    }
}
"""
SERVICE = """
virtual_server 192.0.2.%d 80 {
    delay_loop 1
    lvs_sched %s
    lvs_method %s
    protocol TCP
%s
}
"""
WEIGHT, DRAINED, REMOVED, ADDED, RETURNED, RAISED, SCHEDULER, DELETED, RULE, INHIBITED, UNCHECKED = range(1, 12)
CHECKED = (WEIGHT, DRAINED, REMOVED, ADDED, SCHEDULER, DELETED, RULE, INHIBITED)
"""Those in which a check looks at FAILING."""
FAILED = 12
"""Of the first row none was changed but FAILED: its server is down, and that is no drift."""
TOUCHED, COMES_BACK, THRESHOLD, LOST, LASTS, RESTARTED = range(21, 27)
"""Services by the last number of their addresses. The second row is of those that the changed file touches."""
FOREIGN = 200
FAILING, DEAD, STEADY = "10.0.0.1", "10.0.0.5", "10.0.0.3"
"""Servers: one whose check the test lets fail, one that is down from the beginning, one that is always up."""


def server(address: str, weight: int = 3, *, check: str = CHECK, more: str = "") -> str:
    return f"real_server {address} 80 {{\nweight {weight}\n{more}\n{check}\n}}"


INHIBIT = "inhibit_on_failure"
PAIR = (server(FAILING), server(STEADY))
STEADY_PAIR = (server(STEADY), server("10.0.0.4"))


def service(number: int, servers: Iterable[str], scheduler: str = "wrr", method: str = "NAT") -> str:
    return SERVICE % (number, scheduler, method, "\n".join(servers))


def configuration(*, changed: bool) -> str:
    """The file as keepalived loads it, or as it is changed later."""
    services = {
        WEIGHT: PAIR,
        DRAINED: PAIR,
        REMOVED: PAIR,
        ADDED: PAIR,
        RETURNED: (server(DEAD), server(STEADY)),
        RAISED: (server(DEAD, more=INHIBIT), server(STEADY)),
        SCHEDULER: PAIR,
        DELETED: PAIR,
        RULE: PAIR,
        INHIBITED: (server(FAILING, more=INHIBIT), server(STEADY)),
        UNCHECKED: (server(FAILING, check=""), server(STEADY)),
        FAILED: (server(DEAD), server(STEADY)),
        TOUCHED: (server(STEADY, 5 if changed else 3), server("10.0.0.4")),
        COMES_BACK: (server(STEADY, 5 if changed else 3), server("10.0.0.4")),
        THRESHOLD: (server(STEADY, more="uthreshold 90" if changed else ""), server("10.0.0.4")),
        LOST: STEADY_PAIR[: 1 if changed else 2],
        LASTS: (server(STEADY, 8 if changed else 3), server("10.0.0.4")),
        RESTARTED: STEADY_PAIR,
    }
    schedulers = {RESTARTED: "wlc" if changed else "wrr"}
    written = (service(number, servers, schedulers.get(number, "wrr")) for number, servers in services.items())
    return GLOBAL + "".join(written)


LISTEN = """
import socket
server = socket.create_server(("", 8080), backlog=64)
print("up", flush=True)
while True:
    server.accept()[0].close()
"""

Told = dict[str, Any]


class Drifting:
    """keepalived in a director, its servers, and somebody who follows the drift."""

    def __init__(self, director: Director) -> None:
        self.director = director
        director.run(["mkdir", "-p", FOLDER]).ok()
        self.write(changed=False)
        director.ip("link", "add", "d0", "type", "dummy")
        director.ip("link", "set", "d0", "up")
        for address in (FAILING, STEADY, "10.0.0.4"):
            self.up(address)
        self.listening: Job = director.spawn([director.lab.python, "-c", LISTEN])
        wait_until(lambda: "up" in self.listening.stdout(), "the servers listen")
        self.daemon = self.start()
        self.watching: Job | None = None
        wait_until(self.checked, "checks have spoken", story=self.log)

    def checked(self) -> bool:
        """Whether the servers that nobody hears are out, as they are to be."""
        return self.weight(RETURNED, DEAD) is None and self.weight(RAISED, DEAD) == 0

    def start(self) -> Job:
        words = ["keepalived", "-f", f"{FOLDER}/keepalived.conf", "-n", "-l", "-p", f"{FOLDER}/pid"]
        words += ["-r", f"{FOLDER}/vrrp.pid", "-c", f"{FOLDER}/checker.pid"]
        return self.director.spawn(words, env={"TMPDIR": FOLDER})

    def write(self, *, changed: bool, more: str = "") -> None:
        text = configuration(changed=changed).replace("global_defs {", f"global_defs {{\n{more}")
        self.director.run(["sh", "-c", f"cat > {FOLDER}/keepalived.conf"], stdin=text).ok()

    def up(self, address: str) -> None:
        self.director.ip("addr", "add", f"{address}/32", "dev", "lo")

    def down(self, address: str) -> None:
        self.director.ip("addr", "del", f"{address}/32", "dev", "lo")

    def reload(self) -> None:
        """And waits until the checkers have read it."""
        # The last that it logs of a start and of a reload, when the table is done.
        last = f"for VS [192.0.2.{RESTARTED}]"
        before = self.log().count(last)
        self.signal("HUP")
        wait_until(lambda: self.log().count(last) >= before + 2, "keepalived has reloaded", story=self.log)

    def signal(self, name: str) -> None:
        """To the parent alone: children that are told too read the file beside it, half written."""
        self.director.run(["sh", "-c", f"kill -{name} $(cat {FOLDER}/pid)"]).ok()

    def log(self) -> str:
        return self.daemon.stdout() + self.daemon.stderr()

    def rules(self) -> dict[int, list[str]]:
        """The table as ipvsadm saves it, by the last number of the service's address."""
        found: dict[int, list[str]] = {}
        for line in self.director.rules():
            number = int(line.split()[2].split(":")[0].split(".")[3])
            found.setdefault(number, []).append(line)
        return {number: sorted(lines) for number, lines in found.items()}

    def weight(self, number: int, address: str) -> int | None:
        for line in self.rules().get(number, ()):
            if f" -r {address}:80 " in line:
                return int(line.split()[-1])
        return None

    def ipvsadm(self, command: str, number: int, *words: str, at: str = "") -> None:
        where = ["-r", f"{at}:80"] if at else []
        self.director.ipvsadm(command, "-t", f"192.0.2.{number}:80", *where, *words)

    def watch(self) -> None:
        self.watching = self.director.spawn([self.director.lab.python, "-m", "tests.lab.drifting"])

    def told(self) -> Told:
        """What was told last."""
        lines = self.watching.stdout().splitlines() if self.watching is not None else []
        found: Told = json.loads(lines[-1]) if lines else {}
        return found

    def tells(self, numbers: set[int | None], holds: Callable[[list[Told]], bool] = bool) -> Told:
        """What is told once it is of these services, None for the settings, and holds: what the checkers say may come
        after the rest."""
        found: Told = {}

        def there() -> bool:
            nonlocal found
            found = self.told()
            drifts = found.get("drifts", [])
            return {drift["number"] for drift in drifts} == numbers and holds(drifts)

        wait_until(there, f"drift of {numbers}", story=lambda: self.story(found.get("drifts")))
        return found

    def story(self, told: object) -> str:
        """What was told instead, what the watcher complained of, and the end of keepalived's log."""
        watching = self.watching
        complaints = watching.stderr() if watching is not None else ""
        ended = watching.poll() if watching is not None else None
        return f"{json.dumps(told, indent=1)}\nended: {ended}\n{complaints}\n{self.log()[-3000:]}"

    def foresees(self, event: str, number: int, end: str) -> Told:
        """What is told once this end of a change by hand is foretold, and once each check is told to have passed or to
        have failed as it does: right after a restart some have not run yet."""
        found: Told = {}

        def there() -> bool:
            nonlocal found
            found = self.told()
            after = found.get("after", {}).get(event, {})
            up = all(any(f" {FAILING}:80 " in line for line in after.get(str(one), ())) for one in CHECKED)
            down = not any(f" {DEAD}:80 " in line for line in after.get(str(RETURNED), ()))
            return up and down and foretold(found, event, number) == [end]

        wait_until(there, f"{event}: {number} {end}", story=lambda: json.dumps(found, indent=1)[:3000])
        return found

    def restart(self) -> None:
        self.signal("TERM")
        self.daemon.wait()
        self.daemon = self.start()

    def upper(self, number: int, address: str) -> int:
        """The upper threshold, which ipvsadm does not save."""
        listed = self.director.ipvsadm("-L", "-n", "--thresholds", "-t", f"192.0.2.{number}:80")
        (line,) = (line for line in listed.splitlines() if f"{address}:80 " in line)
        return int(line.split()[2])

    def timeouts(self) -> str:
        return " ".join(self.director.ipvsadm("-L", "--timeout").split(":")[1].split())

    def daemons(self) -> set[str]:
        return {line.split()[0] for line in self.director.ipvsadm("-L", "--daemon").splitlines()}

    def close(self) -> None:
        for job in (self.watching, self.daemon, self.listening):
            if job is not None:
                job.stop()
        self.director.close()


@pytest.fixture(scope="module")
def drifting(lab: Session) -> Iterator[Drifting]:
    built = Drifting(Director.make(lab, "drifting"))
    yield built
    built.close()


def as_saved(lines: Iterable[str]) -> list[str]:
    return sorted(as_ipvsadm_saves(line) for line in lines)


def by_hand(drifting: Drifting) -> None:
    """A change of each kind."""
    change = drifting.ipvsadm
    change("-e", WEIGHT, "-m", "-w", "7", at=FAILING)
    change("-e", DRAINED, "-m", "-w", "0", at=FAILING)
    change("-d", REMOVED, at=FAILING)
    change("-a", ADDED, "-m", "-w", "2", at="10.0.0.99")
    change("-a", RETURNED, "-m", "-w", "4", at=DEAD)
    change("-e", RAISED, "-m", "-w", "5", at=DEAD)
    change("-E", SCHEDULER, "-s", "rr", "-p", "120")
    change("-D", DELETED)
    change("-e", RULE, "-i", "-w", "3", "-x", "50", at=FAILING)
    change("-d", INHIBITED, at=FAILING)
    change("-e", UNCHECKED, "-m", "-w", "7", at=FAILING)
    change("-A", FOREIGN, "-s", "rr")
    change("-e", TOUCHED, "-m", "-w", "7", at=STEADY)
    change("-d", COMES_BACK, at=STEADY)
    change("-e", LASTS, "-m", "-w", "8", at=STEADY)
    change("-E", RESTARTED, "-s", "lc")
    drifting.director.ipvsadm("--set", "60", "7", "300")
    drifting.director.ipvsadm("--stop-daemon", "backup")


NAMED = {
    WEIGHT: "weight 7 by hand, configured 3",
    DRAINED: "weight 0 by hand, configured 3",
    REMOVED: "taken out by hand",
    ADDED: "weight 2, not configured",
    RETURNED: "put back by hand while down by TCP_CHECK",
    RAISED: "weight 5 by hand while down by TCP_CHECK",
    SCHEDULER: "scheduler rr by hand, configured wrr; persistence 120 by hand, configured none",
    DELETED: "deleted by hand, or by another keepalived as it ended",
    RULE: "forward tunnel by hand, configured masq; upper 50 by hand, configured none",
    INHIBITED: "taken out by hand",
    UNCHECKED: "weight 7 by hand, configured 3",
    FOREIGN: "not configured",
    TOUCHED: "weight 7 by hand, configured 3",
    COMES_BACK: "taken out by hand",
    LASTS: "weight 8 by hand, configured 3",
    RESTARTED: "scheduler lc by hand, configured wrr",
}


def all_are_named(drifts: list[Told]) -> bool:
    words = {drift["number"]: drift["words"] for drift in drifts if drift["number"] is not None}
    return words == NAMED and [drift["words"] for drift in drifts if drift["number"] is None] == SETTINGS


def what_waits(drifts: list[Told]) -> dict[int, str]:
    """What becomes at a reload of what waits for one."""
    return {drift["number"]: drift["fates"]["reload"] for drift in drifts if drift["kind"] == "waiting"}


def late(words: str) -> str:
    """The words for who did not watch since keepalived began; a service that is missing was deleted since."""
    return words if words.startswith("deleted") else words.replace("by hand", "by hand or by an earlier keepalived")


def test_each_change_by_hand_is_named_and_its_fate_predicted(drifting: Drifting) -> None:
    drifting.watch()
    wait_until(lambda: bool(drifting.told()), "somebody watches", story=drifting.log)
    by_hand(drifting)
    told = drifting.tells({*NAMED, None}, all_are_named)

    # --diff with the running keepalived's file says it too; what only its checkers know it leaves open.
    text = drifting.director.lvstui("--diff", f"{FOLDER}/keepalived.conf").stdout
    assert f"~ {FAILING}:80  weight 7 -> 3\n        reload: stays  restart, next check: is reverted to weight 3" in text
    listed = json.loads(drifting.director.patient("--list", "--format", "json").ok())
    assert {(one["service"], one["words"]) for one in listed["drift"]} >= {
        (f"tcp 192.0.2.{number}:80", late(NAMED[number]))
        for number in (WEIGHT, DRAINED, ADDED, SCHEDULER, DELETED, RULE)
    }

    # A reload of the same file: all stays, but for the settings.
    assert {drift["fates"]["reload"] for drift in told["drifts"] if drift["number"] is not None} == {"stays"}
    assert_foreseen(drifting, told, "reload", drifting.reload)
    told = drifting.tells({*NAMED})
    assert drifting.timeouts() == "700 100 200"
    assert drifting.daemons() == {"master", "backup"}

    # A reload of another file.
    drifting.write(changed=True)
    waiting = dict.fromkeys((TOUCHED, COMES_BACK, LOST, LASTS, RESTARTED), "is applied") | {THRESHOLD: "waits"}
    told = drifting.tells({*NAMED, THRESHOLD, LOST}, lambda drifts: what_waits(drifts) == waiting)
    assert fates(told, "reload", TOUCHED) == "is set to 5"
    assert fates(told, "reload", COMES_BACK) == "is added again, weight 5"
    assert fates(told, "reload", LASTS) == "stays"
    assert_foreseen(drifting, told, "reload", drifting.reload)

    assert drifting.upper(THRESHOLD, STEADY) == 0
    assert drifting.upper(RULE, FAILING) == 50

    # A check that fails and recovers, of the services that the file left alone.
    assert fates(told, "check", WEIGHT) == "is reverted to weight 3"
    assert fates(told, "check", UNCHECKED) == "stays: it has no check"
    assert_foreseen(drifting, told, "check", lambda: fail_and_recover(drifting), [*range(1, TOUCHED), FOREIGN])
    assert drifting.upper(RULE, FAILING) == 0
    # keepalived finds RETURNED in the table, and takes it for up all the same.
    wait_until(lambda: "Destination already exists" in drifting.log(), "the server that was put back recovers")

    # A restart: all is as the file has it, but for what is not keepalived's.
    assert fates(told, "restart", ADDED) == "is lost"
    assert fates(told, "restart", DELETED) == "is re-created"
    assert fates(told, "restart", FOREIGN) == "stays"
    drifting.down(DEAD)
    wait_until(lambda: drifting.checked(), "the server is down again")
    assert drifting.log().count("Destination already exists") == 1
    assert_foreseen(drifting, told, "restart", drifting.restart)
    assert drifting.upper(THRESHOLD, STEADY) == 90

    # A restart with lvs_flush takes what is not keepalived's too.
    drifting.write(changed=True, more="lvs_flush")
    told = drifting.foresees("restart", FOREIGN, "is lost")
    assert_foreseen(drifting, told, "restart", drifting.restart)


SETTINGS = [
    "timeout tcp 60 by hand, configured 700; timeout tcp_fin 7 by hand, configured 100; "
    "timeout udp 300 by hand, configured 200",
    "sync daemon backup stopped by hand",
]


def fail_and_recover(drifting: Drifting) -> None:
    drifting.down(FAILING)
    failed = re.compile(rf"(?:Remov|Disabl)ing service \[{FAILING}\].* VS \[192\.0\.2\.(\d+)\]")
    wait_until(lambda: {int(found) for found in failed.findall(drifting.log())} == {*CHECKED}, "every check fails")
    drifting.up(FAILING)
    drifting.up(DEAD)


def assert_foreseen(
    drifting: Drifting, told: Told, event: str, happen: Callable[[], None], numbers: Iterable[int] = range(1, 255)
) -> None:
    """Lets it happen, and compares the table with what was foreseen, service by service."""
    foreseen = {number: as_saved(told["after"][event].get(str(number), ())) for number in numbers}
    happen()

    def others() -> str:
        now = drifting.rules()
        pairs = ((number, now.get(number, []), lines) for number, lines in foreseen.items())
        return "\n".join(f"{number}: {found}\n   foreseen {lines}" for number, found, lines in pairs if found != lines)

    wait_until(
        lambda: not others(), f"{event}: the table is as foreseen", story=lambda: others() + drifting.log()[-3000:]
    )


def fates(told: Told, event: str, number: int) -> str:
    """What was said to become of the one change by hand in a service."""
    (found,) = foretold(told, event, number)
    return found


def foretold(told: Told, event: str, number: int) -> list[str]:
    """The same of each change by hand in a service: none while nothing is claimed of it yet."""
    rows = (one for one in told["drifts"] if one["number"] == number and one["kind"] != "waiting")
    return [str(one["fates"][event]) for one in rows]


ENDS = """
import sys
from lvstui.keepalived.process import ends
print(ends(int(sys.argv[1])))
"""


def test_a_keepalived_that_ends_slowly_is_known_to_be_ending(drifting: Drifting) -> None:
    """Its checkers have taken the services out of the table, and its parent waits for the process of VRRP, which is
    stopped."""
    parent = drifting.director.run(["cat", f"{FOLDER}/pid"]).ok().strip()
    assert drifting.director.python(ENDS, parent).ok() == "False\n"
    stop = "kill -STOP $(cat vrrp.pid); kill -TERM $(cat pid)"
    drifting.director.run(["sh", "-ec", f"cd {FOLDER}; {stop}"]).ok()
    try:
        wait_until(lambda: STEADY not in str(drifting.rules()), "its services are gone", story=drifting.log)
        assert drifting.director.python(ENDS, parent).ok() == "True\n"
        listed = drifting.director.lvstui("--list", "--format", "json").ok()
        differs = drifting.director.lvstui("--diff", f"{FOLDER}/keepalived.conf", "--format", "json")
        assert drifting.daemon.poll() is None, "it has ended too early to be looked at"
        assert "by hand" not in listed + differs.stdout, listed + differs.stdout
        assert any(one["change"] == "add-service" for one in json.loads(differs.stdout)), differs
    finally:
        drifting.director.run(["sh", "-ec", f"kill -CONT $(cat {FOLDER}/vrrp.pid)"])
    drifting.daemon.wait()
    assert drifting.director.python(ENDS, parent).ok() == "True\n"

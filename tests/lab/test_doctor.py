"""The doctor on a real kernel: faults are made for real, one at a time; each is found by its own finding with its
evidence, and by no other, and is gone after it was mended. On the healthy director there is no finding at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.doctor_faults import ASK, CHAIN, FAULTS, HOLDS, NAT, VIP, A, B, Fault
from tests.lab.session import Job, LabMissing, Session
from tests.lab.waiting import PATIENCE, wait_until

SPAN = 3.0
"""Seconds over which counters are compared here."""

# A connection to VIP:PORT from the director itself, with a mark; and connections from the client, held open.
MARKED = """
import socket, sys
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
one.settimeout(120)
one.connect((sys.argv[1], int(sys.argv[2])))
"""
HELD = """
import socket, sys, time
held = [socket.create_connection((sys.argv[1], int(sys.argv[2])), 120) for _ in range(int(sys.argv[3]))]
print("held", flush=True)
time.sleep(3600)
"""
# Keeps each connection until the other side closes it.
KEEPS = """
import socketserver, sys
class Kept(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1)
socketserver.ThreadingTCPServer.request_queue_size = 256
socketserver.ThreadingTCPServer(("", int(sys.argv[1])), Kept).serve_forever()
"""
# Datagrams of 1,500 bytes that may not be cut, sent whatever the kernel has learnt of the way: as a client that no ICMP
# error reaches.
LARGE = """
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE
one.connect((sys.argv[1], int(sys.argv[2])))
for _ in range(6):
    try:
        one.send(bytes(1472))
    except OSError:
        pass  # the ICMP error of the one before
    time.sleep(0.05)
"""


# Prints, in monotonic seconds, when a number that the kernel shows is what a fault makes it, or larger than it was.
SHOWN = """
was=$({shows}); echo began; least={least}
while n=$({shows}); [ "${{n:-0}}" -lt "${{least:-$((${{was:-0}} + 1))}}" ]; do sleep 0.1; done
cut -d' ' -f1 /proc/uptime
"""


def whole(job: Job) -> list[str]:
    """The lines that a job has written to their end."""
    return job.stdout().rpartition("\n")[0].splitlines()


def proves(found: list[dict[str, Any]], fault: Fault) -> bool:
    """Whether the fault is among these findings, with its evidence."""
    its = [one for one in found if (one["id"], one["subject"]) == (fault.finding, fault.subject)]
    return any(fault.seen in evidence for one in its for evidence in one["seen"])


def look_of(line: str) -> int | None:
    """The number of a look, None for a diagnosis."""
    return None if line.startswith("{") else int(line.split()[0])


class Clinic:
    """A director with NAT to two servers, a client, and a doctor that watches."""

    def __init__(self, lab: Session) -> None:
        self.lab = lab
        self.director = Director.make(lab, "clinic")
        self.names = {"client": "clinic-client", "A": "clinic-a", "B": "clinic-b"}
        self.jobs: list[Job] = []
        self.holding: list[Job] = []
        self._wire()
        rules = f"-A -t {NAT} -s wrr\n-a -t {NAT} -r {A}:80 -m -w 3\n-a -t {NAT} -r {B}:80 -m -w 3\n"
        self.director.ipvsadm("-R", stdin=rules)
        for name in ("A", "B"):
            netns = self.names[name]
            self.jobs.append(lab.spawn(["busybox", "httpd", "-f", "-p", "80", "-h", "/usr/share/doc"], netns=netns))
            self.jobs.append(lab.spawn([lab.python, "-c", KEEPS, str(HOLDS)], netns=netns))
        served = ["curl", "-s", "-m", "1", "-o", "/dev/null", f"http://{NAT}/"]
        wait_until(lambda: self.run("client", served) == 0 and self.run("client", served) == 0, "both servers answer")
        self.watching = self.director.spawn([lab.python, "-m", "tests.lab.doctored", str(SPAN)])
        self.jobs.append(self.watching)
        wait_until(lambda: self.looks() > 1, "the doctor looks", story=self.watching.stderr)

    def _wire(self) -> None:
        run, here = self.lab.run, self.director.netns
        names = "".join(f"netns add {name}\n" for name in self.names.values())
        run(["ip", "-batch", "-"], stdin=names).ok()
        lines = ["link add br0 type bridge", "link set br0 up", "addr add 10.0.0.1/24 dev br0"]
        lines.append(f"link add eth0 type veth peer name eth0 netns {self.names['client']}")
        lines += ["link set eth0 up", "addr add 192.0.2.1/24 dev eth0", f"addr add {VIP}/32 dev eth0"]
        for name in ("A", "B"):
            lines.append(f"link add v{name} type veth peer name eth0 netns {self.names[name]}")
            lines.append(f"link set v{name} master br0 up")
        run(["ip", "-batch", "-"], netns=here, stdin="\n".join(lines) + "\n").ok()
        for name, address, way in (
            ("client", "192.0.2.10", "192.0.2.1"),
            ("A", A, "10.0.0.1"),
            ("B", B, "10.0.0.1"),
        ):
            lines = [
                "link set lo up",
                "link set eth0 up",
                f"addr add {address}/24 dev eth0",
                f"route add default via {way}",
            ]
            run(["ip", "-batch", "-"], netns=self.names[name], stdin="\n".join(lines) + "\n").ok()
        self.director.run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"]).ok()
        run(["modprobe", "ipip"]).ok()

    def close(self) -> None:
        for job in (*self.holding, *self.jobs):
            job.stop()
        self.director.close()
        self.lab.run(["ip", "-batch", "-"], stdin="".join(f"netns del {name}\n" for name in self.names.values())).ok()

    def run(self, name: str, command: list[str]) -> int:
        return self.lab.run(command, netns=self.names[name]).code

    def do(self, line: str) -> None:
        """A line of a fault, where it belongs."""
        place, _, command = line.partition(": ")
        if line == "release:":
            while self.holding:
                self.holding.pop().stop()
        elif line == "stopped:":
            pass
        elif line == "looked:":
            seen = self.looks()  # the one under way may have begun before
            wait_until(lambda: self.looks() > seen + 1, "the doctor looks", story=self.watching.stderr)
        elif place == "held":
            job = self.lab.spawn([self.lab.python, "-c", HELD, *command.split()], netns=self.names["client"])
            self.holding.append(job)
            wait_until(lambda: "held" in job.stdout(), "the connections are held", story=job.stderr)
        elif place == "marked":
            self.director.python(MARKED, *command.split()).ok()
        elif place == "large":
            self.lab.run([self.lab.python, "-c", LARGE, *command.split()], netns=self.names["client"]).ok()
        elif place == "outside":
            self.lab.run(["sh", "-c", command]).ok()
        elif place in self.names:
            code = self.run(place, ["sh", "-c", command])
            assert code == 0 or command.startswith(("curl", "for", "busybox ping")), (line, code)
        else:
            self.director.run(["sh", "-c", line]).ok()

    # --- what the doctor says

    def lines(self) -> list[str]:
        return whole(self.watching)

    def looks(self) -> int:
        assert self.watching.poll() is None, self.watching.stderr()
        return max((look for line in self.lines() if (look := look_of(line)) is not None), default=0)

    def diagnoses(self, since: int = 0) -> list[dict[str, Any]]:
        """Those after so many lines: one that was for a moment is among them, though nobody looked at that moment."""
        return [json.loads(line) for line in self.lines()[since:] if line.startswith("{")]

    def said(self) -> dict[str, Any]:
        """The last diagnosis."""
        found: dict[str, Any] = json.loads(next(line for line in reversed(self.lines()) if line.startswith("{")))
        return found

    def found(self) -> set[str]:
        return {f"{one['id']} {one['subject']}" for one in self.said()["findings"]}

    def ids(self) -> set[str]:
        return {one["id"] for one in self.said()["findings"]}

    def found_in(self, since: int, fault: Fault) -> int:
        """The first look after so many lines that found this, with its evidence. A look is a line with its number,
        after what it found where that is new."""
        wait_until(lambda: self._found_in(since, fault) is not None, f"a look found {fault.finding}", story=self.story)
        look = self._found_in(since, fault)
        assert look is not None
        return look

    def _found_in(self, since: int, fault: Fault) -> int | None:
        there = False
        for line in self.lines()[since:]:
            if there and (look := look_of(line)) is not None:
                return look
            there = there or (line.startswith("{") and proves(json.loads(line)["findings"], fault))
        return None

    def shown(self, fault: Fault) -> Job | None:
        """Watches for the moment from which the kernel itself shows a fault; None where nothing tells."""
        if not fault.shows:
            return None
        least = str(fault.least) if fault.least else ""
        job = self.director.spawn(["sh", "-c", SHOWN.format(shows=fault.shows, least=least)])
        self.holding.append(job)
        wait_until(lambda: "began" in job.stdout(), "the kernel is watched", story=job.stderr)
        return job

    def looks_after(self, shown: Job, found: int) -> int:
        """How many looks began after the kernel showed a fault, up to the one that found it."""
        wait_until(lambda: len(whole(shown)) > 1, "the kernel shows it too", story=shown.stderr)
        moment = float(whole(shown)[1])
        begun = {look: float(line.split()[1]) for line in self.lines() if (look := look_of(line)) is not None}
        return sum(moment <= began for look, began in begun.items() if look <= found)

    def finds(self, since: int, *faults: Fault) -> None:
        """Waits until, in one look after so many lines, each of the faults is found with its evidence, and nothing else
        that they do not bring along."""
        ids = {fault.finding for fault in faults}
        beside = ids.union(*(fault.beside for fault in faults))

        def proven(found: list[dict[str, Any]]) -> bool:
            return all(proves(found, fault) for fault in faults) and {one["id"] for one in found} <= beside

        wait_until(
            lambda: any(proven(one["findings"]) for one in self.diagnoses(since)),
            f"{ids} are found, and nothing else",
            timeout=PATIENCE,
            story=self.story,
        )

    def story(self) -> str:
        return json.dumps(self.said(), indent=1) + self.watching.stderr()[-2000:]


@pytest.fixture(scope="module")
def clinic(lab: Session) -> Iterator[Clinic]:
    built = Clinic(lab)
    yield built
    built.close()


@pytest.fixture
def healthy(clinic: Clinic) -> Clinic:
    """No finding at all, not even a notice."""
    wait_until(lambda: not clinic.ids(), "the director is healthy", timeout=PATIENCE, story=clinic.story)
    return clinic


def test_a_healthy_director_has_no_finding_under_load_either(healthy: Clinic) -> None:
    for _ in range(3):
        healthy.do(ASK)
    seen = healthy.looks()
    wait_until(lambda: healthy.looks() > seen + 3, "the doctor has looked")
    assert not healthy.found(), healthy.story()
    assert not healthy.said()["unjudged"], healthy.story()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.finding}-{fault.fault.replace(' ', '-')[:30]}")
def test_a_fault_has_its_own_finding_which_ends_when_it_is_fixed(healthy: Clinic, fault: Fault) -> None:
    name = f"{fault.finding} {fault.subject}"
    before = len(healthy.lines())
    shown = healthy.shown(fault)
    try:
        for line in fault.make:
            healthy.do(line)
        made = healthy.looks()
        healthy.finds(before, fault)
        if fault.at_once:
            # One more look may have begun before it was made; the two after that are those it has to be found in.
            assert healthy.found_in(before, fault) - made <= 3, healthy.story()
        if shown is not None:
            assert healthy.looks_after(shown, healthy.found_in(before, fault)) <= 2, healthy.story()
    finally:
        for line in fault.mend:
            healthy.do(line)
    wait_until(lambda: not healthy.ids(), f"{name} is gone after mending", timeout=PATIENCE, story=healthy.story)


def test_two_faults_at_once_are_both_found_and_each_ends_when_it_is_fixed(healthy: Clinic) -> None:
    """Each fault is made beside the one before it, which is mended then: that one finding goes, the other stays."""
    by_name = {f"{fault.finding} {fault.subject}": fault for fault in FAULTS}
    standing: list[Fault] = []
    try:
        for fault in (by_name[name] for name in CHAIN):
            before = len(healthy.lines())
            standing.append(fault)
            for line in fault.make:
                healthy.do(line)
            healthy.finds(before, *standing)
            for line in standing[0].mend if len(standing) > 1 else ():
                healthy.do(line)
            standing = standing[-1:]
    finally:
        for fault in standing:
            for line in fault.mend:
                healthy.do(line)
    wait_until(lambda: not healthy.ids(), "all are mended", timeout=PATIENCE, story=healthy.story)


KEEPALIVED = """
virtual_server 192.0.2.200 80 {
    delay_loop 1
    lvs_sched %s
    lvs_method NAT
    protocol TCP
%s}
%s"""
SERVER = """
    real_server 10.0.0.%d 80 {
        weight 3
        TCP_CHECK {
            connect_port 80
            connect_timeout 1
            retry 1
            delay_before_retry 1
        }
    }
"""
FILES = "/run/clinic-keepalived"
EXAMINED = """
import json
from lvstui.live import open_source
from lvstui.verbs.examining import examined
found = examined(open_source(), {}, patience=float("inf"))
ids = [one.id for one in found.diagnosis.findings]
print(json.dumps({"unjudged": list(found.diagnosis.unjudged), "found": ids}))
"""


class Kept:
    """A director of its own whose table keepalived makes: three servers, on its lo."""

    def __init__(self, lab: Session) -> None:
        self.lab = lab
        self.director = Director.make(lab, "kept")
        self.director.run(["mkdir", "-p", FILES]).ok()
        lines = ["link add e0 type dummy", "link set e0 up", "addr add 192.0.2.200/32 dev e0"]
        lines += [f"addr add 10.0.0.{n}/32 dev lo" for n in (1, 2, 3)]
        self.director.run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n").ok()
        self.director.run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]).ok()
        self.write()
        httpd = ["busybox", "httpd", "-f", "-p", "80", "-h", "/usr/share/doc"]
        self.jobs = [self.director.spawn(httpd), self.start("one")]
        wait_until(lambda: len(self.director.rules()) == 4, "keepalived has made its table", story=self.jobs[1].stdout)
        self.watching = self.director.spawn([lab.python, "-m", "tests.lab.doctored", str(SPAN)])
        self.jobs.append(self.watching)

    def write(self, scheduler: str = "wrr", more: str = "") -> None:
        text = KEEPALIVED % (scheduler, "".join(SERVER % n for n in (1, 2, 3)), more)
        self.director.run(["tee", f"{FILES}/keepalived.conf"], stdin=text).ok()

    def start(self, name: str) -> Job:
        words = ["keepalived", "-C", "-n", "-l", "-f", f"{FILES}/keepalived.conf"]
        return self.director.spawn([*words, "-p", f"{FILES}/{name}.pid", "-c", f"{FILES}/{name}-c.pid"])

    def sh(self, line: str) -> None:
        self.director.run(["sh", "-c", line]).ok()

    def said(self) -> list[dict[str, Any]]:
        assert self.watching.poll() is None, self.watching.stderr()
        lines = [line for line in whole(self.watching) if line.startswith("{")]
        found: list[dict[str, Any]] = json.loads(lines[-1])["findings"] if lines else [{"id": "?"}]
        return found

    def wait(self, *ids: str) -> list[dict[str, Any]]:
        """Waits until these are all the findings there are, beside the notice that no sync daemon runs."""
        ids = (*ids, "no-sync")
        story = lambda: json.dumps(self.said(), indent=1) + self.watching.stderr()  # noqa: E731
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = self.said()
            return sorted(one["id"] for one in found) == sorted(ids)

        wait_until(there, f"{ids}", timeout=PATIENCE, story=story)
        return [one for one in found if one["id"] != "no-sync"]

    def close(self) -> None:
        for job in reversed(self.jobs):
            job.stop()
        self.director.close()


@pytest.fixture(scope="module")
def kept(lab: Session) -> Iterator[Kept]:
    with needing_a_lab():
        if missing := needs.missing(("keepalived",)):
            raise LabMissing(needs.advice(missing))
    built = Kept(lab)
    yield built
    built.close()


def test_a_healthy_table_of_keepalived_has_no_finding(kept: Kept) -> None:
    kept.wait()


def test_check_on_keepalived_s_table_ends_when_everything_is_known(kept: Kept) -> None:
    """Its patience has no end here: it would never come back if what keepalived means were never young enough."""
    found = json.loads(kept.director.python(EXAMINED, timeout=PATIENCE).ok())
    assert found == {"unjudged": [], "found": ["no-sync"]}


def test_a_server_that_fails_its_check_degrades_its_service(kept: Kept) -> None:
    kept.sh("ip addr del 10.0.0.3/32 dev lo")
    (one,) = kept.wait("degraded")
    assert "1 of 3 servers is out" in one["text"], one
    kept.sh("ip addr del 10.0.0.2/32 dev lo")
    (one,) = kept.wait("last-live")
    assert one["severity"] == 1 and "one of 3 servers is left" in one["text"], one
    kept.sh("ip addr add 10.0.0.3/32 dev lo; ip addr add 10.0.0.2/32 dev lo")
    kept.wait()


def test_a_weight_by_hand_is_drift(kept: Kept) -> None:
    kept.sh("ipvsadm -e -t 192.0.2.200:80 -r 10.0.0.1:80 -m -w 5")
    (one,) = kept.wait("drift")
    assert one["subject"] == "tcp 192.0.2.200:80" and any("weight 5" in seen for seen in one["seen"]), one
    found = json.loads(kept.director.python(EXAMINED, timeout=PATIENCE).ok())
    assert found == {"unjudged": [], "found": ["drift", "no-sync"]}, "one look finds it too"
    kept.sh("ipvsadm -e -t 192.0.2.200:80 -r 10.0.0.1:80 -m -w 3")
    kept.wait()


def test_a_configuration_that_keepalived_refuses_is_found_if_it_is_asked(kept: Kept) -> None:
    asked = ("--check", "config-test", "--probe", "--format", "json")
    well = kept.director.lvstui(*asked, timeout=PATIENCE)
    assert well.code == 0 and not json.loads(well.stdout)["findings"], well
    kept.write(more="virtual_servr 192.0.2.200 81 {\n}\n")
    try:
        told = kept.director.lvstui(*asked, timeout=PATIENCE)
        (one,) = json.loads(told.stdout)["findings"]
        assert told.code == 1 and one["subject"] == f"{FILES}/keepalived.conf", told
        assert "keepalived refuses it" in one["text"] and "virtual_servr" in one["evidence"][0]["value"], one
        assert "--config-test, at " in one["evidence"][0]["where"], one
    finally:
        kept.write()


def test_two_keepaliveds_over_one_table_are_found(kept: Kept) -> None:
    second = kept.start("two")
    wait_until(
        lambda: any(
            "2 keepaliveds program this table" in one["text"] and one["severity"] == 2
            for one in kept.said()
            if one["id"] == "two-keepaliveds"
        ),
        "they are found",
        timeout=PATIENCE,
        story=lambda: str(kept.said()),
    )
    second.stop()
    wait_until(lambda: all(one["id"] != "two-keepaliveds" for one in kept.said()), "and gone", timeout=PATIENCE)

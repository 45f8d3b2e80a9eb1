"""Restore on a real kernel: the smallest difference, nothing cleared, connections that survive it."""

from __future__ import annotations

import pytest

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.director import Director
from tests.lab.session import Result
from tests.lab.waiting import wait_until

RULES = """\
-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 3
-A -u 192.0.2.10:53 -s rr
-a -u 192.0.2.10:53 -r 10.0.0.1:53 -m -w 1
"""

# On a web server: say back every line that comes.
ECHO = """
import socketserver, sys
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("", 7777), Echo).serve_forever()
"""

# On the client: one connection, a line through it whenever a file says so.
TALK = """
import socket, sys, time
line = socket.create_connection((sys.argv[1], 7777), 120)
line.settimeout(120)
answers = line.makefile()
for number in range(1000):
    line.sendall(b"%d\\n" % number)
    print(answers.readline().strip(), flush=True)
    time.sleep(0.2)
"""

LARGE = 10_000
"""Services of five servers each in the large table."""


def counted(director: Director, *words: str, stdin: str | None = None) -> Result:
    return director.run([director.lab.python, "-m", "tests.lab.counting", *words], stdin=stdin)


def test_one_weight_is_one_change(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    wanted = RULES.replace("10.0.0.2:80 -g -w 3", "10.0.0.2:80 -g -w 5")
    done = counted(director, "--restore", "-", "--yes", stdin=wanted)
    assert done.ok().splitlines()[-1] == "sent: SET_DEST=1"
    assert sorted(director.rules()) == sorted(wanted.splitlines())


def test_nothing_is_changed_if_nothing_differs(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    done = counted(director, "--restore", "-", "--yes", stdin=RULES)
    assert done.code == 0
    assert done.stdout.splitlines()[-1] == "sent: nothing"


def test_a_large_table_is_emptied_service_by_service_and_built_again(director: Director) -> None:
    """So that the kernel finds what comes back without a search (director/send_order.py)."""
    table = []
    for number in range(300):
        name = f"-t 192.0.2.{number % 250 + 1}:{80 + number // 250}"
        table.append(f"-A {name} -s wlc")
        table += [f"-a {name} -r 10.0.{n}.{number % 250 + 1}:80 -m -w 1" for n in range(4)]
    text = "".join(f"{line}\n" for line in table)
    added = "NEW_DEST=1200 NEW_SERVICE=300"
    assert counted(director, "--restore", "-", "--yes", stdin=text).ok().splitlines()[-1] == f"sent: {added}"
    wanted = text.replace("-s wlc", "-s rr", 1)
    flags = ("--yes", "--replace", "--allow-outage")
    done = counted(director, "--restore", "-", *flags, stdin=wanted)
    assert done.ok().splitlines()[-1] == f"sent: DEL_SERVICE=300 FLUSH=1 {added}"
    assert sorted(director.rules()) == sorted(wanted.splitlines())


def test_a_dry_run_shows_the_plan_and_sends_nothing(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    wanted = RULES.replace("10.0.0.2:80 -g -w 3", "10.0.0.2:80 -g -w 5")
    done = counted(director, "--restore", "-", "--dry-run", stdin=wanted)
    assert done.code == 1
    assert "-e -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 5" in done.stdout
    assert done.stdout.splitlines()[-1] == "sent: nothing"
    assert sorted(director.rules()) == sorted(RULES.splitlines())


def test_thresholds_that_a_text_does_not_state_stay(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    director.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.0.0.1:80", "-g", "-w", "3", "-x", "100", "-y", "50")
    done = counted(director, "--restore", "-", "--yes", stdin=RULES.replace("-s wrr", "-s wlc"))
    assert done.ok().splitlines()[-1] == "sent: SET_SERVICE=1"
    assert "10.0.0.1:80                  100        50" in director.ipvsadm("-L", "-n", "--thresholds")


def test_a_refused_change_takes_the_others_back(director: Director) -> None:
    """The kernel has no scheduler of that name: the server added before is gone again, and the exit code is 4."""
    director.ipvsadm("-R", stdin=RULES)
    wanted = RULES.replace("-s wrr", "-s nosuch") + "-a -t 192.0.2.10:80 -r 10.0.0.9:80 -g -w 1\n"
    done = director.lvstui("--restore", "-", "--yes", stdin=wanted)
    assert done.code == 4, done
    assert "scheduler nosuch is not available" in done.stderr
    assert sorted(director.rules()) == sorted(RULES.splitlines())


def test_timeouts_and_sync_daemons_come_back(director: Director) -> None:
    director.ip("link", "add", "d0", "type", "dummy")
    director.ip("link", "set", "d0", "up")
    director.ipvsadm("--set", "100", "50", "25")
    director.ipvsadm("--start-daemon", "master", "--mcast-interface", "d0", "--syncid", "7")
    director.ipvsadm("--start-daemon", "backup", "--mcast-interface", "d0", "--syncid", "8")
    said = director.ipvsadm("-L", "-n", "--daemon")
    director.lvstui("--save", "/run/all.toml").ok()
    director.ipvsadm("--set", "900", "120", "300")
    director.ipvsadm("--stop-daemon", "master")
    director.ipvsadm("--stop-daemon", "backup")
    director.lvstui("--restore", "/run/all.toml", "--yes").ok()
    assert "Timeout (tcp tcpfin udp): 100 50 25" in director.ipvsadm("-L", "-n", "--timeout")
    assert sorted(director.ipvsadm("-L", "-n", "--daemon").splitlines()) == sorted(said.splitlines())
    done = counted(director, "--restore", "/run/all.toml", "--yes")
    assert done.ok().splitlines()[-1] == "sent: nothing"


@pytest.mark.parametrize("suffix", ["toml", "rules"])
def test_a_connection_through_a_kept_server_lives_through_a_restore(cluster: Cluster, suffix: str) -> None:
    """A real TCP connection goes on while its service gets another scheduler, another server and loses a third."""
    service = f"-t {VIP}:7777"
    web1, web2 = ADDRESSES["web1"], ADDRESSES["web2"]
    before = cluster.rules("lvs1")
    echo = cluster.spawn("web1", [cluster.lab.python, "-c", ECHO])
    cluster.run("lvs1", ["ipvsadm", "-A", *service.split(), "-s", "rr"]).ok()
    cluster.run("lvs1", ["ipvsadm", "-a", *service.split(), "-r", f"{web1}:7777", "-g", "-w", "1"]).ok()
    lvstui = [cluster.lab.python, "-m", "lvstui"]
    try:
        wait_until(lambda: ":7777" in cluster.run("web1", ["ss", "-ltn"]).stdout, "the echo server listens")
        talk = cluster.spawn("cli", [cluster.lab.python, "-c", TALK, VIP])
        wait_until(lambda: len(talk.stdout().splitlines()) > 2, "the client talks", story=talk.stderr)
        wanted = [
            *before,
            f"-A {service} -s wlc",
            f"-a {service} -r {web1}:7777 -g -w 4",
            f"-a {service} -r {web2}:7777 -g -w 4",
        ]
        cluster.run("lvs1", ["tee", "/run/wanted.rules"], stdin="\n".join(wanted) + "\n").ok()
        if suffix == "toml":
            cluster.run("lvs1", [*lvstui, "--convert", "/run/wanted.rules", "/run/wanted.toml"]).ok()
        cluster.run("lvs1", [*lvstui, "--restore", f"/run/wanted.{suffix}", "--yes"]).ok()
        assert sorted(cluster.rules("lvs1")) == sorted(wanted)
        said = len(talk.stdout().splitlines())
        wait_until(lambda: len(talk.stdout().splitlines()) > said + 2, "the client still talks", story=talk.stderr)
        lines = talk.stdout().splitlines()
        assert lines == [str(number) for number in range(len(lines))]
        assert talk.poll() is None
        talk.stop()
    finally:
        echo.stop()
        cluster.run("lvs1", ["ipvsadm", "-D", *service.split()])


def test_one_percent_of_a_large_table(cluster: Cluster) -> None:
    """As many kernel operations as there are changes, and a connection through a server that is not touched lives."""
    service, web1 = f"-t {VIP}:7777", ADDRESSES["web1"]
    before = cluster.rules("lvs1")
    counting = [cluster.lab.python, "-m", "tests.lab.counting", "--restore"]
    table = [*before, f"-A {service} -s rr", f"-a {service} -r {web1}:7777 -g -w 1"]
    for number in range(LARGE):
        name = f"-t 198.51.{100 + number // 5000}.{number // 100 % 50 + 1}:{1000 + number % 100}"
        table.append(f"-A {name} -s wlc")
        table += [f"-a {name} -r 10.9.{n}.{number % 250 + 1}:80 -m -w 5" for n in range(5)]
    servers = [i for i, line in enumerate(table) if " -m -w 5" in line]
    wanted = list(table)
    for i in servers[::100]:
        wanted[i] = wanted[i].replace("-w 5", "-w 6")
    changes = len(servers) // 100
    echo = cluster.spawn("web1", [cluster.lab.python, "-c", ECHO])
    try:
        cluster.run("lvs1", ["tee", "/run/table.rules"], stdin="\n".join(table) + "\n").ok()
        cluster.run("lvs1", ["tee", "/run/wanted.rules"], stdin="\n".join(wanted) + "\n").ok()
        cluster.run("lvs1", [*counting, "/run/table.rules", "--yes"], timeout=600).ok()
        wait_until(lambda: ":7777" in cluster.run("web1", ["ss", "-ltn"]).stdout, "the echo server listens")
        talk = cluster.spawn("cli", [cluster.lab.python, "-c", TALK, VIP])
        wait_until(lambda: len(talk.stdout().splitlines()) > 2, "the client talks", story=talk.stderr)
        done = cluster.run("lvs1", [*counting, "/run/wanted.rules", "--yes"], timeout=600)
        assert done.ok().splitlines()[-1] == f"sent: SET_DEST={changes}"
        assert sorted(cluster.rules("lvs1")) == sorted(wanted)
        said = len(talk.stdout().splitlines())
        wait_until(lambda: len(talk.stdout().splitlines()) > said + 2, "the client still talks", story=talk.stderr)
        lines = talk.stdout().splitlines()
        assert lines == [str(number) for number in range(len(lines))]
        talk.stop()
    finally:
        echo.stop()
        cluster.run("lvs1", ["tee", "/run/before.rules"], stdin="\n".join(before) + "\n").ok()
        undo = ["--restore", "/run/before.rules", "--yes", "--allow-outage"]
        cluster.run("lvs1", [cluster.lab.python, "-m", "lvstui", *undo], timeout=600).ok()

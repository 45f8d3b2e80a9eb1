"""The audit log on a real kernel: what ipvsadm and keepalived do is seen as it was done, and can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.director import Director
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0

# Watches the table while ipvsadm changes it, one command a line of standard input; prints what was seen of each.
WATCH = """
import subprocess, sys
from pathlib import Path
from lvstui.director.record import Who
from lvstui.director.source import Scope
from lvstui.live import open_source
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
log = Log(Path("/run/audit"), system=False)
source = Audited(open_source(), log, Who("ann"), "console", "here", watching=True)
source.read(Scope(sweep=True))
for line in sys.stdin:
    before = len(log.latest())
    subprocess.run(["ipvsadm", *line.split()], check=True)
    source.read(Scope(sweep=True))
    source.read(Scope(sweep=True))
    new = log.latest()[:len(log.latest()) - before]
    print(line.strip(), "|", *(f"{record.command} {record.title};" for record in new))
"""


def test_changes_by_ipvsadm_are_logged_as_they_were_made(director: Director) -> None:
    rules = [f"-A -t 192.0.2.{n}:80 -s wrr\n-a -t 192.0.2.{n}:80 -r 10.0.0.{n}:80 -g -w 3" for n in range(1, 101)]
    director.run(["rm", "-rf", "/run/audit"]).ok()
    director.ipvsadm("-R", stdin="\n".join(rules) + "\n")
    steps = {
        "-e -t 192.0.2.7:80 -r 10.0.0.7:80 -g -w 0": "weight 3 -> 0: 10.0.0.7:80 of tcp 192.0.2.7:80",
        "-d -t 192.0.2.8:80 -r 10.0.0.8:80": "10.0.0.8:80 removed from tcp 192.0.2.8:80",
        "-a -t 192.0.2.8:80 -r 10.0.0.9:80 -g -w 1": "10.0.0.9:80 added to tcp 192.0.2.8:80, weight 1",
        "-a -t 192.0.2.8:80 -r 10.0.1.9:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum":
            "10.0.1.9:80 added to tcp 192.0.2.8:80, weight 1",
        "-E -t 192.0.2.9:80 -s wlc -p 300": "scheduler wrr -> wlc: tcp 192.0.2.9:80",
        "-E -t 192.0.2.9:80 -s wlc -p 400": "changed: tcp 192.0.2.9:80",
        "-e -t 192.0.2.10:80 -r 10.0.0.10:80 -g -w 3 -x 9 -y 5": "changed: 10.0.0.10:80 of tcp 192.0.2.10:80",
        "-D -t 192.0.2.11:80": "tcp 192.0.2.11:80 removed",
        "-A -u 192.0.2.11:53 -s rr": "udp 192.0.2.11:53 added",
        "-A -f 7 -6 -s rr": "fwmark 7 ipv6 added",
    }  # fmt: skip
    done = director.run([director.lab.python, "-c", WATCH], stdin="".join(f"{step}\n" for step in steps)).ok()
    seen = dict(line.split(" |", 1) for line in done.splitlines())
    assert seen == {step: f" ipvsadm {step} {words};" for step, words in steps.items()}


def test_a_restore_logs_its_changes(director: Director) -> None:
    director.ipvsadm("-R", stdin="-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n")
    wanted = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 9\n"
    director.lvstui("--restore", "-", "--yes", stdin=wanted, env={"SSH_CONNECTION": "203.0.113.9 1 192.0.2.7 22"}).ok()
    found = director.run(["sh", "-c", "cat /var/lib/lvstui/*/audit.jsonl; stat -c %a /var/lib/lvstui/*/audit.jsonl"])
    line, mode = found.ok().splitlines()
    record = json.loads(line)
    assert mode == "600"
    assert record["command"] == "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 9"
    assert (record["result"], record["source"], record["who"]["origin"]) == ("done", "restore", "203.0.113.9")


def test_changes_by_keepalived_are_logged_and_a_colleagues_change_can_be_undone(
    cluster: Cluster, terminal: Callable[..., Terminal]
) -> None:
    screen = terminal(cluster.argv("lvs1", [cluster.lab.python, "-m", "lvstui", "--fresh"]), size=(120, 30))
    screen.wait_for("MASTER", timeout=START)
    screen.send("6")
    screen.wait_for("result", timeout=START)
    web1 = f"{ADDRESSES['web1']}:80"
    cluster.stop_web("web1")
    screen.see(f"{web1} removed from tcp {VIP}:80", "keepalived?")
    cluster.start_web("web1")
    screen.wait_for(f"{web1} added to tcp {VIP}:80", timeout=START)

    change = ["ipvsadm", "-e", "-t", f"{VIP}:80", "-r", web1, "-g", "-w", "9"]
    cluster.lab.run(change, netns="lvs1").ok()
    screen.wait_for(f"weight 3 -> 9: {web1}", timeout=START)
    screen.send("g")
    screen.send("u")
    screen.wait_for(lambda seen: f"-r {web1} -g -w 3" in seen and "apply? y/N" in seen, timeout=START)
    screen.send("y")
    wait_until(
        lambda: any(f"-r {web1} -g -w 3" in line for line in cluster.rules("lvs1")),
        "the weight is what it was",
        timeout=START,
        story=screen.screen,
    )

    cluster.stop_keepalived("lvs1")
    screen.see("VRRP MASTER -> ", f"no longer holds {VIP}")

"""What the reader says of VRRP instances, held against what the real keepalived dumps of the same file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvstui.keepalived.conf.instances import read_instances
from lvstui.keepalived.dump.instances import instances
from tests.lab.director import Director

CASES = Path(__file__).parent / "cases"
# Starts the daemon on each file in turn, all of it, with files of its own beside it; prints the dump of each, or null
# where it starts no process that does VRRP.
JUDGE = """
import json, os, signal, subprocess, sys, time
os.makedirs("/run/meant", exist_ok=True)
os.chdir("/run/meant")
for words in ("link add eth8 type veth peer name eth9", "link set eth8 up", "link set eth9 up",
              "addr add 10.9.0.1/24 dev eth9"):
    subprocess.run(["ip", *words.split()], check=True)
found = []
for text in json.load(sys.stdin):
    open("conf", "w").write(text)
    if os.path.exists("keepalived.data"):
        os.unlink("keepalived.data")
    with open("log", "w") as log:
        words = ["keepalived", "-f", "/run/meant/conf", "-n", "-l", "-G", "-p", "p", "-r", "v", "-c", "c", "-b", "b"]
        words = [f"/run/meant/{word}" if word in "pvcb" else word for word in words]
        daemon = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, "TMPDIR": "/run/meant"})
    until = time.monotonic() + 180
    dump = None
    while time.monotonic() < until and daemon.poll() is None:
        said = open("log", errors="replace").read()
        if "Startup complete" in said or "no configuration to run" in said:
            break
        time.sleep(0.1)
    if "Starting VRRP child process" in said:
        while time.monotonic() < until and dump is None:
            daemon.send_signal(signal.SIGUSR1)
            time.sleep(1)
            if os.path.exists("keepalived.data"):
                now = open("keepalived.data", errors="replace").read()
                dump = now if "VRRP Topology" in now else None
    found.append([dump, said])
    daemon.terminate()
    try:
        daemon.wait(120)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
print(json.dumps(found))
"""
ALL = """
track_file f {
    file /run/meant/f
    weight -5
}
track_file g {
    file /run/meant/g
}
vrrp_track_process p {
    process sleep
    weight 7
}
vrrp_script s {
    script "/bin/true"
    interval 3600
    weight -6
}
vrrp_script t {
    script "/bin/true"
    interval 3600
}
bfd_instance b {
    neighbor_ip 10.9.0.77
    weight 9
}
vrrp_instance master {
    state MASTER
    interface eth9
    virtual_router_id 51
    virtual_ipaddress {
        10.9.0.101/24
    }
    track_interface {
        eth9
        eth8 weight 4
    }
    track_file {
        f
        g
    }
    track_process {
        p
    }
    track_script {
        s
        t
        t weight 8
    }
    track_bfd {
        b
    }
}
vrrp_instance weighed {
    interface eth9
    virtual_router_id 54
    virtual_ipaddress {
        10.9.0.104/24
    }
    track_interface {
        eth9
        eth8 weight 4
    }
    track_file {
        f
        g
        g weight -9
    }
    track_process {
        p
    }
    track_script {
        s
        t
        t weight 8
    }
    track_bfd {
        b
    }
}
vrrp_sync_group G {
    group {
        plain
        given
    }
}
vrrp_instance plain {
    state BACKUP
    interface eth9
    virtual_router_id 52
    unicast_peer {
        10.9.0.2
        2001:db8::2
        10.9.0.3
    }
    virtual_ipaddress {
        10.9.0.102/24
    }
}
vrrp_instance given {
    state MASTER
    interface eth9
    virtual_router_id 53
    priority 150
    virtual_ipaddress {
        10.9.0.103/24
    }
    track_interface {
        eth8 weight 4
    }
    track_file {
        g
    }
    track_process {
        p
    }
    track_script {
        s
        t
        t weight 8
    }
    track_bfd {
        b
    }
}
"""
BARE = (CASES / "bare-email.conf").read_text().replace("eth1", "eth9")
SECOND = """
vrrp_instance VI_2 {
    state BACKUP
    interface eth9
    virtual_router_id 52
    virtual_ipaddress {
        10.9.0.102/24
    }
}
"""


def told(found: object) -> list[tuple[object, ...]]:
    """What a file decides of instances, as both tell it."""
    return [
        (
            one.name,
            one.priority,
            one.peers,
            tuple(a.address for a in one.addresses),
            sorted((t.kind, t.name, t.weight) for t in one.tracked),
        )
        for one in found  # type: ignore[attr-defined]
    ]


def test_instances_are_read_from_the_file_like_the_daemon_reads_them(director: Director, tmp_path: Path) -> None:
    texts = [ALL, BARE, BARE + SECOND]
    answers = json.loads(director.python(JUDGE, stdin=json.dumps(texts), timeout=900).ok())
    wrong = []
    for text, (dump, log) in zip(texts, answers, strict=True):
        (tmp_path / "conf").write_text(text)
        ours, theirs = told(read_instances(tmp_path / "conf", "x")), told(instances(dump or ""))
        if ours != theirs:
            wrong.append(f"ours   {ours}\ntheirs {theirs}\n{log[-1500:]}")
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)
    assert [dump is not None for dump, _ in answers] == [True, False, True]

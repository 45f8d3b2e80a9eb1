"""Namespaces of users and of networks: errors that point the right way."""

from __future__ import annotations

from tests.lab.director import Director
from tests.lab.session import Session
from tests.lab.test_errors import told
from tests.lab.waiting import wait_until

SERVICE = "-A -t 192.0.2.10:80 -s rr\n"
RULES = f"{SERVICE}-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 1\n"


def test_root_of_a_user_namespace_is_not_told_to_become_root(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    inside = ["unshare", "--user", "--map-root-user", director.lab.python, "-m", "lvstui"]
    for words in (["--save", "-"], ["--restore", "-", "--yes"], ["--do", "weight 10.0.0.1 2"]):
        done = director.run([*inside, *words], stdin=SERVICE)
        told(done, done.code, "user namespace", "on the host")
        assert done.code != 0 and "run as root" not in done.stderr, done
    assert len(director.rules()) == 2


def test_root_without_the_capability_is_told_what_it_lacks(director: Director) -> None:
    bare = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", director.lab.python, "-m", "lvstui"]
    told(director.run([*bare, "--save", "-"]), 3, "no CAP_NET_ADMIN", "--cap-add NET_ADMIN")


def test_a_new_namespace_whose_lo_is_down(director: Director) -> None:
    lab: Session = director.lab
    lab.run(["ip", "netns", "add", "fresh"]).ok()
    try:
        new = Director(lab, "fresh")
        told(new.lvstui("--restore", "-", "--yes", stdin=RULES), 4, "lo is down", "ip link set lo up")
        new.ip("link", "set", "lo", "up")
        assert new.lvstui("--restore", "-", "--yes", stdin=RULES).code == 0
        assert len(new.rules()) == 2
    finally:
        lab.run(["ip", "netns", "del", "fresh"])


def test_a_namespace_by_its_path_as_docker_has_them(director: Director) -> None:
    """Without a name of its own: known by a process in it, or by a file that it is bound to."""
    director.ipvsadm("-R", stdin=RULES)
    lab: Session = director.lab
    job = director.spawn(["sh", "-c", "echo $$ > /tmp/inside; exec sleep 600"])
    wait_until(lambda: lab.run(["cat", "/tmp/inside"]).stdout.endswith("\n"), "a process in it")
    pid = lab.run(["cat", "/tmp/inside"]).ok().strip()
    place = "/run/docker/netns/1a2b"
    make = f"mkdir -p /run/docker/netns && touch {place} && mount --bind /proc/{pid}/ns/net {place}"
    lab.run(["sh", "-c", make]).ok()
    try:
        for path in (f"/proc/{pid}/ns/net", place):
            listed = lab.run([lab.python, "-m", "lvstui", "--netns", path, "--save", "-", "--format", "ipvsadm"])
            assert listed.ok() == RULES, path
        gone = lab.run([lab.python, "-m", "lvstui", "--netns", "/proc/999999/ns/net", "--list"])
        told(gone, 2, "no such network namespace", "/proc/PID/ns/net")
        told(lab.run([lab.python, "-m", "lvstui", "--netns", "/etc/passwd", "--list"]), 2, "is not a network namespace")
        told(lab.run([lab.python, "-m", "lvstui", "--netns", "nosuch", "--list"]), 2, "ip netns list")
    finally:
        lab.run(["umount", place])
        job.stop()

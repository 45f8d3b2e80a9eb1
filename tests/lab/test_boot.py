"""What the machine boots with, and how the running table differs from it; failed checks are told apart."""

from __future__ import annotations

from tests.lab.cluster import ADDRESSES, PORT, Cluster
from tests.lab.director import Director
from tests.lab.session import REPOSITORY, SEARCH

RULES = "-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n"
UNIT = "/run/lvstui-restore.service"


def test_the_unit_restores_the_rules_of_an_empty_machine(director: Director) -> None:
    env = {"LVSTUI_BOOT": "/run/boot.toml", "LVSTUI_UNIT": UNIT, "PATH": f"/usr/local/bin:{SEARCH}"}
    director.ipvsadm("-R", stdin=RULES)
    director.run([director.lab.python, "-m", "lvstui", "--save", "@boot"], env=env).ok()
    # Nothing that an ordinary user could change gets into a unit, and the checkout may be anybody's.
    script = f'#!/bin/sh\ncd {REPOSITORY} && exec {director.lab.python} -m lvstui "$@"\n'
    director.run(["tee", "/usr/local/bin/lvstui"], stdin=script).ok()
    director.run(["chmod", "755", "/usr/local/bin/lvstui"]).ok()
    director.run([director.lab.python, "-m", "lvstui", "--install-unit"], env=env).ok()
    unit = director.run(["cat", UNIT]).ok()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).partition("=")[2]
    director.ipvsadm("-C")
    director.run(command.split(), env=env).ok()
    assert sorted(director.rules()) == sorted(RULES.splitlines())
    # Something else was there first: it stays.
    director.ipvsadm("-C")
    director.ipvsadm("-A", "-t", "192.0.2.99:80", "-s", "rr")
    director.run(command.split(), env=env).ok()
    assert len(director.rules()) == 3
    director.run(["rm", "/usr/local/bin/lvstui"]).ok()


def test_the_running_rules_differ_from_those_at_boot(director: Director) -> None:
    env = {"LVSTUI_BOOT": "/run/none.toml"}
    diff = [director.lab.python, "-m", "lvstui", "--diff", "@boot"]
    director.ipvsadm("-R", stdin=RULES)
    saved = director.ipvsadm("-S", "-n")
    none = director.run(diff, env=env)
    if director.run(["test", "-e", "/etc/ipvsadm.rules"]).code == 0:  # Debian's, as it comes
        assert none.code == 1 and "does not load it at the start" in none.stderr, none
    else:
        assert none.code == 2 and "--save @boot" in none.stderr, none
    env = {"LVSTUI_BOOT": "/run/boot.rules"}
    director.run(["tee", "/run/boot.rules"], stdin=saved).ok()
    assert director.run(diff, env=env).code == 0
    director.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.0.0.1:80", "-g", "-w", "7")
    done = director.run(diff, env=env)
    assert done.code == 1 and "~ 10.0.0.1:80  weight 7 -> 3" in done.stdout, done


def test_a_server_that_failed_its_check_does_not_differ(cluster: Cluster) -> None:
    diff = [cluster.lab.python, "-m", "lvstui", "--diff", "/etc/keepalived/keepalived.conf"]
    same = cluster.run("lvs1", diff)
    assert same.code == 0 and same.stdout == "", same
    cluster.stop_web("web1")
    try:
        cluster.wait_pool("lvs1", {"web2"})
        failed = cluster.run("lvs1", diff)
        assert failed.code == 0, failed
        assert f"! {ADDRESSES['web1']}:{PORT}  out by check or hand\n" in failed.stdout
        cluster.run("lvs1", ["ipvsadm", "-d", "-t", "192.168.80.200:80", "-r", f"{ADDRESSES['web2']}:{PORT}"]).ok()
        cluster.run("lvs1", ["ipvsadm", "-E", "-t", "192.168.80.200:80", "-s", "rr"]).ok()
        both = cluster.run("lvs1", diff)
        assert both.code == 1 and "scheduler rr -> wrr" in both.stdout, both
    finally:
        cluster.stop_keepalived("lvs1")
        cluster.heal()

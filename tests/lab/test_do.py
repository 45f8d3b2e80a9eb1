"""--do on a real kernel, judged by ipvsadm -Sn."""

from __future__ import annotations

from tests.lab.director import Director
from tests.lab.waiting import wait_until

RULES = """\
-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 3
-A -t 192.0.2.10:443 -s wlc -p 300
-a -t 192.0.2.10:443 -r 10.0.0.1:443 -m -w 2
-a -t 192.0.2.10:443 -r 10.0.0.2:443 -m -w 2
"""


def do(director: Director, command: str, *options: str, code: int = 0) -> str:
    done = director.lvstui("--do", command, *options)
    assert done.code == code, done
    return done.stdout


def rules(director: Director, *changed: tuple[str, str]) -> None:
    wanted = RULES
    for old, new in changed:
        assert old in wanted
        wanted = wanted.replace(old, new)
    assert sorted(director.rules()) == sorted(wanted.splitlines())


def test_a_deployment(director: Director) -> None:
    """Drain a host everywhere, see it empty, put it back."""
    director.ipvsadm("-R", stdin=RULES)
    said = do(director, "drain host 10.0.0.1 wait 10s reason 'new kernel'")
    assert "safe to remove" in said
    rules(director, ("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 0"), ("10.0.0.1:443 -m -w 2", "10.0.0.1:443 -m -w 0"))
    assert "nothing to do" in do(director, "drain host 10.0.0.1")
    do(director, "drain host 10.0.0.2", code=1)
    do(director, "undrain host 10.0.0.1")
    rules(director)
    do(director, "ramp 192.0.2.10:80 10.0.0.1:80 5 2s")
    rules(director, ("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 5"))


def test_each_command_does_the_same_as_ipvsadm(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    for command in (
        "add service udp 192.0.2.10:53 sh flags sh-port",
        "add server udp 192.0.2.10:53 10.0.0.11-12 route weight 4",
        "edit server 10.0.0.11:53 weight 5",
        "sched 192.0.2.10:80 rr",
        "edit service 192.0.2.10:443 no persist",
        "weight 10.0.0.2:80 200%",
        "delete 10.0.0.1:443",
        "clone 192.0.2.10:80 as tcp 192.0.2.11:8080",
        "timeouts 800 100 200",
        "sync start master lo id 51",
        "zero all",
    ):
        do(director, command)
    assert sorted(director.rules()) == sorted(
        """\
-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 6
-A -t 192.0.2.11:8080 -s rr
-a -t 192.0.2.11:8080 -r 10.0.0.1:8080 -g -w 3
-a -t 192.0.2.11:8080 -r 10.0.0.2:8080 -g -w 6
-A -t 192.0.2.10:443 -s wlc
-a -t 192.0.2.10:443 -r 10.0.0.2:443 -m -w 2
-A -u 192.0.2.10:53 -s sh -b sh-port
-a -u 192.0.2.10:53 -r 10.0.0.11:53 -g -w 5
-a -u 192.0.2.10:53 -r 10.0.0.12:53 -g -w 4
""".splitlines()
    )
    assert "800 100 200" in director.ipvsadm("-L", "--timeout")
    assert "syncid=51" in director.ipvsadm("-L", "--daemon")
    do(director, "sync stop")
    assert "syncid=51" not in director.ipvsadm("-L", "--daemon")


def test_more_than_five_thousand_drained_rules_get_their_weights_back(director: Director) -> None:
    """A range of RTP ports, three servers each."""
    ports = range(50000, 55001)
    table = "".join(
        f"-A -u 192.0.2.10:{port} -s sh\n"
        + "".join(f"-a -u 192.0.2.10:{port} -r 10.0.0.{host}:{port} -m -w {port % 5 + 1}\n" for host in (11, 12, 13))
        for port in ports
    )
    director.lvstui("--restore", "-", "--yes", stdin=table, timeout=300).ok()
    before = sorted(director.rules())
    director.lvstui("--do", "drain host 10.0.0.13", timeout=300).ok()
    assert sum(rule.endswith(" -w 0") for rule in director.rules()) == len(ports)
    director.lvstui("--do", "undrain host 10.0.0.13", timeout=300).ok()
    assert sorted(director.rules()) == before


def test_a_refused_command_leaves_the_table_unchanged(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    do(director, "weight 10.0.0.9:80 5", code=2)
    do(director, "weight 10.0.0.1:80 5", "--dry-run", code=1)
    do(director, "weight 10.0.0.1:80 5", "--read-only", code=1)
    do(director, "sched 192.0.2.10:80 nosuch", code=4)
    do(director, "delete service 192.0.2.10:80", "--dry-run", code=1)
    rules(director)


def test_the_warning_about_returning_clients_follows_this_kernels_switches(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    said = director.lvstui("--do", "drain tcp 192.0.2.10:443 10.0.0.1:443", "--dry-run")
    assert "expire_quiescent_template=0" in said.stderr
    director.run(["sysctl", "-w", "net.ipv4.vs.expire_quiescent_template=1"]).ok()
    said = director.lvstui("--do", "drain tcp 192.0.2.10:443 10.0.0.1:443", "--dry-run")
    assert "expire_quiescent_template" not in said.stderr


# One connection through the director to a server on itself, held until a file goes away.
HOLD = """
import os, socket, time
server = socket.create_server(("127.0.0.9", 8080))
client = socket.create_connection(("192.0.2.10", 80), 120)
open("/run/held", "w").close()
while os.path.exists("/run/held"):
    time.sleep(0.05)
"""


def test_wait_ends_with_the_last_connection_or_with_its_time(director: Director) -> None:
    """Of a drain, and of a host that is replaced by one that nobody listens on yet."""
    director.ip("addr", "add", "192.0.2.10/32", "dev", "lo")
    director.ipvsadm("-A", "-t", "192.0.2.10:80", "-s", "rr")
    director.ipvsadm("-a", "-t", "192.0.2.10:80", "-r", "127.0.0.9:8080", "-m")
    director.ipvsadm("-a", "-t", "192.0.2.10:80", "-r", "127.0.0.8:8080", "-m", "-w", "0")
    holder = director.spawn([director.lab.python, "-c", HOLD])
    wait_until(lambda: director.run(["test", "-e", "/run/held"]).code == 0, "a connection is held")
    late = director.lvstui("--do", "drain 127.0.0.9:8080 wait 2s", "--allow-outage")
    assert late.code == 1 and "1 connection left after 2 s; it stays drained" in late.stderr
    assert director.rules()[-1].endswith("-w 0")
    service, other = director.rules()[0], "-a -t 192.0.2.10:80 -r 127.0.0.8:8080 -m -w 0"
    old, new = (f"-a -t 192.0.2.10:80 -r 127.0.0.{host}:8080 -m -w {weight}" for host, weight in ((9, 0), (7, 1)))
    replace = ("--do", "replace host 127.0.0.9 127.0.0.7 wait 2s")
    closed = director.lvstui(*replace)
    assert closed.code == 1 and "127.0.0.7:8080 refused" in closed.stderr
    assert sorted(director.rules()) == sorted([service, other, old])
    late = director.lvstui(*replace, "--allow-outage")
    assert late.code == 1 and "both hosts stay, nothing was deleted" in late.stderr
    assert sorted(director.rules()) == sorted([service, other, old, new])
    director.run(["rm", "/run/held"]).ok()
    done = director.lvstui("--do", "drain 127.0.0.9:8080 wait 60s")
    assert done.code == 0 and "safe to remove" in done.stdout
    holder.stop()
    director.lvstui(*replace, "--allow-outage").ok()
    assert sorted(director.rules()) == sorted([service, other, new])


def test_a_host_is_replaced_in_every_service(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    done = director.lvstui("--do", "replace host 10.0.0.1 10.0.0.9 wait 10s", "--allow-outage")
    assert done.code == 0, done
    assert sorted(director.rules()) == sorted(RULES.replace("10.0.0.1:", "10.0.0.9:").splitlines())


KEEPALIVED = """\
virtual_server 192.0.2.10 80 {
  delay_loop 5
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 127.0.0.9 80 { weight 3
    PING_CHECK { }
  }
  real_server 127.0.0.8 80 { weight 3
    PING_CHECK { }
  }
}
"""


def test_the_program_that_will_overwrite_the_change_is_named(director: Director) -> None:
    director.run(["tee", "/run/owner.conf"], stdin=KEEPALIVED).ok()
    daemon = director.spawn(["keepalived", "-n", "-l", "-f", "/run/owner.conf"])
    try:
        wait_until(lambda: len(director.rules()) == 3, "keepalived has made its rules")
        said = director.lvstui("--do", "weight 127.0.0.9:80 5", "--dry-run")
        assert "keepalived owns this table: overwritten when the server fails and recovers" in said.stderr
        said = director.patient("--do", "replace host 127.0.0.9 127.0.0.7", "--dry-run")
        assert "keepalived does not check 127.0.0.7, and adds 127.0.0.9 again when its check recovers" in said.stderr
        assert "until then 2 drifts: 127.0.0.9 is missing and 127.0.0.7 is not configured" in said.stdout
        assert "/run/owner.conf line 6: real_server 127.0.0.9 80  ->  real_server 127.0.0.7 80" in said.stdout
    finally:
        daemon.stop()
    director.ipvsadm("-C")
    director.ipvsadm("-R", stdin=RULES)
    assert "owns this table" not in director.lvstui("--do", "weight 10.0.0.1:80 5", "--dry-run").stderr

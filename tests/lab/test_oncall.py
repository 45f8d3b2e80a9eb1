"""A night on call, with the keys alone, on a real kernel: in the end ipvsadm has exactly what is to be expected."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.terminal import Terminal
from tests.lab.test_console import START, Desk
from tests.lab.waiting import wait_until

WEB, SHOP = "192.0.2.10:80", "192.0.2.10:443"
SICK, WELL, NEW = "10.0.0.1", "10.0.0.2", "10.0.0.3"

# Both real servers are this machine: the kernel hands their connections to it.
LISTENS = """
import socket
servers = [socket.create_server(("", port)) for port in (80, 443)]
print("ready", flush=True)
held = []
import select
while True:
    for server in select.select(servers, [], [])[0]:
        held.append(server.accept()[0])
"""

# Ten connections that stay until a line comes.
CONNECTS = """
import socket, sys
held = [socket.create_connection(("192.0.2.10", 80), 120) for _ in range(10)]
print("connected", flush=True)
sys.stdin.readline()
"""


ASKED = re.compile(f"y/N|{PROMPT.pattern}", re.MULTILINE)


def rule(service: str, host: str, weight: int) -> str:
    port = service.rpartition(":")[2]
    return f"-a -t {service} -r {host}:{port} -g -w {weight}"


def test_a_night_on_call(director: Director, terminal: Callable[..., Terminal]) -> None:
    director.ip("addr", "add", "192.0.2.10/32", "dev", "lo")
    for host in (SICK, WELL):
        director.ip("addr", "add", f"{host}/32", "dev", "lo")
    # Nine in ten go to the sick one, whose weight somebody got wrong.
    before = [
        f"-A -t {WEB} -s wrr", rule(WEB, SICK, 9), rule(WEB, WELL, 1),
        f"-A -t {SHOP} -s wrr", rule(SHOP, SICK, 3), rule(SHOP, WELL, 3),
    ]  # fmt: skip
    director.ipvsadm("-R", stdin="\n".join(before) + "\n")
    servers = director.spawn([director.lab.python, "-c", LISTENS])
    wait_until(lambda: "ready" in servers.stdout(), "the servers listen", story=servers.stderr)
    director.run(["mkfifo", "/run/leave"]).ok()
    shell = f"exec 3<>/run/leave; exec {director.lab.python} -c '{CONNECTS}' <&3"
    clients = director.spawn(["sh", "-c", shell])
    wait_until(lambda: "connected" in clients.stdout(), "the clients are connected", story=clients.stderr)

    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(160, 48))
    desk = Desk(director, screen)

    def command(text: str) -> None:
        """Typed once the last change is done: a key that comes while one is under way is not taken."""
        screen.wait_for(lambda seen: not ASKED.search(seen), START)
        screen.send(":")
        screen.wait_for(PROMPT, START)
        screen.type(text)
        screen.send("Enter")

    # Find it: the busiest service, and in it the server that carries nearly all.
    desk.see(WEB, SHOP)
    screen.send("/")
    desk.see("filter")
    screen.type("active>5")
    screen.send("Enter")
    screen.wait_for(lambda text: SHOP not in text and WEB in text and "row)" not in text, START)
    screen.send("Enter")
    desk.see(f"> TCP {WEB}", f"{SICK}:80", f"{WELL}:80")

    # Drain the host in every service, with a reason.
    screen.send("2")
    desk.see("svcs", SICK, WELL)
    screen.send("/")
    desk.see("filter")
    screen.type(SICK)
    screen.send("Enter")
    screen.wait_for(lambda text: "filter: 10.0.0.1" in text and WELL not in text, START)
    screen.send("X")
    desk.see("why (may be empty)")
    screen.type("disk is dying")
    screen.send("Enter")
    desk.see("y/N")
    screen.send("y")
    drained = [
        f"-A -t {WEB} -s wrr", rule(WEB, SICK, 0), rule(WEB, WELL, 1),
        f"-A -t {SHOP} -s wrr", rule(SHOP, SICK, 0), rule(SHOP, WELL, 3),
    ]  # fmt: skip
    desk.see("done: ")
    desk.kernel_has(*drained)

    # Watch it empty.
    desk.see("draining")
    director.run(["sh", "-c", "echo >/run/leave"]).ok()
    clients.wait()
    servers.stop()
    screen.wait_for(lambda text: "draining" not in text and "drained" in text, START)

    # Take it out, and put another in its place.
    command(f"delete server tcp {WEB} {SICK}:80")
    desk.confirm(f"ipvsadm -d -t {WEB} -r {SICK}:80")
    command(f"delete server tcp {SHOP} {SICK}:443")
    desk.confirm(f"ipvsadm -d -t {SHOP} -r {SICK}:443")
    command(f"add server tcp {WEB} {NEW}:80 route weight 3")
    desk.confirm(f"ipvsadm {rule(WEB, NEW, 3)}")
    command(f"add server tcp {SHOP} {NEW}:443 route weight 3")
    desk.confirm(f"ipvsadm {rule(SHOP, NEW, 3)}")
    command(f"sched tcp {WEB} wlc")
    desk.confirm(f"ipvsadm -E -t {WEB} -s wlc")
    repaired = [
        f"-A -t {WEB} -s wlc", rule(WEB, WELL, 1), rule(WEB, NEW, 3),
        f"-A -t {SHOP} -s wrr", rule(SHOP, WELL, 3), rule(SHOP, NEW, 3),
    ]  # fmt: skip
    desk.kernel_has(*repaired)

    # Save; then undo the last two after all.
    command("save /run/oncall.toml")
    desk.see("saved 2 services")
    screen.send("u")
    desk.confirm(f"ipvsadm -E -t {WEB} -s wrr")
    desk.kernel_has(f"-A -t {WEB} -s wrr", *repaired[1:])
    screen.send("u")
    desk.confirm(f"ipvsadm -d -t {SHOP} -r {NEW}:443")
    desk.kernel_has(f"-A -t {WEB} -s wrr", *repaired[1:5])

    # And back to what was saved.
    command("restore /run/oncall.toml")
    desk.see("restore /run/oncall.toml", "y applies")
    screen.send("y")
    desk.kernel_has(*repaired)
    screen.send("q")
    assert screen.wait_exit(START) == 0


LONE = "192.0.2.20:80"
WRR, EVEN = f"-A -t {LONE} -s wrr", [rule(LONE, host, 3) for host in (SICK, WELL)]
EDIT = f"ipvsadm -e -t {LONE} -g -r"
DOCTORED: tuple[tuple[tuple[str, ...], str, tuple[str, ...], list[str]], ...] = (
    # what somebody did, the finding, the keys on its page, and what ipvsadm has then
    (
        (f"{EDIT} {SICK}:80 -w 0", f"{EDIT} {WELL}:80 -w 0"),
        "all-drained",
        ("Enter", "w", "3", "Enter", "y"),
        [WRR, rule(LONE, SICK, 3), rule(LONE, WELL, 0)],
    ),
    (
        (f"ipvsadm -E -t {LONE} -s rr", f"{EDIT} {WELL}:80 -w 9"),
        "blind-scheduler",
        ("Enter", "s", "w", "r", "r", "Enter", "y"),
        [WRR, EVEN[0], rule(LONE, WELL, 9)],
    ),
    ((f"ipvsadm -E -t {LONE} -s none",), "no-scheduler", ("Enter", "s", "w", "r", "r", "Enter", "y"), [WRR, *EVEN]),
    (
        (f"ipvsadm -E -t {LONE} -s sh", f"{EDIT} {WELL}:80 -w 0"),
        "hash-refuses",
        ("Enter", "Down", "w", "3", "Enter", "y"),
        [WRR.replace("wrr", "sh"), *EVEN],
    ),
    ((f"{EDIT} {WELL}:80 -w 0",), "last-live", ("Enter", "Down", "x", "Enter", "y"), [WRR, *EVEN]),
)


def test_a_night_on_call_with_the_doctor_alone(director: Director, terminal: Callable[..., Terminal]) -> None:
    """Five faults, one after the other, at 80x24: each is mended by what its finding says, within ten keys from the
    first look at the console."""
    lines = ["link add e0 type dummy", "link set e0 up", "addr add 192.0.2.20/32 dev e0"]
    lines += [f"addr add {host}/32 dev lo" for host in (SICK, WELL)]
    director.run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n").ok()
    rules = "\n".join([WRR, *EVEN]) + "\n"
    director.ipvsadm("-R", stdin=rules)
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see(LONE, "2/2")
    for commands, finding, keys, mended in DOCTORED:
        assert len(keys) + 2 <= 10, finding
        for command in commands:
            director.run(command.split()).ok()
        screen.send("5")
        desk.see(f"[{finding}]")
        screen.send("Enter")
        desk.see(f"doctor > tcp {LONE}", f"[{finding}]")
        for key in keys:
            if key == "y":
                desk.see("y/N")
            screen.send(key)
        desk.see("done: ")
        desk.kernel_has(*mended)
        director.ipvsadm("-C")
        director.ipvsadm("-R", stdin=rules)
        screen.send("1")
        desk.see(LONE, "2/2")
    screen.send("q")
    assert screen.wait_exit(START) == 0

"""What becomes of connections when their real server is drained and deleted, as it is said and as the kernel does it,
under each of its switches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.lab.director import Director
from tests.lab.ending import SERVERS
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

VIP, COUNTS = "192.0.2.10", "/run/counts.json"
FIRST, SECOND = SERVERS
PATIENT = 180.0


class Traffic:
    """A sender and two servers, under way."""

    def __init__(self, director: Director, kind: str, port: int) -> None:
        self.director, self.flag, self.port = director, "-u" if kind == "udp" else "-t", port

    def server(self, verb: str, address: str) -> None:
        self.director.ipvsadm(verb, self.flag, f"{VIP}:{self.port}", "-r", f"{address}:{self.port}", "-m")

    def count(self, name: str) -> int:
        return int(self._counts()[name])

    def ended(self) -> str:
        return str(self._counts()["end"])

    def grows(self, name: str, by: int = 5) -> None:
        start = self.count(name)
        wait_until(lambda: self.count(name) >= start + by, f"{name} gets something", timeout=PATIENT)

    def stands(self, *names: str) -> None:
        """Nothing arrives while the sender continues, once what was under way has been counted."""
        self.grows("sent")
        before = [self.count(name) for name in names]
        self.grows("sent", 20)
        assert [self.count(name) for name in names] == before

    def _counts(self) -> dict[str, int | str]:
        found: dict[str, int | str] = json.loads(self.director.run(["cat", COUNTS]).ok())
        return found


@contextmanager
def traffic(director: Director, kind: str, port: int, switch: int) -> Iterator[Traffic]:
    director.run(["sysctl", "-w", f"net.ipv4.vs.expire_nodest_conn={switch}"]).ok()
    director.ip("addr", "add", f"{VIP}/32", "dev", "lo")
    director.run(["rm", "-f", COUNTS]).ok()
    director.ipvsadm("-A", "-u" if kind == "udp" else "-t", f"{VIP}:{port}", "-s", "rr")
    under_way = Traffic(director, kind, port)
    under_way.server("-a", FIRST)
    job = director.spawn([director.lab.python, "-m", "tests.lab.ending", kind, VIP, str(port), COUNTS])
    try:
        wait_until(lambda: director.run(["test", "-e", COUNTS]).code == 0, "the sender runs", timeout=PATIENT)
        under_way.grows(FIRST)
        under_way.server("-a", SECOND)
        yield under_way
    finally:
        job.stop()


@pytest.mark.parametrize("switch", [0, 1])
def test_a_udp_client_that_keeps_its_port(director: Director, switch: int) -> None:
    with traffic(director, "udp", 514, switch) as sender:
        asked = director.lvstui("--do", f"drain {FIRST}:514 wait 2s")
        assert asked.code == 1
        assert "a UDP sender that keeps its port stays however long you wait" in asked.stderr
        assert "set expire_nodest_conn=1 and delete the server" in asked.stderr if not switch else "=1)" in asked.stderr
        sender.grows(FIRST)  # it stays indeed
        gone = director.lvstui("--do", f"delete server {FIRST}:514").ok()
        if switch:
            assert "0 active, 1 inactive: UDP senders go to another server at once (expire_nodest_conn=1)" in gone
            sender.grows(SECOND)
        else:
            assert "packets dropped until they time out (udp 5 min; expire_nodest_conn=0)" in gone
            sender.stands(FIRST, SECOND)
            sender.server("-a", FIRST)
            sender.grows(FIRST)  # what came back takes up its senders


@pytest.mark.parametrize("switch", [0, 1])
def test_an_open_tcp_connection(director: Director, switch: int) -> None:
    with traffic(director, "tcp", 8080, switch) as sender:
        asked = director.lvstui("--do", f"drain {FIRST}:8080 wait 2s")
        assert asked.code == 1 and "1 connection left after 2 s" in asked.stderr
        deleting = "cuts them (expire_nodest_conn=1)" if switch else "drops their packets until they time out"
        assert deleting in asked.stderr and "UDP" not in asked.stderr
        gone = director.lvstui("--do", f"delete server {FIRST}:8080").ok()
        if switch:
            assert "1 active, 0 inactive: cut (expire_nodest_conn=1)" in gone
            wait_until(lambda: sender.ended() != "", "the connection is cut", timeout=PATIENT)
        else:
            assert "1 active, 0 inactive: packets dropped until they time out (tcp 15 min; expire_nod" in gone
            sender.stands(FIRST, SECOND)
            assert sender.ended() == ""
            sender.server("-a", FIRST)
            sender.grows(FIRST)


def test_a_restore_says_what_happens_to_connections_too(director: Director) -> None:
    with traffic(director, "udp", 514, 0):
        wanted = f"-A -u {VIP}:514 -s rr\n-a -u {VIP}:514 -r {SECOND}:514 -m -w 1\n"
        for switch, words in (
            (0, "1 server goes, 0 active, 1 inactive: packets dropped until they time out (udp 5 min;"),
            (1, "1 server goes, 0 active, 1 inactive: UDP senders go to another server at once"),
        ):
            director.run(["sysctl", "-w", f"net.ipv4.vs.expire_nodest_conn={switch}"]).ok()
            asked = director.lvstui("--restore", "-", "--dry-run", stdin=wanted)
            assert asked.code == 1 and words in asked.stdout


def test_the_console_s_prompts_say_how_long_entries_remain(
    director: Director, terminal: Callable[..., Terminal]
) -> None:
    """Under the kernel's default switch: of a server, and of the whole service."""
    with traffic(director, "udp", 514, 0):
        words = [director.lab.python, "-m", "lvstui", "--fresh", "--ascii"]
        console = terminal(director.argv(words), size=(160, 24))
        console.wait_for(FIRST, timeout=180.0)
        for keys in (("Down",), ("Up",)):
            console.send(*keys, "d")
            console.wait_for("until they time out (udp 5 min; expire_nodest_conn=0)", timeout=180.0)
            console.send("n")
            console.wait_for("nothing was", timeout=180.0)

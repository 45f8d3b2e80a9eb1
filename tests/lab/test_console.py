"""The console on a real kernel, driven by its keys in a terminal; ipvsadm says after each step what was really done."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.lab.director import Director
from tests.lab.nobody import NOBODY
from tests.lab.screen import PROMPT
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
"""Seconds that Textual may take to come up where every system call is a stop."""


class Desk:
    """A console in a terminal beside the director it runs on."""

    def __init__(self, director: Director, screen: Terminal) -> None:
        self.director = director
        self.screen = screen

    def see(self, *words: str) -> str:
        return self.screen.wait_for(lambda text: all(word in text for word in words), timeout=START)

    def kernel_has(self, *lines: str) -> None:
        """Waits until ipvsadm saves exactly these lines. What the bottom line says of the change is waited for before:
        it stands for some seconds only, and ipvsadm may take as long on a busy machine."""
        wait_until(
            lambda: sorted(self.director.rules()) == sorted(lines),
            f"the kernel has {lines}",
            timeout=START,
            story=lambda: "\n".join([*self.director.rules(), self.screen.screen()]),
        )

    def confirm(self, command: str) -> None:
        """The bottom line asks for this very command; y applies it."""
        self.see("y/N", command)
        self.screen.send("y")
        self.see("done: ")  # a key that comes before that is not taken

    def fill(self, **fields: str) -> None:
        """Fills a form from its first field on; the names are only for the reader. An empty text leaves a field."""
        for number, text in enumerate(fields.values()):
            if number:
                self.screen.send("Tab")
            if text:
                self.screen.send("C-a", "C-k")
                self.screen.type(text)
        self.screen.send("Enter")


def test_all_changes_with_the_keys(director: Director, terminal: Callable[..., Terminal]) -> None:
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(120, 30))
    desk = Desk(director, screen)
    desk.see("no virtual services")

    screen.send("a")
    desk.see("add a virtual service", "type one")
    desk.fill(address="192.0.2.10", port="80")  # tcp already exists, and the cursor past it
    service = "-A -t 192.0.2.10:80 -s wlc"
    desk.confirm(f"ipvsadm {service}")
    desk.kernel_has(service)
    desk.see("192.0.2.10:80", "wlc", "0/0")

    screen.send("Enter")
    for host in ("10.0.0.1", "10.0.0.2"):
        desk.see("no real servers" if host.endswith("1") else "10.0.0.1:80")
        screen.send("a")
        desk.see("add real servers", "type one")
        desk.fill(address=host, port="", forward="", weight="3")
        desk.confirm(f"ipvsadm -a -t 192.0.2.10:80 -r {host}:80 -g -w 3")
        desk.see(f"{host}:80", "Route")
    one, two = (f"-a -t 192.0.2.10:80 -r 10.0.0.{number}:80 -g -w 3" for number in (1, 2))
    desk.kernel_has(service, one, two)

    screen.send("s")
    desk.see("scheduler of")
    screen.type("wrr")
    screen.send("Enter")
    service = "-A -t 192.0.2.10:80 -s wrr"
    desk.confirm("ipvsadm -E -t 192.0.2.10:80 -s wrr")
    desk.kernel_has(service, one, two)

    screen.send("g", "w")
    desk.see("weight of 10.0.0.1:80")
    screen.type("7")
    screen.send("Enter")
    desk.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 7")
    one = "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 7"
    desk.kernel_has(service, one, two)

    screen.send("x")
    desk.see("why")
    screen.send("Enter")
    desk.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 0")
    desk.kernel_has(service, "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 0", two)
    desk.see("was 7")

    screen.send("u")
    desk.confirm("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 7")
    desk.kernel_has(service, one, two)
    screen.wait_for(lambda text: "was 7" not in text, timeout=START)

    screen.send("G", "d")
    desk.confirm("ipvsadm -d -t 192.0.2.10:80 -r 10.0.0.2:80")
    desk.kernel_has(service, one)
    screen.wait_for(lambda text: re.search(r"^[▌ ]..10\.0\.0\.2:80 ", text, re.M) is None, timeout=START)

    screen.send("S")
    desk.see("save as")
    screen.send("C-a", "C-k")
    screen.type("/run/saved.rules")
    screen.send("Enter")
    wait_until(
        lambda: director.run(["cat", "/run/saved.rules"]).stdout.splitlines() == [service, one],
        "the rules are saved",
        timeout=START,
        story=screen.screen,
    )

    screen.send("q")
    assert screen.wait_exit(START) == 0


def test_a_restore_with_the_keys_and_its_undo(director: Director, terminal: Callable[..., Terminal]) -> None:
    rules = ["-A -t 192.0.2.10:80 -s wrr", "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3"]
    wanted = [*rules, "-a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 1"]
    director.ipvsadm("-R", stdin="\n".join(rules) + "\n")
    director.run(["tee", "/run/wanted.rules"], stdin="\n".join(wanted) + "\n").ok()
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see("192.0.2.10:80", "10.0.0.1:80")
    screen.send("R")
    desk.see("other file")
    screen.send("Tab")
    screen.type("/run/wanted.rules")
    screen.send("Enter")
    desk.see("1 server added", "ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.2:80 -g -w 1")
    screen.send("y")
    desk.see("done: ")  # at once: the words fade after some seconds
    desk.kernel_has(*wanted)
    screen.send("u")
    desk.confirm("ipvsadm -d -t 192.0.2.10:80 -r 10.0.0.2:80")
    desk.kernel_has(*rules)


def test_a_change_by_someone_else_is_seen_and_an_outdated_answer_is_not_sent(
    director: Director, terminal: Callable[..., Terminal]
) -> None:
    director.ipvsadm("-R", stdin="-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n")
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see("192.0.2.10:80", "10.0.0.1:80")
    screen.send("Enter")
    desk.see("> TCP 192.0.2.10:80")
    screen.send("x")
    desk.see("why")
    screen.send("Enter")
    desk.see("Y applies", "loses its last live server")
    director.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.0.0.1:80", "-g", "-w", "9")
    screen.wait_for(lambda text: any("10.0.0.1:80" in line and "▲9 " in line for line in text.splitlines()), START)
    screen.send("Y")
    desk.see("someone else changed this meanwhile")
    assert "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 9" in director.rules()

    # Of a colleague with lvstui it says the name too.
    screen.send("w")
    desk.see("weight")
    screen.type("7")
    screen.send("Enter")
    desk.see("y/N", "-g -w 7")
    assert director.lvstui("--do", "weight 10.0.0.1:80 5").code == 0
    screen.send("y")
    desk.see("someone else changed this meanwhile", "weight 9 -> 5 of 10.0.0.1:80", "by root at")
    assert "-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 5" in director.rules()


def test_without_privilege_it_opens_read_only(director: Director, terminal: Callable[..., Terminal]) -> None:
    director.ipvsadm("-R", stdin="-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n")
    screen = terminal(director.argv([*NOBODY, director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see("READ-ONLY", "192.0.2.10:80", "10.0.0.1:80")
    screen.send("Enter")
    desk.see("> TCP 192.0.2.10:80")
    screen.send("x")
    desk.see("permission")
    assert "-w 3" in director.rules()[1]


def test_a_form_never_overwrites_a_change_by_ipvsadm_meanwhile(
    director: Director, terminal: Callable[..., Terminal]
) -> None:
    director.ipvsadm("-R", stdin="-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n")
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see("192.0.2.10:80", "10.0.0.1:80")
    screen.send("e")
    desk.see("edit tcp 192.0.2.10:80", "leaves it as it is")
    screen.send("C-a", "C-k")
    screen.type("rr")
    desk.see("ipvsadm -E -t 192.0.2.10:80 -s rr")
    director.ipvsadm("-E", "-t", "192.0.2.10:80", "-s", "sh")
    screen.send("Enter")
    desk.see("someone else changed this while the form was open")
    assert director.rules()[0] == "-A -t 192.0.2.10:80 -s sh"


def test_a_command_opens_another_namespace(director: Director, terminal: Callable[..., Terminal]) -> None:
    other = Director.make(director.lab, f"{director.netns}x")
    try:
        director.ipvsadm("-A", "-t", "192.0.2.10:80", "-s", "wrr")
        other.ipvsadm("-A", "-t", "192.0.2.77:80", "-s", "wrr")
        command = [director.lab.python, "-m", "lvstui", "--fresh", "--netns", director.netns, "--interval", "3"]
        screen = terminal(command, size=(80, 24))
        desk = Desk(director, screen)
        desk.see("192.0.2.10:80")
        screen.send(":")
        screen.wait_for(PROMPT, timeout=START)
        screen.type(f"netns {other.netns}")
        screen.send("Enter")
        assert "192.0.2.10" not in desk.see("192.0.2.77:80")
        screen.send("z")
        desk.see("y/N", "ipvsadm -Z -t 192.0.2.77:80")
        screen.send("n", "q")
        assert screen.wait_exit(START) == 0
    finally:
        other.close()


def test_a_large_restore_shows_its_progress(director: Director, terminal: Callable[..., Terminal]) -> None:
    rules = []
    for number in range(500):
        service = f"-t 192.0.{number >> 8}.{number & 255}:80"
        rules.append(f"-A {service} -s wrr")
        rules += [f"-a {service} -r 10.{number >> 8}.{number & 255}.{host}:80 -g -w 1" for host in range(1, 60)]
    director.run(["tee", "/run/big.rules"], stdin="\n".join(rules) + "\n").ok()
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(100, 24))
    desk = Desk(director, screen)
    desk.see("no virtual services")
    screen.send("R")
    desk.see("other file")
    screen.send("Tab")
    screen.type("/run/big.rules")
    screen.send("Enter")
    desk.see("y applies 30000 changes")
    screen.send("y")
    seen: list[str] = []

    def over(text: str) -> bool:
        seen.append(text)
        return "done: restore" in text and "SENDING" not in text

    screen.wait_for(over, timeout=START)
    assert "SENDING" in screen.written() and "of 30,000 changes" in screen.written()
    assert not any("no answer to the read" in text or "is not answered" in text for text in seen)
    # What is read after it may come late on a slow machine; while it is sent nothing is stale.
    assert not any("SENDING" in text and "STALE" in text for text in seen)
    assert len(director.rules()) == 30_000


def test_marks_the_flat_list_and_a_replaced_host_do_exactly_what_was_asked(
    director: Director, terminal: Callable[..., Terminal]
) -> None:
    services = [f"-A -t 192.0.2.{last}:80 -s wrr" for last in (10, 11, 12)]
    servers = [
        f"-a -t 192.0.2.{last}:80 -r 10.0.0.{host}:80 -g -w {4 * host}" for last in (10, 11, 12) for host in (1, 2)
    ]
    director.ipvsadm("-R", stdin="\n".join([*services, *servers]) + "\n")
    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    desk = Desk(director, screen)
    desk.see("192.0.2.10:80", "192.0.2.12:80")

    screen.send("Space", "Space", "s")  # two of three
    desk.see("scheduler of 2 marked services, now wrr")
    screen.type("wlc")
    screen.send("Enter")
    desk.see("2 changes", "scheduler wrr -> wlc", "ipvsadm -E -t 192.0.2.11:80 -s wlc")
    screen.send("y")
    services[:2] = [line.replace("wrr", "wlc") for line in services[:2]]
    desk.see("undoes")  # a key that comes before it is done is not taken
    desk.kernel_has(*services, *servers)

    screen.send("Escape")
    screen.type(":servers 10.0.0.2")
    screen.send("Enter")
    desk.see("3 of 6 real servers in 3 services", "filter: 10.0.0.2")
    screen.send("*", "w")
    desk.see("weight of 3 marked, now 8")
    screen.type("+50%")
    screen.send("Enter")
    desk.see("3 changes", "weight 8 -> 12")
    screen.send("Down", "Space")  # all but the second
    desk.see("2 of 3 changes", "left out")
    screen.send("y")
    heavier = [line.replace("-w 8", "-w 12") if "2.11:" not in line else line for line in servers]
    desk.see("undoes")
    desk.kernel_has(*services, *heavier)
    screen.send("u")
    desk.see("2 changes", "weight 12 -> 8")
    screen.send("y")
    desk.see("redoes")
    desk.kernel_has(*services, *servers)

    screen.send("Escape", "Escape", "Escape")
    screen.type(":replace host 10.0.0.1 10.0.0.9 wait 30s")
    screen.send("Enter")
    desk.see("continue anyway? y/N", "10.0.0.9:80")
    screen.send("y")
    desk.see("9 changes", "new, weight 4, route", "deleted, weight was 4")
    screen.send("y")
    desk.see("done: replace host 10.0.0.1 by 10.0.0.9 in 3 services")
    desk.kernel_has(*services, *(line.replace("10.0.0.1:", "10.0.0.9:") for line in servers))
    screen.send("u")
    desk.see("y/N", "ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 4")
    screen.send("y")
    desk.see("redoes")
    desk.kernel_has(*services, *servers)
    screen.send("U")
    desk.see("y/N", "6 changes", "10.0.0.1:80  tcp 192.0.2.10:80  deleted, weight was 4")
    screen.send("y")
    desk.kernel_has(*services, *(line.replace("10.0.0.1:", "10.0.0.9:") for line in servers))

"""What an operator comes for at 3 a.m., by keys on a real kernel under the real keepalived, at 80x24 without colour:
each with at most so many keys. What is typed (names, reasons) is not counted, nor are moves of the cursor. What was
done is read from `ipvsadm -S -n`, what is said from the terminal. The tests follow each other in one console."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.session import LabTimeout, Session
from tests.lab.site import CONFIG, FOLDER, Site, address
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
_HEADER = 64
"""The most bytes of a recording without a frame."""
TICK = 3.0
"""Seconds between two reads of the console."""
MOVES = frozenset(("Up", "Down", "j", "k", "g", "G", "Home", "End", "PageUp", "PageDown", "Tab"))
_SERVICES = re.compile(r"^ +virtual service .* live ", re.MULTILINE)
_FIRST = 4
"""The line of the screen with the first row of a table."""
COLOUR = re.compile(r"\x1b\[(?:[0-9;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")


class Hand:
    """Presses keys in a console on the site, and counts them."""

    def __init__(self, site: Site, screen: Terminal) -> None:
        self.site = site
        self.screen = screen
        self.count = 0

    def press(self, *keys: str) -> None:
        self.count += sum(key not in MOVES for key in keys)
        self.screen.send(*keys)

    def type(self, text: str) -> None:
        self.screen.type(text)

    def sees(self, *words: str) -> str:
        return self.screen.wait_for(lambda text: all(word in " ".join(text.split()) for word in words), timeout=START)

    def home(self) -> None:
        """To the list of services, with nothing marked, asked or filtered; counting begins."""
        for key in ("1", "Escape") * 4:
            self.screen.send(key)
            try:
                self.screen.wait_for(_SERVICES, timeout=TICK)
                break
            except LabTimeout:
                continue  # a question or a page is left first
        self.screen.wait_for(_SERVICES, timeout=START)
        self.press("\\", "g")
        self.count = 0

    def command(self, text: str) -> None:
        self.press(":")
        self.screen.wait_for(PROMPT, timeout=START)
        self.type(text)
        self.press("Enter")

    def on(self, words: str) -> None:
        """Moves the cursor down to a row. No key is pressed before the one before has moved it."""
        self.screen.send("g")
        at = _FIRST
        while words not in _row(self.screen.wait_for(partial(_is_on, at), timeout=START)):
            self.screen.send("Down")
            at += 1

    def done(self, what: Callable[[], bool]) -> None:
        """The console takes keys again, and the table has become so. In this order: the words stand for some seconds
        only, and ipvsadm may take as long on a busy machine."""
        self.screen.wait_for(re.compile("undoes|redoes"), timeout=START)
        wait_until(what, "the kernel has it", timeout=START, story=lambda: self.site.log() + self.screen.screen())


def _is_on(at: int, screen: str) -> bool:
    """Whether the cursor is on this line, and nowhere else: a screen may be half drawn."""
    return [number for number, line in enumerate(screen.splitlines()) if line.startswith("▌")] == [at]


def _row(screen: str) -> str:
    """The row under the cursor."""
    return next(line for line in screen.splitlines() if line.startswith("▌"))


@pytest.fixture(scope="module")
def site(lab: Session) -> Iterator[Site]:
    made = Site(Director.make(lab, "site"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def console(site: Site) -> Iterator[Hand]:
    """Open while the incident happens: it sees cdn1's weight change by hand, and web1 fail."""
    drain = 'drain admin web4 reason "disk swap, CHG 4711"'
    site.director.lvstui("--do", drain, "--yes", "--config", CONFIG, env={"SUDO_USER": "kim"}).ok()
    site.director.lvstui("--save", "@before", "--config", CONFIG).ok()
    site.connect("img", 240)
    argv = [site.director.lab.python, "-m", "tests.lab.patient", "--fresh", "--ask-keepalived", "--config", CONFIG]
    argv = site.director.argv([*argv, "--interval", str(TICK)])
    with Terminal(site.director.lab, argv, size=(80, 24), env={"NO_COLOR": "1"}) as screen:
        hand = Hand(site, screen)
        # Who made a change is known once keepalived's configuration is, and with it that web4 is drained.
        hand.sees("virtual service", "admin", "1 drained", "1 drift")
        vip, server = "192.0.2.12:80", f"{address('cdn1')}:80"
        site.director.ipvsadm("-e", "-t", vip, "-r", server, "-g", "-w", "1")
        hand.sees("2 drift", "skew")
        yield hand


def test_a_server_that_is_down_is_named_beside_a_drift_of_another_service(console: Hand, site: Site) -> None:
    """Without a colour. That it takes no more than two reads is told in tests/console/test_director_client.py."""
    console.home()
    site.fails("web1")
    row = re.compile(r"^.▼ TCP 192\.0\.2\.10:80 +www +\S*1 (out|down) .* 2/3 ", re.MULTILINE)

    def named(text: str) -> bool:
        first, second = text.splitlines()[:2]
        head = all(words in first for words in ("1 service DOWN", "2 degraded", "2 drift"))
        return head and " 6/10 live " in second and row.search(text) is not None

    console.screen.wait_for(named, timeout=START)
    assert COLOUR.search(console.screen.written()) is None


def test_1_which_service_is_down_since_when_why_what_clients_feel_and_what_to_do(console: Hand) -> None:
    console.home()
    console.sees("1 service DOWN", "admin DOWN since", "web1: down by TCP_CHECK", "web4: drained by kim")
    console.sees('"disk swap, CHG 4711"', 'so clients get "connection refused"', "do undrain web4 (x on it)")
    assert console.count == 0


def test_2_the_next_problem_from_any_view(console: Hand) -> None:
    console.home()
    console.press("6")
    console.sees("keepalived?")
    console.count = 0
    console.press("n")
    console.sees("problem 1 of", "admin: DOWN")
    assert console.count == 1


def test_3_which_pool_is_skewed_and_by_how_much(console: Hand) -> None:
    console.home()
    console.screen.wait_for(re.compile(r"img +skew 4\d%"), START)
    assert console.count == 0


def test_17_what_happened_in_the_last_hour_checks_told_from_hands(console: Hand) -> None:
    """cdn1's weight was set with ipvsadm: no check, and nothing in keepalived.conf, calls for it. keepalived checks
    web1 for each service by itself, so it may leave them in several looks, and has a row for each of these."""
    console.home()
    console.press("6")
    removed = re.compile(r"^.- .* keepalived\? +web1 removed from (.+)$", re.MULTILINE)
    rows = (
        r"^.! .* someone +someone else weight 10 -> 1: cdn1 of img$",
        r'^.\* .* lvstui +kim +drain web4: "disk swap, CHG 4711"$',
    )

    def told_apart(text: str) -> bool:
        services = [name for row in removed.findall(text) for name in row.split(", ")]
        return sorted(services) == ["admin", "www", "www-tls"] and all(
            re.search(row, text, re.MULTILINE) for row in rows
        )

    console.screen.wait_for(told_apart, timeout=START)
    assert console.count == 1


def test_4_5_6_a_host_is_drained_with_a_reason_seen_empty_and_replaced(console: Hand, site: Site) -> None:
    client = site.connect("www", 40)
    console.home()
    console.press("2")
    console.sees("host", "web2")
    console.on("web2")
    console.press("X")
    console.sees("why (may be empty)")
    console.type("new fans")
    console.press("Enter")
    console.sees("web2", "nothing is sent yet", f"-r {address('web2')}:443 -g -w 0")
    console.press("y")
    console.done(lambda: site.weights("www")["web2"] == site.weights("www-tls")["web2"] == 0)
    assert console.count == 4 and site.weights("www")["web4"] == 10

    console.count = 0
    console.sees("draining")
    client.stop()
    console.sees("web2", "safe to remove")
    assert console.count == 0

    console.command(f"replace host web2 {address('web5')}")
    console.sees("replace host web2 by web5 in 2 services", "deleted, weight was 0")
    console.press("y")
    wanted = {"web4": 10, "web5": 10}
    console.done(lambda: site.weights("www") == wanted and site.weights("www-tls") == wanted)
    assert console.count == 3
    console.press("u")
    console.sees("y/N", f"-r {address('web2')}:80")
    console.press("y")
    wanted = {"web4": 10, "web2": 0}
    console.done(lambda: site.weights("www") == wanted and site.weights("www-tls") == wanted)
    # What was undone is no trouble: web5 was never meant to stay.
    alone = re.compile(r"^.= +10\.0\.0\.12 +web2 +drained ", re.MULTILINE)
    console.screen.wait_for(lambda text: bool(alone.search(text)) and " web5 " not in text, timeout=START)


def test_7_the_scheduler_of_three_services(console: Hand, site: Site) -> None:
    console.home()
    console.press("Space", "Space", "Space", "s")
    console.sees("scheduler of 3 marked services")
    console.type("wrr")
    console.press("Enter")
    console.sees("nothing is sent yet")
    console.press("y")
    console.done(lambda: [site.scheduler(name) for name in ("admin", "www", "www-tls")] == ["wrr"] * 3)
    assert console.count == 6 and site.scheduler("img") == "rr"


@pytest.mark.parametrize(
    ("vip", "servers", "wanted"),
    [
        ("192.0.2.40", "10.0.0.11-14:80", ["web1", "web2", "10.0.0.13", "web4"]),
        ("2001:db8::40", "[2001:db8:1::11-14]:80", [f"[2001:db8:1::{last}]" for last in (11, 12, 13, 14)]),
    ],
    ids=("ipv4", "ipv6"),
)
def test_8_9_a_new_service_with_four_servers(
    console: Hand, site: Site, vip: str, servers: str, wanted: list[str]
) -> None:
    console.home()
    console.press("a")
    console.sees("add a virtual service")
    console.type(vip)
    console.press("Tab", "Tab")
    console.type(servers)
    console.press("Enter")
    console.sees("nothing is sent yet")
    console.press("y")
    shown = f"[{vip}]" if ":" in vip else vip
    console.done(lambda: list(site.servers(shown, 80)) == wanted)
    assert console.count <= 6


def test_10_11_weights_of_three_marked_servers_then_two_undos_and_one_redo(console: Hand, site: Site) -> None:
    """In the service that the test before has made."""

    def weights() -> list[int]:
        return list(site.servers("192.0.2.40", 80).values())

    console.home()
    console.on("192.0.2.40:80")
    console.press("Enter")
    console.sees("services >", "10.0.0.13")
    console.press("g", "Space", "Space", "Space", "w")
    console.sees("weight of 3 marked")
    console.type("+50%")
    console.press("Enter")
    console.sees("nothing is sent yet", "1 -> 2")
    console.press("y")
    console.done(lambda: weights() == [2, 2, 2, 1])
    assert console.count <= 7

    console.press("\\", "g", "w")
    console.sees("weight of web1, now")
    console.type("7")
    console.press("Enter")
    console.sees("y/N", "-w 7")
    console.press("y")
    console.done(lambda: weights() == [7, 2, 2, 1])
    console.count = 0
    steps = (("u", "-w 2", [2, 2, 2, 1]), ("u", "-w 1", [1, 1, 1, 1]), ("U", "-w 2", [2, 2, 2, 1]))
    for key, command, wanted in steps:
        console.press(key)
        console.sees(command)
        console.press("y")
        console.done(partial(_same, weights, wanted))
    assert console.count == 6


def _same(now: Callable[[], list[int]], wanted: list[int]) -> bool:
    return now() == wanted


def test_12_a_snapshot_is_saved_and_an_older_one_looked_at_and_restored(console: Hand, site: Site) -> None:
    site.director.lvstui("--save", "@older", "--config", CONFIG).ok()
    site.director.ipvsadm("-E", "-t", "192.0.2.12:80", "-s", "wlc")
    console.home()
    console.press("S")
    console.screen.wait_for(re.compile("save|snapshot"), timeout=START)
    console.press("Enter")
    console.sees("saved 6 services")
    console.press("7")
    console.sees("older.toml")
    console.on("older.toml")
    console.press("Enter")
    console.sees("older.toml", "wlc -> rr")
    console.press("R")
    console.sees("-E -t 192.0.2.12:80 -s rr")
    console.press("y")
    wait_until(lambda: site.scheduler("img") == "rr", "it is restored", timeout=START, story=console.screen.screen)
    console.sees("undoes")
    assert console.count <= 7


def test_13_who_is_master_since_when_why_and_what_would_move_the_role(console: Hand) -> None:
    console.home()
    console.press("4")
    console.sees("is MASTER of VI_1 since", "why", "next")
    assert console.count == 1


def test_14_why_a_server_is_down_since_when_and_how_often_before(console: Hand) -> None:
    console.home()
    console.on("admin")
    console.press("Enter", "Enter")
    console.sees("admin > web1 DOWN since", "why down by TCP_CHECK", "Last changes", "taken out of the table")
    assert console.count == 2


def test_15_all_busy_servers_of_all_services_by_their_rate(console: Hand) -> None:
    console.home()
    console.command("servers active>100")
    console.sees("filter: active>100")
    console.command("sort conn/s")

    def seen(text: str) -> bool:
        rows = [line for line in text.splitlines() if re.search(r" 10\.0\.0\.\d+:\d+ ", line)]
        return "CONN/S" in text and len(rows) == 2 and "cdn1" in rows[0] + rows[1] and "cdn2" in rows[0] + rows[1]

    console.screen.wait_for(seen, timeout=START)
    assert console.count <= 5


def test_16_which_clients_are_on_a_server_and_how_long_still(console: Hand) -> None:
    console.home()
    console.on("img")
    console.press("Enter", "3")
    row = re.compile(r"198\.51\.100\.7:\d+ +cdn1:80 +ESTABLISHED +\d+:\d\d")
    head = ("to cdn1:80 in img 120 in the sample", "client", "left")
    console.screen.wait_for(
        lambda text: row.search(text) is not None and all(words in " ".join(text.split()) for words in head), START
    )
    assert console.count == 2


def test_19_the_commands_of_a_service(console: Hand, site: Site) -> None:
    console.home()
    console.on("img")
    console.count = 0
    console.press("y")
    console.sees("clipboard")
    assert console.count == 1
    copied = base64.b64decode(re.findall("]52;c;([A-Za-z0-9+/=]+)", console.screen.written())[-1]).decode()
    wanted = [line for line in site.director.rules() if " 192.0.2.12:80 " in line]
    assert copied.splitlines() == [f"ipvsadm {line}" for line in wanted] and len(wanted) == 3


def test_20_back_to_where_one_was(console: Hand) -> None:
    console.home()
    console.on("img")
    console.press("Enter")
    console.sees("services > img", "cdn1")
    console.press("4")
    console.sees("is MASTER of VI_1")
    console.count = 0
    console.press("C-o")
    console.sees("services > img", "cdn1")
    assert console.count == 1


def test_18_a_recording_is_made_and_n_jumps_to_its_failure(console: Hand, site: Site) -> None:
    """The Enter of what is typed is not counted, as its letters are not. Here cdn2 fails, so it comes last."""
    tape = f"{FOLDER}/failure.tape"
    console.home()
    console.press(":")
    console.screen.wait_for(PROMPT, timeout=START)
    console.type(f"record {tape}\r")
    console.screen.wait_for(lambda text: "REC" in text.splitlines()[0], timeout=START)
    assert console.count == 1, "the other key is n"
    size = ["stat", "-c", "%s", tape]
    wait_until(lambda: int(site.director.run(size).ok()) > _HEADER, "it begins before the failure", story=site.log)
    site.fails("cdn2")
    console.screen.wait_for(re.compile(r"img .*1 (down|out)"), timeout=START)
    console.command("record")
    console.screen.wait_for(lambda text: "REC" not in text.splitlines()[0], timeout=START)
    argv = [site.director.lab.python, "-m", "lvstui", "--fresh", "--replay", tape, "--config", CONFIG]
    argv = site.director.argv(argv)
    with Terminal(site.director.lab, argv, size=(80, 24), env={"NO_COLOR": "1"}) as screen:
        screen.wait_for(_SERVICES, timeout=START)
        screen.send("n")
        screen.wait_for(lambda text: "cdn2 removed from img" in " ".join(text.split()), timeout=START)

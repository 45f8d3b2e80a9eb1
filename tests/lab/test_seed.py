"""The seed's cluster through lvstui: its three checks, on two directors with the real keepalived."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.lab.cluster import ADDRESSES, VIP, Cluster
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
SERVER = re.compile(r"\W*(\d\S+):80 ")
COLUMNS = ("weight", "active", "inact")


def console(
    cluster: Cluster, name: str, terminal: Callable[..., Terminal], size: tuple[int, int], *flags: str
) -> Terminal:
    screen = terminal(cluster.argv(name, [cluster.lab.python, "-m", "lvstui", *flags, "--fresh"]), size=size)
    screen.wait_for(VIP, timeout=START)
    return screen


def rows(screen: str) -> dict[str, tuple[int, int, int]]:
    """Weight, active and inactive connections by real server, as the console shows them: each number ends below the
    name of its column."""
    lines = screen.splitlines()
    place = next((i for i, line in enumerate(lines) if line.lstrip().startswith("real server ")), len(lines))
    if place == len(lines):
        return {}
    ends = [lines[place].index(f" {name}") + 1 + len(name) for name in COLUMNS]
    found = {}
    for line in lines[place + 1 :]:
        server = SERVER.match(line)
        if server and all(line[end - 1 : end].isdigit() for end in ends):  # one that is out has no connections
            weight, active, inactive = (int(line[:end].split()[-1]) for end in ends)
            found[server[1]] = weight, active, inactive
    return found


def kernel_rows(cluster: Cluster, name: str) -> dict[str, tuple[int, int, int]]:
    """The same as ipvsadm shows them."""
    listed = cluster.lab.run(["ipvsadm", "-L", "-n"], netns=name).ok()
    pattern = re.compile(r"-> (\S+):80\s+Route\s+(\d+)\s+(\d+)\s+(\d+)")
    return {found[1]: (int(found[2]), int(found[3]), int(found[4])) for found in pattern.finditer(listed)}


def test_the_consoles_show_the_real_state(cluster: Cluster, terminal: Callable[..., Terminal]) -> None:
    one = console(cluster, "lvs1", terminal, (100, 24))
    two = console(cluster, "lvs2", terminal, (160, 48))
    one.wait_for("MASTER", timeout=START)
    two.wait_for("BACKUP", timeout=START)
    seen = one.wait_for(lambda text: len(rows(text)) == 2, timeout=START)
    assert set(rows(seen)) == {ADDRESSES["web1"], ADDRESSES["web2"]}
    assert [weight for weight, _, _ in rows(seen).values()] == [3, 3]
    # Requests alternate, and what they leave behind is counted on the screen as ipvsadm counts it.
    answers = cluster.curl(8)
    assert sorted(answers) == ["web1"] * 4 + ["web2"] * 4

    def all_are_shown() -> bool:
        """In one look: two minutes later the kernel forgets them."""
        shown, counted = rows(one.screen()), kernel_rows(cluster, "lvs1")
        return shown == counted and sum(active + inactive for _, active, inactive in shown.values()) >= 8

    wait_until(all_are_shown, "the console's connections are ipvsadm's", timeout=START, story=one.screen)


def test_a_server_that_fails_leaves_the_screen_within_two_ticks(
    cluster: Cluster, terminal: Callable[..., Terminal]
) -> None:
    screen = console(cluster, "lvs1", terminal, (100, 24))
    screen.wait_for(lambda text: len(rows(text)) == 2, timeout=START)
    cluster.stop_web("web1")
    cluster.wait_pool("lvs1", {"web2"})
    removed = time.monotonic()
    screen.wait_for(lambda text: set(rows(text)) == {ADDRESSES["web2"]} and "1/2" in text, timeout=START)
    print(f"gone from the screen {time.monotonic() - removed:.2f} s after keepalived took it out (a tick is 1 s)")
    assert set(cluster.curl(3)) == {"web2"}
    cluster.start_web("web1")
    screen.wait_for(lambda text: len(rows(text)) == 2, timeout=START)


def test_a_server_that_is_down_says_so_in_words_beside_a_drift_at_80x24_without_colour(
    cluster: Cluster, terminal: Callable[..., Terminal]
) -> None:
    cluster.wait_pool("lvs1", {"web1", "web2"})
    screen = console(cluster, "lvs1", terminal, (80, 24), "--theme", "mono", "--ask-keepalived")
    screen.wait_for(lambda text: "all 2 servers live" in text and "2/2 live" in text, timeout=START)
    edit = ["ipvsadm", "-e", "-t", f"{VIP}:80", "-r", f"{ADDRESSES['web2']}:80", "-g", "-w", "5"]
    cluster.lab.run(edit, netns="lvs1").ok()
    screen.wait_for("1 drift", timeout=START)
    cluster.stop_web("web1")
    cluster.wait_pool("lvs1", {"web2"})
    removed = time.monotonic()
    row = re.compile(rf"▼ TCP {re.escape(VIP)}:80 .*1 (out|down) .*1/2")
    screen.wait_for(
        lambda text: "1 degraded" in text and "1/2 live" in text and row.search(text) is not None, timeout=START
    )
    print(f"on the screen {time.monotonic() - removed:.2f} s after keepalived took it out (a tick is 1 s)")
    # As soon as keepalived has told what its check said, the word is its.
    screen.wait_for(lambda text: re.search(r"TCP \S+:80 .*1 down .*1/2", text) is not None, timeout=START)
    # Its page says since when, how that is known, what its check said, and what is left of it.
    screen.send("Enter")
    screen.wait_for(lambda text: f"services > TCP {VIP}:80  1 down since" in text, timeout=START)
    screen.send("Enter")
    screen.see(
        *(f"> {ADDRESSES['web1']}:80  DOWN since", "by the audit log", "CHECK fails", "weight  now –, configured 3"),
        "do      start port 80 on",
    )
    screen.wait_for(re.compile(r"- \d\d:\d\d:\d\d +taken out of the table by keepalived"), timeout=START)
    screen.send("Escape")
    screen.wait_for(lambda text: f"services > TCP {VIP}:80  1 down since" in text, timeout=START)
    screen.send("Escape")
    screen.wait_for("virtual service", timeout=START)
    cluster.start_web("web1")
    screen.wait_for(lambda text: "2/2 live" in text and "degraded" not in text, timeout=START)
    edit[-1] = "3"
    cluster.lab.run(edit, netns="lvs1").ok()
    screen.wait_for(lambda text: "drift" not in text, timeout=START)


def test_the_backup_becomes_master(cluster: Cluster, terminal: Callable[..., Terminal]) -> None:
    one = console(cluster, "lvs1", terminal, (80, 24))
    two = console(cluster, "lvs2", terminal, (80, 24))
    one.wait_for("MASTER", timeout=START)
    two.wait_for("BACKUP", timeout=START)
    two.send("4")
    two.wait_for("lvs2 is BACKUP of VI_1", timeout=START)
    cluster.stop_keepalived("lvs1")
    two.wait_for("lvs2 is MASTER of VI_1 since", timeout=START)
    one.wait_for(lambda text: "MASTER" not in text, timeout=START)
    assert cluster.curl(1) in (["web1"], ["web2"])

"""Many directors at once, over a real sshd; and a pair that fails over while a console watches both."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.lab.cluster import ADDRESSES, DIRECTORS, LAN, PORT, VIP, Cluster
from tests.lab.terminal import Terminal
from tests.lab.test_remote import KEYS, done
from tests.lab.test_remote import site as site  # the fixture
from tests.lab.waiting import wait_until

HOSTS = [f"fleet{number:02}" for number in range(1, int(os.environ.get("LVSTUI_FLEET", "9")) + 1)]
VERBS = ("--list", "--check") if "LVSTUI_FLEET" in os.environ else ("--list",)
"""By default more hosts than are asked at a time, and one verb, because each start takes seconds here. `make soak` asks
forty, and twice."""
LOG = f"{KEYS}/fleet.log"
SSHD_PORT = 2200


def _hosts(cluster: Cluster) -> None:
    """Every other host is lvs1, the others are lvs2: names of ssh's configuration, for an sshd of their own on each."""
    text = "".join(
        f"Host {name}\n    HostName {ADDRESSES[director]}\n    HostKeyAlias {director}\n"
        f"    Port {SSHD_PORT}\n    User boss\n"
        for name, director in zip(HOSTS, list(DIRECTORS) * len(HOSTS), strict=False)
    )
    cluster.run("cli", ["tee", "/etc/ssh/ssh_config.d/fleet.conf"], stdin=text).ok()


def test_many_hosts_are_read_eight_at_a_time(site: Cluster) -> None:
    """Each answers, no sshd turns one away (MaxStartups is as it comes), and each link is closed when it has
    answered."""
    site.heal()
    _hosts(site)
    daemons = []
    try:
        for name in DIRECTORS:
            words = ["/usr/sbin/sshd", "-D", "-E", LOG, "-f", f"{KEYS}/sshd-{name}", "-p", str(SSHD_PORT)]
            daemons.append(site.spawn(name, words))
        listens = ["sh", "-c", f"[ $(grep -c listening {LOG}) = {len(DIRECTORS)} ]"]
        wait_until(lambda: site.run("cli", listens).code == 0, "sshd listens", story=daemons[0].stderr)
        found = done(site, "fleet", " ".join(VERBS), *HOSTS, timeout=30.0 * len(VERBS) * len(HOSTS))
    finally:
        for daemon in daemons:
            daemon.signal(signal.SIGKILL)
        site.run("cli", ["rm", "-f", "/etc/ssh/ssh_config.d/fleet.conf"]).ok()
    for verb in VERBS:
        told = found[verb]
        assert [one["host"] for one in told["answers"]] == HOSTS
        assert all(one["reached"] for one in told["answers"]), told
        assert (told["most"], told["open"], told["children"]) == (8, 0, 0), told
    for number, one in enumerate(found["--list"]["answers"]):
        assert one["code"] == 0 and one["answer"]["snapshot"]["host"] == list(DIRECTORS)[number % 2], one
        assert len(one["answer"]["service"]) == 1, one
    assert all(found[verb]["code"] in (0, 1) for verb in VERBS) and found["--list"]["code"] == 0, found
    log = site.run("cli", ["cat", LOG]).ok()
    assert log.count("Accepted publickey") == len(VERBS) * len(HOSTS) and "MaxStartups" not in log and "drop" not in log


def test_a_console_that_watches_both_shows_a_failover(site: Cluster, terminal: Callable[..., Terminal]) -> None:
    """The pair in one console, and the page of both in another: each shows the role of each side, before the master is
    gone, while it is, and after; and each answers its keys all the time."""
    site.heal()
    run = [site.lab.python, "-m", "lvstui", "--fresh"]
    pair = terminal(site.argv("cli", [*run, "lvs2", "lvs1"]), size=(140, 30))
    page = terminal(site.argv("cli", [*run, "--on", "lvs1,lvs2"]), size=(100, 24))

    def roles() -> dict[str, str]:
        rows = [line.replace("▌", " ").split() for line in page.screen().splitlines()]
        return {row[0]: row[1] for row in rows if len(row) > 1 and row[0] in DIRECTORS}

    def head() -> str:
        return pair.screen().splitlines()[0]

    pair.see("BACKUP", f"{VIP}:{PORT}")
    pair.send("8")
    pair.see("if lvs2 took over now: ")
    healthy = {"lvs1": "MASTER", "lvs2": "BACKUP"}
    wait_until(lambda: roles() == healthy, "both roles on the page", story=page.screen)
    site.lab.run(["ip", "link", "set", "lvs1", "down"], netns=LAN).ok()
    try:
        wait_until(lambda: "MASTER" in head(), "lvs2 is master", story=pair.screen)
        pair.see("if lvs1 took over now: ")
        wait_until(lambda: roles().get("lvs2") == "MASTER", "lvs2 is master on the page", story=page.screen)
        # The link to the dead one is lost after a while; until then, and afterwards, keys are answered.
        for _ in range(3):
            pair.send("1")
            pair.see(f"{VIP}:{PORT}")
            pair.send("8")
            pair.see("if lvs1 took over now: ")
        pair.see("lvs1 is ", " s old: ")
        page.see("1 not reached")
        page.send("?")
        page.see("Help  [this page]")
        page.send("Escape")
    finally:
        site.lab.run(["ip", "link", "set", "lvs1", "up"], netns=LAN).ok()
    site.wait_healthy()
    wait_until(lambda: roles() == healthy, "both roles again on the page", story=page.screen)
    wait_until(lambda: "BACKUP" in head(), "lvs2 is backup", story=pair.screen)
    pair.see("if lvs2 took over now: ")
    for screen in (pair, page):
        screen.send("q")
        assert screen.wait_exit() == 0

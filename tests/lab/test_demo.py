"""`make lab` as a newcomer meets it: on a terminal, with `ipvsadm` in the console's place."""

from __future__ import annotations

import sys

from tests.lab.cluster import ADDRESSES
from tests.lab.tmux import Tmux

WATCH = ["busybox", "watch", "-t", "-n", "1", "ipvsadm", "-Ln"]


def test_a_newcomer_stops_a_web_server_and_watches(uml_here: None) -> None:
    row = f"-> {ADDRESSES['web1']}:80"
    command = [sys.executable, "-m", "tests.lab.demo", "--", *WATCH]
    with Tmux(command, size=(100, 30), env={"TERM": "tmux-256color"}) as shown:
        shown.wait_for(lambda screen: row in screen and "client$" in screen, timeout=400.0)  # after a boot
        shown.send("curl -s 192.168.80.200", "Enter")
        shown.wait_for(lambda screen: "\nweb1\n" in screen or "\nweb2\n" in screen)
        shown.send("web1 stop", "Enter")
        shown.wait_for(lambda screen: "the web server on web1: stop" in screen and row not in screen)
        shown.send("web1 start", "Enter")
        shown.wait_for(row)
        shown.resize(80, 24)
        shown.wait_for(lambda screen: screen.splitlines()[16].startswith("─" * 80))
        shown.send("leave", "Enter")
        assert shown.wait_exit() == 0

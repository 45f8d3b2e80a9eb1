"""A console that outlives the module it reads: ip_vs is unloaded and loaded again under it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.lab.session import Session
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
UNLOAD = "ipvsadm -C && until modprobe -r ip_vs_wrr && modprobe -r ip_vs; do sleep 0.1; done"
"""Again and again: it is in use for as long as a console is in the middle of a read."""
NOBODY = ["setpriv", "--reuid", "65534", "--clear-groups"]


def read_again(row: str, text: str) -> bool:
    return row in text and "STALE" not in text


def open_files(lab: Session, pid: int) -> list[str]:
    """What a process has open, by kind: `socket`, `/dev/pts/0`."""
    names = lab.run(["sh", "-c", f"cd /proc/{pid}/fd && for one in *; do readlink $one; done"]).stdout
    return sorted(name.partition(":")[0] for name in names.splitlines())


@pytest.mark.parametrize("user", [[], NOBODY], ids=["root", "nobody"])
def test_a_console_continues_after_ip_vs_was_unloaded_and_loaded_again(
    lab_without_ipvs: Session, user: list[str]
) -> None:
    lab = lab_without_ipvs
    lab.run(["modprobe", "ip_vs"]).ok()
    lab.run(["ipvsadm", "-A", "-t", "192.0.2.1:80", "-s", "wrr"]).ok()
    words = [*user, lab.python, "-m", "lvstui", "--fresh", "--interval", "0.5"]
    with Terminal(lab, words, size=(100, 24), env={"HOME": "/tmp"}) as screen:
        screen.wait_for("192.0.2.1:80", timeout=START)
        screen.wait_for(lambda text: "no keepalived" in text, timeout=START)  # all that reads beside has begun
        files = open_files(lab, screen.pid())
        assert "socket" in files or user
        for port in ("81", "82"):
            lab.run(["sh", "-c", UNLOAD]).ok()
            screen.wait_for(lambda text: "STALE" in text and "no ip_vs loaded: modprobe ip_vs" in text, timeout=START)
            assert lab.run(["test", "-e", "/proc/net/ip_vs"]).code == 1, "reading must not load the module"
            lab.run(["modprobe", "ip_vs"]).ok()
            lab.run(["ipvsadm", "-A", "-t", f"192.0.2.1:{port}", "-s", "wrr"]).ok()
            there = f"192.0.2.1:{port}"
            screen.wait_for(partial(read_again, there), timeout=START)
        wait_until(
            lambda: open_files(lab, screen.pid()) == files,
            f"nothing more is open than {files}",
            timeout=START,
            story=lambda: str(open_files(lab, screen.pid())),
        )
        screen.send("q")
        assert screen.wait_exit(START) == 0
    lab.run(["sh", "-c", UNLOAD]).ok()


def test_a_change_goes_to_the_newly_loaded_ip_vs(lab_without_ipvs: Session) -> None:
    """The number of the family is another after a reload. What goes to the old one is refused with ENOENT, which would
    be read as a word about the rule."""
    code = """
import subprocess
from lvstui.director.change import AddService, DeleteService
from lvstui.director.errors import Unavailable
from lvstui.director.model import Service, service_key
from lvstui.director.source import Scope
from lvstui.live import open_source
key = service_key(6, "192.0.2.1", 80)
source = open_source()
(outcome,) = source.send([AddService(Service(key, "rr"))])
assert outcome.error is None, outcome
subprocess.run("%s", shell=True, check=True)
try:
    source.send([AddService(Service(key, "rr"))])
except Unavailable as error:
    print(error.why)
subprocess.run(["modprobe", "ip_vs"], check=True)
(outcome,) = source.send([AddService(Service(key, "rr"))])
assert outcome.error is None, outcome
print(*(one.service.scheduler for one in source.read(Scope()).services))
source.close()
"""
    lab = lab_without_ipvs
    lab.run(["modprobe", "ip_vs"]).ok()
    unload = UNLOAD.replace("ip_vs_wrr", "ip_vs_rr")
    said = lab.run([lab.python, "-c", code % unload]).ok()
    assert said.splitlines() == ["this kernel has no ip_vs loaded", "rr"]
    lab.run(["sh", "-c", unload]).ok()

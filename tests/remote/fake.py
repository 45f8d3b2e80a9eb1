"""An ssh for tests without an sshd: it starts what it is told in a shell of this machine, or plays a far side that is
not what it should be.

    fake ssh: [options] -- HOST COMMAND      the host says what happens
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lvstui.remote import boot, link
from lvstui.remote.carried import CARRIED
from tests.remote.closure import ROOT

PATIENCE = 300.0
"""Seconds."""
LIVE = '''
import time
from lvstui.director.errors import Unavailable
from lvstui.director.model import Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, Vrrp

SERVICES = {services}


class Canned:
    """A director whose counters grow by one a read, and whose first server's weight is as many reads."""

    def __init__(self):
        self.reads = 0
        self.swept = None

    def read(self, scope):
        self.reads += 1
        if self.reads == {fails}:
            raise Unavailable("IPVS", "it went away", "modprobe ip_vs")
        at = time.monotonic()
        if scope.sweep:
            self.swept = at
        count = Counters(self.reads, 0, 0, self.reads * 1000, 0)
        rows, pools = [], {{}}
        for n in range(SERVICES):
            key = service_key(6, "192.0.2.%d" % (n % 250 + 1), 80 + n // 250)
            rows.append(ServiceReading(Service(key, "wlc"), count, Rates()))
            weight = self.reads if scope.sweep or key in scope.services else 0
            pool = [ServerReading(Server(server_key("10.0.0.1", 80), weight=weight), self.reads, 0, 0, count, Rates())]
            pools[key] = PoolRows(at, pool)
        vrrp = Vrrp("MASTER") if scope.vrrp else Vrrp()
        return State(at, time.time(), "far", ServiceRows(rows), pools, self.swept, vrrp=vrrp, notes=("a\\x1b[2Jb",))

    def on_news(self, call):
        self.call = call

    def close(self):
        pass


def open_source(load_module=False):
    {opening}
    return Canned()
'''


@cache
def archive(services: int = 3, fails: int = -1, opening: str = "pass") -> bytes:
    """The reader, on a director that is made up."""
    files = {name: (ROOT / name).read_bytes() for name in CARRIED}
    files["lvstui/live.py"] = LIVE.format(services=services, fails=fails, opening=opening).encode()
    return boot.packed(files)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts an ssh of this text on PATH; the default runs the command in a shell of this machine. A far side that
    answers is waited for, however busy the machine is."""
    monkeypatch.setattr(boot, "archive", archive)
    monkeypatch.setattr(link.SshLink.begin, "__defaults__", (PATIENCE,))
    monkeypatch.setattr(link.SshLink.__init__, "__defaults__", (None, PATIENCE))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def put(text: str) -> None:
        script = folder / "ssh"
        script.write_text(f'#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\n{text}\n')
        script.chmod(0o755)

    put(SHELL)
    return put


SHELL = 'exec sh -c "$3"'


def playing(mode: str) -> str:
    """An ssh whose far side plays a part of tests/remote/playing.py."""
    return f"cd {ROOT} && exec {sys.executable} -m tests.remote.playing {mode}"

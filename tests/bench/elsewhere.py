"""Seconds until the first screen of a director elsewhere, over a master connection that is open already, natively.

    python -m tests.bench.elsewhere [RUNS]

An sshd of its own on this machine's loopback, with keys of its own in a temporary folder; nothing of it stays. The far
side is this machine, where the reader finds a kernel with recorded answers (canned.py) and everything else as it is.
The near side is `lvstui HOST` on a terminal of its own, timed from its start until the far side's name and its first
real server are on the screen; apart from that, `ssh HOST true`, and the time from the start of ssh to the first State.
Times depend on what else the machine does: its load is printed beside.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROW = b"10.1.0.0:80"
"""What stands in the first row of the table."""
SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/id.pub
StrictModes no
UsePAM no
PidFile none
"""
CLIENT = """\
Host far
    HostName 127.0.0.1
    Port {port}
    IdentityFile {folder}/id
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking accept-new
    ControlPath {folder}/master
"""
NEAR = """\
import json, os, sys, time
began = time.monotonic()
sys.path.insert(0, {repository!r})
from lvstui.remote import boot, link
from tests.bench.elsewhere import archive
far = archive({kernel!r})
boot.archive = lambda: far
{more}
"""
CONSOLE = "from lvstui import cli\nsys.exit(cli.main(['far', '--fresh']))\n"
STATE = """\
began = time.monotonic()
from lvstui.director.source import Scope
from lvstui.remote.director import open_remote
loaded = time.monotonic()
remote = open_remote("far")
hello = time.monotonic()
state = remote.read(Scope(sweep=True, vrrp=True, owner=True, facts=True))
print(json.dumps([loaded - began, hello - loaded, time.monotonic() - hello, len(state.services)]))
remote.close()
"""


def archive(kernel: str) -> bytes:
    """The reader, beside a kernel with recorded answers. It is packed once: packing is no part of what is timed."""
    from lvstui.remote import boot
    from lvstui.remote.carried import CARRIED

    packed = Path(f"{kernel}.zip")
    if not packed.exists():
        files = {name: boot.undocumented((REPOSITORY / name).read_bytes()) for name in CARRIED}
        opening = b"    from lvstui.live import open_source\n"
        text = files["lvstui/remote/reader.py"]
        assert opening in text
        canned = f"    from lvstui.canned import install, load\n    install(load({kernel!r}))\n".encode()
        files["lvstui/remote/reader.py"] = text.replace(opening, canned + opening)
        files["lvstui/canned.py"] = (REPOSITORY / "tests/bench/canned.py").read_bytes()
        packed.write_bytes(boot.packed(files))
    return packed.read_bytes()


def console(argv: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Seconds from the start of the console until something is on its screen, and until the table is; and the seconds
    of a processor that it used itself, without ssh and the far side."""
    began = time.monotonic()
    process, screen = pty.fork()
    if process == 0:
        os.execve(argv[0], argv, environment)
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    shown, first, last, end = b"", 0.0, 0.0, began + 60
    host = socket.gethostname().encode()
    try:
        while not (ROW in shown and host in shown):
            if not select.select([screen], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(shown)
            shown += os.read(screen, 65536)
            first = first or time.monotonic() - began
        last = time.monotonic() - began
    finally:
        os.kill(process, signal.SIGKILL)
        used = os.wait4(process, 0)[2]
        os.close(screen)
    return first, last, used.ru_utime + used.ru_stime


def timed(argv: list[str], environment: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.monotonic() - began


def told(name: str, found: list[float]) -> None:
    load = os.getloadavg()[0]
    print(f"{name:32} min {min(found):5.2f} s  median {statistics.median(found):5.2f} s  load {load:.1f}", flush=True)


def measured(folder: Path, runs: int) -> None:
    from tests.bench import canned

    kernel = str(folder / "kernel")
    canned.main(["make", kernel, "10", "5"])
    archive(kernel)
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(folder)}
    environment |= {"PATH": f"{folder}/bin:{os.environ['PATH']}", "LVSTUI_STATE": f"{folder}/state"}
    (folder / "bin").mkdir()
    ssh = folder / "bin/ssh"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    ssh.chmod(0o755)
    near = NEAR.format(repository=str(REPOSITORY), kernel=kernel, more="{more}")
    state = [sys.executable, "-c", near.format(more=STATE)]
    screen = [sys.executable, "-c", near.format(more=CONSOLE)]
    subprocess.run(
        ["ssh", "-M", "-f", "-N", "far"],
        env=environment,
        check=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        told("ssh far true", [timed(["ssh", "far", "true"], environment) for _ in range(runs)])
        parts = [json.loads(subprocess.check_output(state, env=environment)) for _ in range(runs)]
        told("from ssh's start to the hello", [one[1] for one in parts])
        told("from the hello to the first State", [one[2] for one in parts])
        screens = [console(screen, environment) for _ in range(runs)]
        told("the console's first bytes", [one[0] for one in screens])
        told("the first screen with the table", [one[1] for one in screens])
        told("a processor's, of the console", [one[2] for one in screens])
    finally:
        subprocess.run(["ssh", "-O", "exit", "far"], env=environment, stderr=subprocess.DEVNULL)


def main(words: list[str]) -> int:
    runs = int(words[0]) if words else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with socket.create_server(("127.0.0.1", 0)) as spare:
            port = spare.getsockname()[1]
        for key in ("host", "id"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
        (folder / "sshd").write_text(SSHD.format(port=port, folder=folder))
        (folder / "config").write_text(CLIENT.format(port=port, folder=folder))
        Path("/run/sshd").mkdir(exist_ok=True)
        daemon = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd"], stderr=subprocess.PIPE, text=True
        )
        try:
            assert daemon.stderr is not None
            while "listening" not in (line := daemon.stderr.readline()):
                assert line, "sshd does not start"
            measured(folder, runs)
        finally:
            daemon.kill()
            daemon.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

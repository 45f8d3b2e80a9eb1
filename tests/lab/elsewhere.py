"""The part of test_remote.py that runs on the client of the cluster: python -m tests.lab.elsewhere PART prints
the results as JSON. One process tries many things, because each start of the interpreter in the guest is slow."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from lvstui import cli
from lvstui.director.errors import Lost, LvsError
from lvstui.director.model import server_text, service_text
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.remote import boot, link, wire
from lvstui.remote.carried import CARRIED
from lvstui.remote.director import Remote, open_remote
from tests.lab.cluster import VIP

LOOK = Scope(sweep=True, vrrp=True, owner=True, facts=True)
DEADLINE = 120.0


def told(state: State) -> dict[str, Any]:
    return {
        "host": state.host,
        "role": state.vrrp.role,
        "held": list(state.vrrp.held or ()),
        "owner": state.owner,
        "unknown": sorted(state.unknown),
        "read_only": state.read_only,
        "keeping": state.keeping is not None and state.keeping.on_disk is not None,
        "rules": {
            service_text(key): sorted(f"{server_text(one.key)} {one.weight}" for one in pool.servers())
            for key, pool in state.pools.items()
        },
    }


def until(remote: Remote, fits: Callable[[State], bool]) -> State:
    """Reads until a State satisfies, also after lost connections."""
    end = time.monotonic() + DEADLINE
    while True:
        try:
            state = remote.read(LOOK)
            if fits(state):
                return state
        except Lost as lost:
            time.sleep(min(lost.again, 0.5))
        assert time.monotonic() < end, "it does not come to be so"
        time.sleep(0.1)


def both() -> dict[str, Any]:
    """Both directors from one process, in two threads."""
    found: dict[str, Any] = {}

    def look(host: str) -> None:
        remote = open_remote(host)
        state = until(remote, lambda seen: seen.vrrp.role != "" and seen.keeping is not None)
        found[host] = told(state)
        assert remote.hello is not None
        found[host]["hello"] = remote.hello._asdict()
        assert remote._link is not None
        frames, ask = [], remote._link.ask

        def measured(line: bytes) -> wire.WireFrame:
            frame = ask(line)
            frames.append(len(frame.payload))
            return frame

        remote._link.ask = measured  # type: ignore[method-assign]
        for _ in range(4):
            remote.read(LOOK._replace(facts=False))
        found[host]["ticks"] = frames
        remote.close()

    threads = [threading.Thread(target=look, args=(host,)) for host in ("lvs1", "lvs2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2, "one of them failed: see above"
    return found


def ways(*hosts: str) -> dict[str, Any]:
    """Each way to a director, with `sudo:` before one that uses it: the answer, or why there is none."""
    found: dict[str, Any] = {}
    for word in hosts:
        host, sudo = word.removeprefix("sudo:"), word.startswith("sudo:")
        try:
            remote = open_remote(host, sudo)
        except LvsError as error:
            found[word] = {"error": type(error).__name__, "why": error.why, "mend": error.mend}
            continue
        try:
            state = remote.read(LOOK)
            assert remote.hello is not None
            found[word] = told(state) | {"user": remote.hello.user, "sent": remote.hello.sent}
        except LvsError as error:
            found[word] = {"error": type(error).__name__, "why": error.why, "mend": error.mend}
        finally:
            remote.close()
    return found


def knows(host: str) -> dict[str, Any]:
    """What a director tells once it has learned its role and keepalived's configuration."""
    remote = open_remote(host)
    found = told(until(remote, lambda seen: seen.vrrp.role != "" and seen.keeping is not None))
    assert remote.hello is not None
    found["user"], found["python"] = remote.hello.user, remote.hello.python
    remote.close()
    return found


def readers() -> list[int]:
    """The readers that run, on all machines: they share their processes' numbers."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            reads = any(b"exec(i.read(int(i.readline())))" in word for word in words[:4])
            if reads and b"-Ic" in words and b"python" in words[0]:
                found.append(int(name))
    return found


def gone(what: str) -> None:
    """Waits until no reader runs."""
    end = time.monotonic() + DEADLINE
    while readers():
        assert time.monotonic() < end, f"readers stay: {what}"
        time.sleep(0.1)


def cable(name: str, up: bool) -> None:
    """Plugs a machine in, or out."""
    lan = ["nsenter", "--net=/proc/1/root/run/netns/lan"]
    subprocess.run([*lan, "ip", "link", "set", name, "up" if up else "down"], check=True)


def trouble() -> dict[str, Any]:
    """A link that is cut, for shorter and for longer than anybody waits; a far side that is killed; one left behind."""
    found: dict[str, Any] = {}
    remote = open_remote("lvs2")
    remote.read(LOOK)
    first = readers()
    # A cut shorter than the timeout: the same reader goes on.
    cable("lvs2", False)
    threading.Timer(1.0, cable, ("lvs2", True)).start()
    remote.read(LOOK)
    found["short"] = readers() == first
    # A longer one: the link counts as lost at the timeout, and is opened again when it is time.
    assert remote._link is not None
    remote._link.patience = 4.0
    cable("lvs2", False)
    try:
        remote.read(LOOK)
        found["long"] = "not lost"
    except Lost as lost:
        found["long"] = lost.why
    cable("lvs2", True)
    found["healed"] = told(until(remote, lambda state: True))["host"]
    # What is over there is killed.
    for pid in readers():
        os.kill(pid, signal.SIGKILL)
    try:
        for _ in range(2):
            remote.read(LOOK)
        found["killed"] = "not lost"
    except Lost as lost:
        found["killed"] = lost.why
    found["again"] = told(until(remote, lambda state: True))["host"]
    remote.close()
    gone("after the end")
    found["half"], found["whole"] = half_a_frame()
    # One that is left behind: its ssh is stopped and says nothing any more. In the test it waits for 5 s.
    files = {name: (Path.cwd() / name).read_bytes() for name in CARRIED}
    text = files["lvstui/remote/wire.py"]
    assert b"SILENCE = 60\n" in text
    files["lvstui/remote/wire.py"] = text.replace(b"SILENCE = 60\n", b"SILENCE = 5\n")
    shorter = boot.packed(files)
    setattr(boot, "archive", lambda: shorter)  # noqa: B010
    remote = open_remote("lvs2")
    remote.read(LOOK)
    remote._closed = True  # nobody tells it that it is watched
    found["left"] = len(readers())
    gone("nobody asks")
    remote.close()
    return found


def half_a_frame() -> tuple[str, str]:
    """The far side is killed in the middle of its second answer. Why the link is lost, and who answers afterwards."""
    files = {name: (Path.cwd() / name).read_bytes() for name in CARRIED}
    text = files["lvstui/remote/reader.py"]
    put = b"            answers.put(reading.answer(line))\n"
    assert put in text
    files["lvstui/remote/reader.py"] = text.replace(
        put,
        b"""            frame = reading.answer(line)
            if reading.__dict__.setdefault("answered", False):
                answers.put(frame[: len(frame) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            reading.answered = True
            answers.put(frame)
""",
    )
    ours, cut = boot.archive, boot.packed(files)
    setattr(boot, "archive", lambda: cut)  # noqa: B010
    remote = open_remote("lvs2")
    try:
        remote.read(LOOK)
        remote.read(LOOK)
        why = "not lost"
    except Lost as lost:
        why = lost.why
    setattr(boot, "archive", ours)  # noqa: B010
    host = told(until(remote, lambda state: True))["host"]
    remote.close()
    gone("killed in the middle of a frame")
    return why, host


Told = tuple[bool, str, bool]
"""Of a read: whether the kernel had the virtual address before it, the role that it told, and whether the kernel had
the address after it."""


def addresses(host: str) -> Path:
    """The kernel's own list of a director's addresses: all machines share the numbers of their processes."""
    wanted = os.stat(f"/proc/1/root/run/netns/{host}").st_ino
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            if os.stat(f"/proc/{name}/ns/net").st_ino == wanted and b"sleep" in Path(f"/proc/{name}/comm").read_bytes():
                return Path(f"/proc/{name}/net/fib_trie")
    raise AssertionError(f"no process of {host}")


def behind(reads: Sequence[Told]) -> int:
    """The most reads one after the other that told another role than the kernel's. One during which the kernel changed
    tells neither."""
    most = now = 0
    for before, role, after in reads:
        wrong = before == after and (role == "" or (role == "MASTER") != after)
        now = now + 1 if wrong else 0
        most = max(most, now)
    return most


def moves(reads: Sequence[Told]) -> int:
    """How often the kernel's address came or went."""
    held = [one for before, _, after in reads for one in (before, after)]
    return sum(one != other for one, other in pairwise(held))


def failover() -> dict[str, Any]:
    """Both are watched, each in a thread, while the master is unplugged and plugged in again."""
    watched = {host: open_remote(host) for host in ("lvs1", "lvs2")}
    roles, lost, news, ended = dict[str, str](), list[str](), threading.Event(), threading.Event()
    reads: dict[str, list[Told]] = {host: [] for host in watched}

    def watch(host: str, remote: Remote) -> None:
        kernel, known = addresses(host), False
        while not ended.wait(0.2):
            try:
                before = VIP in kernel.read_text()
                role = roles[host] = remote.read(LOOK).vrrp.role
            except Lost as error:
                lost.append(f"{host}: {error.why}")
                known = False
                continue
            # The first reads of a new connection may not know keepalived's configuration yet.
            known = known or role != ""
            if known:
                reads[host].append((before, role, VIP in kernel.read_text()))

    def wait(what: str, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, f"not seen: {what}; {roles}, {lost}"
            time.sleep(0.05)

    threads = [threading.Thread(target=watch, args=one, daemon=True) for one in watched.items()]
    for thread in threads:
        thread.start()
    wait("both roles", lambda: list(map(roles.get, watched)) == ["MASTER", "BACKUP"])
    watched["lvs2"].on_news(news.set)  # the console reads at once then, and not at its next tick
    link = watched["lvs1"]._link
    assert link is not None
    link.patience = 4.0
    cable("lvs1", False)
    wait("the new master", lambda: roles["lvs2"] == "MASTER")
    wait("that the old one does not answer", lambda: bool(lost))
    found: dict[str, Any] = {"role": roles["lvs2"], "news": news.is_set(), "lost": lost[0].partition(": ")[2]}
    cable("lvs1", True)
    wait("both roles again", lambda: list(map(roles.get, watched)) == ["MASTER", "BACKUP"])
    found["healed"] = list(map(roles.get, watched))
    ended.set()
    for thread in threads:
        thread.join()
    found["behind"] = {host: behind(told) for host, told in reads.items()}
    found["moves"] = {host: moves(told) for host, told in reads.items()}
    found["reads"] = {host: len(told) for host, told in reads.items()}
    for remote in watched.values():
        remote.close()
    return found


def fleet(verbs: str, *hosts: str) -> dict[str, Any]:
    """Verbs on many directors: what each says, its exit code, the most links that were open at once, and how many
    of them, and of their ssh, are left when it is done. No reader is."""
    found: dict[str, Any] = {}
    lock, links, most = threading.Lock(), set[link.SshLink](), [0]
    begins, closes = link.SshLink.begin, link.SshLink.close

    def begin(self: link.SshLink, patience: float = DEADLINE) -> None:
        with lock:
            links.add(self)
            most[0] = max(most[0], len(links))
        begins(self, patience)

    def close(self: link.SshLink) -> None:
        closes(self)
        with lock:
            links.discard(self)

    setattr(link.SshLink, "begin", begin)  # noqa: B010
    setattr(link.SshLink, "close", close)  # noqa: B010
    for verb in verbs.split():
        most[0], text = 0, io.StringIO()
        with redirect_stdout(text):
            code = cli.main(["--on", ",".join(hosts), verb, "--format", "json"])
        answers = [json.loads(line) for line in text.getvalue().splitlines()]
        found[verb] = {"code": code, "most": most[0], "open": len(links), "answers": answers}
        gone(f"after {verb}")
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        found[verb]["children"] = len(children)
    return found


def slow() -> dict[str, Any]:
    """Over a slow link: opened, and read again and again."""
    remote = open_remote("lvs2")
    found = told(remote.read(LOOK))
    for _ in range(3):
        remote.read(LOOK._replace(facts=False))
    remote.close()
    return found


def stay() -> dict[str, Any]:
    """Reads until it is killed."""
    remote = open_remote("lvs2")
    remote.read(LOOK)
    print(json.dumps(readers()), flush=True)
    signal.pause()
    return {}


def console(counted: str, host: str) -> dict[str, Any]:
    """The console on a director. What its first request took is in the file `counted`; the second one waits until the
    file `counted`.on is there, so that what is on the screen until then came with the first."""
    gives, asks, began = link.SshLink._give, link.SshLink.ask, time.monotonic()
    sent, asked = [0], [0]

    def give(self: link.SshLink) -> None:
        left = len(self._waiting)
        gives(self)
        sent[0] += left - len(self._waiting)

    def ask(self: link.SshLink, line: bytes) -> wire.WireFrame:
        asked[0] += 1
        if asked[0] == 2:
            end = time.monotonic() + DEADLINE
            while not Path(f"{counted}.on").exists() and time.monotonic() < end:
                time.sleep(0.05)
        frame = asks(self, line)
        if asked[0] == 1:
            words = {"sent": sent[0], "came": len(frame.payload), "seconds": time.monotonic() - began}
            Path(f"{counted}.new").write_text(json.dumps(words))
            os.rename(f"{counted}.new", counted)
        return frame

    setattr(link.SshLink, "_give", give)  # noqa: B010
    setattr(link.SshLink, "ask", ask)  # noqa: B010
    return {"code": cli.main([host, "--fresh"])}


if __name__ == "__main__":
    # A far side on a busy machine is not a silent one, and its sshd may greet late.
    late = {"ConnectTimeout=10": "ConnectTimeout=120", "ServerAliveInterval=5": "ServerAliveInterval=40"}
    link._OURS = tuple(late.get(word, word) for word in link._OURS)  # type: ignore[assignment]
    link.SshLink.__init__.__defaults__ = (None, DEADLINE)
    link.SshLink.begin.__defaults__ = (DEADLINE,)
    parts: dict[str, Callable[..., Any]] = {
        "both": both,
        "ways": ways,
        "knows": knows,
        "trouble": trouble,
        "failover": failover,
        "fleet": fleet,
        "slow": slow,
        "stay": stay,
        "console": console,
        "gone": gone,
    }
    part = parts[sys.argv[1]]
    print(json.dumps(part(*sys.argv[2:])))

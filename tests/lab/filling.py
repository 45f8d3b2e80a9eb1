"""Run in a director's namespace: the disk of the state folder is filled at each moment of a restore at which something
is written there, and ipvsadm says what the table is then. Prints a line for each round that went wrong, and a sum.

    python -m tests.lab.filling STATE [EVERY]    STATE: a file system of its own, of a few MB; every EVERY moments

A round is right where exit code 0 means the whole table, every other one the table as it was, no journal is left, and
a line on standard error says what could not be written. In a second round the restore is killed with the disk full; its
journal then leads on or back, on the full disk too.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lvstui import cli, live, places
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.store import drained
from lvstui.store.audit import Log
from tests.lab.killing import ipvsadm

OLD = ["-A -t 192.0.2.10:80 -s wrr", *(f"-a -t 192.0.2.10:80 -r 10.0.0.{n}:80 -g -w 3" for n in range(1, 200))]
NEW = [line.replace("-w 3", "-w 0") if ".1:80" in line or ".9:80" in line else line for line in OLD[:-90]]
NEW += ["-A -t 192.0.2.11:80 -s wrr", "-a -t 192.0.2.11:80 -r 10.0.0.1:80 -g -w 1"]
DRAINED = sum(line.endswith("-w 0") for line in NEW)
FILE, SAID = "/run/filling.rules", "/run/filling.said"
NO_ROOM = "No space left on device"


def fill(state: Path) -> None:
    """Leaves no byte free on the file system of this folder."""
    with open(state / "fill", "ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


def filled_before(moment: int, state: Path, told: Callable[[int], None]) -> None:
    """From now on the disk is full from the moment of this number on; `told` gets the number of each as it comes."""
    moments = 0

    def counted(call: Any) -> Any:
        def at_a_moment(*args: Any, **more: Any) -> Any:
            nonlocal moments
            writes = call is not os.open or args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes:
                if moments == moment:
                    fill(state)
                moments += 1
                told(moments)
            return call(*args, **more)

        return at_a_moment

    for name in ("open", "write", "pwrite", "fsync", "rename", "mkdir", "ftruncate", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


def in_a_child(work: Callable[[], int]) -> int:
    """The exit status of `work` in a process of its own, which says what it says into a file."""
    child = os.fork()
    if not child:
        said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(said, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def restore() -> int:
    return cli.main(["--restore", FILE, "--yes", "--allow-outage"])


def killed() -> int:
    """A restore that is killed in the middle of its changes."""
    send = live.LiveSource.send

    def half(self: live.LiveSource, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        send(self, changes[: len(changes) // 2], purpose)
        os.kill(os.getpid(), signal.SIGKILL)
        return ()

    live.LiveSource.send = half  # type: ignore[method-assign]
    return restore()


def table() -> list[str]:
    return sorted(ipvsadm("-S", "-n").splitlines())


def begin(state: Path) -> None:
    for one in state.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    ipvsadm("-C")
    ipvsadm("-R", stdin="\n".join(OLD) + "\n")


def whole_or_nothing(code: int, began: float) -> str:
    """What is wrong after a restore that was not killed."""
    said, folder = Path(SAID).read_text(), places.table_paths().folder
    if table() != sorted(NEW if code == 0 else OLD):
        return f"exit {code}, and the table is another: {said}"
    if places.table_paths().journal.exists():
        return f"exit {code}, and the journal is still there: {said}"
    remembered = len(drained.read(folder).drains)
    if remembered != (DRAINED if code == 0 else 0) and NO_ROOM not in said:
        return f"exit {code}, {remembered} drains are remembered, and nobody said so: {said}"
    noted = any(record.epoch > began for record in Log(folder, system=False).latest())
    if code == 0 and not noted and NO_ROOM not in said:
        return f"the audit log has no line of it, and nobody said so: {said}"
    if code != 0 and NO_ROOM not in said:
        return f"exit {code} for another reason: {said}"
    return ""


def round_(moment: int, state: Path) -> tuple[str, bool]:
    """What went wrong in it, "" when nothing did, and whether the moment came."""
    begin(state)
    began = time.time()
    reader, writer = os.pipe()
    write = os.write

    def told(number: int) -> None:
        if number > moment:
            write(writer, b".")

    def full() -> int:
        filled_before(moment, state, told)
        return restore()

    code = in_a_child(full)
    os.close(writer)
    came = os.read(reader, 1) != b""
    os.close(reader)
    return whole_or_nothing(code, began), came


def killed_round(state: Path, verb: str) -> str:
    begin(state)
    if in_a_child(killed) != -signal.SIGKILL or not places.table_paths().journal.exists():
        return f"killed: no journal; {Path(SAID).read_text()}"
    fill(state)
    in_a_child(lambda: cli.main(["--list"]))
    if verb not in Path(SAID).read_text():
        return "killed, and --list does not name it"
    if code := in_a_child(lambda: cli.main([verb, "--yes"])):
        return f"{verb} on a full disk ended with {code}: {Path(SAID).read_text()}"
    if places.table_paths().journal.exists():
        return f"{verb}: the journal is still there"
    return "" if table() == sorted(NEW if verb == "--resume" else OLD) else f"{verb} gave another table"


def main() -> None:
    state, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    os.environ["LVSTUI_STATE"] = str(state)
    Path(FILE).write_text("\n".join(NEW) + "\n")
    moment = rounds = wrong = 0
    came = True
    while came:
        story, came = round_(moment, state)
        rounds += came
        if story:
            wrong += 1
            print(f"full before moment {moment}: {story}")
        moment += every
    for verb in ("--resume", "--rollback"):
        if story := killed_round(state, verb):
            wrong += 1
            print(story)
    print(f"{rounds} moments, {wrong} wrong")


if __name__ == "__main__":
    main()

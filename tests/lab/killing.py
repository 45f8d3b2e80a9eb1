"""Run in a director's namespace: a restore of 50 changes is killed with SIGKILL after each number of them, then
finished or taken back, and ipvsadm says what the table is. Prints a line for each round that went wrong, and a sum.

    python -m tests.lab.killing [EVERY]      only every EVERY steps; 1 for each step
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lvstui import cli, live, places
from lvstui.director import send_order
from lvstui.director.change import Change
from lvstui.director.source import UNNAMED, Outcome, Purpose
from lvstui.store import journal

OLD_FILE, NEW_FILE = Path("/run/old.rules"), Path("/run/new.toml")
CHANGES = 50


def service(port: int, scheduler: str = "wrr") -> str:
    return f"-A -t 192.0.2.10:{port} -s {scheduler}"


def server(port: int, number: int, weight: int = 1) -> str:
    return f"-a -t 192.0.2.10:{port} -r 10.0.0.{number}:{port} -g -w {weight}"


def old() -> list[str]:
    return [line for port in range(80, 88) for line in (service(port), *(server(port, n) for n in range(1, 5)))]


def new() -> list[str]:
    """Two services go and two come, one gets another scheduler and loses a server, weights change, servers come."""
    lines = []
    for port in (80, 81, 82, 83, 84, 85, 88, 89):
        lines.append(service(port, "wlc" if port == 80 else "wrr"))
        weight = 7 if 81 <= port <= 85 else 1
        lines += [server(port, number, weight) for number in range(1, 4 if port == 80 else 5)]
        lines += [server(port, number) for number in range(5, 8) if port <= 84]
    return lines


def ipvsadm(*words: str, stdin: str | None = None) -> str:
    return subprocess.run(["ipvsadm", *words], input=stdin, text=True, check=True, capture_output=True).stdout


def forked(work: Callable[[], int]) -> int:
    """The exit status of `work` in a process of its own, negative when a signal ended it."""
    child = os.fork()
    if not child:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        os._exit(work())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after(step: int) -> int:
    """A restore that dies after this many of its changes; after the last, before it removes its journal."""
    done = 0
    send = live.LiveSource.send

    def mortal(self: live.LiveSource, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        nonlocal done
        part = changes[: step - done]
        outcomes = send(self, part, purpose) if part else ()
        done += len(part)
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes

    live.LiveSource.send = mortal  # type: ignore[method-assign]
    if step % 2:  # the order in which many are sent, as well as that in which few are
        send_order.MANY = 1
    return cli.main(["--restore", str(NEW_FILE), "--yes", "--allow-outage"])


def killed_before_the_journal() -> int:
    def dies(*args: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    journal.begin = dies  # type: ignore[assignment]
    return cli.main(["--restore", str(NEW_FILE), "--yes", "--allow-outage"])


def round_(step: int, verb: str) -> str:
    """What went wrong in it, "" when nothing did."""
    ipvsadm("-C")
    ipvsadm("-R", stdin="\n".join(old()) + "\n")
    ipvsadm("--set", "900", "120", "300")
    code = forked(lambda: killed_after(step))
    if code != -signal.SIGKILL:
        return f"the restore ended with {code}"
    if not places.table_paths().journal.exists():
        return "no journal"
    code = forked(lambda: cli.main([verb, "--yes"]))
    if code:
        return f"{verb} ended with {code}"
    wanted = new() if verb == "--resume" else old()
    if sorted(ipvsadm("-S", "-n").splitlines()) != sorted(wanted):
        return f"{verb} gave another table"
    timeouts = "100 50 25" if verb == "--resume" else "900 120 300"
    if timeouts not in ipvsadm("-L", "-n", "--timeout"):
        return f"{verb} gave other timeouts"
    return "the journal is still there" if places.table_paths().journal.exists() else ""


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    OLD_FILE.write_text("\n".join(new()) + "\n")
    cli.main(["--convert", str(OLD_FILE), str(NEW_FILE)])
    text = NEW_FILE.read_text()
    NEW_FILE.write_text(text.replace("[[service]]", "[timeouts]\ntcp = 100\ntcp_fin = 50\nudp = 25\n\n[[service]]", 1))
    rounds = wrong = 0
    steps = [*range(0, CHANGES, every), CHANGES]
    for step in steps:
        for verb in ("--resume", "--rollback"):
            rounds += 1
            story = round_(step, verb)
            if story:
                wrong += 1
                print(f"killed after {step} of {CHANGES}: {story}")
    ipvsadm("-C")
    ipvsadm("-R", stdin="\n".join(old()) + "\n")
    if forked(killed_before_the_journal) != -signal.SIGKILL or places.table_paths().journal.exists():
        print("killed before the journal was written: there is one")
        wrong += 1
    if sorted(ipvsadm("-S", "-n").splitlines()) != sorted(old()):
        print("killed before the journal was written: the table is another")
        wrong += 1
    print(f"{rounds} rounds, {wrong} wrong")


if __name__ == "__main__":
    main()

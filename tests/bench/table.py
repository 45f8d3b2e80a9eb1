"""The guest's side of the bench: counts what one thing costs on the table of its network namespace, beside ipvsadm.

    python -m tests.bench.table MODE SERVICES SERVERS

Prints one JSON object: lists of seconds of processor time by name, in the order taken. Modes: `read` (whole table and
one tick, in process; listing, saving and a restore with nothing to do, whole processes), `load-ipvsadm` and
`load-lvstui` (into an empty table), `change` (1 % of the servers differ: ipvsadm must clear and load again), `start`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lvstui.director.change import AddServer, AddService, Change
from lvstui.director.model import TCP, Entry, Forward, Rules, Server, ServerKey, Service, ServiceKey, rules_from
from lvstui.director.source import Scope
from lvstui.director.spell import spell
from lvstui.director.state import rules_of
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.live import LiveSource

VISIBLE = 50
"""Real servers on a large screen."""

Seconds = dict[str, list[float]]


def table(services: int, servers: int) -> Rules:
    """A table as large sites have them: one port, one scheduler, direct routing."""
    return rules_from(
        [
            (
                Service(ServiceKey(0, 4, TCP, bytes([10, 1, i >> 8, i & 255]), 80), "wlc"),
                [
                    Server(ServerKey(4, bytes([172, 16 + j, i >> 8, i & 255]), 80), Forward.ROUTE, 1)
                    for j in range(servers)
                ],
            )
            for i in range(services)
        ]
    )


def one_percent(rules: Rules) -> Rules:
    """The same table with every hundredth server at another weight."""
    changed: dict[ServiceKey, Entry] = {}
    number = 0
    for key, entry in rules.items():
        servers = dict(entry.servers)
        for server in servers.values():
            number += 1
            if number % 100 == 0:
                servers[server.key] = server._replace(weight=7)
        changed[key] = Entry(entry.service, servers)
    return changed


def changes(rules: Rules) -> list[Change]:
    found: list[Change] = []
    for key, entry in rules.items():
        found.append(AddService(entry.service))
        found += [AddServer(key, server) for server in entry.servers.values()]
    return found


def write(rules: Rules, path: Path) -> Path:
    path.write_text("".join(f"{spell(change)}\n" for change in changes(rules)))
    return path


def load(rules: Rules) -> None:
    """Into the kernel, in the fastest way: this is not measured."""
    refused = [outcome for outcome in LiveSource(Ipvs()).send(changes(rules)) if outcome.error]
    if refused:
        raise SystemExit(f"{len(refused)} refused, first: {refused[0].error}")


def spent(work: Callable[[], object]) -> float:
    """Seconds of processor time that a piece of work takes, in this process and in those that it starts."""
    before = _processor()
    work()
    return _processor() - before


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def run(*command: str, stdin: Path | None = None, stdout: Path | None = None) -> None:
    with (stdin or Path("/dev/null")).open() as source, (stdout or Path("/dev/null")).open("w") as sink:
        subprocess.run(command, stdin=source, stdout=sink, check=True)


COMMAND = Path(__file__).resolve().parents[2] / "packaging/wheel/lvstui"
"""The command as pip installs it."""


def lvstui(*words: str) -> None:
    run(sys.executable, str(COMMAND), *words)


def turns(count: int, **works: Callable[[], object]) -> Seconds:
    """Each piece of work in turn, this many times."""
    found: Seconds = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            found[name].append(spent(work))
    return found


def read(rules: Rules, folder: Path, count: int) -> Seconds:
    load(rules)
    source = LiveSource(Ipvs())
    state = source.read(Scope(sweep=True))
    if rules_of(state).rules != rules:
        raise SystemExit("the table read back is not the table loaded")
    shown = -(-VISIBLE // len(next(iter(rules.values())).servers))
    visible = Scope(frozenset(state.services.keys[:shown]))
    lvstui("--save", str(folder / "warm"))
    found = turns(
        count,
        **{
            "ipvsadm -Ln": lambda: run("ipvsadm", "-Ln"),
            "read": lambda: source.read(Scope(sweep=True)),
            "tick": lambda: source.read(visible),
            "list": lambda: lvstui("--list"),
            "ipvsadm -Sn": lambda: run("ipvsadm", "-S", "-n", stdout=folder / "theirs"),
            "save": lambda: lvstui("--save", str(folder / "ours")),
            "nothing": lambda: lvstui("--restore", str(folder / "ours"), "--yes"),
        },
    )
    if (folder / "ours").read_text() != (folder / "theirs").read_text():
        raise SystemExit("the text that lvstui saved is not ipvsadm's")
    return found


def start(rules: Rules, count: int) -> Seconds:
    """What starting costs: an interpreter that does nothing, the version, and a small table."""
    load(rules)
    lvstui("--list")
    python = lambda: run(sys.executable, "-c", "pass")  # noqa: E731
    return turns(
        count, **{"python": python, "version": lambda: lvstui("--version"), "small list": lambda: lvstui("--list")}
    )


def change(rules: Rules, folder: Path) -> Seconds:
    load(rules)
    changed = write(one_percent(rules), folder / "changed")
    lvstui("--diff", str(write(rules, folder / "rules")))
    ours = spent(lambda: lvstui("--restore", str(changed), "--yes"))
    if not same(changed, folder):
        raise SystemExit("lvstui did not restore what the file says")

    def again() -> None:
        run("ipvsadm", "-C")
        run("ipvsadm", "-R", stdin=changed)

    return {"change": [ours], "ipvsadm -C -R": [spent(again)]}


def same(wanted: Path, folder: Path) -> bool:
    run("ipvsadm", "-S", "-n", stdout=folder / "now")
    return sorted((folder / "now").read_text().splitlines()) == sorted(wanted.read_text().splitlines())


def main(mode: str, services: int, servers: int) -> Seconds:
    rules = table(services, servers)
    os.environ["PYTHONPATH"] = str(COMMAND.parents[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if mode == "read":
            return read(rules, folder, 1 if services * servers > 10_000 else 3)
        if mode == "start":
            return start(rules, 3)
        if mode == "change":
            return change(rules, folder)
        file = write(rules, folder / "rules")
        if mode == "load-ipvsadm":
            return {"ipvsadm -R": [spent(lambda: run("ipvsadm", "-R", stdin=file))]}
        lvstui("--version")
        seconds = spent(lambda: lvstui("--restore", str(file), "--yes"))
        if not same(file, folder):
            raise SystemExit("lvstui did not restore what the file says")
        return {"restore": [seconds]}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))

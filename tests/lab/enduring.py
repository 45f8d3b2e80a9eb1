"""A console's work for thousands of ticks on the lab's kernel, on a director under the real keepalived, with changes,
failovers, and ip_vs unloaded and loaded again. Nothing may grow after the first thousand.

    python -m tests.lab.enduring [TICKS]

Says what grew and ends with 1, or, after 5,000 ticks and more, draws docs/endurance.svg and writes docs/performance.md
again, which shows it.
"""

from __future__ import annotations

import json
import platform
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lvstui import places
from lvstui.director.change import AddServer, AddService, DeleteServer, EditServer
from lvstui.director.errors import LvsError
from lvstui.director.model import Server, Service, ServiceKey, server_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.live import open_source
from lvstui.verbs.disk import Disk
from tests.bench import endurance
from tests.bench.endurance import Held, Run
from tests.enduring import BOUND, Console, held
from tests.lab import cluster as seed
from tests.lab.choose import open_lab
from tests.lab.cluster import DIRECTORS, Cluster
from tests.lab.session import REPOSITORY, LabMissing
from tests.lab.waiting import wait_until

TICKS = 5000
EVERY = 25
"""Ticks from one look at what is held to the next."""
PACE = 0.02
"""Seconds of rest after a tick, in which the machine's other programs run."""
SCOPE = Scope(sweep=True, vrrp=True, owner=True, settings=True)
OWN = ServiceKey(7777, 4, 0, b"", 0)
"""A service of ours, beside keepalived's."""
PICTURE = REPOSITORY / "docs/endurance.svg"
LOADED = "awk '/^ip_vs/ {print $1}' /proc/modules"
UNLOAD = f"while [ -e /proc/net/ip_vs ]; do modprobe -qr $({LOADED} | grep -v '^ip_vs$') ip_vs || sleep 0.1; done"
"""Again and again: it is in use for as long as the console is in the middle of a read."""


# --- on the director


def here(ticks: int) -> Iterator[Held]:
    """Ticks, with changes of our own and automatic snapshots."""
    kept = places.table_paths()
    disk, console = Disk(kept), Console(open_source(), kept.folder)
    chosen = random.Random(14)
    failed = 0
    for tick in range(1, ticks + 1):
        try:
            state = console.tick(SCOPE)
            if tick % 7 == 0:
                change(console, state, chosen)
            if tick % 50 == 0:
                disk.keep(state)
        except LvsError:  # while the module is away
            failed += 1
        if tick % EVERY == 0:
            blocks, descriptors = held()
            kilobytes = int(Path("/proc/self/statm").read_text().split()[1]) * 4
            log = sum(path.stat().st_size for path in kept.folder.glob("audit.jsonl*"))
            snapshots = len(list(kept.snapshots.glob("*.toml"))) if kept.snapshots.exists() else 0
            yield Held(tick, blocks, kilobytes, descriptors, log, snapshots, failed)
        time.sleep(PACE)


def change(console: Console, state: State, chosen: random.Random) -> None:
    """One change of our own service: it and its servers come, get other weights, and go."""
    if state.services.find(OWN) is None:
        console.source.send([AddService(Service(OWN, "rr"))])
        return
    key = server_key(f"192.168.80.{chosen.randrange(200, 210)}", 0)
    there = {row.server.key: row.server for row in state.pools.get(OWN) or ()}
    if key not in there:
        console.source.send([AddServer(OWN, Server(key))])
    elif chosen.random() < 0.5:
        console.source.send([EditServer(OWN, there[key]._replace(weight=chosen.randrange(100)))])
    else:
        console.source.send([DeleteServer(OWN, key)])


# --- beside it


def lived(lab_cluster: Cluster, ticks: int) -> Run:
    """Runs the console on lvs1 while things happen to it."""
    lab = lab_cluster.lab
    job = lab_cluster.spawn("lvs1", [lab.python, "-m", "tests.lab.enduring", "--here", str(ticks)])
    events: list[tuple[int, str]] = []

    def seen() -> list[Held]:
        return [Held(*json.loads(line)) for line in job.stdout().splitlines()]

    def happened(what: str) -> None:
        events.append((rows[-1].tick if (rows := seen()) else 0, what))

    def ended() -> bool:
        return job.poll() is not None

    turn = 0
    wait_until(lambda: bool(seen()) or ended(), "the console ticks")
    while not ended():
        turn += 1
        happened("changes")
        for words in (["-A", "-f", "8", "-s", "rr"], ["-a", "-f", "8", "-r", "192.168.80.220", "-w", str(turn)]):
            lab_cluster.run("lvs1", ["ipvsadm", *words])
        lab_cluster.run("lvs1", ["ipvsadm", "-D", "-f", "8"])
        if turn % 4 == 1:
            happened("failovers")
            failover(lab_cluster)
        if turn % 8 == 5:
            happened("reloads")
            reload(lab_cluster)
        print(f"{seen()[-1]}", file=sys.stderr, flush=True)
        job.poll(1.0)
    done = job.wait()
    if done.code:
        raise SystemExit(f"the console ended with {done.code}: {done.stderr}")
    machine = f"{lab.run(['uname', '-sr']).ok().strip()} in User Mode Linux, Python {platform.python_version()}"
    return Run(machine, tuple(seen()), tuple(events))


def failover(lab_cluster: Cluster) -> None:
    """lvs2 takes over, and lvs1 comes back."""
    lab_cluster.stop_keepalived("lvs1")
    lab_cluster.wait_master("lvs2")
    lab_cluster.start_keepalived("lvs1")
    lab_cluster.wait_healthy()


def reload(lab_cluster: Cluster) -> None:
    """Unloads ip_vs, which nobody may use meanwhile, and loads it again."""
    lab = lab_cluster.lab
    names = lab.run(["sh", "-c", LOADED]).ok().split()
    for name in DIRECTORS:
        lab_cluster.stop_keepalived(name)
    # A change of the console's may come in between, so the tables are emptied again and again too.
    clear = "; ".join(f"ip netns exec {name} ipvsadm -C" for name in DIRECTORS)
    lab.run(["sh", "-c", UNLOAD.replace("modprobe", f"{clear}; modprobe", 1)], timeout=120.0).ok()
    lab.run(["modprobe", "-a", *names]).ok()
    lab_cluster.heal()


def main(words: list[str]) -> int:
    if words[:1] == ["--here"]:
        for one in here(int(words[1])):
            print(json.dumps(one), flush=True)
        return 0
    ticks = int(words[0]) if words else TICKS
    try:
        lab = open_lab()
    except LabMissing as why:
        print(f"no lab: {why}", file=sys.stderr)
        return 1
    with lab:
        built = seed.start(lab)
        try:
            run = lived(built, ticks)
        finally:
            with suppress(Exception):
                built.close()
    print(endurance.told(run))
    found = endurance.grown(run, 3 * BOUND, places.table_paths().most)
    for line in found:
        print(f"grew: {line}", file=sys.stderr)
    if not found and ticks >= TICKS:
        from tests.bench.__main__ import LIVED, rewrite

        LIVED.write_text(json.dumps(endurance.as_data(run)) + "\n", encoding="utf-8")
        PICTURE.write_text(endurance.picture(run), encoding="utf-8")
        rewrite()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

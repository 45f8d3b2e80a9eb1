"""Who else writes the table of this network namespace: keepalived's checker, ldirectord, kube-proxy, kube-router."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_OTHERS = ("ldirectord", "kube-proxy", "kube-router")
_CHECKER = ("keepalived_lvs", "keepalived_ipvs", "keepalived_check")
"""Names that keepalived's checker takes when it is told to name its processes."""
_PIDS = ("/run/checkers.pid", "/var/run/checkers.pid", "/run/keepalived/checkers.pid")
_CHILDREN = 2
"""Children of a keepalived that does VRRP and checks: one that only does VRRP has one."""


class Keepers(NamedTuple):
    """`owner` writes the table by itself, "" when nobody does; `keepalived`: one runs here, checking or not."""

    owner: str = ""
    keepalived: bool = False


def look(processes: Path = Path("/proc")) -> Keepers:
    """Looks through the processes of our network namespace. kube-proxy counts when it is in its ipvs mode, which makes
    a device of its own, kube-ipvs0."""
    try:
        ours = (processes / "self/ns/net").stat().st_ino
        names = [name for name in os.listdir(processes) if name.isdigit()]
    except OSError:
        return Keepers()
    parents: dict[str, str] = {}
    other = ""
    checks = False
    for number in names:
        try:
            name = (processes / number / "comm").read_text().strip()
            if not name.startswith(("keepalived", *_OTHERS)):
                continue
            if (processes / number / "ns/net").stat().st_ino != ours:
                continue
            if name.startswith("keepalived"):
                parents[number] = _parent(processes / number)
                checks = checks or name.startswith(_CHECKER)
            elif name != "kube-proxy" or (processes / "sys/net/ipv4/conf/kube-ipvs0").exists():
                other = next(each for each in _OTHERS if name.startswith(each))
        except OSError:
            continue  # it ended while we looked, or is none of our business
    children = [number for number, parent in parents.items() if parent in parents]
    checks = checks or len(children) >= _CHILDREN or any(_pid(path) in parents for path in _PIDS)
    return Keepers("keepalived" if parents and checks else other, bool(parents))


def _parent(process: Path) -> str:
    """The fourth word of stat, after a name in brackets that may hold anything."""
    return (process / "stat").read_text().rpartition(")")[2].split()[1]


def _pid(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""

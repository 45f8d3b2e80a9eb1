"""The bench: medians of ratios against ipvsadm on the same kernel in one run, and what painting costs.

    python -m tests.bench [--quick]

Nothing here fails because a machine is slow: it prints each ratio beside its aim and says which is missed.
"""

from __future__ import annotations

import compileall
import json
import statistics
import sys
from typing import NamedTuple

from tests.bench import vm
from tests.lab.director import Director
from tests.lab.session import REPOSITORY, LabError, LabMissing, Session

SIZES = ((100, 10), (1000, 10), (10_000, 5))
QUICK = SIZES[:2]
LIMIT = 1500.0


class Aim(NamedTuple):
    """A ratio: seconds of `ours` over seconds of `theirs`, to be at most `most`. `only`: the size it is meant for."""

    title: str
    ours: str
    theirs: str
    most: float
    only: tuple[int, int] | None = None


AIMS = (
    Aim("whole-table read, in process / ipvsadm -Ln", "read", "ipvsadm -Ln", 0.45),
    Aim("one console tick / ipvsadm -Ln", "tick", "ipvsadm -Ln", 0.05),
    Aim("--save, whole process / ipvsadm -S -n", "save", "ipvsadm -Sn", 0.9, (10_000, 5)),
    Aim("--restore into an empty table / ipvsadm -R", "restore", "ipvsadm -R", 0.25),
    Aim("--restore of a 1 % change / ipvsadm -C and -R", "change", "ipvsadm -C -R", 0.05),
)


def measure(lab: Session, size: tuple[int, int]) -> dict[str, list[float]]:
    """All modes at one size, each in a network namespace of its own: the kernel remembers removed servers for two
    minutes and searches them at every addition."""
    found: dict[str, list[float]] = {}
    large = size[0] * size[1] > 10_000
    modes = ["read", *["load-ipvsadm", "load-lvstui", "change"] * (1 if large else 3)]
    for number, mode in enumerate(modes):
        director = Director.make(lab, f"bench{number}")
        words = [lab.python, "-m", "tests.bench.table", mode, str(size[0]), str(size[1])]
        for name, seconds in json.loads(director.run(words, timeout=LIMIT).ok()).items():
            found.setdefault(name, []).extend(seconds)
        director.close()
    return found


def ratio(found: dict[str, list[float]], aim: Aim) -> float:
    return statistics.median(ours / theirs for ours, theirs in zip(found[aim.ours], found[aim.theirs], strict=True))


def report(size: tuple[int, int], found: dict[str, list[float]]) -> None:
    print(f"\n{size[0]} services x {size[1]} real servers (seconds in the slow machine: only ratios mean anything)")
    for aim in AIMS:
        value = ratio(found, aim)
        verdict = "" if aim.only not in (None, size) else "met" if value <= aim.most else "MISSED"
        times = f"{statistics.median(found[aim.ours]):8.3f} / {statistics.median(found[aim.theirs]):8.3f} s"
        runs = len(found[aim.ours])
        print(f"  {aim.title:48} {value:7.4f}  aim {aim.most:<5} {verdict:7} {times}  median of {runs}")
    print(
        f"  first read of a new process: {found['first read'][0]:.3f} s; saved text equal to ipvsadm's: "
        f"{'yes' if all(found['same']) else 'NO'}"
    )


def main(words: list[str]) -> int:
    # The guest sees our files read-only: compiled here, they need not be compiled at every start there.
    compileall.compile_dir(REPOSITORY / "lvstui", quiet=2)
    compileall.compile_dir(REPOSITORY / "tests", quiet=2)
    try:
        with vm.boot() as lab:
            for size in QUICK if "--quick" in words else SIZES:
                report(size, measure(lab, size))
                sys.stdout.flush()
    except LabMissing as missing:
        print(f"no virtual machine, so no ratios against ipvsadm: {missing}")
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    from tests.bench import paint, text

    text.main()
    paint.main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

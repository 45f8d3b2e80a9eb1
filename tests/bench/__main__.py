"""The bench: what lvstui costs beside ipvsadm on the same kernel, counted in instructions, and what painting and the
doctor cost.

    python -m tests.bench [--quick] [--ratios]

Writes docs/performance.md, docs/performance.svg and tests/bench/performance.json, and says what has grown since the
run before. `--quick`: without the largest table, and nothing is written. `--ratios`: without painting and doctor.
"""

from __future__ import annotations

import compileall
import json
import platform
import sys

from tests.bench import endurance, performance, vm
from tests.bench.performance import Measured
from tests.lab.director import Director
from tests.lab.session import REPOSITORY, LabError, LabMissing, Session

SIZES = ((100, 10), (1000, 10), (10_000, 5))
SMALL = (10, 3)
LIMIT = 3000.0
KEPT, LIVED = REPOSITORY / "tests/bench/performance.json", REPOSITORY / "tests/bench/endurance.json"
PAGE, PICTURE = REPOSITORY / "docs/performance.md", REPOSITORY / "docs/performance.svg"


def measure(lab: Session, size: tuple[int, int], *modes: str) -> dict[str, list[float]]:
    """All modes at one size, each in a network namespace of its own: the kernel remembers removed servers for two
    minutes and searches them at every addition."""
    found: dict[str, list[float]] = {}
    for number, mode in enumerate(modes):
        director = Director.make(lab, f"bench{number}")
        words = [lab.python, "-m", "tests.bench.table", mode, str(size[0]), str(size[1])]
        for name, seconds in json.loads(director.run(words, timeout=LIMIT).ok()).items():
            found.setdefault(name, []).extend(seconds)
        director.close()
    return found


def counted(sizes: tuple[tuple[int, int], ...]) -> Measured:
    """Everything, in one boot of the virtual machine. Raises LabError."""
    # The guest sees our files read-only: compiled here, they need not be compiled at every start there.
    compileall.compile_dir(REPOSITORY / "lvstui", quiet=2)
    compileall.compile_dir(REPOSITORY / "tests", quiet=2)
    with vm.boot(counted=True) as lab:
        kernel = lab.run(["uname", "-r"]).ok().strip()
        starts = measure(lab, SMALL, "start")
        of = {}
        for size in sizes:
            times = 1 if size[0] * size[1] > 10_000 else 2
            of[size] = measure(lab, size, "read", *["load-ipvsadm", "load-lvstui", "change"] * times)
            print(f"counted: {size[0]} x {size[1]}", file=sys.stderr, flush=True)
    machine = f"Linux {kernel} ({platform.machine()}) in qemu, Python {platform.python_version()}"
    return Measured(machine, of, starts)


def lived() -> str:
    """What the last run of tests.lab.enduring held, in words; "" where none is kept."""
    return endurance.told(endurance.from_data(json.loads(LIVED.read_text()))) if LIVED.is_file() else ""


def rewrite() -> None:
    """Writes docs/performance.md again from the figures in the tree."""
    found = performance.from_data(json.loads(KEPT.read_text()))
    PAGE.write_text(performance.page(found, [], lived()), encoding="utf-8")


def main(words: list[str]) -> int:
    quick = "--quick" in words
    try:
        found = counted(SIZES[:2] if quick else SIZES)
    except LabMissing as missing:
        print(f"no virtual machine, so no ratios against ipvsadm: {missing}")
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    else:
        before = performance.from_data(json.loads(KEPT.read_text())) if KEPT.is_file() else None
        changes = performance.grown(found, before) if before is not None else []
        text = performance.page(found, changes, lived())
        print(text)
        if not quick:
            PAGE.write_text(text, encoding="utf-8")
            PICTURE.write_text(performance.picture(found), encoding="utf-8")
            KEPT.write_text(json.dumps(performance.as_data(found), indent=1) + "\n", encoding="utf-8")
    if "--ratios" not in words:
        from tests.bench import findings, paint
        from tests.bench import text as texts

        texts.main()
        findings.main()
        paint.main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

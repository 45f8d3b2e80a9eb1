"""The guest's side of the differential test: what ipvsadm loads, lvstui saves; what lvstui restores, ipvsadm saves.

    python -m tests.lab.differential FIRST LAST

Runs in an empty network namespace, one process for all seeds, since a process costs most of the time there; the verbs
are called as the command line calls them. Prints a line for every seed that fails, and exits 1 when one did.
"""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from lvstui import cli
from lvstui.director.spell import server_line, service_line
from tests.rulesets import random_ruleset


def ipvsadm(*words: str, stdin: str = "") -> str:
    done = subprocess.run(["ipvsadm", *words], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"ipvsadm {' '.join(words)}: exit {done.returncode}: {done.stderr}\n{stdin}")
    return done.stdout


def lvstui(*words: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(words))
    if code:
        raise SystemExit(f"lvstui {' '.join(words)}: exit {code}: {err.getvalue()}{out.getvalue()}")
    return out.getvalue()


def as_ipvsadm_saves(line: str) -> str:
    """One of our lines with what ipvsadm's own save loses taken out: thresholds, and the sign of a large fwmark."""
    line = re.sub(r" -x \d+ -y \d+$", "", line)
    return re.sub(r"(?<= -f )\d+", lambda mark: str((int(mark[0]) + 2**31) % 2**32 - 2**31), line)


def check(seed: int, folder: Path) -> str:
    """What is wrong with this seed's rules, or nothing."""
    rules = random_ruleset(seed).rules
    text = ""
    for key, (service, servers) in rules.items():
        text += service_line(service) + "\n"
        text += "".join(server_line(key, server) + "\n" for server in servers.values())
    ipvsadm("-R", stdin=text)
    theirs, limits = sorted(ipvsadm("-S", "-n").splitlines()), thresholds()
    ours = lvstui("--save", "-", "--format", "ipvsadm").splitlines()
    if sorted(map(as_ipvsadm_saves, ours)) != theirs:
        return "--save differs from ipvsadm -S -n:\n" + difference(map(as_ipvsadm_saves, ours), theirs)
    if sorted(ours) != sorted(text.splitlines()):
        return "--save differs from what was loaded:\n" + difference(ours, text.splitlines())
    for suffix in ("toml", "rules", "json"):
        file = folder / f"rules.{suffix}"
        lvstui("--save", str(file))
        ipvsadm("-C")
        lvstui("--restore", str(file), "--yes")
        again = sorted(ipvsadm("-S", "-n").splitlines())
        if again != theirs:
            return f"{suffix} does not restore it:\n" + difference(again, theirs)
        if thresholds() != limits:
            return f"{suffix} does not restore the thresholds:\n" + difference(thresholds(), limits)
    ipvsadm("-C")
    return ""


def thresholds() -> list[str]:
    return sorted(ipvsadm("-L", "-n", "--thresholds").splitlines()[3:])


def difference(ours: object, theirs: object) -> str:
    left, right = set(map(str, ours)), set(map(str, theirs))  # type: ignore[call-overload]
    return "\n".join([*(f"  ours   {line}" for line in left - right), *(f"  theirs {line}" for line in right - left)])


def main(first: int, last: int) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        for seed in range(first, last):
            wrong = check(seed, Path(name))
            if wrong:
                failed += 1
                print(f"seed {seed}: {wrong}")
                ipvsadm("-C")
    print(f"{last - first} rule sets, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2])))

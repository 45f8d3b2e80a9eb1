"""The guest's side of the differential test: ipvsadm loads rules, lvstui saves them in every format and converts each
format into each other; lvstui restores from each of them, and ipvsadm must then save the same rules.

    python -m tests.lab.differential FIRST LAST

Runs in an empty network namespace, one process for all seeds, since a process costs most of the time there; the verbs
are called as the command line calls them. Prints a line for every seed that fails, and exits 1 when one did.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lvstui import cli
from lvstui.director.change import StartSync
from lvstui.director.model import Rules, RuleSet, Timeouts
from lvstui.director.spell import server_line, service_line, spell
from lvstui.formats import rule_files
from lvstui.formats.contents import contents_of
from tests.lab import both_ways
from tests.rulesets import as_text_holds, odd_ruleset, random_ruleset, random_settings

_SUFFIXES = {"toml": "toml", "json": "json", "rules": "ipvsadm"}
_OTHER = Timeouts(11, 12, 13)
"""The timeouts before each restore: ipvsadm text has none, and has to leave these alone."""


class Look(NamedTuple):
    """The table as ipvsadm prints it: the lines of its save, the thresholds, the timeouts, the sync daemons."""

    lines: list[str]
    limits: list[str]
    timeouts: list[str]
    daemons: list[str]


def ipvsadm(*lines: str) -> str:
    """The output of a stream of commands; ipvsadm has to accept every one of them."""
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(["ipvsadm", "-R"], input=text, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise SystemExit(f"ipvsadm -R: exit {done.returncode}: {done.stderr}\n{text}")
    return done.stdout


def lvstui(*words: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(words))
    if code:
        raise SystemExit(f"lvstui {' '.join(words)}: exit {code}: {err.getvalue()}{out.getvalue()}")
    return out.getvalue()


def as_ipvsadm_saves(line: str) -> str:
    """One of our lines with what ipvsadm's own save loses taken out: thresholds, the sign of a large fwmark, flag-3 of
    sh and mh."""
    line = re.sub(r" -x \d+ -y \d+$", "", line)
    line = re.sub(r"(?<= -s [sm]h )(.*?-b .*?),?flag-3$", r"\1", line)
    return re.sub(r"(?<= -f )\d+", lambda mark: str((int(mark[0]) + 2**31) % 2**32 - 2**31), line)


def look() -> Look:
    lines = ipvsadm("-S -n", "-L -n --thresholds", "-L --timeout", "-L --daemon").splitlines()
    told = [line for line in lines if line[:3] in ("-A ", "-a ")]
    limits = [line for line in lines if re.match(r"  -> \S+ +\d+ +\d+", line)]
    timeouts = [line for line in lines if line.startswith("Timeout")]
    return Look(sorted(told), sorted(limits), timeouts, sorted(line for line in lines if " sync daemon " in line))


def empty() -> None:
    """An empty table with timeouts that no rule set has."""
    stop = (f"--stop-daemon {line.partition(' ')[0]}" for line in look().daemons)
    ipvsadm("-C", *stop, "--set " + " ".join(map(str, _OTHER)))


def check(seed: int, folder: Path) -> str:
    """What is wrong with this seed's rules, or nothing."""
    return _as_ipvsadm_has_them(seed) or _each_to_each(seed, folder) or _what_text_loses(seed, folder)


def _as_ipvsadm_has_them(seed: int) -> str:
    """ipvsadm loads, lvstui saves; the rules stay in the kernel."""
    rules = random_ruleset(seed).rules
    text = []
    for key, (service, servers) in rules.items():
        text += [service_line(service), *(server_line(key, server) for server in servers.values())]
    ipvsadm(*text)
    theirs, ours = look().lines, lvstui("--save", "-", "--format", "ipvsadm").splitlines()
    if sorted(map(as_ipvsadm_saves, ours)) != theirs:
        return "--save differs from ipvsadm -S -n:\n" + difference(map(as_ipvsadm_saves, ours), theirs)
    if sorted(ours) != sorted(text):
        return "--save differs from what was loaded:\n" + difference(ours, text)
    return _both_readers()


def _both_readers() -> str:
    """Socket options and netlink tell the same table."""
    wrong, _ = both_ways.compared()
    return f"netlink and socket options differ: {wrong}" if wrong else ""


def _each_to_each(seed: int, folder: Path) -> str:
    """Every format becomes every other, and what comes out is restored into an empty table, once where two ways lead to
    the same bytes. By the contract, text holds no timeouts and no sync daemons: what went through it leaves those
    alone."""
    timeouts, daemons = random_settings(seed, random_ruleset(seed))
    ipvsadm(*(spell(StartSync(daemon)) for daemon in daemons), "--set " + " ".join(map(str, timeouts)))
    wanted = look()
    for suffix in _SUFFIXES:
        lvstui("--save", str(folder / f"saved.{suffix}"))
    seen: set[tuple[bytes, bool]] = set()
    for first, second in itertools.product(_SUFFIXES, repeat=2):
        file = folder / f"{first}.{second}"
        lvstui("--convert", str(folder / f"saved.{first}"), str(file))
        held = "rules" not in (first, second)
        if (file.read_bytes(), held) in seen:
            continue
        seen.add((file.read_bytes(), held))
        empty()
        lvstui("--restore", str(file), "--yes")
        wrong = _unlike(look(), wanted if held else _settings_left_alone(wanted))
        if wrong:
            return f"{first} to {second} does not restore it:\n{wrong}"
    empty()
    return ""


def _what_text_loses(seed: int, folder: Path) -> str:
    """Rules that the kernel takes and ipvsadm text cannot hold: TOML and JSON do, and text becomes exactly what the
    contract says."""
    rules = odd_ruleset(seed)
    _write(rules, folder / "odd.json")
    for first, second in itertools.pairwise(("json", "toml", "json", "rules")):
        lvstui("--convert", str(folder / f"odd.{first}"), str(folder / f"odd.{second}"))
    for suffix in _SUFFIXES:
        empty()
        lvstui("--restore", str(folder / f"odd.{suffix}"), "--yes")
        held, wanted = _held(folder), (as_text_holds(rules) if suffix == "rules" else rules).rules
        if held != wanted:
            return f"odd rules in {suffix}:\n{difference(held.items(), wanted.items())}"
        if wrong := _both_readers():
            return wrong
    empty()
    return ""


def _write(rules: RuleSet, file: Path) -> None:
    file.write_text("".join(rule_files.render(contents_of(rules), _SUFFIXES[file.suffix[1:]])))


def _held(folder: Path) -> Rules:
    """The rules in the kernel."""
    lvstui("--save", str(folder / "held.toml"))
    return rule_files.read_rules(str(folder / "held.toml")).rules.rules


def _settings_left_alone(wanted: Look) -> Look:
    seconds = " ".join(map(str, _OTHER))
    return wanted._replace(timeouts=[re.sub(r"[\d ]+$", f" {seconds}", wanted.timeouts[0])], daemons=[])


def _unlike(ours: Look, theirs: Look) -> str:
    return "\n".join(difference(a, b) for a, b in zip(ours, theirs, strict=True) if a != b)


def difference(ours: Iterable[object], theirs: Iterable[object]) -> str:
    left, right = set(map(str, ours)), set(map(str, theirs))
    return "\n".join([*(f"  ours   {line}" for line in left - right), *(f"  theirs {line}" for line in right - left)])


def main(first: int, last: int) -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        for seed in range(first, last):
            wrong = check(seed, Path(name))
            if wrong:
                failed += 1
                print(f"seed {seed}: {wrong}")
                empty()
            gc.collect()  # a verb leaves that to the end of its process
    print(f"{last - first} rule sets, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2])))

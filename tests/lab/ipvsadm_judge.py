"""What the real `ipvsadm -R` makes of texts: all of them in one shell script, each on an empty table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lvstui.director.model import RuleSet, server_text
from lvstui.director.spell import server_line, service_line
from tests.lab.differential import as_ipvsadm_saves
from tests.lab.director import Director

_SCRIPT = """
export RES_OPTIONS='timeout:1 attempts:1'
cd $(mktemp -d)
one() { ipvsadm -R < in > $1 2> $2.said; echo $? > $2.code; }
"""
_END = """
grep -a '' *
rm -r "$PWD"
"""
# Starting a process takes most of the time. So one stream prints the result of the text before, empties the table, and
# goes on with its own text; if that stops it, the next stream prints the result.
_LOOKS = {"-x|-y|thre": "-L -n --thresholds", "daemon": "-L --daemon"}
_CLEAN = {"daemon": ("--stop-daemon master", "--stop-daemon backup"), "--set": ("--set 900 120 300",)}


class Verdict(NamedTuple):
    """The result of one text: the table as `ipvsadm -S -n` lines, thresholds by server, the timeouts, the daemons by
    role with interface and id; and ipvsadm's own words (exit code, complaints)."""

    rules: tuple[str, ...]
    limits: Mapping[str, tuple[int, int]]
    timeouts: tuple[int, ...]
    daemons: Mapping[str, tuple[str, int]]
    code: int
    said: str

    def table(self) -> tuple[object, ...]:
        """All of it except ipvsadm's own words."""
        return self[:4]


def judged(director: Director, texts: Sequence[str]) -> list[Verdict]:
    """What ipvsadm makes of each text, on a table that is empty and at the usual timeouts."""
    script = [_SCRIPT]
    look = ""
    for number, text in enumerate((*texts, "")):
        script.append(f"printf %b '{look}{_escaped(text)}' > in; one n{number - 1}.found n{number}\n")
        look = _look(text)
    found: dict[str, str] = {}
    for line in director.run(["sh", "-s"], stdin="".join([*script, _END]), timeout=300).ok().splitlines():
        name, _, rest = line.partition(":")
        found[name] = f"{found.get(name, '')}{rest}\n"
    return [_verdict(*(found.get(f"n{n}.{part}", "") for part in ("found", "code", "said"))) for n in range(len(texts))]


def ours(rules: RuleSet) -> tuple[object, ...]:
    """The same for rules that we read, as ipvsadm would print a table that has them."""
    lines, limits = [], {}
    for key, (service, servers) in rules.rules.items():
        lines.append(as_ipvsadm_saves(service_line(service)))
        for server in servers.values():
            lines.append(as_ipvsadm_saves(server_line(key, server)))
            if server.upper or server.lower:
                limits[server_text(server.key)] = server.upper or 0, server.lower or 0
    wanted = rules.timeouts or (0, 0, 0)
    timeouts = tuple(new or usual for new, usual in zip(wanted, (900, 120, 300), strict=True))
    daemons = {daemon.role: (daemon.interface, daemon.id) for daemon in rules.sync or ()}
    return tuple(sorted(lines)), limits, timeouts, daemons


def _escaped(text: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in text.encode())


def _look(text: str) -> str:
    """What to look at after it, and how to leave the table empty again."""
    lines = ["-S -n", *(look for hint, look in _LOOKS.items() if re.search(hint, text)), "-C", "-L --timeout"]
    lines += [line for hint, ends in _CLEAN.items() if hint in text for line in ends]
    return "".join(f"{line}\\n" for line in lines)


def _verdict(found: str, code: str, said: str) -> Verdict:
    seconds = re.search(r"^Timeout .*: (\d+) (\d+) (\d+)", found, re.M)
    assert seconds is not None
    found = found[: seconds.start()]  # what follows, the next text printed
    limits = re.findall(r"^  -> (\S+) +(\d+) +(\d+) +\d+ +\d+ *$", found, re.M)
    daemons = re.findall(r"^(\w+) sync daemon \(mcast=([^,]+), syncid=(\d+)", found, re.M)
    return Verdict(
        tuple(sorted(re.findall(r"^-[Aa] .*", found, re.M))),
        {server: (int(upper), int(lower)) for server, upper, lower in limits if (upper, lower) != ("0", "0")},
        tuple(map(int, seconds.groups())),
        {role: (interface, int(number)) for role, interface, number in daemons},
        int(code),
        said.replace("No daemon is running\n", "").strip(),  # said of the cleaning, too
    )

"""The real keepalived judges what lvstui makes of a keepalived.conf: of keepalived's own samples, of a configuration
for each rule, and of random ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lvstui.director.configured import Configured
from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet, server_text
from lvstui.director.spell import server_line, service_line
from lvstui.keepalived.conf import read_config
from tests.lab import needs
from tests.lab.differential import as_ipvsadm_saves
from tests.lab.director import Director
from tests.lab.keepalived_cases import CASES, MISSING, Case
from tests.lab.keepalived_random import random_configuration
from tests.sampling import RULE_SETS

SAMPLE = 8
"""Random configurations in an ordinary run; `make soak` sets LVSTUI_RULE_SETS."""
NOT_COMPARED: dict[str, str] = {}
"""keepalived's samples with a virtual_server that cannot be compared, and why; all can."""
AT_THE_END = re.compile(r"Address family of|virtual server group|url has no path|No script path|No name has been")
"""Complaints that keepalived makes at the end of a block; ours name its first line."""
OTHER_LINES = {"a line longer than is read at once"}
"""keepalived counts the pieces of a long line as lines."""


class Judged(NamedTuple):
    """A configuration, what lvstui makes of it, and what the daemon did."""

    name: str
    meant: Configured | BadInput
    daemon: dict[str, Any]


def judge(director: Director, cases: dict[str, Case]) -> list[Judged]:
    """Lets the daemon run on each case, in one go."""
    if needs.missing(("keepalived",)):
        reason = needs.advice(needs.missing(("keepalived",)))
        raise (pytest.fail.Exception if os.environ.get("CI") == "true" else pytest.skip.Exception)(reason)
    folder = director.lab.files / "judge"
    shutil.rmtree(folder, ignore_errors=True)
    asked = []
    for number, (name, case) in enumerate(cases.items()):
        for file, text in {"main.conf": case.text, **case.files}.items():
            path = folder / str(number) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        asked.append({"name": name, "path": f"{director.lab.inside}/judge/{number}/main.conf", "id": case.config_id})
    (folder / "cases.json").write_text(json.dumps(asked))
    command = [director.lab.python, "-m", "tests.lab.keepalived_judge", f"{director.lab.inside}/judge"]
    answers = json.loads(director.run(command, timeout=300 + 5 * len(cases)).ok())
    assert [answer["name"] for answer in answers] == list(cases)
    judged = []
    for number, (case, answer) in enumerate(zip(cases.values(), answers, strict=True)):
        try:
            meant: Configured | BadInput = read_config(folder / str(number) / "main.conf", case.config_id)
        except BadInput as error:
            meant = error
        judged.append(Judged(answer["name"], meant, answer))
    return judged


def differences(judged: Judged) -> list[str]:
    """Where lvstui and the daemon part; empty when they agree."""
    meant, daemon = judged.meant, judged.daemon
    if isinstance(meant, BadInput):
        return [] if daemon["code"] is not None else [f"lvstui refuses it ({meant}), and the daemon runs"]
    if daemon["code"] is not None:
        return [f"the daemon ends with {daemon['code']}, and lvstui reads it", *daemon["log"][-5:]]
    ours, theirs = set(table(meant.rules)), set(daemon["rules"])
    found = [f"ours   {line}" for line in sorted(ours - theirs)] + [f"theirs {line}" for line in sorted(theirs - ours)]
    if daemon["limits"] and limits(meant.rules) != sorted(listed_limits(daemon["limits"])):
        found.append(f"thresholds: ours {limits(meant.rules)}, theirs {sorted(listed_limits(daemon['limits']))}")
    return found


def unremarked(judged: Judged) -> list[str]:
    """The daemon's complaints on lines that lvstui says nothing of."""
    name, meant, daemon = judged
    if name in OTHER_LINES:
        return []
    if isinstance(meant, BadInput):
        return []  # it names the line at which the daemon ends
    remarked = {(Path(remark.file).name, remark.line) for remark in meant.remarks}
    found = []
    for line in daemon["log"]:
        complaint = re.search(r"\((?:(\S+): )?Line (\d+)\) (.*)", line)
        if complaint and not AT_THE_END.search(complaint[3]):
            place = (Path(complaint[1] or "main.conf").name, int(complaint[2]))
            if place not in remarked:
                found.append(line)
    return found


def table(rules: RuleSet) -> Iterator[str]:
    """Our rules as ipvsadm saves them, its faults included: flag-3 of sh and mh it does not print."""
    for key, (service, servers) in rules.rules.items():
        line = as_ipvsadm_saves(service_line(service))
        if service.scheduler in ("sh", "mh"):
            line = re.sub(r" -b flag-3$", " -b ", line).replace(",flag-3", "")
        yield line
        for server in servers.values():
            yield as_ipvsadm_saves(server_line(key, server))


def limits(rules: RuleSet) -> list[tuple[str, int, int]]:
    return sorted(
        (server_text(server.key), server.upper or 0, server.lower or 0)
        for entry in rules.rules.values()
        for server in entry.servers.values()
    )


def listed_limits(listing: list[str]) -> Iterator[tuple[str, int, int]]:
    for line in listing:
        if line.startswith("  -> ") and not line.startswith("  -> Remote"):
            _, name, upper, lower, *_ = line.split()
            yield name, int(upper), int(lower)


def verdict(judged: list[Judged]) -> str:
    """All that is wrong, case by case."""
    told = []
    for case in judged:
        wrong = [*differences(case), *(f"unremarked: {line}" for line in unremarked(case))]
        told += [f"{case.name}:", *(f"    {line}" for line in wrong)] if wrong else []
    return "\n".join(told)


def test_each_rule_of_the_format_means_what_keepalived_programs(director: Director) -> None:
    judged = judge(director, CASES)
    assert verdict(judged) == ""
    by_name = {case.name: case for case in judged}
    # The judge must have had something to judge by.
    assert sum(bool(case.daemon["rules"]) for case in judged) > 45
    stopped = [name for name, case in by_name.items() if case.daemon["code"] is not None]
    expected = ["a missing include that must be there", "a value that is missing stops the daemon", *MISSING]
    assert stopped == expected
    for name in ("timeouts", "timeouts where every service is dropped", "a sync daemon of a VRRP instance"):
        check_settings(by_name[name])
    for name in ("a sync daemon", "a sync daemon without options"):
        check_settings(by_name[name])
        assert len(by_name[name].daemon["daemons"]) == 2, name
    seed = by_name["rejected words of an old article"].meant
    assert isinstance(seed, Configured)
    assert [(remark.line, remark.text.split(" ")[0]) for remark in seed.remarks] == [
        (5, "keepalived"),
        (6, "persistence_timeout"),
        (12, "keepalived"),
    ]


def check_settings(judged: Judged) -> None:
    """Timeouts and sync daemons are what the daemon set."""
    meant = judged.meant
    assert isinstance(meant, Configured)
    wanted = [ours or kernels for ours, kernels in zip(meant.rules.timeouts or (0, 0, 0), (900, 120, 300), strict=True)]
    assert judged.daemon["timeouts"].split(": ")[1].split() == [str(seconds) for seconds in wanted]
    listed = judged.daemon["daemons"]
    assert len(listed) == len(meant.rules.sync or ())
    for line, daemon in zip(listed, meant.rules.sync or (), strict=True):
        options = dict(re.findall(r"(\w+)=([^,)]+)", line))
        assert line.startswith(f"{daemon.role} sync daemon ")
        assert (options["mcast"], options["syncid"]) == (daemon.interface, str(daemon.id))
        given = {"maxlen": daemon.max_length, "group": daemon.group, "port": daemon.port, "ttl": daemon.ttl}
        for name, value in given.items():
            assert not value or options[name] == str(value), (name, line)


def test_random_configurations_mean_what_keepalived_programs(director: Director) -> None:
    count = RULE_SETS or SAMPLE
    cases = {f"seed {seed}": Case(random_configuration(seed)) for seed in range(count)}
    judged = judge(director, cases)
    assert verdict(judged) == ""
    assert sum(len(case.daemon["rules"]) for case in judged) > 3 * count


def test_keepalived_s_own_samples_mean_what_it_programs(director: Director, samples: dict[str, Case]) -> None:
    compared = {name: case for name, case in samples.items() if name not in NOT_COMPARED}
    judged = judge(director, compared)
    assert verdict(judged) == ""
    assert not NOT_COMPARED.keys() - samples.keys()
    assert all(case.daemon["rules"] for case in judged)
    print(f"{len(judged)} samples: {', '.join(compared)}")


@pytest.fixture
def samples(tmp_path: Path) -> dict[str, Case]:
    """keepalived's own samples that have a virtual_server, out of Debian's package: they are not ours to keep."""
    try:
        done = subprocess.run(
            ["apt-get", "download", "-q", "-o", "Acquire::Retries=3", "keepalived"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        packages = list(tmp_path.glob("keepalived_*.deb"))
        if not packages:
            raise OSError(done.stderr.strip().splitlines()[-1:])
        subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(tmp_path / "all")], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"no Debian package of keepalived: {error}"
        if os.environ.get("CI") == "true":
            raise pytest.fail.Exception(reason, pytrace=False) from None
        raise pytest.skip.Exception(reason) from None
    files = sorted((tmp_path / "all/usr/share/doc/keepalived/samples").iterdir())
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if not file.name.endswith(".gz")}
    found = {name: Case(text) for name, text in texts.items() if "virtual_server" in text}
    assert len(found) >= 16
    return found


def test_the_comparison_finds_a_difference(director: Director) -> None:
    """A rule that differs is told, and so is a complaint that is not passed on."""
    (case,) = judge(director, {"one": Case(CASES["weights"].text)})
    assert isinstance(case.meant, Configured)
    assert verdict([case]) == ""
    fewer = Configured(RuleSet(), [])
    told = verdict([case._replace(meant=fewer)])
    assert "theirs -A -t 192.0.2.1:80 -s wlc" in told
    assert "unremarked" in told
    assert "the daemon runs" in verdict([case._replace(meant=BadInput("a", "b"))])

"""Every example snapshot loads into a real kernel, as TOML and as its ipvsadm twin, and both make the same table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.director import Director
from tests.lab.session import REPOSITORY
from tests.sampling import some

SNAPSHOTS = sorted((REPOSITORY / "snapshots").glob("*.toml"))


def plain(path: Path) -> list[str]:
    return sorted(line for line in path.read_text().splitlines() if line and not line.startswith("#"))


@pytest.mark.parametrize("path", some(SNAPSHOTS, 5), ids=lambda path: path.stem)
def test_an_example_loads_and_its_twin_says_the_same(director: Director, path: Path) -> None:
    twin = path.with_suffix(".rules")
    director.ip("link", "add", "eth1", "type", "dummy")  # what a sync daemon speaks through
    director.ip("link", "set", "eth1", "up")
    director.lvstui("--restore", str(path), "--yes").ok()
    ours = director.rules()
    assert ours
    assert director.lvstui("--diff", str(path)).code == 0
    assert director.lvstui("--diff", str(twin)).code == 0
    saved = sorted(director.lvstui("--save", "-", "--format", "ipvsadm").ok().splitlines())
    assert saved == plain(twin)
    director.ipvsadm("-C")
    director.ipvsadm("-R", stdin="\n".join(plain(twin)) + "\n")
    assert sorted(director.rules()) == sorted(ours)
    assert director.lvstui("--diff", str(path)).code == 0


def test_there_is_an_example_of_each_construct() -> None:
    text = "\n".join(line for path in SNAPSHOTS for line in plain(path.with_suffix(".rules")))
    wanted = (
        *(" -m ", " --tun-type ipip", " --tun-type gue --tun-port ", " --tun-type gre", "-f ", "-t [", " -p ", " -M "),
        *(" --pe sip", " -o", "--sctp-service", "sh-fallback", "mh-port", "mh-fallback", " -x ", " -y "),
    )
    assert [word for word in wanted if word not in text] == []

"""Every example snapshot loads into a real kernel, as TOML and as its ipvsadm twin, and both make the same table. The
doctor finds in it what the file says, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lab.director import Director
from tests.lab.session import REPOSITORY
from tests.sampling import some

SNAPSHOTS = sorted((REPOSITORY / "snapshots").glob("*.toml"))


def plain(path: Path) -> list[str]:
    return sorted(line for line in path.read_text().splitlines() if line and not line.startswith("#"))


@pytest.mark.parametrize("path", some(SNAPSHOTS, 5), ids=lambda path: path.stem)
def test_an_example_loads_and_its_copy_in_the_other_format_is_equal(director: Director, path: Path) -> None:
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


def test_each_construct_has_an_example() -> None:
    text = "\n".join(line for path in SNAPSHOTS for line in plain(path.with_suffix(".rules")))
    wanted = (
        *(" -m ", " --tun-type ipip", " --tun-type gue --tun-port ", " --tun-type gre", "-f ", "-t [", " -p ", " -M "),
        *(" --pe sip", " -o", "--sctp-service", "sh-fallback", "mh-port", "mh-fallback", " -x ", " -y "),
    )
    assert [word for word in wanted if word not in text] == []


# Restores one file after the other, with its virtual addresses on this machine and its servers on a network of it, and
# prints what the doctor finds.
FINDINGS = """
import contextlib, io, json, subprocess, sys
from pathlib import Path
from lvstui.cli import main
from lvstui.director.model import address_text
from lvstui.live import open_source
from lvstui.director.source import EVERYTHING
from lvstui.verbs import examining
examining.APART = 0.1
said = {}
for name in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert main(["--restore", name, "--yes"]) == 0, told.getvalue()
    source = open_source()
    state = source.read(EVERYTHING)
    source.close()
    lines = {f"addr add {address_text(key.address)} dev eth1" for key in state.services.keys if key.address}
    for key in state.services.keys:
        lines |= {f"route add {address_text(one.server.key.address)} dev eth1" for one in state.servers(key)}
    batch = "".join(f"{line}{' nodad' if 'addr' in line and ':' in line else ''}\\n" for line in sorted(lines))
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
    found = examining.examined(open_source(), {}, patience=180.0).diagnosis
    subprocess.run("ip addr flush dev eth1; ip link set eth1 down; ip link set eth1 up", shell=True, check=True)
    told = sorted(f"{one.id} {one.subject}" for one in found.findings)
    said[Path(name).stem] = {"found": told, "unjudged": dict(found.unjudged)}
print(json.dumps(said))
"""


def written(path: Path) -> list[str]:
    """What the comment at the head of an example says that the doctor finds."""
    head = path.read_text().partition("\n[")[0]
    found = re.findall(r"^# The doctor finds (.*)$", head, re.MULTILINE)
    assert len(found) == 1, path
    return [] if found == ["nothing."] else sorted(found[0].removesuffix(".").split("; "))


def test_the_doctor_finds_what_each_example_file_states(director: Director) -> None:
    director.run(
        ["sh", "-ec", "ip link add eth1 type dummy; ip link set eth1 up; sysctl -qw net.ipv4.ip_forward=1"]
    ).ok()
    director.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1"]).ok()
    told = json.loads(director.python(FINDINGS, *map(str, SNAPSHOTS), timeout=600.0).ok())
    assert {path.stem: written(path) for path in SNAPSHOTS} == {name: one["found"] for name, one in told.items()}
    assert not any(one["unjudged"] for one in told.values()), told

"""Tables that no single answer of the kernel holds: a pool of hundreds of servers, hundreds of pools."""

from __future__ import annotations

from tests.lab.director import Director

# Reads the table the three ways there are, and says whether they agree.
READ = """
from lvstui.director.source import Scope
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.live import LiveSource
source = LiveSource(Ipvs())
state = source.read(Scope(sweep=True))
fresh = source.read(Scope(services=frozenset(state.services.keys)))
for key in state.services.keys:
    swept, one = state.servers(key), fresh.servers(key)
    assert list(swept) == list(one), key
    assert swept.servers() == [row.server for row in one], key
    assert swept.load == one.load, key
print(len(state.services), sum(len(state.servers(key)) for key in state.services.keys))
"""


def test_a_large_table_is_read_completely(director: Director) -> None:
    rules = ["-A -t 192.0.2.1:80 -s wlc"]
    rules += [f"-a -t 192.0.2.1:80 -r 10.0.{n >> 8}.{n & 255}:80 -g -w {n}" for n in range(1, 601)]
    for number in range(1, 401):
        service = f"-t 198.51.100.{number % 200 + 1}:{1000 + number}"
        rules.append(f"-A {service} -s {'rr' if number % 3 else 'lblcr'}")
        if number % 5:
            rules.append(f"-a {service} -r 10.1.0.{number % 200 + 1}:80 -m -w 1")
    director.ipvsadm("-R", stdin="\n".join(rules) + "\n")
    saved = director.lvstui("--save", "-", "--format", "ipvsadm").ok().splitlines()
    assert sorted(saved) == sorted(rules) == sorted(director.rules())
    assert director.python(READ).ok().split() == ["401", str(600 + 320)]
    assert director.lvstui("--diff", "-", stdin="\n".join(rules) + "\n").code == 0

"""Socket options tell the same as netlink on a real kernel, and what they do not tell is read by netlink.
tests/lab/test_differential.py compares the two over random tables."""

from __future__ import annotations

import json

from tests.lab.director import Director
from tests.lab.nobody import NOBODY

TABLE = """\
-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1 -x 100 -y 50
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 2147483647
-A -u 192.0.2.2:53 -s rr -p 60
-A --sctp-service 192.0.2.3:2905 -s rr
-a --sctp-service 192.0.2.3:2905 -r 10.0.0.1:2905 -m -w 0
-A -f 7 -s rr
-a -f 7 -r 10.0.0.1:80 -g -w 1
-A -f 7 -6 -s rr
-a -f 7 -6 -r [2001:db8::1]:80 -g -w 5
-A -f 4294967295 -s rr
-a -f 4294967295 -r 10.0.0.9:0 -g -w 1
-A -t [2001:db8::10]:80 -s rr
-a -t [2001:db8::10]:80 -r [2001:db8::1]:80 -m -w 5
-A -t 192.0.2.4:80 -s rr
-a -t 192.0.2.4:80 -r 10.0.0.1:80 -g -w 1
-a -t 192.0.2.4:80 -r 10.0.0.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-A -t 192.0.2.5:80 -s rr
-a -t 192.0.2.5:80 -r 10.0.0.1:80 -g -w 1
-a -t 192.0.2.5:80 -r [2001:db8::1]:80 -i -w 1 --tun-type ipip
-A -t 192.0.2.6:80 -s rr
-a -t 192.0.2.6:80 -r 10.0.0.1:80 -i -w 1 --tun-type ipip
"""
TOLD = {"tcp 192.0.2.1:80", "udp 192.0.2.2:53", "sctp 192.0.2.3:2905", "fwmark 7", "fwmark 4294967295"}
"""Services of which the options tell all: neither IPv6, nor a tunnel, nor a server of the other family."""

PLAIN, EMPTY, MIXED = "tcp 192.0.2.1:80", "udp 192.0.2.2:53", "tcp 192.0.2.5:80"
CROWDED = "another service comes"
AT = "-t 192.0.2.1:80"
RACES = {
    # The options before which it happens are the table (1), the pools of four services that have one (2 is the first
    # of all, PLAIN's), and the table again (6). Each with the service that must be read by netlink for that.
    "a server comes": (2, f"-a {AT} -r 10.0.0.7:80 -g", PLAIN),
    "a server goes": (2, f"-d {AT} -r 10.0.0.1:80", PLAIN),
    "all servers go": (2, f"-d {AT} -r 10.0.0.1:80\n-d {AT} -r 10.0.0.2:8080", PLAIN),
    "a service goes": (2, f"-D {AT}", PLAIN),
    "a service comes again with other servers": (2, f"-D {AT}\n-A {AT} -s rr\n-a {AT} -r 10.9.0.1:80 -m", PLAIN),
    "the first server comes": (2, "-a -u 192.0.2.2:53 -r 10.0.0.1:53 -m", EMPTY),
    "as many come as one of the other family hides": (4, "-a -t 192.0.2.5:80 -r 10.0.0.7:80 -g", MIXED),
    "a server comes after all": (6, f"-a {AT} -r 10.0.0.7:80 -g", PLAIN),
    "a service goes before the table": (1, f"-D {AT}", PLAIN),
    # The table has no room for one more, so the last of it is not there.
    CROWDED: (1, "-A -t 192.0.2.99:80 -s rr\n-a -t 192.0.2.99:80 -r 10.0.0.1:80 -g", ""),
    "nothing happens": (6, "", ""),
}


def asked(director: Director, tables: dict[str, tuple[str, int, str]], *before: str) -> dict[str, set[str]]:
    """The services that socket options told, by table; that netlink tells the same was seen there."""
    words = [*before, director.lab.python, "-m", "tests.lab.both_ways"]
    found = json.loads(director.run(words, stdin=json.dumps(tables)).ok())
    assert all(isinstance(told, list) for told in found.values()), found
    return {name: set(told) for name, told in found.items()}


def test_what_the_options_do_not_tell_is_read_by_netlink(director: Director) -> None:
    """Also where the table changes while it is read."""
    tables = {race: (TABLE, number, lines) for race, (number, lines, _) in RACES.items()}
    other = "-d -t 192.0.2.5:80 -r [2001:db8::1]:80\n-a -t 192.0.2.1:80 -r 10.0.0.3:80 -i -w 1\n"
    found = asked(director, {"none": ("", 0, ""), "all": (TABLE, 0, ""), "other": (TABLE + other, 0, ""), **tables})
    assert found.pop("none") == set()
    assert found.pop("all") == TOLD
    assert found.pop("other") == TOLD - {PLAIN} | {MIXED}
    # Which is the last one depends on an address of the kernel's: another one at each boot.
    (last,) = TOLD - found.pop(CROWDED)
    assert last.startswith("fwmark ")
    assert found == {race: TOLD - {service} for race, (_, _, service) in RACES.items() if race != CROWDED}


def test_connections_are_the_same_both_ways(director: Director) -> None:
    director.ip("addr", "add", "192.0.2.9/32", "dev", "lo")
    table = "-A -u 192.0.2.9:53 -s rr -p 600\n-a -u 192.0.2.9:53 -r 127.0.0.1:9 -m\n"
    table += "-A -u 192.0.2.9:54 -s rr\n-a -u 192.0.2.9:54 -r 127.0.0.1:9 -m\n"
    told = json.loads(director.python(CONNECTIONS, table).ok())
    assert told == [[[0, 1, 1], [0, 3, 0]], ""]


# Loads the table, sends datagrams to its services, and prints what there is to compare and what is wrong.
CONNECTIONS = """
import json, socket, sys
from tests.lab import both_ways
both_ways._again(sys.argv[1])
for port in (53, 54, 54, 54):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.9", port))
ipvs = both_ways.Ipvs()
rows = [list(row[1:4]) for pool in ipvs.sweep(ipvs.services()).values() for row in pool]
wrong, told = both_ways.compared()
assert len(told) == 2
print(json.dumps([rows, wrong]))
"""


def test_the_privilege_that_netlink_needs_is_enough(director: Director) -> None:
    director.ipvsadm("-R", stdin=TABLE)
    capable = [word.replace("-all,", "-all,+net_admin,").replace("=+dac", "=+net_admin,+dac") for word in NOBODY]
    code = "from tests.lab.both_ways import *; wrong, told = compared(); print(wrong or len(told))"
    assert director.run([*capable, director.lab.python, "-c", code]).ok() == f"{len(TOLD)}\n"


# A masqueraded server of which the kernel was also told the words of a tunnel, which no ipvsadm can do.
WORDS = """
from lvstui.director.change import AddServer, AddService
from lvstui.director.model import Server, Service, Tunnel, server_key, service_key
from lvstui.kernel.ipvs.attributes import COMMAND, Cmd, decode
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.kernel.ipvs.keys import key_nest
from lvstui.kernel.ipvs.rules import server_reading
from lvstui.kernel.netlink import NLM_F_DUMP
from tests.lab.both_ways import Watched, unlike
key = service_key(6, "192.0.2.1", 80)
server = Server(server_key("10.0.0.1", 80), 0, 1, 0, 0, Tunnel(1, 6080, 1))
ipvs = Ipvs()
assert not [one for one in ipvs.send([AddService(Service(key, "rr")), AddServer(key, server)]) if one.error]
(answer,) = ipvs._ask(Cmd.GET_DEST, NLM_F_DUMP, key_nest(key))
values = decode(COMMAND, answer)["dest"]
print(values["tunnel_kind"], values["tunnel_port"], tuple(server_reading(values, 4).server.tunnel))
reader = Watched()
services = reader.services()
print(unlike(reader.sweep(services), reader.sweep(services, False)) or [told == key for told in reader.told])
"""


def test_what_the_kernel_keeps_about_a_tunnel_counts_with_that_method_only(director: Director) -> None:
    """So that a file made by one reader is the table that the other one sees."""
    assert director.python(WORDS).ok().splitlines() == ["1 6080 (0, 0, 0)", "[True]"]
    saved = director.lvstui("--save", "-", "--format", "json").ok()
    assert '"forward": "masq"' in saved and "tunnel" not in saved

"""The connection table of a real kernel: what real clients leave in it, where the schedulers that hash send them, and a
table that is too large to be read whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from tests.lab import many_connections as many
from tests.lab.director import Director
from tests.lab.terminal import Terminal
from tests.lab.waiting import PATIENCE, wait_until

START = PATIENCE
# A packet from each of many clients to each service; then what the kernel made of it, and what is foretold. Real
# servers are beyond an interface that leads nowhere, so that nothing ever answers.
HASHES = """
import json, socket, sys
from lvstui.director.connections import Places, ReadLimits
from lvstui.director.connection_summary import summary
from lvstui.director.model import address_text, service_key
from lvstui.director.source import EVERYTHING
from lvstui.director.client_path import way
from lvstui.live import open_source
vips = ["192.0.2.10", "2001:db8:1::10"]
for n in range(1, 121):
    for vip, client in zip(vips, (f"198.18.{n % 5}.{n}", f"2001:db8:c0:{n}::{n * 7:x}")):
        family = socket.AF_INET6 if ":" in vip else socket.AF_INET
        for port in range(5001, 5009):
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.bind((client, 0))
                try:
                    one.sendto(b"x", (vip, port))
                except OSError:
                    pass  # refused, as is foretold
source = open_source()
probes, state = source.probes(), source.read(EVERYTHING)
sample = probes.connections(ReadLimits(60_000, 60.0))
assert sample.whole and not sample.mangled, sample[1:]
said = summary(sample, state)
went = {(owner, row.client): row.server for owner, row in zip(said.places.services, sample.rows) if row.client_port}
drained = {}
for service in state.services.services():
    if service.scheduler == "mh":
        drained |= {(service.key, one.server.key): 2 for one in state.servers(service.key) if not one.server.weight}
wrong, right, refused = [], 0, 0
nothing = sample._replace(rows=())
for service in state.services.services():
    order = probes.order(service.key)
    for client in {row.client for row in sample.rows if len(row.client) == len(service.key.address)}:
        told = way(client, service, nothing, Places((), ()), state, order, drained)
        got = went.get((service.key, client))
        if told.server != got or (got is None) is not told.refused:
            what = service.scheduler, service.key.port, address_text(client)
            wrong.append((*what, str(told.server), str(got), told.why))
        right += told.server == got is not None
        refused += told.refused
print(json.dumps({"wrong": wrong[:5], "wrongs": len(wrong), "right": right, "refused": refused}))
"""


NETWORK = """
ip link add d0 type dummy; ip addr add 10.99.0.1/24 dev d0; ip link set d0 up
ip addr add 192.0.2.10/32 dev lo; ip -6 addr add 2001:db8:1::10/128 dev lo nodad
ip -6 addr add 2001:db8:99::1/64 dev d0 nodad
ip route add local 198.18.0.0/16 dev lo; ip -6 route add local 2001:db8:c0::/48 dev lo
sysctl -q net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
"""
"""Clients of any address, and virtual services, on one machine."""


def test_the_hashes_are_computed_like_the_kernels(director: Director) -> None:
    director.run(["sh", "-ec", NETWORK]).ok()
    rules = []
    for vip, net in (("192.0.2.10", "10.99.0."), ("[2001:db8:1::10]", "2001:db8:99::")):
        for port, words, weights in (
            (5001, "sh", (1, 1, 1)),
            (5002, "sh", (3, 1, 6)),
            (5003, "sh -b sh-fallback", (1, 0, 2)),
            (5004, "sh", (2, 0, 1)),
            (5005, "mh", (5, 1, 2)),
            (5006, "mh -b mh-fallback", (4, 2, 6)),
            (5007, "dh", (1, 1, 1)),
            (5008, "mh", (4, 2, 6)),
        ):
            rules.append(f"-A -u {vip}:{port} -s {words}")
            for number, weight in enumerate(weights):
                server = f"[{net}{11 + number}]" if ":" in net else f"{net}{11 + number}"
                rules.append(f"-a -u {vip}:{port} -r {server}:{port} -m -w {weight}")
    for vip, server in (("192.0.2.10", "10.99.0.12"), ("[2001:db8:1::10]", "[2001:db8:99::12]")):
        for port in (5006, 5008):  # their tables stay as they were filled; without mh-fallback clients are refused
            rules.append(f"-e -u {vip}:{port} -r {server}:{port} -m -w 0")
    director.ipvsadm("-R", stdin="\n".join(rules) + "\n")
    found = json.loads(director.python(HASHES, timeout=600.0).ok())
    assert found["wrongs"] == 0, found
    assert found["right"] > 1200 and found["refused"] > 20, found


PORTS = """
import json, socket
from lvstui.director.connections import ReadLimits
from lvstui.director.connection_summary import summary
from lvstui.director.source import EVERYTHING
from lvstui.kernel.sampling import sampled
from lvstui.live import open_source
for n in range(1, 9):
    for mark, port in ((7, 6001), (7, 6002), (8, 6001), (0, 6003), (0, 6004)):
        for vip in ("192.0.2.10", "2001:db8:1::10"):
            family = socket.AF_INET6 if ":" in vip else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
                one.bind((f"2001:db8:c0::{n}" if ":" in vip else f"198.18.0.{n}", 0))
                one.sendto(b"x", (vip, port))
source = open_source()
state = source.read(EVERYTHING)
sample = source.probes().connections(ReadLimits(60_000, 60.0))
said = summary(sample, state)
of = [
    (key and [key.fwmark, key.port], server.port, row.server.port, row.virtual_port, not row.client_port)
    for row, key, server in zip(sample.rows, said.places.services, said.places.servers)
]
pools = {key: state.servers(key) for key in state.services.keys}
orphans = sampled(frozenset(pools), pools, 60.0).orphans
lost = [group.of for group in said.by_server if group.of not in said.kernel_counts.servers]
print(json.dumps({
    "of": sorted(of, key=str), "doubtful": len(said.places.doubtful), "lost": len(lost), "orphans": len(orphans),
}))
"""


def test_rows_belong_to_their_servers_with_any_port_in_the_table(director: Director) -> None:
    """Marks whose servers have no port, a persistent mark and all ports whose servers have one, a server of port 0."""
    director.run(["sh", "-ec", NETWORK]).ok()
    rules = []
    for vip, net, six in (("192.0.2.10", "10.99.0.1{}", ""), ("[2001:db8:1::10]", "[2001:db8:99::1{}]", " -6")):
        for service, words, last, port in (
            (f"-f 7{six}", "-s rr", 1, 0),
            (f"-f 8{six}", "-s rr -p 60", 2, 53),
            (f"-u {vip}:6003", "-s rr", 3, 0),
            (f"-u {vip}:0", "-s rr -p 60", 4, 53),
        ):
            rules.append(f"-A {service} {words}")
            rules.append(f"-a {service} -r {net.format(last)}:{port} -m")
    director.ipvsadm("-R", stdin="\n".join(rules) + "\n")
    found = json.loads(director.python(PORTS, timeout=600.0).ok())
    rows = {tuple(map(str, row)) for row in found["of"]}
    assert rows == {
        ("[7, 0]", "0", "6001", "6001", "False"),
        ("[7, 0]", "0", "6002", "6002", "False"),
        ("[8, 0]", "53", "6001", "6001", "False"),
        ("[8, 0]", "53", "0", "0", "True"),
        ("[0, 6003]", "0", "6003", "6003", "False"),
        ("[0, 0]", "53", "6004", "6004", "False"),
        ("[0, 0]", "53", "0", "0", "True"),
    }, found
    assert (found["doubtful"], found["lost"], found["orphans"]) == (0, 0, 0), found


# A server that speaks as much FTP as a passive transfer takes.
FTP_SERVER = """
import socket
control = socket.create_server(("10.7.0.2", 21))
data = socket.create_server(("10.7.0.2", 5021))
print("listens", flush=True)
one, _ = control.accept()
one.sendall(b"220 ready\\r\\n")
while words := one.recv(100):
    if words.startswith(b"PASV"):
        one.sendall(b"227 Entering Passive Mode (10,7,0,2,%d,%d).\\r\\n" % divmod(5021, 256))
        two, _ = data.accept()
        two.sendall(b"the file")
"""
# Its client: prints what the server's answer became, and waits before and after it has opened the data connection.
FTP_CLIENT = """
import os, socket, time
def wait(name):
    while not os.path.exists(f"/run/ftp-{name}"):
        time.sleep(0.1)
one = socket.create_connection(("192.0.2.10", 21), 120)
one.recv(100)
one.sendall(b"PASV\\r\\n")
words = one.recv(100).decode()
print(words.strip(), flush=True)
wait("go")
numbers = words.partition("(")[2].partition(")")[0].split(",")
two = socket.create_connection((".".join(numbers[:4]), int(numbers[4]) * 256 + int(numbers[5])), 120)
print(two.recv(100).decode(), flush=True)
wait("end")
"""
FTP_ROWS = """
import json
from lvstui.director.connections import ReadLimits
from lvstui.director.connection_summary import summary
from lvstui.director.model import service_text
from lvstui.director.source import EVERYTHING
from lvstui.live import open_source
source = open_source()
sample = source.probes().connections(ReadLimits(1000, 60.0))
said = summary(sample, source.read(EVERYTHING))
print(json.dumps(sorted(
    [service_text(key) if key else "", row.virtual_port, row.client_port > 0, row.template, row.state]
    for row, key in zip(sample.rows, said.places.services)
)))
"""


def test_the_data_connection_of_ftp_belongs_to_the_service_of_its_control_connection(director: Director) -> None:
    """The kernel's helper writes the virtual address into the server's answer, and expects a connection whose client
    port it does not know yet: a row that looks like a template."""
    lab, here = director.lab, director.netns
    lab.run(["modprobe", "-a", "nf_conntrack_ftp", "nf_nat_ftp", "ip_vs_ftp"]).ok()
    jobs = []
    try:
        for name, own, other in (("ftpd", "10.7.0.2", "10.7.0.1"), ("ftpc", "192.0.2.77", "192.0.2.1")):
            lab.run(["ip", "netns", "add", name]).ok()
            director.ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            director.ip("addr", "add", f"{other}/24", "dev", name)
            director.ip("link", "set", name, "up")
            wire = f"addr add {own}/24 dev eth0\nlink set eth0 up\nlink set lo up\nroute add default via {other}\n"
            lab.run(["ip", "-batch", "-"], netns=name, stdin=wire).ok()
        director.ip("addr", "add", "192.0.2.10/32", "dev", "ftpc")
        director.run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.vs.conntrack=1"]).ok()
        director.ipvsadm("-R", stdin="-A -t 192.0.2.10:21 -s rr\n-a -t 192.0.2.10:21 -r 10.7.0.2:21 -m\n")
        jobs.append(lab.spawn([lab.python, "-c", FTP_SERVER], netns="ftpd"))
        wait_until(lambda: "listens" in jobs[0].stdout(), "it listens", story=jobs[0].stderr)
        jobs.append(lab.spawn([lab.python, "-c", FTP_CLIENT], netns="ftpc"))
        wait_until(lambda: "\n" in jobs[1].stdout(), "the server answers", story=jobs[1].stderr)
        assert "(192,0,2,10,19,157)" in jobs[1].stdout(), jobs[1].stdout()
        ftp = "tcp 192.0.2.10:21"
        assert json.loads(director.python(FTP_ROWS).ok()) == [
            [ftp, 21, True, False, "ESTABLISHED"],
            [ftp, 5021, False, False, "LISTEN"],
        ]
        lab.run(["touch", "/run/ftp-go"]).ok()
        wait_until(lambda: "the file" in jobs[1].stdout(), "it gets the file", story=jobs[1].stderr)
        assert json.loads(director.python(FTP_ROWS).ok()) == [
            [ftp, 21, True, False, "ESTABLISHED"],
            [ftp, 5021, True, False, "ESTABLISHED"],
        ]
    finally:
        lab.run(["touch", "/run/ftp-end"]).ok()
        for job in jobs:
            job.stop()
        lab.run(["sh", "-c", f"ip netns del ftpc; ip netns del ftpd; ip netns exec {here} ipvsadm -C"]).ok()
        lab.run(["sh", "-c", "modprobe -r ip_vs_ftp; rm -f /run/ftp-go /run/ftp-end"])


def _grown(code: str) -> str:
    """Prints what a piece of Python prints, with how much the memory grew by it, in megabytes."""
    return f"""
import json, resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
from lvstui.director.connections import MORE, ReadLimits
from lvstui.director.connection_summary import summary
from lvstui.director.model import address_text
from lvstui.director.serving import tallied
from lvstui.director.source import EVERYTHING
from lvstui.doctor.diagnosis import diagnosed
from lvstui.live import open_source
from lvstui.verbs.examining import SCOPE
source = open_source()
state, probes = source.read(EVERYTHING), source.probes()
import lvstui.kernel.connection_table
before = peak()
{code}
print(json.dumps(dict(found, grown=peak() - before)))
"""


LARGE = _grown("""
sample = probes.connections(ReadLimits(10_000, 60.0))
said = summary(sample, state)
size = len(said.connections)
about = source.read(SCOPE)
doctor = diagnosed(about, tallied(about))
found = {
    "seen": sample.seen, "whole": sample.whole, "total": said.kernel_counts.total, "synced": said.synced,
    "states": {group.of: len(group.rows) / size for group in said.by_state},
    "servers": {address_text(group.of[1].address): len(group.rows) / size for group in said.by_server},
    "networks": {address_text(group.of.address): len(group.rows) / size for group in said.by_network},
    "doctor": {one.id: one.seen[0].value for one in doctor.findings},
}
more = summary(probes.connections(ReadLimits(60_000, 60.0)), state)
given_up = iter([True] * 3 + [False])
found["more"] = more.sample.seen
found["cut"] = probes.connections(ReadLimits(60_000, 60.0), lambda: next(given_up)).seen
found["budget"] = probes.connections(ReadLimits(10**9, 0.2)).seen
""")
NAMES = {1: "ESTABLISHED", 5: "TIME_WAIT", 3: "SYN_RECV", 4: "FIN_WAIT"}


RESIDENT = """
for p in $(ip netns pids $0); do
    tr '\\0' ' ' < /proc/$p/cmdline | grep -q 'm lvstui' && grep VmRSS /proc/$p/status
done
true
"""


def resident(director: Director) -> float:
    """Megabytes that the console in this network namespace has."""
    told = director.lab.run(["sh", "-c", RESIDENT, director.netns]).ok()
    return max(int(line.split()[1]) for line in told.splitlines()) / 1024


@pytest.mark.parametrize("count", [1_000_000 if os.environ.get("LVSTUI_RULE_SETS") else 200_000])
def test_a_large_table_is_sampled_fairly_within_limits(
    director: Director, terminal: Callable[..., Terminal], count: int
) -> None:
    director.lab.run(["sysctl", "-q", "net.core.rmem_max=16777216"]).ok()
    director.run(["sh", "-ec", many.PREPARE]).ok()
    for server in many.SERVERS:
        director.ipvsadm("-a", "-t", f"{many.VIP[0]}:{many.VIP[1]}", "-r", f"{server}:{many.VIP[1]}", "-g")
    made = director.run([director.lab.python, "-m", "tests.lab.many_connections", str(count)], timeout=600.0)
    assert made.ok().strip() == str(count), made

    found = json.loads(director.python(LARGE, timeout=600.0).ok())
    assert (found["seen"], found["whole"], found["total"]) == (10_000, False, count), found
    assert found["synced"] == 10_000 and found["more"] == 60_000, found
    assert 0 < found["cut"] < 1000 and 0 < found["budget"] < count, found
    assert found["grown"] < 40, found
    assert found["doctor"].get("hash-small") == str(count), found
    states = {NAMES[state]: share for state, share in many.STATES.items()}
    networks = {f"{network}.0": share for network, share in many.NETWORKS.items()}
    for counted, true in (("states", states), ("servers", many.SERVERS), ("networks", networks)):
        for key, share in true.items():
            assert abs(found[counted][key] - share / sum(true.values())) <= 0.02, (counted, key, found)

    screen = terminal(director.argv([director.lab.python, "-m", "lvstui", "--fresh"]), size=(80, 24))
    screen.wait_for("192.0.2.10:80", timeout=START)
    screen.send("3")
    screen.wait_for(lambda text: f"of about {count:,} rows" in text.replace("1.0 million", "1,000,000"), timeout=START)
    screen.see("10.99.0.11:80", "M reads more", "synced")
    screen.send("Tab")
    screen.wait_for("198.18.0.0/24", timeout=START)
    # Keys are answered while more is read, and what is read then takes no more memory than it may.
    before = resident(director)
    screen.send("M")
    for _ in range(3):  # around the sets, one by one
        for words in (f"TCP {many.VIP[0]}:80: its clients", "means", "client bound", "10.99.0.11:80", "198.18.0.0/24"):
            screen.send("Tab")
            screen.wait_for(words, timeout=START)
    screen.wait_for(lambda text: "sample: 10,000" not in text and "sample: " in text, timeout=START)
    assert resident(director) - before < 40, "megabytes"
    screen.send("1")
    screen.wait_for("inact conn/s", timeout=START)
    screen.send("q")

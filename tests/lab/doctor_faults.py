"""The faults that tests/lab/test_doctor.py makes for real, one at a time, and what the doctor has to find. The table in
docs/doctor.md is made of them."""

from __future__ import annotations

from typing import NamedTuple

VIP, NAT = "192.0.2.100", "192.0.2.100:80"
HOLDS = 8000
"""The port on which both servers keep a connection open until the client closes it. httpd, on port 80, closes one after
60 seconds in which nothing was asked."""
A, B = "10.0.0.11", "10.0.0.12"
EDIT = f"ipvsadm -e -t {NAT} -r {A}:80 -m -w"


AT_ONCE = ("ipvsadm ", "ip addr ", "ip route ", "ip link ", "sysctl ", "date ")


def connections(port: int, state: str = "") -> str:
    """Connections to a port of a virtual address, and in a state."""
    return f"ipvsadm -Lnc | grep -c '{state}.*:{port}  *10[.]'"


def column(port: int, number: int, flags: str = "") -> str:
    """A column of ipvsadm's listing of a service, added up over its servers."""
    return f"ipvsadm -Ln {flags} -t {VIP}:{port} | awk '$1 == \"->\" {{ n += ${number} }} END {{ print n + 0 }}'"


def counter(file: str, words: str, name: str) -> str:
    """A counter of /proc/net/snmp or netstat."""
    found = f'if (at) print $at; else for (n = 2; n <= NF; n++) if ($n == "{name}") at = n'
    return f"awk '$1 == \"{words}:\" {{ {found} }}' /proc/net/{file}"


class Fault(NamedTuple):
    """`fault` in words. `make` and `mend`: shell commands on the director, or `client:`, `A:` and `B:` on another
    machine; `looked:` waits until the doctor has seen what was made before; `stopped:` where nothing is left to do.
    `finding`, `subject` and `seen` (a piece of its evidence): what has to be found. `beside`: other findings that come
    with it for good reasons. `shows`: a shell command on the director that prints a number by which the kernel itself
    shows it; `least`: how large that is then, 0: larger than before."""

    fault: str
    make: tuple[str, ...]
    finding: str
    subject: str
    seen: str
    mend: tuple[str, ...]
    beside: frozenset[str] = frozenset()
    shows: str = ""
    least: int = 0

    @property
    def at_once(self) -> bool:
        """Whether it is all there as soon as it is made: rules, addresses, ways and switches of this machine, no
        packets."""
        return all(line.startswith(AT_ONCE) for line in self.make)


ASK = f"client: for n in $(seq 20); do curl -s -m 3 -o /dev/null http://{NAT}/ & done; wait"
FAULTS = (
    Fault(
        "every server of a service has weight 0",
        (f"{EDIT} 0", f"ipvsadm -e -t {NAT} -r {B}:80 -m -w 0"),
        "all-drained",
        f"tcp {NAT}",
        "weights all 0",
        (f"{EDIT} 3", f"ipvsadm -e -t {NAT} -r {B}:80 -m -w 3"),
    ),
    Fault(
        "one of two servers is drained",
        (f"{EDIT} 0",),
        "last-live",
        f"tcp {NAT}",
        "live 1 of 2",
        (f"{EDIT} 3",),
    ),
    Fault(
        "a server has as many connections as its upper threshold",
        (f"{EDIT} 3 -x 1 -y 0", ASK),
        "full",
        f"{A}:80",
        "upper threshold 1",
        (f"{EDIT} 3 -x 0",),
        frozenset({"last-live"}),
        shows=f"ipvsadm -Ln -t {NAT} | awk '$2 == \"{A}:80\" {{ print $5 + $6 }}'",
        least=1,
    ),
    Fault(
        "the only server of a service is full",
        (
            f"ipvsadm -A -t {VIP}:8080 -s rr",
            f"ipvsadm -a -t {VIP}:8080 -r {A}:80 -m -x 1",
            f"client: curl -s -m 3 -o /dev/null http://{VIP}:8080/",
        ),
        "no-live",
        f"tcp {VIP}:8080",
        "not live 1 full",
        (f"ipvsadm -D -t {VIP}:8080",),
        frozenset({"full"}),
        shows=column(8080, 6),
        least=1,
    ),
    Fault(
        "a scheduler that ignores weights, and unequal weights",
        (f"ipvsadm -E -t {NAT} -s rr", f"{EDIT} 9"),
        "blind-scheduler",
        f"tcp {NAT}",
        "scheduler rr",
        (f"{EDIT} 3", f"ipvsadm -E -t {NAT} -s wrr"),
    ),
    Fault(
        "sh without its fallback, and a server at weight 0",
        (f"ipvsadm -E -t {NAT} -s sh", f"{EDIT} 0"),
        "hash-refuses",
        f"tcp {NAT}",
        "no sh-fallback",
        (f"{EDIT} 3", f"ipvsadm -E -t {NAT} -s wrr"),
        frozenset({"last-live", "one-client"}),
    ),
    Fault(
        "one-packet scheduling of a UDP service with NAT",
        (f"ipvsadm -A -u {VIP}:53 -s rr -o", f"ipvsadm -a -u {VIP}:53 -r {A}:53 -m"),
        "one-packet-nat",
        f"udp {VIP}:53",
        "one-packet on",
        (f"ipvsadm -D -u {VIP}:53",),
    ),
    Fault(
        "a service by an address, and all its packets carry the mark of another",
        (
            f"ipvsadm -A -f 7 -s rr; ipvsadm -a -f 7 -r {A}:80 -m",
            f"ipvsadm -A -t {VIP}:81 -s rr; ipvsadm -a -t {VIP}:81 -r {A}:80 -m",
            f"marked: {VIP} 81",
        ),
        "shadowed",
        f"tcp {VIP}:81",
        "packets in, fwmark 7",
        ("ipvsadm -D -f 7", f"ipvsadm -D -t {VIP}:81"),
        shows="ipvsadm -Ln --stats --exact -f 7 | awk '$1 == \"FWM\" { print $4 }'",
        least=1,
    ),
    Fault(
        "a service of all ports beside one of a single port",
        (f"ipvsadm -A -t {VIP}:0 -s rr -p 60", f"ipvsadm -a -t {VIP}:0 -r {A}:0 -m"),
        "port-0-beside",
        f"tcp {VIP}:0",
        f"more specific tcp {NAT}",
        (f"ipvsadm -D -t {VIP}:0",),
    ),
    Fault(
        "forwarding is off, and a service uses NAT",
        ("sysctl -q -w net.ipv4.ip_forward=0",),
        "forwarding-off",
        "net.ipv4.ip_forward",
        "net.ipv4.ip_forward 0",
        ("sysctl -q -w net.ipv4.ip_forward=1",),
    ),
    Fault(
        "what comes in where NAT servers answer is not forwarded",
        ("sysctl -q -w net.ipv4.conf.br0.forwarding=0",),
        "forwarding-off",
        "net.ipv4.conf.br0.forwarding",
        f"NAT servers there {A}, {B}",
        ("sysctl -q -w net.ipv4.conf.br0.forwarding=1",),
    ),
    Fault(
        "a virtual address is on no interface",
        (f"ip addr del {VIP}/32 dev eth0",),
        "vip-missing",
        VIP,
        "route not local",
        (f"ip addr add {VIP}/32 dev eth0",),
    ),
    Fault(
        "a real server's host is dead",
        ("A: ip link set eth0 down", f"ip neigh flush {A}", ASK),
        "server-unreachable",
        A,
        "neighbour FAILED",
        ("A: ip link set eth0 up", "A: ip route add default via 10.0.0.1", f"busybox ping -c 1 -W 5 {A}"),
        frozenset({"unanswered"}),
        shows=f"ip neigh show {A} | grep -c FAILED",
        least=1,
    ),
    Fault(
        "a server of direct routing behind a router",
        (
            f"ip route add 198.51.100.5 via {A}",
            f"ipvsadm -A -t {VIP}:82 -s rr; ipvsadm -a -t {VIP}:82 -r 198.51.100.5:82 -g",
        ),
        "behind-router",
        "198.51.100.5",
        f"route via {A}",
        (f"ipvsadm -D -t {VIP}:82", "ip route del 198.51.100.5"),
    ),
    Fault(
        "the reverse path filter throws packets away",
        (
            "ip route add 203.0.113.77 via 192.0.2.10",
            "sysctl -q -w net.ipv4.conf.br0.rp_filter=1",
            "A: ip addr add 203.0.113.77/32 dev lo",
            "A: busybox ping -c 3 -W 1 -I 203.0.113.77 10.0.0.1",
        ),
        "rp-filter",
        "rp_filter",
        "TcpExt IPReversePathFilter +",
        (
            "ip route del 203.0.113.77",
            "sysctl -q -w net.ipv4.conf.br0.rp_filter=0",
            "A: ip addr del 203.0.113.77/32 dev lo",
        ),
        shows=counter("netstat", "TcpExt", "IPReversePathFilter"),
    ),
    Fault(
        "a tunnel ends on the director, and its reverse path filter is strict",
        ("ip link set tunl0 up", "sysctl -q -w net.ipv4.conf.tunl0.rp_filter=1"),
        "rp-filter",
        "rp_filter tunl0",
        "net.ipv4.conf.tunl0.rp_filter 1",
        ("ip link set tunl0 down", "sysctl -q -w net.ipv4.conf.tunl0.rp_filter=0"),
    ),
    Fault(
        "lo is down",
        ("ip link set lo down",),
        "lo-down",
        "lo",
        "lo down",
        ("ip link set lo up",),
    ),
    Fault(
        "a defence is always on",
        ("sysctl -q -w net.ipv4.vs.drop_entry=3",),
        "defence",
        "net.ipv4.vs.drop_entry",
        "net.ipv4.vs.drop_entry 3",
        ("sysctl -q -w net.ipv4.vs.drop_entry=0",),
    ),
    Fault(
        "counters stand still",
        ("sysctl -q -w net.ipv4.vs.run_estimation=0",),
        "frozen-counters",
        "net.ipv4.vs.run_estimation",
        "net.ipv4.vs.run_estimation 0",
        ("sysctl -q -w net.ipv4.vs.run_estimation=1",),
    ),
    Fault(
        "client ports that are used again lead back to drained servers",
        ("sysctl -q -w net.ipv4.vs.conn_reuse_mode=0", f"{EDIT} 0"),
        "reuse-drained",
        "net.ipv4.vs.conn_reuse_mode",
        "drained servers 1",
        (f"{EDIT} 3", "sysctl -q -w net.ipv4.vs.conn_reuse_mode=1"),
        frozenset({"last-live"}),
    ),
    Fault(
        "a drained server gets the clients that persistence knows",
        (
            f"ipvsadm -A -t {VIP}:83 -s rr -p 300; ipvsadm -a -t {VIP}:83 -r {A}:80 -m",
            f"client: curl -s -m 3 -o /dev/null http://{VIP}:83/",
            f"ipvsadm -a -t {VIP}:83 -r {B}:80 -m",
            f"ipvsadm -e -t {VIP}:83 -r {A}:80 -m -w 0",
        ),
        "drained-in-use",
        f"{A}:80 in tcp {VIP}:83",
        "persistent 1",
        (f"ipvsadm -D -t {VIP}:83",),
        frozenset({"last-live"}),
        shows=f"ipvsadm -Ln --persistent-conn -t {VIP}:83 | awk '$3 == 0 {{ print $4 }}'",
        least=1,
    ),
    Fault(
        "connections to a server that was deleted",
        (
            f"ipvsadm -A -t {VIP}:84 -s rr; ipvsadm -a -t {VIP}:84 -r {A}:{HOLDS} -m",
            f"held: {VIP} 84 1",
            f"ipvsadm -a -t {VIP}:84 -r {B}:{HOLDS} -m; ipvsadm -d -t {VIP}:84 -r {A}:{HOLDS}",
        ),
        "orphans",
        f"{A}:{HOLDS} in tcp {VIP}:84",
        "connections to it 1",
        ("release:", f"ipvsadm -D -t {VIP}:84"),
        shows=f"ipvsadm -Ln -t {VIP}:84 | grep -q {A} || {connections(84)}",
        least=1,
    ),
    Fault(
        "a NAT server's way back does not lead through the director",
        (
            f"ipvsadm -A -t {VIP}:85 -s rr; ipvsadm -a -t {VIP}:85 -r {B}:80 -m",
            "B: ip route del default",
            ASK.replace(":80/", ":85/"),
        ),
        "unanswered",
        f"{B}:80 in tcp {VIP}:85",
        "SYN_RECV 20 of 20",
        ("B: ip route add default via 10.0.0.1", f"ipvsadm -D -t {VIP}:85"),
        shows=connections(85, "SYN_RECV"),
        least=20,
    ),
    Fault(
        "a NAT server and its clients are on one network, and it answers them directly",
        (
            f"ipvsadm -A -t {VIP}:90 -s rr; ipvsadm -a -t {VIP}:90 -r {A}:80 -m",
            ASK.replace(":80/", ":90/").replace("client: ", "B: "),
        ),
        "return-path",
        f"{A}:80 in tcp {VIP}:90",
        f"ways to {A} and to {B} neighbours on br0",
        (f"ipvsadm -D -t {VIP}:90",),
        shows=connections(90, "SYN_RECV"),
        least=20,
    ),
    Fault(
        "nothing listens on a NAT server's port",
        (
            f"ipvsadm -A -t {VIP}:86 -s rr; ipvsadm -a -t {VIP}:86 -r {A}:7 -m",
            ASK.replace(":80/", ":86/"),
        ),
        "refused",
        f"{A}:7 in tcp {VIP}:86",
        "(40 each)",
        (f"ipvsadm -D -t {VIP}:86",),
        shows=column(86, 5, "--stats --exact"),
        least=20,
    ),
    Fault(
        "a tunnel ends nowhere: its server has no tunl0",
        (
            f"ipvsadm -A -t {VIP}:87 -s rr; ipvsadm -a -t {VIP}:87 -r {A}:87 -i",
            f"client: curl -s -m 3 -o /dev/null http://{VIP}:87/",
        ),
        "icmp-errors",
        f"{A}:87 in tcp {VIP}:87",
        "packets out, bytes out",
        (f"ipvsadm -D -t {VIP}:87",),
        shows=column(87, 5, "--stats --exact"),
        least=1,
    ),
    Fault(
        "packets of clients do not fit into the tunnel, and ICMP does not reach them",
        (
            f"ipvsadm -A -u {VIP}:91 -s rr; ipvsadm -a -u {VIP}:91 -r {A}:91 -i",
            f"large: {VIP} 91",
        ),
        "tunnel-mtu",
        f"{A}:91 in udp {VIP}:91",
        "mtu of br0 1500, less the tunnel's head: 1480",
        (f"ipvsadm -D -u {VIP}:91",),
        shows=f"ipvsadm -Ln --stats --exact -u {VIP}:91 | awk '$1 == \"->\" {{ print $5 }}'",
        least=1,
    ),
    Fault(
        "much of a pool's load is elsewhere than its weights say",
        (
            f"ipvsadm -A -t {VIP}:88 -s wlc",
            f"ipvsadm -a -t {VIP}:88 -r {A}:{HOLDS} -m -w 5; ipvsadm -a -t {VIP}:88 -r {B}:{HOLDS} -m -w 5",
            f"held: {VIP} 88 120",
            f"ipvsadm -e -t {VIP}:88 -r {A}:{HOLDS} -m -w 50",
        ),
        "imbalance",
        f"tcp {VIP}:88",
        "sample 120 active connections on 2 servers",
        ("release:", f"ipvsadm -D -t {VIP}:88"),
        shows=f"ipvsadm -Ln -t {VIP}:88 | awk '$4 == 50 {{ print $4 }}'",
        least=50,
    ),
    Fault(
        "persistence keeps the load of a pool on one server",
        (
            f"ipvsadm -A -t {VIP}:92 -s wlc -p 300",
            f"ipvsadm -a -t {VIP}:92 -r {A}:{HOLDS} -m; ipvsadm -a -t {VIP}:92 -r {B}:{HOLDS} -m",
            f"held: {VIP} 92 120",
        ),
        "persistence-skew",
        f"tcp {VIP}:92",
        "sample 120 active connections on 2 servers",
        ("release:", f"ipvsadm -D -t {VIP}:92"),
        frozenset({"one-client"}),
        shows=column(92, 5),
        least=120,
    ),
    Fault(
        "one client address has most connections of a hashed service",
        (
            f"ipvsadm -A -t {VIP}:89 -s sh",
            f"ipvsadm -a -t {VIP}:89 -r {A}:{HOLDS} -m; ipvsadm -a -t {VIP}:89 -r {B}:{HOLDS} -m",
            f"held: {VIP} 89 60",
        ),
        "one-client",
        f"tcp {VIP}:89",
        "connections of 192.0.2.10 60 of 60",
        ("release:", f"ipvsadm -D -t {VIP}:89"),
        shows=column(89, 5),
        least=60,
    ),
    Fault(
        "the interface of a sync daemon is down",
        (
            "ip link add s0 type dummy; ip link set s0 up",
            "ipvsadm --start-daemon master --mcast-interface s0 --syncid 3",
            "ip link set s0 down",
        ),
        "sync",
        "sync daemon master",
        "master on s0, id 3",
        ("ipvsadm --stop-daemon master", "ip link del s0"),
    ),
    Fault(
        "connection tracking has no room",
        (
            # A NAT server of port 21 makes the kernel track connections, as a firewall does elsewhere (ip_vs_ctl.c).
            "sysctl -q -w net.ipv4.vs.conntrack=1",
            f"ipvsadm -A -t {VIP}:21 -s rr; ipvsadm -a -t {VIP}:21 -r {A}:21 -m",
            "outside: sysctl -q -w net.netfilter.nf_conntrack_max=3",
            ASK,
        ),
        "conntrack-full",
        "nf_conntrack",
        "nf_conntrack_max 3",
        (
            "outside: sysctl -q -w net.netfilter.nf_conntrack_max=8192",
            f"ipvsadm -D -t {VIP}:21",
            "sysctl -q -w net.ipv4.vs.conntrack=0",
        ),
        shows="cat /proc/sys/net/netfilter/nf_conntrack_count",
        least=3,
    ),
    Fault(
        "mh without its fallback, and a server at weight 0",
        (f"ipvsadm -E -t {NAT} -s mh", f"{EDIT} 0"),
        "hash-refuses",
        f"tcp {NAT}",
        "no mh-fallback",
        (f"{EDIT} 3", f"ipvsadm -E -t {NAT} -s wrr"),
        frozenset({"last-live", "one-client"}),
    ),
    Fault(
        "a service without a scheduler",
        (f"ipvsadm -A -t {VIP}:95 -s rr; ipvsadm -a -t {VIP}:95 -r {A}:80 -m; ipvsadm -E -t {VIP}:95 -s none",),
        "no-scheduler",
        f"tcp {VIP}:95",
        "scheduler none",
        (f"ipvsadm -D -t {VIP}:95",),
    ),
    Fault(
        "a virtual address is on the servers' side, and the clients' side does not answer for it",
        (
            f"ip addr del {VIP}/32 dev eth0; ip addr add {VIP}/32 dev br0",
            "sysctl -q -w net.ipv4.conf.eth0.arp_ignore=1",
        ),
        "vip-wrong-side",
        VIP,
        "its network eth0",
        (
            f"ip addr del {VIP}/32 dev br0; ip addr add {VIP}/32 dev eth0",
            "sysctl -q -w net.ipv4.conf.eth0.arp_ignore=0",
        ),
    ),
    Fault(
        "clients ask for a port that no service has",
        (f"client: for n in 1 2; do curl -s -m 60 'http://{VIP}:[9400-9499]/'; sleep 2; done",),
        "refused-here",
        "this machine",
        "packets in, all services +0",
        ("stopped:",),
        shows=counter("snmp", "Tcp", "OutRsts"),
    ),
    Fault(
        "a processor's queue is full",
        (
            "outside: sysctl -q -w net.core.netdev_max_backlog=0",
            "busybox arping -q -c 5 -I br0 10.0.0.99; true",
        ),
        "softnet-drops",
        "softnet",
        "column 2, dropped +",
        ("outside: sysctl -q -w net.core.netdev_max_backlog=1000",),
        shows="awk '{ print $2 }' /proc/net/softnet_stat | while read n; do echo $((0x$n)); done",
    ),
    Fault(
        "an interface counts errors: tunnelled packets without the checksum that it wants",
        (
            f"ip link add gre7 type gre local 10.0.0.1 remote {A} icsum; ip link set gre7 up",
            # Without IPv6, which would send packets of its own before the doctor has seen the interface: a counter
            # grows from where it was then.
            f"A: ip link add gre7 type gre local {A} remote 10.0.0.1; sysctl -qw net.ipv6.conf.gre7.disable_ipv6=1",
            "A: ip link set gre7 up",
            "looked:",
            "A: ip addr add 198.51.100.7/24 dev gre7; busybox ping -c 3 -W 1 198.51.100.8 || true",
        ),
        "nic-errors",
        "gre7",
        "gre7 rx errors +",
        ("ip link del gre7", "A: ip link del gre7"),
        shows="awk '$1 == \"gre7:\" { print $4 }' /proc/net/dev",
        least=1,
    ),
    Fault(
        "clients do not get what a NAT server answers",
        (
            f"ipvsadm -A -t {VIP}:93 -s rr; ipvsadm -a -t {VIP}:93 -r {A}:80 -m",
            "client: tc qdisc add dev eth0 ingress",
            "client: tc filter add dev eth0 parent ffff: protocol ip u32 match ip sport 93 0xffff action drop",
            ASK.replace(":80/", ":93/"),
        ),
        "half-open",
        f"{A}:80 in tcp {VIP}:93",
        "packets out, connections",
        ("client: tc qdisc del dev eth0 ingress", f"ipvsadm -D -t {VIP}:93"),
        frozenset({"unanswered"}),
        shows=column(93, 5, "--stats --exact"),  # its answers: the kernel shows them up to 2 s after the connections
        least=20,
    ),
    Fault(
        "a server of direct routing lacks the virtual address, and sends its packets back",
        (
            f"ipvsadm -A -t {VIP}:96 -s rr; ipvsadm -a -t {VIP}:96 -r {A}:96 -g",
            "A: sysctl -q -w net.ipv4.ip_forward=1",
            ASK.replace(":80/", ":96/"),
        ),
        "unanswered",
        f"{A}:96 in tcp {VIP}:96",
        ": they loop",
        ("A: sysctl -q -w net.ipv4.ip_forward=0", f"ipvsadm -D -t {VIP}:96"),
        frozenset({"icmp-errors"}),
        shows=column(96, 4, "--stats --exact"),
        least=100,
    ),
    Fault(
        "somebody sets the clock",
        ("date -s @$(($(date +%s) + 30))",),
        "clock-jump",
        "clock",
        "time of day against monotonic clock +",
        ("date -s @$(($(date +%s) - 30))",),
    ),
)

CHAIN = (
    f"one-packet-nat udp {VIP}:53",
    f"port-0-beside tcp {VIP}:0",
    f"last-live tcp {NAT}",
    "defence net.ipv4.vs.drop_entry",
    f"vip-missing {VIP}",
    "forwarding-off net.ipv4.ip_forward",
    "frozen-counters net.ipv4.vs.run_estimation",
    "behind-router 198.51.100.5",
    "rp-filter rp_filter tunl0",
    "sync sync daemon master",
    f"blind-scheduler tcp {NAT}",
    f"drained-in-use {A}:80 in tcp {VIP}:83",
)
"""Faults that stay as they are, each beside the one before it: as many pairs, less one."""

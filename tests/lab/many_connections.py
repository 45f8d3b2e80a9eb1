"""Fills the connection table of a network namespace without a packet for each: plays the other director, whose sync
datagrams (version 1, ip_vs_sync.c) carry up to 255 connections each, and which the backup daemon of this namespace
takes in. `python -m tests.lab.many_connections COUNT`, as root, in a namespace that PREPARE has made ready.

The shares of states, servers and networks are STATES, SERVERS and NETWORKS."""

from __future__ import annotations

import socket
import struct
import sys
import time

INTERFACE, SYNCID, GROUP, PORT = "sync0", 7, "224.0.0.81", 8848
VIP = ("192.0.2.10", 80)
STATES = {1: 5, 5: 3, 3: 1, 4: 1}
"""ESTABLISHED, TIME_WAIT, SYN_RECV, FIN_WAIT by their numbers (ip_vs.h): of ten connections."""
SERVERS = {"10.99.0.11": 4, "10.99.0.12": 2, "10.99.0.13": 1}
"""Of seven."""
NETWORKS = {"198.18.0": 6, "198.18.1": 4, "203.0.113": 1}
"""Of eleven: the numbers have no common divisor, so that one says nothing of another."""
PREPARE = f"""
ip link add {INTERFACE} type dummy; ip addr add 10.99.0.1/24 dev {INTERFACE}; ip link set {INTERFACE} up
ip route add 224.0.0.0/4 dev {INTERFACE}; sysctl -q net.ipv4.vs.sync_sock_size=8388608
ipvsadm --start-daemon backup --mcast-interface {INTERFACE} --syncid {SYNCID} --sync-maxlen 40000
ipvsadm -A -t {VIP[0]}:{VIP[1]} -s rr
"""
_BATCH, _MOST_WAITING = 255, 60_000
_ROUTE, _INACTIVE = 3, 0x100
_LASTS = 3600
"""Seconds."""


def _in_turn(shares: dict[str, int] | dict[int, int]) -> list[bytes | int]:
    found: list[bytes | int] = []
    for key, share in shares.items():
        found += [key if isinstance(key, int) else socket.inet_aton(key if key.count(".") == 3 else f"{key}.0")] * share
    return found


def _connection(n: int, states: list[bytes | int], servers: list[bytes | int], networks: list[bytes | int]) -> bytes:
    state, server, network = states[n % len(states)], servers[n % len(servers)], networks[n % len(networks)]
    assert isinstance(state, int) and isinstance(server, bytes) and isinstance(network, bytes)
    client, port = network[:3] + bytes([n // 60_000 + 1]), 1024 + n % 60_000
    flags = _ROUTE | (0 if state in (1, 3) else _INACTIVE)
    head = struct.pack(">BBHIHHHHII", 0, 6, 36, flags, state, port, VIP[1], VIP[1], 0, _LASTS)
    return head + client + socket.inet_aton(VIP[0]) + server


def _waiting() -> int:
    """Bytes that the daemon has not read yet."""
    with open("/proc/net/udp") as file:
        for line in file.readlines()[1:]:
            words = line.split()
            if words[1].endswith(f":{PORT:04X}"):
                return int(words[4].split(":")[1], 16)
    return 0


def main(count: int) -> None:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(INTERFACE)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", index))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    turns = _in_turn(STATES), _in_turn(SERVERS), _in_turn(NETWORKS)
    for first in range(0, count, _BATCH):
        part = [_connection(n, *turns) for n in range(first, min(first + _BATCH, count))]
        body = b"".join(part)
        sender.sendto(struct.pack(">BBHBbH", 0, SYNCID, 8 + len(body), len(part), 1, 0) + body, (GROUP, PORT))
        while _waiting() > _MOST_WAITING:
            time.sleep(0.002)
    while _waiting():
        time.sleep(0.01)
    print(count)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""Traffic to two real servers, all on one director: what each of them gets is written to a file, again and again.

    python -m tests.lab.ending udp|tcp VIP PORT COUNTS

One sender keeps its port (UDP) or its connection (TCP, the server echoes) to VIP:PORT and sends every 50 ms. COUNTS
holds {"sent": ..., "127.0.0.11": ..., "127.0.0.12": ..., "end": "how the TCP connection ended"}.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time

SERVERS = ("127.0.0.11", "127.0.0.12")


def main(kind: str, vip: str, port: str, path: str) -> None:
    counts: dict[str, int | str] = {"sent": 0, "end": "", **dict.fromkeys(SERVERS, 0)}
    sinks = []
    for address in SERVERS:
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sink.bind((address, int(port)))
        if kind == "tcp":
            sink.listen()
        sinks.append(sink)
        serve = _receive if kind == "udp" else _accept
        threading.Thread(target=serve, args=(sink, address, counts), daemon=True).start()
    send = _datagrams if kind == "udp" else _stream
    threading.Thread(target=send, args=(vip, int(port), counts), daemon=True).start()
    while True:
        with open(f"{path}.new", "w") as file:
            json.dump(counts, file)
        os.replace(f"{path}.new", path)
        time.sleep(0.05)


def _receive(sink: socket.socket, address: str, counts: dict[str, int | str]) -> None:
    while sink.recv(100):
        _count(counts, address)


def _accept(sink: socket.socket, address: str, counts: dict[str, int | str]) -> None:
    while True:
        connection, _ = sink.accept()
        while connection.recv(100):
            _count(counts, address)
            connection.sendall(b"y")


def _datagrams(vip: str, port: int, counts: dict[str, int | str]) -> None:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((vip, 40000))
    while True:
        try:
            sender.sendto(b"x", (vip, port))
        except PermissionError:
            pass  # dropped on its way out: this sender is told, one on another host would not be
        _count(counts, "sent")
        time.sleep(0.05)


def _stream(vip: str, port: int, counts: dict[str, int | str]) -> None:
    sender = socket.create_connection((vip, port), 30)
    sender.settimeout(None)
    try:
        while True:
            sender.send(b"x")
            _count(counts, "sent")
            time.sleep(0.05)
    except OSError as error:
        counts["end"] = type(error).__name__


def _count(counts: dict[str, int | str], name: str) -> None:
    before = counts[name]
    assert isinstance(before, int)
    counts[name] = before + 1


if __name__ == "__main__":
    main(*sys.argv[1:])

"""TCP connections that are tried, on the loopback of this machine."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from lvstui.director.model import IPV4, TCP, ServerKey, ServiceKey, address_packed
from lvstui.director.probe import AT_ONCE, TIMED_OUT, ProbeResult, ProbeTarget
from lvstui.kernel.knocking import knock

HERE = address_packed("127.0.0.1")
SERVICE = ServiceKey(0, IPV4, TCP, address_packed("192.0.2.1"), 80)


def to(port: int, **fields: object) -> ProbeTarget:
    made = ProbeTarget(SERVICE, ServerKey(IPV4, HERE, port), HERE, port)
    return made._replace(**fields)  # type: ignore[arg-type]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose queue is full: what connects to it is not answered."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        assert select.select([], waiting, [], 60)[1], "nothing stands in the queue"  # one fills it
        yield port
        for one in waiting:
            one.close()


def only(found: Iterator[ProbeResult]) -> ProbeResult:
    (one,) = found
    return one


def test_an_open_port_is_reported_with_its_time(listening: socket.socket) -> None:
    found = only(knock([to(listening.getsockname()[1])]))
    assert found.open
    assert found.seconds is not None and found.seconds > 0


def test_a_closed_port_refuses(closed: int) -> None:
    found = only(knock([to(closed)]))
    assert (found.open, found.trouble) == (False, "refused")


def test_a_probe_without_an_answer_times_out_after_its_own_time(full: int) -> None:
    found = only(knock([to(full, timeout=0.3)]))
    assert found.trouble == TIMED_OUT
    assert found.seconds is not None and found.seconds >= 0.3


def test_a_quick_answer_is_reported_before_a_slow_one(full: int, closed: int) -> None:
    found = knock([to(full, timeout=3600), to(closed)])
    assert next(found).target.port == closed
    found.close()  # type: ignore[attr-defined]


def test_only_a_few_ports_are_tried_at_once(full: int) -> None:
    began = time.monotonic()
    found = list(knock([to(full, timeout=0.3)] * (2 * AT_ONCE)))
    assert len(found) == 2 * AT_ONCE
    assert time.monotonic() - began >= 0.6  # in two turns


def test_an_impossible_probe_is_reported_and_not_tried() -> None:
    found = only(knock([to(80, unfit="UDP")]))
    assert (found.seconds, found.open) == (None, False)


def test_it_connects_from_the_given_address(listening: socket.socket) -> None:
    came: list[str] = []

    def accept() -> None:
        connection, (address, _) = listening.accept()
        came.append(address)
        connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    assert only(knock([to(listening.getsockname()[1], bind=address_packed("127.0.0.7"))])).open
    thread.join(60)
    assert came == ["127.0.0.7"]


def test_a_source_address_that_is_not_here_is_reported(closed: int) -> None:
    found = only(knock([to(closed, bind=address_packed("192.0.2.77"))]))
    assert found.trouble == "the address to connect from is not on this director"


def test_a_cancelled_probe_leaves_nothing_open(full: int) -> None:
    found = knock([to(full, timeout=0.1), to(full, timeout=3600)])
    assert next(found).trouble == TIMED_OUT
    found.close()  # type: ignore[attr-defined]
    assert list(found) == []

"""The transport against a socket pair that plays the kernel: deadlines, errors, batches, dumps larger than a buffer."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from struct import pack, unpack_from
from typing import NamedTuple

import pytest

from lvstui.kernel import netlink
from lvstui.kernel.netlink import NLM_F_ACK, NLM_F_DUMP, Netlink, NetlinkError, NoTimelyAnswer


class Sent(NamedTuple):
    kind: int
    flags: int
    sequence: int
    payload: bytes


Answer = Callable[[list[Sent]], list[bytes]]


def requests(data: bytes) -> list[Sent]:
    found = []
    while data:
        length, kind, flags, sequence, _ = unpack_from("=IHHII", data)
        found.append(Sent(kind, flags, sequence, data[20:length]))
        data = data[length:]
    return found


def message(kind: int, sequence: int, body: bytes) -> bytes:
    return pack("=IHHII", 16 + len(body), kind, 2, sequence, 0) + body


def error(sequence: int, code: int) -> bytes:
    return message(netlink.NLMSG_ERROR, sequence, pack("=i", -code))


def done(sequence: int) -> bytes:
    return message(netlink.NLMSG_DONE, sequence, pack("=i", 0))


class Kernel:
    """Answers each datagram it gets with the datagrams that `answer` makes of it. A SEQPACKET pair keeps datagrams
    apart as netlink does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[list[Sent]] = []
        self.opened = 0
        self.patience = 60
        """Seconds after which no answer will come; a test in which none does has fewer."""
        self._threads: list[threading.Thread] = []
        self._ends: list[socket.socket] = []
        self.answer: Answer = lambda batch: [error(batch[-1].sequence, 0)]

        def open_pair(link: Netlink) -> socket.socket:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, pack("=qq", self.patience, 0))
            self._ends += [ours, theirs]
            self.opened += 1
            thread = threading.Thread(target=self._serve, args=(theirs,), daemon=True)
            thread.start()
            self._threads.append(thread)
            return ours

        monkeypatch.setattr(Netlink, "_open", open_pair)
        monkeypatch.setattr(Netlink, "_resolve", lambda link, name: 30)

    def _serve(self, end: socket.socket) -> None:
        while data := end.recv(1 << 20):
            batch = requests(data)
            self.sent.append(batch)
            for datagram in self.answer(batch):
                end.send(datagram)

    def close(self) -> None:
        for end in self._ends:
            end.close() if end.fileno() < 0 else end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60)
        for end in self._ends:
            end.close()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    playing = Kernel(monkeypatch)
    yield playing
    playing.close()


def test_a_refusal_is_an_error_with_its_errno(kernel: Kernel) -> None:
    kernel.answer = lambda batch: [error(batch[0].sequence, errno.EEXIST)]
    with pytest.raises(NetlinkError) as caught:
        Netlink("X").ask(1)
    assert caught.value.errno == errno.EEXIST


def test_a_dump_ends_with_done_and_keeps_all_messages(kernel: Kernel) -> None:
    kernel.answer = lambda batch: [
        message(30, batch[0].sequence, b"\5\1\0\0one.") + message(30, batch[0].sequence, b"\5\1\0\0two."),
        message(30, batch[0].sequence, b"\5\1\0\0tri."),
        done(batch[0].sequence),
    ]
    assert Netlink("X").ask(8, flags=NLM_F_DUMP) == [b"one.", b"two.", b"tri."]


def test_a_missing_answer_times_out_and_a_late_one_is_never_taken_for_anothers(kernel: Kernel) -> None:
    kernel.patience = 1
    link = Netlink("X")
    kernel.patience = 60
    kernel.answer = lambda batch: []
    with pytest.raises(NoTimelyAnswer):
        link.ask(1)
    assert kernel.opened == 2
    kernel.answer = lambda batch: [error(batch[0].sequence, 0)]
    assert link.ask(1) == []


class Losing:
    """A socket whose buffer was too small for the answer (ENOBUFS), after which the rest of it still comes."""

    def __init__(self, at: str, number: int) -> None:
        self.at = at
        self.number = number
        self.closed = False

    def _fail(self, at: str) -> int:
        if at == self.at:
            raise OSError(self.number, os.strerror(self.number))
        return 0

    def send(self, data: bytes) -> int:
        return self._fail("send")

    def recv(self, size: int) -> bytes:
        return bytes(self._fail("recv"))

    def recv_into(self, buffer: memoryview, size: int) -> int:
        return self._fail("recv")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("at", ["send", "recv"])
@pytest.mark.parametrize("asking", ["ask", "dump", "change"])
def test_a_failing_socket_is_reported_and_the_next_request_uses_a_new_one(kernel: Kernel, at: str, asking: str) -> None:
    link = Netlink("X")
    losing = Losing(at, errno.ENOBUFS)
    whole = link._socket
    link._socket = losing  # type: ignore[assignment]
    with pytest.raises(NoTimelyAnswer, match="No buffer space"):
        if asking == "ask":
            link.ask(1)
        elif asking == "dump":
            link.dump_into(link.message(4), memoryview(bytearray(2 * netlink.RECEIVE)), 0)
        else:
            link.send([(5, b"aaaa")])
    assert losing.closed and link._socket is not whole
    assert link.ask(1) == []


def test_a_failure_to_open_a_new_socket_is_reported_too(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Netlink("X")
    link._socket = Losing("recv", errno.ENOBUFS)  # type: ignore[assignment]

    def full(link: Netlink) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Netlink, "_open", full)
    with pytest.raises(NoTimelyAnswer, match=os.strerror(errno.EMFILE)):
        link.ask(1)


def test_a_batch_asks_for_one_acknowledgement_and_knows_each_refusal(kernel: Kernel) -> None:
    kernel.answer = lambda batch: [
        error(batch[1].sequence, errno.ENOENT),
        error(batch[-1].sequence, errno.EEXIST),
    ]
    assert Netlink("X").send([(5, b"aaaa"), (6, b"bbbb"), (7, b"cccc")]) == {1: errno.ENOENT, 2: errno.EEXIST}
    (batch,) = kernel.sent
    assert [sent.flags & NLM_F_ACK for sent in batch] == [0, 0, NLM_F_ACK]


def test_large_lists_go_in_several_batches_and_indexes_count_through(kernel: Kernel) -> None:
    count = 2500

    def answer(batch: list[Sent]) -> list[bytes]:
        refused = [error(sent.sequence, errno.ERANGE) for sent in batch[:-1] if sent.payload == b"bad."]
        return [*refused, error(batch[-1].sequence, 0)]

    kernel.answer = answer
    answered: list[int] = []
    requested = ((5, b"bad." if i in (3, 2000) else bytes(60)) for i in range(count))
    errors = Netlink("X").send(requested, answered.append)
    assert errors == {3: errno.ERANGE, 2000: errno.ERANGE}
    assert len(kernel.sent) == -(-count * 80 // netlink.BATCH)
    assert sum(map(len, kernel.sent)) == count
    assert answered == [len(batch) for batch in kernel.sent]


def test_a_batch_without_an_answer_times_out(kernel: Kernel) -> None:
    kernel.patience = 2  # for the answer to the first, which comes
    kernel.answer = lambda batch: [error(batch[-1].sequence, 0)] if len(kernel.sent) == 1 else []
    with pytest.raises(NoTimelyAnswer):
        Netlink("X").send((5, bytes(60)) for _ in range(1000))
    assert len(kernel.sent) == 2
    assert kernel.opened == 2


def test_a_dump_that_overflows_its_buffer_is_drained_and_requested_again(kernel: Kernel) -> None:
    part = message(30, 0, bytes(30_000))
    kernel.answer = lambda batch: [*[part] * 5, done(0)]
    link = Netlink("X")
    small = memoryview(bytearray(b"\xaa" * (len(part) + netlink.RECEIVE)))
    assert link.dump_into(link.message(4), small, 100) == -1
    assert bytes(small[:100]) == b"\xaa" * 100, "what stood before the dump is another's"
    large = memoryview(bytearray(len(part) * 5 + netlink.RECEIVE))
    assert link.dump_into(link.message(4), large, 0) == len(part) * 5
    assert bytes(large[: len(part)]) == part


def test_a_dump_that_is_refused_raises(kernel: Kernel) -> None:
    kernel.answer = lambda batch: [error(0, errno.EPERM)]
    link = Netlink("X")
    with pytest.raises(NetlinkError):
        link.dump_into(link.message(4), memoryview(bytearray(2 * netlink.RECEIVE)), 0)

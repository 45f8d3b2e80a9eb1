"""One generic-netlink socket: resolve a family, ask, dump, send in batches. Knows nothing about IPVS.

Reads have a deadline (SO_RCVTIMEO, a socket option, so that waiting takes no extra system call). A socket that missed
it, or lost an answer, is closed and replaced, so a late answer is never taken for another's. Sources: RFC 3549, the
kernel's Documentation/userspace-api/netlink/intro.rst, include/uapi/linux/{netlink,genetlink}.h.
"""

from __future__ import annotations

import _socket
import errno
import os
from _collections_abc import Callable, Iterable, Sequence
from struct import Struct, pack
from sys import byteorder

from lvstui.values import Final, NamedTuple

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x01
NLM_F_ACK = 0x04
NLM_F_DUMP = 0x300

_NETLINK_GENERIC = 16
_SOL_NETLINK = 270
_NETLINK_CAP_ACK = 10
_SO_RCVBUFFORCE = 33
_GENL_ID_CTRL = 16
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_ID = 1
_CTRL_ATTR_FAMILY_NAME = 2

HEADER: Final = Struct("=IHHIIBBH")
"""nlmsghdr (length, type, flags, sequence, port) and genlmsghdr (command, version, reserved): 20 bytes."""

_LENGTH_TYPE_FLAGS_SEQUENCE = Struct("=IHHI")
_ERROR = Struct("=i")
_TYPE = Struct("=H")

RECEIVE = 65536
"""Bytes offered to every read: more than the kernel's largest dump datagram (32 KB, netlink_recvmsg)."""

BATCH = 65536
"""Bytes of requests in one send. Each may be answered by an error, and all of those must fit the receive buffer."""


_ACKNOWLEDGED: Final = pack("=H", NLM_F_REQUEST | NLM_F_ACK)


class Series(NamedTuple):
    """Requests of one command whose payloads differ in one part only, which has the same length in all of them. A
    payload is a multiple of four bytes."""

    command: int
    before: bytes
    parts: Sequence[bytes]
    after: bytes


class NetlinkError(OSError):
    """The kernel answered a request with an errno."""


class NoTimelyAnswer(Exception):
    """No answer, or an incomplete one, within the deadline; the text says which. It is not known whether a request was
    carried out."""


class Netlink:
    """A persistent generic-netlink socket. Not thread safe."""

    def __init__(self, family: str, version: int = 1, deadline: float = 1.0, receive: int = RECEIVE) -> None:
        """Resolves `family`, which may load its kernel module. Raises NetlinkError(ENOENT) when there is none.
        `deadline`: seconds that any one answer may take; `receive`: bytes offered to each part of an answer."""
        self.receive = receive
        self._version = version
        self._deadline = deadline
        self._sequence = 1
        self._socket = self._open()
        try:
            self._type = self._resolve(family)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def message(self, command: int, payload: bytes = b"", flags: int = 0) -> bytes:
        """One request with sequence number 0, ready for `dump_into`."""
        header = HEADER.pack(20 + len(payload), self._type, NLM_F_REQUEST | flags, 0, 0, command, self._version, 0)
        return header + payload

    def ask(self, command: int, payload: bytes = b"", flags: int = NLM_F_ACK) -> list[bytes]:
        """Sends one request and returns the messages of its answer, each without its 20 bytes of headers. With
        NLM_F_DUMP, all of a dump. Raises NetlinkError or Late."""
        sequence = self._next()
        self._transmit(self._numbered(command, payload, flags, sequence))
        answers: list[bytes] = []
        while True:
            datagram = self._receive()
            position = 0
            while position < len(datagram):
                length, kind, _, number = _LENGTH_TYPE_FLAGS_SEQUENCE.unpack_from(datagram, position)
                body = datagram[position + 16 : position + length]
                position += (length + 3) & ~3
                if number != sequence:
                    continue
                if kind == NLMSG_DONE:
                    return answers
                if kind == NLMSG_ERROR:
                    _raise(body)
                    return answers
                answers.append(body[4:])
                if not flags & (NLM_F_ACK | NLM_F_DUMP):
                    return answers

    def dump_into(self, request: bytes, buffer: memoryview, position: int) -> int:
        """Sends a dump request and receives its messages with headers into `buffer` from `position`. Returns the
        position after the last one, or -1 when fewer than `receive` bytes of the buffer were left: the dump must then
        be requested again with a larger buffer. Raises NetlinkError or Late."""
        end, receive, unpack = len(buffer), self.receive, _TYPE.unpack_from
        self._transmit(request)
        sock = self._socket
        full = False
        while True:
            if not full and end - position < receive:
                # The rest of the dump is received elsewhere, so that the socket is free again.
                full, buffer, position = True, memoryview(bytearray(receive)), 0
            try:
                got = sock.recv_into(buffer[position:], receive)
            except OSError as error:
                raise self._lost(error) from None
            (kind,) = unpack(buffer, position + 4)
            if kind == NLMSG_DONE:
                return -1 if full else position
            if kind == NLMSG_ERROR:
                _raise(bytes(buffer[position + 16 : position + got]))
            position += got
            if full:
                position = 0

    def send(
        self, requests: Iterable[tuple[int, bytes] | Series], answered: Callable[[int], None] = lambda count: None
    ) -> dict[int, int]:
        """Sends requests, (command, payload) or many at once, in batches, the last of each asking for an
        acknowledgement, and returns {index: errno} of the refused ones. `answered` is called with the size of each
        answered batch. Raises Late when a batch is not answered; its outcome is not known."""
        errors: dict[int, int] = {}
        batch: list[bytes | bytearray] = []
        first = index = size = length = 0
        pack_header, family, version = HEADER.pack, self._type, self._version

        def flush() -> None:
            nonlocal batch, first, size
            data = bytearray(b"".join(batch))
            data[size - length + 6 : size - length + 8] = _ACKNOWLEDGED
            self._flush(data, first, index - first, errors)
            answered(index - first)
            batch, first, size = [], index, 0

        for request in requests:
            if isinstance(request, Series):
                rest = request.parts
                while rest:
                    each = 20 + len(request.before) + len(rest[0]) + len(request.after)
                    if size + each > BATCH:
                        flush()
                    length = each
                    some = rest[: (BATCH - size) // each]
                    header = pack_header(each, family, NLM_F_REQUEST, 0, 0, request.command, version, 0)
                    batch.append(_numbered(header + request.before, some, request.after, index - first + 1))
                    size += each * len(some)
                    index += len(some)
                    rest = rest[len(some) :]
                continue
            command, payload = request
            if size + 20 + len(payload) > BATCH:
                flush()
            length = 20 + len(payload)
            batch.append(pack_header(length, family, NLM_F_REQUEST, index - first + 1, 0, command, version, 0))
            batch.append(payload)
            size += length
            index += 1
        if batch:
            flush()
        return errors

    def _flush(self, data: bytearray, first: int, last: int, errors: dict[int, int]) -> None:
        """Sends a batch of `last` requests and waits until the last one is answered."""
        self._transmit(data)
        by_sequence: dict[int, int] = {}
        while True:
            datagram = self._receive()
            _, kind, _, sequence = _LENGTH_TYPE_FLAGS_SEQUENCE.unpack_from(datagram)
            if kind != NLMSG_ERROR or len(datagram) < 20:
                continue
            (code,) = _ERROR.unpack_from(datagram, 16)
            if code:
                by_sequence[first + sequence - 1] = -code
            if sequence == last:
                errors.update(by_sequence)
                return

    def _open(self) -> _socket.socket:
        sock = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, _NETLINK_GENERIC)
        seconds, fraction = divmod(self._deadline, 1)
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVTIMEO, pack("=qq", int(seconds), int(fraction * 1e6)))
        try:
            sock.setsockopt(_SOL_NETLINK, _NETLINK_CAP_ACK, 1)  # errors need not repeat the request
            sock.setsockopt(_socket.SOL_SOCKET, _SO_RCVBUFFORCE, 4 << 20)
        except OSError:
            # Without CAP_NET_ADMIN the buffer keeps its size, but then nothing can be changed or dumped either.
            sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVBUF, 1 << 20)
        sock.bind((0, 0))
        return sock

    def _resolve(self, name: str) -> int:
        attribute = name.encode() + b"\0"
        payload = pack("=HH", 4 + len(attribute), _CTRL_ATTR_FAMILY_NAME) + attribute
        payload += bytes(-len(payload) % 4)
        self._type = _GENL_ID_CTRL
        for answer in self.ask(_CTRL_CMD_GETFAMILY, payload):
            position = 0
            while position + 4 <= len(answer):
                length, kind = Struct("=HH").unpack_from(answer, position)
                if kind == _CTRL_ATTR_FAMILY_ID:
                    return int.from_bytes(answer[position + 4 : position + 6], byteorder)
                position += (length + 3) & ~3
        raise NetlinkError(errno.ENOENT, os.strerror(errno.ENOENT))

    def _numbered(self, command: int, payload: bytes, flags: int, sequence: int) -> bytes:
        return (
            HEADER.pack(20 + len(payload), self._type, NLM_F_REQUEST | flags, sequence, 0, command, self._version, 0)
            + payload
        )

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _transmit(self, data: bytes | bytearray) -> None:
        try:
            self._socket.send(data)
        except OSError as error:
            raise self._lost(error) from None

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(self.receive)
        except OSError as error:
            raise self._lost(error) from None

    def _lost(self, error: OSError) -> NoTimelyAnswer:
        """Abandons the old socket with the answers still to come, and continues with a new one."""
        self._socket.close()
        why = f"no answer within {self._deadline:g} s" if isinstance(error, BlockingIOError) else str(error.strerror)
        try:
            self._socket = self._open()
        except OSError as refused:
            why += f"; then no socket could be opened: {refused.strerror}"
        return NoTimelyAnswer(why)


def _numbered(before: bytes, some: Sequence[bytes], after: bytes, first: int) -> bytearray:
    """Requests of a series with their headers, whose sequence numbers count from `first`."""
    data = bytearray(before + (after + before).join(some) + after)
    numbers = memoryview(pack(f"={len(some)}I", *range(first, first + len(some)))).cast("I")
    memoryview(data).cast("I")[2 :: len(data) // len(some) // 4] = numbers
    return data


def _raise(body: bytes) -> None:
    (code,) = _ERROR.unpack_from(body)
    if code:
        raise NetlinkError(-code, os.strerror(-code))

"""Hears the VRRP adverts on the interfaces of this network namespace, both those of others and our own.

A packet socket receives them without joining a group, sending anything or taking part in VRRP. A filter in the kernel
passes only protocol 112, also inside AH, so a busy director costs nothing. Needs CAP_NET_RAW.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from lvstui.director.errors import Unavailable
from lvstui.director.vrrp.adverts import PROTOCOL, Advert, Router, decode

_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_OUTGOING = 4
_AH = 51
"""The protocol in which auth_type AH wraps a version 2 advert."""
_FILTER = (
    # tcpdump -dd 'ip proto 112 or ip6 proto 112', and AH around it, on packets that begin with the IP header.
    (0x30, 0, 0, 0x00000000),  # ldb [0]
    (0x54, 0, 0, 0x000000F0),  # and #0xf0
    (0x15, 0, 6, 0x00000040),  # jeq #0x40, else to version 6
    (0x30, 0, 0, 0x00000009),  # ldb [9]: protocol
    (0x15, 7, 0, PROTOCOL),  # jeq, accept
    (0x15, 0, 7, _AH),  # jeq, else drop
    (0xB1, 0, 0, 0x00000000),  # ldxb 4*([0]&0xf): length of the IP header
    (0x50, 0, 0, 0x00000000),  # ldb [x + 0]: next header of AH
    (0x15, 3, 4, PROTOCOL),  # jeq, accept, else drop
    (0x15, 0, 3, 0x00000060),  # jeq #0x60, else drop
    (0x30, 0, 0, 0x00000006),  # ldb [6]: next header
    (0x15, 0, 1, PROTOCOL),  # jeq, accept, else drop
    (0x06, 0, 0, 0x00040000),  # accept
    (0x06, 0, 0, 0x00000000),  # drop
)


class AdvertSocket:
    """A socket that receives adverts until it is closed."""

    def __init__(self) -> None:
        """Raises Unavailable without the privilege."""
        try:
            kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
            self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(_ETH_P_ALL))
        except PermissionError:
            raise Unavailable("VRRP adverts", "hearing them needs CAP_NET_RAW", "run as root") from None
        code = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(_FILTER), ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        # Only an unbound socket hears every interface; packets from before the filter are discarded.
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def fileno(self) -> int:
        return self._socket.fileno()

    def adverts(self) -> Iterator[tuple[Router, Advert, bool]]:
        """The adverts since the last call: the virtual router, the advert, and whether we sent it ourselves."""
        while True:
            try:
                data, (interface, _, kind, _, _) = self._socket.recvfrom(2048)
            except BlockingIOError:
                return
            received = _message(data)
            if received is not None:
                advert, family = received
                yield Router(interface, advert.vrid, family), advert, kind == _OUTGOING

    def close(self) -> None:
        self._socket.close()


def _message(data: bytes) -> tuple[Advert, int] | None:
    """Decodes an IP packet into its advert and the address family."""
    if not data:
        return None
    if data[0] >> 4 == 4 and len(data) >= 20:
        start = (data[0] & 15) * 4
        length = min(len(data), int.from_bytes(data[2:4], "big"))
        if data[9] == _AH:
            if len(data) < start + 2 or data[start] != PROTOCOL:
                return None
            start += (data[start + 1] + 2) * 4
        advert = decode(data[start:length], data[12:16], data[16:20], data[8])
        return (advert, 4) if advert is not None else None
    if data[0] >> 4 == 6 and len(data) >= 40:
        length = min(len(data), 40 + int.from_bytes(data[4:6], "big"))
        advert = decode(data[40:length], data[8:24], data[24:40], data[7])
        return (advert, 6) if advert is not None else None
    return None

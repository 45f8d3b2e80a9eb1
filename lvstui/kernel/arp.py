"""Asks an Ethernet who has an address: by an ARP request for IPv4 (RFC 826), by a neighbour solicitation for IPv6 (RFC
4861).

Frames are sent and received on a packet socket, so nothing enters this machine's neighbour table, and an address that
is held here can be asked for like any other: our own kernel does not answer us. Needs CAP_NET_RAW.
"""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import time
from contextlib import suppress

from lvstui.director.errors import NotDone, Unavailable
from lvstui.director.model import address_text

LISTENS = 1.0
"""Seconds during which answers are collected."""
_AGAIN = 0.4
"""Seconds after which the question is repeated, because a frame may be lost."""
_ARP, _IPV6 = 0x0806, 0x86DD
_ETHERNET = 1
_BROADCAST = b"\xff" * 6
_SOLICITATION, _ADVERTISEMENT = 135, 136
_ICMPV6 = 58
_SO_ATTACH_FILTER = 26
_ADVERTISEMENTS = (
    # tcpdump -dd 'icmp6 and ip6[40] == 136', on SOCK_DGRAM packets, which begin with the IPv6 header.
    (0x30, 0, 0, 0x00000006),  # ldb [6]: next header
    (0x15, 0, 3, _ICMPV6),  # jeq, else drop
    (0x30, 0, 0, 0x00000028),  # ldb [40]: type
    (0x15, 0, 1, _ADVERTISEMENT),  # jeq, else drop
    (0x06, 0, 0, 0x00040000),  # accept
    (0x06, 0, 0, 0x00000000),  # drop
)


def who_has(address: bytes, device: str, mac: bytes, senders: list[bytes], seconds: float = LISTENS) -> list[str]:
    """The MACs, as text, that claim an address, in the order of their answers. Our own kernel does not answer on the
    interface that is asked on, so our MAC in the result belongs to another machine (the virtual MAC of RFC 5798).

    `device`: the interface to ask on; `mac`: its MAC; `senders`: our addresses there, used as sender. Without one, an
    IPv4 address is asked for as 0.0.0.0 (RFC 5227). Raises Unavailable without the privilege, NotDone where the
    interface cannot be asked on.
    """
    kind = _ARP if len(address) == 4 else _IPV6
    try:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(kind))
    except PermissionError:
        raise Unavailable("ARP", "asking who has an address needs CAP_NET_RAW", "run as root") from None
    with wire:
        try:
            if kind == _IPV6:
                _filter(wire)
            wire.bind((device, kind))
            return _asked(wire, address, device, mac, senders, seconds)
        except OSError as error:
            raise NotDone(f"who has {address_text(address)}", f"{device}: {error.strerror or error}") from None


def _asked(
    wire: socket.socket, address: bytes, device: str, mac: bytes, senders: list[bytes], seconds: float
) -> list[str]:
    questions = _questions(address, mac, senders)
    to = _BROADCAST if len(address) == 4 else b"\x33\x33\xff" + address[-3:]
    macs: dict[str, None] = {}
    began = time.monotonic()
    asks = [began, began + min(_AGAIN, seconds / 2)]
    while (now := time.monotonic()) < began + seconds:
        if asks and now >= asks[0]:
            asks.pop(0)
            for question in questions:
                wire.sendto(question, (device, _ARP if len(address) == 4 else _IPV6, 0, 0, to))
        until = min(asks[0] if asks else began + seconds, began + seconds)
        ready, _, _ = select.select([wire], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            continue
        with suppress(BlockingIOError):
            while True:
                data, (_, _, _, _, sender) = wire.recvfrom(2048)
                answer = says(data, address, sender)
                if answer:
                    macs[mac_text(answer)] = None
    return list(macs)


def _questions(address: bytes, mac: bytes, senders: list[bytes]) -> list[bytes]:
    if len(address) == 4:
        return [arp_request(mac, sender, address) for sender in (bytes(4), *senders[:1])]
    return [solicitation(mac, senders[0] if senders else bytes(16), address)]


def arp_request(mac: bytes, sender: bytes, address: bytes) -> bytes:
    """An ARP request without its Ethernet header."""
    return struct.pack("!HHBBH6s4s6s4s", _ETHERNET, 0x0800, 6, 4, 1, mac, sender, bytes(6), address)


def solicitation(mac: bytes, sender: bytes, address: bytes) -> bytes:
    """A neighbour solicitation with its IPv6 header. From the unspecified address (`::`) it carries no MAC, and the
    answer goes to all nodes."""
    group = b"\xff\x02" + bytes(9) + b"\x01\xff" + address[-3:]
    option = struct.pack("!BB6s", 1, 1, mac) if any(sender) else b""
    body = struct.pack("!BBHI16s", _SOLICITATION, 0, 0, 0, address) + option
    pseudo = sender + group + struct.pack("!II", len(body), _ICMPV6)
    total = sum(struct.unpack(f"!{len(pseudo + body) // 2}H", pseudo + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    body = body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:]
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), _ICMPV6, 255, sender, group) + body


def says(data: bytes, address: bytes, frame: bytes = b"") -> bytes:
    """The MAC that has the address according to a packet: an ARP packet of either kind sent by that address, or a
    neighbour advertisement for it; b"" for any other packet. `frame`: the MAC that sent the frame."""
    if len(address) == 4:
        if len(data) < 28 or data[:6] != b"\0\1\x08\0\x06\x04":
            return b""
        return data[8:14] if data[14:18] == address else b""
    if len(data) < 64 or data[6] != _ICMPV6 or data[40] != _ADVERTISEMENT or data[7] != 255:
        return b""
    if data[48:64] != address:
        return b""
    option = data[64:72]
    return option[2:8] if option[:2] == b"\2\1" and len(option) == 8 else frame[:6]


def mac_text(mac: bytes) -> str:
    """`02:42:c0:a8:50:66`"""
    return ":".join(f"{byte:02x}" for byte in mac)


def _filter(wire: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *step) for step in _ADVERTISEMENTS)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HL", len(_ADVERTISEMENTS), ctypes.addressof(buffer))
    wire.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

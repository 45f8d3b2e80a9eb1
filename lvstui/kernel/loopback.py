"""Whether `lo` is up in this network namespace. While it is down the kernel accepts no real server, because it
recognises no address as that of a single host."""

from __future__ import annotations

import fcntl
import struct

_SIOCGIFFLAGS = 0x8913
_UP = 0x1


def loopback_is_up() -> bool | None:
    """None where it is not known."""
    import socket

    request = struct.pack("16sH22x", b"lo", 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, _SIOCGIFFLAGS, request)
    except OSError:
        return None
    return bool(struct.unpack_from("H", answer, 16)[0] & _UP)

"""Writes lines to the system log, syslog or journald: both listen at /dev/log (places.syslog).

This is not the C library's syslog(), which waits when the log does not keep up; a console must not wait.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from lvstui import places
from lvstui.plain import plain

_AUTHPRIV, _WARNING, _INFO = 10, 4, 6
"""Numbers of RFC 5424, section 6.2.1."""
_LONGEST = 2000


def tell(text: str, warning: bool = False) -> bool:
    """Sends one line, if there is a log that accepts it at once. Returns whether it did."""
    path = str(places.syslog())
    if not os.path.exists(path):
        return False
    import socket

    line = plain(text)
    priority = _AUTHPRIV * 8 + (_WARNING if warning else _INFO)
    data = f"<{priority}>{time.strftime('%b %e %H:%M:%S')} lvstui[{os.getpid()}]: {line}".encode("utf-8", "replace")[
        :_LONGEST
    ]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as log:
        log.setblocking(False)
        log.connect(path)
        return log.send(data) == len(data)
    return False

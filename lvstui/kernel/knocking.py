"""Tries TCP connections, a few at a time, and reports how each is answered. Nothing is ever sent over an open one."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress

from lvstui.director.model import address_text
from lvstui.director.probe import AT_ONCE, TIMED_OUT, ProbeResult, ProbeTarget

_WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "no route to the host: it answers no ARP, or says so itself",
    errno.ENETUNREACH: "no route to its network",
    errno.ETIMEDOUT: TIMED_OUT,
    errno.ECONNRESET: "reset",
    errno.EADDRNOTAVAIL: "the address to connect from is not on this director",
    errno.EADDRINUSE: "the port to connect from is taken",
    errno.ENODEV: "the interface to connect through is not here",
    errno.EACCES: "a rule of this director forbids it",
    errno.EPERM: "a rule of this director forbids it",
}


def knock(knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
    """Tries the connections in order, AT_ONCE at a time, and yields each result as soon as it is known. Closing the
    iterator cancels the rest."""
    waiting = deque(knocks)
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or selector.get_map():
                while waiting and len(selector.get_map()) < AT_ONCE:
                    done = _begin(waiting.popleft(), selector)
                    if done is not None:
                        yield done
                yield from _decided(selector)
        finally:
            for key in list(selector.get_map().values()):
                _socket(key).close()


def _begin(knock: ProbeTarget, selector: selectors.BaseSelector) -> ProbeResult | None:
    """Starts a connection. Returns the result where it is known at once."""
    if knock.unfit:
        return ProbeResult(knock, None, "")
    began = time.monotonic()
    tried = socket.socket(socket.AF_INET6 if len(knock.address) == 16 else socket.AF_INET, socket.SOCK_STREAM)
    tried.setblocking(False)
    try:
        if knock.bind_interface:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, knock.bind_interface.encode() + b"\0")
        if knock.bind or knock.bind_port:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            any_address = "::" if tried.family == socket.AF_INET6 else ""
            tried.bind((address_text(knock.bind) if knock.bind else any_address, knock.bind_port))
        code = tried.connect_ex((address_text(knock.address), knock.port))
    except OSError as error:
        code = error.errno or errno.EIO
    if code == errno.EINPROGRESS:
        selector.register(tried, selectors.EVENT_WRITE, (knock, began))
        return None
    tried.close()
    return ProbeResult(knock, time.monotonic() - began, _words(code))


def _decided(selector: selectors.BaseSelector) -> Iterator[ProbeResult]:
    """Waits until a pending connection has a result, and yields every result there is."""
    under_way = list(selector.get_map().values())
    if not under_way:
        return
    until = min(key.data[1] + key.data[0].timeout for key in under_way)
    ready = {key.fd for key, _ in selector.select(max(0.0, until - time.monotonic()))}
    now = time.monotonic()
    for key in under_way:
        target, began = key.data
        if key.fd in ready:
            code = _socket(key).getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            trouble = _words(code)
        elif now >= began + target.timeout:
            trouble = TIMED_OUT
        else:
            continue
        selector.unregister(key.fileobj)
        with suppress(OSError):
            _socket(key).close()
        yield ProbeResult(target, now - began, trouble)


def _socket(key: selectors.SelectorKey) -> socket.socket:
    assert isinstance(key.fileobj, socket.socket)
    return key.fileobj


def _words(code: int) -> str:
    return "" if not code else _WORDS.get(code) or os.strerror(code).lower()

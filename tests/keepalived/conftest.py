"""Processes that are called keepalived are found by name in our network namespace: one test at a time may have them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

_NAME = "\0lvstui-tests-keepalived"
"""An abstract socket: of one network namespace, as what is looked for, whoever runs the tests; gone with its holder."""


@pytest.fixture
def alone() -> Iterator[None]:
    """No other worker, and no other run of the tests, has such processes meanwhile."""
    limit = time.monotonic() + 600
    with socket.socket(socket.AF_UNIX) as lock:
        while True:
            try:
                lock.bind(_NAME)
                break
            except OSError:
                assert time.monotonic() < limit, "another test does not let go of the name keepalived"
                time.sleep(0.02)
        yield

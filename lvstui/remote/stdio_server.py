"""--serve-stdio: an installed lvstui answers in place of the reader that is sent, for a forced command."""

from __future__ import annotations

import os
import sys

from lvstui.director.errors import BadInput
from lvstui.remote.boot import nonce_of
from lvstui.remote.reader import serve
from lvstui.remote.wire import Broken


def run() -> int:
    """Answers until the near side is gone. Raises BadInput where the other side is not an lvstui."""
    if sys.stdin is None or sys.stdin.isatty():
        raise BadInput("--serve-stdio", "is for an lvstui elsewhere, not for a terminal", "lvstui --on HOST asks it")
    out = os.dup(1)
    os.dup2(2, 1)  # so that no print can end up between the frames
    try:
        nonce = nonce_of(sys.stdin.buffer)
    except Broken as error:
        raise BadInput("--serve-stdio", str(error), "lvstui --on HOST asks it") from None
    return serve(sys.stdin.buffer, out, nonce, sent=False)

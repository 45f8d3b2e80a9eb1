"""--on HOST with a verb that changes something: the lvstui that is installed there does it, with its own guards, lock,
journal and audit."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile

from lvstui import __version__
from lvstui.director.errors import BadInput, Stale, Unavailable
from lvstui.director.remarks import Remark
from lvstui.remote.connect_failures import Ended, refusal
from lvstui.remote.director import checked
from lvstui.remote.link import ended, started, words
from lvstui.store.noticed import MENDS, mends
from lvstui.verbs.verb import Verb

_SSH, _ABSENT = 255, 127
_LONGEST = 1 << 16
"""The most bytes shown of a line, and of its standard error."""
_MOST = 1 << 24
"""The most bytes accepted, on standard output and again on standard error: a far side that never stops must not fill
our memory or disk."""
_UNKNOWN_FLAG = re.compile(r"unrecognized arguments: (--[a-z-]+)")
_LOOKS = 1.0
"""Seconds between two checks of how much it has written."""
_ENDING = 30
"""The most of these checks between the end of its output and its own end."""


def run(host: str, argv: Sequence[str], sudo: bool = False, given: bytes = b"", patience: float | None = None) -> Verb:
    """Starts the lvstui that is installed on a host, with these arguments and `given` on its standard input. Yields
    what it prints there, and returns its exit code. `patience`: seconds for which it may say nothing. Raises BadInput
    for no host, Unavailable where there is no way to it or the way ended, and Stale when patience has."""
    command = [*(["sudo", "-n"] if sudo else []), "lvstui", *argv]
    # Files, not pipes: a shared connection that ssh leaves behind would hold a pipe open, and none of it can block.
    with TemporaryFile() as errors, TemporaryFile() as stdin:
        stdin.write(given)
        stdin.seek(0)
        try:
            ssh = started(
                words(checked(host), "exec " + shlex.join(command)),
                stdin=stdin if given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        except FileNotFoundError:
            raise Unavailable(host, "ssh: there is none on PATH", "install OpenSSH's client") from None
        try:
            for line in _lines(host, ssh, errors.fileno(), patience):
                yield line.decode("utf-8", "replace")
            code = _code(host, ssh, errors.fileno())
        finally:
            ended(ssh)  # a change begun there is finished or taken back with its own journal
        errors.seek(0)
        said = errors.read(_LONGEST)
    if code == _SSH:
        raise refusal(host, Ended(code, said, b""))
    errors_there = said.decode("utf-8", "replace")
    if code == BadInput.exit_code and (unknown := _UNKNOWN_FLAG.search(errors_there)):
        # The arguments were checked here: a flag that is unknown there is newer than the lvstui there.
        why = f"the lvstui installed there is older than this one, and does not know {unknown[1]}"
        yield Remark(host, 0, f"{why}: install lvstui {__version__} there too")
        return code
    for text in errors_there.splitlines():
        if text.strip():
            yield Remark(host, 0, text.strip().removeprefix("lvstui: ").replace(MENDS, mends(host)))
    if code == _ABSENT:
        yield Remark(host, 0, "no lvstui is on its PATH: install it there: changes run on the director itself")
    return code


def _code(host: str, ssh: subprocess.Popen[bytes], errors: int) -> int:
    """The exit code of an ssh whose output has ended. Raises Unavailable where it does not come, or is none of the far
    side's: what was done there is then not known."""
    for _ in range(_ENDING):
        _bounded(host, 0, errors)
        try:
            code = ssh.wait(_LOOKS)
        except subprocess.TimeoutExpired:
            continue
        if code < 0:
            raise Unavailable(host, f"link: ssh was ended by signal {-code}", f"try it by hand: ssh {host}")
        return code
    raise Stale(host, f"link: it said nothing more for {_ENDING * _LOOKS:g} s and did not end", f"ssh {host}")


def _bounded(host: str, said: int, errors: int) -> None:
    """Raises Unavailable where the far side has said too much."""
    if max(said, os.fstat(errors).st_size) > _MOST:
        raise Unavailable(host, f"it said more than {_MOST >> 20} MB", f"try it by hand: ssh {host}")


def _lines(host: str, ssh: subprocess.Popen[bytes], errors: int, patience: float | None) -> Iterator[bytes]:
    """Its output, line by line, as it comes. Raises Unavailable where there is too much."""
    assert ssh.stdout is not None
    with ssh.stdout as stream:
        said, rest, heard = 0, b"", time.monotonic()
        while True:
            ready, _, _ = select.select([stream], [], [], _LOOKS)
            _bounded(host, said, errors)
            if not ready:
                if patience is not None and time.monotonic() - heard > patience:
                    why = f"link: nothing was heard for {patience:g} s"
                    raise Stale(host, why, f"try it by hand: ssh {host}")
                continue
            heard = time.monotonic()
            data = os.read(stream.fileno(), _LONGEST)
            if not data:
                break
            said += len(data)
            *whole, rest = (rest + data).split(b"\n")
            yield from (line + b"\n" for line in whole)
            if len(rest) >= _LONGEST:
                yield rest
                rest = b""
        if rest:
            yield rest

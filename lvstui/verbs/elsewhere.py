"""--on HOST --do COMMAND: the lvstui that is installed there does it, with its own guards, lock, journal and audit."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from tempfile import TemporaryFile

from lvstui.director.errors import Unavailable
from lvstui.director.remarks import Remark
from lvstui.remote.director import checked
from lvstui.remote.link import words
from lvstui.remote.refusals import Ended, refusal
from lvstui.verbs.verb import Verb

_SSH, _ABSENT = 255, 127
_LONGEST = 1 << 16
"""Bytes of a line, and of all that it says beside, that are shown at most."""


def run(host: str, command: str, sudo: bool = False, dry_run: bool = False, allow_outage: bool = False) -> Verb:
    """Yields what it prints there, and returns its exit code. Raises BadInput for no host, Unavailable where there is
    no way to it."""
    flags = [*(["--dry-run"] if dry_run else []), *(["--allow-outage"] if allow_outage else [])]
    argv = [*(["sudo", "-n"] if sudo else []), "lvstui", *flags, "--do", command]
    # A file, not a pipe: a shared connection that ssh leaves behind would hold a pipe open.
    with TemporaryFile() as errors:
        try:
            ssh = subprocess.Popen(
                words(checked(host), "exec " + shlex.join(argv)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise Unavailable(host, "ssh: there is none on PATH", "install OpenSSH's client") from None
        try:
            for line in _lines(ssh):
                yield line.decode("utf-8", "replace")
            code = ssh.wait()
        except BaseException:
            ssh.terminate()  # what was begun there goes on to its end, or is taken back: its own journal knows
            raise
        errors.seek(0)
        said = errors.read(_LONGEST)
    if code == _SSH:
        raise refusal(host, Ended(code, said, b""))
    for text in said.decode("utf-8", "replace").splitlines():
        if text.strip():
            yield Remark(host, 0, text.strip().removeprefix("lvstui: "))
    if code == _ABSENT:
        yield Remark(host, 0, "no lvstui is on its PATH: install it there, for a director changes itself")
    return code


def _lines(ssh: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert ssh.stdout is not None
    with ssh.stdout as stream:
        while line := stream.readline(_LONGEST):
            yield line

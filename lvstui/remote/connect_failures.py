"""Why there is no reader at the other end: one sentence for each stage that can fail, with the remedy and the far
side's last words."""

from __future__ import annotations

from lvstui.director.errors import Unavailable
from lvstui.plain import plain
from lvstui.remote.boot import OLDEST
from lvstui.values import NamedTuple

_SSH = 255
"""ssh's exit status for its own errors."""
_LONGEST = 300


class Ended(Exception):
    """ssh has ended: with `code` (None: it is still ending), with `errors` on standard error and, where none was
    expected, `output`."""

    def __init__(self, code: int | None, errors: bytes, output: bytes) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors
        self.output = output


class NotStarted(Unavailable):
    """Nothing was started on the far side."""


class _KnownFailure(NamedTuple):
    """A message of ssh, sudo or a shell, and its meaning. `{host}` stands for the host. `first`: it comes before
    anything is started there; the others may also come in the middle."""

    said: str
    stage: str
    why: str
    mend: str
    first: bool = True


_SUDOERS = "docs/fleet.md has the line for its sudoers"
_PYTHON = ".".join(map(str, OLDEST))
# In the words of glibc, and of musl where they differ.
_LATE = ("Connection timed out", "Operation timed out")
_NO_ROUTE = ("No route to host", "Host is unreachable")
_NO_NETWORK = ("Network is unreachable", "Network unreachable")
_KNOWN = (
    _KnownFailure(
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "host key",
        "its host key differs from the known one",
        "find out why before anything else: ssh {host}",
    ),
    _KnownFailure(
        "Host key verification failed", "host key", "its host key is not known yet", "connect once by hand: ssh {host}"
    ),
    _KnownFailure(
        "Permission denied (",
        "login",
        "no key was accepted, and a password is never asked for",
        "load a key (ssh-add), or open a shared connection first: ssh {host}",
    ),
    _KnownFailure(
        "Could not resolve hostname", "name", "its name cannot be resolved", "is it spelled right? ssh {host}"
    ),
    _KnownFailure(
        "Connection refused", "connection", "its sshd does not listen", "is sshd running there, and on which port?"
    ),
    *(
        _KnownFailure(said, "connection", "it does not answer", "is it up, and is there a route?", False)
        for said in _LATE
    ),
    *(_KnownFailure(said, "connection", "there is no route to it", "is it up?", False) for said in _NO_ROUTE),
    *(
        _KnownFailure(said, "connection", "there is no route to it", "is this machine's network up?", False)
        for said in _NO_NETWORK
    ),
    _KnownFailure(
        "Connection reset by", "connection", "its sshd closed the connection", "it may be busy: try again", False
    ),
    _KnownFailure(
        "Connection closed by", "connection", "its sshd closed the connection", "it may be busy: try again", False
    ),
    _KnownFailure(
        "a password is required",
        "sudo",
        "sudo would ask for a password",
        "allow it without one (docs/fleet.md), or leave --sudo out",
    ),
    _KnownFailure(
        "you must have a tty to run sudo",
        "sudo",
        "sudo wants a terminal there (requiretty)",
        "Defaults:USER !requiretty in its sudoers, or leave --sudo out",
    ),
    _KnownFailure("is not in the sudoers file", "sudo", "this user may not use sudo", _SUDOERS),
    _KnownFailure("is not allowed to", "sudo", "this user may not do this by sudo", _SUDOERS),
    _KnownFailure("sudo: not found", "sudo", "there is no sudo", "log in as root, or leave --sudo out"),
    _KnownFailure(
        "lvstui: no Python",
        "Python",
        f"no Python {_PYTHON} or later is there",
        f"install python{_PYTHON} or later there, or lvstui itself as a forced command (docs/fleet.md)",
    ),
    _KnownFailure(
        "This account is",
        "shell",
        "this account may not log in",
        "give it a shell, or a forced command (docs/fleet.md)",
    ),
)


def refusal(host: str, ended: Ended) -> Unavailable:
    """Why the reader did not start."""
    errors = ended.errors.decode("utf-8", "replace")
    output = ended.output.decode("utf-8", "replace")
    for known in _KNOWN:
        if known.said in errors or known.said in output:
            said = _said(known.said, errors) or _said(known.said, output)
            kind = NotStarted if known.first else Unavailable
            return kind(host, f"{known.stage}: {known.why} ({said})", known.mend.format(host=host))
    said = last(errors) or last(output)
    words = f": {said}" if said else " without a word"
    if ended.code == _SSH:
        return Unavailable(host, f"ssh: there is no connection{words}", f"try it by hand: ssh {host}")
    how = "" if ended.code is None else f" with exit status {ended.code}"
    return Unavailable(host, f"login: what was started there ended{how}{words}", f"try it by hand: ssh {host} true")


def last(text: str) -> str:
    """The last line of a text that is not empty, made harmless."""
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    return plain(lines[-1][:_LONGEST]) if lines else ""


def _said(said: str, text: str) -> str:
    """The line that contains the known words."""
    return next((plain(line.strip()[:_LONGEST]) for line in text.replace("\r", "\n").split("\n") if said in line), "")

"""A director elsewhere as a Source. It is read through the user's own ssh, and cannot be changed from here: the reader
sent there has no code for changes."""

from __future__ import annotations

import os
import select
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress

from lvstui import __version__, log
from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.errors import BadInput, Lost, LvsError, NotDone, Unavailable
from lvstui.director.probe import Probes
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import State
from lvstui.director.vrrp.passwords import PasswordQuestion
from lvstui.plain import plain
from lvstui.remote import boot, wire
from lvstui.remote.connect_failures import Ended, last, refusal
from lvstui.remote.link import Silent, SshLink, words
from lvstui.store.frames import decode
from lvstui.store.noticed import MENDS, mends
from lvstui.store.pictures import NOTHING, Picture, PictureRules, rearranged
from lvstui.store.replay import shown

ELSEWHERE = "a director elsewhere"
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each attempt to reconnect; the last one applies to all later attempts."""
_AT_ONCE = 0.1
"""The same where somebody asked for it."""
_APART = 0.9
"""Seconds between two readings from which rates are computed."""
_KEPT = 5
_REST = 0.1
"""Seconds after news for which no others are listened for."""
_NEVER = frozenset("'`\"$;&<>|(){}")
"""Characters that are refused in a host name, because a shell interprets them."""


def open_remote(host: str, sudo: bool = False, around: bool = False) -> Remote:
    """Opens the director `host`, by its ssh name (`lvs2`, `admin@lvs2`, an alias of ~/.ssh/config), connected and ready
    to read. `read(Scope(...))` returns a State as for any other Source, `close()` ends the connection; `send`, `order`
    and `probes` are refused. When the link fails later, `read` raises Lost, and reconnects when it is called after
    `Lost.again` seconds. Two directors are independent, and may be read in two threads at the same time. `sudo`: the
    reader runs there as root, by `sudo -n`; `around`: ignore a shared connection.

    Raises BadInput for a word that is not a host, Unavailable with reason and remedy where it cannot be reached.
    """
    remote = Remote(host, sudo, around)
    remote.connect()
    return remote


def checked(host: str) -> str:
    """Checks that a word can be a host for ssh, and returns it. Characters with a meaning for a shell are refused, as
    OpenSSH does since 9.6: an older version passes them to a shell where its configuration has `%h` or `%r` in a
    command, and hosts come from files too. Raises BadInput."""
    user, _, name = host.removeprefix("ssh://").rpartition("@")
    if (
        not name
        or user.startswith("-")
        or name.startswith("-")
        or not host.isprintable()
        or any(letter.isspace() or letter in _NEVER for letter in host)
        or "\\" in name
    ):
        raise BadInput(host or "host", "is not the name of a host", "lvstui lvs2, lvstui admin@lvs2")
    return host


class Remote:
    """One director elsewhere. Reads come one at a time. A second thread receives news, and keeps the far side running
    while nobody reads."""

    def __init__(self, host: str, sudo: bool = False, around: bool = False) -> None:
        self.host = checked(host)
        self._sudo = sudo
        self._around = around
        self._lock = threading.Lock()
        self._link: SshLink | None = None
        self._opening: SshLink | None = None
        self._closed = False
        self._news: Callable[[], None] = lambda: None
        self._picture: Picture | None = None
        self._sweeps: list[Picture] = []
        self._spoke = 0.0
        self._tries = 0
        self._again = 0.0
        self._hurry = False
        self._why = ""
        self._mend = ""
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread: threading.Thread | None = None

    @property
    def hello(self) -> wire.Hello | None:
        """The hello of the far side, None while there is none."""
        return self._link.hello if self._link is not None else None

    def connect(self) -> None:
        """Connects. Raises Unavailable."""
        with self._lock:
            self._link = self._opened()
        self._thread = threading.Thread(target=self._listen, name=f"link to {self.host}", daemon=True)
        self._thread.start()

    def read(self, scope: Scope) -> State:
        with self._lock:
            if self._link is None:
                self._reconnect()
            try:
                return self._read(scope)
            except (Silent, wire.Broken, Ended, ValueError) as error:
                raise self._lost(_words(error)) from None

    def _read(self, scope: Scope) -> State:
        link, before = self._link, self._picture
        assert link is not None
        scope = scope if before is not None else scope._replace(sweep=True)
        self._spoke = time.monotonic()
        frame = link.ask(wire.request_line(scope, before is None))
        if frame.kind == wire.ERROR:
            self._forget()
            raise self._theirs(wire.error_of(frame.payload))
        if frame.kind not in (wire.WHOLE, wire.DIFFERENCE):
            raise wire.Broken("its answer does not match the request")
        if frame.kind == wire.DIFFERENCE and before is None:
            raise wire.Broken("it sent a difference without a first reading")
        picture = decode(
            frame.payload, before if frame.kind == wire.DIFFERENCE else None, frame.taken, largest=wire.UNPACKED
        )
        self._picture, self._tries = picture, 0
        swept = picture.state.at
        self._sweeps = [_in_order(sweep, picture.rules) for sweep in self._sweeps]
        if scope.sweep:
            if not self._sweeps or swept - self._sweeps[-1].state.at >= _APART or swept < self._sweeps[-1].state.at:
                numbers = picture._replace(state=NOTHING.state._replace(at=swept))
                self._sweeps = [*self._sweeps[1 - _KEPT :], numbers]
        else:
            swept = self._sweeps[-1].state.at
        state = shown([*self._sweeps, picture], ELSEWHERE, swept)
        if any(MENDS in note for note in state.notes):
            state = state._replace(notes=tuple(note.replace(MENDS, mends(self.host)) for note in state.notes))
        return state

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        raise NotDone("read-only", f"{self.host} is {ELSEWHERE}; {len(changes)} change(s) not sent", self._over_there)

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        raise NotDone("read-only", f"{self.host} is {ELSEWHERE}; nothing was sent to keepalived", self._over_there)

    def probes(self) -> Probes:
        raise NotDone("probe", f"{self.host} is {ELSEWHERE}, and only it can probe", self._over_there)

    def prove(self, questions: Sequence[PasswordQuestion]) -> Sequence[bytes]:
        with self._lock:
            link = self._link
            if link is None:
                raise Lost(self.host, self._why, self._mend, max(self._again - time.monotonic(), 0.1))
            try:
                frame = link.ask(wire.to_prove(questions))
                if frame.kind in (wire.PONG, wire.ERROR):  # an lvstui there that does not know this question
                    return [b""] * len(questions)
                if frame.kind != wire.PROVED:
                    raise wire.Broken("its answer does not match the request")
                return wire.proved_of(frame.payload, len(questions))
            except (Silent, wire.Broken, Ended) as error:
                raise self._lost(_words(error)) from None

    @property
    def _over_there(self) -> str:
        return f"on it: ssh {self.host}, then lvstui"

    def go_round(self) -> bool:
        """Connects again at once, and from now on past a shared connection that the user may have: where that is dead,
        ssh hangs. Returns False where the link is up. From any thread; it waits for nothing."""
        if self._link is not None:
            return False
        self._around = self._hurry = True
        self._again = 0.0
        if (link := self._opening) is not None:
            link.kill()
        return True

    def on_news(self, call: Callable[[], None]) -> None:
        self._news = call

    def close(self) -> None:
        """Ends the connection without waiting: its ssh is killed."""
        self._closed = True
        with suppress(OSError):
            os.eventfd_write(self._wake, 1)
        while not self._lock.acquire(timeout=0.2):
            if (link := self._opening or self._link) is not None:
                link.kill()
        try:
            self._drop()
        finally:
            self._lock.release()

    def _opened(self) -> SshLink:
        """A link to a reader that speaks our protocol. Raises Unavailable."""
        try:
            link = SshLink(words(self.host, boot.command(self._sudo), self._around))
        except FileNotFoundError:
            raise Unavailable(self.host, "ssh: there is none on PATH", "install OpenSSH's client") from None
        except OSError as error:
            raise Unavailable(self.host, f"ssh: it cannot be started: {error.strerror}") from None
        self._opening = link
        try:
            link.begin()
        except BaseException as error:
            link.close()
            raise self._refused(error) from None
        finally:
            self._opening = None
        if link.hello.protocol != wire.PROTOCOL:
            theirs = link.hello.lvstui or "of an unknown version"
            link.close()
            raise Unavailable(
                self.host,
                f"protocol: the lvstui there is {theirs} and speaks {link.hello.protocol}, "
                f"this one is {__version__} and speaks {wire.PROTOCOL}",
                "install the same version on both, or take the forced command away there",
            )
        log.note("%s: %s", self.host, link.hello)
        return link

    def _refused(self, error: BaseException) -> BaseException:
        """The error for a link that did not start."""
        if isinstance(error, Ended):
            return refusal(self.host, error)
        if isinstance(error, Silent):
            past = (
                ""
                if self._around
                else f"; or @ in the console, where a shared connection is dead (ssh -O exit {self.host})"
            )
            return Unavailable(self.host, f"start: {error}", f"try it by hand: ssh {self.host}{past}")
        if isinstance(error, wire.Broken):
            return Unavailable(self.host, f"start: {error}", f"try it by hand: ssh {self.host} true")
        if isinstance(error, LvsError):
            return self._theirs(error)
        return error

    def _theirs(self, error: LvsError) -> LvsError:
        """An error of the far side, with the host's name added."""
        kind = type(error)
        return kind(f"{self.host}: {error.what}", error.why, error.mend)

    def _reconnect(self) -> None:
        """Reconnects. Raises Lost before the next attempt is due, or when it fails."""
        left = self._again - time.monotonic()
        if left > 0 or self._closed:
            raise Lost(self.host, self._why, self._mend, max(left, 0.1))
        try:
            self._link = self._opened()
        except Unavailable as error:
            raise self._lost(error.why, error.mend) from None
        with suppress(OSError):
            os.eventfd_write(self._wake, 1)

    def _lost(self, why: str, mend: str = "") -> Lost:
        self._drop()
        pause = _AT_ONCE if self._hurry else PAUSES[min(self._tries, len(PAUSES) - 1)]
        self._hurry = False
        self._tries += 1
        self._again, self._why, self._mend = time.monotonic() + pause, why, mend
        log.note("%s is lost: %s", self.host, why)
        return Lost(self.host, why, mend, pause)

    def _drop(self) -> None:
        self._forget()
        if self._link is not None:
            self._link.close()
            self._link = None

    def _forget(self) -> None:
        """Forgets the last frame, so the next one must be complete."""
        self._picture, self._sweeps = None, []

    def _listen(self) -> None:
        """A thread: receives news, and sends a request now and then while nobody reads, so that the far side keeps
        running."""
        while not self._closed:
            with self._lock:
                link = self._link
                spot = link.fileno() if link is not None else None
            waiting = [self._wake, *([spot] if spot is not None else [])]
            try:
                ready, _, _ = select.select(waiting, [], [], wire.CALLS / 4 if link is not None else None)
            except (OSError, ValueError):
                continue  # the link was closed meanwhile
            if self._wake in ready:
                with suppress(OSError):
                    os.eventfd_read(self._wake)
            if link is not None and not self._closed and self._beside(link):
                # However often the other side has news: nobody reads more often than this because of them.
                select.select([self._wake], [], [], _REST)

    def _beside(self, link: SshLink) -> bool:
        """Whether there were news."""
        news = False
        with self._lock:
            if self._link is not link:
                return False
            try:
                news = link.heard()
                if time.monotonic() - self._spoke >= wire.CALLS:
                    self._spoke = time.monotonic()
                    link.ask(wire.ping())
            except (Silent, wire.Broken, Ended) as error:
                self._lost(_words(error))
                news = True  # the next read reports the failure at once
        if news:
            self._news()
        return news


def _in_order(sweep: Picture, rules: PictureRules) -> Picture:
    """The numbers of an earlier sweep, in the order of these rules. Nothing else is kept of it, so that a far side
    cannot have us keep several tables, each as large as it may be."""
    if sweep.rules is rules:
        return sweep
    sweep = rearranged(sweep, rules)
    return sweep._replace(services=array("Q", sweep.services), servers=array("Q", sweep.servers))


def _words(error: BaseException) -> str:
    """Why the link is lost, in words."""
    if isinstance(error, Ended):
        said = last(error.errors.decode("utf-8", "replace"))
        return f"the link ended: {said}" if said else "the link ended"
    if isinstance(error, Silent):
        return str(error)
    return f"its answer cannot be understood: {plain(str(error))}"

"""The far side: reads its director on request and answers with frames. It cannot change anything, because code that
changes a table or controls keepalived is not sent (carried.py)."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import BinaryIO

from lvstui import __version__, places
from lvstui.director.errors import LvsError, NotDone
from lvstui.director.source import Scope, Source, on_news, proved
from lvstui.director.state import State, with_known
from lvstui.director.vrrp.passwords import PasswordQuestion
from lvstui.remote import wire
from lvstui.store import noticed
from lvstui.store.frames import Encoder

GUESSES, ANOTHER = 8, 600.0
"""How many proofs of one password a connection gives, and the seconds after which it gives one more."""
_COUNTED = 4096
"""The most stand-ins whose proofs are counted, so that made-up ones cannot use up memory."""


def here() -> Source:
    """The director of this machine."""
    from lvstui.live import open_source

    return open_source()


def unfinished() -> str:
    """What must be known of a restore that was cut off on this machine, "" where none was."""
    notice = noticed.unfinished(places.run() / places.table() / places.NOTICE, places.boot())
    return f"{noticed.cut_off(notice)}: {noticed.MENDS}" if notice is not None and not noticed.works(notice) else ""


def serve(stdin: BinaryIO, out: int, nonce: bytes, sent: bool = True, opened: Callable[[], Source] = here) -> int:
    """Answers requests until the near side is gone, or silent for a minute: then SIGALRM ends this process, wherever it
    waits. `out` receives the frames. Returns the exit code."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(wire.SILENCE)
    answers = _FrameSender(out)
    answers.put(wire.mark(nonce))
    try:
        source = opened()
    except LvsError as error:
        answers.put(wire.complaint(error))
        return error.exit_code
    version = ".".join(map(str, sys.version_info[:3]))
    host = os.uname().nodename
    answers.put(wire.hello(wire.Hello(wire.PROTOCOL, __version__, version, os.geteuid(), host, time.time(), sent)))
    on_news(source, answers.news)
    reading = _Reading(source)
    try:
        while line := stdin.readline(wire.REQUEST + 1):
            signal.alarm(wire.SILENCE)
            answers.begin_request()
            answers.put(reading.answer(line))
    except BrokenPipeError:
        return 0
    finally:
        source.close()
    return 0


class _FrameSender:
    """Sends frames: from the thread that reads, and from threads of the source that have news."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._news_sent = False

    def put(self, data: bytes) -> None:
        with self._lock:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._out, rest) :]

    def begin_request(self) -> None:
        self._news_sent = False

    def news(self) -> None:
        """Sends news once, until the next request."""
        if not self._news_sent:
            self._news_sent = True
            try:
                self.put(wire.packed(wire.NEWS))
            except OSError:
                return  # the near side is gone: the thread that reads will notice


class _Reading:
    """Answers requests, one after the other."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._encoder = Encoder(keeping=True)
        self._known: State | None = None
        self._proofs = _Proofs(source)

    def answer(self, line: bytes) -> bytes:
        try:
            if not line.endswith(b"\n"):
                raise wire.Broken("a request is too long")
            asked = wire.request(line)
        except wire.Broken as error:
            return wire.complaint(NotDone("request", str(error)))
        if asked.prove:
            return wire.proved(self._proofs.answers(asked.prove))
        if asked.scope is None:
            return wire.packed(wire.PONG)
        if asked.whole:
            self._encoder, self._known = Encoder(keeping=True), None
        try:
            return self._frame(asked.scope)
        except LvsError as error:
            return wire.complaint(error)

    def _frame(self, scope: Scope) -> bytes:
        known = self._known
        if known is None:
            scope = scope._replace(sweep=True)
        state = self._source.read(scope)
        if note := unfinished():
            state = state._replace(notes=(*state.notes, note))
        if lacking := self._encoder.lacking:
            state = state._replace(notes=(*state.notes, f"not sent from there: {lacking}"))
        if scope.sweep or known is None:
            self._known = state
            whole, payload = self._encoder.encode(state)
        else:
            whole, payload = self._encoder.encode(with_known(state, known), scope.services)
        return wire.packed(wire.WHOLE if whole else wire.DIFFERENCE, payload)


class _Proofs:
    """Answers questions about passwords. Each proof is one guess for somebody who plays the other director, so there
    are few of each password for a connection: some at once, then one now and then."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._began = time.monotonic()
        self._given: dict[bytes, int] = {}

    def answers(self, questions: Iterable[PasswordQuestion]) -> list[bytes]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: PasswordQuestion) -> bytes:
        if question.own:
            given = self._given.get(question.stand_in, 0)
            if given >= GUESSES + (time.monotonic() - self._began) // ANOTHER or len(self._given) > _COUNTED:
                return b""
            self._given[question.stand_in] = given + 1
        return proved(self._source, [question])[0]

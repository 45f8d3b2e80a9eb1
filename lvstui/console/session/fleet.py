"""Reads several directors at once, each in its own thread, every ten seconds. A slow director, or a slow link to it,
delays neither the others nor any key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from lvstui import log
from lvstui.director.drift.all import Drifts, followed
from lvstui.director.errors import Lost, LvsError
from lvstui.director.serving import Tally, tallied
from lvstui.director.source import Scope, Source, on_news
from lvstui.doctor.diagnosis import Diagnosis, counted, diagnosed
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.store.noticed import unfinished_note
from lvstui.views.directors import Director
from lvstui.views.look import Look

TOGETHER = 8
"""Connections opened at the same time: sshd refuses more (MaxStartups), and so does a jump host."""
INTERVAL = 10.0
_LEAST = 1.0
"""The shortest time between two reads of one director, in seconds, even if it has news all the time."""
_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each try to open one again; the last counts for all later ones."""
_SCOPE = Scope(sweep=True, vrrp=True, owner=True, facts=True)


class Fleet:
    """Directors that are read side by side. `opener` opens one by its name; `silence`: findings that do not alarm;
    `limits`: the thresholds of findings."""

    def __init__(
        self,
        hosts: Sequence[str],
        opener: Callable[[str], Source],
        silence: Mapping[str, str] | None = None,
        limits: Thresholds = USUAL,
    ) -> None:
        self.hosts = tuple(hosts)
        self._opener = opener
        self._silence = silence or {}
        self._limits = limits
        self.look = Look()
        """How the page of directors is sorted and filtered; it outlives the page."""
        self._known = {host: Director(host) for host in hosts}
        self._sources: dict[str, Source] = {}
        self._wake = {host: threading.Event() for host in hosts}
        self._ended = threading.Event()
        self._opening = threading.Semaphore(TOGETHER)

    def start(self) -> None:
        for host in self.hosts:
            threading.Thread(target=self._watch, args=(host,), name=f"director {host}", daemon=True).start()

    @property
    def directors(self) -> tuple[Director, ...]:
        """What is known of each director now, in the order of `hosts`."""
        return tuple(self._known[host] for host in self.hosts)

    def wake(self) -> None:
        """Reads all of them now."""
        for event in self._wake.values():
            event.set()

    def close(self) -> None:
        """Closes every connection. Waits at most two seconds for each."""
        self._ended.set()
        self.wake()
        sources = list(self._sources.values())
        threads = [threading.Thread(target=source.close, daemon=True) for source in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2.0)

    def _watch(self, host: str) -> None:
        """Opens one director, tries again if that fails, and reads it until close(). Runs in its own thread."""
        tries = 0
        while not self._ended.is_set():
            try:
                with self._opening:
                    if self._ended.is_set():
                        return
                    source = self._opener(host)
            except Exception as error:
                self._troubled(host, error)
                self._wait(host, _PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
                continue
            self._sources[host] = source
            if self._ended.is_set():
                source.close()
                return
            on_news(source, self._wake[host].set)
            self._read(host, source)

    def _read(self, host: str, source: Source) -> None:
        """Reads one director until close(). An error is shown in its row, and reading continues."""
        tally: Tally | None = None
        drifts: Drifts | None = None
        diagnosis: Diagnosis | None = None
        while not self._ended.is_set():
            pause = INTERVAL
            try:
                began = time.monotonic()
                state = source.read(_SCOPE)
                tally, drifts = tallied(state, tally), followed(state, drifts)
                diagnosis = diagnosed(state, tally, drifts, diagnosis, self._silence, limits=self._limits)
                numbers = counted(diagnosis), diagnosis.critical
                number = drifts.number if drifts is not None else None
                self._known[host] = Director(
                    host, state, tally, *numbers, number, "", began, unfinished_note(state.notes)
                )
            except Exception as error:
                self._troubled(host, error)
                pause = error.again if isinstance(error, Lost) else INTERVAL
            self._ended.wait(_LEAST)
            self._wait(host, max(pause - _LEAST, 0.0))

    def _wait(self, host: str, seconds: float) -> None:
        self._wake[host].wait(seconds)
        self._wake[host].clear()

    def _troubled(self, host: str, error: Exception) -> None:
        """Notes why reading fails. What was read last stays."""
        if isinstance(error, LvsError):
            why = f"{error.why}; {error.mend}" if error.mend else error.why
        else:  # a defect must not take the page away
            log.failure("unexpected, in a read")
            why = f"{type(error).__name__}: {error}"
        if not self._ended.is_set():
            self._known[host] = self._known[host]._replace(trouble=why)

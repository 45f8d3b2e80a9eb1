"""Replay: a recording as a Source. Its clock runs, stops and jumps on request; nothing in it can be changed."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from lvstui.director.change import Change
from lvstui.director.daemon import KeepalivedOrder, OrderAnswer
from lvstui.director.digits import too_long
from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.model import Server, Service, ServiceKey
from lvstui.director.observed import ObservedSweep, decided, observed_sweep, recorded
from lvstui.director.probe import Probes
from lvstui.director.record import Record
from lvstui.director.remembered import Written, lines
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import (
    Counters,
    Flow,
    Listed,
    Load,
    Pool,
    Rates,
    ServerReading,
    ServiceReading,
    State,
    flow,
    listed,
)
from lvstui.director.sweeps import Sweep, observed_changes, swept
from lvstui.store.frames import decode
from lvstui.store.pictures import SERVER, SERVICE, Picture, rearranged
from lvstui.store.tape import KEY, Tape, opened
from lvstui.values import NamedTuple

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
READ_ONLY = "a recording"

_SPAN = 3.9
"""Seconds over which rates are computed, as for live ones (director/rates.py)."""
_ROUNDING = 0.001
_KEPT = 8
"""Pictures kept for that."""


class Position(NamedTuple):
    """The position of a replay: seconds from the beginning, the total, and the speed, 0 while it is stopped."""

    seconds: float
    length: float
    speed: float


class Replay:
    """A tape being played. A console reads it in one thread and seeks from another."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises BadInput where it is not a tape."""
        self._tape = opened(path)
        self._times = _ascending([spot.taken for spot in self._tape.spots])
        self._clock = clock
        self._lock = threading.Lock()
        self._at = 0.0
        self._since = clock()
        self._speed = 1.0
        self._standing = False
        self._number = -1
        self._pictures: list[Picture] = []
        self._state: State | None = None
        self._through: EventSearch | None = None

    @property
    def remark(self) -> str:
        """A remark on the file, "" for none."""
        lost = self._tape.lost
        return f"{self._tape.path}: the last {lost} bytes are not a whole frame and are left out" if lost else ""

    @property
    def position(self) -> Position:
        with self._lock:
            return Position(self._now(), self._times[-1] - self._times[0], 0.0 if self._standing else self._speed)

    @property
    def records(self) -> Sequence[Record]:
        """The events of the whole recording as far as it has been searched, latest first; the same object while nothing
        was added."""
        if self._through is None:
            self._through = EventSearch(self._tape)
        return self._through.records

    def looked_through(self, seconds: float) -> bool:
        """Waits up to `seconds` for the search to finish. Returns whether it has."""
        return self.records is not None and self._through is not None and self._through.over.wait(seconds)

    def jump(self, epoch: float) -> None:
        """Jumps to a moment, in seconds of the epoch."""
        with self._lock:
            # A position that is short of a frame by a rounding error would show the frame before.
            self._turn(epoch - self._times[0] + _ROUNDING)

    def moment(self) -> float:
        """The current position, in seconds of the epoch."""
        with self._lock:
            return self._times[0] + self._now()

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last moment, in seconds of the epoch."""
        return self._times[0], self._times[-1]

    def seek(self, seconds: float) -> None:
        """Moves forward by this many seconds, or back."""
        with self._lock:
            self._turn(self._now() + seconds)

    def faster(self, steps: int) -> float:
        """Changes the speed by this many steps, and returns the new speed."""
        with self._lock:
            self._turn(self._now())
            self._speed = SPEEDS[max(0, min(len(SPEEDS) - 1, SPEEDS.index(self._speed) + steps))]
            return self._speed

    def stand(self, still: bool) -> None:
        """Stops the clock, or lets it run."""
        with self._lock:
            self._turn(self._now())
            self._standing = still

    def read(self, scope: Scope) -> State:
        with self._lock:
            wanted = max(0, bisect_right(self._times, self._times[0] + self._now()) - 1)
            if wanted != self._number or self._state is None:
                self._go(wanted)
                self._state = shown(self._pictures)
            return self._state

    def states(self) -> Iterator[State]:
        """All recorded States, one after another."""
        for number in range(len(self._times)):
            self._go(number)
            yield shown(self._pictures)

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> Sequence[Outcome]:
        raise NotDone(READ_ONLY, "a recording cannot be changed", "start lvstui without --replay for the live director")

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        raise NotDone(
            READ_ONLY,
            "a recorded keepalived cannot be controlled",
            "start lvstui without --replay for the live director",
        )

    def probes(self) -> Probes:
        raise NotDone(READ_ONLY, "a recording cannot be probed", "start lvstui without --replay to probe")

    def close(self) -> None:
        if self._through is not None:
            self._through.stop()

    def _now(self) -> float:
        """Seconds from the beginning of the tape, at most its length."""
        run = 0.0 if self._standing else (self._clock() - self._since) * self._speed
        return max(0.0, min(self._at + run, self._times[-1] - self._times[0]))

    def _turn(self, seconds: float) -> None:
        self._at, self._since = max(0.0, min(seconds, self._times[-1] - self._times[0])), self._clock()

    def _go(self, number: int) -> None:
        """Decodes the pictures up to this frame, from the present one or from the last complete one."""
        spots = self._tape.spots
        start = max(n for n in range(number + 1) if spots[n].kind == KEY)
        if start <= self._number <= number:
            start = self._number + 1
        else:
            # Rates need a picture from a few seconds earlier.
            start = max((n for n in range(max(0, start - _KEPT) + 1) if spots[n].kind == KEY), default=0)
            self._pictures = []
        for n in range(start, number + 1):
            before = None if spots[n].kind == KEY or not self._pictures else self._pictures[-1]
            self._pictures = [*self._pictures[1 - _KEPT :], _picture(self._tape, n, before)]
        self._number = number


class EventSearch:
    """Searches a tape for events, in a separate thread because that can take a while."""

    def __init__(self, tape: Tape) -> None:
        self.over = threading.Event()
        self.trouble = ""
        self._tape = tape
        self._records: list[Record] = []
        self._latest_first: tuple[Record, ...] = ()
        self._stopped = False
        threading.Thread(target=self._look, name="looking-through", daemon=True).start()

    @property
    def records(self) -> tuple[Record, ...]:
        """The events found so far, latest first."""
        records = self._records
        if len(records) != len(self._latest_first):
            self._latest_first = tuple(reversed(records))
        return self._latest_first

    def stop(self) -> None:
        self._stopped = True

    def _look(self) -> None:
        try:
            for records in happenings(self._tape):
                self._records = [*self._records, *records]
                if self._stopped:
                    return
        except LvsError as error:
            self.trouble = str(error)
        finally:
            self.over.set()


def happenings(tape: Tape) -> Iterator[list[Record]]:
    """The events between successive frames of a tape, where there are any."""
    picture: Picture | None = None
    before: Sweep | None = None
    sights: list[ObservedSweep] = []
    times = _ascending([spot.taken for spot in tape.spots])
    for number, spot in enumerate(tape.spots):
        picture = _picture(tape, number, None if spot.kind == KEY else picture)
        now = swept(shown((picture,)))
        if before is not None:
            difference = observed_changes(before, now, ())
            if difference.changes or difference.vrrp:
                sights.append(observed_sweep(difference, before.state, now.state, times[number]))
        before = now
        ripe = decided(sights, now.state if spot is not tape.spots[-1] else None)
        for sweep in sights[:ripe]:
            yield recorded(sweep, now.state, "")
        del sights[:ripe]


def _picture(tape: Tape, number: int, before: Picture | None) -> Picture:
    spot = tape.spots[number]
    try:
        return decode(tape.payload(spot), before, spot.taken)
    except ValueError as error:
        why = too_long(error) or error
        raise BadInput(str(tape.path), f"frame {number + 1} of {len(tape.spots)} cannot be read: {why}") from None


def _ascending(times: list[float]) -> list[float]:
    """The times in ascending order: a clock that was set back during the recording must not break seeking."""
    for i in range(1, len(times)):
        times[i] = max(times[i], times[i - 1])
    return times


def shown(pictures: Sequence[Picture], read_only: str = READ_ONLY, swept: float | None = None) -> State:
    """The last of some pictures as a State. Rates are the growth since a picture a few seconds earlier. `read_only`:
    why nothing can be changed in it; `swept`: when all pools were read, where that was before the last picture."""
    picture = pictures[-1]
    at = picture.state.at
    # Monotonic times of another boot mean nothing here.
    earlier = [picture for picture in pictures[:-1] if picture.state.at < at]
    old = next(
        (picture for picture in reversed(earlier) if at - picture.state.at >= _SPAN), earlier[0] if earlier else None
    )
    if old is not None and old.rules is not picture.rules:
        old = rearranged(old, picture.rules)
    rows = _Rows(picture, old, at - old.state.at if old is not None else 0.0)
    return picture.state._replace(
        services=_Services(rows), pools=_Pools(rows), swept=at if swept is None else swept, read_only=read_only
    )


class _Rows(NamedTuple):
    """A picture, and one from `seconds` earlier in the same order."""

    picture: Picture
    old: Picture | None
    seconds: float

    def rates(self, now: Sequence[int], before: Sequence[int]) -> Rates:
        # A row that was not there, or was zeroed, has no rate yet.
        if not self.seconds or not any(before) or any(n < o for n, o in zip(now, before, strict=True)):
            return Rates()
        return Rates(*((n - o) / self.seconds for n, o in zip(now, before, strict=True)))


class _Services:
    """The services of a picture; rows are made when used."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._rules = rows.picture.rules

    @property
    def keys(self) -> Sequence[ServiceKey]:
        return self._rules.keys

    def __len__(self) -> int:
        return len(self._rules.keys)

    def __getitem__(self, index: int, /) -> ServiceReading:
        if not 0 <= index < len(self._rules.keys):
            raise IndexError(index)
        part = slice(index * SERVICE, (index + 1) * SERVICE)
        now = self._rows.picture.services[part]
        before = self._rows.old.services[part] if self._rows.old is not None else ()
        return ServiceReading(self._rules.services[index], Counters(*now), self._rows.rates(now, before))

    def __iter__(self) -> Iterator[ServiceReading]:
        return map(self.__getitem__, range(len(self)))

    def find(self, key: ServiceKey) -> ServiceReading | None:
        index = self._rules.place.get(key)
        return None if index is None else self[index]

    def services(self) -> Sequence[Service]:
        return self._rules.services


class _Pools(Mapping[ServiceKey, Pool]):
    """The pools of a picture."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows
        self._index = rows.picture.rules.place

    def __getitem__(self, key: ServiceKey) -> Pool:
        return _Pool(self._rows, self._index[key])

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def differing(self, before: Mapping[ServiceKey, Pool]) -> Collection[ServiceKey] | None:
        """Two pictures of one tape with the same rules do not differ."""
        same = isinstance(before, _Pools) and before._rows.picture.rules is self._rows.picture.rules
        return () if same else None


class _Pool:
    """The servers of one service of a picture."""

    def __init__(self, rows: _Rows, number: int) -> None:
        self.at = rows.picture.state.at
        self._rows = rows
        self._servers = rows.picture.rules.pools[number]
        self._start = rows.picture.rules.starts[number]

    @property
    def load(self) -> Load:
        weights = [server.weight for server in self._servers]
        numbers = self._rows.picture.servers[self._start * SERVER : (self._start + len(weights)) * SERVER]
        live = len(weights) - weights.count(0)
        return Load(len(weights), live, sum(weights), sum(numbers[0::SERVER]), sum(numbers[1::SERVER]))

    def __len__(self) -> int:
        return len(self._servers)

    def __getitem__(self, index: int, /) -> ServerReading:
        if not 0 <= index < len(self._servers):
            raise IndexError(index)
        part = slice((self._start + index) * SERVER, (self._start + index + 1) * SERVER)
        active, inactive, persistent, *now = self._rows.picture.servers[part]
        before = self._rows.old.servers[part][3:] if self._rows.old is not None else ()
        rates = self._rows.rates(now, before)
        return ServerReading(self._servers[index], active, inactive, persistent, Counters(*now), rates)

    def __iter__(self) -> Iterator[ServerReading]:
        return map(self.__getitem__, range(len(self)))

    def servers(self) -> Sequence[Server]:
        return self._servers

    def listed(self, written: Written) -> Sequence[Listed]:
        return listed(self, written)

    def lines(self, written: Written) -> list[str]:
        return lines(self.servers(), written)

    def flows(self) -> Iterator[Flow]:
        return map(flow, self)

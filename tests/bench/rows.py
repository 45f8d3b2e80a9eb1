"""A Source of any number of rows, computed when they are read; by itself, the console opened on it.

    python -m tests.bench.rows SERVICES SERVERS [--still] [--one] [--theme NAME] [--interval S] [--choices FILE]

Every number of every row is another one at every read; with --still none ever is, with --one only those of the first
service are.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lvstui.director.change import Change
from lvstui.director.model import Forward, Server, ServerKey, Service, ServiceKey
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
    Vrrp,
    flow,
    listed,
)

MOVING, STILL, ONE = "moving", "still", "one"


class Rows:
    """The source: `services` services of `servers` real servers each."""

    def __init__(self, services: int, servers: int, moves: str = MOVING, speed: float = 1.0) -> None:
        self._began, self._speed = time.monotonic(), speed
        self.keys = tuple(ServiceKey(0, 4, 6, bytes((10, n >> 16, n >> 8 & 255, n & 255)), 80) for n in range(services))
        self._numbers = {key: n for n, key in enumerate(self.keys)}
        self._servers = servers
        self._moves = moves
        self._reads = 0

    def read(self, scope: Scope) -> State:
        self._reads += 1
        at = self._began + (time.monotonic() - self._began) * self._speed
        tick = 1 if self._moves == STILL else self._reads
        total = len(self.keys) * self._servers
        wave = noise(tick, 3) if self._moves == MOVING else 0
        return State(
            at=at,
            taken=time.time(),
            host="bench",
            services=_Services(self.keys, self._numbers, tick, self._moves),
            pools=_Pools(self._numbers, tick, at, self._servers, self._moves),
            swept=at,
            load=Load(total, total, total, 7 * total + wave, 30 * total + wave),
            traffic=Rates(900.0 + wave, 0, 0, 1e6 + wave * 1000, 0),
            vrrp=Vrrp("MASTER", ("10.0.0.0",), True),
        )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        return tuple(Outcome(change) for change in changes)

    def close(self) -> None:
        pass


def noise(tick: int, row: int) -> int:
    """0 to 999, another one at each tick."""
    return (tick * 619 + row * 7919 + (tick * row) % 83) % 1000


def _tick_of(tick: int, row: int, moves: str) -> int:
    return 1 if moves == ONE and row else tick


class _Services:
    def __init__(self, keys: Sequence[ServiceKey], numbers: Mapping[ServiceKey, int], tick: int, moves: str) -> None:
        self.keys = keys
        self._numbers = numbers
        self._tick = tick
        self._moves = moves

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int, /) -> ServiceReading:
        tick = _tick_of(self._tick, index, self._moves)
        return ServiceReading(Service(self.keys[index], "wrr"), _counters(tick, index), _rates(tick, index))

    def __iter__(self) -> Iterator[ServiceReading]:
        return (self[n] for n in range(len(self)))

    def find(self, key: ServiceKey) -> ServiceReading | None:
        number = self._numbers.get(key)
        return None if number is None else self[number]

    def services(self) -> Sequence[Service]:
        return [Service(key, "wrr") for key in self.keys]


class _Pools(Mapping[ServiceKey, Pool]):
    def __init__(self, numbers: Mapping[ServiceKey, int], tick: int, at: float, servers: int, moves: str) -> None:
        self._numbers = numbers
        self._tick = tick
        self._at = at
        self._servers = servers
        self._moves = moves

    def __getitem__(self, key: ServiceKey) -> Pool:
        number = self._numbers[key]
        return _Pool(number, _tick_of(self._tick, number, self._moves), self._at, self._servers)

    def __iter__(self) -> Iterator[ServiceKey]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def differing(self, before: Mapping[ServiceKey, Pool]) -> Collection[ServiceKey] | None:
        """No rule ever changes; with a real kernel a sweep can tell that, too, without decoding a row."""
        return () if isinstance(before, _Pools) and before._numbers == self._numbers else None


class _Pool:
    def __init__(self, number: int, tick: int, at: float, servers: int) -> None:
        self.at = at
        self._number = number
        self._tick = tick
        self._servers = servers

    @property
    def load(self) -> Load:
        n, wave = self._servers, noise(self._tick, self._number)
        return Load(n, n, n, 1000 + wave, 5000 + wave)

    def __len__(self) -> int:
        return self._servers

    def __getitem__(self, index: int, /) -> ServerReading:
        if not 0 <= index < self._servers:
            raise IndexError(index)
        row = self._number * self._servers + index
        wave = noise(self._tick, row)
        return ServerReading(
            self._server(index), 100 + wave, 4000 + wave, 0, _counters(self._tick, row), _rates(self._tick, row)
        )

    def __iter__(self) -> Iterator[ServerReading]:
        return (self[n] for n in range(self._servers))

    def servers(self) -> Sequence[Server]:
        return [self._server(n) for n in range(self._servers)]

    def listed(self, written: Written) -> Sequence[Listed]:
        return listed(self, written)

    def lines(self, written: Written) -> list[str]:
        return lines(self.servers(), written)

    def flows(self) -> Iterable[Flow]:
        return map(flow, self)

    def _server(self, index: int) -> Server:
        address = bytes((172, 16, index >> 8 & 255, index & 255))
        return Server(ServerKey(4, address, 80), Forward.MASQ, 1)


def _counters(tick: int, row: int) -> Counters:
    # Growing faster and faster: the rates change as well.
    grown = tick * tick * (row % 7 + 3) + noise(tick, row) // 10
    return Counters(10**6 + grown, grown * 7, grown * 6, grown * 900, grown * 7000)


def _rates(tick: int, row: int) -> Rates:
    wave = noise(tick, row)
    return Rates(100.0 + wave, 700.0 + wave, 600.0 + wave, 10_000.0 + wave * 83, 20_000.0 + wave * 71)


def main() -> None:
    from lvstui import places
    from lvstui.config import Settings
    from lvstui.console import app
    from lvstui.console.session.choices import SavedChoices, remembered
    from lvstui.console.session.storage import Storage
    from lvstui.director.model import RuleSet

    parser = argparse.ArgumentParser()
    parser.add_argument("services", type=int)
    parser.add_argument("servers", type=int)
    parser.add_argument("--still", action="store_true")
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--theme", default="")
    parser.add_argument("--graphs", default="braille")
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the clock its time passes")
    parser.add_argument("--choices", type=Path, help="the file in which what is chosen on the screen is remembered")
    given = parser.parse_args()
    moves = STILL if given.still else ONE if given.one else MOVING
    nowhere = Path("/nonexistent")
    files = Storage(
        save=lambda state, path: None,
        load=lambda path: (RuleSet(), ()),
        due=lambda now: False,
        keep=lambda state: nowhere,
        listed=lambda: (),
        remove=lambda path: None,
        to_read=Path,
        to_write=Path,
        folder=nowhere,
        themes=places.theme_folders(),
        paths=places.TablePaths(nowhere, nowhere, ""),
        choices=remembered(given.choices) if given.choices else SavedChoices(),
    )
    settings = Settings(interval=given.interval, theme=given.theme, graphs=given.graphs)
    sys.exit(app.run(Rows(given.services, given.servers, moves, given.speed), settings, files))


if __name__ == "__main__":
    main()

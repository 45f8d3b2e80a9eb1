"""The guest's side of tests/lab/test_socket_options.py: reads the table of this network namespace by netlink alone and
with socket options, whatever its size, and compares all that a sweep can say.

    python -m tests.lab.both_ways <ASKED

ASKED is JSON: by any name a table, a number and lines of ipvsadm, which are done just before socket option of this
number (0: none). Prints as JSON, by these names, what is wrong, or the services of which socket options told all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence

from lvstui.director.model import ServiceKey, service_text
from lvstui.director.remembered import Written
from lvstui.director.state import ServerReading
from lvstui.kernel.ipvs import family, socket_options
from lvstui.kernel.ipvs.family import Ipvs
from lvstui.kernel.ipvs.pools import PoolSweep
from lvstui.kernel.ipvs.services import PackedServices

WRITTEN = Written(lambda port, rule: f" {port} {rule}", brackets=True)
Row = tuple[object, ...]


class Watched(Ipvs):
    """Knows which services socket options told all of; before option number `at` it calls `before`."""

    def __init__(self, before: Callable[[], object] = lambda: None, at: int = 0) -> None:
        super().__init__()
        self.before, self.at = before, at
        self.told: list[ServiceKey] = []

    def _open_options(self) -> socket_options.SocketOptions:
        return _Watching(self)

    def sweep(self, services: PackedServices, counted: bool = True) -> PoolSweep:
        read, many = socket_options.read, family.MANY

        def noted(kernel: socket_options.SocketOptions, keys: Sequence[ServiceKey]) -> socket_options.OptionPools:
            found = read(kernel, keys)
            self.told = [keys[number] for number in found.places]
            return found

        socket_options.read, family.MANY = noted, 0
        try:
            return super().sweep(services, counted)
        finally:
            socket_options.read, family.MANY = read, many
            assert self._optional, "the kernel took no socket options"


class _Watching(socket_options.OptionSocket):
    def __init__(self, of: Watched) -> None:
        super().__init__()
        self.of = of
        self.asked = 0

    def over(self, buffer: memoryview) -> Callable[[int, int, int], int]:
        ask = super().over(buffer)

        def asks(option: int, position: int, size: int) -> int:
            self.asked += 1
            if self.asked == self.of.at:
                self.of.before()
            return ask(option, position, size)

        return asks


def _row(reading: ServerReading) -> Row:
    return reading.server, reading.active, reading.inactive, reading.persistent


def unlike(theirs: PoolSweep, ours: PoolSweep) -> str:
    """What two sweeps of the same services tell differently, "" where nothing is."""
    keys = tuple(theirs)
    if keys != tuple(ours):
        return f"services: {keys} {tuple(ours)}"
    for key in keys:
        one, other = theirs[key], ours[key]
        for name, mine, yours in (
            ("servers", one.servers(), other.servers()),
            ("rows", [*map(_row, one)], [*map(_row, other)]),
            ("each row", [_row(one[at]) for at in range(len(one))], [_row(other[at]) for at in range(len(other))]),
            ("listed", [*one.listed(WRITTEN)], [*other.listed(WRITTEN)]),
            ("lines", one.lines(WRITTEN), other.lines(WRITTEN)),
            ("load", one.load, other.load),
        ):
            if mine != yours:
                return f"{name} of {service_text(key)}:\n  netlink {mine}\n  options {yours}"
    for name in ("all_lines", "all_listed", "all_columns"):
        mine, yours = (getattr(sweep, name)(keys, WRITTEN) for sweep in (theirs, ours))
        if (mine and [*map(list, mine)]) != (yours and [*map(list, yours)]):
            return name
    if theirs.load != ours.load:
        return f"load: {theirs.load} {ours.load}"
    return ""


def compared() -> tuple[str, list[ServiceKey]]:
    """What the two readers tell differently, whichever is first, and the services that socket options told."""
    first = Watched()
    services = first.services()
    ours, theirs = first.sweep(services, False), first.sweep(services)
    differing = theirs.differing(ours)
    wrong = unlike(theirs, ours) or (f"other rules: {differing}" if differing else "")
    second = Watched()
    services = second.services()
    theirs, ours = second.sweep(services), second.sweep(services, False)
    wrong = wrong or unlike(theirs, ours)
    assert first.told == second.told
    first.close()
    second.close()
    return wrong, first.told


def _again(lines: str) -> None:
    """ipvsadm does these lines, and nothing goes wrong."""
    done = subprocess.run(["ipvsadm", "-R"], input=f"{lines}\n", text=True, capture_output=True, check=False)
    assert not done.returncode and not done.stderr, (lines, done)


def raced(number: int, lines: str) -> tuple[str, list[ServiceKey]]:
    """What socket options tell where these lines are done just before option `number`, beside netlink afterwards."""
    reader = Watched(lambda: _again(lines), number)
    services = reader.services()
    ours, told = reader.sweep(services, False), reader.told
    wrong = unlike(reader.sweep(services), ours)
    reader.close()
    return wrong, told


def main() -> int:
    asked = json.load(sys.stdin)
    found = {}
    for name, (table, number, lines) in asked.items():
        _again(f"-C\n{table}")
        wrong, told = raced(number, lines) if number else compared()
        found[name] = wrong or [*map(service_text, told)]
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

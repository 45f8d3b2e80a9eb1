"""What a console holds in memory with half an hour of history: for 1,000 and for 50,000 rows.

    python -m tests.bench.half_hour

The time of the simulated director passes five times as fast as the clock, so that sweeps are ten seconds apart, as the
steps of the history are: six minutes for each size.
"""

from __future__ import annotations

import time

from tests.console.terminal import Terminal

SIZES = ((200, 5, 60), (10_000, 5, 110))
"""Services, servers of each, and megabytes that they may take."""
SPEED, SECONDS = 5, 1800


def megabytes(services: int, servers: int) -> tuple[float, float]:
    """After the first screen, and half an hour later."""
    words = ["-m", "tests.bench.rows", str(services), str(servers), "--speed", str(SPEED)]
    with Terminal(words, 160, 48) as terminal:
        terminal.until("10.0.0.")
        terminal.read(5.0)
        first, until = terminal.memory(), time.monotonic() + SECONDS / SPEED
        while time.monotonic() < until:
            terminal.read(5.0)
        return first, terminal.memory()


if __name__ == "__main__":
    for services, servers, most in SIZES:
        first, last = megabytes(services, servers)
        rows = services * (servers + 1)
        print(f"{rows:>6} rows: {first:.0f} MB at first, {last:.0f} MB after half an hour; at most {most}", flush=True)

"""Runs lvstui's command line and prints, last, how many messages of each command it sent to the kernel to change it.

python -m tests.lab.counting ARGUMENTS...
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from lvstui import cli
from lvstui.kernel.ipvs.attributes import Cmd
from lvstui.kernel.netlink import Netlink

NAMES = {number: name for name, number in vars(Cmd).items() if isinstance(number, int)}
counted: Counter[str] = Counter()
send = Netlink.send


def counting_send(link: Netlink, requests: Iterable[tuple[int, bytes]], *more: Any, **named: Any) -> dict[int, int]:
    def through() -> Iterator[tuple[int, bytes]]:
        for command, payload in requests:
            counted[NAMES[command]] += 1
            yield command, payload

    return send(link, through(), *more, **named)


if __name__ == "__main__":
    Netlink.send = counting_send  # type: ignore[method-assign, assignment]
    code = cli.main(sys.argv[1:])
    print("sent:", " ".join(f"{name}={count}" for name, count in sorted(counted.items())) or "nothing")
    raise SystemExit(code)

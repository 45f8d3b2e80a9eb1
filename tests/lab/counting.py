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
from lvstui.kernel.netlink import Netlink, Series

NAMES = {number: name for name, number in vars(Cmd).items() if isinstance(number, int)}
counted: Counter[str] = Counter()
send = Netlink.send


def counting_send(
    link: Netlink, requests: Iterable[tuple[int, bytes] | Series], *more: Any, **named: Any
) -> dict[int, int]:
    def through() -> Iterator[tuple[int, bytes] | Series]:
        for request in requests:
            counted[NAMES[request[0]]] += len(request.parts) if isinstance(request, Series) else 1
            yield request

    return send(link, through(), *more, **named)


if __name__ == "__main__":
    Netlink.send = counting_send  # type: ignore[method-assign, assignment]
    code = cli.main(sys.argv[1:])
    print("sent:", " ".join(f"{name}={count}" for name, count in sorted(counted.items())) or "nothing")
    raise SystemExit(code)

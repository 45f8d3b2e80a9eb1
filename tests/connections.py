"""Connection tables as files: the lines that a kernel writes, many of them."""

from __future__ import annotations

import random
from pathlib import Path

HEAD = b"Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n"
STATES = {"ESTABLISHED": 55, "TIME_WAIT": 25, "SYN_RECV": 10, "FIN_WAIT": 10}
"""Of a hundred rows."""
SERVERS = {"0A00000B": 60, "0A00000C": 30, "0A00000D": 10}
NETWORKS = {"C63364": 50, "CB0071": 35, "C61207": 15}


def line(client: str = "C000020A", port: int = 36018, state: str = "ESTABLISHED", origin: str = "LOCAL") -> bytes:
    return b"TCP %s %04X C0000264 0050 0A00000B 0050 %-11s %-6s     899\n" % (
        client.encode(), port, state.encode(), origin.encode(),
    )  # fmt: skip


def table(folder: Path, rows: int, seed: int = 1) -> str:
    """A table of this many rows with the shares above, in the random order of a hash."""
    dice = random.Random(seed)

    def each(shares: dict[str, int]) -> list[str]:
        found = [key for key, share in shares.items() for _ in range(rows * share // 100)]
        dice.shuffle(found)
        return found

    lines = [
        f"TCP {network}{dice.randrange(1, 255):02X} {dice.randrange(1024, 65536):04X} C0000264 0050 {server} 0050 "
        f"{state:<11} LOCAL  {dice.randrange(900):>7}\n"
        for network, server, state in zip(each(NETWORKS), each(SERVERS), each(STATES), strict=True)
    ]
    name = folder / "ip_vs_conn_sync"
    name.write_bytes(HEAD + "".join(lines).encode())
    return str(name)

"""Messages as two real kernels sent them, for the rules in RULES: 64-bit User Mode Linux 6.1, which pads 64-bit
counters, and Debian's stock amd64 kernel 6.1, which does not."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lvstui.director.model import ServiceKey

FOLDER = Path(__file__).parent / "captures"
KERNELS = sorted(path.stem for path in FOLDER.glob("*.txt"))

RULES = """\
-A -t 192.0.2.12:443 -s wrr -p 360 -M 255.255.255.0 -b flag-1,flag-3
-a -t 192.0.2.12:443 -r 10.0.0.5:443 -g -w 3 -x 100 -y 50
-a -t 192.0.2.12:443 -r 10.0.0.7:443 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-A -u 192.0.2.10:5060 -s rr -p 60 --pe sip -o
-A -t [2001:db8::10]:80 -s lblcr -p 300 -M 64
-a -t [2001:db8::10]:80 -r [2001:db8::20]:8080 -m -w 2147483647
-A -f 4000000000 -6 -s nq
"""
"""What ipvsadm 1.31 had loaded into them."""


class Capture(NamedTuple):
    services: bytes
    dests: dict[ServiceKey, bytes]


def capture(kernel: str) -> Capture:
    services = b""
    dests = {}
    for line in (FOLDER / f"{kernel}.txt").read_text().splitlines():
        kind, *words = line.split()
        if kind == "services":
            services = bytes.fromhex(words[0])
        else:
            fwmark, family, protocol, address, port, data = words
            key = ServiceKey(int(fwmark), int(family), int(protocol), bytes.fromhex(address), int(port))
            dests[key] = bytes.fromhex(data)
    return Capture(services, dests)

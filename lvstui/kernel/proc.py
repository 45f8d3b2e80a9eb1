"""IPVS in /proc: whether it is loaded, the table as any user may read it, and the switches that make readings wrong.

/proc/net/ip_vs has less than netlink (ip_vs_ctl.c, ip_vs_info_seq_show): no counters, thresholds, scheduler flags,
engines, tunnels or fwmark families; a persistence is in jiffies of unknown length, and an IPv6 prefix is byte-swapped.
UNKNOWN names what is missing.
"""

from __future__ import annotations

import os
import time

from lvstui.director.errors import Unavailable
from lvstui.director.model import (
    IPV4,
    IPV6,
    SCTP,
    TCP,
    UDP,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
)
from lvstui.director.state import Counters, Pool, PoolRows, Rates, ServerReading, ServiceReading

TABLE = "/proc/net/ip_vs"
MISSING = "this kernel has no ip_vs loaded"
UNKNOWN = frozenset({"counters", "thresholds", "flags", "engine", "tunnel", "persistence", "family"})
"""The fields of a State that this source does not have."""

_PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
_FORWARDS = {"Masq": Forward.MASQ, "Local": Forward.LOCAL, "Tunnel": Forward.TUNNEL, "Route": Forward.ROUTE}


def present() -> bool:
    """Whether this kernel has IPVS loaded. Checked before anything else, because asking over netlink would load it."""
    return os.path.exists(TABLE)


def mounted() -> bool:
    """Whether /proc is mounted; a chroot may have none."""
    return os.path.exists("/proc/self")


def absent() -> Unavailable:
    """The error where IPVS is not loaded, or where that is not known."""
    if not mounted():
        why = "/proc is not mounted here, and without it nobody can tell whether ip_vs is loaded"
        return Unavailable("IPVS", why, "mount -t proc proc /proc")
    return Unavailable("IPVS", MISSING, "modprobe ip_vs")


def about() -> tuple[str, int]:
    """The version of IPVS and the size of its connection table, from the first line of its file: `IP Virtual Server
    version 1.2.1 (size=4096)`; ("", 0) where it has another form."""
    try:
        with open(TABLE) as file:
            words = file.readline().split()
        return words[4], int(words[5].removeprefix("(size=").removesuffix(")"))
    except (OSError, IndexError, ValueError):
        return "", 0


def estimating() -> bool:
    """Whether the kernel updates its counters; with run_estimation=0 they stand still (ip_vs_est.c)."""
    try:
        with open("/proc/sys/net/ipv4/vs/run_estimation") as switch:
            return switch.read().strip() != "0"
    except OSError:
        return True  # older kernels have no such switch


def switches() -> dict[str, int]:
    """The numeric switches of net.ipv4.vs by name; of several numbers (sync_threshold) the first. Empty where there are
    none."""
    values: dict[str, int] = {}
    try:
        names = os.listdir(_SWITCHES)
    except OSError:
        return values
    for name in names:
        try:
            with open(f"{_SWITCHES}/{name}") as file:
                values[name] = int(file.read().split()[0])
        except (OSError, ValueError, IndexError):
            continue  # write-only
    return values


class Schedulers:
    """The schedulers that this kernel has, built in or as modules. The lists below /lib/modules are read again once
    depmod has replaced them, the list of the loaded modules each time."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[tuple[int, int, int], list[str]]] = {}

    def read(self) -> tuple[str, ...]:
        """Their names. Empty when the modules cannot be searched, because then the built-in ones are not known; also in
        a container that has the list of the modules without their files."""
        folder = f"{_MODULES}/{os.uname().release}"
        try:
            listed = self._listed(f"{folder}/modules.dep")
            paths = [path for path in listed if os.path.exists(os.path.join(folder, path))]
            if listed and not paths:
                return ()
            paths += [*self._listed(f"{folder}/modules.builtin"), *_named(_LOADED)]
        except OSError:
            return ()
        names = {path.rpartition("/")[2].split(".", 1)[0] for path in paths}
        return tuple(sorted(name[6:] for name in names if name.startswith("ip_vs_") and name not in _NO_SCHEDULERS))

    def _listed(self, path: str) -> list[str]:
        status = os.stat(path)
        version = status.st_ino, status.st_mtime_ns, status.st_size
        if path not in self._lists or self._lists[path][0] != version:
            self._lists[path] = version, _named(path)
        return self._lists[path][1]


def _named(path: str) -> list[str]:
    """The modules of IPVS in a list with one line for each module: its path and a colon, its path, or its name and
    numbers."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return [line.split(":", 1)[0].split(" ", 1)[0].strip() for line in file if "ip_vs_" in line]


_MODULES, _LOADED = "/lib/modules", "/proc/modules"
_SWITCHES = "/proc/sys/net/ipv4/vs"
_NO_SCHEDULERS = ("ip_vs_ftp", "ip_vs_pe_sip")


def traffic() -> Rates | None:
    """The rates of the whole network namespace, by the kernel's own averages (the last line of ip_vs_stats, in hex);
    None where it cannot be read."""
    try:
        with open("/proc/net/ip_vs_stats") as file:
            words = file.read().splitlines()[-1].split()
        return Rates(*(int(word, 16) for word in words))
    except (OSError, IndexError, ValueError, TypeError):
        return None


def table(at: float | None = None) -> tuple[list[ServiceReading], dict[ServiceKey, Pool]]:
    """The whole table from /proc/net/ip_vs. Raises Unavailable when it cannot be read, or not whole: kernels with one
    table for all network namespaces write a longer file in pieces, and begin a piece too late where other namespaces
    have services too (ip_vs_ctl.c: ip_vs_info_seq_next counts those services, ip_vs_info_array does not)."""
    for _ in range(_TRIES):
        text = shown()
        if not _longer(len(text)):
            return parse(text, time.monotonic() if at is None else at)
    why = "another network namespace has services too, and then the kernel leaves some of ours out of this file"
    raise Unavailable(TABLE, why, "run as root")


_TRIES = 3
"""Readings of a file that may have become longer only because a rule was added meanwhile."""


def shown() -> str:
    """The text of /proc/net/ip_vs, from which services may be missing (see table). Raises Unavailable when it cannot be
    read."""
    try:
        with open(TABLE) as file:
            return file.read()
    except OSError as error:
        raise _unreadable(error) from None


def _longer(size: int) -> bool:
    """Whether the kernel has more than these bytes for the file. Asked for a place beyond them, it passes over the
    whole table in one piece (seq_file.c, traverse). At `size` itself it might begin a new piece. Raises Unavailable."""
    try:
        with open(TABLE, "rb", buffering=0) as file:
            return bool(os.pread(file.fileno(), 1, size + 1))
    except OSError as error:
        raise _unreadable(error) from None


def _unreadable(error: OSError) -> Unavailable:
    if isinstance(error, FileNotFoundError):
        return absent()
    return Unavailable(TABLE, error.strerror or str(error), "run as root")


def parse(text: str, at: float) -> tuple[list[ServiceReading], dict[ServiceKey, Pool]]:
    """Parses the text of /proc/net/ip_vs into readings. Raises Unavailable on a malformed line."""
    services: list[ServiceReading] = []
    pools: dict[ServiceKey, list[ServerReading]] = {}
    for number, line in enumerate(text.splitlines()[3:], 4):
        words = line.split()
        try:
            if words[0] == "->":
                pools[services[-1].service.key].append(_server(words))
            else:
                reading = ServiceReading(_service(words), Counters(), Rates())
                services.append(reading)
                pools[reading.service.key] = []
        except (IndexError, ValueError):
            raise Unavailable(f"{TABLE} line {number}", f"cannot read {line.strip()!r}", "run as root") from None
    return services, {key: PoolRows(at, rows) for key, rows in pools.items()}


def _service(words: list[str]) -> Service:
    if words[0] == "FWM":
        key = ServiceKey(int(words[1], 16), IPV4, 0, b"", 0)
    else:
        address, port = _endpoint(words[1])
        protocol = _PROTOCOLS.get(words[0]) or int(words[0].removeprefix("IP_"))
        key = ServiceKey(0, IPV4 if len(address) == 4 else IPV6, protocol, address, port)
    persistence = 0 if "persistent" in words else None
    return Service(key, words[2], persistence=persistence, one_packet="ops" in words)


def _server(words: list[str]) -> ServerReading:
    address, port = _endpoint(words[1])
    key = ServerKey(IPV4 if len(address) == 4 else IPV6, address, port)
    server = Server(key, _FORWARDS.get(words[2], Forward.BYPASS), int(words[3]))
    return ServerReading(server, int(words[4]), int(words[5]), 0, Counters(), Rates())


def _endpoint(text: str) -> tuple[bytes, int]:
    address, _, port = text.rpartition(":")
    packed = bytes.fromhex(address.strip("[]").replace(":", ""))
    if len(packed) not in (4, 16):
        raise ValueError(text)
    return packed, int(port, 16)

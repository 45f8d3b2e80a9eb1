"""Compares the machines of two directors: schedulers, kernel switches, sync daemons, versions and clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvstui.director.model import SyncDaemon
from lvstui.director.pair.interface_switches import by_name
from lvstui.director.pair.point import (
    AMISS,
    CLOCK,
    DIFFERS,
    EQUAL,
    EXPECTED,
    MISSING,
    MODULE,
    NOT_KNOWN,
    SKEW,
    SWITCH,
    SYNC,
    UNKNOWN,
    VERSION,
    Point,
    Side,
    lacking,
    standing,
)
from lvstui.director.pair.services import entries
from lvstui.director.sync.daemons import BACKUP, MASTER, daemon_text

_BY_MEMORY = ("sync_qlen_max",)
"""Switches whose value the kernel derives from the machine's memory."""
_FORWARDS = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")


def modules(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """Whether each director has the schedulers that the services of both need."""
    for name in sorted({*_used(this), *_used(other)}):
        here, there = _has(this, name), _has(other, name)
        words = _HAS[here], _HAS[there]
        if None in (here, there):
            yield Point(MODULE, f"ip_vs_{name}", "scheduler", *words, UNKNOWN)
        elif here is not there:
            yield Point(MODULE, f"ip_vs_{name}", "scheduler", *words, DIFFERS, lacking(bool(here), bool(there)))
        elif whole:
            yield Point(MODULE, f"ip_vs_{name}", "scheduler", *words, EQUAL)


_HAS = {True: "there", False: MISSING, None: NOT_KNOWN}


def _has(side: Side, name: str) -> bool | None:
    """Whether a side has a scheduler, None where that is not known. A scheduler in use exists."""
    if any(service.scheduler == name for service in side.state.services.services()):
        return True
    return name in side.state.schedulers if side.state.schedulers else None


def _used(side: Side) -> set[str]:
    """The schedulers of its services, in the table and in its keepalived's configuration."""
    return {service.scheduler for service in side.state.services.services()} | {
        entry.service.scheduler for entry in entries(side).values()
    }


def switches(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """The kernel switches that forwarding depends on, and those of IPVS."""
    yield from _numbers(_around(this), _around(other), "ip_forward and the like", whole)
    ours, theirs = ({f"net.ipv4.vs.{name}": value for name, value in side.state.sysctls.items()}
                    for side in (this, other))  # fmt: skip
    yield from _numbers(ours, theirs, "net.ipv4.vs", whole)
    sizes = this.state.table_size, other.state.table_size
    if all(sizes):
        if whole or sizes[0] != sizes[1]:
            yield Point(SWITCH, "conn_tab_bits", "rows of the table", str(sizes[0]), str(sizes[1]), standing(*sizes))
    elif any(sizes):
        words = [str(size) if size else NOT_KNOWN for size in sizes]
        yield Point(SWITCH, "conn_tab_bits", "rows of the table", words[0], words[1], UNKNOWN)


def _around(side: Side) -> Mapping[str, int]:
    facts = side.state.facts
    numbers = facts.numbers if facts is not None else {}
    return {
        name: value
        for name, value in numbers.items()
        if name.startswith("net.") and not name.endswith("_count") and by_name(name)
    }


def _numbers(ours: Mapping[str, int], theirs: Mapping[str, int], named: str, whole: bool) -> Iterator[Point]:
    if not ours or not theirs:
        states = ["known" if numbers else NOT_KNOWN for numbers in (ours, theirs)]
        yield Point(SWITCH, named, "switches", states[0], states[1], UNKNOWN)
        return
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(name), theirs.get(name)
        if (machine := _machines(name)) and ours.get(machine) != theirs.get(machine) and not whole:
            continue  # that one sets this one, and is named
        words = ["no such switch" if value is None else str(value) for value in (here, there)]
        if None in (here, there) or name.rpartition(".")[2] in _BY_MEMORY:
            if whole:  # another kernel version, reported separately, or a machine with another memory size
                yield Point(SWITCH, name, "switch", words[0], words[1], standing(*words).replace(DIFFERS, EXPECTED))
        elif whole or here != there:
            lacks = lacking(bool(here), bool(there)) if name in _FORWARDS or machine else ""
            yield Point(SWITCH, name, "switch", words[0], words[1], standing(here, there), lacks)


def _machines(name: str) -> str:
    """The switch of the machine that sets this one of an interface when it is written; "" where there is none."""
    family, _, device = name.rpartition(".forwarding")[0].partition(".conf.")
    if not device or device in ("all", "default"):
        return ""
    return _FORWARDS[0] if family == "net.ipv4" else _FORWARDS[1]


def sync(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """Whether one director sends what the other receives."""
    ours, theirs = this.state.sync, other.state.sync
    if ours is None or theirs is None:
        roles = [NOT_KNOWN if daemons is None else _roles(daemons) for daemons in (ours, theirs)]
        yield Point(SYNC, "sync daemons", "daemons", roles[0], roles[1], UNKNOWN)
        return
    words = _roles(ours), _roles(theirs)
    if bool(ours) != bool(theirs):
        yield Point(SYNC, "sync daemons", "daemons", *words, DIFFERS, lacking(bool(ours), bool(theirs)))
        return
    mine, yours = {daemon.role: daemon for daemon in ours}, {daemon.role: daemon for daemon in theirs}
    heard = [(teller, hearer) for teller, hearer in ((mine.get(MASTER), yours.get(BACKUP)),) if teller and hearer]
    back = [(teller, hearer) for teller, hearer in ((yours.get(MASTER), mine.get(BACKUP)),) if teller and hearer]
    if ours and not heard and not back:
        yield Point(SYNC, "sync daemons", "roles", *words, AMISS)
    elif whole and ours:
        same = EQUAL if words[0] == words[1] else EXPECTED
        yield Point(SYNC, "sync daemons", "roles", *words, same)
    for teller, hearer in heard:
        yield from _heard((teller, this), (hearer, other), False, whole)
    for teller, hearer in back:
        yield from _heard((teller, other), (hearer, this), True, whole)


def _roles(daemons: tuple[SyncDaemon, ...]) -> str:
    return " and ".join(sorted(daemon.role for daemon in daemons)) or "none"


_UP = {True: "", False: " down", None: " missing"}


def _heard(
    telling: tuple[SyncDaemon, Side], hearing: tuple[SyncDaemon, Side], back: bool, whole: bool
) -> Iterator[Point]:
    """Whether a backup daemon gets and accepts what a master daemon sends; `back`: from the other to this."""
    about, teller, hearer = "sync daemons", telling[0], hearing[0]
    ups = [side.state.links.get(daemon.interface, True) for daemon, side in (telling, hearing)]
    devices = [f"{daemon.interface}{_UP[up]}" for (daemon, _), up in zip((telling, hearing), ups, strict=True)]
    pairs = [
        ("interface", devices[0], devices[1], all(ups)),  # the same network may have another name there
        ("syncid", str(teller.id), str(hearer.id), hearer.id in (0, teller.id)),  # 0 accepts all
        ("group and port", daemon_text(teller), daemon_text(hearer), daemon_text(teller) == daemon_text(hearer)),
    ]
    for what, words, taken, same in pairs:
        here, there = (taken, words) if back else (words, taken)
        if whole or not same:
            how = AMISS if not same else EQUAL if words == taken else EXPECTED
            yield Point(SYNC, about, what, here, there, how)


def versions(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """Compares the versions of the kernels, of IPVS, and of the keepaliveds."""
    release_pairs = [
        ("kernel", "release", this.state.kernel, other.state.kernel),
        ("IPVS", "version", this.state.version, other.state.version),
    ]
    if this.keeping is not None and other.keeping is not None:
        release_pairs.append(("keepalived", "version", this.keeping.version, other.keeping.version))
    for about, what, mine, yours in release_pairs:
        if not mine or not yours:
            if mine or yours:
                yield Point(VERSION, about, what, mine or NOT_KNOWN, yours or NOT_KNOWN, UNKNOWN)
        elif whole or mine != yours:
            yield Point(VERSION, about, what, mine, yours, standing(mine, yours))


def clocks(this: Side, other: Side, skew: float | None, whole: bool) -> Iterator[Point]:
    """Compares the clocks and the timeouts of idle connections. `skew`: seconds by which the other's clock is ahead."""
    ours, theirs = this.state.timeouts, other.state.timeouts
    if ours is None or theirs is None:
        states = [NOT_KNOWN if timeouts is None else "known" for timeouts in (ours, theirs)]
        yield Point(CLOCK, "timeouts", "tcp, tcp-fin, udp", states[0], states[1], UNKNOWN)
    else:
        for name, mine, yours in zip(ours._fields, ours, theirs, strict=True):
            if whole or mine != yours:
                what = name.replace("_", "-")
                yield Point(CLOCK, "timeouts", what, f"{mine} s", f"{yours} s", standing(mine, yours))
    if skew is None:
        yield Point(CLOCK, "clock", "skew", NOT_KNOWN, NOT_KNOWN, UNKNOWN)
    elif abs(skew) > SKEW or whole:
        words = ["behind" if skew > 0 else "ahead", "ahead" if skew > 0 else "behind"]
        words = [f"{abs(skew):.1f} s {word}" for word in words] if abs(skew) > SKEW else ["in step", "in step"]
        yield Point(CLOCK, "clock", "skew", words[0], words[1], DIFFERS if abs(skew) > SKEW else EQUAL)

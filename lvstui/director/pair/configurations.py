"""Compares the keepalived.conf of two directors by its meaning: checks, quorums, sorry servers, and whether the file is
loaded. Services, servers and weights are compared with the tables (services.py)."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.checks.sorry import real
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import ServiceKey, server_text, service_text
from lvstui.director.pair.point import AMISS, DIFFERS, EQUAL, FILE, MISSING, NOT_KNOWN, UNKNOWN, Point, Side, standing
from lvstui.director.pair.services import entries


def points(this: Side, other: Side, whole: bool) -> Iterator[Point]:
    """The points about the files."""
    keeps = this.keeping, other.keeping
    idle = keeps == (None, None) and this.state.vrrp.keepalived is False and other.state.vrrp.keepalived is False
    if None in keeps and not idle:
        states = [NOT_KNOWN if keeping is None else "known" for keeping in keeps]
        yield Point(FILE, "keepalived.conf", "configuration", states[0], states[1], UNKNOWN)
    unread = [keeping.trouble if keeping is not None and keeping.on_disk is None else "" for keeping in keeps]
    if any(unread):
        words = [f"cannot be read: {why}" if why else "read" for why in unread]
        yield Point(FILE, "keepalived.conf", "file", words[0], words[1], AMISS)
    waits = [keeping is not None and _waits(keeping) for keeping in keeps]
    if any(waits):
        words = ["newer than what runs" if waiting else "as it runs" for waiting in waits]
        words = [NOT_KNOWN if keeping is None else text for keeping, text in zip(keeps, words, strict=True)]
        yield Point(FILE, "keepalived.conf", "file", words[0], words[1], AMISS)
    if this.configured is not None and other.configured is not None:
        yield from _compared(this.configured, other.configured, this, other, whole)


def _waits(keeping: KeepalivedState) -> bool:
    """Whether the file has changes in services that keepalived has not loaded."""
    loaded, file = keeping.loaded, keeping.on_disk
    if loaded is None or file is None or loaded is file:
        return False
    return _settings_of(loaded) != _settings_of(file)


def _settings_of(configuration: Configured) -> tuple[object, ...]:
    return (
        configuration.rules,
        configuration.waiting,
        configuration.checked,
        configuration.inhibited,
        configuration.sorry,
        configuration.quorum,
        configuration.sync,
    )


def _compared(configuration: Configured, two: Configured, this: Side, other: Side, whole: bool) -> Iterator[Point]:
    ours, theirs = entries(this), entries(other)
    tables = this.state.services, other.state.services
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs:
            # A service in one of the tables is reported with the tables.
            if not any(key in table.keys for table in tables):
                words = ["configured" if key in keys else MISSING for keys in (ours, theirs)]
                yield Point(FILE, service_text(key), "service", words[0], words[1], DIFFERS)
            continue
        yield from _service(key, configuration, two, whole)
    switch = ["empties the table" if each.flushes else "takes its own" for each in (configuration, two)]
    if configuration.flushes is not two.flushes:
        yield Point(FILE, "lvs_flush", "global_defs", switch[0], switch[1])


def _service(key: ServiceKey, configuration: Configured, two: Configured, whole: bool) -> Iterator[Point]:
    about = service_text(key)
    quorums = configuration.quorum.get(key, 1), two.quorum.get(key, 1)
    if quorums[0] != quorums[1]:
        yield Point(FILE, about, "quorum", str(quorums[0]), str(quorums[1]))
    sorries = [each.sorry.get(key) for each in (configuration, two)]
    words = [server_text(sorry.key) if sorry is not None else "none" for sorry in sorries]
    if words[0] != words[1]:
        yield Point(FILE, about, "sorry server", words[0], words[1])
    for name in sorted(real(key, configuration).keys() & real(key, two).keys()):
        kinds = [", ".join(sorted(each.checked.get((key, name), ()))) or "none" for each in (configuration, two)]
        if whole or kinds[0] != kinds[1]:
            yield Point(FILE, server_text(name), "checks", kinds[0], kinds[1], standing(*kinds), "", about)
        outs = ["weight 0" if (key, name) in each.inhibited else "out" for each in (configuration, two)]
        if outs[0] != outs[1]:
            yield Point(FILE, server_text(name), "when it fails", outs[0], outs[1], DIFFERS, "", about)
    if whole and quorums[0] == quorums[1]:
        yield Point(FILE, about, "quorum", str(quorums[0]), str(quorums[1]), EQUAL)

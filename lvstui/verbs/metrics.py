"""--metrics: the director in the Prometheus text format 0.0.4, for the textfile collector of node_exporter. The labels
of services and servers are those of its ipvs collector; every set of labels is bounded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lvstui.director.errors import LvsError
from lvstui.director.model import ServiceKey, address_text, protocol_name
from lvstui.director.remarks import Remark
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.verbs.verb import Verb

if TYPE_CHECKING:
    from lvstui.director.source import Source
    from lvstui.verbs.examining import Examined

MOST_SERVICES, MOST_SERVERS = 1000, 5000
"""The most services and servers listed, in the order of their keys; further ones are counted."""

MetricSample = tuple[Mapping[str, str], float]


def run(source: Source, silence: Mapping[str, str], ask: bool = False, limits: Thresholds = USUAL) -> Verb:
    """Prints the metrics. Raises LvsError."""
    from lvstui.verbs.examining import examined

    try:
        examined_state = examined(source, silence, ask, limits=limits)
    except LvsError as error:
        return (yield from absent(error))
    yield from text(examined_state)
    return 0


def absent(error: LvsError) -> Verb:
    """The metrics to print where the table cannot be read; the error follows."""
    yield "".join(_family("up", "gauge", "Whether lvstui could read the IPVS table.", [({}, 0)]))
    raise error


def into(file: str, verb: Verb) -> Verb:
    """Writes the output of a metrics verb to a file for a collector: whole or not at all, and readable by everybody.
    Raises NotDone, and the verb's own error after writing."""
    parts: list[str] = []
    try:
        while True:
            part = next(verb)
            if isinstance(part, Remark):
                yield part
            else:
                parts.append(str(part))
    except StopIteration as end:
        _publish(Path(file), parts)
        return int(end.value)
    except LvsError:
        if parts:  # the metrics say that the table cannot be read
            _publish(Path(file), parts)
        raise


def _publish(path: Path, parts: list[str]) -> None:
    """Replaces the old file by a new one. The folder may belong to the collector's user, who may place a link, a pipe
    or a device under that name, or a link instead of the folder; none of these is written into. Raises NotDone."""
    from lvstui import opening
    from lvstui.plain import plain_lines
    from lvstui.store.whole import unwritable

    try:
        folder = _folder(path.parent)
        try:
            opening.replace(folder, path.name, map(plain_lines, parts), 0o644)
        finally:
            os.close(folder)
    except OSError as error:
        raise unwritable(path, error) from None


def _folder(path: Path) -> int:
    """Opens the folder; follows a link only where it belongs to root or to us. Raises OSError."""
    from stat import S_ISLNK

    from lvstui import trust
    from lvstui.opening import Distrusted

    look = os.O_PATH | os.O_CLOEXEC
    entry = os.open(path, look | os.O_NOFOLLOW)
    try:
        about = os.fstat(entry)
        if not S_ISLNK(about.st_mode):
            return os.open(".", look | os.O_DIRECTORY, dir_fd=entry)
        if about.st_uid not in trust.users():
            raise Distrusted(f"{path} is a link of user {about.st_uid}")
        return os.open(path.parent / os.readlink("", dir_fd=entry), look | os.O_DIRECTORY)
    finally:
        os.close(entry)


def text(examined: Examined) -> Iterator[str]:
    """The lines, family by family."""
    state, tally, diagnosis = examined.state, examined.tally, examined.diagnosis
    yield from _family("up", "gauge", "Whether lvstui could read the IPVS table.", [({}, 1)])
    yield from _family("read_timestamp_seconds", "gauge", "When the table was read.", [({}, round(state.taken, 3))])
    yield from _family("services", "gauge", "Virtual services in the table.", [({}, len(state.services))])
    yield from _family("services_down", "gauge", "Services without a live server.", [({}, len(tally.down))])
    yield from _family("services_degraded", "gauge", "Services with servers out.", [({}, len(tally.degraded))])
    yield from _family("servers_live", "gauge", "Servers that take new connections.", [({}, tally.live)])
    if tally.configured is not None:
        configured: list[MetricSample] = [({}, float(tally.configured))]
        yield from _family("servers_configured", "gauge", "Servers that should serve.", configured)
    yield from _family("servers_drained", "gauge", "Servers with weight 0.", [({}, tally.drained)])
    if state.load is not None:
        yield from _family("active_connections", "gauge", "Active connections.", [({}, state.load.active)])
        yield from _family("inactive_connections", "gauge", "Inactive connections.", [({}, state.load.inactive)])
    if state.traffic is not None:
        rates = zip(("connections", "in_packets", "out_packets", "in_bytes", "out_bytes"), state.traffic, strict=True)
        for name, rate in rates:
            yield from _family(f"{name}_per_second", "gauge", f"{name} a second, averaged.", [({}, rate)])
    roles = ("MASTER", "BACKUP", "PARTIAL", "FAULT")
    role = [({"role": name.lower()}, float(state.vrrp.role == name)) for name in roles]
    yield from _family("vrrp_role", "gauge", "Role of this director.", role)
    states = ("MASTER", "BACKUP", "PARTIAL", "FAULT", "INIT", "STOP")
    instances: list[MetricSample] = [
        ({"vrrp_instance": standing.instance.name, "state": name.lower()}, float(standing.state == name))
        for standing in state.vrrp.instances[:MOST_SERVICES]
        for name in states
    ]
    yield from _family("vrrp_instance_state", "gauge", "State of a VRRP instance.", instances)
    daemons: list[MetricSample] = [
        ({"role": daemon.role, "interface": daemon.interface}, 1) for daemon in state.sync or ()
    ]
    yield from _family("sync_daemon", "gauge", "Sync daemons that run.", daemons)
    if examined.drifts is not None:
        drift: list[MetricSample] = [({}, float(examined.drifts.number))]
        yield from _family("drift", "gauge", "Places where the table differs from what keepalived programmed.", drift)
    yield from _findings(examined)
    yield from _family("checks_passed", "gauge", "Checks of the doctor that found nothing.", [({}, diagnosis.passed)])
    unjudged: list[MetricSample] = [({}, float(len(diagnosis.unjudged)))]
    yield from _family("checks_unjudged", "gauge", "Checks that could not be made.", unjudged)
    yield from _services(examined)


def _findings(examined: Examined) -> Iterator[str]:
    """The number of findings by id, 0 for none: alerts depend on it."""
    from lvstui.doctor.diagnosis import unsure
    from lvstui.doctor.finding import SEVERITIES
    from lvstui.doctor.registry import IDS

    numbers: dict[tuple[str, int], int] = {}
    for finding in examined.diagnosis.findings:
        numbers[finding.id, finding.severity] = numbers.get((finding.id, finding.severity), 0) + 1
    samples: list[MetricSample] = [
        ({"id": name, "severity": word}, numbers.get((name, level), 0))
        for name in IDS
        for level, word in enumerate(SEVERITIES)
    ]
    yield from _family("findings", "gauge", "Findings of the doctor.", samples)
    judged: list[MetricSample] = [({"id": name}, float(not unsure(examined.diagnosis, name))) for name in IDS]
    yield from _family("findings_judged", "gauge", "Whether findings of an id would have been found.", judged)
    silenced: list[MetricSample] = [({}, float(len(examined.diagnosis.silenced)))]
    yield from _family("findings_silenced", "gauge", "Findings that the settings silence.", silenced)


def _services(examined: Examined) -> Iterator[str]:
    state, tally = examined.state, examined.tally
    poor = "counters" in state.unknown
    keys = list(state.services.keys)[:MOST_SERVICES]
    live: list[MetricSample] = []
    counters: dict[str, list[MetricSample]] = {name: [] for name in _COUNTERS}
    servers: dict[str, list[MetricSample]] = {name: [] for name in (*_NOW, *_COUNTERS)}
    number = 0
    left = 0
    for key in state.services.keys:
        pool, labels = state.pools.get(key), _labels(key)
        if len(live) >= len(keys):
            left += len(pool) if pool is not None else 0
            continue
        served, reading = tally.of(key), state.services.find(key)
        live.append((labels, served.live if served is not None else len(pool or ())))
        if reading is not None and not poor:
            for name, value in zip(_COUNTERS, reading.counters, strict=True):
                counters[name].append((labels, value))
        for row in pool or ():
            if number >= MOST_SERVERS:
                left += 1
                continue
            number += 1
            server = {
                **labels,
                "remote_address": address_text(row.server.key.address),
                "remote_port": str(row.server.key.port),
            }
            values = [row.server.weight, row.active, row.inactive]
            for name, value in zip(_NOW, values, strict=True):
                servers[name].append((server, value))
            if not poor:
                for name, value in zip(_COUNTERS, row.counters, strict=True):
                    servers[name].append((server, value))
    yield from _family("service_live_servers", "gauge", "Live servers of a service.", _added(live))
    for name, samples in counters.items():
        sentence = f"{name} of a service since it was made."
        yield from _family(f"service_{name}_total", "counter", sentence, _added(samples))
    for name in _NOW:
        yield from _family(f"server_{name}", "gauge", f"{name} of a server.", _added(servers[name]))
    for name in _COUNTERS:
        sentence = f"{name} of a server since it was made."
        yield from _family(f"server_{name}_total", "counter", sentence, _added(servers[name]))
    omitted: list[MetricSample] = [
        ({"kind": "service"}, max(0, len(state.services) - MOST_SERVICES)),
        ({"kind": "server"}, left),
    ]
    yield from _family("omitted", "gauge", "Services and servers left out of the metrics.", omitted)


_COUNTERS = ("connections", "in_packets", "out_packets", "in_bytes", "out_bytes")
_NOW = ("weight", "active_connections", "inactive_connections")


def _labels(key: ServiceKey) -> dict[str, str]:
    """The labels of node_exporter's ipvs collector, which writes a mark as /proc/net/ip_vs does."""
    return {
        "local_address": address_text(key.address) if key.address else "",
        "local_port": str(key.port),
        "local_mark": f"{key.fwmark:08X}" if key.fwmark else "",
        "proto": protocol_name(key.protocol).upper() if key.protocol else "FWM",
    }


def _added(samples: Iterable[MetricSample]) -> list[MetricSample]:
    """Adds up samples with equal labels: an IPv4 mark and an IPv6 mark of the same number have the same labels, and a
    series may appear only once."""
    added: dict[tuple[str, ...], MetricSample] = {}
    for labels, value in samples:
        before = added.get(place := tuple(labels.values()))
        added[place] = labels, value + (before[1] if before is not None else 0)
    return list(added.values())


def _family(name: str, kind: str, sentence: str, samples: Iterable[MetricSample]) -> Iterator[str]:
    lines = "".join(f"lvstui_{name}{_written(labels)} {_value(value)}\n" for labels, value in samples)
    if lines:
        yield f"# HELP lvstui_{name} {sentence.replace('_', ' ')}\n# TYPE lvstui_{name} {kind}\n{lines}"


def _written(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _value(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))

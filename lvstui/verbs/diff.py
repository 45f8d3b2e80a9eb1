"""--diff: what restoring a file would change, as text, as ipvsadm commands, or as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
)
from lvstui.director.model import RuleSet, ServerKey, ServiceKey, server_text, service_text
from lvstui.director.plan import plan
from lvstui.director.spell import spell
from lvstui.formats.document import server_table, service_table, sync_table, timeouts_table
from lvstui.values import TYPE_CHECKING, Any
from lvstui.verbs.predicted_outcomes import PredictedOutcomes
from lvstui.verbs.verb import Coloured, Verb
from lvstui.views import summary

if TYPE_CHECKING:
    from lvstui.director.checks.judged import Failed
    from lvstui.director.drift.drift import Drift

FORMATS = ("text", "ipvsadm", "json")


def run(
    now: RuleSet,
    wanted: RuleSet,
    kind: str,
    failed: Sequence[Failed] = (),
    colour: bool = False,
    drifts: Sequence[Drift] = (),
) -> Verb:
    """Prints the changes from `now` to `wanted`, the servers that failed their checks, and what keepalived will do to
    each difference (`drifts`). Returns 0 when nothing differs, 1 when something does; a failed check is not a
    difference. `colour`: use ANSI colours, for a terminal."""
    changes = plan(now, wanted)
    fates = PredictedOutcomes(drifts)
    if kind == "ipvsadm":
        for change, command in zip(changes, summary.commands(changes), strict=True):
            words = fates.words(change)
            yield f"{command.rstrip()}  # {words}\n" if words else command
    elif kind == "json":
        yield from _json(changes, failed, fates)
    else:
        lines = _text(changes, now, failed, fates)
        yield from map(_coloured, lines) if colour else lines
    return 1 if changes else 0


_COLOURS = {"+": "32", "-": "31", "~": "33", "!": "36"}


def _coloured(line: str) -> str | Coloured:
    colour = _COLOURS.get(line.lstrip()[:1])
    return Coloured(line.rstrip(), colour) if colour else line


def _text(changes: Sequence[Change], now: RuleSet, failed: Sequence[Failed], fates: PredictedOutcomes) -> Iterator[str]:
    """Changes grouped by service in the order of their keys, servers below: ` ~ 10.0.0.5:80 weight 3 -> 5`; below each
    what will become of it; at the end the total."""
    groups: dict[ServiceKey, list[str]] = {}
    signs: dict[ServiceKey, str] = {}
    rest = []

    def fate(change: Change, indent: int = 8) -> str:
        words = fates.words(change)
        return f"\n{' ' * indent}{words}" if words else ""

    for key, server_key, words in failed:
        groups.setdefault(key, []).append(f"    ! {server_text(server_key)}  {words}\n")
    for change in changes:
        match change:
            case AddService(service):
                signs[service.key] = f"+ {service_text(service.key)}  {_words(service_table(service))}{fate(change, 4)}"
                groups.setdefault(service.key, [])
            case EditService(service):
                before, after = service_table(now.rules[service.key].service), service_table(service)
                signs[service.key] = f"~ {service_text(service.key)}  {_edits(before, after)}{fate(change, 4)}"
                groups.setdefault(service.key, [])
            case DeleteService(key):
                count = len(now.rules[key].servers)
                words = f"with {count} server{'s' if count != 1 else ''}"
                signs[key] = f"- {service_text(key)}  {words}{fate(change, 4)}"
                groups.setdefault(key, [])
            case AddServer(key, server):
                words = _words(server_table(server))
                groups.setdefault(key, []).append(f"    + {server_text(server.key)}  {words}{fate(change)}\n")
            case EditServer(key, server):
                old = now.rules[key].servers[server.key]
                words = _edits(server_table(old), server_table(server))
                groups.setdefault(key, []).append(f"    ~ {server_text(server.key)}  {words}{fate(change)}\n")
            case DeleteServer(key, server_key):
                groups.setdefault(key, []).append(f"    - {server_text(server_key)}{fate(change)}\n")
            case _:
                rest.append(_setting(change, now))
    for key in sorted(groups):
        yield signs.get(key, f"  {service_text(key)}") + "\n"
        yield from groups[key]
    yield from rest
    checks = f"{len(failed)} by check or hand" if failed else ""
    if changes or failed:
        yield ", ".join(words for words in (summary.counts(changes) or "nothing differs", checks) if words) + "\n"


_IDENTITY = ("protocol", "address", "port", "fwmark", "family")


def _words(table: dict[str, Any]) -> str:
    """The attributes of a rule, without its name: `forward route, weight 3`."""
    return ", ".join(f"{name} {_value(value)}" for name, value in table.items() if name not in _IDENTITY)


def _edits(before: dict[str, Any], after: dict[str, Any]) -> str:
    """`weight 3 -> 5, upper none -> 100`."""
    names = [*after, *(name for name in before if name not in after)]
    return ", ".join(
        f"{name} {_value(before.get(name))} -> {_value(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if value is True:
        return "yes"
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(map(str, value.values()))
    return str(value)


def _setting(change: Change, now: RuleSet) -> str:
    match change:
        case SetTimeouts(wanted):
            before = now.timeouts or wanted._replace(tcp=0, tcp_fin=0, udp=0)
            pairs = zip(wanted._fields, before, wanted, strict=True)
            edits = ", ".join(f"{name} {old} -> {new}" for name, old, new in pairs if new and old != new)
            return f"~ timeouts  {edits}\n"
        case StartSync(daemon):
            return f"+ sync daemon {daemon.role}  interface {daemon.interface}, id {daemon.id}\n"
        case StopSync(role):
            return f"- sync daemon {role}\n"
        case _:
            return f"~ {spell(change)}\n"


def _json(changes: Sequence[Change], failed: Sequence[Failed], fates: PredictedOutcomes) -> Iterator[str]:
    from lvstui.formats.json import encoded

    comma = "\n"
    yield "["
    for change in changes:
        drift = fates.of(change)
        fate = {"drift": drift.words, "fate": drift.fates._asdict()} if drift is not None else {}
        yield comma + encoded({**_data(change), "command": f"ipvsadm {spell(change)}", **fate})
        comma = ",\n"
    for key, server_key, words in failed:
        yield comma + encoded({"change": "failed-check", **_names(key, server_key), "words": words})
        comma = ",\n"
    yield "\n]\n"


def _data(change: Change) -> dict[str, Any]:
    match change:
        case AddService(service):
            return {"change": "add-service", "service": service_text(service.key), "set": service_table(service)}
        case EditService(service):
            return {"change": "edit-service", "service": service_text(service.key), "set": service_table(service)}
        case DeleteService(key):
            return {"change": "delete-service", "service": service_text(key)}
        case AddServer(key, server):
            return {"change": "add-server", **_names(key, server.key), "set": server_table(server)}
        case EditServer(key, server):
            return {"change": "edit-server", **_names(key, server.key), "set": server_table(server)}
        case DeleteServer(key, server_key):
            return {"change": "delete-server", **_names(key, server_key)}
        case SetTimeouts(timeouts):
            return {"change": "set-timeouts", "set": timeouts_table(timeouts)}
        case StartSync(daemon):
            return {"change": "start-sync", "set": sync_table(daemon)}
        case StopSync(role):
            return {"change": "stop-sync", "role": role}
        case _:
            return {"change": spell(change)}


def _names(key: ServiceKey, server_key: ServerKey) -> dict[str, str]:
    return {"service": service_text(key), "server": server_text(server_key)}

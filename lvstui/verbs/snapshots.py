"""--snapshots: lists the stored snapshots of this table, latest first, with what has changed since."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.model import RuleSet
from lvstui.director.plan import plan
from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.director.state import rules_of
from lvstui.formats.json import encoded
from lvstui.plain import plain
from lvstui.store.snapshots import MEND, Snapshot, Store, glance
from lvstui.values import NamedTuple
from lvstui.verbs.named_files import read_any
from lvstui.verbs.verb import Verb, complete
from lvstui.views import summary

FORMATS = ("table", "json")

_PATIENCE = 2.0
"""Seconds that comparing may take: one snapshot of fifty thousand servers takes that long."""


class SnapshotLine(NamedTuple):
    """A snapshot in the list. `host`, `services` and `servers` are None where the file cannot be read; `since` counts
    what restoring it would change, None where it was not compared."""

    number: int
    snapshot: Snapshot
    host: str | None
    services: int | None
    servers: int | None
    since: int | None
    words: str


def run(
    source: Source | None,
    store: Store,
    kind: str,
    now: float,
    elsewhere: bool = False,
    missed: LvsError | None = None,
) -> Verb:
    """Lists the store. `source`: the table to compare with, None for none; `now`: seconds of the epoch; `elsewhere`: it
    is a director elsewhere, and when that cannot be read, or was `missed` before, the error is raised after the list.
    Raises NotDone where another user may write the store."""
    listed = store.listed()
    if amiss := store.amiss():
        raise NotDone("--snapshots", amiss, MEND)
    if not listed and kind == "table":
        yield f"no snapshots in {store.folder}: S in the console and --save @NAME make them\n"
        if missed is not None:
            raise missed
        return 0
    live: RuleSet | None = None
    if source is not None and listed:
        try:
            live = rules_of(complete(source, "--snapshots"))
        except LvsError as error:
            if elsewhere:
                missed = error
            else:
                yield Remark("--snapshots", 0, f"not compared with the table: {error.why}")
    lines = _lines(store, listed, live)
    if kind == "json":
        yield from _json(lines)
    else:
        yield from _table(lines, now)
    if missed is not None:
        raise missed
    return 0


def _lines(store: Store, listed: Sequence[Snapshot], live: RuleSet | None) -> Iterator[SnapshotLine]:
    started = time.monotonic()
    for number, snapshot in enumerate(listed, 1):
        try:
            store.check(snapshot.path)
        except BadInput as error:
            yield SnapshotLine(number, snapshot, None, None, None, None, error.why)
            continue
        head = glance(snapshot.path)
        late = time.monotonic() - started > _PATIENCE
        if head is not None and (late or live is None):
            words = "not compared: the latest took long enough" if live is not None else "?"
            yield SnapshotLine(number, snapshot, *head, None, words)
            continue
        try:
            rules = read_any(str(snapshot.path)).rules
        except BadInput as error:
            yield SnapshotLine(number, snapshot, None, None, None, None, f"unreadable: {error.why}")
            continue
        host = head.host if head is not None else ""
        servers = sum(len(entry.servers) for entry in rules.rules.values())
        if live is None:
            yield SnapshotLine(number, snapshot, host, len(rules.rules), servers, None, "?")
            continue
        changes = plan(rules, live)
        words = summary.counts(changes) if changes else "nothing"
        yield SnapshotLine(number, snapshot, host, len(rules.rules), servers, len(changes), words)


_ROW = "{:>4}  {:<10}  {:<14}  {:<12}  {:>8}  {:>7}  {:<24}  {}"


def _table(lines: Iterator[SnapshotLine], now: float) -> Iterator[str]:
    yield _ROW.format("", "age", "kind", "host", "services", "servers", "name", "changed since") + "\n"
    for number, snapshot, host, services, servers, _, words in lines:
        counts = ("?" if services is None else str(services), "?" if servers is None else str(servers))
        age = age_text(now - snapshot.taken)
        row = _ROW.format(f"@{number}", age, snapshot.kind, host or "?", *counts, snapshot.name, words)
        yield plain(row).rstrip() + "\n"


def _json(lines: Iterator[SnapshotLine]) -> Iterator[str]:
    comma = "\n"
    yield "["
    for number, snapshot, host, services, servers, since, words in lines:
        table = {
            "number": number,
            "name": snapshot.name,
            "path": str(snapshot.path),
            "kind": snapshot.kind,
            "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(snapshot.taken)),
            "host": host,
            "services": services,
            "servers": servers,
            "changes_since": since,
            "changed_since": words,
        }
        yield comma + encoded(table)
        comma = ",\n"
    yield "\n]\n"


def age_text(seconds: float) -> str:
    """An age in its largest unit: `40 s`, `5 min`, `3 h`, `12 days`; `future` when a clock was set back."""
    if seconds < -60:
        return "future"
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}"
    return f"{max(0, int(seconds))} s"

"""Runs on a director in the lab, as a console without a screen: reads once a second, asks keepalived, and follows the
drift. Each time that changes it prints all of it with the table, and what is predicted of each service.

    python -m tests.lab.drifting [SECONDS]    how long keepalived may take for an answer
"""

from __future__ import annotations

import json
import sys
import time

from lvstui.director.drift.all import Drifts, followed
from lvstui.director.drift.drift import Drift, setting_drifts
from lvstui.director.drift.prediction import CheckReport, Trigger, after
from lvstui.director.model import Entry, RuleSet, ServiceKey, server_text, service_text
from lvstui.director.source import Scope
from lvstui.director.spell import server_line, service_line
from lvstui.director.state import rules_of
from lvstui.keepalived.dump import ask
from lvstui.live import open_source

PATIENCE = 20.0
"""Seconds that keepalived may take for an answer: a guest may have a third of a processor. One that only checks never
writes one of the files, and that is known after so long."""
SCOPE = Scope(sweep=True, vrrp=True, owner=True, ask=True, settings=True)


def lines(key: ServiceKey, entry: Entry | None) -> list[str]:
    if entry is None:
        return []
    return [service_line(entry.service), *(server_line(key, server) for server in entry.servers.values())]


def told(drifts: Drifts, now: RuleSet) -> dict[str, object]:
    """What a test checks, as in JSON; services by the last number of their addresses."""
    keeping = drifts.keeping
    settings = setting_drifts(now, keeping)
    predicted: dict[str, dict[str, list[str]]] = {}
    for key in sorted({*now.rules, *(keeping.on_disk.rules.rules if keeping.on_disk is not None else ())}):
        watched = keeping.checks.get(key)
        checks: CheckReport = {one.key: one for one in watched.servers} if watched is not None else {}
        live = now.rules.get(key)
        for event in Trigger:
            entry = after(event, key, live, keeping, checks)
            predicted.setdefault(event, {})[str(key.address[3])] = lines(key, entry)
    return {
        "told": keeping.reported_at is not None,
        "table": {str(key.address[3]): lines(key, entry) for key, entry in now.rules.items()},
        "drifts": [as_json(one) for one in (*settings, *(one for of in drifts.by_service.values() for one in of))],
        "after": predicted,
    }


def as_json(drift: Drift) -> dict[str, object]:
    return {
        "service": service_text(drift.service) if drift.service is not None else None,
        "number": drift.service.address[3] if drift.service is not None else None,
        "server": server_text(drift.server) if drift.server is not None else None,
        "kind": drift.kind,
        "words": drift.words,
        "fates": drift.fates._asdict(),
    }


def main() -> None:
    ask.PATIENCE = float(sys.argv[1]) if len(sys.argv) > 1 else PATIENCE
    source, drifts, before = open_source(), None, ""
    while True:
        state = source.read(SCOPE)
        drifts = followed(state, drifts)
        if drifts is not None and drifts.reported_at is not None:
            text = json.dumps(told(drifts, rules_of(state)))
            if text != before:
                print(text, flush=True)
                before = text
        time.sleep(0.5)


if __name__ == "__main__":
    main()
